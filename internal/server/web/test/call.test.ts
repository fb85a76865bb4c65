// The reducer alone: the whole way of a patient, and then random orders of everything.
import { step } from "../src/call";
import { initial, mayReturn, onHold, others, phase, reduced, returnWithin, route, shown, watchers, type Effect, type Event, type State } from "../src/state";
import { read } from "../src/peer";
import { members, secrecy } from "../src/seal/secrecy";
import type { Standing } from "../src/seal/group";
import type { FromServer, Person, Welcome } from "../src/wire.gen";

declare function require(name: string): any;
const test = require("node:test");
const assert = require("node:assert/strict");

const at = 1_000_000;
const patient = (more: Partial<Person> = {}): Person => ({ id: "p", name: "Yann", role: "patient", place: "waiting", ready: false, away: false, audio: false, video: false, since: at / 1000, ...more });
const doctor: Person = { ...patient(), id: "d", name: "Dr Le Goff", role: "clinician", place: "call", ready: true, audio: true, video: true };
const welcome = (more: Partial<Welcome> = {}): FromServer => ({ type: "welcome", data: { version: 1, self: "p", role: "patient", room: "r", resume: "token", people: [patient()], gen: 0, ...more } });
const link: Event = { type: "looked", at, link: { status: "open", clinician: "Dr Le Goff", start: 1000, opens: 0, closes: 9000, minutes: 30, language: "fr", now: 1000 } };
const hears = (message: FromServer): Event => ({ type: "message", at, message });

function walk(s: State, ...events: Event[]): { s: State; effects: Effect[] } {
  let effects: Effect[] = [];
  for (const e of events) {
    const [next, more] = step(s, e);
    s = next;
    effects = more;
  }
  return { s, effects };
}
const start: Event = { type: "start", at, language: "fr", cause: "", seat: null };
const toRoom: Event[] = [start, link, { type: "join" }, { type: "joined" }, hears(welcome()), { type: "captured", audio: true, video: true }];
const toCall: Event[] = [...toRoom, hears({ type: "admitted", data: { ice: [] } })];
const offer = (gen: number, round = 0): Event => hears({ type: "offer", data: { gen, round, sdp: "v=0" } });
const sends = (effects: Effect[], type: string) => effects.filter((f) => f.do === "send" && f.message.type === type);

test("the patient's way in", () => {
  let r = walk(initial(), start, link);
  assert.equal(phase(r.s), "welcome");
  r = walk(r.s, { type: "join" });
  assert.deepEqual(r.effects.map((f) => f.do), ["unblock", "dial"]);
  assert.equal(phase(r.s), "welcome");
  r = walk(r.s, { type: "joined" });
  assert.equal(phase(r.s), "permission");
  assert.deepEqual(r.effects, [{ do: "capture", audio: true, video: true }]);
  r = walk(r.s, hears(welcome()), { type: "captured", audio: true, video: true });
  assert.equal(phase(r.s), "waiting");
  assert.deepEqual(sends(r.effects, "ready"), [{ do: "send", message: { type: "ready", data: { audio: true, video: true, direct: true } } }]);
  r = walk(r.s, hears({ type: "admitted", data: { ice: [] } }));
  assert.equal(phase(r.s), "call");
  r = walk(r.s, offer(1));
  assert.equal(r.effects[0].do, "negotiate");
  r = walk(r.s, hears({ type: "presence", data: { person: doctor } }));
  assert.deepEqual(others(r.s).map((p) => p.id), ["d"]);
  r = walk(r.s, { type: "leave", at });
  assert.equal(phase(r.s), "ended");
  assert.deepEqual(r.effects.map((f) => f.do), ["send", "hang_up", "drop_media", "release"]);
});

test("ready waits for the line when the camera is faster", () => {
  const r = walk(initial(), start, link, { type: "join" }, { type: "joined" }, { type: "captured", audio: true, video: false });
  assert.equal(phase(r.s), "waiting");
  assert.equal(sends(r.effects, "ready").length, 0);
  const later = walk(r.s, hears(welcome()));
  assert.deepEqual(sends(later.effects, "ready"), [{ do: "send", message: { type: "ready", data: { audio: true, video: false, direct: true } } }]);
});

