/** The programme's counters as they stand: asked every few seconds while somebody looks, and never else. */
import { find, findAll } from "../page/elements";

export interface Told {
  readonly values: Readonly<Record<string, number | null>>;
  /** Stretches of the progress line: start and width, per cent. */
  readonly line: Readonly<Record<string, readonly [number, number]>>;
  readonly as_of: string;
}

/** A planting shows within 5 s: 4 s between two askings, and the server is at most 2 s late every other one. */
export const EVERY_MS = 3000;

export class Counters {
  private tag = "";
  private timer = 0;
  private asking: AbortController | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly url: string,
    private readonly language: string,
    private readonly everyMs: number = EVERY_MS,
  ) {
    document.addEventListener("visibilitychange", () => this.turn());
    this.turn();
  }

  /** Asks while the page is visible; a page that comes back into view asks at once. */
  private turn(): void {
    window.clearTimeout(this.timer);
    if (document.visibilityState === "hidden") {
      this.asking?.abort();
      this.asking = null;
      return;
    }
    void this.ask();
  }

  private async ask(): Promise<void> {
    const asking = new AbortController();
    this.asking = asking;
    try {
      const headers: Record<string, string> = this.tag ? { "If-None-Match": this.tag } : {};
      const answer = await fetch(this.url, { headers, signal: asking.signal, cache: "no-store" });
      if (answer.status === 200) {
        this.tag = answer.headers.get("ETag") ?? "";
        this.show((await answer.json()) as Told);
      } else if (answer.status === 304) {
        this.stamp(answer.headers.get("X-As-Of"));
      }
    } catch {
      // Offline or restarting: the figures stay with their time beside them, and the next asking may do better.
    }
    if (this.asking !== asking) return;
    this.timer = window.setTimeout(() => void this.ask(), this.everyMs);
  }

  show(told: Told): void {
    const numbers = new Intl.NumberFormat(this.language);
    for (const place of findAll("indicator", this.root)) {
      const value = told.values[place.dataset.indicator ?? ""];
      if (value === undefined) continue;
      const text = value === null ? "–" : numbers.format(value);
      if (place.textContent !== text) place.textContent = text;
    }
    for (const [name, [start, width]] of Object.entries(told.line)) {
      const part = this.root.querySelector<HTMLElement>(`[data-segment="${name}"]`);
      if (part) {
        part.style.left = `${start}%`;
        part.style.width = `${width}%`;
      }
    }
    this.stamp(told.as_of);
  }

  private stamp(asOf: string | null): void {
    const place = find("as-of", this.root);
    if (!place || !asOf) return;
    place.setAttribute("datetime", asOf);
    place.textContent = new Intl.DateTimeFormat(this.language, {
      dateStyle: "long",
      timeStyle: "medium",
    }).format(new Date(asOf));
  }
}
