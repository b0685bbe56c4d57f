/** The public map: layers, heat, list and cards, held together by the address bar. */
import { find, findAll } from "../page/elements";
import { type MapSettings, readSettings } from "../page/settings";
import { Reader } from "../page/text";
import { AddressBar } from "../town/address-bar";
import { Card } from "../town/card";
import { Heat } from "../town/heat";
import { keepView } from "../town/keep-view";
import { ListTab } from "../town/list-tab";
import { Sheet } from "../town/sheet";
import { TownMap } from "../town/town-map";
import { bindTabs } from "./tabs";

/** The first view: the town's heat under its trees. */
const FIRST_HEAT = { layer: "anomaly", opacity: 65 };

function start(settings: MapSettings, element: HTMLElement): void {
  const reader = new Reader(settings.language, settings.texts);
  const town = new TownMap(settings, reader, element);
  const bar = new AddressBar(town.map);
  const sheet = new Sheet(reader);
  keepView();

  const heat = settings.heat
    ? new Heat(
        town.map,
        settings.heat,
        reader,
        {
          layer: bar.current.heat ?? FIRST_HEAT.layer,
          opacity: bar.current.opacity ?? FIRST_HEAT.opacity,
        },
        ({ layer, opacity }) => bar.update({ heat: layer, opacity, slug: settings.heat?.slug ?? null }),
      )
    : null;

  if (!bar.current.view) town.fit();

  const switches = findAll<HTMLInputElement>("layer");
  const showLayers = (names: readonly string[]) => {
    for (const box of switches) {
      const name = box.dataset.layer ?? "";
      box.checked = names.includes(name);
      town.show(name, box.checked);
    }
  };
  if (bar.current.layers) showLayers(bar.current.layers);
  for (const box of switches) {
    box.addEventListener("change", () => {
      town.show(box.dataset.layer ?? "", box.checked);
      bar.update({ layers: town.visible });
    });
  }

  const card = new Card(town, sheet, settings.listUrl, reader, (thing) => {
    bar.update({ on: thing });
    list?.lit(thing);
  });

  const listBox = find("list");
  const statesOf = (layer: string, names: readonly string[]): ReadonlySet<string> => {
    const groups = settings.layers.find((known) => known.name === layer)?.groups ?? [];
    return new Set(names.flatMap((name) => groups.find((group) => group.name === name)?.states ?? [name]));
  };
  const list = listBox
    ? new ListTab(listBox, settings.listUrl, reader, {
        open: (thing) => void card.open(thing, true),
        point: (place) => town.light(place ? [place[0], place[1]] : null),
        filtered: (layer, names) => {
          town.filter(names.length ? new Map([[layer, statesOf(layer, names)]]) : new Map());
          const box = switches.find((known) => known.dataset.layer === layer);
          if (box && !box.checked) {
            box.checked = true;
            town.show(layer, true);
          }
        },
      })
    : null;
  const tabs = bindTabs((name) => {
    if (name === "list" && list && !list.isLoaded) void list.load("layer=trees");
  });
  for (const link of findAll<HTMLAnchorElement>("list-query", find("panel-main") ?? document)) {
    if (listBox?.contains(link)) continue;
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || !list) return;
      event.preventDefault();
      sheet.reveal();
      tabs.choose("list");
      void list.load(link.dataset.listQuery ?? "");
    });
  }

  town.map.on("click", (event: L.LeafletMouseEvent) => {
    const hit = town.thingAt(event.latlng);
    if (hit?.feature.id !== undefined) {
      town.map.closePopup();
      void card.open(`${hit.layer}/${hit.feature.id}`, false);
      if (!heat?.shows.layer || hit.feature.kind === "point") return;
    } else if (hit) {
      town.map.setView(event.latlng, town.map.getZoom() + 2);
      return;
    }
    if (heat?.shows.layer) {
      const popup = L.popup({ maxWidth: 300 }).setLatLng(event.latlng).setContent(reader.say("loading"));
      if (!hit) popup.openOn(town.map);
      if (!hit) void heat.at(event.latlng).then((said) => popup.setContent(said));
    }
  });
  town.map.on("mousemove", (event: L.LeafletMouseEvent) => {
    element.classList.toggle("over-thing", town.thingAt(event.latlng) !== null);
  });

  if (bar.current.on) void card.open(bar.current.on, bar.current.view === null);
  bar.onEntered((address) => {
    if (address.layers) showLayers(address.layers);
    if (heat && address.heat !== null) heat.set({ layer: address.heat });
    if (address.on) void card.open(address.on, address.view === null);
  });
  element.dataset.ready = "true";
}

const element = document.getElementById("map");
if (element) start(readSettings(), element);