test("mute survives a reconnect, and the same connection goes on", () => {
  let r = walk(initial(), ...toCall, offer(1), { type: "toggle", kind: "audio" });
  assert.deepEqual(sends(r.effects, "media"), [{ do: "send", message: { type: "media", data: { audio: false, video: true } } }]);
  r = walk(r.s, { type: "line_down", at });
  assert.equal(phase(r.s), "reconnecting");
  assert.equal(r.effects.length, 0);
  r = walk(r.s, hears(welcome({ gen: 1, people: [patient({ place: "call", ready: true }), doctor] })));
  assert.equal(phase(r.s), "call");
  assert.ok(!r.effects.some((f) => f.do === "drop_media"));
  assert.deepEqual(sends(r.effects, "media"), [{ do: "send", message: { type: "media", data: { audio: false, video: true } } }]);
});

test("a server that lost the connection offers anew", () => {
  let r = walk(initial(), ...toCall, offer(1), { type: "line_down", at });
  r = walk(r.s, hears(welcome({ gen: 0, people: [patient({ place: "call", ready: true })] })));
  assert.ok(r.effects.some((f) => f.do === "drop_media"));
  r = walk(r.s, offer(1));
  assert.equal(r.effects[0].do, "negotiate");
});

test("a server that knows us as waiting shows the waiting room", () => {
  const r = walk(initial(), ...toCall, offer(1), { type: "line_down", at }, hears(welcome()));
  assert.equal(phase(r.s), "waiting");
  assert.ok(r.effects.some((f) => f.do === "drop_media"));
  assert.equal(sends(r.effects, "ready").length, 1);
});

test("a broken connection asks for a new one, after the line is back if need be", () => {
  let r = walk(initial(), ...toCall, offer(2), { type: "media", gen: 2, state: "broken" });
  assert.deepEqual(r.effects, [{ do: "send", message: { type: "renew", data: { gen: 2 } } }]);
  r = walk(r.s, { type: "media", gen: 1, state: "connected" });
  assert.equal(r.s.media, "broken", "an old generation says nothing about the new");
  r = walk(r.s, { type: "line_down", at }, { type: "media", gen: 2, state: "broken" });
  assert.equal(r.effects.length, 0);
  r = walk(r.s, hears(welcome({ gen: 2, people: [patient({ place: "call", ready: true })] })));
  assert.equal(sends(r.effects, "renew").length, 1);
});

test("no camera, no trouble", () => {
  let r = walk(initial(), start, link, { type: "join" }, { type: "joined" }, hears(welcome()), { type: "capture_failed", problem: "no_camera" });
  assert.equal(r.s.capture, "problem");
  r = walk(r.s, { type: "without" });
  assert.deepEqual(r.effects, [{ do: "capture", audio: true, video: false }]);
  r = walk(r.s, { type: "capture_failed", problem: "denied" }, { type: "without" });
  assert.equal(phase(r.s), "waiting");
  assert.deepEqual(sends(r.effects, "ready"), [{ do: "send", message: { type: "ready", data: { audio: false, video: false, direct: true } } }]);
});

test("a lost seat goes back to the button with a sentence", () => {
  const r = walk(initial(), ...toCall, { type: "line_down", at }, hears({ type: "failure", data: { code: "pass", text: "", fatal: true } }));
  assert.equal(phase(r.s), "welcome");
  assert.equal(r.s.notice, "pass");
  assert.equal(r.s.resume, "");
  assert.ok(r.effects.some((f) => f.do === "release"));
});

test("a refusal of the link at the button shows its own screen", () => {
  const r = walk(initial(), start, link, { type: "join" }, { type: "join_refused", code: "early" });
  assert.equal(phase(r.s), "welcome");
  assert.equal(r.s.notice, "");
  assert.ok(r.effects.some((f) => f.do === "lookup"));
});

test("the way back stays open for ten minutes", () => {
  let r = walk(initial(), ...toCall, { type: "leave", at });
  assert.ok(mayReturn(r.s));
  assert.ok(!mayReturn(walk(r.s, { type: "tick", at: at + returnWithin + 1 }).s));
  r = walk(r.s, { type: "return" });
  assert.equal(phase(r.s), "welcome");
  assert.ok(r.s.joining);
  assert.ok(r.effects.some((f) => f.do === "dial"));
  for (const reason of ["refused", "removed", "cancelled"] as const) {
    assert.ok(!mayReturn(walk(initial(), ...toRoom, hears({ type: "ended", data: { reason } })).s), reason);
  }
});

