/** A Leaflet layer that draws vector tiles on canvases: thousands of trees, no DOM node for any of them. */
import type { LayerSettings } from "../page/settings";
import type { Feature, TileStore } from "./features";
import { type Candidate, type Hit, hitOf } from "./hit";
import type { Brush } from "./symbols";

/** 512 px tiles: a quarter of the requests; their tile zoom is one below the map's. */
export const TILE_SIDE = 512;

export interface Sheet {
  readonly brush: Brush;
  /** Side of the tile on the screen, px. */
  readonly side: number;
  /** The map's zoom, fractional while zooming. */
  readonly zoom: number;
}

/** Draws one source's features on a tile. */
export type Painter = (sheet: Sheet, source: LayerSettings, features: readonly Feature[]) => void;

interface Drawn {
  readonly canvas: HTMLCanvasElement;
  readonly coords: L.Coords;
  readonly found: Map<string, readonly Feature[]>;
  waiting: boolean;
}

export interface CanvasLayerOptions {
  readonly sources: readonly LayerSettings[];
  readonly paint: Painter;
  readonly pane: string;
  readonly store: TileStore;
  readonly tileMaxZoom: number;
  readonly visible: () => ReadonlySet<string>;
  /** Whether a click can meet a feature; all of them where this is not given. */
  readonly meets?: (source: LayerSettings, feature: Feature) => boolean;
  /** Called when a tile of a source could not be had. */
  readonly failed?: () => void;
}

export class CanvasLayer {
  readonly layer: L.GridLayer;
  private readonly drawn = new Map<string, Drawn>();

  constructor(
    private readonly map: L.Map,
    private readonly options: CanvasLayerOptions,
  ) {
    const Extended = L.GridLayer.extend({
      createTile: (coords: L.Coords, done: L.DoneCallback) => this.createTile(coords, done),
    }) as new (
      options: L.GridLayerOptions,
    ) => L.GridLayer;
    this.layer = new Extended({
      tileSize: TILE_SIDE,
      zoomOffset: -1,
      maxNativeZoom: options.tileMaxZoom + 1,
      maxZoom: 20,
      pane: options.pane,
      updateWhenZooming: false,
      keepBuffer: 1,
    } as L.GridLayerOptions);
    this.layer.on("tileunload", (event) => {
      const { coords } = event as L.TileEvent;
      this.drawn.delete(keyOf(coords));
    });
    this.layer.addTo(map);
  }

  /** Draws every tile on the screen again, from what was already fetched; asks for what is newly visible. */
  redraw(): void {
    for (const drawn of this.drawn.values()) this.fill(drawn).catch(() => this.options.failed?.());
  }

  /** What lies at a place of the map, among the visible sources. */
  at(place: L.LatLng, reach: number): Hit | null {
    const zoom = Math.min(Math.round(this.map.getZoom()), this.options.tileMaxZoom + 1);
    const side = TILE_SIDE * this.map.getZoomScale(this.map.getZoom(), zoom);
    const world = this.map.project(place, zoom).divideBy(TILE_SIDE);
    const column = Math.floor(world.x);
    const row = Math.floor(world.y);
    const drawn = this.drawn.get(`${column}:${row}:${zoom}`);
    if (!drawn) return null;
    const visible = this.options.visible();
    const candidates: Candidate[] = [];
    for (const source of this.options.sources) {
      const features = drawn.found.get(source.name);
      if (!features || !visible.has(source.name)) continue;
      const meets = this.options.meets;
      candidates.push({
        layer: source.name,
        features: meets ? features.filter((feature) => meets(source, feature)) : features,
      });
    }
    return hitOf(candidates, world.x - column, world.y - row, side, reach);
  }

  private createTile(coords: L.Coords, done: L.DoneCallback): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    const drawn: Drawn = { canvas, coords, found: new Map(), waiting: false };
    this.drawn.set(keyOf(coords), drawn);
    // Shown at once and filled when its features come.
    window.setTimeout(() => done(undefined, canvas), 0);
    this.fill(drawn).catch(() => this.options.failed?.());
    return canvas;
  }

  /** Fetches what is newly wanted, all at once, and draws. */
  private async fill(drawn: Drawn): Promise<void> {
    const { coords, found } = drawn;
    const tileZoom = coords.z - 1;
    const visible = this.options.visible();
    const wanted = this.options.sources
      .filter((source) => visible.has(source.name) && tileZoom >= source.minZoom && !found.has(source.name))
      .map((source) => source.name);
    this.paintSoon(drawn);
    if (wanted.length === 0 || !isOnEarth(coords, tileZoom)) return;
    const layers = await this.options.store.get(wanted, tileZoom, coords.x, coords.y);
    for (const name of wanted) found.set(name, layers.get(name) ?? []);
    this.paintSoon(drawn);
  }

  private paintSoon(drawn: Drawn): void {
    if (drawn.waiting) return;
    drawn.waiting = true;
    requestAnimationFrame(() => {
      drawn.waiting = false;
      this.paint(drawn);
    });
  }

  private paint({ canvas, coords, found }: Drawn): void {
    const side = this.layer.getTileSize().x;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = canvas.height = Math.round(side * ratio);
    const brush = canvas.getContext("2d");
    if (!brush) return;
    brush.scale(ratio, ratio);
    const visible = this.options.visible();
    const sheet: Sheet = { brush, side, zoom: Math.max(coords.z, this.map.getZoom()) };
    for (const source of this.options.sources) {
      const features = found.get(source.name);
      if (features && visible.has(source.name)) this.options.paint(sheet, source, features);
    }
  }
}

function keyOf(coords: L.Coords): string {
  return `${coords.x}:${coords.y}:${coords.z}`;
}

function isOnEarth(coords: L.Coords, tileZoom: number): boolean {
  const side = 2 ** tileZoom;
  return tileZoom >= 0 && coords.x >= 0 && coords.y >= 0 && coords.x < side && coords.y < side;
}
