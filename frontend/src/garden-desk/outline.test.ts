import { describe, expect, it } from "vitest";
import {
  areaM2,
  type Corner,
  moved,
  readOutline,
  stepped,
  withCorner,
  without,
  writeOutline,
} from "./outline";

const HERE: Corner = [2.26, 48.82];
/** Four metres by five. */
const PLOT: readonly Corner[] = [HERE, stepped(HERE, 4, 0), stepped(HERE, 4, 5), stepped(HERE, 0, 5)];

describe("an outline", () => {
  it("is measured in square metres", () => {
    expect(areaM2(PLOT)).toBeCloseTo(20, 2);
    expect(areaM2([...PLOT].reverse())).toBeCloseTo(20, 2);
    expect(areaM2(PLOT.slice(0, 2))).toBe(0);
  });

  it("is written closed, and read back without the closing corner", () => {
    const text = writeOutline(PLOT);
    const ring = JSON.parse(text).coordinates[0];
    expect(ring).toHaveLength(5);
    expect(ring[4]).toEqual(ring[0]);
    expect(readOutline(text)).toHaveLength(4);
    expect(areaM2(readOutline(text) ?? [])).toBeCloseTo(20, 1);
  });

  it("is read from a feature too, and from nothing as nothing", () => {
    const geometry = JSON.parse(writeOutline(PLOT));
    expect(readOutline(JSON.stringify({ type: "Feature", properties: {}, geometry }))).toHaveLength(4);
    expect(readOutline("  ")).toEqual([]);
  });

  it.each([
    "not json",
    "[]",
    '{"type":"Point","coordinates":[2,48]}',
    '{"type":"Polygon","coordinates":[[["a","b"]]]}',
    '{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1]],[[0,0],[1,0],[1,1]]]}',
  ])("is not read from %s", (text) => {
    expect(readOutline(text)).toBeNull();
  });

  it("says nothing while it is no plot", () => {
    expect(writeOutline(PLOT.slice(0, 2))).toBe("");
  });

  it("has corners that come, move and go, three at least", () => {
    const five = withCorner(PLOT, 1, stepped(HERE, 2, -1));
    expect(areaM2(five)).toBeCloseTo(22, 1);
    expect(areaM2(moved(PLOT, 2, stepped(HERE, 4, 7)))).toBeCloseTo(24, 1);
    const three = without(PLOT, 3);
    expect(three).toHaveLength(3);
    expect(without(three, 0)).toBe(three);
  });
});
