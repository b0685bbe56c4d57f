/** The crew's map: outline, streets and sites from the pack on one canvas; the base map only when it answers. */
import { make } from "../page/elements";
import { Tokens } from "../tiles/palette";
import { drawPoint, radiusAt } from "../tiles/symbols";
import type { App } from "./app";
import type { SiteRow } from "./types";
import { LIVING } from "./world";

const MAX_ZOOM = 20;
const NAMES_FROM = 17;
/** Shape and tone of a site by what the crew can do there. */
export function symbolOf(app: App, site: SiteRow): readonly [symbol: string, tone: string] {
  const traces = app.world.tracesAt(site.uuid);
  if (traces.some((one) => one.action === "plant")) return ["ring", "tree"];
  if (site.state === "ready") return ["diamond", "site"];
  if (site.state === "scheduled") return ["diamond-open", "site"];
  const tree = app.world.treeAt(site.uuid);
  if (tree && LIVING.has(tree.state))
    return [tree.state === "planted" || tree.state === "establishing" ? "ring" : "circle", "tree"];
  if (site.state === "occupied" || site.state === "to_fell" || site.state === "stump")
    return ["cross", "lost"];
  return ["square-open", "idea"];
}

export class FieldMap {
  readonly map: L.Map;
  private readonly tokens = new Tokens();
  private readonly renderer: L.Canvas;
  private readonly base: L.TileLayer | null = null;

  constructor(
    private readonly app: App,
    element: HTMLElement,
    options: { readonly small?: boolean } = {},
  ) {
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.renderer = L.canvas({ padding: 0.3, tolerance: 14 });
    this.map = L.map(element, {
      renderer: this.renderer,
      zoomControl: false,
      attributionControl: false,
      maxZoom: MAX_ZOOM,
      zoomAnimation: !still,
      fadeAnimation: !still,
      markerZoomAnimation: !still,
      inertia: !still,
    });
    // A view before anything is drawn: the canvas has no bounds without one.
    this.map.setView([48.8235, 2.27], 14, { animate: false });
    L.control.attribution({ prefix: "Leaflet" }).addTo(this.map);
    if (!options.small) {
      L.control
        .zoom({ position: "topright", zoomInTitle: app.say("zoomIn"), zoomOutTitle: app.say("zoomOut") })
        .addTo(this.map);
    }
    const { baseMap } = app.settings;
    if (baseMap && navigator.onLine) {
      this.base = L.tileLayer(baseMap.url, {
        attribution: baseMap.attribution,
        maxNativeZoom: 19,
        maxZoom: MAX_ZOOM,
      });
      let failed = 0;
      this.base.on("tileerror", () => {
        if (++failed === 4) this.base?.remove();
      });
      this.base.addTo(this.map);
    }
    this.drawGround();
  }

  /** Everything the crew may walk to. */
  showSites(chosen: (site: SiteRow) => void): void {
    const bounds = L.latLngBounds([]);
    for (const site of this.app.world.sites.values()) {
      const [symbol, tone] = symbolOf(this.app, site);
      const marker = new Symbolic([site.lat, site.lon], {
        renderer: this.renderer,
        radius: 9,
        symbol,
        colour: this.tokens.tone(tone),
        halo: this.tokens.get("map-halo"),
      });
      marker.on("click", (event) => {
        L.DomEvent.stop(event);
        chosen(site);
      });
      marker.addTo(this.map);
      bounds.extend([site.lat, site.lon]);
    }
    if (bounds.isValid()) this.map.fitBounds(bounds.pad(0.05), { animate: false, maxZoom: 18 });
  }

  showNear(lat: number, lon: number): void {
    for (const site of this.app.world.sites.values()) {
      if (Math.abs(site.lat - lat) > 0.002 || Math.abs(site.lon - lon) > 0.003) continue;
      const [symbol, tone] = symbolOf(this.app, site);
      new Symbolic([site.lat, site.lon], {
        renderer: this.renderer,
        radius: 9,
        symbol,
        colour: this.tokens.tone(tone),
        halo: this.tokens.get("map-halo"),
        interactive: false,
      }).addTo(this.map);
    }
  }

