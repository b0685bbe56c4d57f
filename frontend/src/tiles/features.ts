/** Vector tiles as plain arrays, fetched once and kept while they may be drawn again. */
import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";

export type Properties = Readonly<Record<string, string | number | boolean>>;

export interface Feature {
  readonly id: number | undefined;
  readonly kind: "point" | "line" | "area";
  readonly properties: Properties;
  /** Flat x, y pairs per part or ring, in shares of the tile's side (0 to 1, a little beyond on the edges). */
  readonly parts: readonly Float32Array[];
}

const KINDS = { 1: "point", 2: "line", 3: "area" } as const;

/** A tile's features by layer. */
export type Layers = ReadonlyMap<string, readonly Feature[]>;

export function decode(bytes: Uint8Array): Layers {
  const layers = new Map<string, readonly Feature[]>();
  if (bytes.length === 0) return layers;
  for (const [name, layer] of Object.entries(new VectorTile(new PbfReader(bytes)).layers)) {
    const features: Feature[] = [];
    for (let index = 0; index < layer.length; index++) {
      const feature = layer.feature(index);
      if (feature.type === 0) continue;
      features.push({
        id: feature.id,
        kind: KINDS[feature.type],
        properties: feature.properties,
        parts: feature.loadGeometry().map((ring) => {
          const flat = new Float32Array(ring.length * 2);
          ring.forEach((point, at) => {
            flat[2 * at] = point.x / layer.extent;
            flat[2 * at + 1] = point.y / layer.extent;
          });
          return flat;
        }),
      });
    }
    layers.set(name, features);
  }
  return layers;
}

const KEPT = 200;

/** Tiles by address: a promise is kept, so that two askers share one request; a failed one is asked again. */
export class TileStore {
  private readonly kept = new Map<string, Promise<Layers>>();

  constructor(private readonly template: string) {}

  get(layers: readonly string[], z: number, x: number, y: number): Promise<Layers> {
    const url = addressOf(this.template, layers, z, x, y);
    const known = this.kept.get(url);
    if (known) {
      this.kept.delete(url);
      this.kept.set(url, known);
      return known;
    }
    const asked = fetchTile(url).catch((error: unknown) => {
      this.kept.delete(url);
      throw error;
    });
    this.kept.set(url, asked);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break;
      this.kept.delete(oldest);
    }
    return asked;
  }
}

export function addressOf(
  template: string,
  layers: readonly string[],
  z: number,
  x: number,
  y: number,
): string {
  return template.replace("LAYERS/Z/X/Y", `${layers.join(",")}/${z}/${x}/${y}`);
}

async function fetchTile(url: string): Promise<Layers> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return decode(new Uint8Array(await answer.arrayBuffer()));
}
