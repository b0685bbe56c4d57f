/** Captures on the phone: written whole or not at all, kept until the server's receipts are in. */
import type { Draft, FieldDb } from "./db";
import type { Action, FieldEvent, FieldPosition, Item, Pack, Patch, Photo, Sent } from "./types";
import { uuid7 } from "./uuid";

/** What a form hands over when the crew presses Save. */
export interface Capture {
  readonly action: Action;
  readonly place: string;
  readonly site: string | null;
  readonly kind: string;
  readonly object: string;
  readonly create: boolean;
  readonly baseRev: number | null;
  readonly patch: Patch;
  readonly after?: string;
  readonly override?: string;
  readonly danger?: boolean;
  readonly position?: FieldPosition | null;
  readonly refineUntil?: number;
  readonly photos: readonly Blob[];
  /** The half-filled form that this capture came from: gone in the same moment. */
  readonly draft?: string;
}

export interface Device {
  readonly uuid: string;
  readonly name: string;
}

export class StorageFull extends Error {}

/** Settled captures are remembered this long. */
export const REMEMBERED_MS = 30 * 86_400_000;

export class Store {
  constructor(
    readonly db: FieldDb,
    private readonly changed: () => void = () => {},
  ) {}

  // --- capturing ------------------------------------------------------------------------------------

  /** Write the event and its photos in one transaction; what returns is safe on the phone. */
  async capture(capture: Capture, now = Date.now()): Promise<Item> {
    const uuid = uuid7(now);
    const ids = capture.photos.map(() => uuid7(now));
    const tx = this.db.transaction(["meta", "items", "photos", "drafts"], "readwrite", {
      durability: "strict",
    });
    // A transaction that fails rejects `done` too: say it once, below.
    tx.done.catch(() => {});
    try {
      const meta = tx.objectStore("meta");
      const sequence = (((await meta.get("sequence")) as number | undefined) ?? 0) + 1;
      const event: FieldEvent = {
        uuid,
        kind: capture.kind,
        object_uuid: capture.object,
        create: capture.create,
        base_rev: capture.baseRev,
        patch: capture.patch,
        device_time: new Date(now).toISOString(),
        sequence,
        ...(capture.after ? { after: capture.after } : {}),
        ...(capture.override ? { override: capture.override } : {}),
        ...(capture.position ? { position: capture.position } : {}),
        photos: [],
      };
      const item: Item = {
        uuid,
        stage: "saved",
        event,
        action: capture.action,
        place: capture.place,
        site: capture.site,
        captured: now,
        refineUntil: capture.refineUntil ?? 0,
        photos: ids,
        sent: false,
        attempts: 0,
        nextAt: 0,
        problem: "",
        verdict: null,
        acknowledged: false,
        ...(capture.danger ? { danger: true } : {}),
      };
      await meta.put(sequence, "sequence");
      await tx.objectStore("items").add(item);
      for (const [at, blob] of capture.photos.entries()) {
        await tx.objectStore("photos").add({
          id: ids[at] ?? "",
          item: uuid,
          blob,
          type: blob.type || "image/jpeg",
          sha256: null,
          begun: false,
          received: false,
          refused: "",
        });
      }
      if (capture.draft) await tx.objectStore("drafts").delete(capture.draft);
      await tx.done;
      this.changed();
      return item;
    } catch (error) {
      try {
        tx.abort();
      } catch {
        // it has ended already
      }
      throw isFull(error) ? new StorageFull(String(error)) : error;
    }
  }

  /** A better position for a capture that is not sealed yet; too late is no harm. */
  async refine(uuid: string, position: FieldPosition, patch: Patch = {}): Promise<void> {
    await this.change(uuid, (item) =>
      item.stage === "saved"
        ? { ...item, event: { ...item.event, position, patch: { ...item.event.patch, ...patch } } }
        : item,
    );
  }

  // --- reading and changing ---------------------------------------------------------------------------

  items(): Promise<Item[]> {
    return this.db.getAll("items");
  }

  item(uuid: string): Promise<Item | undefined> {
    return this.db.get("items", uuid);
  }

  photosOf(uuid: string): Promise<Photo[]> {
    return this.db.getAllFromIndex("photos", "item", uuid);
  }

  async putPhoto(photo: Photo): Promise<void> {
    await this.db.put("photos", photo);
  }

