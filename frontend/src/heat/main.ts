/** The planners' page: ranked courtyards beside the heat, each line opening its yard and each yard its line. */
import { find, findAll } from "../page/elements";
import { type MapSettings, readSettings, type YardSettings } from "../page/settings";
import { Reader } from "../page/text";
import { AddressBar } from "../town/address-bar";
import { Heat } from "../town/heat";
import { keepView } from "../town/keep-view";
import { Sheet } from "../town/sheet";
import { latLngs, TownMap } from "../town/town-map";

class Yards {
  private readonly shapes = new Map<number, L.Polygon>();
  private readonly marks = new Map<number, L.Marker>();
  private chosen: number | null = null;

  constructor(
    private readonly town: TownMap,
    private readonly reader: Reader,
    private readonly sheet: Sheet,
    yards: readonly YardSettings[],
    private readonly changed: (yard: number | null) => void,
  ) {
    // The last rank first, so that the first lies on top.
    for (const yard of [...yards].reverse()) this.add(yard);
    for (const line of findAll("yard")) this.bindLine(line);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.chosen !== null) this.choose(null, false);
    });
  }

  choose(id: number | null, go: boolean): void {
    this.chosen = id;
    for (const line of findAll("yard")) {
      const on = Number(line.dataset.yard) === id;
      line.classList.toggle("chosen", on);
      find("yard-head", line)?.setAttribute("aria-expanded", String(on));
      const more = find("yard-more", line);
      if (more) more.hidden = !on;
      if (on) line.scrollIntoView({ block: "nearest" });
    }
    for (const [yard, shape] of this.shapes) shape.setStyle(this.styleOf(yard === id, false));
    for (const [yard, mark] of this.marks) this.dress(mark, "chosen", yard === id);
    const shape = id === null ? undefined : this.shapes.get(id);
    if (shape && go) this.town.goTo(shape.getBounds().pad(1.2), 17);
    this.changed(id);
  }

  private add(yard: YardSettings): void {
    const shape = L.polygon(latLngs(yard.shape), { pane: "marks", ...this.styleOf(false, false) });
    shape.addTo(this.town.map);
    const mark = L.marker([yard.at[1], yard.at[0]], {
      pane: "marks",
      icon: L.divIcon({ className: "number-mark", html: `<span>${yard.rank}</span>`, iconSize: [44, 44] }),
      title: `${this.reader.say("rank", { rank: yard.rank })} · ${yard.name}`,
      alt: `${this.reader.say("rank", { rank: yard.rank })} · ${yard.name}`,
      zIndexOffset: -yard.rank,
      riseOnHover: true,
    }).addTo(this.town.map);
    mark
      .getElement()
      ?.setAttribute("aria-label", `${this.reader.say("rank", { rank: yard.rank })} · ${yard.name}`);
    for (const layer of [shape, mark]) {
      layer.on("click", () => {
        this.sheet.reveal();
        this.choose(yard.id, false);
      });
      layer.on("mouseover", () => this.light(yard.id, true));
      layer.on("mouseout", () => this.light(yard.id, false));
    }
    mark.on("keypress", (event) => {
      if ((event as L.LeafletKeyboardEvent).originalEvent.key !== "Enter") return;
      this.sheet.reveal();
      this.choose(yard.id, false);
    });
    this.shapes.set(yard.id, shape);
    this.marks.set(yard.id, mark);
  }

  private bindLine(line: HTMLElement): void {
    const id = Number(line.dataset.yard);
    const more = find("yard-more", line);
    if (more) more.hidden = true;
    find("yard-head", line)?.addEventListener("click", () => {
      this.sheet.reveal();
      this.choose(this.chosen === id ? null : id, true);
    });
    line.addEventListener("mouseenter", () => this.light(id, true));
    line.addEventListener("mouseleave", () => this.light(id, false));
  }

  private light(id: number, on: boolean): void {
    this.shapes.get(id)?.setStyle(this.styleOf(this.chosen === id, on));
    const mark = this.marks.get(id);
    if (mark) this.dress(mark, "lit", on);
    for (const line of findAll("yard")) line.classList.toggle("lit", on && Number(line.dataset.yard) === id);
  }

  private dress(mark: L.Marker, dress: string, on: boolean): void {
    mark.getElement()?.classList.toggle(dress, on);
  }

  private styleOf(chosen: boolean, lit: boolean): L.PathOptions {
    return {
      color: this.town.tokens.get(chosen ? "focus" : "tone-yard"),
      weight: chosen ? 5 : lit ? 4 : 2,
      fillColor: this.town.tokens.get("tone-yard"),
      fillOpacity: chosen || lit ? 0.15 : 0.05,
    };
  }
}

function start(settings: MapSettings, element: HTMLElement): void {
  const reader = new Reader(settings.language, settings.texts);
  const town = new TownMap(settings, reader, element, []);
  const bar = new AddressBar(town.map);
  const sheet = new Sheet(reader);
  keepView();
  const heat = settings.heat
    ? new Heat(
        town.map,
        settings.heat,
        reader,
        { layer: bar.current.heat || "anomaly", opacity: bar.current.opacity ?? 75 },
        ({ layer, opacity }) => bar.update({ heat: layer, opacity, slug: settings.heat?.slug ?? null }),
      )
    : null;
  if (!bar.current.view) town.fit();
  const yards = new Yards(town, reader, sheet, settings.yards ?? [], (id) =>
    bar.update({ on: id === null ? null : `courtyards/${id}` }),
  );
  const follow = () => {
    const wanted =
      /^#yard-(\d+)$/.exec(window.location.hash)?.[1] ?? bar.current.on?.replace("courtyards/", "");
    if (!wanted) return;
    sheet.reveal();
    yards.choose(Number(wanted), bar.current.view === null);
  };
  follow();
  bar.onEntered(follow);
  town.map.on("click", (event: L.LeafletMouseEvent) => {
    if (!heat) return;
    const popup = L.popup({ maxWidth: 300 }).setLatLng(event.latlng).setContent(reader.say("loading"));
    popup.openOn(town.map);
    void heat.at(event.latlng).then((said) => popup.setContent(said));
  });
  element.dataset.ready = "true";
}

const element = document.getElementById("map");
if (element) start(readSettings(), element);
