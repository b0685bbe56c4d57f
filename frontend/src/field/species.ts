/** Finding a species as a gloved thumb writes it: accents, order, missing letters and slips allowed. */
import type { SpeciesRow } from "./types";

export interface Found {
  readonly row: SpeciesRow;
  readonly score: number;
}

interface Entry {
  readonly row: SpeciesRow;
  readonly names: readonly string[];
  readonly words: readonly string[];
}

export function plain(text: string): string {
  return text
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ")
    .trim();
}

export class SpeciesFinder {
  private readonly entries: readonly Entry[];

  constructor(rows: readonly SpeciesRow[]) {
    this.entries = rows.map((row) => {
      const names = [row.name, row.fr, row.en].map(plain).filter(Boolean);
      return { row, names, words: [...new Set(names.flatMap((name) => name.split(" ")))] };
    });
  }

  /** The best matches, best first; for an empty query those in `favourites`, in their order. */
  find(query: string, limit = 8, favourites: readonly string[] = []): Found[] {
    const asked = plain(query).split(" ").filter(Boolean);
    if (asked.length === 0) {
      const known = new Map(this.entries.map((entry) => [entry.row.uuid, entry.row]));
      return favourites
        .flatMap((uuid) => known.get(uuid) ?? [])
        .slice(0, limit)
        .map((row) => ({ row, score: 0 }));
    }
    const found: Found[] = [];
    for (const { row, names, words } of this.entries) {
      let score = 0;
      for (const part of asked) {
        const best = Math.max(0, ...words.map((word) => likeness(part, word)));
        if (best === 0) {
          score = 0;
          break;
        }
        score += best;
      }
      if (score === 0) continue;
      const whole = asked.join(" ");
      const starts = names.some((name) => name.startsWith(whole)) ? 0.5 : 0;
      const usual = favourites.includes(row.uuid) ? 0.25 : 0;
      // Among equals the shorter name is the plain species, not its cultivar.
      found.push({ row, score: score / asked.length + starts + usual - row.name.length / 1000 });
    }
    return found.sort((a, b) => b.score - a.score).slice(0, limit);
  }
}

/** 1 the word, 0.9 its beginning, 0.6 inside it, less with slips, 0 something else. */
export function likeness(part: string, word: string): number {
  if (part === word) return 1;
  if (word.startsWith(part)) return 0.9;
  if (part.length >= 3 && word.includes(part)) return 0.6;
  if (part.length < 4) return 0;
  const slips = part.length < 7 ? 1 : 2;
  // A slip in what is typed so far: compare with the beginning of the word as well.
  const off = Math.min(distance(part, word, slips), distance(part, word.slice(0, part.length), slips));
  return off <= slips ? 0.7 - 0.2 * off : 0;
}

/** Damerau–Levenshtein (adjacent swaps count one), given up beyond `most`. */
export function distance(one: string, other: string, most: number): number {
  if (Math.abs(one.length - other.length) > most) return most + 1;
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    if (Math.min(...row) > most) return most + 1;
    before = last;
    last = row;
  }
  return last[other.length] ?? most + 1;
}
