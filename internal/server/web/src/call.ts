// The consultation as the patient's page sees it: one state, one step function.
// Nothing here touches the DOM, the network or WebRTC; step returns what to do.
import { MaxName, MaxText } from "./wire.gen";
import type { Code, Direct, FromServer, ICEServer, Offer, Person, Reason } from "./wire.gen";
import { blank, drawing, type DrawingEvent } from "./drawing";
import { quiet, talked, type TalkEvent } from "./panel";
import { posed, unasked, type PhotoEvent } from "./photo";
import { led, told, unled, type LeadEvent } from "./lead";
import { watches } from "./role";
import { dropped, ended, idle, sayAgain, shared, type ScreenEvent } from "./screen";
import { carrying, initial, mayReturn, reduced, serverNow, type Effect, type Event, type Notice, type Result, type State } from "./state";
import { clean, cleanLine } from "./texts";
import { remains, transferred, type TransferEvent } from "./transfers";

/** slowAnswer: a round trip this long, ms, is felt in talking. */
const slowAnswer = 700;

/** step is the whole logic: what happened, what is now so, what to do. */
export function step(s: State, e: Event): Result {
  switch (e.type) {
    case "start":
      return started(s, e);
    case "tick":
      return ticked({ ...s, now: e.at, reducedSince: reduced(s) ? s.reducedSince || e.at : 0 });
    case "looked":
    case "lookup_failed":
      return looked(s, e);
    case "joined":
      return joined(s);
    case "join_refused":
      return joinRefused(s, e.code);
    case "line_down":
      return lineDown(s, e.at);
    case "message":
      return received({ ...s, now: e.at }, e.message);
    case "media":
    case "ready":
    case "path":
      return mediaChanged(s, e);
    case "captured":
    case "capture_failed":
    case "capture_lost":
      return captureChanged(s, e);
    case "sound":
      return [{ ...s, soundBlocked: e.blocked }, []];
    case "able":
    case "keys":
      return keyed(s, e);
    case "chat":
    case "panel":
    case "dismiss":
    case "draft":
    case "showing":
    case "write":
    case "unseen":
      return talked(s, e);
    case "share":
    case "share_taken":
    case "share_over":
    case "freeze":
    case "share_read":
      return shared(s, e);
    case "files":
    case "offer_files":
    case "file":
    case "save":
    case "saved":
    case "dismiss_file":
      return transferred(s, e);
    case "asked":
    case "photo":
    case "photographed":
    case "no_camera":
    case "unsent":
    case "turned":
      return posed(s, e);
    case "board":
    case "lay":
    case "drew":
    case "board_dismiss":
      return drawing(s, e);
    case "let_in":
    case "hand_over":
    case "end":
      return led(s, e);
    default:
      return pressed(s, e);
  }
}

type Pressed = Exclude<Event, { type: "start" | "tick" | "looked" | "lookup_failed" | "joined" | "join_refused" | "line_down" | "message" | "media" | "ready" | "path" | "captured" | "capture_failed" | "capture_lost" | "sound" | "able" | "keys" | TalkEvent["type"] | TransferEvent["type"] | PhotoEvent["type"] | ScreenEvent["type"] | DrawingEvent["type"] | LeadEvent["type"] }>;

/** pressed answers what the patient does. */
function pressed(s: State, e: Pressed): Result {
  switch (e.type) {
    case "language":
      return [{ ...s, language: e.language }, []];
    case "help":
      return [{ ...s, help: e.open }, []];
    case "join":
    case "return":
      return join(s);
    case "test":
      return s.stage === "welcome" && !s.cause && !s.joining && !watches(s.role) ? ask({ ...s, stage: "test" }, true) : [s, []];
    case "test_done":
      return s.stage === "test" ? [{ ...s, stage: "welcome", capture: "none", captureProblem: "" }, [{ do: "release" }]] : [s, []];
    case "retry":
      return asks(s) ? ask(s, true) : [s, []];
    case "without":
      return without(s);
    case "hand":
      return handed(s);
    case "toggle":
      return toggled(s, e.kind);
    case "recapture":
      return inRoom(s) && !watches(s.role) ? [s, [{ do: "capture", audio: s.hasAudio || e.kind === "audio", video: s.hasVideo || e.kind === "video" }]] : [s, []];
    case "swap":
      return [s, s.hasVideo && s.video ? [{ do: "swap" }] : []];
    case "unblock":
      return [s, [{ do: "unblock" }]];
    case "compared":
      return [compared(s, e), []];
    case "leave":
      return left({ ...s, now: e.at });
    case "home":
      return s.stage === "ended" ? [fresh(s), [{ do: "lookup" }]] : [s, []];
  }
}

