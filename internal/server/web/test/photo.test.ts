// Photographs that a clinician asks for: the messages, who is answered what, and the page's state.
import { step } from "../src/call";
import { initial, type Effect, type Event, type State } from "../src/state";
import { text, type Bytes } from "../src/seal/bytes";
import { endsMost, Sitter, type SitterView } from "../src/sitter";
import { pixelsMost, torchable, within } from "../src/sitting";
import { decode, encode, payloadMost, type Said } from "../src/snapshot";
import type { Person, Role } from "../src/wire.gen";

declare function require(name: string): any;
const test = require("node:test");
const assert = require("node:assert/strict");

test("messages come back", () => {
  for (const m of [
    { ask: { id: "a-Z-09", torch: true, camera: "environment" } },
    { ask: { id: "x".repeat(40), torch: false, camera: "" } },
    { swap: { id: "s" } },
    { cancel: { id: "c" } },
    ...(["shown", "refused", "taken", "failed"] as const).map((state) => ({ answer: { id: "a", state } })),
  ] as Said[]) {
    assert.deepEqual(decode(encode(m)), m);
    assert.ok(encode(m).length <= payloadMost);
  }
  assert.deepEqual(decode(text('{"ask":{"id":"a","more":1},"more":{}}')), { ask: { id: "a", torch: false, camera: "" } }, "what is not known is ignored");
});

test("what is hostile or malformed is none", () => {
  for (const bad of [
    "", "null", "[]", "1", '"ask"', "{}", '{"ask":null}', '{"ask":[]}', '{"ask":{}}', '{"ask":{"id":""}}', '{"ask":{"id":"a b"}}', '{"ask":{"id":"é"}}',
    '{"ask":{"id":7}}', `{"ask":{"id":"${"x".repeat(41)}"}}`, '{"ask":{"id":"a\\n"}}', '{"ask":{"id":"a","torch":1}}', '{"ask":{"id":"a","torch":null}}',
    '{"ask":{"id":"a","camera":"left"}}', '{"ask":{"id":"a","camera":null}}', '{"answer":{"id":"a"}}', '{"answer":{"id":"a","state":"done"}}', '{"answer":{"id":"a","state":["taken"]}}',
    '{"ask":{"id":"a"},"cancel":{"id":"a"}}', '{"toString":{"id":"a"}}', '{"__proto__":{"ask":{"id":"a"}}}', `{"swap":{"id":"a"},"x":"${"y".repeat(payloadMost)}"}`,
  ]) {
    assert.equal(decode(text(bad)), null, bad);
  }
  assert.equal(decode(new Uint8Array([0x7b, 0xff, 0x7d])), null, "no UTF-8");
  // Whatever bytes come, it answers, and what it answers it can say.
  let seed = 7;
  const next = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  const good = '{"answer":{"id":"abc","state":"taken"}}';
  for (let i = 0; i < 4000; i++) {
    const b = text(good);
    for (let k = next(4); k >= 0; k--) {
      b[next(b.length)] = next(256);
    }
    const m = decode(b.slice(0, 1 + next(b.length)));
    assert.ok(m === null || decode(encode(m)) !== null);
  }
});

/** sat is a sitter whom some people have met, and what it answered last. */
function sat(able = { photograph: true, turn: true }) {
  const sitter = new Sitter({ photograph: () => able.photograph, turn: () => able.turn });
  for (const [id, role] of [["d", "clinician"], ["k", "colleague"], ["i", "interpreter"], ["o", "observer"]] as [string, Role][]) {
    sitter.meet(id, role);
  }
  const said = () => sitter.take().map((o) => {
    const m = decode(o.payload) as Extract<Said, { answer: unknown }>;
    return o.peer + " " + m.answer.id + " " + m.answer.state;
  });
  const hear = (peer: string, m: Said, view = false) => (sitter.hear(peer, view, encode(m) as Bytes), said());
  const ask = (peer: string, id: string) => hear(peer, { ask: { id, torch: false, camera: "" } });
  return { sitter, able, said, hear, ask };
}

test("an ask is shown, said again, and ends once", () => {
  const { sitter, said, ask } = sat();
  assert.deepEqual(ask("d", "1"), ["d 1 shown"]);
  assert.deepEqual([sitter.changed(), sitter.changed(), sitter.view().ask?.id], [true, false, "1"]);
  assert.deepEqual(ask("d", "1"), ["d 1 shown"], "it may have been lost");
  assert.equal(sitter.changed(), false, "and nothing is shown twice");
  sitter.meet("d", "clinician");
  assert.deepEqual(said(), ["d 1 shown"], "who comes back is told");
  sitter.settle("taken");
  assert.deepEqual(said(), ["d 1 taken"]);
  sitter.settle("refused");
  assert.deepEqual(said(), [], "it has one end");
  assert.deepEqual(ask("d", "1"), ["d 1 taken"]);
  assert.equal(sitter.view().ask, null);
});

