/** Carries captures to the server: each alone, a few at once, none in another's way, nothing forgotten early. */
import { skewOf } from "../clock";
import type { Store } from "../store";
import type { Item, Session } from "../types";
import { ApiError, type FieldApi } from "./api";
import { answered, failed, needsEyes, photosDone, stepFor, wakeAt } from "./core";
import { upload } from "./upload";

/** Requests under way at once: more only makes a phone's thin link slower. */
export const LANES = 4;
/** An item is taken at most so many steps in one run. */
const MOST_STEPS = 12;

/** Why a whole run stopped: everything is kept, and the crew is told. */
export type Halt = "signed_out" | "device_revoked" | "forbidden" | "offline";

export interface Ran {
  readonly halt: Halt | null;
  readonly moved: number;
  /** When to run again (phone's clock), or null where nothing is left to do. */
  readonly nextAt: number | null;
}

export interface Tools {
  readonly store: Store;
  readonly api: FieldApi;
  readonly fetcher?: typeof fetch;
  readonly now?: () => number;
  readonly random?: () => number;
  readonly hash?: (blob: Blob) => Promise<string>;
  readonly platform?: string;
  readonly language?: string;
}

export class Engine {
  private readonly now: () => number;
  private readonly random: () => number;
  private readonly hash: (blob: Blob) => Promise<string>;
  private readonly fetcher: typeof fetch;
  private halt: Halt | null = null;
  private failures = 0;

  constructor(private readonly tools: Tools) {
    this.now = tools.now ?? Date.now;
    this.random = tools.random ?? Math.random;
    this.hash = tools.hash ?? sha256Of;
    this.fetcher = tools.fetcher ?? ((...args) => fetch(...args));
  }

  /** Everything that can move now, moved once. Never raises for the network's sake. */
  async run(hurry = false): Promise<Ran> {
    this.halt = null;
    this.failures = 0;
    const { store } = this.tools;
    if (hurry) await this.hurry();
    let moved = 0;
    if (await this.someToDo()) {
      // Sealing and forgetting need no network, so they come first and whatever happens.
      moved += await this.pass((item) => this.local(item));
      const waiting = (await store.items()).some((item) => item.stage === "ready" || item.stage === "photos");
      if (waiting && (await this.openSession())) moved += await this.pass((item) => this.carry(item));
    }
    await store.dropOldSent(this.now());
    const times = (await store.items()).map(wakeAt).filter((at): at is number => at !== null);
    return { halt: this.halt, moved, nextAt: times.length ? Math.max(this.now(), Math.min(...times)) : null };
  }

  /** The session, the device registered, the clock measured. False where nothing can be sent now. */
  async openSession(): Promise<boolean> {
    const { api, store } = this.tools;
    try {
      const { body, asked, came } = await api.session();
      await this.measure(body.server_time, asked, came);
      await store.setFact("session", body satisfies Session);
      if (body.device?.revoked) throw new ApiError("device_revoked", 403, "device_revoked", "");
      if (!body.device) await api.register(this.tools.platform ?? "");
      await store.setFact("halt", null);
      return true;
    } catch (error) {
      await this.stop(error);
      return false;
    }
  }

  private async hurry(): Promise<void> {
    for (const item of await this.tools.store.items())
      if (item.nextAt > 0) await this.tools.store.change(item.uuid, (held) => ({ ...held, nextAt: 0 }));
  }

  private async someToDo(): Promise<boolean> {
    const now = this.now();
    return (await this.tools.store.items()).some(
      (item) => item.stage === "settled" || (wakeAt(item) ?? Number.POSITIVE_INFINITY) <= now,
    );
  }

