/** An outline on the map that a mouse, a finger or a keyboard draws and changes. */
import {
  areaM2,
  between,
  type Corner,
  FEWEST,
  moved,
  stepped,
  withCorner,
  without,
  writeOutline,
} from "./outline";

export interface EditorWords {
  corner(n: number, of: number): string;
  between(n: number, next: number): string;
}

/** An arrow key moves a corner by so much; with Shift by ten times as much. */
const STEP_M = 0.1;
const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

export class OutlineEditor {
  private corners: readonly Corner[];
  private open: boolean;
  private readonly shape: L.Polygon;
  private readonly handles = L.layerGroup();

  /** Starts with drawing where there is no outline yet. `changed` hears of every change. */
  constructor(
    map: L.Map,
    corners: readonly Corner[],
    private readonly words: EditorWords,
    style: L.PathOptions,
    private readonly changed: (editor: OutlineEditor) => void,
  ) {
    this.corners = corners;
    this.open = corners.length < FEWEST;
    this.shape = L.polygon([], { ...style, interactive: false }).addTo(map);
    this.handles.addTo(map);
    map.on("click", (event) => {
      if (this.open) this.add([event.latlng.lng, event.latlng.lat]);
    });
    // A double click is two clicks first: the second of them is no corner.
    map.on("dblclick", () => {
      if (!this.open) return;
      this.undo();
      this.finish();
    });
    this.draw();
  }

  get drawing(): boolean {
    return this.open;
  }

  get count(): number {
    return this.corners.length;
  }

  get areaM2(): number {
    return areaM2(this.corners);
  }

  get text(): string {
    return writeOutline(this.corners);
  }

  add(corner: Corner): void {
    this.set([...this.corners, corner]);
  }

  undo(): void {
    this.set(this.corners.slice(0, -1));
  }

  finish(): void {
    if (this.corners.length < FEWEST) return;
    this.open = false;
    this.set(this.corners);
  }

  again(): void {
    this.open = true;
    this.set([]);
  }

  private set(corners: readonly Corner[], focus: number | null = null): void {
    this.corners = corners;
    this.draw(focus);
    this.changed(this);
  }

  private draw(focus: number | null = null): void {
    this.shape.setLatLngs(this.corners.map(place));
    this.handles.clearLayers();
    this.corners.forEach((corner, at) => {
      this.drawCorner(corner, at, at === focus);
      const next = this.corners[(at + 1) % this.corners.length];
      if (!this.open && next) this.drawMiddle(between(corner, next), at);
    });
  }

  private drawCorner(corner: Corner, at: number, focus: boolean): void {
    const handle = this.handle(corner, "corner", this.words.corner(at + 1, this.corners.length), true);
    const follow = (): void => {
      const { lat, lng } = handle.getLatLng();
      this.corners = moved(this.corners, at, [lng, lat]);
      this.shape.setLatLngs(this.corners.map(place));
      this.changed(this);
    };
    handle.on("drag", follow);
    handle.on("dragend", () => this.set(this.corners, at));
    handle.on("click", () => {
      if (this.open && at === 0) this.finish(); // back where one started
    });
    const element = handle.getElement();
    element?.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      if (step) {
        const metres = STEP_M * (event.shiftKey ? 10 : 1);
        this.set(moved(this.corners, at, stepped(corner, step[0] * metres, step[1] * metres)), at);
      } else if (event.key === "Delete" || event.key === "Backspace") {
        this.set(without(this.corners, at), Math.max(0, at - 1));
      } else return;
      event.preventDefault();
      event.stopPropagation(); // the map would pan
    });
    if (focus) element?.focus();
  }

  private drawMiddle(middle: Corner, at: number): void {
    const next = ((at + 1) % this.corners.length) + 1;
    const handle = this.handle(middle, "middle", this.words.between(at + 1, next), false);
    handle.on("click", () => this.set(withCorner(this.corners, at + 1, middle), at + 1));
  }

  private handle(corner: Corner, name: string, label: string, draggable: boolean): L.Marker {
    const icon = L.divIcon({ className: `outline-${name}`, html: "<span></span>", iconSize: [44, 44] });
    const handle = L.marker(place(corner), { icon, draggable, keyboard: true, autoPanOnFocus: false });
    handle.addTo(this.handles);
    handle.getElement()?.setAttribute("aria-label", label);
    return handle;
  }
}

function place([lon, lat]: Corner): L.LatLngTuple {
  return [lat, lon];
}
