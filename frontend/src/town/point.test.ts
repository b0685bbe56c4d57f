import { expect, it } from "vitest";
import { Reader } from "../page/text";
import { sayPoint } from "./point";

const READER = new Reader("fr", { pointSigma: "à ± {sigma}", pointUncertain: "incertain" });
const ANSWER = {
  layers: {
    anomaly: { title: "Écart de chaleur", value: 1.7, label: "+1,7 °C" },
    sigma: { title: "σ", value: 1.1, label: "1,1 °C" },
  },
  uncertain: false,
  sentence: "1,7 °C de plus que la moyenne de la ville, ±0,4 °C (10 images dégagées).",
};

it("says the value with its error, its n and the spread of a day", () => {
  const said = sayPoint(ANSWER, "anomaly", READER).textContent;
  for (const words of ["+1,7 °C", "±0,4 °C (10 images dégagées)", "à ± 1,1 °C"])
    expect(said).toContain(words);
  expect(said).not.toContain("incertain");
});

it("marks the uncertain", () => {
  expect(sayPoint({ ...ANSWER, uncertain: true }, "anomaly", READER).textContent).toContain("incertain");
});

it("says a problem in the server's sentence, as text and never as markup", () => {
  const said = sayPoint({ detail: "Hors de la carte <b>" }, "anomaly", READER);
  expect(said.textContent).toBe("Hors de la carte <b>");
  expect(said.querySelector("b")).toBeNull();
});
