/** The position of a capture: planned place or phone's fix, seen on a small map, moved with a thumb. */
import { make } from "../../page/elements";
import type { App } from "../app";
import type { Form } from "../form";
import { FieldMap } from "../map";
import { metres, type Place, snaps } from "../position";

export type Source = "planned" | "phone" | "hand";

export class PlaceField {
  readonly element = make("div", { class: "field place" });
  source: Source;
  private place: Place | null;
  private left = false;
  private map: FieldMap | null = null;
  private marker: L.Marker | null = null;
  private ring: L.Circle | null = null;
  private readonly line = make("p", { class: "quiet", role: "status" });
  private readonly buttons = make("div", { class: "chips" });

  constructor(
    private readonly app: App,
    private readonly form: Form,
    private readonly planned: Place | null,
  ) {
    this.source = planned ? "planned" : "phone";
    this.place = planned;
    const canvas = make("div", { class: "small-map", role: "region", "aria-label": app.say("placeOnMap") });
    this.element.append(make("p", { class: "label" }, app.say("position")), canvas, this.line, this.buttons);
    form.own("place", {
      get: () => (this.source === "hand" && this.place ? JSON.stringify(this.place) : this.source),
      set: (value) => this.restored(value),
    });
    form.locator.onChange(() => this.show());
    this.show();
    requestAnimationFrame(() => this.drawOn(canvas));
  }

  /** Leaflet measures its element: it starts in the first frame in which the element stands on the page. */
  private drawOn(canvas: HTMLElement): void {
    if (this.left) return;
    if (!canvas.isConnected) {
      requestAnimationFrame(() => this.drawOn(canvas));
      return;
    }
    this.map = new FieldMap(this.app, canvas, { small: true });
    const start = this.chosen ?? this.place ?? this.middle();
    this.map.map.setView([start.lat, start.lon], this.chosen ? 19 : 17, { animate: false });
    this.map.showNear(start.lat, start.lon);
    this.marker = this.map.handle(start.lat, start.lon, (place) => {
      this.place = place;
      this.source = "hand";
      this.form.touched();
      this.show();
    });
    canvas.dataset.drawn = "true";
    this.show();
  }

  /** The place to save, or null where nothing says where. */
  get chosen(): Place | null {
    return this.source === "phone" ? this.form.locator.best : this.place;
  }

  /** What a better fix, come after the saving, changes of the patch. */
  follows(): boolean {
    return this.source === "phone";
  }

  leave(): void {
    this.left = true;
    const { map } = this;
    // Fixes still come for a capture just saved; there is no map left to show them on.
    this.map = this.marker = this.ring = null;
    map?.remove();
  }

  private restored(value: string): void {
    if (value === "planned" || value === "phone") this.source = value;
    else if (value.startsWith("{")) {
      this.place = JSON.parse(value) as Place;
      this.source = "hand";
    }
    this.show();
  }

  private middle(): Place {
    const sites = [...this.app.world.sites.values()];
    const one = sites[Math.floor(sites.length / 2)];
    return one ? { lat: one.lat, lon: one.lon } : { lat: 48.8235, lon: 2.27 };
  }

  private show(): void {
    const fix = this.form.locator.best;
    const { app } = this;
    const said: string[] = [];
    if (fix) said.push(app.say("fix", { m: app.reader.number(fix.accuracy_m), n: fix.samples }));
    else said.push(app.say(this.form.locator.problem || "locating"));
    if (this.planned && this.source === "planned")
      said.push(
        fix && !snaps(fix, this.planned)
          ? app.say("farFromPlan", { m: Math.round(metres(fix, this.planned)) })
          : app.say("atPlan"),
      );
    else if (this.source === "hand") said.push(app.say("byHand"));
    const text = said.join(" ");
    if (this.line.textContent !== text) this.line.textContent = text;
    this.line.classList.toggle(
      "warn",
      Boolean(fix && this.planned && this.source === "planned" && !snaps(fix, this.planned)),
    );
    const at = this.chosen;
    if (at && this.marker) this.marker.setLatLng([at.lat, at.lon]);
    if (fix && this.map) {
      this.ring?.remove();
      this.ring = this.map.circle(fix.lat, fix.lon, fix.accuracy_m);
      if (!this.planned && this.source === "phone" && fix.samples === 1)
        this.map.map.setView([fix.lat, fix.lon], 19);
    }
    this.offer(Boolean(fix));
  }

  private offer(fixed: boolean): void {
    const offers: [Source, string][] = [];
    if (this.planned) offers.push(["planned", this.app.say("usePlan")]);
    if (fixed || !this.planned) offers.push(["phone", this.app.say("usePhone")]);
    const stand = `${this.source}/${offers.length}`;
    if (this.buttons.dataset.stand === stand) return;
    this.buttons.dataset.stand = stand;
    this.buttons.replaceChildren(
      ...offers.map(([source, label]) => {
        const button = make(
          "button",
          { type: "button", class: "chip", "aria-pressed": String(this.source === source) },
          label,
        );
        button.addEventListener("click", () => {
          this.source = source;
          if (source === "planned") this.place = this.planned;
          this.form.touched();
          this.show();
        });
        return button;
      }),
    );
  }
}
