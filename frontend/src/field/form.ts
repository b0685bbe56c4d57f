/** A capture's form: big fields, photos, a position that gets better, one button; kept as a draft with every touch. */
import { make } from "../page/elements";
import type { App } from "./app";
import { Locator } from "./position";
import { StorageFull } from "./store";

let numbers = 0;

export class Form {
  readonly element: HTMLFormElement;
  readonly photos: Blob[] = [];
  readonly locator = new Locator();
  private readonly save: HTMLButtonElement;
  private readonly error: HTMLElement;
  private readonly pictures = make("ul", { class: "photos" });
  private readonly addresses = new Set<string>();
  private readonly readers = new Map<string, { get(): string; set(value: string): void }>();
  private saving = false;

  constructor(
    private readonly app: App,
    /** The draft's name; a form left half-way comes back under it. */
    readonly key: string,
    saveLabel: string,
    private readonly submit: () => Promise<void>,
  ) {
    this.element = make("form", { class: "capture", novalidate: "" });
    this.error = make("p", { class: "field-error", role: "alert", hidden: "" });
    this.save = make("button", { type: "submit", class: "big main", "data-save": "" }, saveLabel);
    this.element.append(make("div", { class: "save-bar" }, this.error, this.save));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    this.element.addEventListener("input", () => this.keep());
  }

  add(...nodes: Node[]): void {
    const bar = this.element.lastElementChild;
    for (const node of nodes) this.element.insertBefore(node, bar);
  }

  value(name: string): string {
    return this.readers.get(name)?.get().trim() ?? "";
  }

  set(name: string, value: string): void {
    this.readers.get(name)?.set(value);
  }

  number(name: string): number | null {
    const text = this.value(name).replace(",", ".");
    const value = Number(text);
    return text === "" || !Number.isFinite(value) ? null : value;
  }

  // --- fields -----------------------------------------------------------------------------------------

  choices(
    name: string,
    legend: string,
    options: readonly (readonly [string, string])[],
    chosen = "",
  ): HTMLElement {
    const group = make("fieldset", { class: "choices" }, make("legend", {}, legend));
    const grid = make("div", { class: "choice-grid" });
    for (const [value, label] of options) {
      const input = make("input", { type: "radio", name, value });
      input.checked = value === chosen;
      grid.append(make("label", { class: "choice" }, input, make("span", {}, label)));
    }
    group.append(grid);
    const inputs = () => [...grid.querySelectorAll<HTMLInputElement>("input")];
    this.readers.set(name, {
      get: () => inputs().find((input) => input.checked)?.value ?? "",
      set: (value) => {
        for (const input of inputs()) input.checked = input.value === value;
      },
    });
    return group;
  }

  text(name: string, label: string, attributes: Readonly<Record<string, string>> = {}): HTMLElement {
    const id = `field-${++numbers}`;
    const input =
      attributes.rows !== undefined
        ? make("textarea", { id, name, ...attributes })
        : make("input", { id, name, type: "text", autocomplete: "off", ...attributes });
    this.bind(name, input);
    return make("div", { class: "field" }, make("label", { for: id }, label), input);
  }

  /** A number with two big buttons and usual values. */
  stepper(
    name: string,
    label: string,
    value: number,
    step: number,
    usual: readonly number[] = [],
  ): HTMLElement {
    const id = `field-${++numbers}`;
    const input = make("input", {
      id,
      name,
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      class: "figure",
    });
    input.value = String(value);
    this.bind(name, input);
    const by = (change: number) => {
      const button = make(
        "button",
        { type: "button", class: "step", "aria-label": this.app.say(change < 0 ? "less" : "more") },
        change < 0 ? "−" : "+",
      );
      button.addEventListener("click", () => {
        input.value = String(Math.max(0, (this.number(name) ?? 0) + change));
        this.keep();
      });
      return button;
    };
    const chips = make("div", { class: "chips" });
    for (const one of usual) {
      const chip = make("button", { type: "button", class: "chip" }, this.app.reader.number(one));
      chip.addEventListener("click", () => {
        input.value = String(one);
        this.keep();
      });
      chips.append(chip);
    }
    return make(
      "div",
      { class: "field" },
      make("label", { for: id }, label),
      make("div", { class: "stepper" }, by(-step), input, by(step)),
      ...(usual.length ? [chips] : []),
    );
  }