  /** The place a capture is about: a handle the thumb can drag. */
  handle(lat: number, lon: number, moved: (place: { lat: number; lon: number }) => void): L.Marker {
    const marker = L.marker([lat, lon], {
      draggable: true,
      autoPan: true,
      keyboard: false,
      icon: L.divIcon({ className: "place-handle", html: "", iconSize: [56, 56], iconAnchor: [28, 28] }),
    }).addTo(this.map);
    marker.getElement()?.setAttribute("aria-hidden", "true");
    const tell = () => {
      const { lat: y, lng: x } = marker.getLatLng();
      moved({ lat: Number(y.toFixed(7)), lon: Number(x.toFixed(7)) });
    };
    marker.on("dragend", tell);
    this.map.on("click", (event: L.LeafletMouseEvent) => {
      marker.setLatLng(event.latlng);
      tell();
    });
    return marker;
  }

  circle(lat: number, lon: number, metres: number): L.Circle {
    return L.circle([lat, lon], {
      radius: metres,
      renderer: this.renderer,
      color: this.tokens.get("focus"),
      weight: 2,
      fillOpacity: 0.08,
      interactive: false,
    }).addTo(this.map);
  }

  remove(): void {
    this.map.remove();
  }

  private drawGround(): void {
    const { pack } = this.app.world;
    if (!pack) return;
    if (pack.outline) {
      L.geoJSON(pack.outline, {
        interactive: false,
        style: { color: this.tokens.get("map-outline"), weight: 2, dashArray: "7 5", fill: false },
      }).addTo(this.map);
    }
    const ground = this.base ? 0 : 1;
    for (const street of pack.streets) {
      const line = street.line.map(([lon, lat]): L.LatLngTuple => [lat, lon]);
      if (ground)
        L.polyline(line, { color: this.tokens.get("map-street-line"), weight: 9, interactive: false }).addTo(
          this.map,
        );
    }
    if (ground)
      for (const street of pack.streets)
        L.polyline(
          street.line.map(([lon, lat]): L.LatLngTuple => [lat, lon]),
          { color: this.tokens.get("map-street"), weight: 6, interactive: false },
        ).addTo(this.map);
    if (ground) this.nameStreets();
  }

  /** Names of the streets in view, from the zoom where they fit. */
  private nameStreets(): void {
    const names = L.layerGroup().addTo(this.map);
    const draw = () => {
      names.clearLayers();
      if (this.map.getZoom() < NAMES_FROM) return;
      const view = this.map.getBounds();
      const said = new Set<string>();
      for (const street of this.app.world.pack?.streets ?? []) {
        const middle = street.line[Math.floor(street.line.length / 2)];
        const first = street.line[0];
        if (!middle || !first || said.has(street.name)) continue;
        const at: L.LatLngTuple = [(middle[1] + first[1]) / 2, (middle[0] + first[0]) / 2];
        if (!view.contains(at)) continue;
        said.add(street.name);
        const label = make("span", {}, street.name);
        L.marker(at, {
          interactive: false,
          keyboard: false,
          icon: L.divIcon({ className: "street-name", html: label, iconSize: [0, 0] }),
        }).addTo(names);
      }
    };
    this.map.on("moveend", draw);
  }
}

interface SymbolicOptions extends L.CircleMarkerOptions {
  readonly symbol: string;
  readonly colour: string;
  readonly halo: string;
}

/** A point drawn as the product's symbol, on Leaflet's own canvas: hit-tested and redrawn by it. */
class Symbolic extends L.CircleMarker {
  declare options: SymbolicOptions;

  protected _updatePath(): void {
    const own = this as unknown as {
      _renderer: { _drawing: boolean; _ctx: CanvasRenderingContext2D };
      _point: L.Point;
      _map: L.Map;
      _empty(): boolean;
    };
    if (!own._renderer._drawing || own._empty()) return;
    const { symbol, colour, halo } = this.options;
    // Its radius is what a thumb hits; what is drawn grows with the zoom, and what waits for the crew stands out.
    const size = radiusAt(own._map.getZoom()) * (symbol === "diamond" ? 1.35 : 1);
    drawPoint(own._renderer._ctx, symbol, own._point.x, own._point.y, size, colour, halo);
  }

  constructor(place: L.LatLngExpression, options: SymbolicOptions) {
    super(place, options);
  }
}
