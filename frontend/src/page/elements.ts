/** Finding and making elements; behaviour hangs on `data-` attributes, never on classes. */

export function find<T extends HTMLElement = HTMLElement>(
  name: string,
  root: ParentNode = document,
): T | null {
  return root.querySelector<T>(`[data-${name}]`);
}

export function findAll<T extends HTMLElement = HTMLElement>(
  name: string,
  root: ParentNode = document,
): readonly T[] {
  return [...root.querySelectorAll<T>(`[data-${name}]`)];
}

type Attributes = Readonly<Record<string, string>>;

/** `make("p", { class: "quiet" }, "text", child)`; text is always text, never markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Our own server's HTML, already escaped there, as nodes. */
export function fragmentOf(html: string): DocumentFragment {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}
