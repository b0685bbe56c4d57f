import { describe, expect, it } from "vitest";
import { RowStore, worldOf } from "./row-store";

function point(id: number, lon: number, lat: number): GeoJSON.Feature {
  return {
    type: "Feature",
    id,
    geometry: { type: "Point", coordinates: [lon, lat] },
    properties: { state: "dead" },
  };
}

describe("rows as tiles", () => {
  it("knows where in the world a place is", () => {
    expect(worldOf(0, 0)).toEqual([0.5, 0.5]);
    const [x, y] = worldOf(2.27, 48.8235);
    expect(x).toBeCloseTo(0.506306, 6);
    expect(y).toBeCloseTo(0.344193, 4);
  });

  it("gives a tile the rows that lie in it, in shares of its side", async () => {
    const store = new RowStore("trees");
    store.fill([point(1, 90, 0), point(2, -90, 0)]);
    const west = (await store.get(["trees"], 1, 0, 1)).get("trees") ?? [];
    expect(west.map((feature) => feature.id)).toEqual([2]);
    expect([...(west[0]?.parts[0] ?? [])]).toEqual([0.5, 0]);
    expect(west[0]?.properties.state).toBe("dead");
  });

  it("draws an area in every tile that it meets", async () => {
    const store = new RowStore("roofs");
    const ring = [
      [-10, -10],
      [10, -10],
      [10, 10],
      [-10, 10],
      [-10, -10],
    ];
    store.fill([
      {
        type: "Feature",
        id: 7,
        geometry: { type: "Polygon", coordinates: [ring] },
        properties: { state: "works" },
      },
    ]);
    for (const [x, y] of [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ] as const) {
      const found = (await store.get(["roofs"], 1, x, y)).get("roofs") ?? [];
      expect(found.map((feature) => [feature.id, feature.kind])).toEqual([[7, "area"]]);
    }
    expect((await store.get(["roofs"], 3, 0, 0)).get("roofs")).toEqual([]);
  });
});
