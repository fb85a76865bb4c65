// The things on a board. The twin of internal/call/board/object.go.
import { maxBatch, pageHeight, pageWidth, tenths, validId, whole } from "./limits";
import { measure } from "./text";

export type Kind = "pen" | "high" | "line" | "arrow" | "rect" | "oval" | "text";

export function freehand(kind: Kind): boolean {
  return kind === "pen" || kind === "high";
}

/** corners are the points that a new object of this kind may have, at least and at most. */
export function corners(kind: unknown): [number, number] {
  switch (kind) {
    case "pen":
    case "high":
      return [1, maxBatch];
    case "line":
    case "arrow":
    case "rect":
    case "oval":
      return [2, 2];
    case "text":
      return [1, 1];
  }
  return [1, 0];
}

export const pressures = 16;
export const middlePressure = 8;

/** Point is a position in tenths of a unit and, for a pen, how hard it was pressed. */
export interface Point {
  x: number;
  y: number;
  p: number;
}

/** Style is a colour and a width, or the size of a text, by their places below. */
export interface Style {
  colour: number;
  width: number;
}

/** palette are the colours of lines and letters, and of the highlighter. */
export const palette: { line: string; high: string }[] = [
  { line: "#14262c", high: "#c9d3d7" },
  { line: "#1d2ff7", high: "#a6d5f7" },
  { line: "#f26707", high: "#ffc9a3" },
  { line: "#17a479", high: "#a5e8cf" },
  { line: "#be5add", high: "#f6c6e6" },
  { line: "#6f2d00", high: "#fff07a" },
];

/** widths of lines and sizes of letters, in tenths. */
export const widths = [20, 40, 80, 160];
export const sizes = [240, 360, 540, 800];
export const highWidth = 5;

/** Id names an object for ever: its author and the number of the operation that made it. */
export interface Id {
  author: string;
  seq: number;
}

export function key(id: Id): string {
  return id.author + "/" + id.seq;
}

/** Box is a part of the page, in tenths. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export function meets(a: Box, b: Box): boolean {
  return a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom;
}

export function join(a: Box, b: Box): Box {
  return { left: Math.min(a.left, b.left), top: Math.min(a.top, b.top), right: Math.max(a.right, b.right), bottom: Math.max(a.bottom, b.bottom) };
}

/** Shape is what of an object can be seen. */
export interface Shape {
  kind: Kind;
  style: Style;
  points: Point[];
  text: string;
}

/** Thing is one object on the board. */
export interface Thing extends Shape {
  id: Id;
  done: boolean;
  clock: number;
  hidden: boolean;
  /** covers: clears that took it away. */
  covers: number;
  /** box around it, kept so that painters need not look at every point. */
  box: Box;
}

export function visible(o: Thing): boolean {
  return !o.hidden && o.covers === 0;
}

/** before is the drawing order: by clock, then author, then number. */
export function before(a: Thing, b: Thing): number {
  if (a.clock !== b.clock) {
    return a.clock - b.clock;
  }
  if (a.id.author !== b.id.author) {
    return a.id.author < b.id.author ? -1 : 1;
  }
  return a.id.seq - b.id.seq;
}

/** Ground is a picture under the drawing; its content travels as a file. */
export interface Ground {
  file: string;
  width: number;
  height: number;
  /** sha is the SHA-256 of its bytes, in hexadecimal. */
  sha: string;
}

export const maxGround = 16384;

export function validGround(g: Ground): boolean {
  return validId(g.file) && whole(g.width, 1, maxGround) && whole(g.height, 1, maxGround) && typeof g.sha === "string" && /^[0-9a-f]{64}$/.test(g.sha);
}

export function sameGround(a: Ground | null, b: Ground | null): boolean {
  return a === b || (!!a && !!b && a.file === b.file && a.width === b.width && a.height === b.height && a.sha === b.sha);
}

/** groundPlace is where the ground lies on the page, in tenths: as large as fits, in the middle. */
export function groundPlace(g: Ground): Box {
  let w = pageWidth * tenths;
  let h = pageHeight * tenths;
  if (g.width * h > g.height * w) {
    h = Math.trunc((g.height * w) / g.width);
  } else {
    w = Math.trunc((g.width * h) / g.height);
  }
  const x = Math.trunc((pageWidth * tenths - w) / 2);
  const y = Math.trunc((pageHeight * tenths - h) / 2);
  return { left: x, top: y, right: x + w, bottom: y + h };
}

/** boxOf is around everything that a shape paints, from its nth point on. */
export function boxOf(o: Shape, n = 0): Box {
  let box: Box = { left: o.points[n].x, top: o.points[n].y, right: o.points[n].x, bottom: o.points[n].y };
  for (let i = n; i < o.points.length; i++) {
    const p = o.points[i];
    box = join(box, { left: p.x, top: p.y, right: p.x, bottom: p.y });
  }
  if (o.kind === "text") {
    const { lines, longest } = measure(o.text);
    const size = sizes[o.style.width];
    // Generous: letters of a hand's writing are wider than those of ours.
    box.right += Math.trunc((longest * size * 11) / 10);
    box.bottom += Math.trunc((lines * size * 3) / 2);
  }
  const grow = reach(o);
  return { left: box.left - grow, top: box.top - grow, right: box.right + grow, bottom: box.bottom + grow };
}

/** reach is how far from its points a shape paints, in tenths. */
function reach(o: Shape): number {
  const w = widths[o.style.width];
  switch (o.kind) {
    case "high":
      return (w * highWidth) / 2 + tenths;
    case "arrow":
      return headSize(w) + w + tenths;
  }
  return w + tenths;
}

/** headSize is the length of an arrow's head for a width, in tenths. */
export function headSize(w: number): number {
  return 3 * w + 10 * tenths;
}

/** thickness is the width of a line at middle pressure, in tenths. */
export function thickness(o: Shape): number {
  return widths[o.style.width] * (o.kind === "high" ? highWidth : 1);
}

/** lineHeight is the distance between the lines of a text of a size. */
export function lineHeight(size: number): number {
  return Math.trunc((size * 13) / 10);
}
