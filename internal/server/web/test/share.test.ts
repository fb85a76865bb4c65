// Features of a call: whom they are told of and when, what reaches them, and the page's state of
// the conversation.
import { step } from "../src/call";
import { initial, type Effect, type Event, type State } from "../src/state";
import { silence, type Message, type View } from "../src/chat";
import { deaf, delivery, mayWrite } from "../src/panel";
import { text, type Bytes } from "../src/seal/bytes";
import { Group, type Agreement } from "../src/seal/group";
import { partners, Share, type Feature, type Out, type Partner } from "../src/share";
import type { Person, Role, Topic } from "../src/wire.gen";

declare function require(name: string): any;
const test = require("node:test");
const assert = require("node:assert/strict");

class Recorder implements Feature {
  did: string[] = [];
  out: Out[] = [];
  meet(peer: string, role: Role): void {
    this.did.push("meet " + peer + " " + role);
  }
  part(peer: string): void {
    this.did.push("part " + peer);
  }
  hear(peer: string, view: boolean, payload: Bytes): void {
    this.did.push("hear " + peer + (view ? " view " : " ") + payload.length);
    this.out.push({ peer, view: true, payload });
  }
  take(): Out[] {
    const out = this.out;
    this.out = [];
    return out;
  }
  tick(): void {
    this.did.push("tick");
  }
  /** since is what was done since it was asked last. */
  since(): string[] {
    const did = this.did;
    this.did = [];
    return did;
  }
}

test("features are told who comes, agrees anew, comes back and leaves", () => {
  const chat = new Recorder();
  const board = new Recorder();
  const said: string[] = [];
  const share = new Share({ chat, board }, (topic, out) => said.push(topic + " " + out.peer));
  const d = (agreed: number, away = false): Partner => ({ peer: "d", role: "clinician", agreed, away });
  for (const [follow, want] of [
    [[d(0)], []],
    [[d(1)], ["meet d clinician"]],
    [[d(1)], []],
    [[d(0)], []], // they agree anew
    [[d(2)], ["meet d clinician"]],
    [[d(2, true)], []],
    [[d(2)], ["meet d clinician"]],
    [[d(2, true)], []],
    [[d(0, true)], []],
    [[d(0)], []],
    [[d(3)], ["meet d clinician"]],
    [[d(3), { peer: "e", role: "companion", agreed: 1, away: false }], ["meet e companion"]],
    [[{ peer: "e", role: "companion", agreed: 1, away: false }], ["part d"]],
    [[d(1)], ["part e", "meet d clinician"]],
    [[], ["part d"]],
  ] as [Partner[], string[]][]) {
    share.follow(follow);
    assert.deepEqual(chat.since(), want);
    assert.deepEqual(board.since(), want);
  }
  share.follow([d(1)]);
  chat.since();
  share.hear("d", "chat", false, text("abc"));
  share.hear("d", "chat", true, text("ab"));
  share.hear("stranger", "chat", false, text("abc"));
  share.hear("d", "files", false, text("abc"));
  for (const topic of ["nonsense", "toString", "__proto__", "constructor"]) {
    share.hear("d", topic as Topic, false, text("abc"));
  }
  assert.deepEqual(chat.since(), ["hear d 3", "hear d view 2"]);
  assert.deepEqual(said, ["chat d", "chat d"], "what a feature answers leaves at once");
  board.out.push({ peer: "d", view: false, payload: text("x") });
  share.tick();
  assert.deepEqual(said.slice(2), ["board d"]);
});

test("the group tells of an agreement before what was said under it", async () => {
  const order: string[] = [];
  const groups: { [id: string]: Group } = {};
  const ids = ["a", "b"];
  for (const id of ids) {
    const other = id === "a" ? "b" : "a";
    groups[id] = new Group({
      frames: null, now: () => 1,
      changed: () => {
        const p = groups[id].pairings()[0];
        if (p && p.agreed > 0) {
          order.push(id + " agreed");
          groups[id].say(other, "chat", false, text("hello"));
        }
      },
      said: (_, topic, view, said) => order.push([id, topic, view, new TextDecoder().decode(said)].join(" ")),
      // Of the keys of frames nothing arrives, so that what a feature says is the first to be heard.
      send: (m) => m.type === "sealed" && id === "a" ? undefined : void groups[other].receive({ type: m.type, data: { ...m.data, peer: id } } as Agreement),
    });
  }
  for (const id of ids) {
    await groups[id].enter(id, 0, false);
  }
  await Promise.all(ids.map((id, i) => groups[id].meets([{ id: ids[1 - i], keys: true, seal: false }])));
  for (let i = 0; i < 12; i++) {
    await groups.a.idle();
    await groups.b.idle();
  }
  assert.deepEqual(order.filter((o) => o[0] === "b"), ["b agreed", "b chat false hello"]);
  assert.ok(order.indexOf("a chat false hello") > order.indexOf("a agreed"));
});

