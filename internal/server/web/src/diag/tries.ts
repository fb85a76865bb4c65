// Each try of the network by itself: bounded in time, and closed whatever comes of it.
import { Version, type FromClient, type FromServer, type ICEServer, type Offer } from "../wire.gen";
import { sfu, type Figures, type Target, type Why } from "./probe";

export class Failed extends Error {
  constructor(readonly why: Why) {
    super(why);
    Object.setPrototypeOf(this, Failed.prototype);
  }
}

/** Stop ends whatever is under way. */
export class Stop {
  stopped = false;
  private readonly ends = new Set<() => void>();

  on(end: () => void): () => void {
    this.ends.add(end);
    return () => this.ends.delete(end);
  }

  stop(): void {
    this.stopped = true;
    this.ends.forEach((end) => end());
  }
}

interface Hands<T> {
  good(value: T): void;
  bad(why: Why): void;
  /** after is done at the end, however it came. */
  after(undo: () => void): void;
}

function bounded<T>(ms: number, stop: Stop, work: (h: Hands<T>) => Promise<unknown> | void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const undo: (() => void)[] = [];
    let over = false;
    const end = (tell: () => void) => {
      if (!over) {
        over = true;
        clearTimeout(timer);
        leave();
        undo.forEach((f) => f());
        tell();
      }
    };
    const bad = (why: Why) => end(() => reject(new Failed(why)));
    const timer = setTimeout(() => bad("timeout"), ms);
    const leave = stop.on(() => bad("closed"));
    const hands: Hands<T> = {
      good: (value) => end(() => resolve(value)),
      bad,
      after: (f) => (over ? f() : undo.push(f)),
    };
    if (stop.stopped) {
      bad("closed");
      return;
    }
    Promise.resolve()
      .then(() => work(hands))
      .catch((e) => bad(e instanceof Failed ? e.why : "other"));
  });
}

const now = () => performance.now();

export function median(list: number[]): number | undefined {
  const sorted = list.slice().sort((a, b) => a - b);
  return sorted.length > 0 ? sorted[Math.floor(sorted.length / 2)] : undefined;
}