/** compared takes what the patient said of a code. That it is the same counts only of the code
 * that is there now; that it differs counts of any. */
function compared(s: State, e: Extract<Event, { type: "compared" }>): State {
  const bond = s.bonds[e.peer];
  if (e.code.length === 0 || !(inRoom(s) || s.stage === "permission")) {
    return s;
  }
  if (!e.same) {
    const bonds = bond ? { ...s.bonds, [e.peer]: { ...bond, compared: "" as const } } : s.bonds;
    return { ...s, bonds, differed: { ...s.differed, [e.peer]: true } };
  }
  if (!bond || String(bond.code) !== String(e.code)) {
    return s;
  }
  return { ...s, bonds: { ...s.bonds, [e.peer]: { ...bond, compared: "same" } }, differed: exceptFor(s.differed, e.peer) };
}

function started(s: State, e: Extract<Event, { type: "start" }>): Result {
  const now: State = { ...s, now: e.at, language: e.language, cause: e.cause, askedAt: e.at };
  if (e.seat && !e.cause) {
    return [{ ...now, ...e.seat, joining: true, line: "dialling" }, [{ do: "lookup" }, { do: "dial" }]];
  }
  return [now, [{ do: "lookup" }]];
}

function ticked(s: State): Result {
  const asks = s.stage === "welcome" || s.stage === "test";
  if (!asks || s.joining || s.cause) {
    return [s, []];
  }
  const waited = s.now - s.askedAt;
  const opening = s.link !== null && s.link.status === "early" && serverNow(s) >= s.link.opens * 1000;
  const late = s.link !== null && s.link.status === "open" && serverNow(s) >= s.link.start * 1000 + 60000;
  const failing = s.linkProblem === "offline" || s.linkProblem === "slow_down" || s.linkProblem === "internal";
  const pause = s.linkProblem === "slow_down" ? 60000 : opening || failing ? 5000 : late ? 30000 : 60000;
  const over = s.link !== null && (s.link.status === "expired" || s.link.status === "cancelled");
  if (waited < pause || over || s.linkProblem === "unknown_link") {
    return [s, []];
  }
  return [{ ...s, askedAt: s.now }, [{ do: "lookup" }]];
}

function looked(s: State, e: Extract<Event, { type: "looked" | "lookup_failed" }>): Result {
  if (e.type === "lookup_failed") {
    // What was known stays on screen while the network is away.
    const keep = s.link !== null && e.code !== "unknown_link";
    return [{ ...s, now: e.at, linkProblem: keep ? s.linkProblem : e.code }, []];
  }
  const link = { ...e.link, clinician: cleanLine(e.link.clinician, MaxName), practice: cleanLine(e.link.practice || "", MaxName), phone: cleanLine(e.link.phone || "", 40) };
  return [{ ...s, now: e.at, link, role: s.self ? s.role : link.role || "", skew: link.now * 1000 - e.at, linkProblem: "" }, []];
}

function join(s: State): Result {
  if (s.joining || s.cause || (s.stage !== "welcome" && !mayReturn(s))) {
    return [s, []];
  }
  const next = s.stage === "ended" ? fresh(s) : s;
  return [{ ...next, joining: true, notice: "", line: "dialling", resume: "" }, [{ do: "unblock" }, { do: "dial" }]];
}

/** fresh is the welcome screen again, with the patient's choices kept. */
function fresh(s: State): State {
  return { ...initial(), language: s.language, cause: s.cause, now: s.now, link: s.link, role: (s.link && s.link.role) || "", skew: s.skew, askedAt: s.now, audio: s.audio, video: s.video, unseen: s.unseen, kept: s.kept };
}

function joined(s: State): Result {
  if (!s.joining) {
    return [s, []];
  }
  return s.stage === "welcome" ? enter({ ...s, joining: false, notice: "" }) : [{ ...s, joining: false }, []];
}

