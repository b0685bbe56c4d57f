/** The card of one thing in the panel, and its outline on the map. */
import { find, fragmentOf, make } from "../page/elements";
import type { Reader } from "../page/text";
import type { Sheet } from "./sheet";
import type { TownMap } from "./town-map";

export class Card {
  private asked: string | null = null;
  private back: HTMLElement | null = null;

  constructor(
    private readonly town: TownMap,
    private readonly sheet: Sheet,
    private readonly url: string,
    private readonly reader: Reader,
    private readonly changed: (thing: string | null) => void,
  ) {
    find("card")?.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest("[data-close]")) this.close();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.asked) this.close();
    });
  }

  /** Opens a thing (layer/number); `go` also moves the map there. */
  async open(thing: string, go: boolean): Promise<void> {
    const box = find("card");
    if (!box || this.asked === thing) return;
    if (!this.asked)
      this.back = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    this.asked = thing;
    box.hidden = false;
    box.replaceChildren(make("p", { class: "quiet" }, this.reader.say("loading")));
    let html: string;
    try {
      const answer = await fetch(`${this.url}${thing}/?fragment=1`);
      if (!answer.ok) throw new Error(String(answer.status));
      html = await answer.text();
    } catch {
      box.replaceChildren(make("p", { class: "note", role: "alert" }, this.reader.say("failed")));
      this.asked = null;
      return;
    }
    if (this.asked !== thing) return;
    box.replaceChildren(fragmentOf(html));
    find("panel-main")?.toggleAttribute("hidden", true);
    const article = find("thing", box);
    const shape = JSON.parse(article?.dataset.shape || "null") as GeoJSON.Geometry | null;
    this.town.select(shape);
    if (shape && go) this.show(shape);
    this.sheet.reveal();
    find("panel-inside")?.scrollTo({ top: 0 });
    article?.focus({ preventScroll: true });
    this.changed(thing);
  }

  close(): void {
    this.asked = null;
    const box = find("card");
    if (box) {
      box.hidden = true;
      box.replaceChildren();
    }
    find("panel-main")?.toggleAttribute("hidden", false);
    this.town.select(null);
    this.changed(null);
    this.back?.focus();
  }

  private show(shape: GeoJSON.Geometry): void {
    const bounds = L.geoJSON(shape).getBounds();
    this.town.goTo(bounds, 18);
  }
}
