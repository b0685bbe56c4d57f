/** Where the phone is: asked for a capture only, bettered in the background for some seconds, then let go. */
import type { FieldPosition } from "./types";

/** So long a fix may still get better after the form was opened. */
export const REFINE_MS = 20_000;
/** Good enough to stop asking. */
const GOOD_M = 4;
/** What a planted tree may stand off its planned place, at least, before the crew is asked about it. */
const NEAR_M = 5;
const EARTH_M = 6_371_008.8;

export interface Place {
  readonly lon: number;
  readonly lat: number;
}

/** Metres between two places. */
export function metres(one: Place, other: Place): number {
  const rad = Math.PI / 180;
  const lat = (other.lat - one.lat) * rad;
  const lon = (other.lon - one.lon) * rad;
  const a =
    Math.sin(lat / 2) ** 2 + Math.cos(one.lat * rad) * Math.cos(other.lat * rad) * Math.sin(lon / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(a)));
}

/** Whether two fixes may be of one place: nobody has walked on between them. */
export function samePlace(
  one: Omit<FieldPosition, "samples">,
  other: Omit<FieldPosition, "samples">,
): boolean {
  return metres(one, other) <= one.accuracy_m + other.accuracy_m;
}

/** The better of what was known and what came: the smaller accuracy wins, every sample counts; who moved starts anew. */
export function better(known: FieldPosition | null, came: Omit<FieldPosition, "samples">): FieldPosition {
  if (known && !samePlace(known, came)) return { ...came, samples: 1 };
  const samples = (known?.samples ?? 0) + 1;
  return known && known.accuracy_m <= came.accuracy_m ? { ...known, samples } : { ...came, samples };
}

/** Whether the fix says no more than “at the planned site”: then the site's surveyed place is the better one. */
export function snaps(fix: FieldPosition, site: Place): boolean {
  return metres(fix, site) <= Math.max(NEAR_M, fix.accuracy_m);
}

/** The one that is looking now: a phone is at one place at a time. */
let looking: Locator | null = null;

export class Locator {
  /** The capture is saved: a fix from somewhere else is the crew walking on, and ends it. */
  saved = false;
  best: FieldPosition | null = null;
  /** Why there is no position, as a key of the texts. */
  problem = "";
  readonly until = Date.now() + REFINE_MS;
  private watch: number | null = null;
  private timer = 0;
  private readonly heard = new Set<() => void>();

  constructor(private readonly geolocation: Geolocation | undefined = navigator.geolocation) {}

  get running(): boolean {
    return this.watch !== null;
  }

  onChange(listener: () => void): void {
    this.heard.add(listener);
  }

  start(): void {
    looking?.end();
    looking = this;
    if (!this.geolocation) {
      this.problem = "noPosition";
      return;
    }
    this.watch = this.geolocation.watchPosition(
      ({ coords }) => {
        this.problem = "";
        const came = {
          lon: Number(coords.longitude.toFixed(7)),
          lat: Number(coords.latitude.toFixed(7)),
          accuracy_m: Math.round(coords.accuracy * 10) / 10,
        };
        if (this.saved && this.best && !samePlace(this.best, came)) return this.end();
        this.best = better(this.best, came);
        if (this.best.accuracy_m <= GOOD_M && this.best.samples >= 3) this.stop();
        this.tell();
      },
      (error) => {
        if (!this.best)
          this.problem = error.code === error.PERMISSION_DENIED ? "positionDenied" : "noPosition";
        if (error.code === error.PERMISSION_DENIED) this.stop();
        this.tell();
      },
      { enableHighAccuracy: true, maximumAge: 0, timeout: REFINE_MS },
    );
    this.timer = window.setTimeout(() => this.end(), REFINE_MS);
  }

  /** Stops and says so. */
  end(): void {
    if (!this.running) return;
    this.stop();
    this.tell();
  }

  stop(): void {
    if (this.watch !== null) this.geolocation?.clearWatch(this.watch);
    window.clearTimeout(this.timer);
    this.watch = null;
  }

  private tell(): void {
    for (const listener of this.heard) listener();
  }
}
