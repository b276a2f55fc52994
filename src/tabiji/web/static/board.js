// The board of a workshop: what others do appears by itself, forms are sent without leaving the page, the clock runs.
// What somebody is using stays as it is: around a field with the focus or with words in it, only what is new is put in.

const board = document.querySelector("[data-board]");
const said = new WeakMap(); // part → what the server said of it last
let asked = 0; // the last request for the page that was sent; answers to those before it are late
let waiting = null;
let latest = board ? Number(board.dataset.last) : 0; // the last act that is shown
let told = latest; // the last act that there is, as far as this page was told
let renewing = false;
let events = null;
let wanted = ""; // the id of what is to have the focus as soon as it is there
let took = 0; // milliseconds, the last time: the more there is to show, the less often it is asked for
let sending = false; // whether what is shown answers something that was sent

const written = (field) => {
  if (field.type === "hidden") return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") return [...field.options].some((one) => one.selected !== one.defaultSelected) && field.selectedIndex > 0;
  return field.value !== field.defaultValue;
};
const isChoice = (one) => one?.type === "radio" || one?.type === "checkbox";
const isField = (one) => ["INPUT", "TEXTAREA", "SELECT"].includes(one?.tagName) && !isChoice(one);
const inUse = (part) =>
  (isField(document.activeElement) && part.contains(document.activeElement)) ||
  [...part.querySelectorAll("input, textarea, select")].some(written);
const listsOf = (part) => [...part.querySelectorAll("[data-list]")].filter((one) => one.parentElement.closest("[data-part]") === part);
const partsOf = (list) => [...list.querySelectorAll("[data-part]")].filter((one) => one.parentElement.closest("[data-list]") === list);

// True where nothing had to be left as it was
function exchange(part, fresh) {
  const text = fresh.innerHTML;
  if (said.get(part) === text) return true;
  if (part.id === "told" && !sending) return true; // what somebody was told stays until they do something else
  if (!inUse(part)) {
    const open = [...part.querySelectorAll("details[open]")].map((one) => one.dataset.fold);
    const chosen = isChoice(document.activeElement) && part.contains(document.activeElement) ? document.activeElement : null;
    const form = chosen && [...part.querySelectorAll("form")].indexOf(chosen.form);
    part.innerHTML = text;
    if (chosen) {
      const again = [...part.querySelectorAll("form")][form]?.elements ?? [];
      [...again].find((one) => one.name === chosen.name && one.value === chosen.value)?.focus();
    }
    for (const one of part.querySelectorAll("details[data-fold]")) one.open ||= open.includes(one.dataset.fold);
    said.set(part, text);
    part.dispatchEvent(new CustomEvent("renewed", { bubbles: true }));
    return true;
  }
  const lists = listsOf(fresh);
  for (const list of listsOf(part)) {
    const other = lists.find((one) => one.dataset.list === list.dataset.list);
    if (other) exchangeList(list, other);
  }
  return false;
}

function exchangeList(list, fresh) {
  const before = new Map(partsOf(list).map((one) => [one.dataset.part, one]));
  let done = true;
  let last = null;
  for (const other of partsOf(fresh)) {
    const known = before.get(other.dataset.part);
    before.delete(other.dataset.part);
    let part = known;
    if (known) done = exchange(known, other) && done;
    else {
      part = document.importNode(other, true);
      said.set(part, other.innerHTML);
    }
    const place = last ? last.nextElementSibling : partsOf(list)[0] ?? null;
    if (part !== place && (!known || !inUse(known))) {
      if (last) last.after(part);
      else list.prepend(part);
    }
    last = part;
  }
  for (const gone of before.values()) {
    if (inUse(gone)) done = false;
    else gone.remove();
  }
  return done;
}

// The workshop has ended, or its link leads elsewhere: what somebody was writing stays, and the page says why no more comes
function end(page) {
  if (page.querySelector("form[action$='/join']")) return location.reload(); // this browser is known no more
  events?.close();
  told = latest;
  const words = page.querySelector("main .empty, main .card, main article") ?? page.querySelector("main");
  const note = document.createElement("div");
  note.className = "note fault";
  note.setAttribute("role", "alert");
  note.append(...[...(words?.querySelectorAll("h1, h1 + p") ?? [])].map((one) => Object.assign(document.createElement("p"), { textContent: one.textContent })));
  document.getElementById("told").replaceChildren(note);
  for (const one of board.querySelectorAll("button")) one.disabled = true;
  note.scrollIntoView({ block: "nearest" });
}

