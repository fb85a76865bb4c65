// Texts on the board, made fit for it. The twin of internal/call/board/text.go: the list of
// what is banned is written out, because both sides must agree on it for ever.
import { maxLines, maxText } from "./limits";

const banned: [number, number][] = [
  [0x00, 0x09], [0x0b, 0x1f], [0x7f, 0x9f], [0xad, 0xad], [0x61c, 0x61c], [0x115f, 0x1160], [0x180e, 0x180e],
  [0x200b, 0x200b], [0x200e, 0x200f], [0x2028, 0x202e], [0x2060, 0x206f], [0x3164, 0x3164],
  [0xd800, 0xf8ff], [0xfe00, 0xfe0e], [0xfeff, 0xfeff], [0xffa0, 0xffa0], [0xfff0, 0xffff],
  [0x1d173, 0x1d17a], [0xe0000, 0x10ffff],
];

function allowed(char: string): boolean {
  const c = char.codePointAt(0) as number;
  return !banned.some(([from, to]) => c >= from && c <= to);
}

function trim(s: string): string {
  return s.replace(/^[ \n]+|[ \n]+$/g, "");
}

/** clean makes what somebody typed or pasted fit for the board. */
export function clean(s: string): string {
  const visible = Array.from(s).filter(allowed).join("");
  const chars = Array.from(trim(visible.split("\n").slice(0, maxLines).join("\n")));
  return chars.length > maxText ? trim(chars.slice(0, maxText).join("")) : chars.join("");
}

/** measure counts the lines and the code points of the longest. */
export function measure(s: string): { lines: number; longest: number } {
  const lines = s.split("\n");
  return { lines: lines.length, longest: Math.max(...lines.map((l) => Array.from(l).length)) };
}
