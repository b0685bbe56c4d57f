/** The map every page shares: the base map or the town's own fabric, the heat, the things on it. */
import { make } from "../page/elements";
import type { LayerSettings, MapSettings, MultiPolygon } from "../page/settings";
import type { Reader } from "../page/text";
import { CanvasLayer } from "../tiles/canvas-layer";
import { TileStore } from "../tiles/features";
import type { Hit } from "../tiles/hit";
import {
  type Filters,
  groundPainter,
  NAMES_FROM,
  objectPainter,
  streetNames,
  symbolOf,
} from "../tiles/painters";
import { Tokens } from "../tiles/palette";

/** Below the heat, the fabric; above it, the things. Leaflet's own panes start at 200 (tiles). */
const PANES = {
  land: 150,
  ground: 160,
  base: 170,
  heat: 250,
  veil: 260,
  outline: 300,
  labels: 320,
  objects: 350,
  marks: 450,
} as const;
/** After so many failed base-map tiles and none that came, the town's own fabric carries the map alone. */
const PATIENCE = 4;
const MIN_ZOOM = 11;
const MAX_ZOOM = 20;

export class TownMap {
  readonly map: L.Map;
  readonly tokens = new Tokens();
  readonly bounds: L.LatLngBounds;
  private readonly ground: CanvasLayer;
  private readonly labels: CanvasLayer;
  private readonly objects: CanvasLayer;
  private readonly shown: Set<string>;
  private filters: Filters = new Map();
  private mark: L.Layer | null = null;
  private glow: L.Layer | null = null;

