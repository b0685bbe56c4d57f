/** The value at a place, in sentences: never more certain than σ. */
import { make } from "../page/elements";
import type { Reader } from "../page/text";

/** The answer of /heat-maps/<slug>/point. */
export interface PointValue {
  readonly values: Readonly<Record<string, number | null>>;
}

/** Fewer clear scenes, or a larger spread, and the figure says that it is uncertain (heat_islands.palettes). */
export const FEW_SCENES = 5;
export const LARGE_SIGMA_K = 3;

export function sentences(point: PointValue | null, reader: Reader): readonly string[] {
  const { anomaly, temperature, sigma, n } = point?.values ?? {};
  if (anomaly === null || anomaly === undefined) return [reader.say("pointNothing")];
  const said = [
    reader.say("pointAnomaly", {
      sigma: sigma === null || sigma === undefined ? "?" : reader.number(sigma, 1),
      n: n === null || n === undefined ? "?" : reader.number(n),
    }),
  ];
  if (temperature !== null && temperature !== undefined) {
    said.push(reader.say("pointTemperature", { value: reader.number(temperature, 1) }));
  }
  if ((n ?? 0) < FEW_SCENES || (sigma ?? 0) > LARGE_SIGMA_K) said.push(reader.say("pointUncertain"));
  return said;
}

export function sayPoint(point: PointValue | null, reader: Reader): HTMLElement {
  const box = make("div", { class: "said" });
  const anomaly = point?.values.anomaly;
  if (anomaly !== null && anomaly !== undefined) {
    box.append(make("strong", {}, `${reader.signed(anomaly)} °C`));
  }
  for (const sentence of sentences(point, reader)) box.append(make("p", {}, sentence));
  return box;
}
