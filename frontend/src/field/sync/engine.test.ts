/** @vitest-environment node */
import "fake-indexeddb/auto";
import { beforeEach, describe, expect, it } from "vitest";
import { openField } from "../db";
import { FakeServer } from "../fake-server";
import { type Capture, Store } from "../store";
import { FieldApi } from "./api";
import { alarmOf, backoffMs } from "./core";
import { Engine, LANES, sha256Of } from "./engine";

let store: Store;
let server: FakeServer;
let now: number;
let names = 0;

const PHOTO = () => new Blob([crypto.getRandomValues(new Uint8Array(1500))], { type: "image/jpeg" });

function planting(more: Partial<Capture> = {}): Capture {
  return {
    action: "plant",
    place: "rue du Levant",
    site: "site",
    kind: "tree",
    object: crypto.randomUUID(),
    create: true,
    baseRev: null,
    patch: { state: "planted" },
    photos: [],
    ...more,
  };
}

function engine(random = Math.random): Engine {
  const api = new FieldApi({ uuid: "phone", name: "phone" }, server.fetch, () => now, [0, 0]);
  return new Engine({ store, api, fetcher: server.fetch, now: () => now, random });
}

/** Runs, letting the time pass that the engine asks for, until nothing is left to do. */
async function untilDone(most = 400): Promise<number> {
  for (let run = 1; run <= most; run++) {
    const ran = await engine().run();
    if ((await store.items()).length === 0) return run;
    now = Math.max(now + 1000, ran.nextAt ?? now);
  }
  return most;
}

beforeEach(async () => {
  now = Date.parse("2026-11-23T08:00:00Z");
  server = new FakeServer();
  store = new Store(await openField(`engine-${++names}`));
});

describe("captures on their way", () => {
  it("arrive once each, with every photo to the last byte, over a link that loses a third and cuts a third", async () => {
    let seed = 7;
    const chance = () => {
      seed = (seed * 16807) % 2147483647;
      return seed / 2147483647;
    };
    const hashes: string[] = [];
    for (let number = 0; number < 40; number++) {
      const photo = PHOTO();
      hashes.push(await sha256Of(photo));
      await store.capture(planting({ photos: [photo] }), now + number);
    }
    server.link = () => {
      const dice = chance();
      return dice < 0.33 ? "lost" : dice < 0.66 ? "cut" : "ok";
    };
    await untilDone();
    expect(await store.items()).toEqual([]);
    expect(server.events.size).toBe(40);
    expect([...server.events.values()].map(({ event }) => event.sequence).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, at) => at + 1),
    );
    for (const sha256 of hashes) {
      const held = server.photos.get(sha256);
      expect(held?.stored).toBe(true);
      expect(await sha256Of(new Blob([held?.bytes.slice() ?? ""]))).toBe(sha256);
    }
    expect((await store.sent()).length).toBe(40);
    expect([...server.events.values()].some(({ times }) => times > 1)).toBe(true);
  });

  it("stay on the phone until the receipt of every photo is in", async () => {
    const item = await store.capture(planting({ photos: [PHOTO(), PHOTO()] }), now);
    server.link = () => (server.asked.at(-1)?.startsWith("PATCH") ? "lost" : "ok");
    await engine().run();
    const held = await store.item(item.uuid);
    expect(held?.verdict?.status).toBe("applied");
    expect((await store.photosOf(item.uuid)).length).toBe(2);
    server.link = () => "ok";
    await untilDone();
    expect(await store.photosOf(item.uuid)).toEqual([]);
  });

  it("stay although the server says “stored” of another photo", async () => {
    const item = await store.capture(planting({ photos: [PHOTO()] }), now);
    const honest = server.fetch;
    (server as { fetch: typeof honest }).fetch = async (input, init) =>
      String(input).endsWith("/receipt")
        ? new Response(JSON.stringify({ sha256: "0".repeat(64), stored: true }))
        : honest(input, init);
    await engine().run();
    expect((await store.photosOf(item.uuid)).length).toBe(1);
    expect((await store.item(item.uuid))?.stage).toBe("photos");
  });

  it("never stand in each other's way: one that the server chokes on is set aside, the rest goes", async () => {
    const stuck = await store.capture(planting({ patch: { state: "stuck" } }), now);
    for (let number = 0; number < 6; number++) await store.capture(planting(), now + 1 + number);
    const honest = server.fetch;
    (server as { fetch: typeof honest }).fetch = async (input, init) =>
      String(init?.body ?? "").includes('"stuck"')
        ? new Response("Bad Gateway", { status: 502 })
        : honest(input, init);
    await engine().run();
    const left = await store.items();
    expect(left.map((item) => item.uuid)).toEqual([stuck.uuid]);
    expect(left[0]?.problem).toContain("502");
    expect(left[0]?.nextAt).toBeGreaterThan(now);
  });

  it("go four at a time at most, and one in each request", async () => {
    for (let number = 0; number < 20; number++) await store.capture(planting(), now + number);
    await engine().run();
    expect(server.mostUnderWay).toBeGreaterThan(1);
    expect(server.mostUnderWay).toBeLessThanOrEqual(LANES);
    expect(server.asked.filter((asked) => asked === "POST events").length).toBe(20);
  });

  it("are the same to the letter when sent again", async () => {
    const item = await store.capture(planting({ photos: [PHOTO()] }), now);
    server.link = () => (server.asked.at(-1) === "POST events" ? "cut" : "ok");
    await engine().run();
    await store.refine(item.uuid, { lon: 1, lat: 2, accuracy_m: 3, samples: 4 });
    server.link = () => "ok";
    await untilDone();
    const [held] = [...server.events.values()];
    // Three tries that were cut after the server had it, and one that came through.
    expect(held?.times).toBe(4);
    expect((await store.sent())[0]?.status).toBe("applied");
  });
});

