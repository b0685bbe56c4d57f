/** The place of a report: a tree or a point tapped on the town's map, or the phone's position when it is asked for. */
import { find } from "../page/elements";
import { type MapSettings, readSettings, type TownSettings } from "../page/settings";
import { Reader } from "../page/text";
import { placeOf } from "../town/list-tab";
import { TownMap } from "../town/town-map";
import { isWithin } from "./within";

const NEAR_ZOOM = 18;

/** The hidden fields that the form sends; one of tree and point is filled, never both. */
function field(name: string): HTMLInputElement | null {
  return document.querySelector<HTMLInputElement>(`input[name="${name}"]`);
}

function put(name: string, value: string): void {
  const input = field(name);
  if (input) input.value = value;
}

class Place {
  private readonly town: TownMap;
  private readonly said = find("place-said");

  constructor(
    private readonly settings: MapSettings,
    private readonly reader: Reader,
    element: HTMLElement,
  ) {
    this.town = new TownMap(settings, reader, element);
    this.town.map.on("click", (event: L.LeafletMouseEvent) => this.tapped(event.latlng));
    find("here")?.addEventListener("click", () => this.locate());
    const lon = Number(field("lon")?.value || Number.NaN);
    const lat = Number(field("lat")?.value || Number.NaN);
    const tree = placeOf(element.dataset.place);
    if (tree) {
      this.town.select({ type: "Point", coordinates: [tree[1], tree[0]] });
      this.town.map.setView([tree[0], tree[1]], NEAR_ZOOM, { animate: false });
    } else if (Number.isFinite(lon) && Number.isFinite(lat)) this.mark(L.latLng(lat, lon), true);
    element.dataset.ready = "true";
  }

  private tapped(at: L.LatLng): void {
    const hit = this.town.thingAt(at);
    if (hit?.feature.id !== undefined) {
      put("tree", String(hit.feature.id));
      put("lon", "");
      put("lat", "");
      this.town.select({ type: "Point", coordinates: [at.lng, at.lat] });
      this.say("placeTree", { n: this.reader.number(hit.feature.id) });
    } else if (hit) {
      this.town.map.setView(at, this.town.map.getZoom() + 2);
    } else this.mark(at, false);
  }

  private mark(at: L.LatLng, go: boolean): void {
    const { town } = this.settings;
    if (town && !inTown(town, at)) {
      this.say("placeOutside");
      return;
    }
    put("tree", "");
    put("lon", at.lng.toFixed(6));
    put("lat", at.lat.toFixed(6));
    this.town.select({ type: "Point", coordinates: [at.lng, at.lat] });
    if (go) this.town.map.setView(at, NEAR_ZOOM, { animate: false });
    this.say("placePoint");
  }

  /** Only when asked, once, and never followed. */
  private locate(): void {
    this.say("placeSearching");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => this.mark(L.latLng(coords.latitude, coords.longitude), true),
      () => this.say("placeUnknown"),
      { enableHighAccuracy: true, timeout: 20_000, maximumAge: 30_000 },
    );
  }

  private say(key: string, facts: Readonly<Record<string, string>> = {}): void {
    if (this.said) this.said.textContent = this.reader.say(key, facts);
  }
}

function inTown(town: TownSettings, at: L.LatLng): boolean {
  return isWithin(town.outline, at.lng, at.lat);
}

const element = find("place");
if (element) {
  const settings = readSettings();
  new Place(settings, new Reader(settings.language, settings.texts), element);
}
