/** The pack made ready to ask, with what this phone has captured since laid over it. */
import { outcomeOf } from "./store";
import { Streets } from "./streets";
import type { CamePack, Item, Pack, Sent, SiteRow, SpeciesRow, TaskRow, TreeRow } from "./types";

export const LIVING = new Set(["planted", "establishing", "established", "mature", "senescent"]);
/** A tree may be planted there, a lead's reason aside. */
export const PLANTABLE = new Set(["ready"]);
/** A lead may plant there all the same, with a reason; a crew may log what it did, and a person decides. */
export const PERHAPS_PLANTABLE = new Set(["ready", "scheduled", "approved", "vacant", "occupied"]);
export const OPEN_TASK = new Set(["planned", "assigned", "started"]);

/** A capture of this phone as lists show it: still here, or already settled. */
export interface Trace {
  readonly uuid: string;
  readonly action: Item["action"];
  readonly captured: number;
  readonly landed: boolean;
}

export class World {
  readonly sites = new Map<string, SiteRow>();
  readonly trees = new Map<string, TreeRow>();
  readonly species = new Map<string, SpeciesRow>();
  private readonly treesAt = new Map<string, TreeRow[]>();
  private readonly tasksOf = new Map<string, TaskRow[]>();
  private traces = new Map<string, Trace[]>();
  private doneTasks = new Set<string>();
  private pendingOn = new Map<string, Item[]>();
  private readonly names = new Map<string, string>();
  private readonly streets: Streets;

  constructor(readonly pack: Pack | null) {
    this.streets = new Streets(pack?.streets ?? []);
    for (const row of pack?.species ?? []) this.species.set(row.uuid, row);
    for (const site of pack?.sites ?? []) this.sites.set(site.uuid, site);
    for (const tree of pack?.trees ?? []) {
      this.trees.set(tree.uuid, tree);
      append(this.treesAt, tree.site, tree);
    }
    for (const task of pack?.tasks ?? []) append(this.tasksOf, task.tree, task);
  }

  /** What was captured here and is not in the pack yet. */
  overlay(items: readonly Item[], sent: readonly Sent[], packAt: number): void {
    this.traces = new Map();
    this.doneTasks = new Set();
    this.pendingOn = new Map();
    // In the order of capture, whatever order a screen lists them in: the last one is what the next builds on.
    for (const item of [...items].sort((a, b) => a.event.sequence - b.event.sequence)) {
      const outcome = outcomeOf(item);
      if (outcome === "rejected" && item.verdict) continue;
      append(this.pendingOn, item.event.object_uuid, item);
      if (item.event.kind === "care_task" && !item.event.create) this.doneTasks.add(item.event.object_uuid);
      if (item.site) append(this.traces, item.site, { ...trace(item), landed: outcome !== "waiting" });
    }
    for (const row of sent) {
      if (row.settled < packAt || row.status === "rejected" || !row.site) continue;
      append(this.traces, row.site, { ...trace(row), landed: true });
    }
  }

  tracesAt(site: string): readonly Trace[] {
    return this.traces.get(site) ?? [];
  }

  isDone(task: string): boolean {
    return this.doneTasks.has(task);
  }

  treesOf(site: string): readonly TreeRow[] {
    return this.treesAt.get(site) ?? [];
  }

  /** The tree that lives there. */
  treeAt(site: string): TreeRow | null {
    return this.treesOf(site).find((tree) => LIVING.has(tree.state)) ?? null;
  }

  /** A tree at the nursery that waits for this site. */
  reservedAt(site: string): TreeRow | null {
    return this.treesOf(site).find((tree) => tree.state === "reserved") ?? null;
  }

  openTasks(tree: string): readonly TaskRow[] {
    return (this.tasksOf.get(tree) ?? []).filter(
      (task) => OPEN_TASK.has(task.state) && !this.isDone(task.uuid),
    );
  }

  allTasks(tree: string): readonly TaskRow[] {
    return this.tasksOf.get(tree) ?? [];
  }

  get tasks(): readonly TaskRow[] {
    return this.pack?.tasks ?? [];
  }

  /** The revision the next change of an object builds on, and the capture it must follow. */
  basis(object: string, packed: number | null): { baseRev: number | null; after?: string } {
    const pending = this.pendingOn.get(object) ?? [];
    if (!pending.length) return { baseRev: packed };
    let rev = packed ?? 0;
    for (const item of pending) {
      // An answered one says what it came to, a pack that is newer says more; each of the others will add one.
      if (item.verdict?.rev) rev = Math.max(rev, item.verdict.rev);
      else if (outcomeOf(item) === "waiting") rev = item.event.create ? Math.max(rev, 1) : rev + 1;
    }
    const last = pending.findLast((item) => outcomeOf(item) === "waiting");
    return last ? { baseRev: rev, after: last.uuid } : { baseRev: rev };
  }

  /** The sites where a tree can be planted today and none was yet, by street. */
  get toPlant(): SiteRow[] {
    return [...this.sites.values()]
      .filter(
        (site) =>
          PLANTABLE.has(site.state) && !this.tracesAt(site.uuid).some((one) => one.action === "plant"),
      )
      .sort((a, b) => this.nameOf(a).localeCompare(this.nameOf(b)));
  }

  /** Address or street, then the number on the list; where the inventory names no street, the nearest one. */
  nameOf(site: SiteRow): string {
    let name = this.names.get(site.uuid);
    if (name === undefined) {
      const number = site.matricule || `#${site.id}`;
      const street = site.address || site.street || this.streets.nearest(site);
      name = street ? `${street}, ${number}` : number;
      this.names.set(site.uuid, name);
    }
    return name;
  }

  speciesName(uuid: string | null, language: string): string {
    const row = uuid ? this.species.get(uuid) : undefined;
    if (!row) return "";
    return (language.startsWith("fr") ? row.fr : row.en) || row.name;
  }

  label(choice: string, value: string): string {
    return this.pack?.choices[choice]?.find(([known]) => known === value)?.[1] ?? value;
  }
}

/** An incremental pack laid over the one held. */
export function merged(held: Pack | undefined, came: CamePack): Pack {
  // What answers a question without an earlier pack is whole, and lacks nothing.
  if (!held || came.whole) return came as Pack;
  return {
    ...held,
    ...came,
    whole: true,
    sites: over(held.sites, came.sites),
    trees: over(held.trees, came.trees),
    tasks: over(held.tasks, came.tasks),
  };
}

function over<T extends { readonly uuid: string; readonly gone?: boolean }>(
  held: readonly T[],
  came: readonly T[],
): T[] {
  const rows = new Map(held.map((row) => [row.uuid, row]));
  for (const row of came) {
    if (row.gone) rows.delete(row.uuid);
    else rows.set(row.uuid, row);
  }
  return [...rows.values()];
}

function trace(row: Pick<Trace, "uuid" | "action" | "captured">): Omit<Trace, "landed"> {
  return { uuid: row.uuid, action: row.action, captured: row.captured };
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
