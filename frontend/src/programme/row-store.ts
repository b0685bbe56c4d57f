/** The rows of a list as features of any tile, so that the map draws exactly them with its own symbols. */
import { type Feature, type Layers, TileStore } from "../tiles/features";

interface Placed {
  readonly id: number;
  readonly kind: Feature["kind"];
  readonly state: string;
  /** Flat x, y pairs in shares of the whole Web Mercator world. */
  readonly parts: readonly Float64Array[];
  readonly box: readonly [number, number, number, number];
}

/** A symbol on a tile's edge is drawn by both tiles. */
const EDGE = 0.03;

export function worldOf(lon: number, lat: number): [number, number] {
  const sine = Math.sin((lat * Math.PI) / 180);
  return [(lon + 180) / 360, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

function partsOf(shape: GeoJSON.Geometry): readonly (readonly GeoJSON.Position[])[] {
  switch (shape.type) {
    case "Point":
      return [[shape.coordinates]];
    case "Polygon":
      return shape.coordinates;
    case "MultiPolygon":
      return shape.coordinates.flat();
    default:
      return [];
  }
}

function placed(feature: GeoJSON.Feature): Placed {
  const box: [number, number, number, number] = [1, 1, 0, 0];
  const parts = partsOf(feature.geometry).map((ring) => {
    const flat = new Float64Array(ring.length * 2);
    ring.forEach(([lon = 0, lat = 0], at) => {
      const [x, y] = worldOf(lon, lat);
      flat[2 * at] = x;
      flat[2 * at + 1] = y;
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    });
    return flat;
  });
  return {
    id: Number(feature.id),
    kind: feature.geometry.type === "Point" ? "point" : "area",
    state: String(feature.properties?.state ?? ""),
    parts,
    box,
  };
}

export class RowStore extends TileStore {
  private rows: readonly Placed[] = [];

  constructor(private readonly layer: string) {
    super("");
  }

  fill(features: readonly GeoJSON.Feature[]): void {
    this.rows = features.map(placed);
  }

  get size(): number {
    return this.rows.length;
  }

  override get(_layers: readonly string[], z: number, x: number, y: number): Promise<Layers> {
    const side = 2 ** z;
    const features = this.rows
      .filter(
        ({ box }) =>
          box[2] * side >= x - EDGE &&
          box[0] * side <= x + 1 + EDGE &&
          box[3] * side >= y - EDGE &&
          box[1] * side <= y + 1 + EDGE,
      )
      .map(
        (row): Feature => ({
          id: row.id,
          kind: row.kind,
          properties: { state: row.state },
          parts: row.parts.map((part) =>
            Float32Array.from(part, (value, at) => value * side - (at % 2 ? y : x)),
          ),
        }),
      );
    return Promise.resolve(new Map([[this.layer, features]]));
  }
}