  constructor(
    private readonly settings: MapSettings,
    reader: Reader,
    element: HTMLElement,
    layers: readonly LayerSettings[] = settings.layers,
  ) {
    const [west, south, east, north] = settings.town?.bounds ?? [-5, 42, 8, 51];
    this.bounds = L.latLngBounds([south, west], [north, east]);
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map = L.map(element, {
      zoomSnap: 0.5,
      zoomControl: false,
      attributionControl: false,
      minZoom: settings.town ? MIN_ZOOM : 5,
      maxZoom: MAX_ZOOM,
      maxBounds: settings.town ? this.bounds.pad(1.5) : this.bounds,
      zoomAnimation: !still,
      fadeAnimation: !still,
      markerZoomAnimation: !still,
      inertia: !still,
    });
    for (const [name, level] of Object.entries(PANES)) {
      const pane = this.map.createPane(name);
      pane.style.zIndex = String(level);
      if (name !== "marks") pane.style.pointerEvents = "none";
    }
    L.control.attribution({ prefix: "Leaflet" }).addTo(this.map);
    L.control.scale({ imperial: false, position: "bottomright" }).addTo(this.map);
    L.control
      .zoom({ position: "topright", zoomInTitle: reader.say("zoomIn"), zoomOutTitle: reader.say("zoomOut") })
      .addTo(this.map);
    this.addHome(reader);
    this.map.fitBounds(this.bounds, { animate: false });
    new ResizeObserver(() => this.map.invalidateSize({ animate: false })).observe(element);

    this.map.on("popupopen", ({ popup }) => {
      popup
        .getElement()
        ?.querySelector(".leaflet-popup-close-button")
        ?.setAttribute("aria-label", reader.say("close"));
    });
    this.addLand();
    this.addBaseMap();
    const store = new TileStore(settings.tiles);
    const grounds = new Set(settings.ground.map((layer) => layer.name));
    this.ground = new CanvasLayer(this.map, {
      sources: settings.ground,
      paint: groundPainter(this.tokens, this.bounds.getCenter().lat),
      pane: "ground",
      store,
      tileMaxZoom: settings.tileMaxZoom,
      visible: () => grounds,
    });
    this.labels = new CanvasLayer(this.map, {
      sources: settings.ground.filter((layer) => layer.name === "streets"),
      paint: streetNames(this.tokens),
      pane: "labels",
      store,
      tileMaxZoom: settings.tileMaxZoom,
      visible: () => (this.map.getZoom() >= NAMES_FROM ? grounds : new Set()),
    });
    this.shown = new Set(layers.filter((layer) => layer.shown).map((layer) => layer.name));
    this.objects = new CanvasLayer(this.map, {
      sources: layers,
      paint: objectPainter(this.tokens, () => this.filters),
      meets: (source, feature) => symbolOf(source, feature, this.filters) !== null,
      pane: "objects",
      store,
      tileMaxZoom: settings.tileMaxZoom,
      visible: () => this.shown,
    });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.ground.redraw();
      this.labels.redraw();
      this.objects.redraw();
    });
  }

  /** Pixels at the foot of the map that the sheet covers. */
  get covered(): number {
    const panel = document.querySelector("[data-panel]")?.getBoundingClientRect();
    const map = this.map.getContainer().getBoundingClientRect();
    if (!panel || panel.right <= map.left || panel.left >= map.right) return 0;
    return Math.max(0, Math.min(map.bottom - panel.top, map.height * 0.7));
  }

  /** Moves to a place so that it stands in what legend and sheet leave free. */
  goTo(bounds: L.LatLngBounds, maxZoom: number): void {
    // A sheet on its way up covers more when it arrives.
    const moving = document.querySelector("[data-panel]")?.getAnimations() ?? [];
    void Promise.allSettled(moving.map((animation) => animation.finished)).then(() => {
      this.map.flyToBounds(bounds, {
        maxZoom,
        duration: 0.5,
        paddingTopLeft: [40, 40 + this.legendOver],
        paddingBottomRight: [40, 40 + this.covered],
      });
    });
  }

  private get legendOver(): number {
    const legend = document.querySelector<HTMLElement>("[data-legend]:not([hidden])");
    return legend && getComputedStyle(legend).position === "absolute" ? legend.offsetHeight + 8 : 0;
  }

  /** Shows the whole town in what the legend leaves free. */
  fit(): void {
    this.map.invalidateSize({ pan: false, animate: false });
    this.map.fitBounds(this.bounds, {
      animate: false,
      paddingTopLeft: [8, 8 + this.legendOver],
      paddingBottomRight: [8, 8],
    });
  }

  get visible(): readonly string[] {
    return [...this.shown];
  }

  show(layer: string, on: boolean): void {
    if (on) this.shown.add(layer);
    else this.shown.delete(layer);
    this.objects.redraw();
  }

  filter(filters: Filters): void {
    this.filters = filters;
    this.objects.redraw();
  }

  /** The thing at a place, if a finger or a pointer there would mean it. */
  thingAt(place: L.LatLng): Hit | null {
    const coarse = window.matchMedia("(pointer: coarse)").matches;
    return this.objects.at(place, coarse ? 22 : 10);
  }

  /** Outlines the selected thing; `shape` is GeoJSON. */
  select(shape: GeoJSON.Geometry | null): void {
    this.mark?.remove();
    this.mark = shape ? this.ringAround(shape, "focus", 4).addTo(this.map) : null;
  }

  /** Lights a place while its row is pointed at. */
  light(place: L.LatLngExpression | null): void {
    this.glow?.remove();
    this.glow = place
      ? L.circleMarker(place, {
          pane: "marks",
          radius: 13,
          color: this.tokens.get("focus"),
          weight: 3,
          fill: false,
          interactive: false,
        }).addTo(this.map)
      : null;
  }

  private ringAround(shape: GeoJSON.Geometry, token: string, weight: number): L.Layer {
    const style = {
      pane: "marks",
      color: this.tokens.get(token),
      weight,
      fill: false,
      interactive: false,
    };
    return L.geoJSON(shape, {
      style: () => style,
      pointToLayer: (_feature, place) => L.circleMarker(place, { ...style, radius: 13 }),
      interactive: false,
    });
  }

  private addHome(reader: Reader): void {
    const Home = L.Control.extend({
      onAdd: () => {
        const link = make("a", { href: "#", role: "button", title: reader.say("wholeTown") });
        link.setAttribute("aria-label", reader.say("wholeTown"));
        link.innerHTML =
          '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"/></svg>';
        const box = make("div", { class: "leaflet-bar leaflet-control" }, link);
        L.DomEvent.disableClickPropagation(box);
        L.DomEvent.on(link, "click", (event) => {
          L.DomEvent.preventDefault(event);
          this.fit();
        });
        return box;
      },
    });
    new Home({ position: "topright" }).addTo(this.map);
  }

  private addLand(): void {
    if (!this.settings.town) return;
    const rings = latLngs(this.settings.town.outline);
    const land = L.polygon(rings, {
      pane: "land",
      stroke: false,
      fillColor: this.tokens.get("map-land"),
      fillOpacity: 1,
      interactive: false,
    }).addTo(this.map);
    // What lies outside the town is dimmed: the heat there is context, not news.
    const earth: L.LatLngTuple[] = [
      [-85, -180],
      [85, -180],
      [85, 180],
      [-85, 180],
    ];
    const veil = L.polygon([earth, ...rings.flatMap((polygon) => polygon.slice(0, 1))], {
      pane: "veil",
      stroke: false,
      fillColor: this.tokens.get("map-outside"),
      fillOpacity: 0.6,
      interactive: false,
    }).addTo(this.map);
    const line = L.polygon(rings, {
      pane: "outline",
      color: this.tokens.get("map-outline"),
      weight: 2,
      dashArray: "7 5",
      fill: false,
      interactive: false,
    }).addTo(this.map);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      land.setStyle({ fillColor: this.tokens.get("map-land") });
      veil.setStyle({ fillColor: this.tokens.get("map-outside") });
      line.setStyle({ color: this.tokens.get("map-outline") });
    });
  }

  private addBaseMap(): void {
    if (!this.settings.baseMap) return;
    const { url, attribution } = this.settings.baseMap;
    const base = L.tileLayer(url, { pane: "base", attribution, maxNativeZoom: 19, maxZoom: MAX_ZOOM });
    let failed = 0;
    let came = false;
    base.on("tileload", () => {
      came = true;
    });
    base.on("tileerror", () => {
      failed += 1;
      if (!came && failed >= PATIENCE) base.remove();
    });
    base.addTo(this.map);
  }
}

export function latLngs(shape: MultiPolygon): L.LatLngTuple[][][] {
  return shape.map((polygon) => polygon.map((ring) => ring.map(([x, y]): L.LatLngTuple => [y, x])));
}
