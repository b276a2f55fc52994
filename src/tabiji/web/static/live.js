// An open page stays true: when something was judged (or, on pages of a meeting, said) it is asked for again, and the
// parts of it that changed are exchanged. What somebody is using stays as it is: a field with the focus or with words in it, a chart.

const main = document.querySelector("main[data-live]");
const news = document.getElementById("news");
const said = new WeakMap(); // part → what the server said of it last
let waiting = null;
let leaving = false; // something was just sent: a reload now would take the answer away

const kind = (part) => `${part.tagName} ${part.className} ${part.getAttribute("aria-labelledby") ?? ""}`;
const written = (field) =>
  field.type === "checkbox" || field.type === "radio"
    ? field.checked !== field.defaultChecked
    : field.tagName === "SELECT" ? false : field.value !== field.defaultValue;

const inUse = (part) =>
  part.contains(document.activeElement) || [...part.querySelectorAll("input, textarea")].some(written);

function exchange(part, fresh) {
  const text = fresh.innerHTML;
  if (said.get(part) === text || part.querySelector("figure.chart")) return true;
  if (inUse(part)) return false;
  const open = [...part.querySelectorAll("details")].map((one) => one.open);
  part.className = fresh.className;
  part.innerHTML = text;
  [...part.querySelectorAll("details")].forEach((one, at) => { one.open ||= open[at] ?? false; });
  said.set(part, text);
  part.dispatchEvent(new CustomEvent("renewed", { bubbles: true }));
  return true;
}

function again() {
  waiting ??= setTimeout(renew, 5000); // what is in use now is not later
}

async function renew() {
  waiting = null;
  if (leaving) return again();
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const before = [...main.children];
  const after = [...page.querySelector("main").children];
  if (before.length !== after.length || before.some((part, at) => kind(part) !== kind(after[at]))) {
    if (!before.some(inUse) && !leaving) location.reload(); // there is something that was not there before
    news.hidden = false;
    again();
    return;
  }
  const done = before.map((part, at) => exchange(part, after[at]));
  document.dispatchEvent(new CustomEvent("judged")); // charts are drawn anew by themselves
  if (done.includes(false)) again();
}

addEventListener("submit", () => {
  leaving = true;
  setTimeout(() => { leaving = false; }, 10_000);
});

// What the page shows is of `seen`; null: of whatever is told of first
if (main) {
  const events = new EventSource(main.dataset.live || "/events");
  let latest = main.dataset.seen ?? null;
  const told = (soon) => (event) => {
    if (latest !== null && event.lastEventId !== latest && waiting === null) {
      waiting = setTimeout(renew, soon ? 50 : document.hidden ? 30_000 : 300 + Math.random() * 700);
    }
    latest = event.lastEventId;
  };
  events.addEventListener("judged", told(false));
  events.addEventListener("said", told(true));
  document.addEventListener("stale", () => { waiting ??= setTimeout(renew, 1000); });
  addEventListener("pagehide", () => events.close());
}
