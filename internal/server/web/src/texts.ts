// The page's sentences, in French and English, from the same files as the desktop's.
import { common as enCommon, files as enFiles, page as enPage, pdf as enPDF } from "../../../../assets/i18n/en.json";
import { common as frCommon, files as frFiles, page as frPage, pdf as frPDF } from "../../../../assets/i18n/fr.json";

export type Language = "fr" | "en";

// What is said of a file's transfer and of PDFs is the desktop's too: `files` of the texts file is
// `transfer` here, and `pdf` is `paper`.
const trees = {
  fr: { common: frCommon, page: { ...frPage, transfer: frFiles, paper: frPDF } },
  en: { common: enCommon, page: { ...enPage, transfer: enFiles, paper: enPDF } },
};

export type Path<T> = { [K in keyof T & string]: T[K] extends string ? K : `${K}.${Path<T[K]>}` }[keyof T & string];

/** A key of the texts file: `page.…`, `files.…` as `transfer.…`, `pdf.…` as `paper.…`, or `common.…` written in full. */
export type Key = Path<typeof frPage> | `transfer.${Path<typeof frFiles>}` | `paper.${Path<typeof frPDF>}` | `common.${Path<typeof frCommon>}`;

/** The keys that have a .one and a .other form. */
export type Counted = "minutes" | "chat.unread" | "files.unread" | "files.both" | "files.bytes" | "welcome.days" | "welcome.hours";

export type Holes = { [name: string]: string | number };

/** The languages of the page; the first is the default. */
export const languages: Language[] = ["fr", "en"];

/** speaks finds the language we speak for a tag such as "en-GB", or null. */
export function speaks(tag: string | undefined): Language | null {
  const short = (tag || "").slice(0, 2).toLowerCase();
  return short === "fr" || short === "en" ? short : null;
}

/** find is the text under key in tree, with {name} replaced for each hole; a missing one is its key. */
export function find(tree: object, key: string, holes?: Holes): string {
  let node: unknown = tree;
  for (const part of key.split(".")) {
    node = node && typeof node === "object" ? (node as { [k: string]: unknown })[part] : undefined;
  }
  if (typeof node !== "string") {
    return key;
  }
  return holes ? node.replace(/\{([a-z_]+)\}/g, (whole, name) => (name in holes ? String(holes[name]) : whole)) : node;
}

/** Texts are the sentences in one language, with its way to write dates and numbers. */
export class Texts {
  constructor(readonly language: Language) {}

  /** t is the text under key, with {name} replaced for each hole. */
  t(key: Key, holes?: Holes): string {
    return find(key.slice(0, 7) === "common." ? trees[this.language] : trees[this.language].page, key, holes);
  }

  /** n picks the singular or the plural by the language's rule. */
  n(key: Counted, n: number): string {
    const one = n === 1 || (n === 0 && this.language === "fr");
    return this.t((key + (one ? ".one" : ".other")) as Key, { n });
  }

  /** size writes a number of bytes as "2,4 Mo": in the units of the limit, thousands of thousands. */
  size(bytes: number): string {
    const units: Key[] = ["files.kb", "files.mb", "files.gb"];
    let unit = -1;
    let n = bytes;
    while (unit < units.length - 1 && n >= (unit < 0 ? 1000 : 999.5)) {
      n /= 1000;
      unit++;
    }
    if (unit < 0) {
      return this.n("files.bytes", bytes);
    }
    const short = (n < 9.95 ? n.toFixed(1) : n.toFixed(0)).replace(/\.0$/, "");
    return this.t(units[unit], { n: this.language === "fr" ? short.replace(".", ",") : short });
  }

  /** time writes a moment (ms) as "10 h 30" or "10:30", in the device's zone. */
  time(at: number): string {
    const d = new Date(at);
    const minute = ("0" + d.getMinutes()).slice(-2);
    const hour = this.language === "fr" ? String(d.getHours()) : ("0" + d.getHours()).slice(-2);
    return this.t("common.time", { hour, minute }).replace(/ /g, "\u00a0");
  }

  /** day writes a moment (ms) as "mardi 3 juin". */
  day(at: number): string {
    const d = new Date(at);
    const tag = this.language === "fr" ? "fr-FR" : "en-GB";
    const weekday = d.toLocaleDateString(tag, { weekday: "long" });
    const month = d.toLocaleDateString(tag, { month: "long" });
    const number = d.getDate() === 1 ? this.t("first") : String(d.getDate());
    return weekday + " " + number + "\u00a0" + month;
  }

  /** when writes day and time: "mardi 3 juin, 10 h 30". */
  when(at: number): string {
    return this.t("when", { day: this.day(at), time: this.time(at) });
  }

  /** span writes a length of time (ms) in its largest two units. */
  span(ms: number): string {
    const minutes = Math.ceil(ms / 60000);
    if (minutes < 1) {
      return this.t("welcome.under_minute");
    }
    if (minutes < 60) {
      return this.n("minutes", minutes);
    }
    const hours = Math.floor(minutes / 60);
    if (hours < 24) {
      const rest = minutes % 60;
      return this.n("welcome.hours", hours) + (rest ? " " + this.n("minutes", rest) : "");
    }
    return this.n("welcome.days", Math.round(hours / 24));
  }
}

/** clean takes what another person wrote and leaves visible characters only: no
 * control, no bidirectional override, nothing invisible that could disguise a name. */
export function clean(text: string, limit: number): string {
  const visible = text
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\ufff0-\ufffb]/g, "")
    .trim();
  return Array.from(visible).slice(0, limit).join("");
}

/** cleanLine is clean for a name: one line only. */
export function cleanLine(text: string, limit: number): string {
  return clean(text.replace(/\s+/g, " "), limit);
}
