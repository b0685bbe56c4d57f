/** Filters in the address bar: a form sends only what was filled in, and another list starts with its own filters. */

export function bindCleanForms(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("[data-clean-form]")) {
    form.addEventListener("submit", () => {
      for (const field of form.elements) {
        if (
          (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) &&
          field.name &&
          !field.value
        ) {
          field.disabled = true;
        }
      }
    });
    form.querySelector<HTMLSelectElement>("[name=layer]")?.addEventListener("change", (event) => {
      const { value } = event.currentTarget as HTMLSelectElement;
      window.location.search = `?layer=${encodeURIComponent(value)}`;
    });
  }
}

/** A page restored by the browser's "back" has its empty fields switched off still. */
window.addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll<HTMLInputElement>("[data-clean-form] :disabled")) {
    field.disabled = false;
  }
});