test("on hold nothing goes either way, and the same place is there afterwards", () => {
  let r = walk(initial(), ...toCall, offer(5), { type: "media", gen: 5, state: "connected" }, hears({ type: "presence", data: { person: patient({ place: "hold" }) } }));
  assert.equal(phase(r.s), "waiting");
  assert.ok(onHold(r.s));
  assert.deepEqual(r.s.connections, {});
  assert.deepEqual(r.effects, [{ do: "drop_media" }]);
  for (const late of [offer(6), hears({ type: "direct", data: { gen: 7, peer: "d", call: true, relay: false } })]) {
    assert.deepEqual(walk(r.s, late).effects, []);
  }
  // A dropped line comes back on hold too.
  const back = walk(r.s, { type: "line_down", at }, hears(welcome({ people: [patient({ place: "hold", ready: true }), doctor] })));
  assert.equal(phase(back.s), "waiting");
  assert.ok(onHold(back.s));
  r = walk(back.s, hears({ type: "admitted", data: {} }), hears({ type: "presence", data: { person: patient({ place: "call" }) } }));
  assert.equal(phase(r.s), "call");
  assert.ok(!onHold(r.s));
  assert.equal(walk(r.s, offer(8)).effects[0].do, "negotiate");
});

test("a locked room leads back to the button with a sentence", () => {
  const r = walk(initial(), start, link, { type: "join" }, { type: "joined" }, hears({ type: "failure", data: { code: "locked", text: "", fatal: true } }));
  assert.equal(phase(r.s), "welcome");
  assert.equal(r.s.notice, "locked");
});

test("who watches is told of", () => {
  const watcher: Person = { ...doctor, id: "o", name: "Ana", role: "observer" };
  const r = walk(initial(), ...toCall, hears({ type: "presence", data: { person: doctor } }), hears({ type: "presence", data: { person: watcher } }));
  assert.deepEqual(watchers(r.s).map((p) => p.name), ["Ana"]);
});

test("a reload comes back to the same place, still muted", () => {
  let r = walk(initial(), { ...start, seat: { resume: "token", audio: false, video: true } } as Event);
  assert.ok(r.effects.some((f) => f.do === "dial"));
  r = walk(r.s, hears(welcome({ gen: 3, people: [patient({ place: "call", ready: true }), doctor] })));
  assert.equal(phase(r.s), "permission");
  r = walk(r.s, { type: "captured", audio: true, video: true });
  assert.equal(phase(r.s), "call");
  assert.deepEqual(sends(r.effects, "ready"), [{ do: "send", message: { type: "ready", data: { audio: false, video: true, direct: true } } }]);
});

test("names and messages lose what disguises them", () => {
  const r = walk(initial(), ...toRoom, hears({ type: "presence", data: { person: { ...doctor, name: "Dr\u202e Evil\u0000\n" } } }), hears({ type: "said", data: { from: "d", text: "ok\u202e\u0007" } }));
  assert.equal(r.s.people.d.name, "Dr Evil");
  assert.equal(r.s.messages[0].text, "ok");
});

test("an early link is asked again when the door opens, and not before", () => {
  const early: Event = { ...link, link: { ...(link as any).link, status: "early", opens: 1030 } } as Event;
  let r = walk(initial(), start, early, { type: "tick", at: at + 29000 });
  assert.equal(r.effects.length, 0);
  r = walk(r.s, { type: "tick", at: at + 30000 });
  assert.deepEqual(r.effects, [{ do: "lookup" }]);
  r = walk(r.s, { type: "tick", at: at + 31000 });
  assert.equal(r.effects.length, 0);
});

/** random is a small generator with a seed, so that a failure can be run again. */
function random(seed: number): (n: number) => number {
  return (n) => {
    seed = (seed * 1664525 + 1013904223) >>> 0;
    return Math.floor((seed / 4294967296) * n);
  };
}

