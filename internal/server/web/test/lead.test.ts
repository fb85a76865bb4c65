// A consultation that is handed over, as the page has it: what is said, and what may be pressed.
import { step } from "../src/call";
import { initial, phase, type Effect, type Event, type State } from "../src/state";
import { door, heirs, leader, leads, tookFor } from "../src/lead";
import type { FromServer, Person } from "../src/wire.gen";

declare function require(name: string): any;
const test = require("node:test");
const assert = require("node:assert/strict");

const at = 1_000_000;
const person = (id: string, role: Person["role"], more: Partial<Person> = {}): Person => ({ id, name: "N " + id, role, place: "call", ready: true, away: false, audio: true, video: true, since: 1000, ...more });
const hears = (message: FromServer, when = at): Event => ({ type: "message", at: when, message });
const presence = (p: Person): Event => hears({ type: "presence", data: { person: p } });

/** stay is the page of "c", who came as a colleague, in a call with "d", who leads it. */
function stay(...events: Event[]): { s: State; effects: Effect[] } {
  let s = initial();
  let effects: Effect[] = [];
  const link: Event = { type: "looked", at, link: { status: "open", clinician: "D", start: 1000, opens: 0, closes: 9000, minutes: 30, language: "fr", now: 1000 } };
  const all: Event[] = [
    { type: "start", at, language: "fr", cause: "", seat: null }, link, { type: "join" }, { type: "joined" },
    hears({ type: "welcome", data: { version: 1, self: "c", role: "colleague", room: "r", resume: "t", people: [person("c", "colleague"), person("d", "clinician"), person("p", "patient")], gen: 0 } }),
    { type: "captured", audio: true, video: true },
  ];
  for (const e of [...all, ...events]) {
    [s, effects] = step(s, e);
  }
  return { s, effects };
}
const given: Event[] = [presence(person("c", "clinician")), presence(person("d", "colleague"))];
const sent = (effects: Effect[]) => effects.filter((f) => f.do === "send").map((f) => (f as Extract<Effect, { do: "send" }>).message);

test("who is given the room leads, and it is said for a while", () => {
  const before = stay().s;
  assert.equal(leads(before), false);
  assert.equal(leader(before), null, "who led all along is no news");
  const { s, effects } = stay(...given);
  assert.equal(phase(s), "call");
  assert.equal(s.role, "clinician");
  assert.equal(leads(s), true);
  assert.equal((leader(s) as Person).id, "c");
  assert.deepEqual(effects, [], "nothing is begun anew");
  assert.equal(leader(step(s, { type: "tick", at: at + tookFor - 1 })[0]) !== null, true);
  assert.equal(leader(step(s, { type: "tick", at: at + tookFor })[0]), null);
  const back = step(step(s, presence(person("c", "colleague")))[0], presence(person("d", "clinician")))[0];
  assert.equal(leads(back), false);
  assert.equal((leader(back) as Person).id, "d");
});

test("somebody who comes as a clinician was given nothing", () => {
  assert.equal(leader(stay(presence(person("x", "clinician"))).s), null);
});

test("the door is for who leads and for colleagues, in the call, with the line up", () => {
  const waits = [presence(person("w2", "patient", { place: "waiting", since: 20 })), presence(person("w1", "patient", { place: "waiting", since: 10 }))];
  assert.deepEqual(door(stay(...waits).s).map((p) => p.id), ["w1", "w2"], "who waits longest first");
  const { s } = stay(...given, ...waits);
  assert.deepEqual(sent(step(s, { type: "let_in", peer: "w2" })[1]), [{ type: "admit", data: { peer: "w2" } }]);
  assert.deepEqual(step(s, { type: "let_in", peer: "p" })[1], [], "who is in already");
  assert.deepEqual(door(step(s, { type: "line_down", at })[0]), []);
  for (const role of ["patient", "interpreter", "companion", "observer"] as const) {
    const other = stay(presence(person("c", role)), ...waits).s;
    assert.deepEqual(door(other), [], role);
    assert.deepEqual(step(other, { type: "let_in", peer: "w1" })[1], [], role);
  }
});

test("handing over is for who leads, to a colleague who is there and talks", () => {
  const { s } = stay(...given);
  assert.deepEqual(heirs(s).map((p) => p.id), ["d"]);
  assert.deepEqual(sent(step(s, { type: "hand_over", peer: "d" })[1]), [{ type: "handover", data: { peer: "d" } }]);
  assert.deepEqual(step(s, { type: "hand_over", peer: "p" })[1], []);
  for (const more of [{ away: true }, { ready: false }, { place: "hold" as const }, { place: "waiting" as const }]) {
    const other = step(s, presence(person("d", "colleague", more)))[0];
    assert.deepEqual(heirs(other), []);
    assert.deepEqual(step(other, { type: "hand_over", peer: "d" })[1], []);
  }
  assert.deepEqual(step(stay().s, { type: "hand_over", peer: "d" })[1], [], "who does not lead");
});

test("ending for all is for who leads; others only leave", () => {
  const [ended, effects] = step(stay(...given).s, { type: "end", at });
  assert.deepEqual(sent(effects), [{ type: "leave", data: { end: true } }]);
  assert.equal(ended.stage, "ended");
  assert.equal(ended.reason, "ended");
  assert.equal(ended.took, "");
  assert.deepEqual(step(stay().s, { type: "end", at })[1], []);
  assert.deepEqual(sent(step(stay(...given).s, { type: "leave", at })[1]), [{ type: "leave", data: {} }]);
});
