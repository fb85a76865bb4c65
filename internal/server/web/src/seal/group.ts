// The keys of one participant in one room, from coming to leaving: an agreement with each
// other one, and under it the keys of frames. The twin of internal/call/seal/group.go.
// WebCrypto answers late, so everything waits in line: one thing is done after the other.
import type { Data, FromClient, FromServer, Topic } from "../wire.gen";
import { decode, encode, random, same, text, type Bytes } from "./bytes";
import { makeKeys, Pair, randomSize, type Keys } from "./pair";
import { keySize } from "./sframe";

/** How the group is patient, ms. */
const usualRekey = 60000;
const leastRekey = 1000;
const mostRekey = 600000;
/** ackLimit: a new key waits so long for everybody to have it. */
const ackLimit = 2000;
/** againAfter: what was not acknowledged is sent again. */
const againAfter = 1000;
/** stuckAfter: an agreement that goes no further begins anew. */
const mismatchesMost = 3;
const stuckAfter = 3000;
const stuckMost = 12000;
const membersMost = 16;
/** Who makes us reveal a nonce and begins anew before the end has one try at the code for
 * nothing: only triesMost are suffered, and one is forgotten every triesForget, ms. */
const triesMost = 30;
const triesForget = 60000;
/** restartAfter: one partner's commitment begins an agreement anew at most so often, ms. */
const restartAfter = 1000;
const provenKept = 8;
const maxKid = Math.pow(2, 32);
const maxFingerprint = 512;

/** Member is another participant who is in the call and agreed to capture. */
export interface Member {
  id: string;
  /** keys and seal are what their program can do, see Ready. */
  keys: boolean;
  seal: boolean;
}

/** Standing is how far the agreement with one other participant is. */
export type Standing = "" | "agreeing" | "agreed" | "broken";

/** Pairing is what the screen may tell of one other participant. */
export interface Pairing {
  peer: string;
  standing: Standing;
  /** code is the safety code: four numbers below 256, or none. */
  code: number[];
  /** agreed counts agreements that both have heard of in this stay: what features said under an
   * earlier one may be lost. */
  agreed: number;
  /** proven are the generations of direct connections whose certificate the other side
   * confirmed under the pair's key. */
  proven: number[];
}

/** Frames keep the keys of frames, where frames are sealed and opened. */
export interface Frames {
  /** use seals with this key from now on; joined: for somebody new, who needs a key frame. */
  use(base: Bytes, kid: number, joined: boolean): void;
  /** add opens what this person sends; it answers once it can. */
  add(peer: string, base: Bytes, kid: number): Promise<boolean>;
  forget(peer: string): void;
  /** meets says whose frames matter: of the others nothing need be kept. */
  meets(peers: string[]): void;
  /** clear lets frames pass that are not sealed, both ways. */
  clear(yes: boolean): void;
}

export type Agreement = Extract<FromServer, { type: "commit" | "reveal" | "encapsulate" | "sealed" | "data" }>;

export interface Options {
  /** frames are null where this browser cannot seal. */
  frames: Frames | null;
  send(m: FromClient): void;
  /** said takes what a feature of another participant said, see say. */
  said?(peer: string, topic: Topic, view: boolean, said: Bytes): void;
  /** changed tells that pairings or sealed may say something new. */
  changed(): void;
  now(): number;
}

/** Epoch is one key of ours. */
interface Epoch {
  kid: number;
  base: Bytes;
  since: number;
  joined: boolean;
  told: { [id: string]: number };
  have: { [id: string]: boolean };
}

/** Partner is what we know of one member. */
interface Partner {
  pair: Pair;
  /** revealed: our nonce is known to the other side. */
  revealed: boolean;
  agreed: number;
  /** heard: something of theirs was opened, so they have the pair's key too. */
  heard: boolean;
  broken: boolean;
  /** mismatches counts what did not fit: a commitment may be lost with a line, three are not. */
  mismatches: number;
  /** keyed: a key of theirs came under this agreement. */
  keyed: boolean;
  begun: number;
  patience: number;
  /** restarted is when their commitment last began it anew. */
  restarted: number;
  /** The certificates of direct connections by generation: ours, theirs as their description
   * has it, and what they say theirs is. */
  ours: Map<number, string>;
  theirs: Map<number, string>;
  said: Map<number, string>;
  proven: number[];
}

