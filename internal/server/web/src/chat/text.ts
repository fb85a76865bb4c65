// What people write: cleaned, and cut into text and links. The twin of internal/call/chat/text.go,
// both checked against internal/call/chat/testdata.
import { mark } from "./marks";

/** textMost is how long a message may be, in Unicode code points; the rest is cut. */
export const textMost = 4000;

/** marksMost is how many accents may stand on one letter. */
const marksMost = 4;

/** unseen are control and format characters, those of private use, lone surrogates, separators of
 * lines and paragraphs, and what stands for a character that could not be read (Unicode 15.0,
 * general categories Cc, Cf without the joiners, Co, Cs, Zl, Zp). */
const unseen = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufeff\uffa0\ufff9-\ufffb\ufffd\u{110bd}\u{110cd}\u{13430}-\u{1343f}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}\u{f0000}-\u{ffffd}\u{100000}-\u{10fffd}]/u;

/** clean leaves what can be seen, and line breaks: no control characters, nothing that turns the
 * direction of what stands beside it, nothing invisible. */
export function clean(text: string): string {
  let out = "";
  let letters = 0;
  let marks = 0;
  for (const c of text.replace(/\r\n?/g, "\n").replace(/\t/g, " ")) {
    if (unseen.test(c)) {
      continue;
    }
    const on = mark(c.codePointAt(0) as number);
    if (on && ++marks > marksMost) {
      continue;
    }
    marks = on ? marks : 0;
    if (++letters > textMost) {
      break;
    }
    out += c;
  }
  return out.trim();
}

/** Part is a piece of a message: a link, or text between links. */
export interface Part {
  text: string;
  link: boolean;
}

const addresses = /\bhttps?:\/\/[^\t\n\f\r <>"«»\u00a0\u202f]+/gi;

/** trailing is what ends a sentence, and not a link. */
const trailing = /[.,;:!?…)\]}»"'’]+$/;

/** parts finds the links of a text: http and https addresses, as they are written. They are never
 * fetched. */
export function parts(text: string): Part[] {
  const all: Part[] = [];
  const add = (piece: string, link: boolean) => {
    if (piece) {
      all.push({ text: piece, link });
    }
  };
  let at = 0;
  text.replace(addresses, (found: string, from: number) => {
    const link = found.replace(trailing, "");
    if (leads(link)) {
      add(text.slice(at, from), false);
      add(link, true);
      at = from + link.length;
    }
    return found;
  });
  add(text.slice(at), false);
  return all;
}

/** leads tells whether an address names a host and nobody's name or password, and is written
 * well: the rules of Go's net/url, which are stricter than a browser's. */
function leads(address: string): boolean {
  const m = /^https?:\/\/([^/?#]*)([^?#]*)[^#]*(?:#([^]*))?$/i.exec(address);
  if (!m) {
    return false;
  }
  const [, host, path, fragment] = m;
  const escaped = [path, fragment || ""].every((s) => !/%(?![0-9a-f]{2})/i.test(s));
  if (/^\[[0-9a-f:.]+\](?::[0-9]*)?$/i.test(host)) {
    return escaped && parses(address);
  }
  return escaped && /^(?:[\w!$&'()*+,;=.~\]-]|[^\u0000-\u007f]|%25|%[89a-f][0-9a-f])*(?::[0-9]*)?$/i.test(host) && host !== "";
}

function parses(address: string): boolean {
  try {
    return new URL(address).host !== "";
  } catch (e) {
    return false;
  }
}
