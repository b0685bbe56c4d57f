/** The heat layer: raster tiles, their legend, their controls, and the value at a place. */
import { find, findAll, make } from "../page/elements";
import type { HeatSettings, LegendSettings } from "../page/settings";
import type { Reader } from "../page/text";
import { showLegend } from "./legend";
import { type PointAnswer, sayPoint } from "./point";

export interface HeatState {
  /** The layer shown, "" for none. */
  readonly layer: string;
  /** 0 to 100. */
  readonly opacity: number;
}

export class Heat {
  private raster: L.TileLayer | null = null;
  private state: HeatState;
  private readonly legendBox = find("legend");

  constructor(
    private readonly map: L.Map,
    private readonly settings: HeatSettings,
    private readonly reader: Reader,
    start: HeatState,
    private readonly changed: (state: HeatState) => void,
  ) {
    this.state = start;
    this.bindControls();
    void this.draw();
  }

  get shows(): HeatState {
    return this.state;
  }

  set(state: Partial<HeatState>): void {
    const before = this.state;
    this.state = { ...before, ...state };
    if (this.state.layer !== before.layer) void this.draw();
    else this.raster?.setOpacity(this.state.opacity / 100);
    this.writeControls();
    this.changed(this.state);
  }

  /** What is known of a place, as a small box of sentences. */
  async at(place: L.LatLng): Promise<HTMLElement> {
    const query = new URLSearchParams({ lon: place.lng.toFixed(6), lat: place.lat.toFixed(6) });
    try {
      const answer = await fetch(`${this.settings.point}?${query}`);
      const said = (await answer.json()) as PointAnswer;
      return sayPoint(said, this.state.layer, this.reader);
    } catch {
      return make("div", { class: "said" }, make("p", {}, this.reader.say("failed")));
    }
  }

  private get legend(): LegendSettings | null {
    return this.settings.legends[this.state.layer] ?? null;
  }

  private async draw(): Promise<void> {
    const { layer } = this.state;
    if (this.legendBox) showLegend(this.legendBox, this.legend, this.settings.from, this.reader);
    this.raster?.remove();
    this.raster = null;
    this.writeControls();
    if (!this.legend) return;
    const answer = await fetch(`${this.settings.tileJson}?layer=${encodeURIComponent(layer)}`);
    if (!answer.ok || this.state.layer !== layer) return;
    const document = (await answer.json()) as TileJson;
    const [url] = document.tiles;
    if (!url) return;
    const [west, south, east, north] = document.bounds;
    this.raster = L.tileLayer(url, {
      pane: "heat",
      className: "heat-tiles",
      minNativeZoom: document.minzoom,
      maxNativeZoom: document.maxzoom,
      maxZoom: 20,
      bounds: [
        [south, west],
        [north, east],
      ],
      opacity: this.state.opacity / 100,
      attribution: document.attribution ?? "",
    });
    // One pixel of overlap: between zoom levels the browser leaves a seam between tiles.
    this.raster.on("tileloadstart", (event) => {
      const { tile } = event as L.TileEvent;
      tile.style.width = tile.style.height = `${Number.parseFloat(tile.style.width) + 1}px`;
    });
    this.raster.addTo(this.map);
  }

  private bindControls(): void {
    for (const box of findAll<HTMLInputElement>("heat-switch")) {
      box.addEventListener("change", () => {
        this.set({
          layer: box.checked ? (findAll<HTMLSelectElement>("heat-layer")[0]?.value ?? "anomaly") : "",
        });
      });
    }
    for (const select of findAll<HTMLSelectElement>("heat-layer")) {
      select.addEventListener("change", () => this.set({ layer: select.value }));
    }
    for (const slider of findAll<HTMLInputElement>("heat-opacity")) {
      slider.addEventListener("input", () => this.set({ opacity: Number(slider.value) }));
    }
  }

  private writeControls(): void {
    const { layer, opacity } = this.state;
    for (const box of findAll<HTMLInputElement>("heat-switch")) box.checked = layer !== "";
    for (const select of findAll<HTMLSelectElement>("heat-layer")) if (layer) select.value = layer;
    for (const slider of findAll<HTMLInputElement>("heat-opacity")) slider.value = String(opacity);
    for (const options of findAll("heat-options")) options.hidden = layer === "";
  }
}

interface TileJson {
  readonly attribution?: string;
  readonly tiles: readonly string[];
  readonly bounds: readonly [number, number, number, number];
  readonly minzoom: number;
  readonly maxzoom: number;
}
