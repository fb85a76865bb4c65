// Who sends and who receives sealed frames: the keys that are in use, and which counters
// were seen. The twin of sender.go and receiver.go of internal/call/seal.
import type { Bytes } from "./bytes";
import { clearBytes, FrameKey, metadata, parseHeader, tagSize, Window, type Kind } from "./sframe";

/** Counts are how many frames were opened, refused as forged or far too late, dropped for want
 * of a key, and dropped because they were opened before: networks repeat packets. */
export interface Counts {
  opened: number;
  refused: number;
  noKey: number;
  repeated: number;
}

/** Refusal says why a frame was not opened. */
export type Refusal = "refused" | "no key" | "repeated";

/** How keys of a sender are kept. The one before is still needed for frames on their way. */
const keysKept = 4;
const oldLife = 5000;
/** behind is how far a track may begin behind what was opened already: one that comes two
 * ways during a change. */
const behind = 512;
const receiversMost = 16;

/** Sender seals what one participant sends. One counter runs for all their tracks, so that
 * no nonce is used twice. */
export class Sender {
  /** clear lets frames pass as they are. */
  clear = false;
  private key: FrameKey | null = null;
  private ctr = 0;

  /** use changes the key; the counter begins anew with it. Numbers only grow, so none comes
   * back with its counter at the start. */
  use(key: FrameKey): void {
    if (!this.key || key.kid > this.key.kid) {
      this.key = key;
      this.ctr = 0;
    }
  }

  /** seal returns the frame as it may leave: sealed; or frame itself when somebody in the
   * call cannot open sealed ones, which the screen says then; or null when it must not. */
  async seal(kind: Kind, frame: Bytes): Promise<Bytes | null> {
    if (this.clear) {
      return frame;
    }
    const n = clearBytes(kind);
    if (!this.key || frame.length < Math.max(n, 1)) {
      return null;
    }
    const ctr = this.ctr++;
    const clear = frame.subarray(0, n);
    return this.key.seal(clear, ctr, metadata(kind, clear), frame.subarray(n));
  }
}

/** Receiver opens what one other participant sends. */
export class Receiver {
  /** clear lets frames pass that are not sealed. */
  clear = false;
  readonly counts: Counts = { opened: 0, refused: 0, noKey: 0, repeated: 0 };
  /** keys, the oldest first. */
  keys: FrameKey[] = [];

  constructor(private readonly now: () => number) {}

  /** add takes a key; one that is here already stays. */
  add(key: FrameKey): void {
    if (!this.keys.some((k) => k.kid === key.kid)) {
      this.keys = this.keys.concat(key).slice(-keysKept);
    }
  }

  /** forget drops all keys: the sender begins anew. */
  forget(): void {
    this.keys = [];
  }

  stream(kind: Kind): Stream {
    return new Stream(this, kind);
  }

  /** find returns the key, after it let old ones go. */
  find(kid: number): FrameKey | null {
    const now = this.now();
    this.keys = this.keys.filter((k) => !k.since || now - k.since <= oldLife);
    return this.keys.filter((k) => k.kid === kid)[0] || null;
  }

  /** opened notes a frame of key. The first one makes those before it old. */
  opened(key: FrameKey, ctr: number): void {
    this.counts.opened++;
    if (key.newest === 0) {
      const at = this.keys.indexOf(key);
      for (const k of this.keys.slice(0, Math.max(at, 0))) {
        k.since = k.since || this.now();
      }
    }
    key.newest = Math.max(key.newest, ctr + 1);
  }
}

/** Stream is one track of the sender on one connection; its frames may come out of order by
 * a few, and never twice. */
export class Stream {
  private windows: { key: FrameKey; window: Window }[] = [];

  constructor(private readonly from: Receiver, private readonly kind: Kind) {}

  /** open returns the frame, or why there is none. What cannot be opened must not be shown. */
  async open(frame: Bytes): Promise<Bytes | Refusal> {
    const r = this.from;
    const n = clearBytes(this.kind);
    const clear = frame.subarray(0, n);
    const sealed = frame.subarray(n);
    const h = parseHeader(sealed);
    const whole = h !== null && sealed.length >= h.size + tagSize;
    const key = h && whole ? r.find(h.kid) : null;
    if (!h || !key) {
      return r.clear ? frame : whole ? this.miss("no key") : this.miss("refused");
    }
    const plain = await key.open(h, metadata(this.kind, clear), sealed);
    if (!plain) {
      return r.clear ? frame : this.miss("refused"); // in clear, its first bytes look like a header
    }
    const stale = this.stale(key, h.ctr);
    if (stale) {
      return this.miss(stale);
    }
    if (n === 0) {
      return plain;
    }
    const out = new Uint8Array(n + plain.length);
    out.set(clear);
    out.set(plain, n);
    return out;
  }

  private miss(why: Refusal): Refusal {
    this.from.counts[why === "no key" ? "noKey" : why]++;
    return why;
  }

  /** stale notes a frame that is authentic, or says why it is not taken. */
  private stale(key: FrameKey, ctr: number): "" | Refusal {
    let known = this.windows.filter((w) => w.key === key)[0];
    if (!known) {
      if (ctr + behind < key.newest) {
        return "refused";
      }
      known = { key, window: new Window() };
      this.windows = this.windows.filter((w) => this.from.keys.indexOf(w.key) >= 0).concat(known);
    }
    const why = known.window.take(ctr);
    if (!why) {
      this.from.opened(key, ctr);
    }
    return why;
  }
}

/** Receivers are one of each person. When there are too many, those of who is no member any more
 * go: they have no key. */
export class Receivers {
  private all: { [peer: string]: Receiver } = {};
  private members: string[] = [];
  private open = false;

  constructor(private readonly now: () => number) {}

  clear(yes: boolean): void {
    this.open = yes;
    Object.keys(this.all).forEach((id) => (this.all[id].clear = yes));
  }

  meets(members: string[]): void {
    this.members = members;
  }

  /** of answers null when there is no room for one more. */
  of(peer: string): Receiver | null {
    if (this.all[peer]) {
      return this.all[peer];
    }
    if (Object.keys(this.all).length >= receiversMost) {
      Object.keys(this.all).filter((id) => this.members.indexOf(id) < 0).forEach((id) => delete this.all[id]);
    }
    if (Object.keys(this.all).length >= receiversMost) {
      return null;
    }
    const r = new Receiver(this.now);
    r.clear = this.open;
    return (this.all[peer] = r);
  }

  forget(peer: string): void {
    if (this.all[peer]) {
      this.all[peer].forget();
    }
  }

  counts(): { [peer: string]: Counts } {
    const counts: { [peer: string]: Counts } = {};
    Object.keys(this.all).forEach((id) => (counts[id] = this.all[id].counts));
    return counts;
  }
}
