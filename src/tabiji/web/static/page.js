// What pages can do better where scripts run: copy buttons, menus that close. Every page loads it.

function copyable() {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
}
copyable();
document.addEventListener("renewed", copyable);
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.parentElement.querySelector("pre").innerText);
  button.dataset.said ??= button.textContent;
  button.lastChild.textContent = "✓";
  setTimeout(() => { button.lastChild.textContent = button.dataset.said; }, 1500);
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// What can be scrolled sideways can be reached by the keyboard, too.
function reachable() {
  for (const one of document.querySelectorAll(".table, .code pre")) {
    if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
    else one.removeAttribute("tabindex");
  }
}
reachable();
addEventListener("resize", reachable);
document.addEventListener("renewed", reachable);
