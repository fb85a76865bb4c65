// What a person does on the board. The twin of internal/call/board/tools.go.
import { Core } from "./core";
import { touches } from "./hit";
import { maxClock, maxCount, maxPoints, maxPosition, maxTargets, maxUndo, Refused, sorted, tenths } from "./limits";
import { boxOf, freehand, meets, middlePressure, pressures, sameGround, validGround, visible, type Ground, type Id, type Kind, type Point, type Style, type Thing } from "./object";
import { decodeOp, deltas, encodeOp, type Op } from "./op";
import { clean } from "./text";

/** At is where a tool is: units of the page, and a pressure from 0 to 1. */
export interface At {
  x: number;
  y: number;
  pressure: number;
}

/** mousePressure is the pressure of what has none. */
export const mousePressure = middlePressure / (pressures - 1);

/** closest is how near, in tenths, two points of a stroke may lie. */
const closest = 8;

/** maxStep is how many points of ours go into one operation. */
const maxStep = 200;

/** Deed is something of ours that can be undone. */
interface Deed {
  ids: Id[];
  /** hid: the deed hid them. */
  hid: boolean;
  swapped?: { before: Ground | null; after: Ground | null };
}

interface Live {
  object: Thing;
  /** logged of its points. */
  logged: number;
  pending: Point | null;
}

function limit(v: number, most: number): number {
  return Math.min(Math.max(v, -most), most);
}

export function position(at: At): Point {
  if (!isFinite(at.x) || !isFinite(at.y) || !isFinite(at.pressure)) {
    throw new Refused("number");
  }
  const whole = (v: number) => Math.floor(limit(v * tenths, maxPosition) + 0.5);
  return { x: whole(at.x), y: whole(at.y), p: Math.min(Math.max(Math.floor(at.pressure * (pressures - 1) + 0.5), 0), pressures - 1) };
}

function fit(kind: Kind, p: Point): Point {
  return kind === "pen" ? p : { x: p.x, y: p.y, p: 0 };
}

export abstract class Tools extends Core {
  private live: Live | null = null;
  private erasing = false;
  private undone: Deed[] = [];
  private deeds: Deed[] = [];

  /** begin starts a stroke of a pen or a highlighter. */
  begin(kind: Kind, style: Style, at: At): void {
    this.end();
    if (!freehand(kind)) {
      throw new Refused("malformed");
    }
    const id = this.place(kind, style, [fit(kind, position(at))], "");
    this.live = { object: this.model.object(id) as Thing, logged: 1, pending: null };
    this.did({ ids: [id], hid: false });
  }

  /** extend lengthens the stroke; its points are sent with the next take. */
  extend(at: At): void {
    const p = position(at);
    const s = this.live;
    if (!s) {
      return;
    }
    const q = fit(s.object.kind, p);
    const last = s.object.points[s.object.points.length - 1];
    const [dx, dy] = [q.x - last.x, q.y - last.y];
    if (dx * dx + dy * dy < closest * closest) {
      s.pending = q; // its end may be needed
      return;
    }
    s.pending = null;
    this.model.lengthen(s.object, [q]);
    if (s.object.points.length >= maxPoints) {
      this.continued(q);
    }
  }

  /** continued ends the stroke and begins another where it ended, as one deed. */
  private continued(p: Point): void {
    const { kind, style } = (this.live as Live).object;
    this.end();
    const id = this.place(kind, style, [p], "");
    this.live = { object: this.model.object(id) as Thing, logged: 1, pending: null };
    if (this.deeds.length > 0) {
      this.deeds[this.deeds.length - 1].ids.push(id);
    }
  }

  /** end ends the stroke, or what the eraser takes at once. */
  end(): void {
    const s = this.live;
    if (s) {
      const last = s.object.points[s.object.points.length - 1];
      if (s.pending && (s.pending.x !== last.x || s.pending.y !== last.y || s.pending.p !== last.p)) {
        this.model.lengthen(s.object, [s.pending]);
      }
      this.flush();
      if (this.live) {
        s.object.done = true;
        try {
          this.log({ verb: "more", of: s.object.id.seq, high: s.object.kind === "high", points: [], end: true });
        } catch (e) {
          // A full log leaves it open, which harms nobody.
        }
      }
      this.live = null;
    }
    this.erasing = false;
  }

  /** flush logs the points that were drawn since the last time. */
  protected flush(): void {
    const s = this.live;
    while (s && s.logged < s.object.points.length) {
      const n = Math.min(s.object.points.length, s.logged + maxStep);
      const points = deltas(s.object.points.slice(s.logged - 1, n)).slice(1);
      try {
        this.log({ verb: "more", of: s.object.id.seq, high: s.object.kind === "high", points, end: false });
      } catch (e) {
        // Nobody else will see what found no room: take it away here too.
        this.damage.part(s.object.box);
        s.object.points.length = s.logged;
        s.object.box = boxOf(s.object);
        this.live = null;
        return;
      }
      s.logged = n;
    }
  }

  /** correct makes the picture again, with what we have not logged yet. */
  protected correct(): void {
    this.flush();
    this.rebuild();
    if (this.live) {
      this.live.object = this.model.object(this.live.object.id) as Thing;
    }
  }