function joinRefused(s: State, code: Code): Result {
  const back: State = { ...fresh(s), notice: notice(code) };
  if (code === "unknown_link") {
    back.link = null;
    back.linkProblem = code;
    return [back, [{ do: "hang_up" }, { do: "release" }, { do: "drop_media" }]];
  }
  return [back, [{ do: "hang_up" }, { do: "release" }, { do: "drop_media" }, { do: "lookup" }]];
}

function notice(code: Code): Notice | "" {
  switch (code) {
    case "early":
    case "expired":
    case "cancelled":
    case "unknown_link":
      return "";
    case "pass":
    case "slow_down":
    case "full":
    case "locked":
    case "version":
    case "seal":
      return code;
    default:
      return "other";
  }
}

function asks(s: State): boolean {
  return s.stage === "permission" || s.stage === "test";
}

function inRoom(s: State): boolean {
  return s.stage === "waiting" || s.stage === "call";
}

/** enter asks for camera and microphone; of who only watches neither is wanted. */
function enter(s: State): Result {
  const next: State = { ...s, stage: "permission" };
  return watches(s.role) ? captureChanged(next, { type: "captured", audio: false, video: false }) : ask(next, true);
}

function ask(s: State, video: boolean): Result {
  return [{ ...s, capture: "asking", captureProblem: "" }, [{ do: "capture", audio: true, video }]];
}

function without(s: State): Result {
  if (!asks(s)) {
    return [s, []];
  }
  // Where the microphone is out of reach too, asking for it again would only go round in circles.
  const neither = s.capture === "problem" && s.captureProblem !== "no_camera" && s.captureProblem !== "busy" && s.captureProblem !== "other";
  return neither ? captureChanged(s, { type: "captured", audio: false, video: false }) : ask(s, false);
}

function captureChanged(s: State, e: Extract<Event, { type: "captured" | "capture_failed" | "capture_lost" }>): Result {
  if (e.type === "capture_lost") {
    return [{ ...s, lost: { ...s.lost, [e.kind]: e.lost } }, []];
  }
  if (e.type === "capture_failed") {
    return asks(s) ? [{ ...s, capture: "problem", captureProblem: e.problem }, []] : [s, []];
  }
  const had: State = { ...s, capture: "done", captureProblem: "", hasAudio: e.audio, hasVideo: e.video, lost: { audio: false, video: false } };
  const out: Effect = { do: "let_out", audio: had.audio, video: had.video };
  if (s.stage === "permission") {
    const here: State = { ...had, stage: had.admitted ? "call" : "waiting", media: had.admitted ? "connecting" : "none" };
    return [here, [out, ...ready(here), ...renew(here), ...sayAgain(here)]];
  }
  return [had, inRoom(s) ? [out, ...tell(had)] : [out]];
}

/** ready tells the server that the patient has agreed to the capture. */
function ready(s: State): Effect[] {
  const up = s.line === "up" && s.capture === "done";
  const can = { ...(s.able.keys ? { keys: true } : {}), ...(s.able.seal ? { seal: true } : {}), ...(s.able.chooses ? { chooses: true } : {}) };
  return up ? [{ do: "send", message: { type: "ready", data: { ...outgoing(s), direct: true, ...can } } }] : [];
}

/** keyed takes what is new of the keys. */
function keyed(s: State, e: Extract<Event, { type: "able" | "keys" }>): Result {
  if (e.type === "able") {
    return [{ ...s, able: { keys: e.keys, seal: e.seal, chooses: e.chooses } }, []];
  }
  const bonds: State["bonds"] = {};
  for (const p of e.pairings) {
    const had = s.bonds[p.peer];
    bonds[p.peer] = { standing: p.standing, code: p.code, agreed: p.agreed, compared: had && String(had.code) === String(p.code) ? had.compared : "" };
  }
  const tampered = s.tampered || e.pairings.some((p) => p.standing === "broken");
  return [inRoom(s) || s.stage === "permission" ? { ...s, bonds, tampered, sealing: e.sealing } : s, []];
}