  photoField(label = this.app.say("takePhoto")): HTMLElement {
    const input = make("input", {
      type: "file",
      accept: "image/*",
      capture: "environment",
      class: "aside",
      "aria-label": label,
      "data-photo": "",
    });
    input.addEventListener("change", () => {
      for (const file of input.files ?? []) this.addPhoto(file);
      input.value = "";
      this.keep();
    });
    return make(
      "div",
      { class: "field" },
      make("label", { class: "big photo" }, icon("camera"), make("span", {}, label), input),
      this.pictures,
    );
  }

  // --- saving -----------------------------------------------------------------------------------------

  complain(sentence: string): void {
    this.error.textContent = sentence;
    this.error.hidden = sentence === "";
  }

  /** Brings back what was filled in before the phone died or the crew was called away. */
  async restore(): Promise<boolean> {
    const draft = await this.app.store.draft(this.key);
    if (!draft) return false;
    for (const [name, value] of Object.entries(draft.values)) this.set(name, value);
    for (const blob of draft.photos) this.addPhoto(blob);
    const note = make("p", { class: "note", role: "status" }, this.app.say("resumed"));
    const away = make("button", { type: "button", class: "button" }, this.app.say("startAnew"));
    away.addEventListener("click", () => {
      void this.app.store.dropDraft(this.key).then(() => this.app.draw());
    });
    note.append(" ", away);
    this.element.prepend(note);
    return true;
  }

  leave(): void {
    // A capture just saved goes on refining its position for its few seconds.
    if (!this.saving) this.locator.stop();
    for (const address of this.addresses) URL.revokeObjectURL(address);
  }

  private async send(): Promise<void> {
    if (this.saving) return;
    this.saving = true;
    this.save.disabled = true;
    this.complain("");
    try {
      await this.submit();
    } catch (error) {
      this.saving = false;
      if (error instanceof Incomplete) this.complain(error.message);
      else if (error instanceof StorageFull) this.complain(this.app.say("storageFull"));
      else this.complain(this.app.say("notSaved", { why: String(error) }));
    } finally {
      this.save.disabled = false;
    }
  }

  private keep(): void {
    if (this.saving) return;
    const values = Object.fromEntries([...this.readers].map(([name, reader]) => [name, reader.get()]));
    this.app.store
      .keepDraft({ key: this.key, values, photos: [...this.photos], at: Date.now() })
      .catch((error: unknown) => {
        if (this.photos.length) this.complain(this.app.say("storageFull"));
        console.warn("draft not kept", error);
      });
  }

  private bind(name: string, input: HTMLInputElement | HTMLTextAreaElement): void {
    this.readers.set(name, {
      get: () => input.value,
      set: (value) => {
        input.value = value;
      },
    });
  }

  /** A value that no visible field holds, kept in the draft like the others. */
  hidden(name: string, initial = ""): { get(): string; set(value: string): void } {
    let held = initial;
    const reader = {
      get: () => held,
      set: (value: string) => {
        held = value;
      },
    };
    this.readers.set(name, reader);
    return reader;
  }

  /** Call after changing a hidden value. */
  touched(): void {
    this.keep();
  }

  own(name: string, reader: { get(): string; set(value: string): void }): void {
    this.readers.set(name, reader);
  }

  private addPhoto(blob: Blob): void {
    this.photos.push(blob);
    const address = URL.createObjectURL(blob);
    this.addresses.add(address);
    const away = make(
      "button",
      {
        type: "button",
        class: "remove",
        "aria-label": this.app.say("removePhoto", { n: this.photos.length }),
      },
      "×",
    );
    const picture = make(
      "li",
      {},
      make("img", { src: address, alt: this.app.say("photo", { n: this.photos.length }) }),
      away,
    );
    away.addEventListener("click", () => {
      this.photos.splice(this.photos.indexOf(blob), 1);
      picture.remove();
      this.keep();
    });
    this.pictures.append(picture);
  }
}

/** Something the crew must fill in first; the message says what. */
export class Incomplete extends Error {}

export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#field-${name}`);
  svg.append(use);
  return svg;
}