function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = page.querySelector("[data-board]");
  if (!fresh) return end(page);
  latest = Math.max(latest, Number(fresh.dataset.last));
  if (!exchangeList(board, fresh)) again(3000);
  tick();
  if (wanted && document.getElementById(wanted)) {
    document.getElementById(wanted).focus();
    wanted = "";
  }
}

function again(after) {
  waiting ??= setTimeout(renew, after);
}

async function renew() {
  waiting = null;
  if (renewing) return again(200);
  renewing = true;
  const mine = ++asked;
  const began = performance.now();
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  const text = await answer?.text().catch(() => null);
  renewing = false;
  took = performance.now() - began;
  if (text == null || answer.status >= 500) return again(3000);
  if (mine === asked) show(text);
  if (told > latest) again(took);
}

async function send(form, submitter) {
  const mine = ++asked;
  const fields = new URLSearchParams(new FormData(form, submitter));
  const answer = await fetch(form.action, { method: "POST", body: fields, headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer) {
    form.submit(); // as without scripts: the browser says what is wrong
    return;
  }
  const text = await answer.text();
  if (answer.ok) {
    if (answer.redirected) history.replaceState(null, "", new URL(answer.url).pathname + new URL(answer.url).search);
    for (const field of form.elements) {
      if (field.type === "radio") field.defaultChecked = field.checked;
      else if ("auto" in form.dataset && field.type === "text" && field.value === fields.get(field.name)) field.defaultValue = field.value;
    }
    if (!("auto" in form.dataset)) form.reset();
  }
  const focused = form.contains(document.activeElement) ? document.activeElement : null;
  const id = isField(focused) || answer.ok ? form.querySelector("input[name=text]")?.id : null;
  if (answer.ok && isField(focused)) focused.blur();
  const held = focused?.id || submitter?.id;
  sending = true;
  if (mine === asked || !answer.ok) show(text);
  else again(0);
  sending = false;
  if (id && answer.ok && form.action.endsWith("/add")) document.getElementById(id)?.focus();
  else if (document.activeElement === document.body) (document.getElementById(held) ?? document.querySelector(`#card-${fields.get("card")} :is(a, button)`))?.focus();
  document.getElementById("told")?.scrollIntoView({ block: "nearest" });
}

function tick() {
  for (const clock of document.querySelectorAll("[data-left]")) {
    clock.endsAt ??= performance.now() + 1000 * Number(clock.dataset.left);
    const left = Math.round((clock.endsAt - performance.now()) / 1000);
    const size = Math.abs(left);
    clock.textContent = `${left < 0 ? "−" : ""}${Math.floor(size / 60)}:${String(size % 60).padStart(2, "0")}`;
    clock.classList.toggle("is-exhausted", left < 0);
    const note = left < 0 && clock.parentElement.querySelector("[data-over]");
    if (note && note.textContent !== note.dataset.over) note.textContent = note.dataset.over;
  }
}

if (board) {
  for (const part of board.querySelectorAll("[data-part]")) said.set(part, part.innerHTML);
  tick();
  setInterval(tick, 1000);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!board.contains(form) || form.method !== "post") return;
    event.preventDefault();
    send(form, event.submitter);
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form[data-auto]");
    if (form) send(form, null);
  });
  // The forms of one card at a time are fetched when they are asked for
  board.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-change]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const card = link.dataset.change;
    history.replaceState(null, "", link.href);
    wanted = card ? `reword-${card}` : link.id;
    renew();
  });
  events = new EventSource(`${board.dataset.board}/events`);
  events.addEventListener("changed", (event) => {
    const { last } = JSON.parse(event.data);
    told = last ?? Infinity;
    if (told > latest) again(50 + Math.random() * 250 + took);
  });
  addEventListener("pagehide", () => events.close());
}