describe("what the server says", () => {
  it("signed out: all is kept, and goes after signing in", async () => {
    for (let number = 0; number < 3; number++)
      await store.capture(planting({ photos: [PHOTO()] }), now + number);
    server.signedIn = false;
    const ran = await engine().run();
    expect(ran.halt).toBe("signed_out");
    expect((await store.items()).length).toBe(3);
    expect(await store.fact("halt")).toBe("signed_out");
    server.signedIn = true;
    await untilDone();
    expect(server.events.size).toBe(3);
    expect(await store.fact("halt")).toBeNull();
  });

  it("device revoked: all is kept, nothing is sent", async () => {
    await store.capture(planting(), now);
    server.revoked = true;
    expect((await engine().run()).halt).toBe("device_revoked");
    expect((await store.items()).length).toBe(1);
    expect(server.asked).toEqual(["GET session"]);
  });

  it.each(["conflict", "rejected"] as const)(
    "%s: shown until somebody has read it, then let go",
    async (status) => {
      const item = await store.capture(planting({ photos: [PHOTO()] }), now);
      server.judge = () => ({ status, code: "site_taken", message: "This site already holds a tree." });
      await engine().run();
      await engine().run();
      expect((await store.item(item.uuid))?.verdict?.message).toBe("This site already holds a tree.");
      await store.change(item.uuid, (held) => ({ ...held, acknowledged: true }));
      await engine().run();
      expect(await store.items()).toEqual([]);
      expect((await store.sent())[0]?.status).toBe(status);
    },
  );

  it("its object was refused: shown like a refusal, its photos sent, let go once somebody has read it", async () => {
    const item = await store.capture(planting({ create: false, baseRev: 1, photos: [PHOTO()] }), now);
    const message = "What this belongs to was refused; it is kept for a crew lead.";
    server.judge = () => ({ status: "waiting", code: "creation_refused", message });
    await engine().run();
    const ran = await engine().run();
    expect([...server.photos.values()].map((photo) => photo.stored)).toEqual([true]);
    expect((await store.item(item.uuid))?.stage).toBe("settled");
    expect((await store.item(item.uuid))?.verdict?.message).toBe(message);
    expect(ran.nextAt).toBeNull();
    await store.change(item.uuid, (held) => ({ ...held, acknowledged: true }));
    await engine().run();
    expect(await store.items()).toEqual([]);
    expect((await store.sent())[0]?.status).toBe("rejected");
    expect([...server.events.values()][0]?.times).toBe(1);
  });

  it("a duplicate is treated as what it first was", async () => {
    const item = await store.capture(planting(), now);
    server.judge = () => ({ status: "conflict", message: "Someone changed the same." });
    server.link = () => (server.asked.at(-1) === "POST events" ? "cut" : "ok");
    await engine().run();
    server.link = () => "ok";
    now += 600_000;
    await engine().run();
    const held = await store.item(item.uuid);
    expect(held?.verdict?.status).toBe("duplicate");
    expect(held?.stage).toBe("settled");
  });

  it("waiting for an earlier one: kept, asked again, gone when it landed", async () => {
    const item = await store.capture(planting(), now);
    server.judge = () => ({ status: "waiting", message: "An earlier change has not arrived yet." });
    const ran = await engine().run();
    expect((await store.item(item.uuid))?.stage).toBe("ready");
    expect(ran.nextAt).toBeGreaterThan(now);
    server.judge = () => ({ status: "applied" });
    await untilDone();
    expect(await store.items()).toEqual([]);
  });

  it("a photo it will never take is kept and shown, and holds nothing else back", async () => {
    const [bad, good] = [PHOTO(), PHOTO()];
    const wrong = await sha256Of(bad);
    const item = await store.capture(planting({ photos: [bad, good] }), now);
    server.refusePhoto = (sha256) => (sha256 === wrong ? "This is not a picture." : "");
    await engine().run();
    await engine().run();
    const photos = await store.photosOf(item.uuid);
    expect(photos.map((photo) => [photo.received, photo.refused])).toContainEqual([true, ""]);
    expect(photos.map((photo) => photo.refused)).toContain("This is not a picture.");
    expect(photos.every((photo) => photo.blob.size === 1500)).toBe(true);
    await store.change(item.uuid, (held) => ({ ...held, acknowledged: true }));
    await engine().run();
    expect(await store.items()).toEqual([]);
  });

  it("its clock: a phone wrong by a year knows it and still sends", async () => {
    const year = 365 * 86_400_000;
    server.serverTime = () => new Date(now - year).toISOString();
    await store.capture(planting(), now);
    await engine().run();
    expect(await store.fact("skew")).toBe(year);
    expect(server.events.size).toBe(1);
  });
});

