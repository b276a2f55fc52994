// A search that goes on: how far it is, and the page anew once it is over.

const place = document.querySelector("[data-search]");
const bar = place?.querySelector("progress");

async function look() {
  const answer = await fetch(place.dataset.search, { headers: { Accept: "application/json" } });
  if (!answer.ok) {
    location.reload();
    return;
  }
  const state = await answer.json();
  if (state.over) {
    location.reload();
    return;
  }
  if (state.all > 0) {
    bar.max = state.all;
    bar.value = state.done;
  }
  setTimeout(look, 500);
}

if (bar) setTimeout(look, 250);
