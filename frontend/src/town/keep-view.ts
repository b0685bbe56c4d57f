/** Changing the language keeps the view: what stands behind the # travels with the form. */
import { findAll } from "../page/elements";

export function keepView(): void {
  for (const form of findAll<HTMLFormElement>("keeps-view")) {
    form.addEventListener("submit", () => {
      const next = form.querySelector<HTMLInputElement>("input[name=next]");
      if (next) next.value = next.value.replace(/#.*$/, "") + window.location.hash;
    });
  }
}