/** renew asks for the media connection that is owed, once there is something to send on it. It settles the debt in s. */
function renew(s: State): Effect[] {
  if (!s.owesRenew || s.line !== "up" || s.capture !== "done") {
    return [];
  }
  const gen = s.owesRenew;
  s.owesRenew = 0;
  return [{ do: "send", message: { type: "renew", data: { gen } } }];
}

function tell(s: State): Effect[] {
  return s.line === "up" && s.capture === "done" ? [{ do: "send", message: { type: "media", data: outgoing(s) } }] : [];
}

function outgoing(s: State): { audio: boolean; video: boolean } {
  return { audio: s.hasAudio && s.audio, video: s.hasVideo && s.video };
}

/** silenced mutes our microphone because somebody who runs the call asks for it. */
function silenced(s: State, by: string): Result {
  if (!s.audio || watches(s.role)) {
    return [s, []];
  }
  const next = { ...s, audio: false, silencedBy: by };
  return [next, [{ do: "let_out", audio: false, video: next.video }, ...tell(next)]];
}

/** handed raises our hand, or lowers it; the server tells everybody, us too. */
function handed(s: State): Result {
  const me = s.people[s.self];
  if (!me || me.place !== "call" || s.line !== "up") {
    return [s, []];
  }
  return [s, [{ do: "send", message: { type: "hand", data: { up: !me.hand } } }]];
}

function toggled(s: State, kind: "audio" | "video"): Result {
  if (watches(s.role)) {
    return [s, []];
  }
  const next = kind === "audio" ? { ...s, audio: !s.audio, silencedBy: "" } : { ...s, video: !s.video };
  if (inRoom(s) && kind === "video" && next.video && !s.hasVideo) {
    // "Without camera" was a choice, not a sentence: ask again.
    return [next, [{ do: "capture", audio: s.hasAudio, video: true }]];
  }
  if (inRoom(s) && kind === "audio" && !s.hasAudio) {
    return [{ ...s, audio: true }, [{ do: "capture", audio: true, video: s.hasVideo }]];
  }
  return [next, [{ do: "let_out", audio: next.audio, video: next.video }, ...(inRoom(s) ? tell(next) : [])]];
}

function lineDown(s: State, at: number): Result {
  if (s.line === "none") {
    return [s, []];
  }
  if (s.line === "dialling" && !s.self) {
    return [{ ...s, notice: s.joining && s.stage === "welcome" ? "offline" : s.notice }, []];
  }
  return [{ ...s, now: at, line: "down", downSince: s.line === "down" ? s.downSince : at }, []];
}

function mediaChanged(s: State, e: Extract<Event, { type: "media" | "ready" | "path" }>): Result {
  const old = s.connections[e.gen];
  if (!old || s.stage !== "call") {
    return [s, []];
  }
  const now = { ...old };
  const next: State = { ...s, connections: { ...s.connections, [e.gen]: now } };
  if (e.type === "path") {
    now.path = e.path;
    return [next, []];
  }
  if (e.type === "ready") {
    now.ready = now.up = true;
    return [{ ...next, media: "connected" }, up(next, e.gen)];
  }
  now.up = e.state === "connected";
  if (carrying(next)) {
    next.media = "connected"; // a newer one is on its way, or this one
  } else {
    next.media = e.state === "connected" ? "connected" : e.state;
  }
  if (e.state !== "broken") {
    return [{ ...next, owesRenew: e.gen === s.owesRenew ? 0 : s.owesRenew }, []];
  }
  if (e.gen !== s.gen) {
    return [next, []];
  }
  // Asked for again after the next welcome: the line may be dead, and not know it yet.
  return [{ ...next, owesRenew: e.gen }, s.line === "up" ? [{ do: "send", message: { type: "renew", data: { gen: e.gen } } }] : []];
}

/** up tells the server that media of this generation arrives. */
function up(s: State, gen: number): Effect[] {
  return s.line === "up" ? [{ do: "send", message: { type: "up", data: { gen } } }] : [];
}

function left(s: State): Result {
  const busy = inRoom(s) || s.stage === "permission";
  return busy ? over(s, "left", "", [{ do: "send", message: { type: "leave", data: {} } }]) : [s, []];
}

