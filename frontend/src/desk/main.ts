/** The crew leads' desk: the day's stops on a map, and figures that keep up while somebody looks. */
import { find, findAll } from "../page/elements";
import { readJson } from "./read-json";

interface Round {
  readonly id: number;
  readonly label: string;
  readonly total: number;
  readonly done: number;
  readonly not_done: number;
  readonly open: number;
  readonly litres: number;
}

interface Stop {
  readonly round: number;
  readonly stop: number | null;
  readonly state: string;
  readonly label: string;
}

interface Live {
  readonly rounds: readonly Round[];
  readonly counts: Readonly<Record<string, number>>;
  readonly stops: GeoJSON.FeatureCollection<GeoJSON.Point, Stop>;
}

interface DeskSettings {
  readonly outline: GeoJSON.Geometry | null;
  readonly streets: readonly (readonly [number, number][])[];
  readonly texts: { readonly stop: string; readonly stale: string };
}

interface BaseMap {
  readonly url: string;
  readonly attribution: string;
}

const EVERY_MS = 15_000;
const settings = readJson<DeskSettings>("desk-settings");
const number = new Intl.NumberFormat(document.documentElement.lang);

/** Colour and shape both tell: a done stop is full, an open one hollow, one not done a square-cut dash. */
function look(state: string, tone: (name: string) => string): L.CircleMarkerOptions {
  if (state === "done")
    return { radius: 7, weight: 2, color: tone("--accent"), fillColor: tone("--accent"), fillOpacity: 1 };
  if (state === "open")
    return { radius: 7, weight: 3, color: tone("--ink"), fillColor: tone("--surface"), fillOpacity: 1 };
  return {
    radius: 7,
    weight: 3,
    dashArray: "3 3",
    color: tone("--warn"),
    fillColor: tone("--surface"),
    fillOpacity: 1,
  };
}

class Desk {
  private readonly stops: L.LayerGroup;
  private fitted = false;
  private timer = 0;

  constructor(
    private readonly element: HTMLElement,
    private readonly url: string,
  ) {
    const map = L.map(element, { preferCanvas: true });
    this.map = map;
    const base = readJson<BaseMap | null>("base-map");
    if (base?.url) L.tileLayer(base.url, { attribution: base.attribution, maxZoom: 19 }).addTo(map);
    else this.drawStreets(map);
    map.attributionControl.setPrefix("Leaflet");
    const { outline } = settings;
    if (outline) {
      const town = L.geoJSON(outline, {
        style: { color: this.tone("--ink"), weight: 2, fill: false },
        interactive: false,
      }).addTo(map);
      map.fitBounds(town.getBounds());
    } else map.setView([48.8235, 2.27], 14);
    this.stops = L.layerGroup().addTo(map);
    document.addEventListener("visibilitychange", () => this.turn());
    this.turn();
  }

  private readonly map: L.Map;

  private readonly tone = (name: string): string =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "#333";

  /** Without a base map our own streets carry it. */
  private drawStreets(map: L.Map): void {
    const lines = settings.streets.map((line) => line.map(([lon, lat]): L.LatLngTuple => [lat, lon]));
    L.polyline(lines, { color: this.tone("--line-strong"), weight: 2, interactive: false }).addTo(map);
  }

  /** Asks while the page is visible; a page that comes back into view asks at once. */
  private turn(): void {
    window.clearTimeout(this.timer);
    if (document.visibilityState !== "hidden") void this.ask();
  }

  private async ask(): Promise<void> {
    try {
      const answer = await fetch(this.url, { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      this.show((await answer.json()) as Live);
      this.stale(false);
    } catch {
      this.stale(true);
    }
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.turn(), EVERY_MS);
  }

  private stale(is: boolean): void {
    const note = find("stale");
    if (!note) return;
    note.hidden = !is;
    note.textContent = is ? settings.texts.stale : "";
  }

  private show(live: Live): void {
    for (const round of live.rounds) {
      const row = find(`round="${round.id}"`);
      if (!row) continue;
      for (const name of ["done", "not_done", "open", "litres"] as const) {
        const cell = find(`of="${name}"`, row);
        if (cell) cell.textContent = number.format(round[name]);
      }
      const label = find(`of="label"`, row);
      if (label) label.textContent = round.label;
      const bar = find<HTMLProgressElement>(`of="bar"`, row);
      if (bar) {
        bar.max = round.total;
        bar.value = round.done;
      }
    }
    for (const tag of findAll("count")) {
      tag.textContent = number.format(live.counts[tag.dataset.count ?? ""] ?? 0);
    }
    this.stops.clearLayers();
    const places: L.LatLngExpression[] = [];
    for (const { geometry, properties } of live.stops.features) {
      const [lon, lat] = geometry.coordinates as [number, number];
      places.push([lat, lon]);
      const said = `${settings.texts.stop} ${properties.stop ?? "–"} · ${properties.label}`;
      const text = document.createElement("span");
      text.textContent = said;
      L.circleMarker([lat, lon], look(properties.state, this.tone)).bindTooltip(text).addTo(this.stops);
    }
    if (!this.fitted && places.length) {
      this.map.fitBounds(L.latLngBounds(places).pad(0.2), { maxZoom: 18, animate: false });
      this.fitted = true;
    }
    this.element.dataset.ready = "true";
  }
}

const element = find("desk");
if (element) new Desk(element, element.dataset.desk ?? "");
