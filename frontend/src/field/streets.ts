/** Which street a place lies in, by its centre line: crews find streets, not numbers. */
import type { Pack } from "./types";

/** Farther than this from any centre line a place lies in a park or a yard, not in a street. */
const NEAR_M = 25;
const METRES_PER_DEGREE = 111_195;

export class Streets {
  constructor(private readonly rows: Pack["streets"]) {}

  nearest(place: { readonly lon: number; readonly lat: number }): string {
    const shrink = Math.cos((place.lat * Math.PI) / 180);
    const x = (lon: number) => (lon - place.lon) * METRES_PER_DEGREE * shrink;
    const y = (lat: number) => (lat - place.lat) * METRES_PER_DEGREE;
    let best = NEAR_M;
    let name = "";
    for (const street of this.rows) {
      for (let at = 1; at < street.line.length; at++) {
        const from = street.line[at - 1];
        const to = street.line[at];
        if (!from || !to) continue;
        const off = offSegment(x(from[0]), y(from[1]), x(to[0]), y(to[1]));
        if (off < best) {
          best = off;
          name = street.name;
        }
      }
    }
    return name;
  }
}

/** Metres from the origin to the segment between two points. */
function offSegment(ax: number, ay: number, bx: number, by: number): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.max(0, Math.min(1, -(ax * dx + ay * dy) / length));
  return Math.hypot(ax + along * dx, ay + along * dy);
}