/** over ends the stay. */
export function over(s: State, reason: Reason, text: string, first: Effect[]): Result {
  return [
    {
      ...s, stage: "ended", from: s.stage, reason, farewell: text, endedAt: s.now, help: false, joining: false, line: "none",
      resume: "", self: "", people: {}, admitted: false, capture: "none", captureProblem: "", media: "none", gen: 0, connections: {}, soundBlocked: false, owesRenew: 0,
      silencedBy: "", lost: { audio: false, video: false }, able: { keys: false, seal: false }, rekey: 0, sealed: false, bonds: {}, differed: {}, tampered: false, sealing: false, sharing: idle(), ...quiet(), ...blank(), unseen: s.unseen, ...remains(s), ...unasked(), ...unled(),
    },
    [...first, ...(s.photo ? [{ do: "rest" } as Effect] : []), { do: "hang_up" }, { do: "drop_media" }, { do: "release" }],
  ];
}

function received(s: State, m: FromServer): Result {
  if (s.line === "none" || s.stage === "ended") {
    return [s, []];
  }
  switch (m.type) {
    case "welcome":
      return welcomed({ ...s, slowAnswers: 0 }, m.data);
    case "presence":
      if (m.data.person.id === s.self && m.data.person.place === "hold") {
        return held(s, m.data.person);
      }
      return seen(told(s, tidy(m.data.person)), m.data.person.id);
    case "gone":
      return [{ ...s, people: exceptFor(s.people, m.data.id) }, []];
    case "admitted":
      return admitted(s, m.data.ice || []);
    case "direct":
      return met(s, m.data);
    case "offer":
      return offered(s, m.data);
    case "answer":
    case "candidate":
      return [s, s.connections[m.data.gen] ? [{ do: "pass_on", message: m }] : []];
    case "settle":
      return settled(s, m.data.gen);
    case "commit":
    case "reveal":
    case "encapsulate":
    case "sealed":
    case "data":
      return [s, [{ do: "agree", message: m }]];
    case "said":
      return said(s, m.data.from, m.data.text);
    case "silenced":
      return silenced(s, m.data.by);
    case "ended":
      if (m.data.reason === "shutdown") {
        return [s, []]; // the line closes now, and comes back with the server
      }
      return over(s, m.data.reason, clean(m.data.text || "", MaxText), []);
    case "failure":
      return failed(s, m.data.code, m.data.fatal);
    case "pong":
      return [{ ...s, slowAnswers: s.now - m.data.at > slowAnswer ? s.slowAnswers + 1 : 0 }, []];
    default:
      return [s, []];
  }
}

/** seen takes what the server says of a person; of ourselves it may be other than what we do. */
function seen(s: State, id: string): Result {
  return [s, id === s.self ? sayAgain(s) : []];
}

function welcomed(s: State, w: Extract<FromServer, { type: "welcome" }>["data"]): Result {
  const people: { [id: string]: Person } = {};
  for (const p of w.people || []) {
    people[p.id] = tidy(p);
  }
  const me = people[w.self];
  const inCall = me !== undefined && me.place === "call";
  const next: State = {
    ...s, line: "up", downSince: 0, joining: false, notice: "", resume: w.resume, self: w.self, role: w.role, people,
    arrivedAt: s.arrivedAt || (me ? me.since * 1000 - s.skew : s.now), admitted: inCall, ice: w.ice || s.ice, rekey: w.rekey || 0, sealed: w.sealed === true,
    store: w.files && w.files.token && w.files.limit > 0 ? w.files : null,
  };
  const todo: Effect[] = [{ do: "settled" }];
  const held = s.connections[w.gen];
  if (!inCall || !held) {
    // What we hold is not what the server holds. What it holds for us, if anything, is
    // of no use any more, as after a reload: it must offer anew.
    next.gen = 0;
    next.connections = {};
    next.owesRenew = inCall ? w.gen : 0;
    next.media = inCall ? "connecting" : "none";
    if (s.gen) {
      todo.push({ do: "drop_media" });
    }
  } else if (held.ready && s.owesRenew !== w.gen) {
    todo.push(...up(next, w.gen)); // it may have been lost
  }
  if (next.stage === "waiting" || next.stage === "call") {
    next.stage = inCall ? "call" : "waiting";
    if (!inCall) {
      todo.push(...dropped(next));
      next.sharing = idle();
    }
  } else if (next.stage === "welcome") {
    const [asked, more] = enter(next);
    return [asked, [...todo, ...more]];
  }
  if (next.capture === "done") {
    todo.push(...(me && me.ready ? tell(next) : ready(next)));
  }
  todo.push(...renew(next), ...sayAgain(next));
  return [next, todo];
}

