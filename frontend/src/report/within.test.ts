import { describe, expect, it } from "vitest";
import type { MultiPolygon, Ring } from "../page/settings";
import { isWithin } from "./within";

function box(west: number, south: number, east: number, north: number): Ring {
  return [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
}

describe("a place in the town", () => {
  const town: MultiPolygon = [[box(0, 0, 10, 10), box(4, 4, 6, 6)], [box(20, 0, 22, 2)]];

  it.each([
    [1, 1, true],
    [5, 5, false],
    [21, 1, true],
    [15, 1, false],
    [-1, 5, false],
  ])("%d, %d is within: %s", (x, y, within) => expect(isWithin(town, x, y)).toBe(within));
});
