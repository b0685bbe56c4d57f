/** The panel as a bottom sheet on phones: folded, half, full. On wide screens it simply stands beside the map. */
import { find } from "../page/elements";
import type { Reader } from "../page/text";

export type SheetState = "peek" | "half" | "full";

const NEXT: Record<SheetState, SheetState> = { peek: "half", half: "full", full: "peek" };
const UP: Record<SheetState, SheetState> = { peek: "half", half: "full", full: "full" };
const DOWN: Record<SheetState, SheetState> = { peek: "peek", half: "peek", full: "half" };
/** A drag shorter than this is a tap, px. */
const TAP = 12;

/** Where the sheet goes when its handle was moved by `dy` pixels (down is positive). */
export function stateAfter(state: SheetState, dy: number): SheetState {
  if (Math.abs(dy) < TAP) return NEXT[state];
  return dy < 0 ? UP[state] : DOWN[state];
}

export class Sheet {
  private readonly panel = find("panel");
  private readonly handle = find("sheet-handle");

  constructor(private readonly reader: Reader) {
    const { handle } = this;
    if (!handle) return;
    let from: number | null = null;
    let dragged = false;
    handle.addEventListener("pointerdown", (event) => {
      from = event.clientY;
      dragged = false;
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener("pointerup", (event) => {
      if (from === null) return;
      const dy = event.clientY - from;
      from = null;
      if (Math.abs(dy) >= TAP) {
        dragged = true;
        this.state = stateAfter(this.state, dy);
      }
    });
    // A tap and the keyboard both come as a click.
    handle.addEventListener("click", () => {
      if (!dragged) this.state = stateAfter(this.state, 0);
      dragged = false;
    });
  }

  get state(): SheetState {
    const state = this.panel?.dataset.sheet;
    return state === "half" || state === "full" ? state : "peek";
  }

  set state(state: SheetState) {
    if (!this.panel || !this.handle) return;
    this.panel.dataset.sheet = state;
    this.handle.setAttribute("aria-expanded", String(state !== "peek"));
    this.handle.setAttribute("aria-label", this.reader.say(state === "full" ? "collapse" : "expand"));
  }

  /** Opens the sheet far enough to read, unless it already is. */
  reveal(): void {
    if (this.state === "peek") this.state = "half";
  }
}
