/** The value at a place, in the server's own sentence: never more certain than σ. */
import { make } from "../page/elements";
import type { Reader } from "../page/text";

interface LayerValue {
  readonly title: string;
  readonly value: number | null;
  readonly label: string | null;
}

/** The answer of /heat-maps/<slug>/point, or the problem details where there is none. */
export interface PointAnswer {
  readonly layers?: Readonly<Record<string, LayerValue>>;
  readonly uncertain?: boolean;
  readonly sentence?: string;
  readonly detail?: string;
}

/** A small box: the value of the layer shown, the sentence with its error and n, σ of one more day. */
export function sayPoint(answer: PointAnswer, layer: string, reader: Reader): HTMLElement {
  const box = make("div", { class: "said" });
  const shown = answer.layers?.[layer];
  if (shown?.label) {
    box.append(make("span", { class: "quiet" }, shown.title), make("strong", {}, shown.label));
  }
  const sentence = answer.sentence ?? answer.detail;
  if (sentence) box.append(make("p", {}, sentence));
  const sigma = answer.layers?.sigma?.label;
  if (sigma) box.append(make("p", { class: "quiet" }, reader.say("pointSigma", { sigma })));
  if (answer.uncertain) box.append(make("p", { class: "tag warn" }, reader.say("pointUncertain")));
  return box;
}
