/** A pin for each garden of the list: how many plots are free there, as a number and by its filling. */
import { find, make } from "../page/elements";
import type { Reader } from "../page/text";
import { placeOf } from "../town/list-tab";

/** Draws the pins, and answers with the box that holds them all. */
export function addPins(
  map: L.Map,
  rows: readonly HTMLElement[],
  reader: Reader,
  chosen: (thing: string) => void,
): L.LatLngBounds {
  const bounds = L.latLngBounds([]);
  for (const row of rows) {
    const place = placeOf(row.dataset.at);
    if (!place) continue;
    bounds.extend([place[0], place[1]]);
    const free = Number(row.dataset.free ?? "0");
    const name = row.querySelector("a")?.textContent ?? "";
    const pin = make("span", { class: free ? "pin free" : "pin" }, reader.number(free));
    L.marker([place[0], place[1]], {
      icon: L.divIcon({ className: "pin-box", html: pin, iconSize: [44, 44] }),
      title: reader.say("freePlots", { name, n: reader.number(free) }),
      // The list beside the map is the keyboard's way: one stop for each garden, not two.
      keyboard: false,
      pane: "marks",
    })
      .on("click", () => {
        find("panel-inside")?.scrollTo({ top: 0 });
        chosen(row.dataset.row ?? "");
      })
      .addTo(map);
  }
  return bounds;
}
