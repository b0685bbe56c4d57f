/** A garden on the desk: its outline and plots over the base map, or over the town's own streets. */

export interface PlotShape {
  readonly id: number;
  readonly number: string;
  readonly state: string;
  readonly label: string;
  readonly shape: readonly (readonly (readonly [number, number])[])[][];
  readonly url: string;
}

export interface GardenSettings {
  readonly garden: GeoJSON.MultiPolygon;
  readonly streets: readonly (readonly (readonly [number, number])[])[];
  readonly plots: readonly PlotShape[];
  readonly standing: PlotShape["shape"] | null;
  readonly drawing: boolean;
  readonly texts: Readonly<Record<string, string>>;
}

export interface BaseMap {
  readonly url: string;
  readonly attribution: string;
}

const MAX_ZOOM = 22;

export const tone = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "#333";

/** Free plots are clear, taken ones striped by a heavy line, idle ones dashed: never told by colour alone. */
function look(state: string): L.PathOptions {
  const line = { color: tone("--tone-plot"), fillColor: tone("--tone-plot"), weight: 2 };
  if (state === "available") return { ...line, fillOpacity: 0.1 };
  if (state === "resting") return { ...line, fillOpacity: 0.05, dashArray: "4 4" };
  return { ...line, weight: 3, fillOpacity: 0.45 };
}

export function drawGarden(
  element: HTMLElement,
  settings: GardenSettings,
  base: BaseMap | null,
  say: (key: string, values: Readonly<Record<string, string | number>>) => string,
): L.Map {
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(element, {
    maxZoom: MAX_ZOOM,
    zoomSnap: 0.5,
    zoomControl: false,
    zoomAnimation: !still,
    fadeAnimation: !still,
    markerZoomAnimation: !still,
    doubleClickZoom: !settings.drawing,
  });
  L.control.zoom({ zoomInTitle: say("zoomIn", {}), zoomOutTitle: say("zoomOut", {}) }).addTo(map);
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  map.attributionControl.setPrefix("Leaflet");
  if (base?.url)
    L.tileLayer(base.url, { attribution: base.attribution, maxNativeZoom: 19, maxZoom: MAX_ZOOM }).addTo(map);
  const streets = settings.streets.map((line) => line.map(([x, y]): L.LatLngTuple => [y, x]));
  L.polyline(streets, { color: tone("--line-strong"), weight: 2, interactive: false }).addTo(map);
  const garden = L.geoJSON(settings.garden, {
    style: { color: tone("--tone-garden"), weight: 3, fillOpacity: 0.06 },
    interactive: false,
  }).addTo(map);
  map.fitBounds(garden.getBounds().pad(0.08), { maxZoom: MAX_ZOOM - 1, animate: false });
  for (const plot of settings.plots) drawPlot(map, plot, settings.drawing);
  if (settings.standing) {
    L.polygon(rings(settings.standing), {
      color: tone("--ink"),
      weight: 2,
      dashArray: "6 4",
      fill: false,
      interactive: false,
    }).addTo(map);
  }
  return map;
}

function drawPlot(map: L.Map, plot: PlotShape, drawing: boolean): void {
  const shape = L.polygon(rings(plot.shape), { ...look(plot.state), interactive: !drawing }).addTo(map);
  const name = document.createElement("span");
  name.textContent = plot.number;
  name.title = plot.label;
  shape.bindTooltip(name, { permanent: true, direction: "center", className: "plot-name" });
  if (drawing) return;
  const row = document.querySelector<HTMLElement>(`[data-plot="${plot.id}"]`);
  const light = (on: boolean): void => {
    row?.classList.toggle("lit", on);
    shape.setStyle({ weight: on ? 5 : (look(plot.state).weight ?? 2) });
  };
  shape.on("mouseover", () => light(true)).on("mouseout", () => light(false));
  for (const [kind, on] of [
    ["mouseover", true],
    ["mouseout", false],
    ["focusin", true],
    ["focusout", false],
  ] as const) {
    row?.addEventListener(kind, () => light(on));
  }
  if (plot.url) shape.on("click", () => window.location.assign(plot.url));
}

function rings(shape: PlotShape["shape"]): L.LatLngTuple[][][] {
  return shape.map((polygon) => polygon.map((ring) => ring.map(([x, y]): L.LatLngTuple => [y, x])));
}
