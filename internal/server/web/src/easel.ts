// The whiteboard as a feature of the call: what the engine in board/ says goes to each participant
// apart, and what they say comes to it. docs/protocol.md, chapter 15. Times are milliseconds.
import { Board } from "./board/board";
import { maxPayload, maxPeers, Refused, validId, type Reason } from "./board/limits";
import { watches } from "./role";
import { random, text, type Bytes } from "./seal/bytes";
import type { Feature, Out } from "./share";
import type { Role } from "./wire.gen";

/** drawingEvery is how often what is drawn goes out: call the share's flush so often. */
export const drawingEvery = 45;
/** apart is the time for each payload: the server hands on so many a second, of all features. */
const apart = 10;
/** settling: for so long after a meeting, what comes may have been drawn long ago. */
const settling = 10000;

interface Partner {
  watches: boolean;
  since: number;
}

export class Easel implements Feature {
  readonly board: Board;
  private readonly met = new Map<string, Partner>();
  private took = -Infinity;
  private drawer = "";
  private refused: Reason | "" = "";

  /** self must be a valid id; now must not go backwards, as performance.now does not. */
  constructor(self: string, private readonly role: Role, private readonly now: () => number) {
    const run = Array.from(random(8)).map((v) => ("0" + v.toString(16)).slice(-2)).join("");
    this.board = new Board({ self, run, mayDraw: !watches(role) });
  }

  meet(peer: string, role: Role): void {
    if (validId(peer) && (this.met.has(peer) || this.met.size < maxPeers)) {
      this.met.set(peer, { watches: watches(role), since: this.now() });
      this.board.meet(peer, !watches(role));
    }
  }

  /** part: what they drew stays. */
  part(peer: string): void {
    this.met.delete(peer);
    this.board.part(peer);
  }

  /** hear takes a payload. Those who only watch say everything as a view, for the server lets
   * nothing else through, and those who draw say nothing so. */
  hear(peer: string, view: boolean, payload: Bytes): void {
    const p = this.met.get(peer);
    if (!p || p.watches !== view) {
      return;
    }
    const now = this.now();
    const before = this.board.version;
    try {
      this.board.hear(peer, read(payload), now);
    } catch (e) {
      if (!(e instanceof Refused)) {
        throw e;
      }
      // That somebody who watches tried to draw is no trouble of ours.
      this.refused = e.reason === "watch" ? this.refused : e.reason;
    }
    if (this.board.version !== before && (now - p.since >= settling || this.board.seen(now).some((s) => s.peer === peer))) {
      this.drawer = peer;
    }
  }

  take(): Out[] {
    const now = this.now();
    if (now - this.took < apart * this.met.size) {
      return [];
    }
    const view = watches(this.role);
    const outs: Out[] = [];
    for (const { to, data } of this.board.take(now)) {
      (to ? [to] : Array.from(this.met.keys())).forEach((peer) => outs.push({ peer, view, payload: text(data) }));
    }
    if (outs.length > 0) {
      this.took = now;
    }
    return outs;
  }

  /** tick has nothing to do: take does what time asks for. */
  tick(): void {}

  /** drew names, once, somebody who drew just now; "" when nobody did. */
  drew(): string {
    const drawer = this.drawer;
    this.drawer = "";
    return drawer;
  }

  /** trouble is, once, why something that came was not taken; "" when all was. */
  trouble(): Reason | "" {
    const reason = this.refused;
    this.refused = "";
    return reason;
  }
}

/** read is a payload as text, or throws Refused. */
function read(payload: Bytes): string {
  if (payload.length > maxPayload) {
    throw new Refused("large");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload);
  } catch (e) {
    throw new Refused("malformed");
  }
}
