// What an eraser touches. The twin of internal/call/board/hit.go.
import { lineHeight, sizes, thickness, type Point, type Shape } from "./object";
import { measure } from "./text";

/** touches tells whether a shape paints within a distance of a point, both in tenths. */
export function touches(o: Shape, at: Point, within: number): boolean {
  if (o.kind === "text") {
    const { lines, longest } = measure(o.text);
    const size = sizes[o.style.width];
    const p = o.points[0];
    return (
      at.x >= p.x - within && at.x <= p.x + Math.trunc((longest * size * 11) / 20) + within &&
      at.y >= p.y - within && at.y <= p.y + lines * lineHeight(size) + within
    );
  }
  within += thickness(o) / 2;
  const points = outline(o);
  if (points.length === 1) {
    return apart(at, points[0], points[0]) <= within * within;
  }
  return points.some((p, i) => i > 0 && apart(at, points[i - 1], p) <= within * within);
}

// Twelve points of an ellipse: cos of 30° steps, in thousandths.
const cos = [1000, 866, 500, 0, -500, -866, -1000, -866, -500, 0, 500, 866, 1000];
const half = (n: number) => Math.trunc(n / 2);

/** outline is the shape as a line from point to point. */
function outline(o: Shape): Point[] {
  if (o.kind !== "rect" && o.kind !== "oval") {
    return o.points;
  }
  const [a, c] = o.points;
  const point = (x: number, y: number): Point => ({ x, y, p: 0 });
  if (o.kind === "rect") {
    return [a, point(c.x, a.y), c, point(a.x, c.y), a];
  }
  const at = (from: number, to: number, part: number) => half(from + to) + Math.trunc(half((to - from) * part) / 1000);
  return cos.map((v, i) => point(at(a.x, c.x, v), at(a.y, c.y, cos[(i + 9) % 12])));
}

/** apart is the square of the distance from p to the line from a to b. */
function apart(p: Point, a: Point, b: Point): number {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  let px = p.x - a.x;
  let py = p.y - a.y;
  const length = dx * dx + dy * dy;
  if (length > 0) {
    const t = Math.min(Math.max((px * dx + py * dy) / length, 0), 1);
    px -= t * dx;
    py -= t * dy;
  }
  return px * px + py * py;
}
