/** When to send: at the start, when the network is back, when the worker wakes, on the button, and as items ask. */
import { Engine, type Halt, type Ran, runAlone, type Tools } from "./sync/engine";

const FIRST_PAUSE_MS = 3_000;
const LONGEST_PAUSE_MS = 120_000;
const TAG = "field-sync";

export class Runner {
  halt: Halt | null = null;
  running = false;
  private readonly engine: Engine;
  private timer = 0;
  private again = false;
  private quietRuns = 0;

  constructor(
    tools: Tools,
    private readonly told: (ran: Ran) => void,
  ) {
    this.engine = new Engine(tools);
    window.addEventListener("online", () => void this.run(true));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void this.run();
    });
  }

  /** Send what can be sent; `hurry` does not wait for the times set after failures. */
  async run(hurry = false): Promise<void> {
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    window.clearTimeout(this.timer);
    try {
      const ran = await runAlone(() => this.engine.run(hurry));
      // Another tab is at it: look again soon, in case it is closed.
      if (!ran) return this.later(FIRST_PAUSE_MS);
      this.halt = ran.halt;
      this.quietRuns = ran.moved > 0 ? 0 : this.quietRuns + 1;
      if (ran.nextAt !== null && ran.halt !== "signed_out" && ran.halt !== "device_revoked") {
        const pause = Math.min(
          LONGEST_PAUSE_MS,
          FIRST_PAUSE_MS * 2 ** Math.min(6, Math.max(0, this.quietRuns - 1)),
        );
        const floor = ran.halt ? pause * (0.5 + Math.random() / 2) : 50;
        this.later(Math.max(floor, ran.nextAt - Date.now()));
      }
      this.told(ran);
    } finally {
      this.running = false;
      if (this.again) {
        this.again = false;
        this.later(50);
      }
    }
  }

  /** The session was asked for by hand (the start, after signing in). */
  session(): Promise<boolean> {
    return this.engine.openSession();
  }

  private later(ms: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.run(), Math.min(ms, LONGEST_PAUSE_MS));
  }
}

/** Ask the browser to wake the worker when there is network again, where it can. */
export async function askForBackgroundSync(): Promise<void> {
  try {
    const registration = await navigator.serviceWorker?.ready;
    const sync = (registration as { sync?: { register(tag: string): Promise<void> } } | undefined)?.sync;
    await sync?.register(TAG);
  } catch {
    // Not offered, or not allowed: the app sends when it is open.
  }
}
