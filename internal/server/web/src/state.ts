// What the page knows of its consultation: the one state, what can happen to it and what is to be
// done then, and what is asked of it. Nothing here changes it: that is step, in call.ts.
import type { Answer, Candidate, Code, Direct, FromClient, FromServer, ICEServer, LinkInfo, Offer, Person, Reason, Role } from "./wire.gen";
import { blank, type Drawing, type DrawingEvent } from "./drawing";
import { quiet, type Talk, type TalkEvent } from "./panel";
import type { Path } from "./peer";
import { unasked, type PhotoEvent, type Posing } from "./photo";
import { unled, type Lead, type LeadEvent } from "./lead";
import { idle, ofScreen, type ScreenEvent, type Sharing } from "./screen";
import type { Agreement, Pairing, Standing } from "./seal/group";
import type { Language } from "./texts";
import { untouched, type TransferEvent, type Transfers } from "./transfers";
import type { Act } from "./files";

/** Stage is the screen the patient has reached. Only the server's word leads to "call". */
export type Stage = "welcome" | "permission" | "test" | "waiting" | "call" | "ended";

/** Phase is the stage as the rest of the world reads it in <html data-phase>. */
export type Phase = Stage | "reconnecting" | "help";

/** Cause says why this browser cannot do it at all. */
export type Cause = "webrtc" | "insecure";

export type CaptureProblem = "denied" | "system" | "missing" | "no_camera" | "no_microphone" | "busy" | "other";

export type Notice = "pass" | "offline" | "slow_down" | "full" | "locked" | "version" | "seal" | "other";

/** Step back after the end: this long, ms. */
export const returnWithin = 10 * 60 * 1000;

/** Message is a sentence from the practitioner. */
export interface Message {
  from: string;
  text: string;
  at: number;
}

/** Connection is one media connection: a new one is made beside the old one, which is
 * closed when the server says that the new one carries the call. */
export interface Connection {
  direct: boolean;
  up: boolean;
  /** ready: it can take an older one's place. */
  ready: boolean;
  path: Path | null;
}

/** Bond is what is known of the keys that we share with one other person. */
export interface Bond {
  standing: Standing;
  /** code is the safety code, four numbers below 256; none while there is no key. */
  code: number[];
  /** agreed counts agreements in this stay, see Pairing. */
  agreed: number;
  /** compared: "same" is what the patient said of this code, and goes when it changes. */
  compared: "" | "same";
}

export interface State extends Talk, Transfers, Posing, Drawing, Lead {
  stage: Stage;
  language: Language;
  /** help: the help dialog is open. */
  help: boolean;
  cause: Cause | "";
  /** now is the device's clock, ms, as of the last tick. */
  now: number;

  link: LinkInfo | null;
  /** skew is the server's clock minus the device's, ms. */
  skew: number;
  linkProblem: Code | "offline" | "";
  askedAt: number;
  notice: Notice | "";
  /** silencedBy is who had our microphone muted, until we switch it on again. */
  silencedBy: string;
  joining: boolean;

  line: "none" | "dialling" | "up" | "down";
  downSince: number;
  resume: string;
  self: string;
  /** role is ours: as the server says, before that as the link does. */
  role: Role | "";
  people: { [id: string]: Person };
  arrivedAt: number;
  admitted: boolean;
  messages: Message[];

  capture: "none" | "asking" | "problem" | "done";
  captureProblem: CaptureProblem | "";
  /** hasAudio and hasVideo: there is a device and leave to use it. */
  hasAudio: boolean;
  hasVideo: boolean;
  /** audio and video: what the patient wants to let out. */
  audio: boolean;
  video: boolean;
  lost: { audio: boolean; video: boolean };

  ice: ICEServer[];
  /** gen is the generation of the newest connection, 0 when there is none. */
  gen: number;
  connections: { [gen: number]: Connection };
  media: "none" | "connecting" | "connected" | "broken";
  /** owesRenew is the generation that the server must be asked to renew, 0 when none. */
  owesRenew: number;
  /** reducedSince is when the quality became a reduced one, 0 while it is not. */
  reducedSince: number;
  soundBlocked: boolean;