  /** add puts a line, an arrow, a rectangle or an ellipse between two corners. */
  add(kind: Kind, style: Style, from: At, to: At): void {
    this.end();
    if (freehand(kind) || kind === "text") {
      throw new Refused("malformed");
    }
    const id = this.place(kind, style, [fit(kind, position(from)), fit(kind, position(to))], "");
    this.did({ ids: [id], hid: false });
  }

  /** text puts a text with its upper left corner at a place. An empty one does nothing. */
  text(style: Style, at: At, text: string): void {
    this.end();
    const p = fit("text", position(at));
    const words = clean(text);
    if (words) {
      this.did({ ids: [this.place("text", style, [p], words)], hid: false });
    }
  }

  /** place adds an object above all others. */
  private place(kind: Kind, style: Style, points: Point[], text: string): Id {
    const o: Op = { verb: "add", clock: Math.min(this.model.clock + 1, maxClock), kind, style, points, text };
    decodeOp(JSON.parse(encodeOp(o))); // a style that does not exist
    const id = this.write(o);
    if (this.model.hidden(id)) {
      // Somebody hid it before it was there: say otherwise.
      try {
        this.hide([id], false);
      } catch (e) {
        // With a full log it stays hidden.
      }
    }
    return id;
  }

  /** erase hides what lies under a round eraser, both in units, and tells how many objects
   * went. What it takes until end is one deed. */
  erase(at: At, radius: number): number {
    const p = position(at);
    if (isNaN(radius)) {
      throw new Refused("number");
    }
    if (this.live) {
      this.end();
    }
    const r = Math.trunc(limit(radius * tenths, maxPosition));
    const around = { left: p.x - r, top: p.y - r, right: p.x + r, bottom: p.y + r };
    const ids = this.model.order.filter((o) => visible(o) && meets(o.box, around) && touches(o, p, r)).map((o) => o.id).reverse();
    if (ids.length === 0) {
      return 0;
    }
    this.hide(ids, true);
    if (!this.erasing) {
      this.did({ ids: [], hid: true });
      this.erasing = true;
    }
    const last = this.deeds[this.deeds.length - 1];
    last.ids = last.ids.concat(ids);
    return ids.length;
  }

  private hide(ids: Id[], hidden: boolean): void {
    for (let i = 0; i < ids.length; i += maxTargets) {
      this.write({ verb: hidden ? "hide" : "show", targets: ids.slice(i, i + maxTargets).map((id) => ({ id, count: Math.min(this.model.count(id), maxCount) })) });
    }
  }

  /** clear takes away everything that we see but the ground. It can be undone. */
  clear(): void {
    this.end();
    if (!this.model.order.some(visible)) {
      return;
    }
    const seen = sorted(this.authors).map((author) => ({ author, n: (this.authors.get(author) as { log: string[] }).log.length })).filter((s) => s.n > 0);
    this.did({ ids: [this.write({ verb: "clear", seen })], hid: false });
  }

  /** setGround puts a picture beneath the drawing; null takes it away. */
  setGround(g: Ground | null): void {
    this.end();
    if (g && !validGround(g)) {
      throw new Refused("malformed");
    }
    const before = this.ground;
    this.lay(g);
    this.did({ ids: [], hid: false, swapped: { before, after: this.ground } });
  }

  private lay(ground: Ground | null): void {
    this.write({ verb: "ground", count: Math.min(this.model.groundCount(), maxCount), ground });
  }

  private did(d: Deed): void {
    this.undone = [];
    this.deeds.push(d);
    if (this.deeds.length > maxUndo) {
      this.deeds.shift();
    }
  }

  get canUndo(): boolean {
    return this.mayDraw && this.deeds.length > 0;
  }

  get canRedo(): boolean {
    return this.mayDraw && this.undone.length > 0;
  }

  /** undo takes back the last thing that we did and that still shows. */
  undo(): boolean {
    this.end();
    return this.step(this.deeds, this.undone, true);
  }

  /** redo does again what undo took back. */
  redo(): boolean {
    this.end();
    return this.step(this.undone, this.deeds, false);
  }

  private step(from: Deed[], to: Deed[], back: boolean): boolean {
    while (from.length > 0) {
      const d = from[from.length - 1];
      let did: boolean;
      try {
        did = this.turn(d, back);
      } catch (e) {
        return false;
      }
      from.pop();
      if (did) {
        to.push(d);
        return true;
      }
    }
    return false;
  }

  /** turn does a deed again, or takes it back; false when that would change nothing. */
  private turn(d: Deed, back: boolean): boolean {
    if (d.swapped) {
      const [was, becomes] = back ? [d.swapped.after, d.swapped.before] : [d.swapped.before, d.swapped.after];
      if (!sameGround(this.ground, was)) {
        return false;
      }
      this.lay(becomes);
      return true;
    }
    const hide = d.hid !== back;
    const ids = d.ids.filter((id) => this.turns(id, hide));
    if (ids.length > 0) {
      this.hide(ids, hide);
    }
    return ids.length > 0;
  }

  /** turns tells whether hiding or showing a thing would be seen. */
  private turns(id: Id, hide: boolean): boolean {
    const o = this.model.object(id);
    if (!o) {
      return this.model.hidden(id) !== hide; // a clear
    }
    return hide ? visible(o) : o.hidden && o.covers === 0;
  }
}
