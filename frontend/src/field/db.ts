/** The phone's database: its schema, and how an older one becomes the present one with nothing lost. */
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from "idb";
import type { Item, Photo, Sent } from "./types";

export interface Draft {
  readonly key: string;
  readonly values: Readonly<Record<string, string>>;
  readonly photos: readonly Blob[];
  readonly at: number;
}

export interface FieldSchema extends DBSchema {
  /** Device, sequence, clock, session: one row a fact. */
  meta: { key: string; value: unknown };
  /** The newest pack, under "pack". */
  pack: { key: string; value: unknown };
  items: { key: string; value: Item };
  photos: { key: string; value: Photo; indexes: { item: string } };
  /** Since 2: what was sent, for the balance; forms half filled in, for a phone that dies. */
  sent: { key: string; value: Sent; indexes: { settled: number } };
  drafts: { key: string; value: Draft };
}

export type FieldDb = IDBPDatabase<FieldSchema>;
type Upgrade = (db: FieldDb, tx: IDBPTransaction<FieldSchema, StoreName[], "versionchange">) => void;
type StoreName = "meta" | "pack" | "items" | "photos" | "sent" | "drafts";

/** Step n makes version n+1. A step that was released is never edited: phones have run it. */
export const STEPS: readonly Upgrade[] = [
  (db) => {
    db.createObjectStore("meta");
    db.createObjectStore("pack");
    db.createObjectStore("items", { keyPath: "uuid" });
    db.createObjectStore("photos", { keyPath: "id" }).createIndex("item", "item");
  },
  (db) => {
    db.createObjectStore("sent", { keyPath: "uuid" }).createIndex("settled", "settled");
    db.createObjectStore("drafts", { keyPath: "key" });
  },
];

export class NoStorage extends Error {}
/** Another tab holds an older version open. */
export class OpenElsewhere extends Error {}

/** Opens the database at `version` (the newest). Raises NoStorage where the browser keeps none (private mode). */
export async function openField(
  name = "greening-field",
  version = STEPS.length,
  newerWanted: () => void = () => {},
): Promise<FieldDb> {
  if (typeof indexedDB === "undefined" || !indexedDB) throw new NoStorage("no IndexedDB");
  try {
    const db = await openDB<FieldSchema>(name, version, {
      upgrade(db, from, to, tx) {
        for (const step of STEPS.slice(from, to ?? STEPS.length)) step(db, tx as never);
      },
      // A newer version of the app wants to upgrade: let it, and say so.
      blocking(_from, _to, event) {
        (event.target as IDBDatabase).close();
        newerWanted();
      },
    });
    // Some private modes open a database and then refuse to write into it.
    await db.put("meta", Date.now(), "opened");
    return db;
  } catch (error) {
    if (error instanceof DOMException && error.name === "VersionError")
      throw new OpenElsewhere(error.message);
    throw new NoStorage(String(error));
  }
}