const kinds = ["audio", "video"] as const;
function anyEvent(r: (n: number) => number): Event {
  const place = r(4) === 0 ? "call" : "waiting";
  const people = [patient({ place: place as Person["place"], ready: r(2) === 0 }), ...(r(2) ? [doctor] : [])];
  const messages: FromServer[] = [
    welcome({ people, gen: r(3) }), welcome({ people: [], gen: r(3) }),
    { type: "presence", data: { person: r(2) ? doctor : patient({ place: place as Person["place"] }) } },
    { type: "gone", data: { id: r(2) ? "d" : "p", reason: "lost" } },
    { type: "admitted", data: {} },
    { type: "offer", data: { gen: r(4), round: r(3), sdp: "" } },
    { type: "said", data: { from: "d", text: "x" } },
    { type: "ended", data: { reason: (["left", "lost", "refused", "ended", "replaced", "slow", "shutdown", "cancelled", "removed"] as const)[r(9)] } },
    { type: "failure", data: { code: (["pass", "version", "full", "locked", "media", "internal", "cancelled", "order"] as const)[r(8)], text: "", fatal: r(2) === 0 } },
    { type: "pong", data: { at: 1 } },
  ];
  const all: Event[] = [
    hears(messages[r(messages.length)]), hears(messages[r(messages.length)]), hears(messages[r(6)]),
    start, link, { type: "tick", at: at + r(1000) * 1000 }, { type: "joined" }, { type: "join_refused", code: "early" }, { type: "line_down", at },
    { type: "captured", audio: r(2) === 0, video: r(2) === 0 }, { type: "capture_failed", problem: "denied" }, { type: "capture_lost", kind: kinds[r(2)], lost: r(2) === 0 },
    { type: "media", gen: r(4), state: (["connecting", "connected", "broken"] as const)[r(3)] }, { type: "sound", blocked: true }, { type: "help", open: true },
    { type: "join" }, { type: "join" }, { type: "test" }, { type: "test_done" }, { type: "retry" }, { type: "without" }, { type: "toggle", kind: kinds[r(2)] },
    { type: "able", keys: true, seal: true }, { type: "keys", sealing: r(2) === 0, pairings: [{ peer: "d", standing: "agreed", code: [1, 2, 3, 4], agreed: 1, proven: [] }] }, { type: "compared", peer: "d", code: [1, 2, 3, 4], same: r(2) === 0 },
    { type: "panel", panel: (["", "chat"] as const)[r(2)] }, { type: "write", text: "x" }, { type: "draft", text: "x" }, { type: "chat", at, view: { messages: [], writing: [], full: false } },
    { type: "recapture", kind: kinds[r(2)] }, { type: "swap" }, { type: "leave", at }, { type: "return" }, { type: "home" },
  ];
  return all[r(all.length)];
}

test("in no order does anything reach the call before the server admits", () => {
  let calls = 0;
  for (let seed = 1; seed <= 4000; seed++) {
    const r = random(seed);
    let s = walk(initial(), start, link).s;
    let admitted = false;
    const trail: string[] = [];
    for (let i = 0; i < 60; i++) {
      const e = anyEvent(r);
      const before = s.stage;
      const [next, effects] = step(s, e);
      trail.push(e.type === "message" ? e.message.type : e.type);
      if (e.type === "message" && s.line !== "none" && s.stage !== "ended") {
        const m = e.message;
        if (m.type === "admitted" && s.line === "up") {
          admitted = true;
        }
        if (m.type === "welcome") {
          admitted = (m.data.people || []).some((p) => p.id === m.data.self && p.place === "call");
        }
      }
      if (next.stage === "ended" || next.stage === "welcome") {
        admitted = false;
      }
      const told = `seed ${seed}: ${trail.join(" ")}`;
      assert.ok(next.stage !== "call" || admitted, told);
      assert.ok(next.stage !== "call" || next.capture === "done" || before === "call", told);
      assert.ok(!effects.some((f) => f.do === "negotiate") || (admitted && next.stage === "call"), told);
      assert.ok(next.stage !== "ended" || next.resume === "", told);
      calls += next.stage === "call" ? 1 : 0;
      s = next;
    }
  }
  assert.ok(calls > 1000, "the walk must get there often enough to mean something: " + calls);
});

