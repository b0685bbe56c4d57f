/** What the server tells the scripts of a map page: one JSON block, read once, typed here. */

export interface GroupSettings {
  readonly name: string;
  readonly label: string;
  readonly states: readonly string[];
  readonly symbol: string;
  readonly tone: string;
}

export interface LayerSettings {
  readonly name: string;
  readonly title: string;
  readonly minZoom: number;
  readonly shown: boolean;
  readonly groups: readonly GroupSettings[];
}

export interface LegendStop {
  readonly value: number;
  readonly label: string;
  readonly color: string;
}

/** heat_islands.palettes.legend: the same definition that drew the tiles. */
export interface LegendSettings {
  readonly layer: string;
  readonly title: string;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly stops: readonly LegendStop[];
  readonly gradient: readonly string[];
  readonly hatched: { readonly fewer_scenes_than: number; readonly sigma_above_k: number } | null;
}

export interface HeatSettings {
  readonly slug: string;
  readonly tileJson: string;
  readonly point: string;
  readonly legends: Readonly<Record<string, LegendSettings>>;
  readonly from: string;
}

export type Ring = readonly (readonly [number, number])[];
export type MultiPolygon = readonly (readonly Ring[])[];

export interface TownSettings {
  readonly name: string;
  readonly bounds: readonly [number, number, number, number];
  readonly outline: MultiPolygon;
}

export interface YardSettings {
  readonly id: number;
  readonly rank: number;
  readonly name: string;
  readonly at: readonly [number, number];
  readonly shape: MultiPolygon;
}

export interface MapSettings {
  readonly language: string;
  readonly town: TownSettings | null;
  readonly baseMap: { readonly url: string; readonly attribution: string } | null;
  readonly ground: readonly LayerSettings[];
  readonly layers: readonly LayerSettings[];
  /** Address of a tile, with LAYERS (names and commas), Z, X and Y to fill in. */
  readonly tiles: string;
  readonly tileMaxZoom: number;
  readonly listUrl: string;
  readonly heat: HeatSettings | null;
  readonly texts: Readonly<Record<string, string>>;
  readonly yards?: readonly YardSettings[];
}

export function readSettings(root: Document = document): MapSettings {
  const block = root.getElementById("map-settings");
  if (!block?.textContent) throw new Error("the page carries no map-settings");
  return JSON.parse(block.textContent) as MapSettings;
}