/** bound lets the oldest generations go. */
function bound(m: Map<number, string>): void {
  while (m.size > provenKept) {
    m.delete(Math.min(...Array.from(m.keys())));
  }
}

/** aside is what the server sees of what a feature says. */
function aside(topic: Topic, view: boolean): string {
  return "ekermed data v1 " + topic + (view ? " view" : "");
}

function whole(n: unknown, below: number): n is number {
  return typeof n === "number" && Math.floor(n) === n && n >= 0 && n < below;
}

export class Group {
  private self = "";
  private keys: Keys | null = null;
  private rekey = usualRekey;
  private members: Member[] = [];
  private readonly peers = new Map<string, Partner>();
  private current: Epoch;
  /** next is told to the others, not used yet. */
  private next: Epoch | null = null;
  private dirty = false;
  /** tries counts agreements in which we revealed and that came to no end, or were begun anew
   * by the other side, with anybody; alarmed: there were too many. */
  private tries = 0;
  private triedAt: number;
  private alarmed = false;
  /** always: no frame may ever leave in clear. */
  private always = false;
  private closed = false;
  private line: Promise<void>;

  constructor(private readonly o: Options) {
    this.current = this.epoch(1);
    this.triedAt = o.now();
    if (o.frames) {
      o.frames.use(this.current.base.slice(), 1, false);
    }
    this.line = makeKeys().then(
      (keys) => {
        this.keys = keys;
      },
      () => this.close(), // no keys, no agreement: the screen claims none
    );
  }

  /** then does one thing after what waits already. */
  private then(todo: () => Promise<void> | void): Promise<void> {
    this.line = this.line
      .then(() => (this.closed ? undefined : todo()))
      .catch(() => undefined) // of one message; it is said again by who is honest
      .then(() => this.tellChanges());
    return this.line;
  }

  private tellChanges(): void {
    if (this.dirty && !this.closed) {
      this.dirty = false;
      this.o.changed();
    }
  }

  /** enter takes what the server said at the door: our id, how often keys change (seconds, 0
   * for our own choice), and whether everything must be sealed. */
  enter(self: string, rekey: number, sealed: boolean): Promise<void> {
    return this.then(() => {
      if (self !== this.self) {
        this.self = self;
        this.peers.forEach((p) => this.tried(p));
        this.peers.clear(); // they knew us by another name
        this.dirty = true;
      }
      this.always = this.always || sealed;
      this.rekey = Math.min(Math.max(rekey * 1000 || usualRekey, leastRekey), mostRekey);
      return this.meet(this.members);
    });
  }

  /** sealed tells whether frames are sealed: everybody in the call can. */
  sealed(): boolean {
    return this.o.frames !== null && (this.always || this.members.every((m) => m.keys && m.seal));
  }

  /** meets says who is in the call besides us. */
  meets(members: Member[]): Promise<void> {
    return this.then(() => this.meet(members.slice(0, membersMost)));
  }

  private async meet(members: Member[]): Promise<void> {
    this.dirty = this.dirty || JSON.stringify(members) !== JSON.stringify(this.members);
    this.members = members;
    let left = false;
    for (const [id, p] of Array.from(this.peers)) {
      if (!members.some((m) => m.id === id && m.keys)) {
        left = left || p.pair.agreed();
        this.tried(p);
        this.peers.delete(id);
        this.forget(id);
      }
    }
    if (this.o.frames) {
      this.o.frames.meets(members.map((m) => m.id));
      this.o.frames.clear(!this.sealed());
    }
    for (const m of members) {
      if (m.keys && this.self && !this.alarmed && !this.peers.has(m.id)) {
        await this.begin(m.id, {
          pair: this.pair(m.id), revealed: false, agreed: 0, heard: false, broken: false, mismatches: 0, keyed: false, begun: 0, patience: stuckAfter, restarted: -restartAfter,
          ours: new Map(), theirs: new Map(), said: new Map(), proven: [],
        });
      }
    }
    if (left) {
      await this.rotate(false); // who left must not hear what comes
    }
  }

