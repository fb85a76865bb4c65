// What painters and the SVG draw of an object. The twin of internal/call/board/shape.go: the
// same whole numbers, so that both sides show the same picture.
import { headSize, lineHeight, middlePressure, pressures, sizes, thickness, widths, type Point, type Shape } from "./object";
import { tenths } from "./limits";

/** hundredths are in a unit. */
export const hundredths = 100;
const scale = hundredths / tenths;

/** Place is a position in hundredths of a unit. */
export interface Place {
  x: number;
  y: number;
}

/** Piece is one step of a path: its verb as in SVG, and its points; it ends at the last. */
export interface Piece {
  verb: "M" | "L" | "Q" | "C";
  to: Place[];
}

/** Stroke is a line of one width, in hundredths, with round ends and joins. */
export interface Stroke {
  width: number;
  path: Piece[];
}

/** strokes are the lines of an object; none for a text. */
export function strokes(o: Shape): Stroke[] {
  const w = thickness(o) * scale;
  const [a, c] = [place(o.points[0]), place(o.points[o.points.length - 1])];
  switch (o.kind) {
    case "pen":
    case "high":
      return freehand(o);
    case "line":
      return [{ width: w, path: straight(a, c) }];
    case "arrow":
      return arrow(o, w, a, c);
    case "rect":
      return [{ width: w, path: straight(a, { x: c.x, y: a.y }, c, { x: a.x, y: c.y }, a) }];
    case "oval":
      return [{ width: w, path: oval(a, c) }];
  }
  return [];
}

function place(p: Point): Place {
  return { x: p.x * scale, y: p.y * scale };
}

function straight(first: Place, ...rest: Place[]): Piece[] {
  return [{ verb: "M", to: [first] } as Piece].concat(rest.map((p): Piece => ({ verb: "L", to: [p] })));
}

/** freehand smooths a stroke: a curve from the middle of each step to the middle of the
 * next, drawn towards the point between. Curves of one width make one line. */
function freehand(o: Shape): Stroke[] {
  const points = o.points;
  const width = (p: Point) => (o.kind === "pen" ? Math.trunc((thickness(o) * scale * (middlePressure + p.p)) / pressures) : thickness(o) * scale);
  if (points.length === 1) {
    return [{ width: width(points[0]), path: straight(place(points[0]), place(points[0])) }];
  }
  const middle = (i: number): Place => ({ x: ((points[i].x + points[i + 1].x) * scale) / 2, y: ((points[i].y + points[i + 1].y) * scale) / 2 });
  let last: Stroke = { width: width(points[0]), path: straight(place(points[0]), middle(0)) };
  const list = [last];
  for (let i = 1; i < points.length; i++) {
    const w = width(points[i]);
    if (w !== last.width) {
      last = { width: w, path: [{ verb: "M", to: [middle(i - 1)] }] };
      list.push(last);
    }
    last.path.push(i === points.length - 1 ? { verb: "L", to: [place(points[i])] } : { verb: "Q", to: [place(points[i]), middle(i)] });
  }
  return list;
}

function nearest(v: number): number {
  return Math.floor(v + 0.5);
}

function arrow(o: Shape, w: number, a: Place, b: Place): Stroke[] {
  const list: Stroke[] = [{ width: w, path: straight(a, b) }];
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const length = Math.sqrt(dx * dx + dy * dy);
  if (length === 0) {
    return list;
  }
  const size = headSize(widths[o.style.width]) * scale;
  const ux = (dx / length) * size;
  const uy = (dy / length) * size;
  // Two barbs at about 30°: 0.87 back and 0.5 to the side.
  const barb = (side: number): Place => ({ x: b.x - nearest(ux * 0.87 - uy * side), y: b.y - nearest(uy * 0.87 + ux * side) });
  return list.concat([{ width: w, path: straight(barb(0.5), b, barb(-0.5)) }]);
}

/** oval is an ellipse in the box between two corners, as four curves. */
function oval(a: Place, c: Place): Piece[] {
  const [cx, cy, rx, ry] = [(a.x + c.x) / 2, (a.y + c.y) / 2, (c.x - a.x) / 2, (c.y - a.y) / 2];
  const k = 0.5522847498; // a quarter of a circle as a cubic curve
  const at = (x: number, y: number): Place => ({ x: nearest(cx + x * rx), y: nearest(cy + y * ry) });
  return [
    { verb: "M", to: [at(1, 0)] },
    { verb: "C", to: [at(1, k), at(k, 1), at(0, 1)] },
    { verb: "C", to: [at(-k, 1), at(-1, k), at(-1, 0)] },
    { verb: "C", to: [at(-1, -k), at(-k, -1), at(0, -1)] },
    { verb: "C", to: [at(k, -1), at(1, -k), at(1, 0)] },
  ];
}

/** data is a stroke's path as SVG writes it, in units. */
export function data(s: Stroke): string {
  return s.path.map((piece) => piece.verb + piece.to.map((p) => units(p.x) + " " + units(p.y)).join(" ")).join(" ");
}

/** units writes hundredths as units: 1250 as 12.5. */
export function units(n: number): string {
  const whole = Math.trunc(Math.abs(n) / hundredths);
  const rest = Math.abs(n) % hundredths;
  return (n < 0 ? "-" : "") + whole + (rest === 0 ? "" : rest % 10 === 0 ? "." + rest / 10 : "." + ("0" + rest).slice(-2));
}

/** Row is one line of a text: where its base line begins, in hundredths. */
export interface Row {
  place: Place;
  text: string;
}

/** rows are the lines of a text, and the size of its letters in hundredths. */
export function rows(o: Shape): { rows: Row[]; letters: number } {
  if (o.kind !== "text") {
    return { rows: [], letters: 0 };
  }
  const size = sizes[o.style.width];
  const at = place(o.points[0]);
  // The base line lies about four fifths of the letters' height below the corner.
  const first = at.y + size * 8;
  return { letters: size * scale, rows: o.text.split("\n").map((text, i) => ({ place: { x: at.x, y: first + i * lineHeight(size) * scale }, text })) };
}
