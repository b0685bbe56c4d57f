import { describe, expect, it } from "vitest";
import type { Feature } from "./features";
import { hitOf, isInside } from "./hit";

const at = (id: number, x: number, y: number): Feature => ({
  id,
  kind: "point",
  properties: {},
  parts: [new Float32Array([x, y])],
});
const box = (id: number, low: number, high: number, hole?: readonly [number, number]): Feature => ({
  id,
  kind: "area",
  properties: {},
  parts: [ring(low, high), ...(hole ? [ring(...hole).reverse()] : [])],
});
function ring(low: number, high: number): Float32Array {
  return new Float32Array([low, low, high, low, high, high, low, high, low, low]);
}

describe("what a click meets", () => {
  it("is the nearest point within reach", () => {
    const trees = [{ layer: "trees", features: [at(1, 0.5, 0.5), at(2, 0.51, 0.5)] }];
    expect(hitOf(trees, 0.508, 0.5, 512, 10)?.feature.id).toBe(2);
    expect(hitOf(trees, 0.6, 0.5, 512, 10)).toBeNull();
  });

  it("is a tree before the garden it stands in", () => {
    const both = [
      { layer: "gardens", features: [box(1, 0, 1)] },
      { layer: "trees", features: [at(2, 0.5, 0.5)] },
    ];
    expect(hitOf(both, 0.505, 0.5, 512, 10)?.layer).toBe("trees");
    expect(hitOf(both, 0.7, 0.5, 512, 10)?.layer).toBe("gardens");
  });

  it("is the plot before the garden around it", () => {
    const nested = [{ layer: "any", features: [box(1, 0, 1), box(2, 0.4, 0.6)] }];
    expect(hitOf(nested, 0.5, 0.5, 512, 10)?.feature.id).toBe(2);
  });

  it("is nothing in a hole", () => {
    const yard = box(1, 0, 1, [0.4, 0.6]);
    expect(isInside(yard, 0.2, 0.2)).toBe(true);
    expect(isInside(yard, 0.5, 0.5)).toBe(false);
  });
});
