/** Small words that several screens share. */
import type { App } from "../app";
import { outcomeOf } from "../store";
import { needsEyes } from "../sync/core";
import type { Item } from "../types";

/** The key of the sentence that says where a capture stands. */
export function outcomeKey(item: Item): string {
  if (item.stage === "saved") return "stage.saved";
  if (item.stage === "ready") {
    if (item.verdict && outcomeOf(item) === "waiting") return "outcome.waiting";
    return item.problem ? "stage.failing" : "stage.ready";
  }
  if (needsEyes(item)) return `outcome.${outcomeOf(item)}`;
  return item.stage === "photos" ? "stage.photos" : `outcome.${outcomeOf(item)}`;
}

export function timeIn(app: App, time: number): string {
  const sameDay = new Date(time).toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(
    app.language,
    sameDay ? { timeStyle: "short" } : { dateStyle: "short", timeStyle: "short" },
  ).format(time);
}
