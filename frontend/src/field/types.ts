/** What the phone and the server say to each other (greening/field/README.md), and what the phone keeps. */

export interface FieldPosition {
  readonly lon: number;
  readonly lat: number;
  readonly accuracy_m: number;
  readonly samples: number;
}

export type Patch = Readonly<Record<string, unknown>>;

export interface FieldEvent {
  readonly uuid: string;
  readonly kind: string;
  readonly object_uuid: string;
  readonly create: boolean;
  readonly base_rev: number | null;
  readonly patch: Patch;
  readonly device_time: string;
  readonly sequence: number;
  readonly after?: string;
  readonly position?: FieldPosition;
  readonly photos: readonly string[];
  /** A lead's reason to pass a guard. */
  readonly override?: string;
}

export type Status = "applied" | "duplicate" | "merged" | "conflict" | "rejected" | "waiting";

export interface Verdict {
  readonly uuid: string;
  readonly status: Status;
  readonly code: string;
  readonly message: string;
  readonly rev: number | null;
  readonly object_id: number | null;
  readonly warnings: readonly string[];
  readonly waiting_for: string | null;
  /** Of a duplicate: what became of it when it first came. */
  readonly first?: Status | null;
}

/** Where a capture stands on its way to the server. */
export type Stage =
  | "saved" // on the phone; its position may still be refined, its photos are not hashed yet
  | "ready" // complete; waits to be sent
  | "photos" // the server has answered; photos still lack their receipt
  | "settled"; // answered and every photo received; goes as soon as nobody needs to see it

export interface Item {
  readonly uuid: string;
  readonly stage: Stage;
  readonly event: FieldEvent;
  /** What the crew did, as a key of the texts, and where, in words. */
  readonly action: Action;
  readonly place: string;
  readonly site: string | null;
  /** The phone's own clock at the capture, ms since 1970. */
  readonly captured: number;
  /** Until then the position may still get better (phone's clock). */
  readonly refineUntil: number;
  readonly photos: readonly string[];
  /** Whether it may have reached the server: from then on not a letter of it changes. */
  readonly sent: boolean;
  readonly attempts: number;
  readonly nextAt: number;
  readonly problem: string;
  readonly verdict: Verdict | null;
  readonly acknowledged: boolean;
  /** A danger for people: said aloud until the server has taken it, or its people have it as a conflict. */
  readonly danger?: boolean;
}

export type Action = "plant" | "water" | "not_watered" | "check" | "problem" | "propose" | "task";

export interface Photo {
  readonly id: string;
  readonly item: string;
  readonly blob: Blob;
  readonly type: string;
  readonly sha256: string | null;
  /** Whether an upload was begun, so that the next attempt asks how far it came. */
  readonly begun: boolean;
  readonly received: boolean;
  /** The server's sentence, where it will never take this photo. */
  readonly refused: string;
}

/** What stays of a capture once it is settled: small, and kept for the daily balance. */
export interface Sent {
  readonly uuid: string;
  readonly sequence: number;
  readonly action: Action;
  readonly place: string;
  readonly site: string | null;
  readonly captured: number;
  readonly settled: number;
  readonly status: Status;
  readonly message: string;
  readonly photos: number;
}

export interface SiteRow {
  readonly uuid: string;
  readonly id: number;
  readonly rev: number;
  readonly state: string;
  readonly lon: number;
  readonly lat: number;
  readonly matricule: string;
  readonly street: string | null;
  readonly address?: string;
  readonly kind: string;
  readonly target_species: string | null;
  readonly tree: string | null;
  readonly gone?: boolean;
}

export interface TreeRow {
  readonly uuid: string;
  readonly id: number;
  readonly rev: number;
  readonly state: string;
  readonly site: string;
  readonly species: string | null;
  readonly planted_on: string | null;
  readonly girth_m: number | null;
  readonly height_m: number | null;
  readonly lot: string;
  readonly nursery: string;
  readonly size_class: string;
  readonly under_watch: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly gone?: boolean;
}

export interface TaskRow {
  readonly uuid: string;
  readonly rev: number;
  readonly tree: string;
  readonly action: string;
  readonly state: string;
  readonly due_from: string;
  readonly due_until: string;
  readonly litres: number | null;
  readonly round: string | null;
  readonly stop: number | null;
  readonly gone?: boolean;
}

export interface StopRow {
  readonly task: string;
  readonly stop: number | null;
  readonly site: string;
  readonly tree: string;
  readonly action: string;
  readonly litres: number | null;
  readonly state: string;
}

export interface RoundRow {
  readonly uuid: string;
  readonly name: string;
  readonly day: string;
  readonly state: string;
  readonly stops: readonly StopRow[];
}

export interface SpeciesRow {
  readonly uuid: string;
  readonly name: string;
  readonly fr: string;
  readonly en: string;
}

/** By kind and field: value and label, in the language of the request. */
export type Choices = Readonly<Record<string, readonly (readonly [string, string])[]>>;

export interface Pack {
  readonly as_of: string;
  readonly etag: string;
  /** Names the slow parts; packs of an older server have none. */
  readonly fixed?: string;
  readonly scope: string;
  /** Whether it holds everything, or only what changed since the pack that was named. */
  readonly whole: boolean;
  readonly town: { readonly name: string };
  readonly crew: { readonly uuid: string; readonly name: string } | null;
  readonly rounds: readonly RoundRow[];
  readonly sites: readonly SiteRow[];
  readonly trees: readonly TreeRow[];
  readonly tasks: readonly TaskRow[];
  readonly species: readonly SpeciesRow[];
  readonly choices: Choices;
  readonly outline: GeoJSON.Polygon | GeoJSON.MultiPolygon | null;
  readonly streets: readonly {
    readonly name: string;
    readonly line: readonly (readonly [number, number])[];
  }[];
}

type SlowPart = "town" | "species" | "choices" | "outline" | "streets";

/** A pack as it arrives: laid over an earlier one it may leave out what has not changed for weeks. */
export type CamePack = Omit<Pack, SlowPart> & Partial<Pick<Pack, SlowPart>>;

export interface Session {
  readonly user: {
    readonly name: string;
    readonly roles: readonly string[];
    readonly rights: Readonly<Record<string, readonly string[]>>;
  };
  readonly crews: readonly { readonly uuid: string; readonly name: string }[];
  readonly csrf: string;
  readonly device: { readonly uuid: string; readonly name: string; readonly revoked: boolean } | null;
  readonly server_time: string;
}

export interface Balance {
  readonly device: string;
  readonly events: Readonly<
    Record<"total" | "applied" | "merged" | "rejected" | "conflict" | "waiting", number>
  >;
  readonly sequences: {
    readonly highest: number;
    readonly received: number;
    readonly missing: readonly number[];
  };
  readonly photos: {
    readonly announced: number;
    readonly received: number;
    readonly refused: number;
    readonly missing: readonly string[];
  };
  readonly as_of: string;
}