const at = 1_000_000;
const person = (id: string, more: Partial<Person> = {}): Person => ({ id, name: "Dr Le Goff", role: id === "p" ? "patient" : "clinician", place: "call", ready: true, away: false, audio: true, video: true, since: 1, keys: true, ...more });
const start = (role: Role = "patient"): Event[] => [
  { type: "start", at, language: "fr", cause: "", seat: null },
  { type: "looked", at, link: { status: "open", clinician: "Dr Le Goff", start: 1000, opens: 0, closes: 9000, minutes: 30, language: "fr", now: 1000, role } },
  { type: "join" }, { type: "able", keys: true, seal: true }, { type: "joined" },
];
const welcome = (role: Role, people: Person[]): Event => ({ type: "message", at, message: { type: "welcome", data: { version: 1, self: "p", role, room: "r", resume: "t", people, gen: 0 } } });
const keys = (standing: "" | "agreeing" | "agreed", agreed = 1): Event => ({ type: "keys", sealing: true, pairings: [{ peer: "d", standing, code: [], agreed, proven: [] }] });
function walk(s: State, ...events: Event[]): { s: State; effects: Effect[] } {
  let effects: Effect[] = [];
  for (const e of events) {
    [s, effects] = step(s, e);
  }
  return { s, effects };
}
const inCall = (): State => walk(initial(), ...start(), welcome("patient", [person("p"), person("d")]), { type: "captured", audio: true, video: true }, keys("agreed")).s;
const message = (n: number, more: Partial<Message> = {}): Message => ({ from: "d", id: String(n), text: "m" + n, at, mine: false, got: 0, missing: [], ...more });
const chat = (...messages: Message[]): Event => ({ type: "chat", at, view: { ...silence(), messages } as View });
const does = (effects: Effect[]) => effects.map((f) => f.do);

test("partners are those with whom keys are shared, and nobody while our line is down", () => {
  const s = inCall();
  assert.deepEqual(partners(s), [{ peer: "d", role: "clinician", agreed: 1, away: false }]);
  assert.deepEqual(partners(walk(s, { type: "line_down", at }).s)[0].away, true);
  assert.deepEqual(partners(walk(s, keys("")).s), []);
  assert.deepEqual(partners(walk(s, { type: "message", at, message: { type: "gone", data: { id: "d", reason: "left" } } }).s), []);
  assert.deepEqual(partners(walk(s, { type: "message", at, message: { type: "presence", data: { person: person("p", { place: "hold" }) } } }).s), []);
  assert.deepEqual(deaf(walk(s, keys("", 0)).s), ["d"]);
  assert.deepEqual(deaf(s), []);
});

test("messages count as unread until they are seen", () => {
  let r = walk(inCall(), chat(message(1)));
  assert.deepEqual([r.s.unread, r.s.newest && r.s.newest.id, does(r.effects)], [1, "1", ["tap"]]);
  r = walk(r.s, { type: "dismiss" }, chat(message(1), message(2)), chat(message(1), message(2)));
  assert.deepEqual([r.s.unread, r.s.newest && r.s.newest.id, does(r.effects)], [2, "2", []]);
  r = walk(r.s, { type: "panel", panel: "chat" });
  assert.deepEqual([r.s.unread, r.s.newest], [0, null]);
  r = walk(r.s, chat(message(1), message(2), message(3)));
  assert.deepEqual([r.s.unread, r.s.newest, does(r.effects)], [0, null, []], "it is read at once");
  r = walk(r.s, { type: "unseen", unseen: true }, chat(message(1), message(2), message(3), message(4)));
  assert.deepEqual([r.s.unread, r.s.newest, does(r.effects)], [1, null, ["tap"]], "the tab is hidden");
  r = walk(r.s, { type: "unseen", unseen: false });
  assert.equal(r.s.unread, 0);
  r = walk(inCall(), chat(message(1, { mine: true, from: "p" })));
  assert.deepEqual([r.s.unread, does(r.effects)], [0, []], "our own");
  r = walk(inCall(), chat(message(1, { at: at - 60000 }), message(2, { at: at - 50000 })));
  assert.deepEqual([r.s.unread, r.s.newest, does(r.effects)], [2, null, []], "what was written before we came makes no noise");
});

test("who wrote keeps a name when they leave", () => {
  const r = walk(inCall(), chat(message(1)), { type: "message", at, message: { type: "gone", data: { id: "d", reason: "left" } } }, chat(message(1)));
  assert.deepEqual(r.s.authors, { d: "Dr Le Goff" });
});

