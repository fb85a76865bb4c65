// The conversation: what is cleaned and linked, as on the desktop; and people in a room whose
// server loses what it is given.
import { Log, messagesMost } from "../src/chat";
import { decode } from "../src/chat/codec";
import { mark } from "../src/chat/marks";
import { clean, parts, textMost } from "../src/chat/text";
import { text, type Bytes } from "../src/seal/bytes";
import { watches } from "../src/role";
import type { Role } from "../src/wire.gen";

declare function require(name: string): any;
const test = require("node:test");
const assert = require("node:assert/strict");

test("texts are cleaned as on the desktop", () => {
  const table: [string, string][] = require("../../../call/chat/testdata/clean.json");
  assert.ok(table.length > 40);
  for (const [given, want] of table) {
    assert.equal(clean(given), want, JSON.stringify(given.slice(0, 40)));
    assert.equal(clean(want), want, "cleaned twice");
  }
});

test("marks are those of Unicode", () => {
  const engine = new RegExp("\\p{M}", "u"); // of this engine, which may know more, and another kind
  let count = 0;
  for (let c = 0; c < 0x110000; c++) {
    if (mark(c)) {
      assert.ok(engine.test(String.fromCodePoint(c)), c.toString(16));
      count++;
    }
  }
  assert.equal(count, 1985); // as Unicode 15.0 has them
});

test("links are found as on the desktop, and no text is lost", () => {
  for (const [given, want] of require("../../../call/chat/testdata/parts.json")) {
    assert.deepEqual(parts(given), want, given);
  }
  for (const [given] of require("../../../call/chat/testdata/clean.json")) {
    assert.equal(parts(clean(given)).map((p) => p.text).join(""), clean(given));
  }
});

/** random is a small generator with a seed, so that a failure can be run again. */
function random(seed: number): () => number {
  return () => {
    seed = (seed * 1664525 + 1013904223) >>> 0;
    return seed / 4294967296;
  };
}

/** World is a room of conversations whose server loses some of what is said. */
class World {
  now = 1e9;
  loss = 0;
  logs: { [id: string]: Log } = {};
  roles: { [id: string]: Role } = {};
  readonly rnd: () => number;

  constructor(seed: number) {
    this.rnd = random(seed);
  }

  join(id: string, role: Role): Log {
    const log = new Log(() => this.now);
    log.enter(id, role);
    this.logs[id] = log;
    this.roles[id] = role;
    for (const other of Object.keys(this.logs)) {
      if (other !== id) {
        log.meet(other, this.roles[other]);
        this.logs[other].meet(id, role);
      }
    }
    return log;
  }

  leave(id: string): void {
    delete this.logs[id];
    Object.keys(this.logs).forEach((other) => this.logs[other].part(id));
  }

  run(ms: number): void {
    for (const end = this.now + ms; this.now < end; this.now += 100) {
      for (const id of Object.keys(this.logs)) {
        this.logs[id].tick();
        for (const out of this.logs[id].take()) {
          const to = this.logs[out.peer];
          assert.ok(out.view || !watches(this.roles[id]), id + " may not say that");
          if (to && this.rnd() >= this.loss) {
            assert.ok(to.hear(id, out.view, out.payload), id + " said what is no message");
          }
        }
      }
    }
  }

  reads(id: string): string[] {
    return this.logs[id].view().messages.map((m) => m.from + ": " + m.text);
  }
}

test("a conversation", () => {
  const w = new World(1);
  const d = w.join("d", "clinician");
  const p = w.join("p", "patient");
  w.run(1000);
  assert.ok(d.write(" Bonjour\u202e !\u0000 "));
  assert.ok(!d.write(" \n "));
  assert.deepEqual([d.view().messages[0].got, d.view().messages[0].missing], [0, ["p"]], "confirmed before it left");
  w.run(1000);
  p.write("Bonjour docteur");
  w.run(1000);
  for (const id of ["d", "p"]) {
    assert.deepEqual(w.reads(id), ["d: Bonjour !", "p: Bonjour docteur"]);
  }
  const m = d.view().messages[0];
  assert.deepEqual([m.got, m.missing, m.mine, d.view().messages[1].mine], [1, [], true, false]);
  assert.ok(d.changed());
  assert.ok(!d.changed(), "a change is told once");
});

