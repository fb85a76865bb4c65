// What the logs amount to, in whatever order those of different authors came. The twin of
// internal/call/board/model.go and damage.go.
import { ahead, maxPoints } from "./limits";
import { before, boxOf, freehand, join, key, sameGround, visible, type Box, type Ground, type Id, type Point, type Thing } from "./object";
import { follow, type Op } from "./op";

/** remembered is how many changes a painter may lag behind before it draws everything. */
const remembered = 256;

/** Damage remembers which parts of the page changed last. */
export class Damage {
  version = 0;
  private parts: Box[] = [];

  part(b: Box): void {
    this.version++;
    this.parts.push(b);
    if (this.parts.length >= 2 * remembered) {
      this.parts = this.parts.slice(remembered);
    }
  }

  all(): void {
    this.version++;
    this.parts = [];
  }

  /** since gives the parts that changed after a version; null when everything may have. */
  since(v: number): Box[] | null {
    if (v >= this.version) {
      return [];
    }
    const n = this.version - v;
    return n > this.parts.length ? null : this.parts.slice(this.parts.length - n);
  }
}

interface Entry {
  count: number;
  by: Id;
  hidden: boolean;
  ground: Ground | null;
}

function after(e: Entry, f: Entry): boolean {
  if (e.count !== f.count) {
    return e.count > f.count;
  }
  return e.by.author !== f.by.author ? e.by.author > f.by.author : e.by.seq > f.by.seq;
}

/** Register holds the last word about one thing. A count further ahead than ahead waits
 * for those between: nobody can claim the last word for ever. */
class Register {
  winner: Entry = { count: 0, by: { author: "", seq: 0 }, hidden: false, ground: null };
  private waiting: Entry[] = [];

  hear(e: Entry): void {
    const near = (w: Entry) => w.count <= this.winner.count + ahead;
    if (!near(e)) {
      this.waiting.push(e);
      return;
    }
    for (let next: Entry | undefined = e; next; ) {
      if (after(next, this.winner)) {
        this.winner = next;
      }
      const i = this.waiting.findIndex(near);
      next = i < 0 ? undefined : this.waiting.splice(i, 1)[0];
    }
  }
}

/** Sweep is a clear. */
interface Sweep {
  seen: Map<string, number>;
  /** known: everything that its author had seen is here. */
  known: boolean;
  undone: boolean;
}

const active = (s: Sweep) => s.known && !s.undone;

const takes = (s: Sweep, o: Thing) => o.id.seq <= (s.seen.get(o.id.author) || 0);

export class Model {
  clock = 0;
  order: Thing[] = [];
  private readonly objects = new Map<string, Thing>();
  private readonly registers = new Map<string, Register>();
  private readonly clears = new Map<string, Sweep>();
  private readonly grounds = new Register();
  private waiting: Sweep[] = [];

  constructor(private readonly damage: Damage) {}

  get ground(): Ground | null {
    return this.grounds.winner.ground;
  }

  /** groundCount is what the next operation on the ground carries. */
  groundCount(): number {
    return this.grounds.winner.count + 1;
  }

  object(id: Id): Thing | undefined {
    return this.objects.get(key(id));
  }

  /** count is what the next operation on a thing carries. */
  count(id: Id): number {
    const r = this.registers.get(key(id));
    return r ? r.winner.count + 1 : 1;
  }

  hidden(id: Id): boolean {
    const r = this.registers.get(key(id));
    return !!r && r.winner.hidden;
  }

  /** apply takes one operation of an author, the next in their log. */
  apply(id: Id, o: Op): void {
    switch (o.verb) {
      case "add":
        this.add(id, o);
        return;
      case "more":
        this.more(id, o);
        return;
      case "hide":
      case "show":
        for (const t of o.targets) {
          this.register(t.id).hear({ count: t.count, by: id, hidden: o.verb === "hide", ground: null });
          this.reveal(t.id);
        }
        return;
      case "ground": {
        const was = this.ground;
        this.grounds.hear({ count: o.count, by: id, hidden: false, ground: o.ground });
        if (!sameGround(was, this.ground)) {
          this.damage.all();
        }
        return;
      }
      case "clear": {
        const s: Sweep = { seen: new Map(), known: false, undone: this.hidden(id) };
        o.seen.forEach((n) => s.seen.set(n.author, n.n));
        this.clears.set(key(id), s);
        this.waiting.push(s);
      }
    }
  }

  private register(id: Id): Register {
    let r = this.registers.get(key(id));
    if (!r) {
      r = new Register();
      this.registers.set(key(id), r);
    }
    return r;
  }

  private add(id: Id, o: Op & { verb: "add" }): void {
    const object: Thing = { id, kind: o.kind, style: o.style, points: o.points.slice(), text: o.text, done: !freehand(o.kind), clock: o.clock, hidden: this.hidden(id), covers: 0, box: boxOf(o) };
    this.objects.set(key(id), object);
    this.clock = Math.max(this.clock, o.clock);
    let at = this.order.length;
    while (at > 0 && before(this.order[at - 1], object) > 0) {
      at--;
    }
    this.order.splice(at, 0, object);
    if (visible(object)) {
      this.damage.part(object.box);
    }
  }

  /** more lengthens a stroke. What does not fit it does nothing, on every side alike. */
  private more(id: Id, o: Op & { verb: "more" }): void {
    const object = this.object({ author: id.author, seq: o.of });
    if (!object || object.done || object.kind !== (o.high ? "high" : "pen") || object.points.length + o.points.length > maxPoints) {
      return;
    }
    const points = follow(object.points[object.points.length - 1], o.points);
    if (points) {
      this.lengthen(object, points);
      object.done = o.end;
    }
  }

  lengthen(object: Thing, points: Point[]): void {
    if (points.length === 0) {
      return;
    }
    points.forEach((p) => object.points.push(p));
    // The last curve bends towards the new points, so it is painted again too.
    const end = boxOf(object, Math.max(0, object.points.length - points.length - 2));
    object.box = join(object.box, end);
    if (visible(object)) {
      this.damage.part(end);
    }
  }

  /** reveal fits a thing to what its register says. */
  private reveal(id: Id): void {
    const hidden = this.hidden(id);
    const s = this.clears.get(key(id));
    if (s && s.undone !== hidden) {
      const was = active(s);
      s.undone = hidden;
      this.sweep(s, was);
    }
    const o = this.object(id);
    if (o && o.hidden !== hidden) {
      const was = visible(o);
      o.hidden = hidden;
      if (visible(o) !== was) {
        this.damage.part(o.box);
      }
    }
  }

  /** sweep covers or uncovers what a clear takes, when its state has changed. */
  private sweep(s: Sweep, was: boolean): void {
    if (active(s) === was) {
      return;
    }
    for (const o of this.order) {
      if (takes(s, o)) {
        o.covers += active(s) ? 1 : -1;
      }
    }
    this.damage.all();
  }

  /** settle looks whether clears that waited can be carried out; known is the length of a log. */
  settle(known: (author: string) => number): void {
    this.waiting = this.waiting.filter((s) => {
      if (Array.from(s.seen.keys()).some((author) => known(author) < (s.seen.get(author) as number))) {
        return true;
      }
      s.known = true;
      this.sweep(s, false);
      return false;
    });
  }
}
