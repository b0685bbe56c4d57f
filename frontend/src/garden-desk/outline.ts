/** A plot's outline as corners that can be added, moved and removed; read from and written as GeoJSON. Pure. */

export type Corner = readonly [lon: number, lat: number];

/** 1e-7° is about a centimetre: finer than anybody measures a bed. */
const DECIMALS = 7;
const METRES_PER_DEGREE = 111_320;
export const FEWEST = 3;

/** The corners of a GeoJSON polygon without its closing one; null where the text holds nothing that can be edited. */
export function readOutline(text: string): readonly Corner[] | null {
  if (!text.trim()) return [];
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return null;
  }
  const rings = ringsOf(found);
  const ring = rings?.length === 1 ? rings[0] : null; // a plot with a hole is edited as text
  if (!Array.isArray(ring)) return null;
  const corners: Corner[] = [];
  for (const place of ring) {
    if (!Array.isArray(place)) return null;
    const [lon, lat] = place as unknown[];
    if (typeof lon !== "number" || typeof lat !== "number") return null;
    corners.push([lon, lat]);
  }
  const first = corners[0];
  const last = corners.at(-1);
  if (corners.length > 1 && first && last && first[0] === last[0] && first[1] === last[1]) corners.pop();
  return corners;
}

function ringsOf(found: unknown): unknown[] | null {
  if (typeof found !== "object" || found === null) return null;
  const { type, geometry, features, coordinates } = found as Record<string, unknown>;
  if (type === "FeatureCollection" && Array.isArray(features) && features.length === 1)
    return ringsOf(features[0]);
  if (type === "Feature") return ringsOf(geometry);
  return type === "Polygon" && Array.isArray(coordinates) ? coordinates : null;
}

/** GeoJSON of the corners, closed; nothing while they are too few for a plot. */
export function writeOutline(corners: readonly Corner[]): string {
  const [first] = corners;
  if (!first || corners.length < FEWEST) return "";
  const ring = [...corners, first].map(([lon, lat]) => [rounded(lon), rounded(lat)]);
  return JSON.stringify({ type: "Polygon", coordinates: [ring] });
}

function rounded(degrees: number): number {
  return Number(degrees.toFixed(DECIMALS));
}

/** Area in m², on a plane that touches the ground at the first corner: exact to a thousandth for a garden. */
export function areaM2(corners: readonly Corner[]): number {
  const [origin] = corners;
  if (!origin || corners.length < FEWEST) return 0;
  const flat = corners.map((corner) => metresFrom(origin, corner));
  let twice = 0;
  flat.forEach(([x, y], at) => {
    const [nextX, nextY] = flat[(at + 1) % flat.length] ?? [0, 0];
    twice += x * nextY - nextX * y;
  });
  return Math.abs(twice) / 2;
}

function metresFrom(origin: Corner, [lon, lat]: Corner): readonly [number, number] {
  const east = (lon - origin[0]) * METRES_PER_DEGREE * Math.cos((origin[1] * Math.PI) / 180);
  return [east, (lat - origin[1]) * METRES_PER_DEGREE];
}

/** A corner so many metres further east and north. */
export function stepped([lon, lat]: Corner, eastM: number, northM: number): Corner {
  const narrow = Math.cos((lat * Math.PI) / 180);
  return [lon + eastM / (METRES_PER_DEGREE * narrow), lat + northM / METRES_PER_DEGREE];
}

export function between(one: Corner, other: Corner): Corner {
  return [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
}

export function withCorner(corners: readonly Corner[], at: number, corner: Corner): readonly Corner[] {
  return [...corners.slice(0, at), corner, ...corners.slice(at)];
}

export function moved(corners: readonly Corner[], at: number, corner: Corner): readonly Corner[] {
  return corners.map((each, number) => (number === at ? corner : each));
}

/** Without one corner, as long as a plot is left. */
export function without(corners: readonly Corner[], at: number): readonly Corner[] {
  return corners.length > FEWEST ? corners.filter((_corner, number) => number !== at) : corners;
}
