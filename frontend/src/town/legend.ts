/** The legend of the heat layer, from the very palette that drew the tiles. */
import { make } from "../page/elements";
import type { LegendSettings } from "../page/settings";
import type { Reader } from "../page/text";

export interface Tick {
  readonly label: string;
  /** Place along the scale, 0 to 100. */
  readonly at: number;
}

/** Where each labelled stop stands; stops beyond the scale are left out. */
export function ticksOf(legend: LegendSettings): readonly Tick[] {
  const span = legend.max - legend.min;
  return legend.stops
    .map((stop) => ({ label: stop.label, at: (100 * (stop.value - legend.min)) / span }))
    .filter((tick) => tick.at >= 0 && tick.at <= 100);
}

/** Short labels under a scale: the unit stands in the title, once. */
export function shortLabel(label: string, unit: string): string {
  return unit && label.endsWith(unit) ? label.slice(0, -unit.length).trimEnd() : label;
}

export function showLegend(
  box: HTMLElement,
  legend: LegendSettings | null,
  from: string,
  reader: Reader,
): void {
  box.replaceChildren();
  box.hidden = legend === null;
  if (!legend) return;
  const scale = make("div", { class: "scale", "aria-hidden": "true" });
  scale.style.background = `linear-gradient(to right, ${legend.gradient.join(", ")})`;
  const ticks = make("div", { class: "ticks" });
  for (const tick of ticksOf(legend)) {
    const mark = make("span", {}, shortLabel(tick.label, legend.unit));
    mark.style.left = `${tick.at}%`;
    ticks.append(mark);
  }
  const title = legend.unit ? `${legend.title} (${legend.unit})` : legend.title;
  box.append(make("div", { class: "stops" }, make("h2", {}, title), scale, ticks));
  const keys = make("ul", { class: "keys" });
  if (legend.hatched) {
    const words = reader.say("uncertain", {
      n: legend.hatched.fewer_scenes_than,
      sigma: reader.number(legend.hatched.sigma_above_k, 1),
    });
    keys.append(make("li", {}, make("span", { class: "key-uncertain" }), words));
  }
  keys.append(make("li", {}, make("span", { class: "key-none" }), reader.say("noData")));
  box.append(
    make(
      "div",
      { class: "words" },
      keys,
      make("p", { class: "from" }, from),
      make("p", { class: "caveat" }, reader.say("caveat")),
    ),
  );
}
