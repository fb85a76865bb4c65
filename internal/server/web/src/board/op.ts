// Operations as they stand in logs and on the wire. The twin of internal/call/board/op.go:
// what does not encode to the same bytes again is refused.
import { maxBatch, maxClock, maxCount, maxPosition, maxRaw, maxTargets, maxAuthors, Refused, utf8Length, validAuthor, whole } from "./limits";
import { corners, palette, pressures, sizes, validGround, widths, type Ground, type Id, type Kind, type Point, type Style } from "./object";
import { clean } from "./text";

/** Seen says that the operations of an author are known up to a number. */
export interface Seen {
  author: string;
  n: number;
}

/** Target is an object to hide or to show; count is one more than the highest that was known. */
export interface Target {
  id: Id;
  count: number;
}

export type Op =
  /** points are absolute here, and relative to the one before on the wire. */
  | { verb: "add"; clock: number; kind: Kind; style: Style; points: Point[]; text: string }
  /** points are relative, the first one to the last one of the stroke. */
  | { verb: "more"; of: number; high: boolean; points: Point[]; end: boolean }
  | { verb: "hide" | "show"; targets: Target[] }
  | { verb: "ground"; count: number; ground: Ground | null }
  | { verb: "clear"; seen: Seen[] };

export function flat(points: Point[], pressed: boolean): string {
  return "[" + points.map((p) => (pressed ? p.x + "," + p.y + "," + p.p : p.x + "," + p.y)).join(",") + "]";
}

export function deltas(points: Point[]): Point[] {
  return points.map((p, i) => (i === 0 ? p : { x: p.x - points[i - 1].x, y: p.y - points[i - 1].y, p: p.p - points[i - 1].p }));
}

export function encodeSeen(list: Seen[]): string {
  return "[" + list.map((s) => '["' + s.author + '",' + s.n + "]").join(",") + "]";
}

/** encodeOp writes the one form that an operation has. */
export function encodeOp(o: Op): string {
  const start = '{"o":"' + o.verb + '"';
  switch (o.verb) {
    case "add":
      return (
        start + ',"c":' + o.clock + ',"k":"' + o.kind + '","i":' + o.style.colour + ',"w":' + o.style.width + ',"p":' + flat(deltas(o.points), o.kind === "pen") +
        (o.kind === "text" ? ',"t":' + JSON.stringify(o.text) : "") + "}"
      );
    case "more":
      return start + ',"n":' + o.of + ',"p":' + flat(o.points, !o.high) + (o.high ? ',"h":1' : "") + (o.end ? ',"e":1' : "") + "}";
    case "hide":
    case "show":
      return start + ',"x":[' + o.targets.map((t) => '["' + t.id.author + '",' + t.id.seq + "," + t.count + "]").join(",") + "]}";
    case "ground": {
      const g = o.ground;
      return start + ',"c":' + o.count + (g ? ',"f":"' + g.file + '","b":' + g.width + ',"h":' + g.height + ',"s":"' + g.sha + '"' : "") + "}";
    }
    case "clear":
      return start + ',"s":' + encodeSeen(o.seen) + "}";
  }
}

export type Fields = { [name: string]: unknown };

export function fields(v: unknown): Fields {
  if (typeof v !== "object" || v === null || Array.isArray(v)) {
    throw new Refused("malformed");
  }
  return v as Fields;
}

function check(good: boolean): void {
  if (!good) {
    throw new Refused("malformed");
  }
}

/** decodeOp reads an operation. The caller compares the bytes that it encodes to. */
export function decodeOp(v: unknown): Op {
  const o = readOp(fields(v));
  if (utf8Length(encodeOp(o)) > maxRaw) {
    throw new Refused("large");
  }
  return o;
}

function readOp(f: Fields): Op {
  switch (f.o) {
    case "add":
      return readAdd(f);
    case "more": {
      check(whole(f.n, 1, maxCount));
      const end = f.e === 1;
      const high = f.h === 1;
      return { verb: "more", of: f.n as number, high, end, points: readPoints(f.p, !high, end ? 0 : 1, maxBatch) };
    }
    case "hide":
    case "show": {
      const list = f.x;
      check(Array.isArray(list) && list.length >= 1 && list.length <= maxTargets);
      return { verb: f.o, targets: (list as unknown[]).map(readTarget) };
    }
    case "ground": {
      check(whole(f.c, 1, maxCount));
      if (f.f === undefined) {
        return { verb: "ground", count: f.c as number, ground: null };
      }
      const ground = { file: f.f, width: f.b, height: f.h, sha: f.s } as Ground;
      check(validGround(ground));
      return { verb: "ground", count: f.c as number, ground };
    }
    case "clear":
      return { verb: "clear", seen: readSeen(f.s) };
  }
  throw new Refused("malformed");
}

function readAdd(f: Fields): Op {
  const kind = f.k as Kind;
  const [least, most] = corners(kind);
  const points = follow({ x: 0, y: 0, p: 0 }, readPoints(f.p, kind === "pen", least, most));
  check(whole(f.c, 1, maxClock) && whole(f.i, 0, palette.length - 1) && whole(f.w, 0, (kind === "text" ? sizes : widths).length - 1) && points !== null);
  if (kind === "text") {
    check(typeof f.t === "string" && f.t !== "" && f.t === clean(f.t));
  }
  return { verb: "add", clock: f.c as number, kind, style: { colour: f.i as number, width: f.w as number }, points: points as Point[], text: kind === "text" ? (f.t as string) : "" };
}

function readTarget(v: unknown): Target {
  check(Array.isArray(v) && v.length === 3);
  const [author, seq, count] = v as unknown[];
  check(validAuthor(author) && whole(seq, 1, maxCount) && whole(count, 1, maxCount));
  return { id: { author: author as string, seq: seq as number }, count: count as number };
}

export function readPoints(v: unknown, pressed: boolean, least: number, most: number): Point[] {
  const size = pressed ? 3 : 2;
  check(Array.isArray(v));
  const list = v as unknown[];
  const n = list.length / size;
  check(list.length % size === 0 && n >= least && n <= most && list.every((c) => whole(c, -2 * maxPosition, 2 * maxPosition)));
  const points: Point[] = [];
  for (let i = 0; i < list.length; i += size) {
    points.push({ x: list[i] as number, y: list[i + 1] as number, p: pressed ? (list[i + 2] as number) : 0 });
  }
  return points;
}

/** follow makes relative points absolute; null when one leaves its range. */
export function follow(from: Point, points: Point[]): Point[] | null {
  const out: Point[] = [];
  for (const p of points) {
    from = { x: from.x + p.x, y: from.y + p.y, p: from.p + p.p };
    if (Math.max(Math.abs(from.x), Math.abs(from.y)) > maxPosition || from.p < 0 || from.p >= pressures) {
      return null;
    }
    out.push(from);
  }
  return out;
}

/** readSeen reads [[author,n],…], sorted and each author once. */
export function readSeen(v: unknown): Seen[] {
  check(Array.isArray(v) && v.length <= maxAuthors);
  const list = (v as unknown[]).map((row) => {
    check(Array.isArray(row) && row.length === 2 && validAuthor(row[0]) && whole(row[1], 1, maxCount));
    const [author, n] = row as [string, number];
    return { author, n };
  });
  check(list.every((s, i) => i === 0 || list[i - 1].author < s.author));
  return list;
}