  /** Read, change, write in one transaction, so that two tabs never undo each other. */
  async change(uuid: string, how: (item: Item) => Item): Promise<Item | undefined> {
    const tx = this.db.transaction("items", "readwrite");
    const item = await tx.store.get(uuid);
    const next = item && how(item);
    if (next && next !== item) await tx.store.put(next);
    await tx.done;
    if (next !== item) this.changed();
    return next;
  }

  /** Photos hashed: the event is complete, and from here on only sent. */
  async seal(uuid: string, hashes: ReadonlyMap<string, string>): Promise<void> {
    const tx = this.db.transaction(["items", "photos"], "readwrite");
    const item = await tx.objectStore("items").get(uuid);
    if (item?.stage === "saved") {
      const photos = tx.objectStore("photos");
      for (const [id, sha256] of hashes) {
        const photo = await photos.get(id);
        if (photo) await photos.put({ ...photo, sha256 });
      }
      const listed = item.photos.map((id) => hashes.get(id) ?? "");
      await tx.objectStore("items").put({
        ...item,
        stage: "ready",
        event: { ...item.event, photos: [...new Set(listed)] },
      });
    }
    await tx.done;
    this.changed();
  }

  /** The only place where a capture leaves the phone: its receipts are in, and nobody needs to see it any more. */
  async forget(uuid: string, now: number): Promise<boolean> {
    const tx = this.db.transaction(["items", "photos", "sent"], "readwrite");
    const items = tx.objectStore("items");
    const item = await items.get(uuid);
    const held = await tx.objectStore("photos").index("item").getAll(uuid);
    const may =
      item?.stage === "settled" &&
      item.verdict !== null &&
      held.every((photo) => photo.received || (photo.refused !== "" && item.acknowledged));
    if (item && may) {
      await tx.objectStore("sent").put({
        uuid,
        sequence: item.event.sequence,
        action: item.action,
        place: item.place,
        site: item.site,
        captured: item.captured,
        settled: now,
        status: outcomeOf(item),
        message: item.verdict?.message ?? "",
        photos: held.length,
      });
      for (const photo of held) await tx.objectStore("photos").delete(photo.id);
      await items.delete(uuid);
    }
    await tx.done;
    if (may) this.changed();
    return Boolean(may);
  }

  async sent(): Promise<Sent[]> {
    const rows = await this.db.getAllFromIndex("sent", "settled");
    return rows.reverse();
  }

  async dropOldSent(now: number): Promise<void> {
    const tx = this.db.transaction("sent", "readwrite");
    for (const key of await tx.store.index("settled").getAllKeys(IDBKeyRange.upperBound(now - REMEMBERED_MS)))
      await tx.store.delete(key);
    await tx.done;
  }

  // --- facts ------------------------------------------------------------------------------------------

  async fact<T>(name: string): Promise<T | undefined> {
    return (await this.db.get("meta", name)) as T | undefined;
  }

  async setFact(name: string, value: unknown): Promise<void> {
    await this.db.put("meta", value, name);
  }

  /** This phone's identity, made once. */
  async device(name: string): Promise<Device> {
    const tx = this.db.transaction("meta", "readwrite");
    let device = (await tx.store.get("device")) as Device | undefined;
    if (!device) {
      device = { uuid: uuid7(), name };
      await tx.store.put(device, "device");
    }
    await tx.done;
    return device;
  }

  async pack(): Promise<Pack | undefined> {
    return (await this.db.get("pack", "pack")) as Pack | undefined;
  }

  async setPack(pack: Pack): Promise<void> {
    await this.db.put("pack", pack, "pack");
    this.changed();
  }

  // --- forms half filled in ---------------------------------------------------------------------------

  draft(key: string): Promise<Draft | undefined> {
    return this.db.get("drafts", key);
  }

  async keepDraft(draft: Draft): Promise<void> {
    await this.db.put("drafts", draft);
  }

  async dropDraft(key: string): Promise<void> {
    await this.db.delete("drafts", key);
  }
}

/** What became of a capture on the server; a duplicate is what the first one was. */
export function outcomeOf(item: Pick<Item, "verdict">): Sent["status"] {
  const verdict = item.verdict;
  if (!verdict) return "waiting";
  // It "waits" for an object whose creation was refused: nothing this phone sends can bring that about.
  if (verdict.code === "creation_refused") return "rejected";
  return verdict.status === "duplicate" ? (verdict.first ?? "applied") : verdict.status;
}

function isFull(error: unknown): boolean {
  return (
    error instanceof DOMException &&
    (error.name === "QuotaExceededError" || /quota|space|full/i.test(error.message))
  );
}