  private forget(peer: string): void {
    if (this.o.frames) {
      this.o.frames.forget(peer);
    }
  }

  private pair(id: string): Pair {
    return new Pair(this.self, id, this.keys as Keys);
  }

  /** begin starts an agreement, or starts it anew. */
  private async begin(id: string, p: Partner): Promise<void> {
    this.peers.set(id, p);
    p.pair = this.pair(id);
    p.revealed = p.heard = p.keyed = false;
    p.begun = this.o.now();
    p.proven = [];
    p.said.clear();
    this.dirty = true;
    this.o.send({ type: "commit", data: await p.pair.commit() });
  }

  /** receive takes a message of another participant; its peer is who sent it. */
  receive(m: Agreement): Promise<void> {
    return this.then(() => this.take(m));
  }

  private async take(m: Agreement): Promise<void> {
    const p = this.peers.get(m.data.peer);
    if (!p) {
      return;
    }
    switch (m.type) {
      case "commit":
        return this.committed(m.data.peer, p, decode(m.data.commitment));
      case "reveal":
        if (p.pair.theirCommit && !p.pair.theirKey) {
          const enc = await this.fits(p, p.pair.revealed(m.data));
          if (enc) {
            this.dirty = true;
            this.o.send({ type: "encapsulate", data: enc });
          }
        }
        return;
      case "encapsulate":
        if (p.pair.theirKey && !p.pair.agreed() && (await this.fits(p, p.pair.encapsulated(m.data).then(() => true)))) {
          for (const [gen, fingerprint] of Array.from(p.ours)) {
            await this.tell(m.data.peer, { bind: { gen, fingerprint } });
          }
          await this.rotate(true);
        }
        return;
      case "data":
        return this.said(p, m.data);
      case "sealed":
        return this.unsealed(m.data.peer, p, m.data.data);
    }
  }

  /** committed takes a commitment; one that differs means that the other side began anew. */
  private async committed(id: string, p: Partner, theirs: Bytes): Promise<void> {
    if (theirs.length !== randomSize || (p.pair.theirCommit && same(theirs, p.pair.theirCommit))) {
      return;
    }
    if (p.revealed) {
      if (!this.again(p)) {
        return; // who is honest says it again
      }
      await this.begin(id, p); // our nonce is no secret any more
    } else {
      // Who began anew may have forgotten ours, and could not open what we reveal.
      this.o.send({ type: "commit", data: await p.pair.commit() });
    }
    p.pair.discard();
    p.pair.theirCommit = theirs;
    p.revealed = true;
    p.begun = this.o.now();
    this.o.send({ type: "reveal", data: p.pair.reveal() });
  }

  /** again tells whether the other side may begin anew after we revealed. */
  private again(p: Partner): boolean {
    const now = this.o.now();
    if (now - p.restarted < restartAfter) {
      return false;
    }
    p.restarted = now;
    this.spend();
    return !this.alarmed;
  }

  /** tried counts an agreement that is given up before both sides had the key. */
  private tried(p: Partner): void {
    if (p.revealed && !p.heard) {
      this.spend();
    }
  }

  /** spend counts one try at a code. */
  private spend(): void {
    const forget = Math.floor((this.o.now() - this.triedAt) / triesForget);
    if (forget > 0) {
      this.tries = Math.max(0, this.tries - forget);
      this.triedAt += forget * triesForget;
    }
    this.tries++;
    if (this.tries > triesMost) {
      this.alarmed = this.dirty = true;
    }
  }

  /** fits waits for what the agreement says; what does not fit breaks it. */
  private async fits<T>(p: Partner, said: Promise<T>): Promise<T | null> {
    try {
      return await said;
    } catch (e) {
      p.mismatches++;
      p.broken = p.mismatches >= mismatchesMost;
      this.dirty = true;
      p.pair.discard();
      return null;
    }
  }

