// The script of the worker in which frames are sealed and opened: dist/seal-worker.js. Its
// keys can be used here and read nowhere. Tracks come by rtctransform events (W3C
// webrtc-encoded-transform), or from older Chromium as streams in a message.
import { Receivers, Sender, type Counts, type Receiver, type Stream } from "./frames";
import { FrameKey, type Kind } from "./sframe";
import type { Bytes } from "./bytes";

/** Track is one track on one connection: ours, or that of a person. */
export interface Track {
  kind: Kind;
  /** from is whose it is; empty for ours, null while that is not known. */
  from: string | null;
  /** lead is a number of its own. */
  lead: number;
}

export type Told =
  | { do: "use"; base: Bytes; kid: number; joined: boolean }
  | { do: "add"; peer: string; base: Bytes; kid: number; ticket: number }
  | { do: "forget"; peer: string }
  | { do: "whose"; lead: number; from: string; kind: Kind }
  | { do: "meets"; peers: string[] }
  | { do: "clear"; yes: boolean }
  | { do: "pipe"; track: Track; readable: ReadableStream<Frame>; writable: WritableStream<Frame> }
  | { do: "counts"; ticket: number };

export type Answered = { here: true } | { seen: number } | { ticket: number; added: boolean } | { ticket: number; counts: { [peer: string]: Counts } };

/** Frame is RTCEncodedVideoFrame or RTCEncodedAudioFrame. */
export interface Frame {
  data: ArrayBuffer;
  type?: "key" | "delta" | "empty";
}

/** Transformer is RTCRtpScriptTransformer. */
interface Transformer {
  readable: ReadableStream<Frame>;
  writable: WritableStream<Frame>;
  options: Track;
  generateKeyFrame?(rid?: string): Promise<unknown>;
  sendKeyFrameRequest?(): Promise<unknown>;
}

interface Scope {
  onrtctransform: (e: { transformer: Transformer }) => void;
  onmessage: (e: { data: Told }) => void;
  postMessage(m: Answered): void;
}

/** A key frame is asked for at most so often, ms. */
const askEvery = 500;

const scope = self as unknown as Scope;
const sender = new Sender();
const receivers = new Receivers(Date.now);
/** whose is said of tracks that were nobody's when they came. */
const whose: { [lead: number]: { from: string; kind: Kind } } = {};
/** pictures are our video tracks, which can make a key frame when asked. */
let pictures: Transformer[] = [];
/** line is of what is told about keys: done in its order, though WebCrypto answers late. */
let line: Promise<void> = Promise.resolve();

async function keyed(m: Extract<Told, { do: "use" | "add" | "forget" }>): Promise<void> {
  switch (m.do) {
    case "use":
      sender.use(await FrameKey.derive(m.base, m.kid));
      m.base.fill(0);
      if (m.joined) {
        pictures.forEach((t) => t.generateKeyFrame && t.generateKeyFrame().catch(() => undefined));
      }
      return;
    case "add": {
      const key = await FrameKey.derive(m.base, m.kid);
      m.base.fill(0);
      const r = receivers.of(m.peer);
      if (r) {
        r.add(key);
        scope.postMessage({ ticket: m.ticket, added: true });
      }
      return;
    }
    case "forget":
      return receivers.forget(m.peer);
  }
}

function told(m: Told): void {
  switch (m.do) {
    case "pipe":
      return pipe(m.track, m.readable, m.writable, null);
    case "whose":
      whose[m.lead] = whose[m.lead] || { from: m.from, kind: m.kind };
      return;
    case "meets":
      return receivers.meets(m.peers);
    case "clear":
      sender.clear = m.yes;
      return receivers.clear(m.yes);
    case "counts":
      return scope.postMessage({ ticket: m.ticket, counts: receivers.counts() });
    default:
      line = line.then(() => keyed(m)).catch(() => undefined);
  }
}

/** pipe takes one track's frames through: one after the other, so that their order stays.
 * What may not pass is dropped. */
function pipe(track: Track, readable: ReadableStream<Frame>, writable: WritableStream<Frame>, by: Transformer | null): void {
  const one = track.from === "" ? sealer(track) : opener(track, by);
  let seen = false;
  const done = () => {
    pictures = pictures.filter((t) => t !== by);
  };
  if (by && track.from === "" && track.kind !== "audio") {
    pictures.push(by);
  }
  readable
    .pipeThrough(
      new TransformStream<Frame, Frame>({
        transform: async (frame, out) => {
          if (!seen) {
            seen = true;
            scope.postMessage({ seen: track.lead });
          }
          const passes = await one(frame).catch(() => false);
          if (passes) {
            out.enqueue(frame);
          }
        },
      }),
    )
    .pipeTo(writable)
    .then(done, done); // the connection was closed
}

function sealer(track: Track): (frame: Frame) => Promise<boolean> {
  return async (frame) => {
    const bytes = new Uint8Array(frame.data);
    const sealed = await sender.seal(track.kind, bytes);
    if (sealed && sealed !== bytes) {
      frame.data = sealed.buffer;
    }
    return sealed !== null;
  };
}

function opener(track: Track, by: Transformer | null): (frame: Frame) => Promise<boolean> {
  // Who left and came back has another receiver.
  let last: Receiver | null = null;
  let stream: Stream | null = null;
  let missed = false;
  let asked = 0;
  return async (frame) => {
    const bytes = new Uint8Array(frame.data);
    const { from, kind } = track.from ? track : whose[track.lead] || track;
    const r = from ? receivers.of(from) : null;
    if (r !== last) {
      last = r;
      stream = r && r.stream(kind);
    }
    const plain = stream ? await stream.open(bytes) : "no key";
    if (typeof plain === "string") {
      missed = true;
      return false;
    }
    if (plain !== bytes) {
      frame.data = plain.buffer;
    }
    if (track.kind !== "audio" && missed) {
      // What was dropped is missing to the decoder: begin anew.
      missed = frame.type !== "key" && Date.now() - asked < askEvery;
      if (frame.type !== "key" && !missed && by && by.sendKeyFrameRequest) {
        asked = Date.now();
        by.sendKeyFrameRequest().catch(() => undefined);
      }
    }
    return true;
  };
}

scope.onrtctransform = (e) => pipe(e.transformer.options, e.transformer.readable, e.transformer.writable, e.transformer);
scope.onmessage = (e) => told(e.data);
scope.postMessage({ here: true });