/** https asks whether the server is well, and is sure that it is the server who answers. */
export function https(base: string, ms: number, stop: Stop): Promise<Figures> {
  return bounded(ms, stop, async (h) => {
    const from = now();
    const cut = typeof AbortController === "function" ? new AbortController() : null;
    h.after(() => cut && cut.abort());
    let answer: Response;
    try {
      answer = await fetch(base + "/healthz", { cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer", signal: cut ? cut.signal : undefined });
    } catch (e) {
      return h.bad("unreachable");
    }
    const took = now() - from;
    let status = "";
    try {
      status = (await answer.json()).status;
    } catch (e) {
      // Not ours.
    }
    if (status === "ok") {
      return h.good({ ms: took });
    }
    h.bad(status === "failing" ? "failing" : "proxy");
  });
}

/** pulse keeps the server from taking us for gone. */
const pulse = 4000;

/** Signal is the WebSocket of one try. */
export class Signal {
  ice: ICEServer[] = [];
  private readonly wanted: { [type: string]: ((m: FromServer) => void) | undefined } = {};
  private lost: (why: Why) => void = () => undefined;
  private gone: Why | "" = "";
  private timer = 0;

  private constructor(private readonly socket: WebSocket, private readonly stop: Stop) {
    socket.onmessage = (e) => this.heard(e.data);
    socket.onclose = socket.onerror = () => this.drop("closed");
    this.timer = window.setInterval(() => this.send({ type: "ping", data: { at: 0 } }), pulse);
  }

  /** open connects, and waits for the list of servers to try. */
  static open(url: string, client: string, ms: number, stop: Stop): Promise<{ signal: Signal; figures: Figures }> {
    return bounded(ms, stop, async (h) => {
      const from = now();
      const signal = new Signal(new WebSocket(url), stop);
      let kept = false;
      h.after(() => kept || signal.close());
      signal.lost = (why) => h.bad(why);
      signal.socket.onopen = () => signal.send({ type: "probe", data: { version: Version, client } });
      signal.wanted.probed = async (m) => {
        const figures: Figures = { ms: now() - from };
        signal.ice = (m.type === "probed" && m.data.ice) || [];
        const trips: number[] = [];
        for (let i = 1; i <= 5; i++) {
          trips.push(await signal.ping(i));
        }
        kept = true;
        signal.lost = () => undefined;
        h.good({ signal, figures: { ...figures, trip: median(trips) } });
      };
    });
  }

  private ping(at: number): Promise<number> {
    const from = now();
    return new Promise((done) => {
      this.wanted.pong = (m) => m.type === "pong" && m.data.at === at && done(now() - from);
      this.send({ type: "ping", data: { at } });
    });
  }

  /** renew asks for an echo at the SFU. */
  renew(ms: number): Promise<Offer> {
    return bounded(ms, this.stop, (h) => {
      if (this.gone) {
        h.bad(this.gone);
      }
      this.lost = (why) => h.bad(why);
      this.wanted.offer = (m) => m.type === "offer" && h.good(m.data);
      this.send({ type: "renew", data: { gen: 0 } });
    });
  }

  send(m: FromClient): void {
    if (this.socket.readyState === 1) {
      this.socket.send(JSON.stringify(m));
    }
  }

  private heard(text: string): void {
    let m: FromServer;
    try {
      m = JSON.parse(text);
    } catch (e) {
      return this.drop("proxy");
    }
    if (m.type === "failure") {
      return this.drop(m.data.code === "slow_down" || m.data.code === "internal" ? "busy" : "refused");
    }
    const take = this.wanted[m.type];
    if (take) {
      take(m);
    }
  }

  private drop(why: Why): void {
    this.gone = this.gone || why;
    this.close();
    this.lost(this.gone);
  }

  close(): void {
    clearInterval(this.timer);
    const s = this.socket;
    s.onopen = s.onmessage = s.onclose = s.onerror = null;
    s.close();
  }
}

/** gather tries one STUN or TURN server alone: does it give the candidate it is there for? */
export function gather(server: ICEServer, want: "srflx" | "relay", ms: number, stop: Stop): Promise<Figures> {
  return bounded(ms, stop, async (h) => {
    const from = now();
    const config = { iceServers: [server], iceTransportPolicy: want === "relay" ? "relay" : "all" };
    const pc = new RTCPeerConnection(config as RTCConfiguration);
    h.after(() => pc.close());
    let why: Why | "" = "";
    pc.onicecandidate = (e) => {
      if (!e.candidate) {
        // A device with a public address has nothing to be told by STUN; engines then end in
        // peace, without a candidate and without an error.
        return want === "srflx" && !why ? h.good({ ms: now() - from }) : h.bad(why || "unreachable");
      }
      if (e.candidate.candidate.indexOf(" typ " + want) > 0) {
        h.good({ ms: now() - from });
      }
    };
    // One of several interfaces may fail while another succeeds, so this alone decides nothing.
    pc.addEventListener("icecandidateerror", (e) => {
      why = (e as RTCPeerConnectionIceErrorEvent).errorCode < 700 ? "refused" : "unreachable";
    });
    pc.createDataChannel("probe");
    await pc.setLocalDescription(await pc.createOffer());
  });
}

/** How the echo is tried: some small messages for the delay, then a paced stream. */
const greetings = 9;
const size = 1100;
const pace = 1.5e6; // bit/s, as much as a good picture takes
const streamFor = 2000;
const tailFor = 700;
const waitingAtMost = 32 * 1024; // bytes queued in the engine: the way takes no more

/** echo tries media: to the SFU straight with no ICE server at all, or through one TURN server
 * and nothing else. The two are never mixed: an engine whose TURN server lies on the SFU's own
 * address and port takes the SFU's packets for TURN's. */
export async function echo(signal: Signal, relay: ICEServer | null, ms: number, stop: Stop, aim: (t: Target) => void): Promise<Figures> {
  const until = now() + ms;
  const offer = await signal.renew(Math.min(ms, 4000));
  const target = sfu(offer.sdp);
  if (target) {
    aim(target);
  }
  return bounded(until - now() + streamFor + 4 * tailFor, stop, async (h) => {
    const from = now();
    const config = relay ? { iceServers: [relay], iceTransportPolicy: "relay" } : { iceServers: [] };
    const pc = new RTCPeerConnection(config as RTCConfiguration);
    h.after(() => pc.close());
    const late = setTimeout(() => h.bad("timeout"), until - now());
    h.after(() => clearTimeout(late));
    pc.onconnectionstatechange = pc.oniceconnectionstatechange = () => {
      if ((pc.connectionState || pc.iceConnectionState) === "failed") {
        h.bad("unreachable");
      }
    };
    pc.ondatachannel = (e) => {
      const go = async () => {
        clearTimeout(late);
        h.good({ ms: now() - from, ...(await measure(e.channel, stop)) });
      };
      const start = () => go().catch((x) => h.bad(x instanceof Failed ? x.why : "other"));
      if (e.channel.readyState === "open") {
        start();
      } else {
        e.channel.onopen = start;
      }
    };
    await pc.setRemoteDescription({ type: "offer", sdp: offer.sdp });
    const answer = await pc.createAnswer();
    await pc.setLocalDescription(answer);
    signal.send({ type: "answer", data: { gen: offer.gen, round: offer.round, sdp: answer.sdp || "" } });
  });
}

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** measure sends on an open channel and counts what comes back. */
async function measure(channel: RTCDataChannel, stop: Stop): Promise<Figures> {
  const sentAt: number[] = [];
  const trips: number[] = [];
  let back = 0;
  let bytes = 0;
  let heard = 0;
  channel.binaryType = "arraybuffer";
  channel.onmessage = (e) => {
    const seq = new DataView(e.data as ArrayBuffer).getUint32(0);
    back++;
    heard = now();
    bytes += (e.data as ArrayBuffer).byteLength;
    if (seq < greetings) {
      trips.push(heard - sentAt[seq]);
    }
  };
  const live = () => channel.readyState === "open" && !stop.stopped;
  const say = (length: number) => {
    const message = new ArrayBuffer(length);
    new DataView(message).setUint32(0, sentAt.length);
    channel.send(message);
    sentAt.push(now());
  };
  for (let i = 0; i < greetings && live(); i++) {
    say(64);
    await pause(40);
  }
  for (let i = 0; i < 10 && back < greetings && live(); i++) {
    await pause(tailFor / 10);
  }
  if (back === 0) {
    throw new Failed(live() ? "silent" : "closed");
  }
  const begun = now();
  const before = bytes;
  let sent = 0;
  while (now() - begun < streamFor && live()) {
    const due = ((now() - begun) * pace) / 8000;
    // A tab that slept does not make up for it in one burst.
    for (let burst = 0; burst < 12 && sent < due && channel.bufferedAmount < waitingAtMost; burst++) {
      say(size);
      sent += size;
    }
    await pause(15);
  }
  // What still comes, comes soon; give up after a silence.
  const ended = now();
  while (back < sentAt.length && live() && now() - Math.max(heard, ended) < tailFor && now() - ended < 2 * tailFor) {
    await pause(20);
  }
  if (!live()) {
    throw new Failed("closed");
  }
  const span = Math.max(heard, ended) - begun;
  const rate = ((bytes - before) * 8000) / span;
  const loss = (100 * (sentAt.length - back)) / sentAt.length;
  return { trip: median(trips), loss, rate, capped: rate > 0.9 * pace };
}