const path = (local: string, remote: string, protocol: string) => ({ local, remote, protocol, srtp: "" });
const direct = (gen: number): Event => hears({ type: "direct", data: { gen, peer: "d", call: true, relay: false } });
const settle = (gen: number): Event => hears({ type: "settle", data: { gen } });
const up = (gen: number): Event[] => [{ type: "media", gen, state: "connected" }, { type: "ready", gen }];

test("two talk directly, the server takes over beside it, and its word closes the old one", () => {
  let r = walk(initial(), ...toCall, direct(5));
  assert.deepEqual(r.effects.map((f) => f.do), ["meet"]);
  r = walk(r.s, { type: "media", gen: 5, state: "connected" }, { type: "path", gen: 5, path: path("host", "srflx", "udp") }, { type: "ready", gen: 5 });
  assert.deepEqual(sends(r.effects, "up"), [{ do: "send", message: { type: "up", data: { gen: 5 } } }]);
  assert.equal(route(r.s), "direct");
  r = walk(r.s, settle(5), offer(6));
  assert.equal(route(r.s), "direct");
  assert.equal(r.s.media, "connected");
  r = walk(r.s, ...up(6));
  assert.equal(route(r.s), "sfu");
  r = walk(r.s, settle(6));
  assert.deepEqual(r.effects, [{ do: "settle", gen: 6 }]);
  assert.deepEqual(Object.keys(r.s.connections), ["6"]);
  r = walk(r.s, settle(99));
  assert.equal(r.s.media, "connecting");
  assert.equal(route(r.s), "");
  assert.equal(r.s.gen, 0);
});

test("a try that fails beside a good connection is not seen, and asked for anew", () => {
  const r = walk(initial(), ...toCall, offer(5), ...up(5), direct(6), { type: "media", gen: 6, state: "broken" });
  assert.equal(r.s.media, "connected");
  assert.deepEqual(sends(r.effects, "renew"), [{ do: "send", message: { type: "renew", data: { gen: 6 } } }]);
});

test("relays and TCP are told", () => {
  const s = walk(initial(), ...toCall, direct(5), ...up(5)).s;
  for (const [p, way, slow] of [
    [path("host", "host", "udp"), "direct", false], [path("host", "relay", "udp"), "relay", false],
    [path("relay", "relay", "tls"), "relay", true], [path("relay", "srflx", "udp"), "relay", false],
  ] as [ReturnType<typeof path>, string, boolean][]) {
    const r = walk(s, { type: "path", gen: 5, path: p });
    assert.equal(route(r.s), way);
    assert.equal(reduced(r.s), slow);
  }
});

test("what broke while the line was down is asked for when it is back", () => {
  const r = walk(initial(), ...toCall, direct(5), ...up(5), { type: "line_down", at }, { type: "media", gen: 5, state: "broken" }, hears(welcome({ people: [patient({ place: "call", ready: true }), doctor], gen: 5 })));
  assert.deepEqual(sends(r.effects, "renew"), [{ do: "send", message: { type: "renew", data: { gen: 5 } } }]);
});

const keyed: Partial<Person> = { keys: true, seal: true };
const able: Event = { type: "able", keys: true, seal: true };
const sees = (...people: Person[]): Event[] => people.map((person) => hears({ type: "presence", data: { person } }));
const me = patient({ place: "call", ready: true, ...keyed });
const nurse: Person = { ...doctor, ...keyed, id: "e", name: "Nolwenn" };
const told = (sealing: boolean, ...pairings: [string, Standing, number[], number[]][]): Event => ({
  type: "keys", sealing, pairings: pairings.map(([peer, standing, code, proven]) => ({ peer, standing, code, agreed: standing === "agreed" ? 1 : 0, proven })),
});
const code = [1, 2, 3, 4];

test("ready says what this browser can do", () => {
  const [first, ...rest] = toRoom;
  const r = walk(initial(), first, able, ...rest);
  assert.deepEqual(sends(r.effects, "ready"), [{ do: "send", message: { type: "ready", data: { audio: true, video: true, direct: true, keys: true, seal: true } } }]);
  const keys = walk(initial(), first, { type: "able", keys: true, seal: false }, ...rest);
  assert.deepEqual(sends(keys.effects, "ready"), [{ do: "send", message: { type: "ready", data: { audio: true, video: true, direct: true, keys: true } } }]);
});