  /** Works through all items, LANES at a time; one that fails steps aside. */
  private async pass(work: (item: Item) => Promise<boolean>): Promise<number> {
    const queue = (await this.tools.store.items()).sort((a, b) => a.event.sequence - b.event.sequence);
    let moved = 0;
    const lane = async () => {
      for (let item = queue.shift(); item; item = queue.shift()) {
        if (this.halt) return;
        if (await work(item)) moved++;
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return moved;
  }

  private async local(listed: Item): Promise<boolean> {
    const { store } = this.tools;
    const photos = await store.photosOf(listed.uuid);
    const step = stepFor(listed, photos, this.now());
    if (step === "forget") return store.forget(listed.uuid, this.now());
    if (step !== "seal") return false;
    const hashes = new Map<string, string>();
    try {
      for (const photo of photos) hashes.set(photo.id, photo.sha256 ?? (await this.hash(photo.blob)));
    } catch (error) {
      await store.change(listed.uuid, (item) => ({ ...item, problem: String(error) }));
      return false;
    }
    await store.seal(listed.uuid, hashes);
    return true;
  }

  /** One item as far as it goes. True if it got anywhere. */
  private async carry(listed: Item): Promise<boolean> {
    const { store } = this.tools;
    let moved = false;
    for (let turn = 0; turn < MOST_STEPS && !this.halt; turn++) {
      const item = await store.item(listed.uuid);
      if (!item) return moved;
      const step = stepFor(item, await store.photosOf(item.uuid), this.now());
      if (step === "rest" || step === "seal") return moved;
      if (step === "forget") return (await store.forget(item.uuid, this.now())) || moved;
      try {
        if (step === "event") await this.sendEvent(item);
        else await this.sendPhotos(item);
        moved = true;
        this.failures = 0;
      } catch (error) {
        await this.setAside(item, error);
        return moved;
      }
    }
    return moved;
  }

  private async sendEvent(item: Item): Promise<void> {
    const { api, store } = this.tools;
    // From here on it may have arrived, whatever we hear: nothing of it changes any more.
    await store.change(item.uuid, (held) => ({ ...held, sent: true }));
    const { body, asked, came } = await api.events([item.event]);
    await this.measure(body.server_time, asked, came);
    const verdict = body.verdicts[0];
    if (body.verdicts.length !== 1 || verdict?.uuid !== item.uuid)
      throw new ApiError("busy", 200, "no_verdict", "no verdict on this item");
    await store.change(item.uuid, (held) => answered(held, verdict, this.now(), this.random()));
  }

  private async sendPhotos(item: Item): Promise<void> {
    const { api, store } = this.tools;
    for (const photo of await store.photosOf(item.uuid)) {
      if (photo.received || photo.refused || !photo.sha256) continue;
      const whole = { ...photo, sha256: photo.sha256 };
      // A photo of an earlier attempt, or taken twice, may be there already.
      let receipt = photo.begun ? await api.receipt(whole.sha256) : ({ stored: false, refused: "" } as const);
      if (!receipt.stored && !receipt.refused) {
        await store.putPhoto({ ...photo, begun: true });
        try {
          await upload(api, this.fetcher, whole, item.uuid);
        } catch (error) {
          const refused = refusalOf(error);
          if (!refused) throw error;
          await store.putPhoto({ ...photo, begun: true, refused });
          continue;
        }
        receipt = await api.receipt(whole.sha256);
      }
      if (receipt.stored) await store.putPhoto({ ...photo, begun: true, received: true });
      else if (receipt.refused) await store.putPhoto({ ...photo, begun: true, refused: receipt.refused });
      else throw new ApiError("busy", 404, "no_receipt", "the server has no receipt for a photo yet");
    }
    await store.change(item.uuid, photosDone);
  }

  private async setAside(item: Item, error: unknown): Promise<void> {
    const trouble = error instanceof ApiError ? error : new ApiError("busy", 0, "fault", String(error));
    if (trouble.trouble === "signed_out" || trouble.trouble === "device_revoked") return this.stop(trouble);
    if (trouble.code === "csrf") this.tools.api.csrf = ""; // read anew with the next session
    await this.tools.store.change(item.uuid, (held) =>
      failed(held, trouble.message, this.now(), this.random(), trouble.retryAfterMs),
    );
    // A link that fails again and again without one success in between is no link: stop asking.
    if (trouble.trouble === "offline" && ++this.failures >= 3 * LANES) this.halt = "offline";
  }

  private async stop(error: unknown): Promise<void> {
    const trouble = error instanceof ApiError ? error.trouble : "offline";
    this.halt =
      trouble === "signed_out" || trouble === "device_revoked" || trouble === "forbidden"
        ? trouble
        : "offline";
    if (this.halt !== "offline") await this.tools.store.setFact("halt", this.halt);
  }

  private async measure(serverTime: string, asked: number, came: number): Promise<void> {
    const skew = skewOf(serverTime, asked, came);
    if (skew !== null) await this.tools.store.setFact("skew", skew);
  }
}

/** What the server will never take, as its sentence; "" where trying again helps. */
function refusalOf(error: unknown): string {
  if (!(error instanceof ApiError)) return "";
  const never = error.status === 422 || error.status === 413 || error.code === "photo_empty";
  return never ? error.message : "";
}

export async function sha256Of(blob: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** One run at a time on this phone, however many tabs and workers there are; null where another is at it. */
export async function runAlone<T>(work: () => Promise<T>): Promise<T | null> {
  if (!("locks" in navigator)) return work();
  return navigator.locks.request("field-sync", { ifAvailable: true }, async (lock) => (lock ? work() : null));
}

export { needsEyes };