describe("a danger for people", () => {
  it.each([
    ["nobody has answered", null, "notSent"],
    ["the server could not keep it", { status: "waiting", code: "server_error" }, "notSent"],
    ["it waits for what has not come", { status: "waiting", code: "predecessor" }, "notTaken"],
    ["what it belongs to was refused", { status: "waiting", code: "creation_refused" }, "notTaken"],
    ["a rule refused it", { status: "rejected" }, "notTaken"],
    ["it was here, and refused", { status: "duplicate", first: "rejected" }, "notTaken"],
    ["it is a lead's conflict", { status: "conflict" }, null],
    ["it landed", { status: "merged" }, null],
    ["it had landed", { status: "duplicate", first: "applied" }, null],
  ] as const)("%s", async (_what, said, alarm) => {
    const item = await store.capture(planting({ danger: true }), now);
    const blank = { uuid: "", code: "", message: "", rev: 1, object_id: 1, warnings: [], waiting_for: null };
    const verdict = said && { ...blank, ...said };
    expect(alarmOf([{ ...item, verdict }])).toBe(alarm);
    expect(alarmOf([{ ...item, verdict, danger: false }])).toBeNull();
  });
});

describe("waiting", () => {
  it("doubles, is spread by chance, and ends at five minutes", () => {
    expect(backoffMs(1, 0)).toBe(1000);
    expect(backoffMs(1, 1)).toBe(2000);
    expect(backoffMs(4, 1)).toBe(16_000);
    expect(backoffMs(60, 1)).toBe(300_000);
    expect(backoffMs(1, 0, 9000)).toBe(9000);
  });

  it("an item whose position is refined is not sent before its time", async () => {
    const item = await store.capture(planting({ refineUntil: now + 5000 }), now);
    const ran = await engine().run();
    expect(server.events.size).toBe(0);
    expect(ran.nextAt).toBe(now + 5000);
    await store.refine(item.uuid, { lon: 2.27, lat: 48.82, accuracy_m: 3, samples: 9 });
    now += 5000;
    await engine().run();
    expect([...server.events.values()][0]?.event.position?.samples).toBe(9);
  });
});
