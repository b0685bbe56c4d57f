/** The view in the address bar: `#15.5/48.8235/2.27&layers=trees,roofs&heat=anomaly&opacity=70&on=trees/12`. */

export interface View {
  readonly zoom: number;
  readonly lat: number;
  readonly lon: number;
}

export interface Address {
  readonly view: View | null;
  /** Layers shown, or null where the reader has not chosen. */
  readonly layers: readonly string[] | null;
  /** The heat layer shown; "" for none; null where the reader has not chosen. */
  readonly heat: string | null;
  /** Which series of heat maps the address speaks of. */
  readonly slug: string | null;
  readonly opacity: number | null;
  /** The thing selected, as layer/number. */
  readonly on: string | null;
}

export const NOWHERE: Address = { view: null, layers: null, heat: null, slug: null, opacity: null, on: null };

export function readAddress(hash: string): Address {
  const [place = "", ...rest] = hash.replace(/^#/, "").split("&");
  const values = new Map<string, string>();
  for (const part of rest) {
    const at = part.indexOf("=");
    if (at > 0) values.set(part.slice(0, at), safelyDecoded(part.slice(at + 1)));
  }
  const opacity = Number(values.get("opacity"));
  const on = values.get("on") ?? "";
  return {
    view: readView(place),
    layers: values.has("layers") ? (values.get("layers") ?? "").split(",").filter(Boolean) : null,
    heat: values.get("heat") ?? null,
    slug: values.get("map") ?? null,
    opacity: values.has("opacity") && opacity >= 0 && opacity <= 100 ? opacity : null,
    on: /^[a-z_]+\/\d+$/.test(on) ? on : null,
  };
}

export function writeAddress(address: Address): string {
  const { view } = address;
  const parts = [view ? `${round(view.zoom, 2)}/${round(view.lat, 5)}/${round(view.lon, 5)}` : ""];
  if (address.layers) parts.push(`layers=${address.layers.join(",")}`);
  if (address.heat !== null) parts.push(`heat=${encodeURIComponent(address.heat)}`);
  if (address.slug) parts.push(`map=${encodeURIComponent(address.slug)}`);
  if (address.opacity !== null) parts.push(`opacity=${address.opacity}`);
  if (address.on) parts.push(`on=${address.on}`);
  return `#${parts.join("&")}`;
}

function readView(place: string): View | null {
  const numbers = place.split("/").map(Number);
  const [zoom, lat, lon] = numbers;
  if (numbers.length !== 3 || place.split("/").includes("")) return null;
  if (
    zoom === undefined ||
    lat === undefined ||
    lon === undefined ||
    numbers.some((n) => !Number.isFinite(n))
  )
    return null;
  if (zoom < 0 || zoom > 22 || Math.abs(lat) > 85.06 || Math.abs(lon) > 180) return null;
  return { zoom, lat, lon };
}

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
