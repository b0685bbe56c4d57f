/** How things look on the map: the town's fabric below the heat, its objects above. */
import type { GroupSettings, LayerSettings } from "../page/settings";
import type { Painter, Sheet } from "./canvas-layer";
import type { Feature } from "./features";
import type { Tokens } from "./palette";
import { drawArea, drawPoint, drawSum, radiusAt } from "./symbols";

/** Pixels of one metre at a zoom, at the town's latitude. */
export function pixelsPerMetre(zoom: number, lat: number): number {
  return (256 * 2 ** zoom) / (40_075_016.7 * Math.cos((lat * Math.PI) / 180));
}

export function groundPainter(tokens: Tokens, lat: number): Painter {
  return (sheet, source, features) => {
    switch (source.name) {
      case "parcels":
        fabric(sheet, features, null, tokens.get("map-parcel"), 1);
        break;
      case "buildings":
        fabric(sheet, features, tokens.get("map-building"), tokens.get("map-building-line"), 0.6);
        break;
      default:
        streets(sheet, features, tokens, lat);
    }
  };
}

/** Filters are by layer: the states drawn, or all where there is none. */
export type Filters = ReadonlyMap<string, ReadonlySet<string>>;

/** The symbol a feature is drawn with, or null where it is not drawn: then a click does not meet it either. */
export function symbolOf(source: LayerSettings, feature: Feature, filters: Filters): string | null {
  const state = String(feature.properties.state ?? "");
  const chosen = filters.get(source.name);
  if (chosen && !chosen.has(state)) return null;
  const symbol = groupOf(source, state)?.symbol ?? "circle";
  // A state asked for by name is drawn even where it usually is not.
  if (symbol === "none") return chosen ? "circle" : null;
  return symbol;
}

export function objectPainter(tokens: Tokens, filters: () => Filters): Painter {
  return (sheet, source, features) => {
    for (const feature of features) {
      const symbol = symbolOf(source, feature, filters());
      if (symbol === null) continue;
      const group = groupOf(source, String(feature.properties.state ?? ""));
      const colour = tokens.tone(group?.tone ?? "idea");
      if (feature.kind === "point") {
        const [x, y] = feature.parts[0] ?? [];
        const count = Number(feature.properties.count ?? 1);
        if (x === undefined || y === undefined) continue;
        const [px, py] = [x * sheet.side, y * sheet.side];
        if (feature.id === undefined) drawSum(sheet.brush, px, py, count, colour);
        else drawPoint(sheet.brush, symbol, px, py, radiusAt(sheet.zoom), colour, tokens.get("map-halo"));
      } else {
        trace(sheet, feature);
        drawArea(sheet.brush, symbol, colour, sheet.zoom >= 16 ? 2 : 1.3);
      }
    }
  };
}

export function groupOf(source: LayerSettings, state: string): GroupSettings | undefined {
  return source.groups.find((group) => group.states.includes(state));
}

function fabric(
  { brush, side, zoom }: Sheet,
  features: readonly Feature[],
  fill: string | null,
  line: string,
  width: number,
): void {
  brush.beginPath();
  for (const feature of features) path({ brush, side, zoom }, feature);
  if (fill) {
    brush.fillStyle = fill;
    brush.fill("evenodd");
  }
  brush.strokeStyle = line;
  brush.lineWidth = width;
  brush.stroke();
}

/** All casings first, then all carriageways, so that crossings are open. */
function streets(sheet: Sheet, features: readonly Feature[], tokens: Tokens, lat: number): void {
  const { brush, zoom } = sheet;
  const scale = pixelsPerMetre(zoom, lat);
  const widthOf = (feature: Feature) => {
    const metres = Number(feature.properties.width_m ?? 8);
    return Math.max(zoom < 14 ? 0.8 : 1.4, Math.min(metres * 0.62, 16) * scale);
  };
  brush.lineCap = "round";
  brush.lineJoin = "round";
  for (const casing of [true, false]) {
    brush.strokeStyle = tokens.get(casing ? "map-street-line" : "map-street");
    for (const feature of features) {
      brush.beginPath();
      path(sheet, feature);
      brush.lineWidth = widthOf(feature) + (casing ? (zoom < 15 ? 0.8 : 1.6) : 0);
      brush.stroke();
    }
  }
}

/** Street names are drawn from this zoom on, above the heat. */
export const NAMES_FROM = 16;

export function streetNames(tokens: Tokens): Painter {
  return ({ brush, side, zoom }, _source, features) => {
    brush.fillStyle = tokens.get("map-label");
    brush.strokeStyle = tokens.get("map-halo");
    brush.lineWidth = 2.5;
    brush.lineJoin = "round";
    brush.font = `${zoom >= 17 ? 12 : 11}px ${getComputedStyle(document.body).fontFamily}`;
    brush.textAlign = "center";
    brush.textBaseline = "middle";
    for (const feature of features) label(brush, feature, side);
  };
}

/** The street's name along its longest straight, where it fits whole within the tile. */
function label(brush: CanvasRenderingContext2D, feature: Feature, side: number): void {
  const name = String(feature.properties.name ?? "");
  if (!name) return;
  let best = { length: 0, x: 0, y: 0, angle: 0 };
  for (const part of feature.parts) {
    for (let at = 0; at + 3 < part.length; at += 2) {
      const [x0, y0, x1, y1] = [part[at], part[at + 1], part[at + 2], part[at + 3]].map(
        (n) => (n ?? 0) * side,
      );
      if (x0 === undefined || y0 === undefined || x1 === undefined || y1 === undefined) continue;
      const length = Math.hypot(x1 - x0, y1 - y0);
      if (length > best.length) {
        best = { length, x: (x0 + x1) / 2, y: (y0 + y1) / 2, angle: Math.atan2(y1 - y0, x1 - x0) };
      }
    }
  }
  const width = brush.measureText(name).width;
  if (width + 8 > best.length) return;
  const upright = Math.abs(best.angle) > Math.PI / 2 ? best.angle + Math.PI : best.angle;
  const dx = (Math.abs(Math.cos(upright)) * width) / 2 + 6;
  const dy = (Math.abs(Math.sin(upright)) * width) / 2 + 6;
  if (best.x - dx < 0 || best.y - dy < 0 || best.x + dx > side || best.y + dy > side) return;
  brush.save();
  brush.translate(best.x, best.y);
  brush.rotate(upright);
  brush.strokeText(name, 0, 0);
  brush.fillText(name, 0, 0);
  brush.restore();
}

function trace(sheet: Sheet, feature: Feature): void {
  sheet.brush.beginPath();
  path(sheet, feature);
}

function path({ brush, side }: Sheet, feature: Feature): void {
  for (const part of feature.parts) {
    for (let at = 0; at + 1 < part.length; at += 2) {
      const x = (part[at] ?? 0) * side;
      const y = (part[at + 1] ?? 0) * side;
      if (at === 0) brush.moveTo(x, y);
      else brush.lineTo(x, y);
    }
    if (feature.kind === "area") brush.closePath();
  }
}
