// The form of "what if": the address holds only what differs from the definition.

const form = document.getElementById("change");
form?.addEventListener("submit", () => {
  for (const field of form.querySelectorAll("[data-now]")) {
    if (field.value.trim() === field.dataset.now.trim()) field.disabled = true;
  }
});
// A form that is shown again by the browser's back button can be filled in again.
addEventListener("pageshow", () => {
  for (const field of form?.querySelectorAll(":disabled") ?? []) field.disabled = false;
});
document.getElementById("objective")?.addEventListener("change", (event) => event.target.form.requestSubmit());
