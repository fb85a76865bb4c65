// Payloads between two boards. The twin of internal/call/board/message.go.
import { maxCount, maxPayload, maxPeers, maxTrail, Refused, utf8Length, validAuthor, validId, whole } from "./limits";
import type { Point } from "./object";
import { decodeOp, encodeOp, encodeSeen, fields, flat, readPoints, readSeen, type Op, type Seen } from "./op";

/** version of the payloads. Another one is ignored: it comes from a later program. */
const version = 1;

/** Batch is a part of an author's log, the first one with number from. */
export interface Batch {
  author: string;
  from: number;
  ops: string[];
  /** read are the same operations, in what came. */
  read: Op[];
}

export interface Message {
  /** me is who the sender writes as, with what they have, whom they hear, and who is asked for the rest. */
  me: string;
  have: Seen[];
  hear: string[];
  all: string;
  log: Batch[];
  ask: boolean;
  point: Point[];
  press: boolean;
  gone: boolean;
}

export function message(): Message {
  return { me: "", have: [], hear: [], all: "", log: [], ask: false, point: [], press: false, gone: false };
}

export function encode(m: Message): string {
  let s = '{"v":' + version;
  if (m.me) {
    s += ',"me":"' + m.me + '","have":' + encodeSeen(m.have) + ',"hear":' + JSON.stringify(m.hear) + ',"all":"' + m.all + '"';
  }
  if (m.log.length > 0) {
    s += ',"log":[' + m.log.map((l) => '["' + l.author + '",' + l.from + ",[" + l.ops.join(",") + "]]").join(",") + "]";
  }
  if (m.ask) {
    s += ',"ask":1';
  }
  if (m.point.length > 0) {
    s += ',"point":' + flat(m.point, false) + (m.press ? ',"press":1' : "");
  }
  return s + (m.gone ? ',"gone":1}' : "}");
}

/** nothing is the payload that need not be sent. */
export const nothing = encode(message());

/** decode reads a payload; null for one of another version. What does not encode to the
 * same text again is refused. */
export function decode(payload: string): Message | null {
  if (utf8Length(payload) > maxPayload) {
    throw new Refused("large");
  }
  let v: unknown;
  try {
    v = JSON.parse(payload);
  } catch (e) {
    throw new Refused("malformed");
  }
  if (v === null) {
    return null;
  }
  const f = fields(v);
  if (f.v !== version) {
    return null;
  }
  const m = message();
  m.ask = f.ask === 1;
  m.press = f.press === 1;
  m.gone = f.gone === 1;
  if (f.me !== undefined) {
    if (!validAuthor(f.me) || (f.all !== "" && !validId(f.all)) || !Array.isArray(f.hear) || f.hear.length > maxPeers || !f.hear.every(validId)) {
      throw new Refused("malformed");
    }
    m.me = f.me;
    m.all = f.all as string;
    m.hear = f.hear;
    m.have = readSeen(f.have);
  }
  if (f.log !== undefined) {
    if (!Array.isArray(f.log)) {
      throw new Refused("malformed");
    }
    m.log = f.log.map(readBatch);
  }
  if (f.point !== undefined) {
    m.point = readPoints(f.point, false, 1, maxTrail);
  }
  if (encode(m) !== payload) {
    throw new Refused("malformed");
  }
  return m;
}

function readBatch(v: unknown): Batch {
  if (!Array.isArray(v) || v.length !== 3 || !validAuthor(v[0]) || !whole(v[1], 1, maxCount) || !Array.isArray(v[2]) || v[2].length === 0) {
    throw new Refused("malformed");
  }
  const read = v[2].map(decodeOp);
  return { author: v[0], from: v[1], ops: read.map(encodeOp), read };
}
