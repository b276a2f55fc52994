// An open page stays true: when something was judged, its parts with `data-live` are fetched again and exchanged.

const parts = () => [...document.querySelectorAll("[data-live][id]")];
let latest = null;
let waiting = null;
const said = new WeakMap(parts().map((part) => [part, part.innerHTML])); // before scripts made it better

function busy(part) {
  return part.contains(document.activeElement) && document.activeElement !== document.body;
}

async function renew() {
  waiting = null;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts()) {
    const fresh = page.getElementById(part.id);
    if (!fresh || busy(part)) continue;
    const open = new Set([...part.querySelectorAll("details[open][id]")].map((one) => one.id));
    if (said.get(part) === fresh.innerHTML) continue;
    said.set(part, fresh.innerHTML);
    part.innerHTML = fresh.innerHTML;
    for (const id of open) document.getElementById(id).open = true;
    part.dispatchEvent(new CustomEvent("renewed", { bubbles: true }));
  }
}

if (parts().length) {
  const events = new EventSource("/events");
  events.addEventListener("judged", (event) => {
    const { round } = JSON.parse(event.data);
    if (latest !== null && round !== latest && waiting === null) {
      waiting = setTimeout(renew, document.hidden ? 30_000 : 300 + Math.random() * 700);
    }
    latest = round;
  });
  addEventListener("pagehide", () => events.close());
}
