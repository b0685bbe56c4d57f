/** The map's symbols on a canvas: the same shapes as `templates/frontend/symbols.html`, told apart without colour. */

export type Brush = CanvasRenderingContext2D;

/** Radius of a point symbol by zoom: a speck over the town, a disc in the street. */
export function radiusAt(zoom: number): number {
  return Math.min(8, Math.max(1.3, 1.5 + (zoom - 14) * 1.05));
}

/** A sum of `count` points is a dot whose area grows with it; it is several things, so it has no shape. */
export function drawSum(brush: Brush, x: number, y: number, count: number, colour: string): void {
  disc(brush, x, y, Math.min(5, 0.8 + 0.55 * Math.sqrt(count)), colour);
}

/** Shapes are told apart from this radius on; below it a speck of the tone is all that fits. */
const SHAPES_FROM = 2.4;

export function drawPoint(
  brush: Brush,
  symbol: string,
  x: number,
  y: number,
  radius: number,
  colour: string,
  halo: string,
): void {
  const line = Math.max(1.2, radius * 0.36);
  if (radius < SHAPES_FROM) {
    const hollow = symbol.endsWith("-open");
    brush.beginPath();
    brush.arc(x, y, symbol === "point" ? radius * 0.7 : radius, 0, 2 * Math.PI);
    brush.fillStyle = hollow ? halo : colour;
    brush.fill();
    if (hollow) stroke(brush, colour, 1);
    return;
  }
  switch (symbol) {
    case "ring":
      disc(brush, x, y, radius + 0.7, halo);
      brush.beginPath();
      brush.arc(x, y, radius - line / 2, 0, 2 * Math.PI);
      stroke(brush, colour, line);
      disc(brush, x, y, radius * 0.28, colour);
      break;
    case "cross":
      for (const [tone, width] of [
        [halo, line * 2.1],
        [colour, line * 1.2],
      ] as const) {
        const arm = radius * 0.8;
        brush.beginPath();
        brush.moveTo(x - arm, y - arm);
        brush.lineTo(x + arm, y + arm);
        brush.moveTo(x + arm, y - arm);
        brush.lineTo(x - arm, y + arm);
        brush.lineCap = "round";
        stroke(brush, tone, width);
      }
      break;
    case "diamond":
    case "diamond-open":
      polygon(brush, x, y, radius * 1.15, 4, 0);
      stroke(brush, halo, line + 2);
      brush.fillStyle = symbol === "diamond" ? colour : halo;
      brush.fill();
      stroke(brush, colour, line);
      break;
    case "square-open":
      polygon(brush, x, y, radius * 1.2, 4, Math.PI / 4);
      stroke(brush, halo, line + 2);
      brush.fillStyle = halo;
      brush.fill();
      stroke(brush, colour, line);
      break;
    case "point":
      disc(brush, x, y, radius * 0.5 + 1, halo);
      disc(brush, x, y, radius * 0.5, colour);
      break;
    case "dash":
      brush.beginPath();
      brush.moveTo(x - radius * 0.8, y);
      brush.lineTo(x + radius * 0.8, y);
      stroke(brush, colour, line);
      break;
    default:
      disc(brush, x, y, radius + 0.7, halo);
      disc(brush, x, y, radius, colour);
  }
}

/** Fills and outlines the brush's current path as an area symbol. */
export function drawArea(brush: Brush, symbol: string, colour: string, width: number): void {
  if (symbol === "area-striped") {
    brush.fillStyle = stripes(brush, colour);
    brush.fill("evenodd");
  } else if (symbol !== "area-crossed") {
    brush.globalAlpha = symbol === "area-dashed" ? 0.12 : 0.38;
    brush.fillStyle = colour;
    brush.fill("evenodd");
    brush.globalAlpha = 1;
  } else {
    brush.fillStyle = stripes(brush, colour, true);
    brush.fill("evenodd");
  }
  brush.setLineDash(symbol === "area-dashed" ? [5, 3] : []);
  brush.lineJoin = "round";
  stroke(brush, colour, width);
  brush.setLineDash([]);
}

const patterns = new Map<string, CanvasPattern>();

function stripes(brush: Brush, colour: string, crossed = false): CanvasPattern | string {
  const key = `${colour}/${crossed}`;
  const known = patterns.get(key);
  if (known) return known;
  const side = 8;
  const cell = document.createElement("canvas");
  cell.width = cell.height = side;
  const pen = cell.getContext("2d");
  if (!pen) return colour;
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.beginPath();
  for (const shift of [-side, 0, side]) {
    pen.moveTo(shift, side);
    pen.lineTo(shift + side, 0);
    if (crossed) {
      pen.moveTo(shift, 0);
      pen.lineTo(shift + side, side);
    }
  }
  pen.stroke();
  const pattern = brush.createPattern(cell, "repeat");
  if (!pattern) return colour;
  patterns.set(key, pattern);
  return pattern;
}

function disc(brush: Brush, x: number, y: number, radius: number, colour: string): void {
  brush.beginPath();
  brush.arc(x, y, radius, 0, 2 * Math.PI);
  brush.fillStyle = colour;
  brush.fill();
}

function polygon(brush: Brush, x: number, y: number, radius: number, corners: number, turn: number): void {
  brush.beginPath();
  for (let corner = 0; corner < corners; corner++) {
    const angle = turn + (corner * 2 * Math.PI) / corners;
    brush.lineTo(x + radius * Math.sin(angle), y - radius * Math.cos(angle));
  }
  brush.closePath();
}

function stroke(brush: Brush, colour: string, width: number): void {
  brush.strokeStyle = colour;
  brush.lineWidth = width;
  brush.stroke();
}
