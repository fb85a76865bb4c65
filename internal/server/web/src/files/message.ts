// The control messages about files, as they travel over the sealed channel between two
// people (docs/protocol.md, 14.4). The twin of internal/call/files/message.go.
import { decode as unbase, encode as base, text, type Bytes } from "../seal/bytes";
import { keySize } from "./parcel";
import { safeName } from "./name";

/** maxPayload is the longest control message, in bytes. */
export const maxPayload = 16384;
const maxSaid = 1024;
const maxSize = Math.pow(2, 50);

export type Use = string;
export type Reply = "accepted" | "received" | "refused";

/** Offer tells of a file, again whenever something of it changed. */
export interface Offer {
  id: string;
  use: Use;
  name: string;
  /** size in bytes. */
  size: number;
  /** kind is a MIME type, as the sender says; may be empty. */
  kind: string;
  blob: string;
  key: Bytes;
  /** sum is the SHA-256 of the file; empty while it is being sent. */
  sum: Bytes;
}

export type Control =
  | { type: "offer"; data: Offer }
  | { type: "withdrawn"; data: { id: string } }
  | { type: "answer"; data: { id: string; reply: Reply; why: string } };

export function encode(c: Control): Bytes {
  let data: { [name: string]: unknown } = { ...c.data };
  if (c.type === "offer") {
    data = { ...c.data, key: base(c.data.key) };
    if (c.data.sum.length) {
      data.sum = base(c.data.sum);
    } else {
      delete data.sum;
    }
    if (!c.data.kind) {
      delete data.kind;
    }
  }
  if (c.type === "answer" && !c.data.why) {
    delete data.why;
  }
  return text(JSON.stringify({ type: c.type, data }));
}

/** decode reads what another participant sent: nothing in it is taken on trust. It answers
 * null for what is malformed or not known. */
export function decode(payload: Uint8Array): Control | null {
  if (payload.length > maxPayload) {
    return null;
  }
  try {
    const m = JSON.parse(new TextDecoder().decode(payload));
    return m && m.data && typeof m.data === "object" ? read(m.type, m.data) : null;
  } catch (e) {
    return null;
  }
}

const isID = (s: unknown): s is string => typeof s === "string" && /^[A-Za-z0-9_-]{16,64}$/.test(s);
const word = (s: unknown, most: number): s is string => typeof s === "string" && /^[a-z_]+$/.test(s) && s.length <= most;

function read(type: unknown, d: { [name: string]: unknown }): Control | null {
  if (!isID(d.id)) {
    return null;
  }
  switch (type) {
    case "offer":
      return offer(d.id, d);
    case "withdrawn":
      return { type, data: { id: d.id } };
    case "answer":
      if ((d.reply !== "accepted" && d.reply !== "received" && d.reply !== "refused") || !(d.why === undefined || d.why === "" || word(d.why, 32))) {
        return null;
      }
      return { type, data: { id: d.id, reply: d.reply, why: d.why || "" } };
  }
  return null;
}

export const kindIsGood = (kind: string) => kind === "" || /^[a-z0-9.+-]{1,63}\/[a-z0-9.+-]{1,127}$/.test(kind);

function offer(id: string, d: { [name: string]: unknown }): Control | null {
  const { use, name, size, blob } = d;
  const kind = d.kind === undefined ? "" : d.kind;
  const key = unbase(d.key);
  const told = d.sum !== undefined && d.sum !== null && d.sum !== "";
  const sum = told ? unbase(d.sum) : new Uint8Array(0);
  const good =
    isID(blob) && typeof use === "string" && /^[a-z]{1,16}$/.test(use) && typeof name === "string" && text(name).length <= maxSaid &&
    typeof size === "number" && size > 0 && size <= maxSize && Math.floor(size) === size &&
    typeof kind === "string" && kindIsGood(kind) && key.length === keySize && (!told || sum.length === 32);
  return good ? { type: "offer", data: { id, use: use as string, name: safeName(name as string), size: size as number, kind: kind as string, blob: blob as string, key, sum } } : null;
}