test("one ask at a time, of those who may, and none that cannot be", () => {
  const { sitter, able, hear, ask } = sat();
  assert.deepEqual([ask("i", "1"), ask("o", "1"), ask("stranger", "1")], [[], [], []]);
  assert.deepEqual(hear("d", { ask: { id: "v", torch: false, camera: "" } }, true), [], "a view asks for nothing");
  assert.equal(sitter.view().ask, null);
  ask("k", "1");
  assert.deepEqual(ask("d", "1"), ["d 1 refused"], "the same id of another person is another ask");
  assert.deepEqual(ask("k", "2"), ["k 2 refused"]);
  sitter.settle("refused");
  sitter.take();
  assert.deepEqual(ask("d", "1"), ["d 1 refused"], "what was refused stays so");
  assert.deepEqual(ask("d", "3"), ["d 3 shown"]);
  sitter.part("d");
  assert.deepEqual([sitter.view().ask, sitter.changed()], [null, true], "who leaves asks for nothing");
  able.photograph = false;
  assert.deepEqual(ask("k", "9"), ["k 9 failed"]);
  assert.deepEqual(hear("d", { answer: { id: "9", state: "taken" } }), [], "answers are for who asks");
});

test("an ask is taken back by who asked, and by nobody else", () => {
  const { sitter, hear, ask } = sat();
  ask("d", "1");
  hear("k", { cancel: { id: "1" } });
  assert.equal(sitter.view().ask?.id, "1");
  hear("d", { cancel: { id: "1" } });
  assert.equal(sitter.view().ask, null);
  assert.deepEqual(ask("d", "1"), ["d 1 refused"], "an older ask does not bring it back");
});

test("the wish for the other camera", () => {
  const { sitter, able, said, hear } = sat();
  const swap = (peer: string, id: string) => hear(peer, { swap: { id } });
  assert.deepEqual(swap("d", "1"), ["d 1 shown"]);
  assert.deepEqual(swap("d", "2"), ["d 1 refused", "d 2 shown"], "the newer one says the same");
  assert.deepEqual(swap("i", "3"), []);
  sitter.settleTurn("taken");
  assert.deepEqual([said(), sitter.view().turn], [["d 2 taken"], null]);
  assert.deepEqual(swap("d", "2"), ["d 2 taken"]);
  able.turn = false;
  assert.deepEqual(swap("d", "4"), ["d 4 failed"]);
});

test("no number of asks fills the memory", () => {
  const { sitter, ask } = sat({ photograph: false, turn: false });
  for (let i = 0; i < endsMost + 10; i++) {
    ask("d", String(i));
  }
  assert.equal((sitter as unknown as { ends: Map<string, string> }).ends.size, endsMost);
});

const at = 1_000_000;
const person = (id: string, more: Partial<Person> = {}): Person => ({ id, name: "Dr Le Goff", role: id === "p" ? "patient" : "clinician", place: "call", ready: true, away: false, audio: true, video: true, since: 1, keys: true, ...more });
const inCall = (): State => ({ ...initial(), stage: "call", self: "p", role: "patient", line: "up", now: at, people: { p: person("p"), d: person("d") } });
const asked = (id = "1", more: Partial<SitterView> = {}): Event => ({ type: "asked", at, view: { ask: { id, peer: "d", torch: false, camera: "" }, turn: null, ...more } });
const picture = new Blob(["x"]);
function walk(s: State, ...events: Event[]): { s: State; does: string[]; effects: Effect[] } {
  let effects: Effect[] = [];
  for (const e of events) {
    [s, effects] = step(s, e);
  }
  return { s, does: effects.map((f) => f.do), effects };
}
const press = (act: Extract<Event, { type: "photo" }>["act"]): Event => ({ type: "photo", act });

