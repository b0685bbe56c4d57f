/** The canvas takes its colours from the page's tokens, so that light and dark are one definition. */

export class Tokens {
  private readonly known = new Map<string, string>();

  constructor(private readonly element: Element = document.documentElement) {
    window.matchMedia?.("(prefers-color-scheme: dark)").addEventListener("change", () => this.known.clear());
  }

  get(name: string): string {
    let value = this.known.get(name);
    if (value === undefined) {
      value = getComputedStyle(this.element).getPropertyValue(`--${name}`).trim() || "#888888";
      this.known.set(name, value);
    }
    return value;
  }

  tone(name: string): string {
    return this.get(`tone-${name}`);
  }
}