test("keys are agreed with who is in the call and ready, once we are", () => {
  let s = walk(initial(), able, ...toCall, ...sees({ ...doctor, ...keyed })).s;
  assert.deepEqual(members(s), []);
  s = walk(s, ...sees(me)).s;
  assert.deepEqual(members(s), [{ id: "d", keys: true, seal: true }]);
  s = walk(s, ...sees({ ...nurse, ready: false }, { ...patient(), id: "w" })).s;
  assert.deepEqual(members(s).map((m) => m.id), ["d"]);
  s = walk(s, ...sees({ ...nurse, keys: undefined, seal: undefined }), { type: "line_down", at }).s;
  assert.deepEqual(members(s), [{ id: "d", keys: true, seal: true }, { id: "e", keys: false, seal: false }]);
  const r = walk(s, hears({ type: "sealed", data: { peer: "d", data: "" } }));
  assert.equal(r.effects[0].do, "agree");
});

test("what the screen may say of the encryption, and no more", () => {
  const sfu = [offer(5), ...up(5)];
  const straight = [direct(5), ...up(5)];
  const doc = { ...doctor, ...keyed };
  const yes: Event = { type: "compared", peer: "d", code, same: true };
  const no: Event = { type: "compared", peer: "d", code, same: false };
  const agreed: [string, Standing, number[], number[]] = ["d", "agreed", code, []];
  for (const [name, want, ...events] of [
    ["nobody to talk to", "", ...sees(me), ...sfu],
    ["the other knows no keys", "server", ...sees(me, doctor), ...sfu, told(true, ["d", "", [], []])],
    ["nothing known yet", "server", ...sees(me, doc), ...sfu],
    ["under way", "agreeing", ...sees(me, doc), ...sfu, told(true, ["d", "agreeing", [], []])],
    ["agreed", "end", ...sees(me, doc), ...sfu, told(true, agreed)],
    ["compared", "verified", ...sees(me, doc), ...sfu, told(true, agreed), yes],
    ["compared before a change of the key alone", "verified", ...sees(me, doc), ...sfu, told(true, agreed), yes, told(true, agreed)],
    ["the code changed", "end", ...sees(me, doc), ...sfu, told(true, agreed), yes, told(true, ["d", "agreed", [1, 2, 3, 5], []])],
    ["begun anew", "agreeing", ...sees(me, doc), ...sfu, told(true, agreed), yes, told(true, ["d", "agreeing", [], []])],
    ["another code", "broken", ...sees(me, doc), ...sfu, told(true, agreed), no],
    ["another code, and the agreement begun anew", "broken", ...sees(me, doc), ...sfu, told(true, agreed), no, told(true, ["d", "agreed", [1, 2, 3, 5], []])],
    ["another code, misread", "verified", ...sees(me, doc), ...sfu, told(true, agreed), no, yes],
    ["tampered with", "broken", ...sees(me, doc), ...sfu, told(true, ["d", "broken", [], []])],
    ["compared without a code", "agreeing", ...sees(me, doc), ...sfu, told(true, ["d", "agreeing", [], []]), yes],
    ["in clear through the server", "server", ...sees(me, doc), ...sfu, told(false, agreed), yes],
    ["in clear, straight, not confirmed", "server", ...sees(me, doc), ...straight, told(false, agreed), yes],
    ["in clear, straight, under way", "server", ...sees(me, doc), ...straight, told(false, ["d", "agreeing", [], []])],
    ["in clear, straight, another one confirmed", "server", ...sees(me, doc), ...straight, told(false, ["d", "agreed", code, [4]])],
    ["in clear, straight, confirmed", "server", ...sees(me, doc), ...straight, told(false, ["d", "agreed", code, [4, 5]])],
    ["in clear, straight, confirmed and compared", "server", ...sees(me, doc), ...straight, told(false, ["d", "agreed", code, [5]]), yes],
    ["in clear, straight, the server's beside it", "server", ...sees(me, doc), ...straight, told(false, ["d", "agreed", code, [5]]), offer(6), ...up(6)],
    ["in clear, straight, a newer one beside it", "server", ...sees(me, doc), ...straight, direct(6), ...up(6), told(false, ["d", "agreed", code, [5, 6]])],
    ["in clear, straight, a newer one not confirmed", "server", ...sees(me, doc), ...straight, direct(6), ...up(6), told(false, ["d", "agreed", code, [5]])],
    ["three, one under way", "agreeing", ...sees(me, doc, nurse), ...sfu, told(true, agreed, ["e", "agreeing", [], []])],
    ["three, one just here", "agreeing", ...sees(me, doc, nurse), ...sfu, told(true, agreed)],
    ["three, one compared", "end", ...sees(me, doc, nurse), ...sfu, told(true, agreed, ["e", "agreed", code, []]), yes],
    ["three, both compared", "verified", ...sees(me, doc, nurse), ...sfu, told(true, agreed, ["e", "agreed", code, []]), yes, { type: "compared", peer: "e", code, same: true }],
    ["three, one broken", "broken", ...sees(me, doc, nurse), ...sfu, told(true, agreed, ["e", "broken", [], []]), yes],
  ] as [string, string, ...Event[]][]) {
    assert.equal(secrecy(walk(initial(), able, ...toCall, ...events).s), want, name);
  }
  assert.equal(secrecy(walk(initial(), ...toCall, ...sees(me, doc), ...sfu, told(true, agreed)).s), "server", "we cannot");
});