  /** rotate makes our next key and tells it to all who may have it. */
  private async rotate(joined: boolean): Promise<void> {
    const last = this.next || this.current;
    const e = this.epoch(last.kid + 1);
    e.joined = joined || (this.next !== null && this.next.joined);
    if (this.next) {
      e.since = this.next.since; // or somebody who comes again and again would hold it back
      this.next.base.fill(0);
    }
    this.next = e;
    await this.spread();
    this.settle();
  }

  private epoch(kid: number): Epoch {
    return { kid, base: random(keySize), since: this.o.now(), joined: false, told: {}, have: {} };
  }

  /** spread tells the newest key to those who have not confirmed it. */
  private async spread(): Promise<void> {
    const e = this.next || this.current;
    const now = this.o.now();
    for (const [id, p] of Array.from(this.peers)) {
      if (p.pair.agreed() && !e.have[id] && !(now - e.told[id] < againAfter)) {
        e.told[id] = now;
        await this.tell(id, { key: { kid: e.kid, base: encode(e.base) } });
        if (p.ours.size > 0) { // the first one may have been lost with a line
          const gen = Math.max(...Array.from(p.ours.keys()));
          await this.tell(id, { bind: { gen, fingerprint: p.ours.get(gen) } });
        }
      }
    }
  }

  /** settle uses the next key once everybody has it, or had the time. */
  private settle(): void {
    const next = this.next;
    if (!next) {
      return;
    }
    const now = this.o.now();
    for (const [id, p] of Array.from(this.peers)) {
      if (p.pair.agreed() && !next.have[id] && now - next.since < ackLimit) {
        return;
      }
    }
    this.current.base.fill(0);
    this.current = next;
    this.next = null;
    this.current.since = now;
    if (this.o.frames) {
      this.o.frames.use(next.base.slice(), next.kid, next.joined);
    }
  }

  /** tick does what time asks for; call it a few times a second. */
  tick(): Promise<void> {
    return this.then(async () => {
      const now = this.o.now();
      for (const [id, p] of Array.from(this.peers)) {
        if (!p.heard && now - p.begun >= p.patience) {
          p.patience = Math.min(2 * p.patience, stuckMost);
          this.tried(p);
          if (!this.alarmed) {
            await this.begin(id, p);
          }
        }
      }
      if (!this.next && now - this.current.since >= this.rekey) {
        await this.rotate(false);
      }
      await this.spread();
      this.settle();
    });
  }

  /** certificates takes the fingerprints in the descriptions of a direct connection: each
   * side confirms its own under the pair's key, so that nobody can have put theirs in. */
  certificates(peer: string, gen: number, ours: string, theirs: string): Promise<void> {
    return this.then(async () => {
      const p = this.peers.get(peer);
      if (!p) {
        return;
      }
      if (ours && !p.ours.get(gen)) {
        p.ours.set(gen, ours);
        if (p.pair.agreed()) {
          await this.tell(peer, { bind: { gen, fingerprint: ours } });
        }
      }
      if (theirs) {
        p.theirs.set(gen, theirs);
      }
      [p.ours, p.theirs, p.said].forEach(bound);
      this.compare(p, gen);
    });
  }

  private compare(p: Partner, gen: number): void {
    const said = p.said.get(gen);
    const seen = p.theirs.get(gen);
    if (!said || !seen) {
      return;
    }
    if (said !== seen) {
      p.broken = this.dirty = true;
    } else if (p.proven.indexOf(gen) < 0) {
      p.proven = p.proven.concat(gen).slice(-provenKept);
      this.dirty = true;
    }
  }

  private async tell(peer: string, said: object): Promise<void> {
    const p = this.peers.get(peer);
    if (!p || !p.pair.out) {
      return;
    }
    const plain = text(JSON.stringify(said));
    this.o.send({ type: "sealed", data: { peer, data: await p.pair.out.seal(plain) } });
    plain.fill(0);
  }