test("who comes late reads what their role may; who only watches writes nothing", () => {
  const w = new World(2);
  const d = w.join("d", "clinician");
  const p = w.join("p", "patient");
  d.write("one");
  w.run(1000);
  p.write("two");
  w.run(1000);
  w.join("c", "colleague");
  w.join("i", "interpreter");
  const o = w.join("o", "observer");
  w.run(2000);
  d.write("three");
  assert.ok(!o.write("I too"), "an observer writes");
  o.draft("I too", true);
  w.run(2000);
  assert.deepEqual(w.reads("c"), ["d: one", "p: two", "d: three"]);
  assert.deepEqual(w.reads("i"), ["d: three"]);
  assert.deepEqual(w.reads("o"), ["d: three"]);
  assert.deepEqual(d.view().writing, []);
  assert.deepEqual(d.view().messages.map((m) => m.got), [2, 0, 4]);
  assert.deepEqual(d.readers(), ["c", "i", "o", "p"]);
  w.leave("i");
  d.write("four");
  w.run(1000);
  assert.deepEqual([d.view().messages[3].got, d.view().messages[3].missing], [3, []]);
});

test("whatever is lost, in the end all have read all", () => {
  for (let seed = 0; seed < 20; seed++) {
    const w = new World(seed);
    w.loss = 0.4;
    const ids = ["d", "p", "c"];
    (["clinician", "patient", "colleague"] as Role[]).forEach((role, i) => w.join(ids[i], role));
    for (let n = 0; n < 60; n++) {
      w.logs[ids[Math.floor(w.rnd() * 3)]].write(String(n));
      w.run(Math.floor(w.rnd() * 400));
    }
    w.run(120000);
    for (const id of ids) {
      assert.equal(w.reads(id).length, 60, `seed ${seed}`);
      assert.equal(new Set(w.logs[id].view().messages.map((m) => m.text)).size, 60, `seed ${seed}`);
      assert.ok(w.logs[id].view().messages.every((m) => m.missing.length === 0), `seed ${seed}`);
    }
  }
});

test("a page that is loaded anew has the whole conversation back, its own words too", () => {
  const w = new World(3);
  const d = w.join("d", "clinician");
  const p = w.join("p", "patient");
  w.run(1000);
  d.write("one");
  w.run(1000);
  p.write("two");
  w.run(1000);
  w.join("p", "patient");
  w.run(1000);
  assert.deepEqual(w.reads("p"), ["d: one", "p: two"]);
  assert.deepEqual(w.logs.p.view().messages.map((m) => [m.mine, m.got]), [[false, 0], [true, 1]], "who gives it back has it");
  w.logs.p.write("three");
  w.run(1000);
  for (const id of ["d", "p"]) {
    assert.deepEqual(w.reads(id), ["d: one", "p: two", "p: three"]);
  }
});

test("what stands in the field is shown only to whom it is to be, and goes", () => {
  const w = new World(4);
  const d = w.join("d", "clinician");
  const p = w.join("p", "patient");
  w.run(1000);
  const shows = (...want: string[]) => {
    w.run(500);
    assert.deepEqual(d.view().writing, want.map((t) => ({ from: "p", text: t })));
  };
  p.draft("J", false);
  shows("");
  p.draft("Je", true);
  shows("Je");
  p.draft("Je dois", true);
  shows("Je dois");
  p.draft("Je dois", false);
  shows();
  p.draft("Je dois dire", true);
  shows("Je dois dire");
  p.write("Je dois dire cela");
  shows();
  p.draft("x", false);
  w.run(5000);
  shows("");
  w.run(7000);
  shows();
});

test("a draft that nobody goes on writing goes away", () => {
  const w = new World(4);
  const d = w.join("d", "clinician");
  const p = w.join("p", "patient");
  p.draft("Je", true);
  w.run(500);
  d.changed();
  w.run(5 * 60000);
  assert.deepEqual(d.view().writing, []);
  assert.ok(d.changed());
});

test("no more is said while somebody types than their line takes", () => {
  const w = new World(8);
  const p = w.join("p", "patient");
  w.join("d", "clinician");
  w.run(1000);
  p.take();
  let live = 0;
  for (let n = 0; n < 100; n++) {
    p.draft("a".repeat(n + 1), true);
    live += p.take().length;
    w.now += 50;
  }
  assert.ok(live > 10 && live <= 20, `${live} in 5 s`);
});

const hears = (log: Log, payload: string, view = false, peer = "p") => log.hear(peer, view, text(payload));

test("a person who says too much at once is slowed down, and holds nobody up", () => {
  const w = new World(5);
  const d = w.join("d", "clinician");
  w.join("p", "patient");
  w.run(1000);
  const spam = (n: number) => assert.ok(hears(d, JSON.stringify({ say: { id: String(n), text: "spam" } })));
  for (let n = 0; n < 1000; n++) {
    spam(n);
  }
  assert.equal(d.view().messages.length, 80);
  assert.equal(d.take().length, 80, "what was not taken must not be confirmed");
  for (let n = 0; n < 3 * messagesMost; n++) {
    w.now += 1000;
    spam(n);
  }
  assert.deepEqual([d.view().messages.length, d.view().full, d.write("more")], [messagesMost, true, false]);
});

