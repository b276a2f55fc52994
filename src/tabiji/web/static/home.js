// The first page's filter, at once: hides what is not asked for, and keeps the address in step. What it works on may be
// exchanged by live.js at any time, so it is looked for when it is needed.

const folded = (text) => text.normalize("NFKC").toLowerCase();
const fields = () => document.querySelector(".home-filter").elements;

function show() {
  const { q, team, state } = fields();
  const [found, none, clear] = ["found", "none", "clear"].map((id) => document.getElementById(id));
  const words = folded(q.value).split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of document.querySelectorAll("tr[data-sought]")) {
    const { sought, team: of, state: how } = row.dataset;
    row.hidden = !(
      (!team?.value || of === team.value) &&
      (!state.value || how === state.value) &&
      words.every((word) => sought.includes(word))
    );
    if (!row.hidden) shown += 1;
  }
  const any = Boolean(words.length || team?.value || state.value);
  found.textContent = any ? found.dataset.some.replace("@", shown.toLocaleString("en")) : found.dataset.all;
  none.hidden = shown > 0;
  clear.hidden = !any;
  const query = new URLSearchParams(location.search);
  for (const field of [q, team, state]) {
    if (!field) continue;
    if (field.value.trim()) query.set(field.name, field.value.trim());
    else query.delete(field.name);
  }
  const said = query.toString();
  history.replaceState(null, "", said ? `?${said}` : location.pathname);
  for (const count of document.querySelectorAll("a[data-state]")) {
    const chosen = count.dataset.state === state.value;
    if (chosen) count.setAttribute("aria-current", "true");
    else count.removeAttribute("aria-current");
    const own = new URLSearchParams(said);
    if (chosen) own.delete("state");
    else own.set("state", count.dataset.state);
    count.href = own.size ? `?${own}` : location.pathname;
  }
}

function improve() {
  for (const button of document.querySelectorAll(".home-filter [data-scriptless]")) button.hidden = true;
  show();
}

function clicked(event) {
  const clear = event.target.closest("#clear");
  const count = event.target.closest("a[data-state]");
  if ((!clear && !count) || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  const { q, team, state } = fields();
  if (count) {
    state.value = state.value === count.dataset.state ? "" : count.dataset.state;
  } else {
    for (const field of [q, team, state]) if (field) field.value = "";
    q.focus();
  }
  show();
}

if (document.querySelector(".home-filter")) {
  improve();
  const filters = (event) => event.target.closest?.(".home-filter");
  document.addEventListener("submit", (event) => { if (filters(event)) { event.preventDefault(); show(); } });
  document.addEventListener("input", (event) => { if (filters(event)) show(); });
  document.addEventListener("click", clicked);
  document.addEventListener("renewed", improve);
  window.addEventListener("pageshow", show);  // a browser that goes back fills in what was written
}
