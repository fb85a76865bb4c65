// The whiteboard of the page: what several people draw at once, the same for all of them,
// with nobody in the middle. The twin of internal/call/board, byte for byte; this file is
// its sync.go. Times are milliseconds, payloads are text: JSON that goes over the wire as
// UTF-8.
import type { Author, Options } from "./core";
import { maxPeers, Refused, sorted, utf8Length, validId, personOf } from "./limits";
import { decode, encode, nothing, type Message } from "./message";
import { Pointers, Pointing, type Pointer } from "./pointer";
import { position, Tools } from "./tools";

/** pace is the shortest time between two payloads to the same person. */
export const pace = 40;
const filled = 14000;
const patience = 3000;
const announceBusy = 5000;
const announceQuiet = 20000;

interface Peer {
  mayDraw: boolean;
  /** known is set once they said what they have; have grows with what we send them. */
  known: boolean;
  me: string;
  have: Map<string, number>;
  hear: Set<string>;
  /** wants: they ask us for what others drew. */
  wants: boolean;
  /** tell: we owe them what we have. */
  tell: boolean;
  /** A long log goes in steps: asked until they answer the last one. */
  asked: boolean;
  askedAt: number;
  holeAt: number;
}

/** Out is a payload on its way: to one person, or to everybody when to is empty. */
export interface Out {
  to: string;
  data: string;
}

export class Board extends Tools {
  private readonly peers = new Map<string, Peer>();
  private readonly pointers = new Pointers();
  private readonly pointing = new Pointing();
  private speaker = "";
  private took = -Infinity;
  private told = -Infinity;

  constructor(o: Options) {
    super(o);
  }

  protected met(person: string): boolean {
    return this.peers.has(person);
  }

  /** meet: a channel with somebody is open, or open again. */
  meet(id: string, mayDraw: boolean): void {
    if (!validId(id) || id === this.self || (!this.peers.has(id) && this.peers.size >= maxPeers)) {
      return;
    }
    this.peers.set(id, { mayDraw, known: false, me: "", have: new Map(), hear: new Set(), wants: false, tell: true, asked: false, askedAt: 0, holeAt: -Infinity });
  }

  /** part: somebody has left. What they drew stays. */
  part(id: string): void {
    this.peers.delete(id);
    this.pointers.part(id);
  }

  /** point tells the others where our pointer is; laser leaves a trail. */
  point(x: number, y: number, laser: boolean): void {
    if (this.mayDraw && isFinite(x) && isFinite(y)) {
      this.pointing.point(position({ x, y, pressure: 0 }), laser);
    }
  }

  /** away tells the others that our pointer left the board. */
  away(): void {
    this.pointing.away();
  }

  /** seen are the others' pointers as they are to be shown now. */
  seen(now: number): Pointer[] {
    return this.pointers.now(now);
  }

  /** hear takes a payload of somebody whom we have met, and throws Refused. The board is
   * as good as before then. */
  hear(from: string, payload: string, now: number): void {
    const p = this.peers.get(from);
    if (!p) {
      throw new Refused("stranger");
    }
    const m = decode(payload);
    if (!m) {
      return;
    }
    if (m.me) {
      this.heardHave(from, p, m);
    }
    p.tell = p.tell || m.ask;
    if (!p.mayDraw) {
      if (m.log.length > 0 || m.point.length > 0) {
        throw new Refused("watch");
      }
      return;
    }
    if (m.point.length > 0 || m.gone) {
      this.pointers.hear(from, m, now);
    }
    this.heardLog(from, p, m, now);
  }

  private heardLog(from: string, p: Peer, m: Message, now: number): void {
    let refused: Refused | null = null;
    let corrected = false;
    for (const l of m.log) {
      const got = this.learn(from, l);
      corrected = corrected || got.corrected;
      refused = refused || got.refused;
      if (got.hole && now - p.holeAt >= 1000) {
        p.holeAt = now;
        p.tell = true;
      }
    }
    if (corrected) {
      this.correct();
    } else if (m.log.length > 0) {
      this.settle();
    }
    if (refused) {
      throw refused;
    }
  }

