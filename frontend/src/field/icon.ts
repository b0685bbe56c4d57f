/** The app's icon, computed: a leaf on the house's green, as PNG. Runs at build time, in Node. */
import { deflateSync } from "node:zlib";

const GROUND = [16, 63, 44] as const;
const LEAF = [188, 226, 200] as const;
/** Samples along each side of a pixel: soft edges. */
const FINE = 3;

type Shape = (x: number, y: number) => boolean;

/** A leaf from `foot` to `tip`: where two circles of this radius through both points overlap. */
function lens(foot: readonly [number, number], tip: readonly [number, number], radius: number): Shape {
  const length = Math.hypot(tip[0] - foot[0], tip[1] - foot[1]);
  const off = Math.sqrt(Math.max(0, radius ** 2 - (length / 2) ** 2)) / length;
  const [middleX, middleY] = [(foot[0] + tip[0]) / 2, (foot[1] + tip[1]) / 2];
  const [acrossX, acrossY] = [(tip[1] - foot[1]) * off, (foot[0] - tip[0]) * off];
  const within = (dx: number, dy: number) => dx * dx + dy * dy <= radius * radius;
  return (x, y) =>
    within(x - middleX - acrossX, y - middleY - acrossY) &&
    within(x - middleX + acrossX, y - middleY + acrossY);
}

const left = lens([0.5, 0.64], [0.2, 0.36], 0.235);
const right = lens([0.5, 0.5], [0.82, 0.17], 0.285);
/** Two leaves and a stem, as in `leaf.svg`, on a square of side 1. */
const plant: Shape = (x, y) =>
  (Math.abs(x - 0.5) < 0.026 && y > 0.36 && y < 0.86) || left(x, y) || right(x, y);

function rounded(corner: number): Shape {
  return (x, y) => {
    const dx = Math.max(corner - x, x - (1 - corner), 0);
    const dy = Math.max(corner - y, y - (1 - corner), 0);
    return Math.hypot(dx, dy) <= corner;
  };
}

/** A maskable icon fills its square and keeps the plant within the middle four fifths. */
export function iconPng(side: number, maskable: boolean): Uint8Array {
  const ground = maskable ? () => true : rounded(0.2);
  const scale = maskable ? 0.78 : 1;
  const rows = new Uint8Array(side * (1 + side * 4));
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      let inGround = 0;
      let inPlant = 0;
      for (let part = 0; part < FINE * FINE; part++) {
        const x = (column + ((part % FINE) + 0.5) / FINE) / side;
        const y = (row + (Math.floor(part / FINE) + 0.5) / FINE) / side;
        if (!ground(x, y)) continue;
        inGround++;
        if (plant((x - 0.5) / scale + 0.5, (y - 0.5) / scale + 0.5)) inPlant++;
      }
      const at = row * (1 + side * 4) + 1 + column * 4;
      const share = inGround ? inPlant / inGround : 0;
      for (let channel = 0; channel < 3; channel++)
        rows[at + channel] = Math.round((GROUND[channel] ?? 0) * (1 - share) + (LEAF[channel] ?? 0) * share);
      rows[at + 3] = Math.round((255 * inGround) / (FINE * FINE));
    }
  }
  const head = new Uint8Array(13);
  const view = new DataView(head.buffer);
  view.setUint32(0, side);
  view.setUint32(4, side);
  head.set([8, 6, 0, 0, 0], 8);
  return joined([
    new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", new Uint8Array()),
  ]);
}

function chunk(name: string, data: Uint8Array): Uint8Array {
  const body = joined([new TextEncoder().encode(name), data]);
  const box = new Uint8Array(body.length + 8);
  const view = new DataView(box.buffer);
  view.setUint32(0, data.length);
  box.set(body, 4);
  view.setUint32(body.length + 4, crc(body));
  return box;
}

function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
