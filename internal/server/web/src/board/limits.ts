// What a board takes, and the errors that say it took something not. The twin of
// internal/call/board/board.go; docs/protocol.md, "Whiteboard".

/** The page is so many units wide and high; positions on the wire are whole tenths. */
export const pageWidth = 1600;
export const pageHeight = 900;
export const tenths = 10;

export const maxPayload = 16 << 10;
export const maxAuthors = 64;
export const maxLog = 1 << 20;
export const maxOperations = 1 << 15;
export const maxObjects = 4000;
export const maxPoints = 4000;
export const maxText = 500;
export const maxLines = 20;

export const maxClears = 200;
export const maxRelayed = maxAuthors / 2;
export const maxPeers = 32;
export const maxRaw = 7000;
export const maxBatch = 1000;
export const maxTargets = 50;
export const maxClock = Math.pow(2, 40);
export const maxCount = Math.pow(2, 31) - 1;
export const maxPosition = 32767;
export const maxUndo = 200;
/** ahead is how far ahead a register's count may be. */
export const ahead = 16;
export const maxTrail = 24;

/** Reason is why something was refused. */
export type Reason = "malformed" | "large" | "full" | "watch" | "stranger" | "number";

/** Refused is thrown by what comes in and by the tools. The screen has a sentence for each reason. */
export class Refused extends Error {
  constructor(readonly reason: Reason) {
    super("whiteboard: " + reason);
    Object.setPrototypeOf(this, Refused.prototype);
  }
}

/** validId tells whether s may be the id of a participant or of a file. */
export function validId(s: unknown): s is string {
  return typeof s === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(s);
}

/** validAuthor tells whether s may name an author: a participant's id and a run. */
export function validAuthor(s: unknown): s is string {
  return typeof s === "string" && /^[A-Za-z0-9_-]{1,64}~[a-z0-9]{1,16}$/.test(s);
}

/** personOf is the participant behind an author. */
export function personOf(author: string): string {
  return author.slice(0, author.indexOf("~"));
}

/** whole tells whether v is a whole number between two. */
export function whole(v: unknown, least: number, most: number): v is number {
  return typeof v === "number" && Number.isInteger(v) && v >= least && v <= most;
}

/** sorted are the keys of m; they are ASCII, so this is the order of their bytes. */
export function sorted(m: Map<string, unknown>): string[] {
  return Array.from(m.keys()).sort();
}

/** utf8Length is how many bytes a text has on the wire. */
export function utf8Length(s: string): number {
  let n = 0;
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    // Each half of a pair stands for two of its four bytes.
    n += c < 0x80 ? 1 : c < 0x800 || (c >= 0xd800 && c <= 0xdfff) ? 2 : 3;
  }
  return n;
}
