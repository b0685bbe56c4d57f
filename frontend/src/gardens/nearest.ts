/** Nearest first: asks the browser where the reader is, only when they press the button, and tells nobody else. */
import { find, findAll } from "../page/elements";
import type { Reader } from "../page/text";
import { placeOf } from "../town/list-tab";

const EARTH_RADIUS_M = 6_371_000;
const PATIENCE_MS = 15_000;

/** Metres between two places (latitude, longitude), on a sphere: good to half a percent. */
export function metresBetween(
  [latA, lonA]: readonly [number, number],
  [latB, lonB]: readonly [number, number],
): number {
  const rad = Math.PI / 180;
  const half = (degrees: number) => Math.sin((degrees * rad) / 2) ** 2;
  const h = half(latB - latA) + Math.cos(latA * rad) * Math.cos(latB * rad) * half(lonB - lonA);
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(h));
}

/** "350 m from you", "1.2 km from you": no more exact than a phone knows. */
export function sayAway(metres: number, reader: Reader): string {
  return metres < 950
    ? reader.say("awayMetres", { n: reader.number(Math.max(10, Math.round(metres / 10) * 10)) })
    : reader.say("awayKilometres", { n: reader.number(metres / 1000, 1) });
}

/** Writes the distance in each row and puts the nearest first. */
export function sortByDistance(list: HTMLElement, here: readonly [number, number], reader: Reader): void {
  const away = findAll("row", list).map((row) => {
    const place = placeOf(row.dataset.at);
    return { row, metres: place ? metresBetween(here, place) : Number.POSITIVE_INFINITY };
  });
  away.sort((a, b) => a.metres - b.metres);
  for (const { row, metres } of away) {
    const said = find("away", row);
    if (said && Number.isFinite(metres)) {
      said.textContent = ` · ${sayAway(metres, reader)}`;
      said.hidden = false;
    }
    list.append(row);
  }
}

export function bindNearest(reader: Reader): void {
  const list = find("rows");
  const said = find("located");
  find("nearest")?.addEventListener("click", () => {
    if (!list) return;
    const say = (key: string) => {
      if (said) said.textContent = reader.say(key);
    };
    say("locating");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        sortByDistance(list, [coords.latitude, coords.longitude], reader);
        say("located");
      },
      () => say("notLocated"),
      { timeout: PATIENCE_MS, maximumAge: 60_000 },
    );
  });
}