  /** able is what this browser can do with keys; known before the room is entered. */
  able: { keys: boolean; seal: boolean; chooses?: boolean };
  /** rekey (seconds) and sealed are the server's wishes, see Welcome. */
  rekey: number;
  sealed: boolean;
  bonds: { [id: string]: Bond };
  /** differed are the people with whom a code was another: for the whole stay, until the patient
   * says of a code of theirs that it is the same. */
  differed: { [id: string]: boolean };
  /** tampered: an agreement was broken in this stay. Nothing takes that back. */
  tampered: boolean;
  /** sealing: what we send is sealed, and nothing else is shown. */
  sealing: boolean;
  /** sharing is what we do with our own screen. */
  sharing: Sharing;
  /** slowAnswers counts pongs in a row that took long. */
  slowAnswers: number;

  reason: Reason | "";
  /** from: the stage that ended. */
  from: Stage;
  farewell: string;
  endedAt: number;
}

/** Seat is what a reload needs to come back to the same place. */
export interface Seat {
  resume: string;
  audio: boolean;
  video: boolean;
}

export type Event =
  | { type: "start"; at: number; language: Language; cause: Cause | ""; seat: Seat | null }
  | { type: "tick"; at: number }
  | { type: "looked"; at: number; link: LinkInfo }
  | { type: "lookup_failed"; at: number; code: Code | "offline" }
  | { type: "joined" }
  | { type: "join_refused"; code: Code }
  | { type: "line_down"; at: number }
  | { type: "message"; at: number; message: FromServer }
  | { type: "captured"; audio: boolean; video: boolean }
  | { type: "capture_failed"; problem: CaptureProblem }
  | { type: "capture_lost"; kind: "audio" | "video"; lost: boolean }
  | { type: "media"; gen: number; state: "connecting" | "connected" | "broken" }
  | { type: "ready"; gen: number }
  | { type: "path"; gen: number; path: Path }
  | { type: "sound"; blocked: boolean }
  | { type: "able"; keys: boolean; seal: boolean; chooses?: boolean }
  | { type: "keys"; pairings: Pairing[]; sealing: boolean }
  | { type: "compared"; peer: string; code: number[]; same: boolean }
  | { type: "language"; language: Language }
  | { type: "help"; open: boolean }
  | { type: "join" }
  | { type: "test" }
  | { type: "test_done" }
  | { type: "retry" }
  | { type: "without" }
  | { type: "hand" }
  | { type: "toggle"; kind: "audio" | "video" }
  | TalkEvent
  | ScreenEvent
  | TransferEvent
  | LeadEvent
  | PhotoEvent
  | DrawingEvent
  | { type: "recapture"; kind: "audio" | "video" }
  | { type: "swap" }
  | { type: "unblock" }
  | { type: "leave"; at: number }
  | { type: "return" }
  | { type: "home" };

export type Effect =
  | { do: "lookup" }
  | { do: "dial" }
  | { do: "hang_up" }
  | { do: "settled" }
  | { do: "send"; message: FromClient }
  | { do: "capture"; audio: boolean; video: boolean }
  | { do: "release" }
  | { do: "let_out"; audio: boolean; video: boolean }
  | { do: "swap" }
  | { do: "negotiate"; offer: Offer; ice: ICEServer[] }
  | { do: "meet"; direct: Direct }
  | { do: "pass_on"; message: { type: "answer"; data: Answer } | { type: "candidate"; data: Candidate } }
  | { do: "settle"; gen: number }
  | { do: "agree"; message: Agreement }
  | { do: "drop_media" }
  | { do: "share" }
  | { do: "freeze"; on: boolean }
  | { do: "stop_share" }
  | { do: "unblock" }
  | { do: "write"; text: string }
  | { do: "draft"; text: string; show: boolean }
  | { do: "offer_files"; files: File[] }
  | { do: "file"; act: Act; id: string }
  | { do: "save"; id: string; file: Blob; name: string }
  | { do: "pose"; id: string }
  | { do: "rest" }
  | { do: "photograph"; id: string }
  | { do: "torch"; on: boolean }
  | { do: "swap_pose" }
  | { do: "send_photo"; peer: string; name: string; picture: Blob }
  | { do: "settle_photo"; how: "refused" | "failed" }
  | { do: "settle_turn"; yes: boolean }
  | { do: "lay"; file: Blob }
  | { do: "tap" }
  | { do: "chime" };

export type Result = [State, Effect[]];

