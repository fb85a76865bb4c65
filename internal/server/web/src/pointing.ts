// Pointing on a shown screen: where each one points, for a moment, and our own finger. A Pointing
// sends to each participant apart, for nobody else can read it; what is lost is not said again.
// docs/protocol.md has the messages.
import { text, type Bytes } from "./seal/bytes";
import type { Feature, Out } from "./share";
import type { Role } from "./wire.gen";
import { watches } from "./role";

/** whole is the length of each side of the picture in what is sent: positions are 0 to whole. */
export const whole = 10000;
/** Limits: a payload, bytes; how often we say where, ms; how long a dot stays, ms; and how many
 * positions are taken from one person at once, and a second. */
const payloadMost = 256;
const sayEvery = 1000 / 15;
const dotFor = 2000;
const floodBurst = 30;
const floodPer = 20;

/** Dot is where somebody points; x and y are 0 to whole, from the left and from the top. */
export interface Dot {
  peer: string;
  x: number;
  y: number;
}

/** Place is a message: a position, or "off". */
export type Place = [number, number] | "off";

export function encode(place: Place): Bytes {
  return text(JSON.stringify(place === "off" ? { off: true } : { at: place }));
}

/** decode reads what came; null for what is no message of pointing. */
export function decode(payload: Bytes): Place | null {
  if (payload.length > payloadMost) {
    return null;
  }
  let o: { at?: unknown; off?: unknown } | null;
  try {
    o = JSON.parse(new TextDecoder("utf-8", { ignoreBOM: true }).decode(payload));
  } catch (e) {
    return null;
  }
  if (o === null || typeof o !== "object" || Array.isArray(o)) {
    return null;
  }
  if (o.at === undefined) {
    return o.off === true ? "off" : null;
  }
  const at = o.at;
  const inside = (n: unknown) => typeof n === "number" && Math.floor(n) === n && n >= 0 && n <= whole;
  return o.off === undefined && Array.isArray(at) && at.length === 2 && at.every(inside) ? [at[0], at[1]] : null;
}

interface Finger {
  role: Role;
  at: Place;
  /** until is when the dot goes. */
  until: number;
  tokens: number;
  filled: number;
}

/** Pointing is one participant's side of it. */
export class Pointing implements Feature {
  private self = "";
  private role: Role | "" = "";
  /** on is whose screen is shown: a dot is on that one, and on no other. */
  private on = "";
  private readonly peers = new Map<string, Finger>();
  private mine: { at: Place; until: number } = { at: "off", until: 0 };
  /** due is what is to be said as soon as it may. */
  private due: Place | null = null;
  private saidAt = -Infinity;
  private out: Out[] = [];
  private dirty = false;

  constructor(private readonly now: () => number) {}

  /** enter says who we are. */
  enter(self: string, role: Role): void {
    this.self = self;
    this.role = role;
  }

  /** follow says whose screen is shown; "" is nobody's. */
  follow(presenter: string): void {
    if (presenter === this.on) {
      return;
    }
    this.on = presenter;
    this.due = null;
    this.mine.at = "off";
    this.peers.forEach((f) => (f.at = "off"));
    this.dirty = true;
  }

  meet(peer: string, role: Role): void {
    if (!this.peers.has(peer)) {
      this.peers.set(peer, { role, at: "off", until: 0, tokens: floodBurst, filled: this.now() });
    }
  }

  part(peer: string): void {
    this.dirty = this.peers.delete(peer) || this.dirty;
  }

  /** point says where we point, or that we do not any more. Who watches points at nothing. */
  point(place: Place): void {
    if (!this.on || this.on === this.self || watches(this.role) || (place === "off" && this.mine.at === "off")) {
      return;
    }
    this.mine = { at: place, until: this.now() + dotFor };
    this.dirty = true;
    this.due = place;
    this.say();
  }

  private say(): void {
    const now = this.now();
    if (this.due === null || now - this.saidAt < sayEvery) {
      return;
    }
    const payload = encode(this.due);
    this.due = null;
    this.saidAt = now;
    this.peers.forEach((_, peer) => this.out.push({ peer, view: false, payload }));
  }

  /** hear takes what a participant said under the topic screen. */
  hear(peer: string, view: boolean, payload: Bytes): boolean {
    const f = this.peers.get(peer);
    const place = decode(payload);
    if (f && place && !view && this.on && !watches(f.role) && this.spend(f)) {
      f.at = place;
      f.until = this.now() + dotFor;
      this.dirty = true;
    }
    return place !== null;
  }

  private spend(f: Finger): boolean {
    const now = this.now();
    f.tokens = Math.min(floodBurst, f.tokens + (floodPer * (now - f.filled)) / 1000);
    f.filled = now;
    if (f.tokens < 1) {
      return false;
    }
    f.tokens--;
    return true;
  }

  take(): Out[] {
    const out = this.out;
    this.out = [];
    return out;
  }

  /** tick says what had to wait, and lets go of dots that stood long enough. */
  tick(): void {
    this.say();
    const now = this.now();
    for (const f of [this.mine, ...Array.from(this.peers.values())]) {
      if (f.at !== "off" && now >= f.until) {
        f.at = "off";
        this.dirty = true;
      }
    }
  }

  /** changed tells, once, that dots may say something new. */
  changed(): boolean {
    const changed = this.dirty;
    this.dirty = false;
    return changed;
  }

  /** dots are those that are to be seen now, ours among them. */
  dots(): Dot[] {
    const all: Dot[] = [];
    const add = (peer: string, at: Place) => at !== "off" && all.push({ peer, x: at[0], y: at[1] });
    this.peers.forEach((f, peer) => add(peer, f.at));
    add(this.self, this.mine.at);
    return all;
  }
}
