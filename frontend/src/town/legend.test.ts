import { beforeEach, describe, expect, it } from "vitest";
import type { LegendSettings } from "../page/settings";
import { Reader } from "../page/text";
import { shortLabel, showLegend, ticksOf } from "./legend";

const ANOMALY: LegendSettings = {
  layer: "anomaly",
  title: "Écart de chaleur",
  unit: "°C",
  min: -6,
  max: 6,
  stops: [
    { value: -6, label: "−6 °C", color: "#000080" },
    { value: 0, label: "0 °C", color: "#ffffff" },
    { value: 3, label: "+3 °C", color: "#ff8080" },
    { value: 9, label: "+9 °C", color: "#ff0000" },
  ],
  gradient: ["#000080", "#ffffff", "#ff0000"],
  hatched: { fewer_scenes_than: 5, sigma_above_k: 3 },
};
const READER = new Reader("fr", {
  uncertain: "moins de {n} images, σ > {sigma}",
  noData: "rien",
  caveat: "Pas l’air.",
});

describe("the legend", () => {
  let box: HTMLElement;
  beforeEach(() => {
    box = document.createElement("div");
  });

  it("puts each stop where its value is, and none beyond the scale", () => {
    expect(ticksOf(ANOMALY).map((tick) => tick.at)).toEqual([0, 50, 75]);
  });

  it("says the unit once", () => {
    expect(shortLabel("+3 °C", "°C")).toBe("+3");
    expect(shortLabel("0,4", "")).toBe("0,4");
    showLegend(box, ANOMALY, "10 scènes", READER);
    expect(box.querySelector("h2")?.textContent).toBe("Écart de chaleur (°C)");
  });

  it("is drawn in the very colours of the tiles", () => {
    showLegend(box, ANOMALY, "10 scènes", READER);
    const background = box.querySelector<HTMLElement>(".scale")?.style.background ?? "";
    for (const colour of ANOMALY.gradient) expect(background).toContain(colour);
  });

  it("tells doubt, absence, dates and what the heat is not", () => {
    showLegend(box, ANOMALY, "10 scènes", READER);
    for (const words of ["moins de 5 images, σ > 3,0", "rien", "10 scènes", "Pas l’air."]) {
      expect(box.textContent).toContain(words);
    }
  });

  it("hides with the layer", () => {
    showLegend(box, ANOMALY, "", READER);
    showLegend(box, null, "", READER);
    expect(box.hidden).toBe(true);
    expect(box.childElementCount).toBe(0);
  });
});