test("a warning stays for the whole stay, whatever the server says", () => {
  const other = [9, 9, 9, 9];
  const doc = { ...doctor, ...keyed };
  const there = walk(initial(), able, ...toCall, ...sees(me, doc), offer(5), ...up(5), told(true, ["d", "agreed", code, []])).s;
  const differs: Event = { type: "compared", peer: "d", code, same: false };
  const broke = told(true, ["d", "broken", [], []]);
  const good = told(true, ["d", "agreed", other, []]);
  const leaves: Event = hears({ type: "gone", data: { id: "d", reason: "lost" } });
  const detours: { [name: string]: Event[] } = {
    "a new code": [good],
    "gone and back": [leaves, told(true), ...sees(doc), good],
    "on hold and back": [...sees({ ...doc, place: "hold" }), told(true), ...sees(doc), good],
    "not ready and back": [...sees({ ...doc, ready: false }), told(true), ...sees(doc), good],
    "a new welcome": [{ type: "line_down", at }, hears(welcome({ gen: 5, people: [me] })), told(true), hears(welcome({ gen: 5, people: [me, doc] })), good],
    "another name for them": [leaves, ...sees({ ...doc, id: "x" }), told(true, ["x", "agreed", code, []]), { type: "compared", peer: "x", code, same: true }],
    "nobody there": [leaves, told(true)],
    "we are on hold and back": [...sees({ ...me, place: "hold" }), ...sees(me), hears({ type: "admitted", data: {} }), offer(6), ...up(6), good],
  };
  for (const warning of [differs, broke]) {
    for (const name of Object.keys(detours)) {
      assert.equal(secrecy(walk(there, warning, ...detours[name]).s), "broken", name);
    }
  }
  const same = (of: number[]): Event => ({ type: "compared", peer: "d", code: of, same: true });
  assert.equal(secrecy(walk(there, differs, good, same(code)).s), "broken", "said of the code before");
  assert.equal(secrecy(walk(there, differs, good, same([])).s), "broken");
  assert.equal(secrecy(walk(there, differs, good, same(other)).s), "verified", "said of the code that is there");
  assert.equal(secrecy(walk(there, broke, good, same(other)).s), "broken", "an agreement was broken");
  assert.equal(secrecy(walk(there, good, same(code)).s), "end", "an old press");
  assert.equal(secrecy(walk(there, good, differs).s), "broken", "a code differed, though another is there by now");
  const left = walk(there, differs, broke, { type: "leave", at }).s;
  assert.deepEqual([left.differed, left.tampered], [{}, false]);
});

