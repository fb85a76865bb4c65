// The board as an SVG picture. The twin of internal/call/board/svg.go. Nothing in it is taken
// as markup from anybody: texts are escaped, and everything else is written here.
import type { Board } from "./board";
import { pageHeight, pageWidth } from "./limits";
import { groundPlace, palette, type Shape } from "./object";
import { data, rows, strokes, units } from "./shape";

/** svg writes what is visible; picture is the ground as PNG in base64, or "" to leave it out. */
export function svg(b: Board, picture: string): string {
  const size = `width="${pageWidth}" height="${pageHeight}" viewBox="0 0 ${pageWidth} ${pageHeight}"`;
  let s = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${size}><rect width="100%" height="100%" fill="#ffffff"/>`;
  const g = b.ground;
  if (g && /^[A-Za-z0-9+/]+=*$/.test(picture)) {
    const at = groundPlace(g);
    const [x, y, w, h] = [at.left, at.top, at.right - at.left, at.bottom - at.top].map((v) => units(v * 10));
    s += `<image x="${x}" y="${y}" width="${w}" height="${h}" preserveAspectRatio="none" xlink:href="data:image/png;base64,${picture}"/>`;
  }
  return s + '<g fill="none" stroke-linecap="round" stroke-linejoin="round">' + b.visible().map(element).join("") + "</g></svg>\n";
}

function element(o: Shape): string {
  const ink = palette[o.style.colour];
  const [colour, blend] = o.kind === "high" ? [ink.high, ' style="mix-blend-mode:multiply"'] : [ink.line, ""];
  const lines = strokes(o).map((line) => `<path d="${data(line)}" stroke="${colour}" stroke-width="${units(line.width)}"${blend}/>`);
  const text = rows(o);
  const letters = text.rows.map(
    (row) =>
      `<text x="${units(row.place.x)}" y="${units(row.place.y)}" fill="${colour}" font-family="Atkinson Hyperlegible, Verdana, sans-serif" ` +
      `font-size="${units(text.letters)}" xml:space="preserve">${escape(row.text)}</text>`,
  );
  return lines.concat(letters).join("");
}

const entities: { [char: string]: string } = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

function escape(s: string): string {
  return s.replace(/[&<>"']/g, (c) => entities[c]);
}
