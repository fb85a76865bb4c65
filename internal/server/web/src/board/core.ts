// The logs of a board and its model, kept together. The twin of internal/call/board/log.go.
import { maxAuthors, maxClears, maxLog, maxObjects, maxOperations, maxRaw, maxRelayed, personOf, Refused, sorted, utf8Length, validAuthor } from "./limits";
import type { Batch } from "./message";
import { Damage, Model } from "./model";
import { visible, type Box, type Ground, type Id, type Thing } from "./object";
import { decodeOp, encodeOp, type Op } from "./op";

/** overhead is what an operation costs beside its bytes. */
const overhead = 32;

type Need = "drawing" | "tidying" | "sweeping";

function need(o: Op): Need {
  return o.verb === "add" || o.verb === "more" ? "drawing" : o.verb === "clear" ? "sweeping" : "tidying";
}

/** Author is the log of one author, without holes. */
export class Author {
  readonly log: string[] = [];
  /** said is how many of them the author told us in person; later ones give way to what
   * the author says. */
  said = 0;
  private bytes = 0;
  private objects = 0;
  private clears = 0;

  /** fits depends on the log alone, so that every log ends at the same place for everybody. */
  fits(o: Op, raw: string): boolean {
    return (
      this.bytes + utf8Length(raw) + overhead <= maxLog && this.log.length < maxOperations &&
      (o.verb !== "add" || this.objects < maxObjects) && (o.verb !== "clear" || this.clears < maxClears)
    );
  }

  /** full: we should write no more of a kind; a little before fits says no, so that who is
   * full can still undo. */
  full(n: Need): boolean {
    switch (n) {
      case "drawing":
        return this.bytes >= (maxLog / 8) * 7 || this.log.length >= (maxOperations / 8) * 7 || this.objects >= maxObjects;
      case "sweeping":
        return this.clears >= maxClears || this.full("tidying");
    }
    return this.bytes >= maxLog - maxRaw || this.log.length >= maxOperations;
  }

  push(o: Op, raw: string): void {
    this.log.push(raw);
    this.tally(o, raw, 1);
  }

  /** cut takes away what others said in an author's name. */
  cut(n: number): void {
    this.log.slice(n).forEach((raw) => this.tally(read(raw), raw, -1));
    this.log.length = n;
    this.said = Math.min(this.said, n);
  }

  private tally(o: Op, raw: string, n: number): void {
    this.bytes += n * (utf8Length(raw) + overhead);
    this.objects += o.verb === "add" ? n : 0;
    this.clears += o.verb === "clear" ? n : 0;
  }
}

function read(raw: string): Op {
  return decodeOp(JSON.parse(raw));
}

export interface Options {
  /** self is our id among the participants. */
  self: string;
  /** run is random, new for each start of a page. */
  run: string;
  mayDraw: boolean;
}

export abstract class Core {
  mayDraw: boolean;
  protected readonly self: string;
  protected readonly me: string;
  protected readonly authors = new Map<string, Author>();
  protected readonly damage = new Damage();
  protected model = new Model(this.damage);
  /** news: something was logged since the last announcement. */
  protected news = false;

  constructor(o: Options) {
    this.self = o.self;
    this.me = o.self + "~" + o.run;
    this.mayDraw = o.mayDraw;
    if (!validAuthor(this.me)) {
      throw new Refused("malformed");
    }
  }

  /** met tells whether somebody else is here. */
  protected abstract met(person: string): boolean;

  /** version grows with every change of the picture. */
  get version(): number {
    return this.damage.version;
  }

  /** changes are the parts, in tenths, that may look different than at an earlier version;
   * null when everything may. */
  changes(since: number): Box[] | null {
    return this.damage.since(since);
  }

  /** visible is what is to be drawn, the lowest first: highlighters lie beneath the rest. */
  visible(): Thing[] {
    const seen = this.model.order.filter(visible);
    return seen.filter((o) => o.kind === "high").concat(seen.filter((o) => o.kind !== "high"));
  }

  get ground(): Ground | null {
    return this.model.ground;
  }

  /** full: our own drawings have used up their room; hiding and undoing still work. */
  get full(): boolean {
    const a = this.authors.get(this.me);
    return !!a && a.full("drawing");
  }

  get empty(): boolean {
    return !this.ground && !this.model.order.some(visible);
  }

  private present(name: string): boolean {
    return personOf(name) === this.self || this.met(personOf(name));
  }

  private authorOf(name: string): Author {
    let a = this.authors.get(name);
    if (!a) {
      const others = Array.from(this.authors.keys()).filter((known) => !this.present(known)).length;
      if (this.authors.size >= maxAuthors || (!this.present(name) && others >= maxRelayed)) {
        throw new Refused("full");
      }
      a = new Author();
      this.authors.set(name, a);
    }
    return a;
  }

  /** write logs an operation of our own and carries it out. */
  protected write(o: Op): Id {
    const id = this.log(o);
    this.model.apply(id, o);
    this.settle();
    return id;
  }

  /** log only logs it. */
  protected log(o: Op): Id {
    if (!this.mayDraw) {
      throw new Refused("watch");
    }
    const a = this.authorOf(this.me);
    const raw = encodeOp(o);
    if (a.full(need(o)) || !a.fits(o, raw)) {
      throw new Refused("full");
    }
    a.push(o, raw);
    this.news = true;
    return { author: this.me, seq: a.log.length };
  }

  protected settle(): void {
    this.model.settle((author) => {
      const a = this.authors.get(author);
      return a ? a.log.length : 0;
    });
  }

  /** learn takes a part of somebody's log from a person whom we have met. hole: something
   * between is missing; corrected: the model must be made again; refused: why the rest was not taken. */
  protected learn(from: string, l: Batch): { hole: boolean; corrected: boolean; refused: Refused | null } {
    const owner = personOf(l.author);
    const result = { hole: false, corrected: false, refused: null as Refused | null };
    // We know better about ourselves, and whoever is here tells us in person.
    if (l.author === this.me || (owner !== from && owner !== this.self && this.met(owner))) {
      return result;
    }
    let a: Author;
    try {
      a = this.authorOf(l.author);
    } catch (e) {
      result.refused = e as Refused;
      return result;
    }
    const inPerson = owner === from;
    for (let i = 0; i < l.ops.length; i++) {
      const n = l.from + i;
      const known = inPerson ? a.said : a.log.length;
      if (n <= known) {
        continue;
      }
      if (n > known + 1) {
        result.hole = true;
        return result;
      }
      if (n <= a.log.length) {
        if (a.log[n - 1] === l.ops[i]) {
          a.said = n;
          continue;
        }
        a.cut(n - 1);
        result.corrected = true;
      }
      if (!a.fits(l.read[i], l.ops[i])) {
        result.refused = new Refused("full");
        return result;
      }
      a.push(l.read[i], l.ops[i]);
      this.news = true;
      if (inPerson) {
        a.said = n;
      }
      if (!result.corrected) {
        this.model.apply({ author: l.author, seq: n }, l.read[i]);
      }
    }
    return result;
  }

  /** rebuild makes the model from the logs again, after one was corrected. */
  protected rebuild(): void {
    this.model = new Model(this.damage);
    for (const name of sorted(this.authors)) {
      (this.authors.get(name) as Author).log.forEach((raw, i) => this.model.apply({ author: name, seq: i + 1 }, read(raw)));
    }
    this.settle();
    this.damage.all();
  }
}
