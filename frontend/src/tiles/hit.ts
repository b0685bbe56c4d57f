/** Which feature of a tile a click meets: the nearest point within reach, else the smallest area around it. */
import type { Feature } from "./features";

export interface Hit {
  readonly layer: string;
  readonly feature: Feature;
  /** Distance in pixels; 0 inside an area. */
  readonly distance: number;
}

export interface Candidate {
  readonly layer: string;
  readonly features: readonly Feature[];
}

/** `x`, `y` in shares of the tile's side; `side` is that side in pixels, `reach` in pixels. */
export function hitOf(
  candidates: readonly Candidate[],
  x: number,
  y: number,
  side: number,
  reach: number,
): Hit | null {
  let nearest: Hit | null = null;
  let around: (Hit & { readonly size: number }) | null = null;
  for (const { layer, features } of candidates) {
    for (const feature of features) {
      if (feature.kind === "point") {
        const distance = distanceTo(feature, x, y) * side;
        if (distance <= reach && (!nearest || distance < nearest.distance)) {
          nearest = { layer, feature, distance };
        }
      } else if (feature.kind === "area" && isInside(feature, x, y)) {
        const size = Math.abs(feature.parts.reduce((sum, ring) => sum + signedArea(ring), 0));
        if (!around || size < around.size) around = { layer, feature, distance: 0, size };
      }
    }
  }
  return nearest ?? around;
}

function distanceTo(feature: Feature, x: number, y: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (const part of feature.parts) {
    for (let at = 0; at + 1 < part.length; at += 2) {
      best = Math.min(best, Math.hypot((part[at] ?? 0) - x, (part[at + 1] ?? 0) - y));
    }
  }
  return best;
}

/** Even–odd over all rings, so that holes are outside. */
export function isInside(feature: Feature, x: number, y: number): boolean {
  let inside = false;
  for (const ring of feature.parts) {
    const corners = ring.length / 2;
    for (let here = 0, before = corners - 1; here < corners; before = here++) {
      const hx = ring[2 * here] ?? 0;
      const hy = ring[2 * here + 1] ?? 0;
      const bx = ring[2 * before] ?? 0;
      const by = ring[2 * before + 1] ?? 0;
      if (hy > y !== by > y && x < ((bx - hx) * (y - hy)) / (by - hy) + hx) inside = !inside;
    }
  }
  return inside;
}

function signedArea(ring: Float32Array): number {
  let sum = 0;
  const corners = ring.length / 2;
  for (let here = 0, before = corners - 1; here < corners; before = here++) {
    sum +=
      (ring[2 * before] ?? 0) * (ring[2 * here + 1] ?? 0) -
      (ring[2 * here] ?? 0) * (ring[2 * before + 1] ?? 0);
  }
  return sum / 2;
}
