import { describe, expect, it } from "vitest";
import type { LayerSettings } from "../page/settings";
import { groupOf, pixelsPerMetre, symbolOf } from "./painters";

const TREES: LayerSettings = {
  name: "trees",
  title: "Arbres",
  minZoom: 9,
  shown: true,
  groups: [
    { name: "young", label: "jeunes", states: ["planted", "establishing"], symbol: "ring", tone: "tree" },
    { name: "lost", label: "perdus", states: ["dead"], symbol: "cross", tone: "lost" },
  ],
};

describe("painters", () => {
  it("find the group of a state", () => {
    expect(groupOf(TREES, "establishing")?.name).toBe("young");
    expect(groupOf(TREES, "unheard of")).toBeUndefined();
  });

  it("draw what has a symbol, and what the filter asks for by name", () => {
    const sites: LayerSettings = {
      ...TREES,
      name: "sites",
      groups: [
        { name: "occupied", label: "", states: ["occupied"], symbol: "none", tone: "tree" },
        { name: "ready", label: "", states: ["ready"], symbol: "diamond", tone: "site" },
      ],
    };
    const site = (state: string) => ({ id: 1, kind: "point" as const, properties: { state }, parts: [] });
    const only = (state: string) => new Map([["sites", new Set([state])]]);
    expect(symbolOf(sites, site("ready"), new Map())).toBe("diamond");
    expect(symbolOf(sites, site("occupied"), new Map())).toBeNull();
    expect(symbolOf(sites, site("occupied"), only("occupied"))).toBe("circle");
    expect(symbolOf(sites, site("ready"), only("occupied"))).toBeNull();
  });

  it("know how long a metre is: 4.78 m a pixel at zoom 15 on the equator, two thirds of it at 48.8° N", () => {
    expect(1 / pixelsPerMetre(15, 0)).toBeCloseTo(4.777, 3);
    expect(1 / pixelsPerMetre(15, 48.82)).toBeCloseTo(3.146, 2);
  });
});
