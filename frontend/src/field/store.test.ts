/** @vitest-environment node */
import "fake-indexeddb/auto";
import { strFromU8, unzipSync } from "fflate";
import { openDB } from "idb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NoStorage, OpenElsewhere, openField, STEPS } from "./db";
import { exportFile } from "./export";
import { FakeServer } from "./fake-server";
import { type Capture, StorageFull, Store } from "./store";
import { FieldApi } from "./sync/api";
import { Engine, sha256Of } from "./sync/engine";

let store: Store;
let names = 0;

const photo = (text: string) => new Blob([text], { type: "image/jpeg" });
const planting = (photos: readonly Blob[] = []): Capture => ({
  action: "plant",
  place: "rue du Levant",
  site: "site",
  kind: "tree",
  object: crypto.randomUUID(),
  create: true,
  baseRev: null,
  patch: { state: "planted" },
  photos,
  draft: "plant/site",
});
const held = async () => [
  (await store.items()).length,
  await store.db.count("photos"),
  (await store.fact<number>("sequence")) ?? 0,
];

beforeEach(async () => {
  store = new Store(await openField(`store-${++names}`));
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** The nth record added fails as a full disk does. */
function fullAfter(good: number): void {
  const add = IDBObjectStore.prototype.add;
  let added = 0;
  vi.spyOn(IDBObjectStore.prototype, "add").mockImplementation(function (this: IDBObjectStore, ...args) {
    if (added++ >= good) throw new DOMException("no room", "QuotaExceededError");
    return add.apply(this, args);
  });
}

describe("a capture", () => {
  it("is written whole: event, photos, number; and its draft is gone", async () => {
    await store.keepDraft({ key: "plant/site", values: { lot: "L1" }, photos: [], at: 0 });
    const item = await store.capture(planting([photo("a"), photo("b")]));
    expect(await held()).toEqual([1, 2, 1]);
    expect(item.event.sequence).toBe(1);
    expect(await store.draft("plant/site")).toBeUndefined();
    expect((await store.capture(planting())).event.sequence).toBe(2);
  });

  it.each([0, 1, 2])(
    "with room for %i records only is not written at all, and keeps its draft",
    async (room) => {
      await store.keepDraft({ key: "plant/site", values: { lot: "L1" }, photos: [photo("a")], at: 0 });
      fullAfter(room);
      await expect(store.capture(planting([photo("a"), photo("b")]))).rejects.toThrow(StorageFull);
      expect(await held()).toEqual([0, 0, 0]);
      expect((await store.draft("plant/site"))?.values.lot).toBe("L1");
      vi.restoreAllMocks();
      expect((await store.capture(planting([photo("a")]))).event.sequence).toBe(1);
    },
  );

  it("cut off in the middle, as when the phone dies, leaves nothing half", async () => {
    await store.capture(planting([photo("first")]));
    const add = IDBObjectStore.prototype.add;
    vi.spyOn(IDBObjectStore.prototype, "add").mockImplementation(function (this: IDBObjectStore, ...args) {
      const done = add.apply(this, args);
      if (this.name === "photos") this.transaction.abort();
      return done;
    });
    await expect(store.capture(planting([photo("second")]))).rejects.toThrow();
    expect(await held()).toEqual([1, 1, 1]);
  });

  it("numbers are 1, 2, 3… although many are saved at once", async () => {
    const items = await Promise.all(Array.from({ length: 12 }, () => store.capture(planting())));
    expect(items.map((item) => item.event.sequence).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, at) => at + 1),
    );
  });

  it("is refused by `forget` while a photo lacks its receipt, whatever asks for it", async () => {
    const item = await store.capture(planting([photo("a")]));
    const verdict = {
      uuid: item.uuid,
      status: "applied",
      code: "",
      message: "",
      rev: 1,
      object_id: 1,
      warnings: [],
      waiting_for: null,
    } as const;
    await store.change(item.uuid, (it) => ({ ...it, stage: "settled", verdict, acknowledged: true }));
    expect(await store.forget(item.uuid, 0)).toBe(false);
    expect(await held()).toEqual([1, 1, 1]);
  });
});

