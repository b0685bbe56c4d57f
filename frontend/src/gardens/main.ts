/** Maps of residents' pages: the gardens with their list, or one place; the nearest garden first, if the reader asks. */
import { find, findAll } from "../page/elements";
import { type MapSettings, readSettings } from "../page/settings";
import { Reader } from "../page/text";
import { keepView } from "../town/keep-view";
import { placeOf } from "../town/list-tab";
import { Sheet } from "../town/sheet";
import { TownMap } from "../town/town-map";
import { bindNearest } from "./nearest";
import { addPins } from "./pins";

interface PlaceSettings extends MapSettings {
  /** A garden, a plot or a tree: the map starts there and outlines it. */
  readonly place?: GeoJSON.Geometry;
}

function start(settings: PlaceSettings, element: HTMLElement): void {
  const reader = new Reader(settings.language, settings.texts);
  const town = new TownMap(settings, reader, element);
  new Sheet(reader);
  keepView();
  if (settings.place) {
    town.select(settings.place);
    const bounds = L.geoJSON(settings.place).getBounds();
    town.map.fitBounds(bounds.pad(0.15), { maxZoom: 19, animate: false });
  } else town.fit();

  const rows = findAll("row");
  const choose = (thing: string): void => {
    for (const row of rows) {
      const chosen = row.dataset.row === thing;
      row.classList.toggle("lit", chosen);
      if (!chosen) continue;
      row.scrollIntoView({ block: "center" });
      // A garden's row has its link, a plot's row none: the row itself then takes the focus.
      (row.querySelector("a") ?? row).focus({ preventScroll: true });
    }
  };
  if (find("rows")?.querySelector("[data-free]")) {
    const pins = addPins(town.map, rows, reader, choose);
    // Once all gardens are in view, pins say more than the town's edges.
    if (!settings.place && pins.isValid())
      town.map.fitBounds(pins, {
        maxZoom: 17,
        animate: false,
        paddingTopLeft: [32, 32],
        paddingBottomRight: [32, 32 + town.covered],
      });
  }
  for (const row of rows) {
    const light = (on: boolean) => () => {
      const place = on ? placeOf(row.dataset.at) : null;
      town.light(place ? [place[0], place[1]] : null);
    };
    row.addEventListener("mouseenter", light(true));
    row.addEventListener("mouseleave", light(false));
    row.addEventListener("focusin", light(true));
    row.addEventListener("focusout", light(false));
  }
  town.map.on("click", (event: L.LeafletMouseEvent) => {
    const hit = town.thingAt(event.latlng);
    if (hit?.feature.id !== undefined) choose(`${hit.layer}/${hit.feature.id}`);
  });
  bindNearest(reader);
  element.dataset.ready = "true";
}

const element = document.getElementById("map");
if (element) start(readSettings() as PlaceSettings, element);
