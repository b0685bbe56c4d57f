/** The map's content as a list in the panel: the server's own pages, put in place; list and map are one thing. */
import { find, findAll, fragmentOf, make } from "../page/elements";
import type { Reader } from "../page/text";

export interface ListEvents {
  /** A row was chosen: layer/number. */
  open(thing: string): void;
  /** A row is pointed at or focused, or none is. */
  point(place: readonly [number, number] | null): void;
  /** The list shows this layer with these state or group names. */
  filtered(layer: string, names: readonly string[]): void;
}

export class ListTab {
  private asked = "";

  constructor(
    private readonly box: HTMLElement,
    private readonly url: string,
    private readonly reader: Reader,
    private readonly events: ListEvents,
  ) {
    box.addEventListener("click", (event) => this.clicked(event));
    box.addEventListener("change", (event) => {
      const select = event.target;
      if (!(select instanceof HTMLSelectElement)) return;
      const form = select.closest("form");
      if (!form) return;
      // Another layer has other states.
      if (select.name === "layer") void this.load(`layer=${encodeURIComponent(select.value)}`);
      else void this.load(queryOf(form));
    });
    box.addEventListener("submit", (event) => {
      if (!(event.target instanceof HTMLFormElement)) return;
      event.preventDefault();
      void this.load(queryOf(event.target));
    });
    for (const [kind, on] of [
      ["mouseover", true],
      ["mouseout", false],
      ["focusin", true],
      ["focusout", false],
    ] as const) {
      box.addEventListener(kind, (event) => {
        const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-row]") : null;
        this.events.point(row && on ? placeOf(row.dataset.at) : null);
      });
    }
  }

  get isLoaded(): boolean {
    return this.asked !== "";
  }

  /** Shows the page of a query string such as `layer=trees&state=lost`. */
  async load(query: string): Promise<void> {
    this.asked = query;
    this.box.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${this.url}?${query}&fragment=1`);
      if (!answer.ok) throw new Error(String(answer.status));
      const html = await answer.text();
      if (this.asked !== query) return;
      this.box.replaceChildren(fragmentOf(html));
      const values = new URLSearchParams(query);
      this.events.filtered(values.get("layer") ?? "trees", values.getAll("state").filter(Boolean));
    } catch {
      const again = make("button", { type: "button", class: "button" }, this.reader.say("retry"));
      again.addEventListener("click", () => void this.load(query));
      this.box.replaceChildren(make("p", { class: "note", role: "alert" }, this.reader.say("failed")), again);
    } finally {
      this.box.removeAttribute("aria-busy");
    }
  }

  /** Marks the row of a thing, where the list shows it. */
  lit(thing: string | null): void {
    for (const row of findAll("row", this.box)) {
      row.classList.toggle("lit", row.dataset.row === thing);
      if (row.dataset.row === thing) row.scrollIntoView({ block: "nearest" });
    }
  }

  private clicked(event: MouseEvent): void {
    if (!(event.target instanceof Element) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const page = event.target.closest<HTMLElement>("[data-list-query]");
    if (page?.dataset.listQuery !== undefined) {
      event.preventDefault();
      void this.load(page.dataset.listQuery).then(() => find("panel-inside")?.scrollTo({ top: 0 }));
      return;
    }
    const row = event.target.closest<HTMLElement>("[data-row]");
    if (row?.dataset.row && event.target.closest("a")) {
      event.preventDefault();
      this.events.open(row.dataset.row);
    }
  }
}

/** "lon,lat" as a Leaflet place. */
export function placeOf(text: string | undefined): readonly [number, number] | null {
  const [lon, lat] = (text ?? "").split(",").map(Number);
  return lon !== undefined && lat !== undefined && Number.isFinite(lon) && Number.isFinite(lat)
    ? [lat, lon]
    : null;
}

function queryOf(form: HTMLFormElement): string {
  const values = new URLSearchParams();
  for (const [name, value] of new FormData(form))
    if (typeof value === "string" && value) values.append(name, value);
  return values.toString();
}