test("asked, taken, looked at, sent: each by its press", () => {
  let r = walk(inCall(), asked());
  assert.deepEqual([r.s.photo?.stage, r.s.photo?.name, r.does], ["posing", "Dr Le Goff", ["pose", "chime"]]);
  assert.deepEqual(walk(r.s, asked()).does, [], "told twice, it rings once");
  assert.deepEqual(walk(r.s, press("send")).does, [], "nothing is there to be sent");
  r = walk(r.s, press("take"));
  assert.deepEqual([r.s.photo?.stage, r.does], ["taking", ["photograph"]]);
  assert.deepEqual(walk(r.s, press("take")).does, [], "one picture at a time");
  assert.deepEqual(walk(r.s, press("send")).does, []);
  r = walk(r.s, { type: "photographed", id: "1", picture });
  assert.deepEqual([r.s.photo?.stage, r.does], ["taken", []], "it is only shown");
  const again = walk(r.s, press("again"));
  assert.deepEqual([again.s.photo?.stage, again.s.photo?.picture, again.does], ["posing", null, ["pose"]]);
  r = walk(r.s, press("send"));
  assert.deepEqual([r.s.photo, r.s.remark?.what], [null, "sent"]);
  assert.deepEqual(r.effects, [{ do: "send_photo", peer: "d", name: "Dr Le Goff", picture }, { do: "rest" }]);
  assert.deepEqual(walk(r.s, { type: "asked", at, view: { ask: null, turn: null } }).s.remark?.what, "sent", "its end is no word of theirs");
});

test("refused, failed, taken back, over", () => {
  const posing = walk(inCall(), asked()).s;
  let r = walk(posing, press("refuse"));
  assert.deepEqual([r.s.photo, r.s.remark?.what, r.effects], [null, "refused", [{ do: "settle_photo", how: "refused" }, { do: "rest" }]]);
  r = walk(posing, press("take"), { type: "photographed", id: "1", picture: null });
  assert.equal(r.s.photo?.stage, "problem");
  assert.deepEqual(walk(r.s, press("again")).s.photo?.stage, "posing");
  assert.deepEqual(walk(r.s, press("refuse")).effects[0], { do: "settle_photo", how: "failed" });
  assert.equal(walk(posing, { type: "no_camera", id: "1" }).s.photo?.stage, "problem");
  assert.equal(walk(posing, { type: "no_camera", id: "0" }).s.photo?.stage, "posing", "of an older ask");
  r = walk(posing, press("take"), { type: "asked", at, view: { ask: null, turn: null } });
  assert.deepEqual([r.s.photo, r.s.remark?.what, r.does], [null, "cancelled", ["rest"]]);
  r = walk(r.s, { type: "photographed", id: "1", picture });
  assert.equal(r.s.photo, null, "a picture that comes too late is none");
  r = walk(posing, press("take"), { type: "asked", at, view: { ask: { id: "2", peer: "d", torch: false, camera: "" }, turn: null } }, { type: "photographed", id: "1", picture });
  assert.deepEqual([r.s.photo?.id, r.s.photo?.stage], ["2", "posing"], "nor of another ask");
  r = walk(posing, { type: "leave", at });
  assert.deepEqual([r.s.photo, r.does.indexOf("rest") >= 0], [null, true], "the camera is given back");
  assert.equal(walk({ ...initial(), stage: "ended" }, asked()).s.photo, null);
});

test("the light and the other camera", () => {
  const posing = walk(inCall(), asked()).s;
  const lit = walk(posing, press("torch"));
  assert.deepEqual([lit.s.photo?.lit, lit.effects], [true, [{ do: "torch", on: true }]]);
  const turned = walk(lit.s, press("swap"));
  assert.deepEqual([turned.s.photo?.lit, turned.does], [false, ["swap_pose"]]);
  let r = walk(inCall(), { type: "asked", at, view: { ask: null, turn: { peer: "d", id: "t" } } });
  assert.deepEqual([r.s.turn, r.does], [{ peer: "d", id: "t", name: "Dr Le Goff" }, ["chime"]]);
  assert.deepEqual(walk(r.s, { type: "turned", yes: false }).effects, [{ do: "settle_turn", yes: false }]);
  r = walk(r.s, { type: "turned", yes: true });
  assert.deepEqual([r.s.turn, r.does], [null, ["swap", "settle_turn"]]);
  assert.deepEqual(walk(r.s, { type: "turned", yes: true }).does, []);
});

test("a photograph keeps its proportions, and is no larger than may be", () => {
  assert.deepEqual(within(4000, 3000), { width: 4000, height: 3000 });
  assert.deepEqual(within(640, 480), { width: 640, height: 480 });
  for (const [w, h] of [[8000, 6000], [12000, 9000], [20000, 1000]]) {
    const size = within(w, h);
    assert.ok(size.width * size.height <= pixelsMost && size.width >= 1, w + "x" + h);
    assert.ok(Math.abs(size.width / size.height / (w / h) - 1) < 0.01);
  }
  const track = (can: unknown, readyState = "live") => ({ readyState, getCapabilities: () => can }) as unknown as MediaStreamTrack;
  assert.deepEqual([torchable(track({ torch: true })), torchable(track({ torch: [false, true] })), torchable(track({ torch: [false] })), torchable(track({})), torchable(track({ torch: true }, "ended")), torchable(null), torchable({ readyState: "live" } as MediaStreamTrack)],
    [true, true, false, false, false, false, false]);
});
