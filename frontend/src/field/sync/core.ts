/** What happens next to a capture, and what an answer makes of it. Pure: no clock, no network, no storage. */
import { outcomeOf } from "../store";
import type { Item, Photo, Verdict } from "../types";

export type Step = "seal" | "event" | "photos" | "forget" | "rest";

/** First wait after a failure, and the longest; half of each wait is chance, so that a crew's phones spread out. */
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 5 * 60_000;

export function backoffMs(attempts: number, random: number, floorMs = 0): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, Math.min(attempts, 20) - 1));
  return Math.max(floorMs, full / 2 + (full / 2) * random);
}

/** The crew must see it: it did not simply land. */
export function needsEyes(item: Item): boolean {
  const outcome = outcomeOf(item);
  return item.verdict !== null && !item.acknowledged && (outcome === "conflict" || outcome === "rejected");
}

/** Whether a danger for people is still to be said aloud, as the key of its sentence: until the server's people have it. */
export function alarmOf(items: readonly Item[]): "notSent" | "notTaken" | null {
  const open = items.filter((item) => item.danger && ["waiting", "rejected"].includes(outcomeOf(item)));
  const here = open.some((item) => item.verdict === null || item.verdict.code === "server_error");
  return here ? "notSent" : open.length > 0 ? "notTaken" : null;
}

export function stepFor(item: Item, photos: readonly Photo[], now: number): Step {
  if (item.stage === "saved") return item.refineUntil <= now ? "seal" : "rest";
  if (item.stage === "settled") {
    const held = photos.some((photo) => photo.refused !== "" && !photo.received && !item.acknowledged);
    return needsEyes(item) || held ? "rest" : "forget";
  }
  if (item.nextAt > now) return "rest";
  return item.stage === "ready" ? "event" : "photos";
}

/** When something is next to do for it, or null where only a person or an answer moves it on. */
export function wakeAt(item: Item): number | null {
  if (item.stage === "saved") return item.refineUntil;
  if (item.stage === "settled") return null;
  return item.nextAt;
}

/** The server has answered. Waiting for a predecessor is an answer too: it is asked again, later and later. */
export function answered(item: Item, verdict: Verdict, now: number, random: number): Item {
  if (outcomeOf({ verdict }) === "waiting") {
    const attempts = item.attempts + 1;
    return {
      ...item,
      verdict,
      attempts,
      problem: verdict.message,
      nextAt: now + backoffMs(attempts, random),
    };
  }
  return { ...item, verdict, stage: "photos", attempts: 0, nextAt: 0, problem: "" };
}

/** Nothing came back, or something that is no answer: kept, and tried again later. */
export function failed(item: Item, problem: string, now: number, random: number, retryAfterMs = 0): Item {
  const attempts = item.attempts + 1;
  return { ...item, attempts, problem, nextAt: now + backoffMs(attempts, random, retryAfterMs) };
}

/** Every photo has its receipt or its refusal. */
export function photosDone(item: Item): Item {
  return { ...item, stage: "settled", attempts: 0, nextAt: 0, problem: "" };
}