  private heardHave(from: string, p: Peer, m: Message): void {
    p.known = true;
    p.asked = false;
    p.me = m.me;
    p.wants = m.all === this.self;
    p.have = new Map(m.have.map((s): [string, number] => [s.author, s.n]));
    p.hear = new Set(m.hear);
    // Nobody has more of what somebody writes than they themself.
    const a = this.authors.get(m.me);
    const own = Math.max(p.have.get(m.me) || 0, a ? a.said : 0);
    if (a && personOf(m.me) === from && a.log.length > own) {
      a.cut(own);
      this.correct();
    }
  }

  /** take gives what is to be sent now; call it about 25 times a second while there are
   * others. now must not go backwards. */
  take(now: number): Out[] {
    if (now - this.took < pace) {
      return [];
    }
    this.took = now;
    this.flush();
    if (this.peers.size === 0) {
      this.pointing.drop();
      return [];
    }
    this.announce(now);
    const pointing = this.pointing.take();
    const outs: Out[] = [];
    let same = true;
    for (const to of sorted(this.peers)) {
      const p = this.peers.get(to) as Peer;
      const m: Message = { ...pointing, have: [], hear: [], log: [] };
      if (p.asked && now - p.askedAt >= patience) {
        p.askedAt = now;
        m.ask = true;
      }
      if (p.tell) {
        p.tell = false;
        this.fillHave(m);
      }
      if (this.mayDraw && p.known && !p.asked && this.fillLog(m, p)) {
        p.asked = m.ask = true;
        p.askedAt = now;
      }
      const data = encode(m);
      if (data === nothing) {
        same = false;
        continue;
      }
      outs.push({ to, data });
      same = same && outs[0].data === data;
    }
    return same && outs.length > 1 ? [{ to: "", data: outs[0].data }] : outs;
  }

  /** announce makes us say what we have when it is time, and ask the next person for what
   * the absent drew. */
  private announce(now: number): void {
    const every = this.news ? announceBusy : announceQuiet;
    if (this.speaker && this.peers.has(this.speaker) && now - this.told < every) {
      return;
    }
    const able = sorted(this.peers).filter((id) => (this.peers.get(id) as Peer).mayDraw);
    const next = able.filter((id) => id > this.speaker)[0] || able[0] || "";
    if (!next && now - this.told < every) {
      return; // everybody watches
    }
    this.speaker = next;
    this.told = now;
    this.news = false;
    this.peers.forEach((p) => (p.tell = true));
  }

  private fillHave(m: Message): void {
    m.me = this.me;
    m.all = this.speaker;
    m.hear = sorted(this.peers);
    for (const author of sorted(this.authors)) {
      const a = this.authors.get(author) as Author;
      const n = this.peers.has(personOf(author)) ? a.said : a.log.length;
      if (n > 0) {
        m.have.push({ author, n });
      }
    }
  }

  /** fillLog adds what a person lacks, as much as fits; true when something is left. Ours
   * come first: nobody else tells them. */
  private fillLog(m: Message, p: Peer): boolean {
    const start = filled - utf8Length(encode(m));
    let room = start;
    for (const ours of [true, false]) {
      for (const name of sorted(this.authors)) {
        const owner = personOf(name);
        if ((owner === this.self) !== ours || (!ours && (!p.wants || p.hear.has(owner) || name === p.me))) {
          continue;
        }
        const log = (this.authors.get(name) as Author).log;
        const from = p.have.get(name) || 0;
        let n = from;
        while (n < log.length && (room >= utf8Length(log[n]) || room === start)) {
          room -= utf8Length(log[n]) + 1;
          n++;
        }
        if (n > from) {
          m.log.push({ author: name, from: from + 1, ops: log.slice(from, n), read: [] });
          p.have.set(name, n);
          room -= name.length + 20;
        }
        if (n < log.length) {
          return true;
        }
      }
    }
    return false;
  }
}
