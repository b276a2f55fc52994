// The clock of a meeting runs by itself: minutes and seconds that are left, or over. Without scripts it says minutes.

let over = null;

function tick() {
  const timer = document.querySelector("[data-ends]");
  const clock = timer?.querySelector("[data-clock]");
  if (!clock) return;
  const left = Math.round(Number(timer.dataset.ends) - Date.now() / 1000);
  const long = Math.abs(left);
  clock.textContent = `${Math.floor(long / 60)}:${String(long % 60).padStart(2, "0")}`;
  if (over === false && left < 0) document.dispatchEvent(new CustomEvent("stale")); // its words are others now
  over = left < 0;
}

tick();
setInterval(tick, 1000);
document.addEventListener("renewed", tick);
