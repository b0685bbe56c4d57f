/** Whether a point lies in an area of several parts with holes: the server decides, this answers the finger at once. */
import type { MultiPolygon, Ring } from "../page/settings";

function crosses(ring: Ring, x: number, y: number): boolean {
  let inside = false;
  for (let at = 0, last = ring.length - 1; at < ring.length; last = at++) {
    const [ax, ay] = ring[at] ?? [0, 0];
    const [bx, by] = ring[last] ?? [0, 0];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

export function isWithin(area: MultiPolygon, x: number, y: number): boolean {
  return area.some(
    ([outer, ...holes]) =>
      outer !== undefined && crosses(outer, x, y) && !holes.some((hole) => crosses(hole, x, y)),
  );
}