describe("the schema", () => {
  it("is upgraded with a full queue, and everything in it is sent after", async () => {
    const name = "upgraded";
    const old = await openField(name, 1);
    expect(old.version).toBe(1);
    expect([...old.objectStoreNames]).not.toContain("sent");
    // What the first version wrote, record for record.
    for (let n = 1; n <= 30; n++) {
      const uuid = crypto.randomUUID();
      await old.put("items", {
        uuid,
        stage: "saved",
        action: "plant",
        place: "",
        site: null,
        captured: n,
        refineUntil: 0,
        photos: [`p${n}`],
        sent: false,
        attempts: 0,
        nextAt: 0,
        problem: "",
        verdict: null,
        acknowledged: false,
        event: {
          uuid,
          kind: "tree",
          object_uuid: crypto.randomUUID(),
          create: true,
          base_rev: null,
          patch: {},
          device_time: new Date(n).toISOString(),
          sequence: n,
          photos: [],
        },
      });
      await old.put("photos", {
        id: `p${n}`,
        item: uuid,
        blob: photo(`photo ${n}`),
        type: "image/jpeg",
        sha256: null,
        begun: false,
        received: false,
        refused: "",
      });
    }
    await old.put("meta", 30, "sequence");
    old.close();
    const now = new Store(await openField(name));
    expect(now.db.version).toBe(STEPS.length);
    expect((await now.items()).length).toBe(30);
    expect(await (await now.photosOf((await now.items())[0]?.uuid ?? ""))[0]?.blob.text()).toMatch(
      /^photo \d+$/,
    );
    const server = new FakeServer();
    const engine = new Engine({
      store: now,
      api: new FieldApi({ uuid: "phone", name: "" }, server.fetch),
      fetcher: server.fetch,
    });
    await engine.run();
    await engine.run();
    expect(server.events.size).toBe(30);
    expect([...server.photos.values()].filter((one) => one.stored).length).toBe(30);
    expect(await now.items()).toEqual([]);
  });

  it("opened by an older app than it was written by says so, and loses nothing", async () => {
    const newer = await openDB("newer", STEPS.length + 1, {
      upgrade: (db) => void db.createObjectStore("meta"),
    });
    await newer.put("meta", 1, "kept");
    newer.close();
    await expect(openField("newer")).rejects.toThrow(OpenElsewhere);
  });

  it("steps aside when a newer app opens it in another tab", async () => {
    let told = false;
    await openField("shared", 1, () => {
      told = true;
    });
    await openField("shared");
    expect(told).toBe(true);
  });

  it("a browser that keeps nothing is told before the first capture", async () => {
    vi.spyOn(indexedDB, "open").mockImplementation(() => {
      throw new DOMException("denied", "SecurityError");
    });
    await expect(openField("private")).rejects.toThrow(NoStorage);
  });
});

describe("the emergency export", () => {
  it("holds every event as it will be sent, and every photo under its hash; the phone keeps them all", async () => {
    await store.capture(planting([photo("a"), photo("b")]));
    await store.capture(planting([photo("a")]));
    const file = await exportFile(store, { uuid: "phone-uuid", name: "phone" }, "Ana");
    expect(file).toMatchObject({ events: 2, photos: 2 });
    const files = unzipSync(new Uint8Array(await file.blob.arrayBuffer()));
    const said = JSON.parse(strFromU8(files["events.json"] ?? new Uint8Array()));
    expect(said).toMatchObject({
      format: "greening-field-export",
      version: 1,
      device: { uuid: "phone-uuid" },
      person: "Ana",
      ahead_ms: null,
    });
    const [one, two] = [await sha256Of(photo("a")), await sha256Of(photo("b"))];
    expect(said.events.map((event: { photos: string[] }) => event.photos)).toEqual([[one, two], [one]]);
    expect(strFromU8(files[`photos/${two}`] ?? new Uint8Array())).toBe("b");
    expect(new Set((await store.items()).map((item) => item.event))).toEqual(new Set(said.events));
    expect(await held()).toEqual([2, 3, 2]);
  });

  it("says by how much the phone's clock was ahead when it last heard the server", async () => {
    const year = 365 * 86_400_000;
    await store.setFact("skew", -year);
    const now = Date.parse("2025-11-23T08:00:00Z");
    const file = await exportFile(store, { uuid: "phone-uuid", name: "phone" }, "Ana", now);
    const files = unzipSync(new Uint8Array(await file.blob.arrayBuffer()));
    const said = JSON.parse(strFromU8(files["events.json"] ?? new Uint8Array()));
    expect([said.exported_at, said.ahead_ms]).toEqual(["2025-11-23T08:00:00.000Z", -year]);
  });
});
