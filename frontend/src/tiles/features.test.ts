import { afterEach, describe, expect, it, vi } from "vitest";
import { addressOf, decode, TileStore } from "./features";

/** A tile by hand: layer "trees", extent 4096, one point at (1024, 2048) with id 7 and state "dead". */
const TILE = new Uint8Array([
  0x1a, 41, 0x78, 2, 0x0a, 5, 0x74, 0x72, 0x65, 0x65, 0x73, 0x28, 0x80, 0x20, 0x12, 15, 0x08, 7, 0x12, 2, 0,
  0, 0x18, 1, 0x22, 5, 9, 0x80, 0x10, 0x80, 0x20, 0x1a, 5, 0x73, 0x74, 0x61, 0x74, 0x65, 0x22, 6, 0x0a, 4,
  0x64, 0x65, 0x61, 0x64,
]);

function tileWithLength(): Uint8Array {
  const tile = TILE.slice();
  tile[1] = tile.length - 2;
  return tile;
}

describe("a vector tile", () => {
  it("becomes places in shares of the tile's side", () => {
    const [feature] = decode(tileWithLength()).get("trees") ?? [];
    expect(feature).toMatchObject({ id: 7, kind: "point", properties: { state: "dead" } });
    expect([...(feature?.parts[0] ?? [])]).toEqual([0.25, 0.5]);
  });

  it("may be empty", () => {
    expect(decode(new Uint8Array()).size).toBe(0);
  });

  it("has an address with its layers", () => {
    expect(addressOf("/tiles/LAYERS/Z/X/Y.mvt", ["trees", "sites"], 15, 1, 2)).toBe(
      "/tiles/trees,sites/15/1/2.mvt",
    );
  });
});

describe("the store", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("asks once for two askers", async () => {
    const fetched = vi.fn(async () => new Response(tileWithLength() as BodyInit));
    vi.stubGlobal("fetch", fetched);
    const store = new TileStore("/tiles/LAYERS/Z/X/Y.mvt");
    const [one, two] = await Promise.all([store.get(["trees"], 15, 1, 2), store.get(["trees"], 15, 1, 2)]);
    expect(one).toBe(two);
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  it("asks again for a tile that failed", async () => {
    const fetched = vi
      .fn()
      .mockResolvedValueOnce(new Response("", { status: 503 }))
      .mockResolvedValueOnce(new Response(tileWithLength() as BodyInit));
    vi.stubGlobal("fetch", fetched);
    const store = new TileStore("/tiles/LAYERS/Z/X/Y.mvt");
    await expect(store.get(["trees"], 15, 1, 2)).rejects.toThrow("503");
    expect((await store.get(["trees"], 15, 1, 2)).get("trees")).toHaveLength(1);
  });
});
