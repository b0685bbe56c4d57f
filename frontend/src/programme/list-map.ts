/** The map of a list: exactly its rows, with the panel's rows lit by pointing and opened by clicking. */
import { find, findAll } from "../page/elements";
import { type MapSettings, readSettings } from "../page/settings";
import { Reader } from "../page/text";
import { CanvasLayer } from "../tiles/canvas-layer";
import { objectPainter } from "../tiles/painters";
import { AddressBar } from "../town/address-bar";
import { Card } from "../town/card";
import { keepView } from "../town/keep-view";
import { placeOf } from "../town/list-tab";
import { Sheet } from "../town/sheet";
import { TownMap } from "../town/town-map";
import { bindCleanForms } from "./clean-form";
import { RowStore } from "./row-store";

interface RowsSettings {
  readonly places: string;
  readonly total: number;
  readonly most: number;
  readonly states: readonly string[];
  /** Vector tiles with a filter by state show these very rows. */
  readonly tiles: boolean;
}

interface Places extends GeoJSON.FeatureCollection {
  readonly total: number;
  readonly here: number;
  readonly drawn: number;
}

function start(settings: MapSettings & { readonly rows: RowsSettings }, element: HTMLElement): void {
  const reader = new Reader(settings.language, settings.texts);
  const { rows } = settings;
  const [layer] = settings.layers;
  if (!layer) return;
  const town = new TownMap(settings, reader, element, rows.tiles ? [{ ...layer, shown: true }] : []);
  const bar = new AddressBar(town.map);
  const sheet = new Sheet(reader);
  keepView();
  const said = find("drawn");
  const say = (key: string, told: Partial<Places>) => {
    const numbers = Object.fromEntries(
      Object.entries({
        n: told.drawn ?? 0,
        drawn: told.drawn ?? 0,
        here: told.here ?? 0,
        total: rows.total,
      }).map(([name, value]) => [name, reader.number(value)]),
    );
    if (said) said.textContent = reader.say(key, numbers);
  };

  const every = { ...layer, minZoom: 0, shown: true };
  const store = new RowStore(layer.name);
  const canvas = rows.tiles ? null : drawRows(town, every, store, settings.tileMaxZoom, rows.states);
  const card = new Card(town, sheet, settings.listUrl, reader, (thing) => {
    bar.update({ on: thing });
    for (const row of findAll("row")) row.classList.toggle("lit", row.dataset.row === thing);
  });

  let asking: AbortController | null = null;
  const load = async (whole: boolean): Promise<void> => {
    asking?.abort();
    asking = new AbortController();
    const view = town.map.getBounds();
    const within = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()].map((n) =>
      n.toFixed(6),
    );
    const url = whole ? rows.places : `${rows.places}&within=${within.join(",")}`;
    try {
      const answer = await fetch(url, { signal: asking.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const places = (await answer.json()) as Places;
      store.fill(places.features);
      canvas?.layer.redraw();
      if (whole) {
        say("drawnAll", places);
        if (!bar.current.view) fitTo(town, places);
      } else say(places.drawn < places.here ? "drawnPart" : "drawnView", places);
      element.dataset.drawn = String(places.drawn);
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      if (said) said.textContent = reader.say("failed");
    }
  };
  if (rows.tiles) {
    town.filter(rows.states.length ? new Map([[layer.name, new Set(rows.states)]]) : new Map());
    say("drawnTiles", {});
  } else if (rows.total <= rows.most) void load(true);
  else {
    void load(false);
    town.map.on("moveend", () => void load(false));
  }

  town.map.on("click", (event: L.LeafletMouseEvent) => {
    const hit = canvas ? canvas.at(event.latlng, reach()) : town.thingAt(event.latlng);
    if (hit?.feature.id !== undefined) void card.open(`${layer.name}/${hit.feature.id}`, false);
    else if (hit) town.map.setView(event.latlng, town.map.getZoom() + 2);
  });
  for (const [kind, on] of [
    ["mouseover", true],
    ["mouseout", false],
    ["focusin", true],
    ["focusout", false],
  ] as const) {
    document.addEventListener(kind, (event) => {
      const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-row]") : null;
      const place = row && on ? placeOf(row.dataset.at) : null;
      town.light(place ? [place[0], place[1]] : null);
    });
  }
  // A row of another kind than the map's (a care task) has a page of its own, which says more than its tree's card.
  for (const link of findAll<HTMLAnchorElement>("open")) {
    if (!link.pathname.includes(`/${layer.name}/`)) continue;
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      void card.open(link.dataset.open ?? "", true);
    });
  }
  if (bar.current.on) void card.open(bar.current.on, bar.current.view === null);
  element.dataset.ready = "true";
}

function drawRows(
  town: TownMap,
  layer: MapSettings["layers"][number],
  store: RowStore,
  tileMaxZoom: number,
  states: readonly string[],
): CanvasLayer {
  // Every row is drawn, those too whose state the town's map leaves out: the filter names all states of the layer.
  const shown = new Set([...layer.groups.flatMap((group) => group.states), ...states]);
  return new CanvasLayer(town.map, {
    sources: [layer],
    paint: objectPainter(town.tokens, () => new Map([[layer.name, shown]])),
    pane: "objects",
    store,
    tileMaxZoom,
    visible: () => new Set([layer.name]),
  });
}

function fitTo(town: TownMap, places: Places): void {
  const bounds = L.geoJSON(places).getBounds();
  if (bounds.isValid()) town.map.fitBounds(bounds.pad(0.1), { maxZoom: 18, animate: false });
}

function reach(): number {
  return window.matchMedia("(pointer: coarse)").matches ? 22 : 10;
}

bindCleanForms();
const element = document.getElementById("map");
if (element) start(readSettings() as MapSettings & { rows: RowsSettings }, element);