export function initial(): State {
  return {
    stage: "welcome", language: "fr", help: false, cause: "", now: 0,
    link: null, skew: 0, linkProblem: "", askedAt: 0, notice: "", silencedBy: "", joining: false,
    line: "none", downSince: 0, resume: "", self: "", role: "", people: {}, arrivedAt: 0, admitted: false, messages: [],
    capture: "none", captureProblem: "", hasAudio: false, hasVideo: false, audio: true, video: true,
    lost: { audio: false, video: false },
    ice: [], gen: 0, connections: {}, media: "none", owesRenew: 0, reducedSince: 0, soundBlocked: false, slowAnswers: 0,
    able: { keys: false, seal: false }, rekey: 0, sealed: false, bonds: {}, differed: {}, tampered: false, sealing: false,
    sharing: idle(), reason: "", from: "welcome", farewell: "", endedAt: 0, ...quiet(), ...untouched(), ...unasked(), ...blank(), ...unled(),
  };
}

export function phase(s: State): Phase {
  if (s.cause || (s.help && s.stage === "welcome")) {
    return "help";
  }
  if ((s.stage === "waiting" || s.stage === "call") && s.line === "down") {
    return "reconnecting";
  }
  return s.stage;
}

/** serverNow is the server's clock, ms. */
export function serverNow(s: State): number {
  return s.now + s.skew;
}

/** clinician is the practitioner in the room, if the server shows one. */
export function clinician(s: State): Person | null {
  for (const id of Object.keys(s.people)) {
    if (s.people[id].role === "clinician" && id !== s.self) {
      return s.people[id];
    }
  }
  return null;
}

/** others are the people in the call besides the patient, in a stable order. */
export function others(s: State): Person[] {
  return Object.keys(s.people)
    .map((id) => s.people[id])
    .filter((p) => p.id !== s.self && p.place === "call")
    .sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1));
}

/** shown are those who have a tile: whoever sends something, and everybody with whom keys are
 * agreed, so that nobody listens unseen. */
export function shown(s: State, sending: string[]): string[] {
  const ready = others(s).filter((p) => p.ready).map((p) => p.id);
  return ready.concat(sending.filter((id) => ready.indexOf(id) < 0 && ofScreen(id) === null)).sort();
}

/** Route is how media travels: straight to the other person, to them through a TURN
 * server that cannot read it, or through the server. */
export type Route = "direct" | "relay" | "sfu" | "";

/** carrying is the newest connection that carries the call. */
export function carrying(s: State): Connection | null {
  let best: Connection | null = null;
  for (const gen of Object.keys(s.connections).map(Number).sort((a, b) => a - b)) {
    const c = s.connections[gen];
    if (c.up && (c.ready || !best || !best.ready)) {
      best = c;
    }
  }
  return best;
}

export function route(s: State): Route {
  const c = carrying(s);
  if (s.stage !== "call" || !c) {
    return "";
  }
  if (!c.direct) {
    return "sfu";
  }
  return c.path && (c.path.local === "relay" || c.path.remote === "relay") ? "relay" : "direct";
}

/** reduced: packets go over TCP, where a lost one holds up all that follow (R26). */
export function reduced(s: State): boolean {
  const c = carrying(s);
  return c !== null && c.path !== null && (c.path.protocol === "tcp" || c.path.protocol === "tls");
}

/** explains: the reduced quality is new, and worth a sentence. */
export function explains(s: State): boolean {
  return reduced(s) && s.now - s.reducedSince < 15000;
}

/** weak: the line has been slow more than once. */
export function weak(s: State): boolean {
  return s.line === "up" && s.slowAnswers >= 2;
}

/** mayReturn: the way back is still shown. */
export function mayReturn(s: State): boolean {
  const open = !s.link || serverNow(s) < s.link.closes * 1000 || s.link.closes === 0;
  return (
    s.stage === "ended" && s.reason !== "refused" && s.reason !== "removed" && s.reason !== "cancelled" &&
    s.now - s.endedAt < returnWithin && open
  );
}

/** onHold: the practitioner has set the patient aside. */
export function onHold(s: State): boolean {
  const me = s.people[s.self];
  return me !== undefined && me.place === "hold";
}

/** watchers see and hear the call, and are neither seen nor heard. */
export function watchers(s: State): Person[] {
  return others(s).filter((p) => p.role === "observer");
}
