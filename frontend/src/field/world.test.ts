import { describe, expect, it } from "vitest";
import type { Item, Pack, SiteRow, TreeRow } from "./types";
import { merged, World } from "./world";

const site = (uuid: string, more: Partial<SiteRow> = {}): SiteRow => ({
  uuid,
  id: 1,
  rev: 3,
  state: "ready",
  lon: 2.27,
  lat: 48.82,
  matricule: uuid,
  street: null,
  kind: "street",
  target_species: null,
  tree: null,
  ...more,
});
const tree = (uuid: string, at: string, state: string): TreeRow => ({
  uuid,
  id: 1,
  rev: 5,
  state,
  site: at,
  species: null,
  planted_on: null,
  girth_m: null,
  height_m: null,
  lot: "",
  nursery: "",
  size_class: "",
  under_watch: false,
});
const pack = (more: Partial<Pack> = {}): Pack => ({
  as_of: "",
  etag: "",
  scope: "s",
  whole: true,
  town: { name: "" },
  crew: null,
  rounds: [],
  sites: [site("a"), site("b")],
  trees: [],
  tasks: [],
  species: [],
  choices: {},
  outline: null,
  streets: [],
  ...more,
});
const item = (object: string, more: Partial<Item> = {}, create = false): Item => ({
  uuid: `event-${object}`,
  stage: "ready",
  action: "plant",
  place: "",
  site: "a",
  captured: 1,
  refineUntil: 0,
  photos: [],
  sent: false,
  attempts: 0,
  nextAt: 0,
  problem: "",
  verdict: null,
  acknowledged: false,
  event: {
    uuid: `event-${object}`,
    kind: "tree",
    object_uuid: object,
    create,
    base_rev: null,
    patch: {},
    device_time: "",
    sequence: 1,
    photos: [],
  },
  ...more,
});

describe("what the crew sees", () => {
  it("a planting logged here takes its site off the list, sent or not; a refused one puts it back", () => {
    const world = new World(pack());
    const names = () => world.toPlant.map((one) => one.uuid);
    expect(names()).toEqual(["a", "b"]);
    world.overlay([item("t")], [], 0);
    expect(names()).toEqual(["b"]);
    const verdict = {
      uuid: "",
      status: "rejected",
      code: "",
      message: "",
      rev: null,
      object_id: null,
      warnings: [],
      waiting_for: null,
    } as const;
    world.overlay([item("t", { verdict })], [], 0);
    expect(names()).toEqual(["a", "b"]);
    const sent = {
      uuid: "",
      sequence: 1,
      action: "plant",
      place: "",
      site: "b",
      captured: 1,
      settled: 50,
      status: "applied",
      message: "",
      photos: 0,
    } as const;
    world.overlay([], [sent], 40);
    expect(names()).toEqual(["a"]);
    // The pack is newer than the receipt: what it says of the site holds.
    world.overlay([], [sent], 60);
    expect(names()).toEqual(["a", "b"]);
  });

  it("knows the tree that lives there from those that did, and the one that waits at the nursery", () => {
    const world = new World(
      pack({
        trees: [tree("old", "a", "felled"), tree("new", "a", "established"), tree("r", "b", "reserved")],
      }),
    );
    expect(world.treeAt("a")?.uuid).toBe("new");
    expect(world.treeAt("b")).toBeNull();
    expect(world.reservedAt("b")?.uuid).toBe("r");
    expect(world.treesOf("a").length).toBe(2);
  });
});

describe("the revision a change builds on", () => {
  it("is the pack's; after an unsent change of this phone the one that change will make", () => {
    const world = new World(pack());
    expect(world.basis("t", 5)).toEqual({ baseRev: 5 });
    world.overlay([item("t")], [], 0);
    expect(world.basis("t", 5)).toEqual({ baseRev: 6, after: "event-t" });
  });

  it("is 1 after this phone's own, unsent creation", () => {
    const world = new World(pack());
    world.overlay([item("t", {}, true)], [], 0);
    expect(world.basis("t", null)).toEqual({ baseRev: 1, after: "event-t" });
  });
});

describe("several changes of one object on this phone", () => {
  const edit = (sequence: number, more: Partial<Item> = {}, create = false): Item => {
    const made = item("t", more, create);
    return { ...made, uuid: `e${sequence}`, event: { ...made.event, uuid: `e${sequence}`, sequence } };
  };
  const landed = (rev: number) =>
    ({
      status: "applied",
      uuid: "",
      code: "",
      message: "",
      rev,
      object_id: 1,
      warnings: [],
      waiting_for: null,
    }) as const;

  it("build on the last one, although screens list the newest first", () => {
    const world = new World(pack());
    world.overlay([edit(3), edit(2), edit(1)], [], 0);
    expect(world.basis("t", 5)).toEqual({ baseRev: 8, after: "e3" });
    world.overlay([edit(2), edit(1, {}, true)], [], 0);
    expect(world.basis("t", null)).toEqual({ baseRev: 2, after: "e2" });
  });

  it("count from the revision the server named, or from a pack that is newer", () => {
    const world = new World(pack());
    world.overlay([edit(2), edit(1, { stage: "photos", verdict: landed(9) })], [], 0);
    expect(world.basis("t", 5)).toEqual({ baseRev: 10, after: "e2" });
    expect(world.basis("t", 11)).toEqual({ baseRev: 12, after: "e2" });
    world.overlay([edit(1, { stage: "photos", verdict: landed(9) })], [], 0);
    expect(world.basis("t", 5)).toEqual({ baseRev: 9 });
  });
});

describe("a pack that says only what changed", () => {
  it("is laid over the one held: changed rows replaced, gone ones taken out", () => {
    const came = pack({
      whole: false,
      sites: [site("b", { state: "occupied" }), { ...site("a"), gone: true }, site("c")],
    });
    expect(merged(pack(), came).sites.map((one) => [one.uuid, one.state])).toEqual([
      ["b", "occupied"],
      ["c", "ready"],
    ]);
  });

  it("keeps the slow parts that were left out, and takes those that came", () => {
    const held = pack({ fixed: "1", streets: [{ name: "rue du Levant", line: [] }] });
    const { town, species, choices, outline, streets, ...came } = pack({ whole: false, fixed: "1" });
    expect(merged(held, came).streets).toEqual(held.streets);
    const anew = { ...came, fixed: "2", town, species, choices, outline, streets };
    expect(merged(held, anew)).toMatchObject({ fixed: "2", streets: [] });
  });

  it("replaces everything when it is whole", () => {
    expect(merged(pack(), pack({ sites: [site("z")] })).sites.map((one) => one.uuid)).toEqual(["z"]);
  });
});
