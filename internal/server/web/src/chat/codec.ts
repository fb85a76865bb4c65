// The messages of a conversation: what one side says to one other. docs/protocol.md, 13.2; the
// twin of internal/call/chat/codec.go.
import { text, type Bytes } from "../seal/bytes";
import { clean } from "./text";

/** Limits of what another participant may send. */
const payloadMost = 24 << 10; // bytes
const idMost = 48; // bytes
const gotMost = 64;
const agoMost = 24 * 3600 * 1000; // ms
const wholeMost = Math.pow(2, 63);

/** Say is a message. */
export interface Say {
  /** id is unique for its author. */
  id: string;
  text: string;
  /** ago is how long ago it was written, in ms: nobody's clock is trusted. */
  ago: number;
}

/** Said is what one says to another: exactly one of its fields. */
export interface Said {
  say?: Say;
  /** back returns to its author what they said, for they have begun anew. */
  back?: Say;
  /** live is what stands in the author's field now; typing only that something does. */
  live?: { text: string };
  typing?: boolean;
  /** got confirms; met names the run of the sender's program. They are views. */
  got?: string[];
  met?: string;
}

/** receipt tells what is a view, see Data. */
export function receipt(s: Said): boolean {
  return s.got !== undefined || !!s.met;
}

export function encode(s: Said): Bytes {
  return text(JSON.stringify(s));
}

/** Malformed: what came is no message of a conversation. */
class Malformed extends Error {}

/** decode reads what came, bounded and cleaned; null for what is no message of a conversation. */
export function decode(payload: Bytes): Said | null {
  if (payload.length > payloadMost) {
    return null;
  }
  try {
    return read(JSON.parse(new TextDecoder("utf-8", { ignoreBOM: true }).decode(payload)));
  } catch (e) {
    return null;
  }
}

function read(whole: unknown): Said {
  const o = object(whole) || {};
  const s: Said = {};
  for (const name of ["say", "back"] as const) {
    const m = object(o[name]);
    if (m) {
      s[name] = message(m);
    }
  }
  const live = object(o.live);
  if (live) {
    s.live = { text: clean(optional(live.text, "string") || "") };
  }
  s.typing = optional(o.typing, "boolean");
  s.met = optional(o.met, "string");
  if (o.got !== undefined && o.got !== null) {
    if (!Array.isArray(o.got) || o.got.length > gotMost) {
      throw new Malformed();
    }
    s.got = o.got.map((id) => optional(id, "string") || "");
  }
  if (s.met && text(s.met).length > idMost) {
    throw new Malformed();
  }
  return s;
}

function message(m: { [name: string]: unknown }): Say {
  const ago = optional(m.ago, "number") || 0;
  const said = { id: optional(m.id, "string") || "", text: clean(optional(m.text, "string") || ""), ago: Math.min(Math.max(ago, 0), agoMost) };
  if (Math.floor(ago) !== ago || Math.abs(ago) >= wholeMost || !said.id || text(said.id).length > idMost || !said.text) {
    throw new Malformed();
  }
  return said;
}

/** object is undefined for what is not there. */
function object(o: unknown): { [name: string]: unknown } | undefined {
  if (o === undefined || o === null) {
    return undefined;
  }
  if (typeof o !== "object" || Array.isArray(o)) {
    throw new Malformed();
  }
  return o as { [name: string]: unknown };
}

interface Kinds {
  string: string;
  number: number;
  boolean: boolean;
}

/** optional is a field that may be missing, but may not be of another kind. */
function optional<K extends keyof Kinds>(value: unknown, kind: K): Kinds[K] | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== kind) {
    throw new Malformed();
  }
  return value as Kinds[K];
}