/** held goes back to the waiting room: no picture and no sound, either way, until "admitted". */
function held(s: State, me: Person): Result {
  const next: State = {
    ...s, people: { ...s.people, [me.id]: tidy(me) }, stage: s.stage === "call" ? "waiting" : s.stage,
    admitted: false, media: "none", gen: 0, connections: {}, owesRenew: 0, soundBlocked: false, panel: "", board: false, drawer: "", sharing: idle(),
  };
  return [next, [{ do: "drop_media" }, ...dropped(s)]];
}

function admitted(s: State, ice: ICEServer[]): Result {
  if (s.line !== "up" || s.admitted) {
    return [s.admitted ? { ...s, ice } : s, []];
  }
  const next: State = { ...s, admitted: true, ice };
  if (s.stage !== "waiting") {
    return [next, []];
  }
  return [{ ...next, stage: "call", media: "connecting" }, [{ do: "chime" }]];
}

/** met opens a connection straight to another person, beside what there is. */
function met(s: State, direct: Direct): Result {
  if (!s.admitted || s.stage !== "call" || direct.gen <= s.gen) {
    return [s, []];
  }
  return [opened(s, direct.gen, true), [{ do: "meet", direct }]];
}

function offered(s: State, offer: Offer): Result {
  const known = s.connections[offer.gen] !== undefined;
  if (!s.admitted || s.stage !== "call" || (!known && offer.gen < s.gen)) {
    return [s, []];
  }
  const next = known ? { ...s } : opened(s, offer.gen, false);
  next.ice = offer.ice || s.ice;
  return [next, [{ do: "negotiate", offer, ice: next.ice }]];
}

function opened(s: State, gen: number, direct: boolean): State {
  const connections = { ...s.connections, [gen]: { direct, up: false, ready: false, path: null } };
  return { ...s, gen, connections, media: s.media === "connected" ? "connected" : "connecting", owesRenew: 0 };
}

/** settled keeps one connection; when there is none of its generation, no media is left. */
function settled(s: State, gen: number): Result {
  const kept = s.connections[gen];
  const connections: State["connections"] = {};
  if (kept) {
    connections[gen] = kept;
  }
  const next: State = { ...s, connections, gen: kept ? gen : 0, owesRenew: s.owesRenew === gen ? gen : 0 };
  if (s.stage === "call") {
    next.media = carrying(next) ? "connected" : "connecting";
  }
  const effects: Effect[] = [{ do: "settle", gen }];
  if (kept && kept.ready && !kept.up && s.line === "up") {
    next.owesRenew = gen;
    effects.push({ do: "send", message: { type: "renew", data: { gen } } }); // it died while another was tried
  }
  return [next, effects];
}

function said(s: State, from: string, text: string): Result {
  const sentence = clean(text, MaxText);
  if (!sentence) {
    return [s, []];
  }
  const author = s.people[from];
  const name = author ? author.name : s.link ? s.link.clinician : "";
  const messages = [...s.messages, { from: name, text: sentence, at: s.now }].slice(-3);
  return [{ ...s, messages }, [{ do: "chime" }]];
}

function failed(s: State, code: Code, fatal: boolean): Result {
  if (code === "cancelled" || code === "expired" || code === "unknown_link" || code === "early") {
    return joinRefused(s, code);
  }
  if (code === "sharing" && !fatal) {
    return s.sharing.on ? ended(s, "refused") : [s, []];
  }
  if (code === "slow") {
    // We read too slowly: the line drops, and comes back with a resume.
    return [s, []];
  }
  if (code === "pass" || (fatal && code !== "internal")) {
    return joinRefused(s, code);
  }
  return [s, []];
}

function tidy(p: Person): Person {
  return { ...p, name: cleanLine(p.name, MaxName) };
}

function exceptFor<T>(all: { [id: string]: T }, id: string): { [id: string]: T } {
  const rest: { [id: string]: T } = {};
  for (const other of Object.keys(all)) {
    if (other !== id) {
      rest[other] = all[other];
    }
  }
  return rest;
}