test("what is hostile is refused or made harmless", () => {
  const w = new World(6);
  const d = w.join("d", "clinician");
  w.join("p", "patient");
  const long = "a".repeat(textMost + 5);
  for (const [payload, right] of [
    [`{"say":{"id":"1","text":"${long}"}}`, true],
    [`{"say":{"id":"2","text":" ","ago":0}}`, false],
    [`{"say":{"id":"","text":"a"}}`, false],
    [`{"say":{"id":"3","text":"a","ago":-99999}}`, true],
    [`{"say":{"id":"4","text":"a","ago":1e300}}`, false],
    [`{"say":{"id":"4","text":"a","ago":0.5}}`, false],
    [`{"say":{"id":"4","text":["a"]}}`, false],
    [`{"say":{"id":4,"text":"a"}}`, false],
    [`{"say":"a"}`, false],
    [`{"back":{"id":"5","text":"I never said"}}`, true], // of a patient: not believed
    [`{"live":{"text":"\\u202eevil"}}`, true],
    [`{"live":[]}`, false],
    [`{"typing":"yes"}`, false],
    [`[]`, false],
    [`"say"`, false],
    [``, false],
    [`{"say":{"id":"${"é".repeat(25)}","text":"a"}}`, false],
    [`{"met":"${"é".repeat(25)}"}`, false],
    [`{"got":[1]}`, false],
    [`{"got":"a"}`, false],
    [`{"got":${JSON.stringify(new Array(65).fill("a"))}}`, false],
    [`{"got":["a"]}`.repeat(3000), false],
    ["[".repeat(20000), false],
    [`{"say":{"id":"6","text":"https://x\\u0000y"}}`, true],
    [`{"say":{"id":"__proto__","text":"a"},"__proto__":{"met":"x"}}`, true],
    [`null`, true],
  ] as [string, boolean][]) {
    assert.equal(hears(d, payload), right, payload.slice(0, 60));
  }
  assert.equal(d.hear("p", false, new Uint8Array([0xff, 0xfe, 0x00])), false);
  for (const m of d.view().messages) {
    assert.ok(!m.mine && m.text.length <= textMost && !/[\u0000\u202e]/.test(m.text) && m.at <= w.now, JSON.stringify(m).slice(0, 80));
  }
  assert.deepEqual(d.view().messages.map((m) => m.id).sort(), ["1", "3", "6", "__proto__"]);
  assert.deepEqual(d.view().writing, [], "a message ends the draft");
  // As a view only receipts count, and of a stranger nothing does.
  hears(d, `{"say":{"id":"9","text":"a"}}`, true);
  hears(d, `{"say":{"id":"9","text":"a"}}`, false, "stranger");
  assert.equal(d.view().messages.length, 4);
  d.write("mine");
  const mine = d.view().messages.filter((m) => m.mine)[0].id;
  hears(d, JSON.stringify({ got: [mine] }), false);
  assert.equal(d.view().messages.filter((m) => m.mine)[0].got, 0, "a receipt that is no view");
  hears(d, JSON.stringify({ got: [mine, mine] }), true);
  hears(d, JSON.stringify({ got: [mine] }), true);
  assert.equal(d.view().messages.filter((m) => m.mine)[0].got, 1, "confirmed more than once");
});

test("in no order of bytes does what comes break the conversation", () => {
  const rnd = random(7);
  const pieces = ['{"say":', '{"id":"1","text":"a","ago":3}', '{"got":["a.1"]}', '{"met":"abc"}', '{"live":{"text":"a"},"typing":true}', '{"back":', "}", "]", ",", '"\\ud800"', "null", "1e9", " ", "\u0000"];
  let understood = 0;
  for (let i = 0; i < 5000; i++) {
    let payload = "";
    for (let n = Math.floor(rnd() * 5); n >= 0; n--) {
      payload += pieces[Math.floor(rnd() * pieces.length)];
    }
    const b: Bytes = text(payload);
    if (rnd() < 0.3 && b.length > 0) {
      b[Math.floor(rnd() * b.length)] = Math.floor(rnd() * 256);
    }
    const log = new Log(() => 1e9 + i);
    log.enter("d", "clinician");
    log.meet("p", "patient");
    log.write("hello");
    understood += log.hear("p", rnd() < 0.5, b) ? 1 : 0;
    log.tick();
    for (const out of log.take()) {
      assert.ok(decode(out.payload) !== null, payload);
    }
    for (const m of log.view().messages) {
      assert.ok(m.text !== "" && m.text === clean(m.text), payload);
    }
  }
  assert.ok(understood > 200, "too little was understood to mean something: " + understood);
});
