// Paints the board on a canvas, and again only what has changed. The same lines as
// internal/ui/board, from shape.ts.
import type { Board } from "./board";
import { pageHeight, pageWidth, tenths } from "./limits";
import { groundPlace, meets, palette, type Box, type Shape } from "./object";
import { hundredths, rows, strokes, type Stroke } from "./shape";

/** View is how the page lies on the canvas: a unit is scale pixels, and the page's upper
 * left corner is at x, y, in pixels of the canvas. */
export interface View {
  scale: number;
  x: number;
  y: number;
}

/** fit is the view in which the whole page fills a canvas, in its middle. */
export function fit(width: number, height: number): View {
  const scale = Math.min(width / pageWidth, height / pageHeight);
  return { scale, x: (width - scale * pageWidth) / 2, y: (height - scale * pageHeight) / 2 };
}

/** font is what texts are written in, at a size in pixels. */
export const font = (size: number) => size + 'px "Atkinson Hyperlegible", Verdana, sans-serif';

/** Painter keeps a canvas up to date with a board. */
export class Painter {
  private readonly c: CanvasRenderingContext2D;
  private view: View = { scale: 1, x: 0, y: 0 };
  private version = -1;
  private ground: CanvasImageSource | null = null;

  constructor(private readonly canvas: HTMLCanvasElement, private readonly around: string) {
    this.c = canvas.getContext("2d") as CanvasRenderingContext2D;
  }

  /** show sets the view; the canvas has its size already. */
  show(view: View): void {
    this.view = view;
    this.version = -1;
  }

  /** setGround gives the ground's content, once it is here. */
  setGround(image: CanvasImageSource | null): void {
    this.ground = image;
    this.version = -1;
  }

  paint(b: Board): void {
    const parts = this.version < 0 ? null : b.changes(this.version);
    if (this.version === b.version) {
      return;
    }
    this.version = b.version;
    if (!parts) {
      this.part(b, null);
    } else {
      merged(parts).forEach((part) => this.part(b, part));
    }
  }

  /** part paints everything in a part of the page, in tenths, and nothing outside of it. */
  private part(b: Board, part: Box | null): void {
    const c = this.c;
    const { scale, x, y } = this.view;
    c.save();
    c.setTransform(1, 0, 0, 1, 0, 0);
    if (part) {
      // Whole pixels: half ones would leave seams.
      const left = Math.floor((part.left / tenths) * scale + x) - 1;
      const top = Math.floor((part.top / tenths) * scale + y) - 1;
      const right = Math.ceil((part.right / tenths) * scale + x) + 1;
      const bottom = Math.ceil((part.bottom / tenths) * scale + y) + 1;
      c.beginPath();
      c.rect(left, top, right - left, bottom - top);
      c.clip();
    }
    c.fillStyle = this.around;
    c.fillRect(0, 0, this.canvas.width, this.canvas.height);
    c.setTransform(scale, 0, 0, scale, x, y);
    c.beginPath();
    c.rect(0, 0, pageWidth, pageHeight);
    c.clip();
    c.fillStyle = "#ffffff";
    c.fillRect(0, 0, pageWidth, pageHeight);
    const g = b.ground;
    if (g && this.ground) {
      const at = groundPlace(g);
      c.drawImage(this.ground, at.left / tenths, at.top / tenths, (at.right - at.left) / tenths, (at.bottom - at.top) / tenths);
    }
    for (const o of b.visible()) {
      if (!part || meets(o.box, part)) {
        draw(c, o);
      }
    }
    c.restore();
  }
}

/** draw paints one object; the context's unit is the page's. */
export function draw(c: CanvasRenderingContext2D, o: Shape): void {
  const ink = palette[o.style.colour];
  c.lineCap = c.lineJoin = "round";
  c.strokeStyle = o.kind === "high" ? ink.high : ink.line;
  c.globalCompositeOperation = o.kind === "high" ? "multiply" : "source-over";
  for (const s of strokes(o)) {
    c.lineWidth = s.width / hundredths;
    trace(c, s);
    c.stroke();
  }
  c.globalCompositeOperation = "source-over";
  const text = rows(o);
  if (text.rows.length > 0) {
    c.fillStyle = ink.line;
    c.font = font(text.letters / hundredths);
    c.textBaseline = "alphabetic";
    c.textAlign = "left";
    text.rows.forEach((row) => c.fillText(row.text, row.place.x / hundredths, row.place.y / hundredths));
  }
}

function trace(c: CanvasRenderingContext2D, s: Stroke): void {
  c.beginPath();
  for (const piece of s.path) {
    const [p, q, r] = piece.to;
    switch (piece.verb) {
      case "M":
        c.moveTo(p.x / hundredths, p.y / hundredths);
        break;
      case "L":
        c.lineTo(p.x / hundredths, p.y / hundredths);
        break;
      case "Q":
        c.quadraticCurveTo(p.x / hundredths, p.y / hundredths, q.x / hundredths, q.y / hundredths);
        break;
      case "C":
        c.bezierCurveTo(p.x / hundredths, p.y / hundredths, q.x / hundredths, q.y / hundredths, r.x / hundredths, r.y / hundredths);
    }
  }
}

/** merged makes parts that do not overlap, so that nothing is painted twice. */
export function merged(parts: Box[]): Box[] {
  let list: Box[] = [];
  for (const part of parts) {
    let whole = part;
    for (let again = true; again; ) {
      const apart = list.filter((b) => !meets(b, whole) && list.length <= 16);
      again = apart.length < list.length;
      list.filter((b) => apart.indexOf(b) < 0).forEach((b) => (whole = { left: Math.min(b.left, whole.left), top: Math.min(b.top, whole.top), right: Math.max(b.right, whole.right), bottom: Math.max(b.bottom, whole.bottom) }));
      list = apart;
    }
    list.push(whole);
  }
  return list;
}

/** png is the whole page as a picture of 3200 by 1800 pixels. */
export function png(b: Board, ground: CanvasImageSource | null): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = pageWidth * 2;
  canvas.height = pageHeight * 2;
  const p = new Painter(canvas, "#ffffff");
  p.setGround(ground);
  p.show({ scale: 2, x: 0, y: 0 });
  p.paint(b);
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/png"));
}
