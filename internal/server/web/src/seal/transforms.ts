// This side of the worker that seals and opens frames: starts it, leads the tracks of a
// connection through it, and hands it the keys.
import type { Bytes } from "./bytes";
import type { Counts } from "./frames";
import type { Frames } from "./group";
import type { Kind } from "./sframe";
import type { Answered, Frame, Told, Track } from "./worker";

/** Way is how tracks come to a worker: by the standard, as in older Chromium, or not at all. */
export type Way = "script" | "streams" | "";

interface Streams {
  readable?: ReadableStream<Frame>;
  writable?: WritableStream<Frame>;
  /** The names of Chromium 86. */
  readableStream?: ReadableStream<Frame>;
  writableStream?: WritableStream<Frame>;
}
type Old = { createEncodedStreams?(): Streams };
type End = { transform?: unknown };
type ScriptTransform = new (worker: Worker, options: Track) => object;

const startsWithin = 5000;

function scriptTransform(): ScriptTransform | undefined {
  return (window as unknown as { RTCRtpScriptTransform?: ScriptTransform }).RTCRtpScriptTransform;
}

/** keys tells whether this browser can compute them. */
export function keys(): boolean {
  return typeof crypto === "object" && !!crypto.subtle && typeof TextEncoder === "function";
}

/** way tells how this browser can seal frames. */
export function way(): Way {
  if (!keys() || typeof Worker !== "function" || typeof RTCRtpSender !== "function") {
    return "";
  }
  if (scriptTransform()) {
    return "script";
  }
  return "createEncodedStreams" in RTCRtpSender.prototype && transferable() ? "streams" : "";
}

/** transferable: streams can go to a worker. */
function transferable(): boolean {
  try {
    const s = new TransformStream();
    const c = new MessageChannel();
    c.port1.postMessage(s.readable, [s.readable as unknown as Transferable]);
    c.port1.close();
    return true;
  } catch (e) {
    return false;
  }
}

/** Transforms lead the tracks of connections through one worker. */
export class Transforms implements Frames {
  private readonly waiting: { [ticket: number]: (a: Answered) => void } = {};
  private tickets = 0;
  /** leads are the numbers of what is led through, seen those of which a frame came. */
  private readonly leads = new WeakMap<object, number>();
  private readonly seen: { [lead: number]: boolean } = {};
  /** whose are the receivers: null while it is not known. */
  private readonly whose = new WeakMap<object, string | null>();
  private open = false;

  private constructor(private readonly worker: Worker, private readonly by: Way) {
    worker.onmessage = (e) => {
      const a = e.data as Answered;
      if ("seen" in a) {
        this.seen[a.seen] = true;
      } else if ("ticket" in a && this.waiting[a.ticket]) {
        this.waiting[a.ticket](a);
        delete this.waiting[a.ticket];
      }
    };
  }

  /** start answers null when there is no such worker, or it does not come up. */
  static start(url: string): Promise<Transforms | null> {
    const by = way();
    if (!by) {
      return Promise.resolve(null);
    }
    return new Promise((done) => {
      let worker: Worker;
      try {
        worker = new Worker(url);
      } catch (e) {
        return done(null);
      }
      const failed = () => {
        clearTimeout(timer);
        worker.terminate();
        done(null);
      };
      const timer = window.setTimeout(failed, startsWithin);
      worker.onerror = failed;
      worker.onmessage = () => {
        clearTimeout(timer);
        worker.onerror = null;
        done(new Transforms(worker, by));
      };
    });
  }

  /** config is what a connection must be made with: then all its tracks must be led through. */
  config(): object {
    return this.by === "streams" ? { encodedInsertableStreams: true } : {};
  }

  /** sends leads what this sender sends through the worker. */
  sends(sender: RTCRtpSender, kind: Kind): void {
    this.lead(sender, kind, "");
  }

  /** receives leads what this receiver gets from a person through the worker; null is nobody
   * yet, of whom nothing passes. A person is said once: it answers false to another. */
  receives(receiver: RTCRtpReceiver, kind: Kind, from: string | null): boolean {
    const known = this.leads.has(receiver);
    const had = this.whose.get(receiver);
    if (!known) {
      this.lead(receiver, kind, from);
    } else if (from === null || had === from) {
      return true;
    } else if (had !== null) {
      return false;
    } else {
      this.tell({ do: "whose", lead: this.leads.get(receiver) as number, from, kind });
    }
    this.whose.set(receiver, from);
    return true;
  }

  /** leaks tells whether a sender that has sent much already goes past the worker, though its
   * frames should be sealed. */
  leaks(sender: RTCRtpSender): boolean {
    return !this.open && !this.seen[this.leads.get(sender) || 0];
  }

  private lead(end: RTCRtpSender | RTCRtpReceiver, kind: Kind, from: string | null): void {
    if (this.leads.has(end)) {
      return;
    }
    const lead = ++this.tickets;
    const track: Track = { kind, from, lead };
    this.leads.set(end, lead);
    const Script = scriptTransform();
    if (this.by === "script" && Script) {
      (end as End).transform = new Script(this.worker, track);
      return;
    }
    const s = ((end as Old).createEncodedStreams as () => Streams)();
    const readable = (s.readable || s.readableStream) as ReadableStream<Frame>;
    const writable = (s.writable || s.writableStream) as WritableStream<Frame>;
    this.tell({ do: "pipe", track, readable, writable }, [readable, writable] as unknown as Transferable[]);
  }

  private tell(m: Told, give: Transferable[] = []): void {
    this.worker.postMessage(m, give);
  }

  use(base: Bytes, kid: number, joined: boolean): void {
    this.tell({ do: "use", base, kid, joined }, [base.buffer]);
  }

  add(peer: string, base: Bytes, kid: number): Promise<boolean> {
    const ticket = ++this.tickets;
    return new Promise((done) => {
      this.waiting[ticket] = () => done(true);
      this.tell({ do: "add", peer, base, kid, ticket }, [base.buffer]);
    });
  }

  forget(peer: string): void {
    this.tell({ do: "forget", peer });
  }

  meets(peers: string[]): void {
    this.tell({ do: "meets", peers });
  }

  clear(yes: boolean): void {
    this.open = yes;
    this.tell({ do: "clear", yes });
  }

  /** counts are the frames of each person so far. */
  counts(): Promise<{ [peer: string]: Counts }> {
    const ticket = ++this.tickets;
    return new Promise((done) => {
      this.waiting[ticket] = (a) => done("counts" in a ? a.counts : {});
      this.tell({ do: "counts", ticket });
    });
  }

  stop(): void {
    this.worker.terminate();
  }
}
