// Charts: drawn when they come into view, as wide as there is room, in the page's colours; pointed at, they say more.

const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
const WIDTHS_APART = 16; // pixels by which the room must change until a chart is drawn anew
const drawn = new Map(); // figure → what is drawn in it

let engine;
function loaded(address) {
  engine ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.vegaEmbed);
    script.onerror = () => { engine = undefined; reject(new Error()); };
    document.head.append(script);
  });
  return engine;
}

// What is said of the time that is pointed at: its first line is the time

const tip = document.createElement("div");
tip.className = "chart-tip";
tip.hidden = true;
tip.ariaHidden = "true"; // the table says it all
document.body.append(tip);

function pointed(_handler, event, _item, value) {
  tip.hidden = !value;
  if (!value) return;
  tip.replaceChildren(...String(value).split("\n").map((line) => {
    const row = document.createElement("div");
    row.textContent = line;
    return row;
  }));
  const { width, height } = tip.getBoundingClientRect();
  const [x, y] = [event.clientX, event.clientY];
  const beside = x + 16 + width + 8 > innerWidth ? x - 16 - width : x + 16;
  let top = y + 16;
  if (beside < 8) top = event.target.getBoundingClientRect().top - height - 4; // no room beside: above the chart
  tip.style.left = `${Math.max(8, Math.min(beside, innerWidth - width - 8))}px`;
  tip.style.top = `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`;
}
addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
document.addEventListener("pointerdown", (event) => {
  if (!event.target.closest?.(".chart-view")) tip.hidden = true;
});

async function draw(figure) {
  const view = figure.querySelector(".chart-view");
  const state = drawn.get(figure) ?? {};
  const width = Math.floor(figure.clientWidth); // the view is hidden where it could not be drawn
  if (!width || (state.theme === theme() && Math.abs(width - state.width) < WIDTHS_APART)) return;
  const turn = (state.turn ?? 0) + 1;
  drawn.set(figure, { ...state, turn, width, theme: theme() });
  figure.setAttribute("aria-busy", "true");
  const query = new URLSearchParams(figure.dataset.query);
  query.set("lang", figure.dataset.lang);
  query.set("theme", theme());
  query.set("width", width);
  try {
    const [answer, embed] = await Promise.all([
      fetch(`${figure.dataset.chart}.json?${query}`, { headers: { accept: "application/json" } }),
      loaded(figure.dataset.bundle),
    ]);
    const spec = await answer.json();
    if (!answer.ok) throw new Error(typeof spec.detail === "string" ? spec.detail : "");
    if (drawn.get(figure)?.turn !== turn) return; // it is drawn anew meanwhile, and busy with that
    const place = document.createElement("div");
    const made = await embed(place, spec, {
      mode: "vega-lite", renderer: "canvas", ast: true, actions: false, defaultStyle: false, tooltip: pointed,
    });
    if (drawn.get(figure)?.turn !== turn) return made.finalize();
    drawn.get(figure).made?.finalize();
    drawn.get(figure).made = made;
    view.replaceChildren(place);
    figure.querySelector(".chart-fault").hidden = true;
    figure.classList.add("is-drawn");
    figure.classList.remove("is-faulty");
  } catch (error) {
    if (drawn.get(figure)?.turn !== turn) return;
    const fault = figure.querySelector(".chart-fault");
    fault.querySelector("span").textContent = error instanceof TypeError ? "" : error.message;
    fault.hidden = false;
    figure.classList.add("is-faulty");
    drawn.set(figure, { turn, made: state.made }); // the next change of its room tries again
  }
  figure.removeAttribute("aria-busy");
}

// When

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    draw(target);
    room.observe(target.querySelector(".chart-view"));
  }
}, { rootMargin: "300px" });

let soon;
const room = new ResizeObserver(() => {
  clearTimeout(soon);
  soon = setTimeout(again, 200);
});
function again() {
  for (const [figure, { turn }] of drawn) {
    if (!figure.isConnected) drawn.delete(figure);
    else if (turn) draw(figure); // the others when they come into view
  }
}
// Something was judged: those that are in sight are drawn anew at once, the others when they come into view
document.addEventListener("judged", () => {
  for (const [figure, state] of drawn) {
    if (!state.turn) continue;
    state.width = undefined;
    seen.observe(figure);
  }
});
dark.addEventListener("change", again);
new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });

// The table, in its place

async function filled(event) {
  const details = event.target;
  if (!details.open || details.dataset.filled) return;
  details.dataset.filled = "yes";
  const answer = await fetch(details.dataset.table, { headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const table = page.querySelector("main table");
  if (answer.ok && table) details.querySelector(".chart-rows").replaceChildren(document.adoptNode(table));
}

export function charts(within = document) {
  for (const figure of within.querySelectorAll("figure.chart[data-chart]")) {
    if (drawn.has(figure)) continue;
    drawn.set(figure, {});
    seen.observe(figure);
    figure.querySelector("details.chart-table").addEventListener("toggle", filled);
  }
}
charts();
