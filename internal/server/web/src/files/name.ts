// Names of files that somebody else sent, made safe to show and to keep a file under. The
// twin of internal/call/files/safe/name.go, checked against the same testdata.

/** maxName is how long a name may be, in bytes of UTF-8. */
export const maxName = 120;
const maxExtension = 16;
const nameless = "file";

/** Written out, for the oldest engines do not know Unicode's categories in expressions. */
const unseen: [number, number][] = [
  [0, 0x1f], [0x7f, 0x9f], [0xad, 0xad], [0x600, 0x605], [0x61c, 0x61c], [0x6dd, 0x6dd], [0x70f, 0x70f], [0x115f, 0x1160], [0x180b, 0x180e],
  [0x200b, 0x200f], [0x202a, 0x202e], [0x2060, 0x206f], [0x2800, 0x2800], [0x3164, 0x3164], [0xd800, 0xf8ff], [0xfe00, 0xfe0f], [0xfeff, 0xfeff], [0xffa0, 0xffa0], [0xfff0, 0xffff],
  [0x1d173, 0x1d17a], [0xe0000, 0x10ffff],
];

const blank = /^[\t\n\r\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/;
const devices = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³])$/i;

const utf8 = new TextEncoder();
const length = (s: string) => utf8.encode(s).length;
const trim = (s: string) => s.replace(/^[. ]+|[. ]+$/g, "");

/** safeName makes a name with no path, no control or direction characters, none that a
 * system takes for something else. Extensions stay, so that photo.jpg.exe is seen for what
 * it is. */
export function safeName(s: string): string {
  s = s.slice(Math.max(s.lastIndexOf("/"), s.lastIndexOf("\\")) + 1);
  let out = "";
  for (const c of s) {
    const code = c.codePointAt(0) as number;
    if (/[<>:"|?*]/.test(c)) {
      out += "_";
    } else if (blank.test(c)) {
      out += " ";
    } else if (!unseen.some(([from, to]) => code >= from && code <= to)) {
      out += c;
    }
  }
  out = trim(out.replace(/^ +| +$/g, "").replace(/ +/g, " "));
  if (devices.test(out.split(".")[0].replace(/ +$/, ""))) {
    out = "_" + out;
  }
  return trim(shorten(out)) || nameless;
}

/** shorten cuts the middle out: what a file is stands at the end of its name. */
function shorten(s: string): string {
  if (length(s) <= maxName) {
    return s;
  }
  let tail = suffix(s);
  if (length(tail) > maxExtension) {
    tail = "";
  }
  const room = maxName - length(tail);
  let head = "";
  let used = 0;
  for (const c of s) {
    used += length(c);
    if (used > room) {
      break;
    }
    head += c;
  }
  return trim(head) + tail;
}

/** extension is what follows the last dot, with the dot and in lower case. */
export function extension(name: string): string {
  return suffix(name).toLowerCase();
}

/** suffix is the extension as it stands in the name: in lower case it may have another length. */
function suffix(name: string): string {
  const at = name.lastIndexOf(".");
  return at <= 0 || at === name.length - 1 ? "" : name.slice(at);
}
