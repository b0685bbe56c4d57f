/** Reads what the page was given beside its markup. */

export function readJson<T>(id: string): T {
  const element = document.getElementById(id);
  if (!element?.textContent) throw new Error(`the page has no ${id}`);
  return JSON.parse(element.textContent) as T;
}