test("what is typed and written reaches the conversation, and no more than may", () => {
  let r = walk(inCall(), { type: "draft", text: "Bon" });
  assert.deepEqual(r.effects, [{ do: "draft", text: "Bon", show: false }]);
  r = walk(r.s, { type: "showing", on: true });
  assert.deepEqual(r.effects, [{ do: "draft", text: "Bon", show: true }]);
  r = walk(r.s, { type: "write", text: "Bonjour" });
  assert.deepEqual([r.effects, r.s.draft], [[{ do: "write", text: "Bonjour" }], ""]);
  assert.deepEqual(walk(r.s, { type: "write", text: " \n" }).effects, []);
  const full = walk(r.s, { type: "chat", at, view: { ...silence(), full: true } }).s;
  assert.deepEqual([mayWrite(full), walk(full, { type: "write", text: "x" }).effects], [false, []]);
  const unable = walk(r.s, { type: "able", keys: false, seal: false }).s;
  assert.deepEqual(walk(unable, { type: "write", text: "x" }, { type: "draft", text: "x" }).effects, []);
  assert.deepEqual(walk(initial(), { type: "write", text: "x" }).effects, [], "before the call");
  const pairing = (peer: string, standing: "" | "agreed") => ({ peer, standing, code: [], agreed: 1, proven: [] });
  const met = (...pairings: ReturnType<typeof pairing>[]) => walk(r.s, { type: "message", at, message: { type: "presence", data: { person: person("e") } } }, { type: "keys", sealing: false, pairings }).s;
  assert.deepEqual([mayWrite(met(pairing("d", ""))), mayWrite(met(pairing("d", ""), pairing("e", "agreed")))], [false, true], "somebody can read it");
});

test("delivery in words: on its way, there, or with whom it is not", () => {
  const s = inCall();
  const later = { ...s, now: at + 10000 };
  const mine = (got: number, ...missing: string[]) => message(1, { mine: true, from: "p", got, missing });
  assert.deepEqual([delivery(s, mine(0, "d")), delivery(s, mine(0)), delivery(s, mine(1))], ["sending", "sending", "delivered"]);
  assert.deepEqual([delivery(later, mine(0, "d")), delivery(later, mine(1, "e")), delivery(later, mine(0)), delivery(later, mine(2))], ["missing", "missing", "missing", "delivered"]);
});

test("the panel closes on hold, and the conversation is gone with the stay", () => {
  const open = walk(inCall(), chat(message(1)), { type: "panel", panel: "chat" }, { type: "draft", text: "x" }).s;
  const held = walk(open, { type: "message", at, message: { type: "presence", data: { person: person("p", { place: "hold" }) } } }).s;
  assert.deepEqual([held.stage, held.panel, held.chat.messages.length, held.draft], ["waiting", "", 1, "x"]);
  assert.equal(walk(held, { type: "panel", panel: "chat" }).s.panel, "");
  const left = walk(open, { type: "leave", at }).s;
  assert.deepEqual([left.panel, left.chat, left.draft, left.unread, left.authors], ["", silence(), "", 0, {}]);
  assert.deepEqual(walk(left, chat(message(2))).s.chat, silence(), "late words of a stay that is over");
});

test("an observer is asked for neither camera nor microphone, and lets out nothing", () => {
  const r = walk(initial(), ...start("observer"));
  assert.equal(r.s.stage, "waiting");
  assert.ok(!r.effects.some((f) => f.do === "capture"));
  let s = walk(r.s, welcome("observer", [person("p", { role: "observer", place: "waiting", ready: false })]));
  const ready = s.effects.filter((f) => f.do === "send" && f.message.type === "ready");
  assert.deepEqual(ready, [{ do: "send", message: { type: "ready", data: { audio: false, video: false, direct: true, keys: true, seal: true } } }]);
  for (const e of [{ type: "toggle", kind: "video" }, { type: "toggle", kind: "audio" }, { type: "recapture", kind: "audio" }, { type: "test" }] as Event[]) {
    assert.deepEqual(walk(s.s, e).effects, [], e.type);
  }
  s = walk(s.s, { type: "message", at, message: { type: "admitted", data: {} } });
  assert.equal(s.s.stage, "call");
  assert.deepEqual(walk(s.s, { type: "write", text: "x" }).effects, []);
  assert.deepEqual(walk(s.s, { type: "draft", text: "x" }).effects, []);
  // A reload comes back by its seat, and may hear the server before it has looked at the link.
  const seat: Event = { type: "start", at, language: "fr", cause: "", seat: { resume: "t", audio: true, video: true } };
  const back = walk(initial(), seat, welcome("observer", [person("p", { role: "observer" })]));
  assert.equal(back.s.stage, "call");
  assert.ok(!back.effects.some((f) => f.do === "capture"));
});
