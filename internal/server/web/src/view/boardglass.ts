// What is over the board and not on it: the others' pointers, and the keyboard's place.
import { font } from "../board/paint";

export type Spot = { x: number; y: number };

export function ring(c: CanvasRenderingContext2D, at: Spot, r: number, colour: string, unit: number): void {
  c.beginPath();
  c.arc(at.x, at.y, r, 0, 2 * Math.PI);
  c.lineWidth = 5 * unit;
  c.strokeStyle = "#ffffff";
  c.stroke();
  c.lineWidth = 3 * unit;
  c.strokeStyle = colour;
  c.stroke();
}

export function trail(c: CanvasRenderingContext2D, list: Spot[], unit: number): void {
  c.lineCap = c.lineJoin = "round";
  c.strokeStyle = "rgba(212, 0, 43, 0.6)";
  c.lineWidth = 5 * unit;
  c.beginPath();
  list.forEach((p, i) => (i === 0 ? c.moveTo(p.x, p.y) : c.lineTo(p.x, p.y)));
  c.stroke();
}

/** tag writes a name beside a pointer, on the side where it is seen; edge is the right end
 * of what is seen. */
export function tag(c: CanvasRenderingContext2D, name: string, at: Spot, unit: number, edge: number): void {
  if (!name) {
    return;
  }
  c.font = font(18 * unit);
  const w = c.measureText(name).width + 16 * unit;
  const left = at.x + 12 * unit + w > edge ? at.x - 12 * unit - w : at.x + 12 * unit;
  c.fillStyle = "#0b5563";
  c.fillRect(left, at.y + 8 * unit, w, 28 * unit);
  c.fillStyle = "#ffffff";
  c.textBaseline = "alphabetic";
  c.fillText(name, left + 8 * unit, at.y + 28 * unit);
}

/** cross is the keyboard's place: dark on white, so that it is seen on anything. */
export function cross(c: CanvasRenderingContext2D, at: Spot, unit: number, held: boolean): void {
  for (const [width, colour] of [[6, "#ffffff"], [3, "#14262c"]] as [number, string][]) {
    c.lineWidth = width * unit;
    c.strokeStyle = colour;
    c.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      c.moveTo(at.x + dx * 5 * unit, at.y + dy * 5 * unit);
      c.lineTo(at.x + dx * 18 * unit, at.y + dy * 18 * unit);
    }
    c.stroke();
  }
  if (held) {
    ring(c, at, 12 * unit, "#14262c", unit);
  }
}