  /** heard notes that the other side has the pair's key too. */
  private heard(p: Partner): void {
    if (!p.heard) {
      p.heard = this.dirty = true;
      p.patience = stuckAfter;
      p.agreed++;
    }
  }

  /** say sends what a feature says to another participant, who alone can read it; false when
   * no key is shared with them yet. It may be lost. */
  say(peer: string, topic: Topic, view: boolean, said: Bytes): Promise<boolean> {
    let done = false;
    return this.then(async () => {
      const p = this.peers.get(peer);
      if (p && p.pair.out && p.heard && !p.broken && !this.alarmed) {
        this.o.send({ type: "data", data: { peer, topic, view, data: await p.pair.out.seal(said, aside(topic, view)) } });
        done = true;
      }
    }).then(() => done);
  }

  /** said hands on what a feature of the other side said. */
  private async said(p: Partner, m: Data): Promise<void> {
    const plain = p.pair.in && (await p.pair.in.open(m.data, aside(m.topic, m.view === true)));
    if (plain) {
      this.heard(p);
      this.tellChanges(); // features are to know the person before they hear them
      if (this.o.said && !p.broken && !this.alarmed) {
        this.o.said(m.peer, m.topic, m.view === true, plain);
      }
    }
  }

  /** unsealed takes what a pair's other side says. What cannot be opened is of an earlier
   * agreement, or not theirs; it is ignored, and said again by who is honest. */
  private async unsealed(peer: string, p: Partner, data: unknown): Promise<void> {
    const plain = p.pair.in && (await p.pair.in.open(data));
    if (!plain) {
      return;
    }
    this.heard(p);
    const said = JSON.parse(new TextDecoder().decode(plain)) || {};
    plain.fill(0);
    if (said.key) {
      return this.keyed(peer, p, said.key.kid, decode(said.key.base));
    }
    if (said.have !== undefined) {
      if (this.next && said.have === this.next.kid) {
        this.next.have[peer] = true;
        this.settle();
      } else if (said.have === this.current.kid) {
        this.current.have[peer] = true;
      }
      return;
    }
    if (said.bind && whole(said.bind.gen, maxKid) && typeof said.bind.fingerprint === "string" && said.bind.fingerprint.length <= maxFingerprint) {
      p.said.set(said.bind.gen, said.bind.fingerprint);
      bound(p.said);
      this.compare(p, said.bind.gen);
    }
  }

  private keyed(peer: string, p: Partner, kid: unknown, base: Bytes): void | Promise<void> {
    if (!whole(kid, maxKid) || base.length !== keySize) {
      return;
    }
    if (!p.keyed) {
      p.keyed = true;
      this.forget(peer);
    }
    const pair = p.pair;
    const here = () => this.then(() => (p.pair === pair ? this.tell(peer, { have: kid }) : undefined));
    if (!this.o.frames) {
      base.fill(0);
      return this.tell(peer, { have: kid });
    }
    // Said once frames can be opened with it, and nothing else waits for that.
    this.o.frames.add(peer, base, kid).then((yes) => (yes ? here() : undefined), () => undefined);
  }

  /** pairings tells how far we are with each member, in the order of members. */
  pairings(): Pairing[] {
    return this.members.map((m) => {
      const p = this.peers.get(m.id);
      const standing: Standing = this.alarmed ? "broken" : !p ? "" : p.broken ? "broken" : p.heard ? "agreed" : "agreeing";
      return { peer: m.id, standing, code: p && standing === "agreed" ? p.pair.code : [], agreed: p && standing === "agreed" ? p.agreed : 0, proven: p ? p.proven : [] };
    });
  }

  /** idle is over when nothing waits. */
  idle(): Promise<void> {
    return this.line;
  }

  /** close forgets every key. */
  close(): void {
    this.closed = true;
    this.current.base.fill(0);
    if (this.next) {
      this.next.base.fill(0);
    }
    this.peers.clear();
    this.members = [];
    this.keys = null;
  }
}
