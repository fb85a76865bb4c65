// What is really in a file, by its first bytes, and what somebody should know before they
// open it. A small list of our own: the libraries that know hundreds of kinds need newer
// engines than we promise, and the page does nothing with a kind but say it.
import { extension } from "./name";

/** Warning: it can be run; opening it in a browser may run what is in it; a document that
 * may bring programs along; it is not what its name says. */
export type Warning = "" | "program" | "active" | "macros" | "mismatch";

export interface Kind {
  /** mime is a MIME type without parameters. */
  mime: string;
  warning: Warning;
}

/** headSize is how much of a file is looked at, in bytes. */
export const headSize = 3072;

const programs = ".exe .com .scr .pif .cpl .msi .msp .mst .msix .appx .bat .cmd .ps1 .psm1 .vbs .vbe .js .jse .mjs .wsf .wsh .hta .jar .lnk .url .website .inf .reg .scf .dll .ocx .sys .chm .gadget .application .appref-ms .settingcontent-ms .library-ms .search-ms .app .command .tool .workflow .action .dmg .pkg .mpkg .scpt .terminal .fileloc .inetloc .deb .rpm .run .sh .bash .zsh .ksh .csh .desktop .appimage .flatpakref .apk .ipa .iso .img .vhd .vhdx .py .pyw .pl .rb .php".split(" ");
const active = ".html .htm .xhtml .xht .shtml .mht .mhtml .svg .svgz .xml .xsl .xslt .swf".split(" ");
const macros = ".docm .dotm .xlsm .xltm .xlam .xlsb .xll .pptm .potm .ppsm .ppam .sldm .one .odb".split(" ");

/** warningOf is what a name alone tells. */
export function warningOf(name: string): Warning {
  const e = extension(name);
  return programs.indexOf(e) >= 0 ? "program" : active.indexOf(e) >= 0 ? "active" : macros.indexOf(e) >= 0 ? "macros" : "";
}

/** magic is the beginning of each kind that we know, as text of one character a byte. */
const magic: [RegExp, string][] = [
  [/^\x89PNG\r\n\x1a\n/, "image/png"],
  [/^\xff\xd8\xff/, "image/jpeg"],
  [/^GIF8[79]a/, "image/gif"],
  [/^RIFF[^]{4}WEBP/, "image/webp"],
  [/^BM[^]{4}\0\0\0\0/, "image/bmp"],
  [/^(II\*\0|MM\0\*)/, "image/tiff"],
  [/^[^]{4}ftyp(heic|heix|hevc|mif1|msf1)/, "image/heic"],
  [/^[^]{4}ftypavi[fs]/, "image/avif"],
  [/^[^]{4}ftyp/, "video/mp4"],
  [/^[^]{128}DICM/, "application/dicom"],
  [/^%PDF-/, "application/pdf"],
  [/^MZ/, "application/vnd.microsoft.portable-executable"],
  [/^\x7fELF/, "application/x-elf"],
  [/^(\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe)/, "application/x-mach-binary"],
  [/^#!/, "text/x-shellscript"],
  [/^\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1/, "application/x-ole-storage"],
  [/^PK(\x03\x04|\x05\x06)/, "application/zip"],
  [/^(\xef\xbb\xbf)?\s*(<\?xml[^]*?)?(<!--[^]*?-->\s*|<!DOCTYPE svg[^]*?>\s*)*<svg[\s>]/i, "image/svg+xml"],
  [/^(\xef\xbb\xbf)?\s*(<!--[^]*?-->\s*)*<(!doctype html|html|head|body|script|iframe|h1|div|font|table|a|style|title|b|br|p)[\s>]/i, "text/html"],
  [/^(\xef\xbb\xbf)?\s*<\?xml/, "text/xml"],
];

/** claims is what a file of an extension is; nothing where anything may be. */
const claims: [RegExp, RegExp][] = [
  [/^\.(png|gif|webp|bmp|avif)$/, /^image\//],
  [/^\.jpe?g$/, /^image\/jpeg$/],
  [/^\.tiff?$/, /^image\/tiff$/],
  [/^\.hei[cf]$/, /^image\/heic$/],
  [/^\.pdf$/, /^application\/pdf$/],
  [/^\.(zip|docx|xlsx|pptx|odt|ods|odp)$/, /^application\/zip$/],
  [/^\.(doc|xls|ppt)$/, /^(application\/x-ole-storage|text\/plain)$/],
  [/^\.(txt|csv)$/, /^text\/plain$/],
  [/^\.dcm$/, /^application\/dicom$/],
];

/** kindOf looks at the first bytes of a file and at its name. */
export function kindOf(head: Uint8Array, name: string): Kind {
  let text = "";
  for (let i = 0; i < head.length && i < headSize; i++) {
    text += String.fromCharCode(head[i]);
  }
  const found = magic.filter(([mark]) => mark.test(text))[0];
  const mime = found ? found[1] : /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? "application/octet-stream" : "text/plain";
  return { mime, warning: warn(mime, name) };
}

function warn(mime: string, name: string): Warning {
  if (/executable|x-elf|x-mach|shellscript/.test(mime)) {
    return "program";
  }
  const named = warningOf(name);
  if (named === "program") {
    return named;
  }
  if (/html|svg|xml/.test(mime)) {
    return "active";
  }
  const e = extension(name);
  const claim = claims.filter(([of]) => of.test(e))[0];
  const exact = /^\.(png|gif|webp|bmp|avif)$/.test(e) ? mime === "image/" + e.slice(1) : !claim || claim[1].test(mime);
  return named || (exact ? "" : "mismatch");
}