test("everybody with whom keys are agreed has a tile", () => {
  const s = walk(initial(), able, ...toCall, ...sees(me, { ...doctor, ...keyed }, { ...nurse, audio: false, video: false }, { ...patient(), id: "w" })).s;
  assert.deepEqual(shown(s, []), ["d", "e"]);
  assert.deepEqual(shown(s, ["z", "d"]), ["d", "e", "z"]);
  assert.deepEqual(shown(walk(s, ...sees({ ...nurse, ready: false })).s, []), ["d"]);
  members(s).forEach((m) => assert.ok(shown(s, []).indexOf(m.id) >= 0));
});

test("leaving forgets the codes; a resume keeps them", () => {
  const there = walk(initial(), able, ...toCall, ...sees(me, { ...doctor, ...keyed }), offer(5), ...up(5), told(true, ["d", "agreed", code, []]), { type: "compared", peer: "d", code, same: true }).s;
  const back = walk(there, { type: "line_down", at }, hears(welcome({ gen: 5, people: [me, { ...doctor, ...keyed }], rekey: 30, sealed: true }))).s;
  assert.equal(secrecy(back), "verified");
  assert.deepEqual([back.rekey, back.sealed], [30, true]);
  const gone = walk(there, { type: "leave", at }, told(true, ["d", "agreed", code, []])).s;
  assert.deepEqual([gone.bonds, gone.sealing, gone.able, gone.sealed], [{}, false, { keys: false, seal: false }, false]);
});

test("a server that wants all sealed turns this browser away with what to do", () => {
  const r = walk(initial(), ...toRoom, hears({ type: "failure", data: { code: "seal", text: "", fatal: true } }));
  assert.equal(phase(r.s), "welcome");
  assert.equal(r.s.notice, "seal");
  assert.ok(r.effects.some((f) => f.do === "hang_up"));
});

test("somebody has our microphone muted: at once, said so, and we may switch it on again", () => {
  const r = walk(initial(), ...toCall, hears({ type: "silenced", data: { by: "d" } }));
  assert.equal(r.s.audio, false);
  assert.equal(r.s.silencedBy, "d");
  assert.ok(r.effects.some((f) => f.do === "let_out" && !f.audio && f.video));
  assert.ok(r.effects.some((f) => f.do === "send" && f.message.type === "media" && !f.message.data.audio));
  const back = walk(r.s, { type: "toggle", kind: "audio" });
  assert.equal(back.s.audio, true);
  assert.equal(back.s.silencedBy, "");
  assert.deepEqual(walk(back.s, ...sees(me), { type: "hand" }).effects.filter((f) => f.do === "send"), [{ do: "send", message: { type: "hand", data: { up: true } } }]);
});

test("statistics of engines old and new", () => {
  const list = (...r: object[]) => ({ forEach: (f: (x: any) => void) => r.forEach(f) });
  const ends = [{ id: "l", type: "local-candidate", candidateType: "relay", protocol: "udp", relayProtocol: "tls" }, { id: "r", type: "remote-candidate", candidateType: "host" }];
  const none = { audio: 0, video: 0 };
  assert.deepEqual(read(list()), { received: 0, sent: none, loud: {}, path: null });
  assert.deepEqual(read(list({ id: "a", type: "outbound-rtp", kind: "audio", packetsSent: 5 }, { id: "b", type: "outbound-rtp", mediaType: "video", framesSent: 6, packetsSent: 60 })).sent, { audio: 5, video: 6 });
  assert.deepEqual(read(list({ id: "t", type: "transport", selectedCandidatePairId: "p", srtpCipher: "AEAD_AES_128_GCM" }, { id: "q", type: "candidate-pair", nominated: true, state: "succeeded", localCandidateId: "x", remoteCandidateId: "y" }, { id: "p", type: "candidate-pair", localCandidateId: "l", remoteCandidateId: "r" }, ...ends, { id: "i", type: "inbound-rtp", ssrc: 9, audioLevel: 0.5, bytesReceived: 7 })), { received: 7, sent: none, loud: { 9: 0.5 }, path: { ...path("relay", "host", "tls"), srtp: "AEAD_AES_128_GCM" } });
  assert.deepEqual(read(list({ id: "p", type: "candidate-pair", selected: true, localCandidateId: "l", remoteCandidateId: "r" }, ...ends)).path, path("relay", "host", "tls"));
});
