// The first page's filter, at once: hides what is not asked for, and keeps the address in step.

const form = document.querySelector(".home-filter");
const rows = [...document.querySelectorAll("tr[data-sought]")];
const found = document.getElementById("found");
const none = document.getElementById("none");
const clear = document.getElementById("clear");
const counts = [...document.querySelectorAll("a[data-state]")];
const { q, team, state } = form ? form.elements : {};

const folded = (text) => text.normalize("NFKC").toLowerCase();

function show() {
  const words = folded(q.value).split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
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
  for (const count of counts) {
    if (count.dataset.state === state.value) count.setAttribute("aria-current", "true");
    else count.removeAttribute("aria-current");
    const own = new URLSearchParams(said);
    if (count.dataset.state === state.value) own.delete("state");
    else own.set("state", count.dataset.state);
    count.href = own.size ? `?${own}` : location.pathname;
  }
}

if (form) {
  for (const button of form.querySelectorAll("[data-scriptless]")) button.hidden = true;
  form.addEventListener("submit", (event) => { event.preventDefault(); show(); });
  form.addEventListener("input", show);
  clear.addEventListener("click", (event) => {
    event.preventDefault();
    for (const field of [q, team, state]) if (field) field.value = "";
    show();
    q.focus();
  });
  for (const count of counts) {
    count.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      state.value = state.value === count.dataset.state ? "" : count.dataset.state;
      show();
    });
  }
  window.addEventListener("pageshow", show);  // a browser that goes back fills in what was written
}
