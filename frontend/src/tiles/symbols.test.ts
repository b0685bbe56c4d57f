import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { drawPoint, radiusAt } from "./symbols";

/** What a brush is told to do for a symbol. */
function drawing(symbol: string): string {
  const told: string[] = [];
  const brush = new Proxy({} as CanvasRenderingContext2D, {
    get:
      (_target, name) =>
      (...values: number[]) =>
        told.push(`${String(name)} ${values.map((value) => value.toFixed(1)).join()}`),
    set: (_target, name, value) => {
      told.push(`${String(name)} = ${value}`);
      return true;
    },
  });
  drawPoint(brush, symbol, 0, 0, 6, "red", "white");
  return told.join("\n");
}

const POINTS = ["circle", "ring", "cross", "diamond", "diamond-open", "square-open", "point", "dash"];

describe("symbols", () => {
  it("grow with the zoom and never vanish", () => {
    const radii = [9, 13, 15, 17, 20].map(radiusAt);
    expect([...radii].sort((a, b) => a - b)).toEqual(radii);
    expect(radii[0]).toBeGreaterThan(1);
  });

  it("are drawn differently, each from the other", () => {
    expect(new Set(POINTS.map(drawing)).size).toBe(POINTS.length);
  });

  it("have the same names on the page as on the canvas", () => {
    const page = readFileSync("templates/frontend/symbols.html", "utf8");
    for (const symbol of POINTS) expect(page).toContain(`id="symbol-${symbol}"`);
  });
});
