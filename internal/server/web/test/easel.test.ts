// The whiteboard in the call: people whose server loses what it is given, one who watches, one who
// comes late; what is told as a view; and the page's state of the board.
import { step } from "../src/call";
import { initial, type Event, type State } from "../src/state";
import { blank, worthTelling } from "../src/drawing";
import { drawingEvery, Easel } from "../src/easel";
import { watches } from "../src/role";
import { text, type Bytes } from "../src/seal/bytes";
import { Share } from "../src/share";
import type { Person, Role, Topic } from "../src/wire.gen";

declare function require(name: string): any;
const test = require("node:test");
const assert = require("node:assert/strict");

/** random is a small generator with a seed, so that a failure can be run again. */
function random(seed: number): () => number {
  return () => {
    seed = (seed * 1664525 + 1013904223) >>> 0;
    return seed / 4294967296;
  };
}

interface Sent {
  from: string;
  to: string;
  topic: Topic;
  view: boolean;
  payload: Bytes;
}

/** World is a call whose server hands on what may be said, and loses some of it. */
class World {
  now = 5000;
  loss = 0;
  agreed = 0;
  readonly easels: { [id: string]: Easel } = {};
  readonly sent: Sent[] = [];
  private readonly shares: { [id: string]: Share } = {};
  private readonly roles: { [id: string]: Role } = {};
  private line: Sent[] = [];
  private readonly rnd: () => number;

  constructor(seed: number) {
    this.rnd = random(seed);
  }

  join(id: string, role: Role): Easel {
    const easel = new Easel(id, role, () => this.now);
    this.easels[id] = easel;
    this.roles[id] = role;
    this.shares[id] = new Share({ board: easel }, (topic, out) => this.line.push({ from: id, to: out.peer, topic, view: out.view, payload: out.payload }));
    this.meet();
    return easel;
  }

  leave(id: string): void {
    delete this.easels[id];
    delete this.shares[id];
    this.meet();
  }

  private meet(): void {
    this.agreed++;
    const ids = Object.keys(this.shares);
    ids.forEach((id) => this.shares[id].follow(ids.filter((o) => o !== id).map((o) => ({ peer: o, role: this.roles[o], agreed: this.agreed, away: false }))));
  }

  run(ms: number): void {
    for (const end = this.now + ms; this.now < end; this.now += drawingEvery) {
      Object.keys(this.shares).forEach((id) => this.shares[id].flush());
      for (const s of this.line.splice(0)) {
        this.sent.push(s);
        const lets = s.view || !watches(this.roles[s.from]); // as the server
        assert.ok(lets, "the server would end the connection of " + s.from);
        if (this.shares[s.to] && this.rnd() >= this.loss) {
          this.shares[s.to].hear(s.from, s.topic, s.view, s.payload);
        }
      }
    }
  }

  looks(id: string): string[] {
    return this.easels[id].board.visible().map((o) => o.id.author + "/" + o.id.seq + " " + o.kind + " " + o.points.map((p) => p.x + "," + p.y).join(" "));
  }
}

const style = { colour: 1, width: 1 };
const at = (x: number, y: number) => ({ x, y, pressure: 0.5 });
const told = (s: Sent[], from: string) => s.filter((m) => m.from === from);
const says = (m: Sent) => new TextDecoder().decode(m.payload);

/** scribble draws a stroke and a rectangle while time goes on. */
function scribble(w: World, id: string, strokes: number): void {
  const b = w.easels[id].board;
  for (let i = 0; i < strokes; i++) {
    b.begin("pen", style, at(100 + i, 100));
    for (let j = 0; j < 8; j++) {
      b.extend(at(100 + i + 9 * j, 100 + (j * j) % 60));
      b.point(100 + i + 9 * j, 100, false);
      w.run(drawingEvery);
    }
    b.end();
    b.add("rect", style, at(10 * i, 10), at(10 * i + 50, 60));
    w.run(drawingEvery);
  }
}

test("two draw over a line that loses a third, and both see the same in the end", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const w = new World(seed);
    w.loss = 0.33;
    w.join("p", "patient");
    w.join("d", "clinician");
    w.run(1000);
    scribble(w, "p", 4);
    scribble(w, "d", 4);
    w.easels.p.board.undo();
    w.loss = 0;
    w.run(45000);
    assert.equal(w.looks("p").length, 15, "seed " + seed);
    assert.deepEqual(w.looks("d"), w.looks("p"), "seed " + seed);
    assert.ok(w.sent.every((m) => !m.view && m.topic === "board"));
  }
});

test("who watches is told all, and says nothing but views", () => {
  const w = new World(3);
  w.join("p", "patient");
  w.join("d", "clinician");
  w.join("o", "observer");
  scribble(w, "d", 3);
  w.run(8000);
  assert.equal(w.looks("o").length, 6);
  assert.deepEqual(w.looks("o"), w.looks("d"));
  const views = told(w.sent, "o");
  assert.deepEqual([views.length >= 3, views.every((m) => m.view)], [true, true], views.length + " of the observer");
  assert.ok(views.some((m) => /"have"/.test(says(m))) && !views.some((m) => /"log"|"point"/.test(says(m))));
  assert.ok(w.sent.every((m) => m.view === (m.from === "o")));
  assert.throws(() => w.easels.o.board.add("rect", style, at(0, 0), at(9, 9)));
});

test("who comes late gets the board, also what somebody drew who has left", () => {
  const w = new World(4);
  w.join("p", "patient");
  w.join("d", "clinician");
  scribble(w, "d", 40);
  scribble(w, "p", 2);
  w.run(3000);
  const all = w.looks("p");
  assert.equal(all.length, 84);
  w.leave("d");
  w.join("e", "interpreter");
  w.join("o", "observer");
  w.run(60000);
  assert.deepEqual(w.looks("e"), all);
  assert.deepEqual(w.looks("o"), all);
});

test("under a view only who watches is heard, and what they draw is not taken", () => {
  const p = new Easel("p", "patient", () => 1e6);
  const draws = text('{"v":1,"log":[["d~r",1,[{"o":"add","c":1,"k":"line","i":0,"w":1,"p":[0,0,100,100]}]]]}');
  const watcher = text('{"v":1,"log":[["o~r",1,[{"o":"add","c":1,"k":"line","i":0,"w":1,"p":[0,0,100,100]}]]]}');
  p.meet("d", "clinician");
  p.meet("o", "observer");
  p.hear("d", true, draws);
  assert.equal(p.board.visible().length, 0, "a drawing that calls itself a view");
  p.hear("o", false, watcher);
  p.hear("o", true, watcher);
  assert.deepEqual([p.board.visible().length, p.drew(), p.trouble()], [0, "", ""], "who watches drew");
  p.hear("d", false, draws);
  assert.equal(p.board.visible().length, 1);
  const asks = (peer: string) => p.take().concat(p.take()).filter((o) => o.peer === peer && /"have"/.test(new TextDecoder().decode(o.payload)));
  assert.ok(asks("o").length > 0, "an observer is answered");
});

test("what cannot be read is refused, said once, and breaks nothing", () => {
  const p = new Easel("p", "patient", () => 1e6);
  p.hear("d", false, text("{}"));
  assert.equal(p.trouble(), "", "a stranger");
  p.meet("d", "clinician");
  const good = '{"v":1,"log":[["d~r",1,[{"o":"add","c":1,"k":"line","i":0,"w":1,"p":[0,0,100,100]}]]]}';
  const written = '{"v":1,"log":[["d~r",1,[{"o":"add","c":1,"k":"text","i":0,"w":1,"p":[0,0],"t":"a@b"}]]]}';
  const broken = text(written); // within a text, where a replacement character would pass
  broken[written.indexOf("@")] = 0xff;
  const table: [Bytes, string][] = [
    [broken, "malformed"],
    [text("{"), "malformed"], [text(""), "malformed"], [text("[]"), "malformed"], [text("\ufeff" + good), "malformed"], [text(good + " "), "malformed"],
    [new Uint8Array([0xff, 0xfe, 0x80]), "malformed"], [text('"' + "x".repeat(20000) + '"'), "large"], [new Uint8Array(1 << 20), "large"],
    [text('{"v":2,"anything":1}'), ""], [text("null"), ""],
  ];
  for (const [payload, want] of table) {
    p.hear("d", false, payload);
    assert.deepEqual([p.trouble(), p.trouble()], [want, ""], new TextDecoder().decode(payload.subarray(0, 30)));
  }
  const rnd = random(9);
  for (let i = 0; i < 3000; i++) {
    const bytes = text(good);
    for (let n = 1 + Math.floor(rnd() * 3); n > 0; n--) {
      bytes[Math.floor(rnd() * bytes.length)] = Math.floor(rnd() * 256);
    }
    p.hear("d", rnd() < 0.1, bytes.slice(0, rnd() < 0.2 ? Math.floor(rnd() * bytes.length) : bytes.length));
  }
  p.hear("d", false, text(good));
  assert.ok(p.board.visible().length >= 1);
  const q = new Easel("q", "patient", () => 1e6);
  ["d", "e", "not an id"].forEach((id) => q.meet(id, "clinician"));
  assert.deepEqual(q.take().map((o) => o.peer), ["d", "e"], "an id that is none");
});

test("a full room stays below what the server hands on", () => {
  const w = new World(5);
  ["p", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"].forEach((id, i) => w.join(id, i < 9 ? "companion" : "observer"));
  w.run(2000);
  const from = w.sent.length;
  const began = w.now;
  scribble(w, "p", 10);
  const mine = told(w.sent.slice(from), "p").length;
  assert.ok(mine > 100 && mine / ((w.now - began) / 1000) <= 110, mine + " payloads");
  w.run(12000);
  assert.deepEqual(w.looks("k"), w.looks("p"));
});

test("who draws is named once, and a board that was there before is no news", () => {
  const w = new World(6);
  w.join("d", "clinician");
  scribble(w, "d", 2);
  w.run(6000);
  const p = w.join("p", "patient");
  w.run(3000);
  assert.deepEqual([w.looks("p").length, p.drew()], [4, ""]);
  w.easels.d.board.point(5, 5, false);
  w.run(500);
  assert.equal(p.drew(), "", "pointing is not drawing");
  w.easels.d.board.add("rect", style, at(1, 1), at(50, 50));
  w.run(500);
  assert.deepEqual([p.drew(), p.drew()], ["d", ""]);
  w.run(20000);
  w.easels.d.board.undo(); // without a pointer, long after the meeting
  w.run(500);
  assert.equal(p.drew(), "d");
  p.board.add("rect", style, at(1, 1), at(50, 50));
  w.run(500);
  assert.equal(p.drew(), "", "ourselves");
  const authors = [1, 2].map(() => {
    const b = new Easel("p", "patient", () => 0).board;
    b.add("rect", style, at(1, 1), at(50, 50));
    return b.visible()[0].id.author;
  });
  assert.notEqual(authors[0], authors[1], "each start is another author");
});

const start = 1_000_000;
const person = (id: string, more: Partial<Person> = {}): Person => ({ id, name: id, role: id === "p" ? "patient" : "clinician", place: "call", ready: true, away: false, audio: true, video: true, since: 1, ...more });
const call = (): State => ({ ...initial(), now: start, stage: "call", line: "up", self: "p", role: "patient", admitted: true, able: { keys: true, seal: true }, people: { p: person("p"), d: person("d") } });
const walk = (s: State, ...events: Event[]): State => events.reduce((last, e) => step(last, e)[0], s);
const tick = (ms: number): Event => ({ type: "tick", at: start + ms });
const drew = (ms: number, peer = "d"): Event => ({ type: "drew", at: start + ms, peer });

test("a notice while the board is closed, once a minute", () => {
  const s = call();
  const noticed = walk(s, drew(0));
  assert.deepEqual([s.drawer, noticed.drawer], ["", "d"]);
  assert.equal(walk(s, drew(0, "stranger")).drawer, "");
  const opened = walk(noticed, { type: "board", open: true });
  assert.deepEqual([opened.board, opened.drawer, worthTelling(opened, start + 1e6)], [true, "", false]);
  assert.equal(walk(opened, drew(90000)).drawer, "");
  const closed = walk(opened, tick(100000), { type: "board", open: false });
  assert.deepEqual([closed.board, walk(closed, drew(130000)).drawer, walk(closed, drew(160000)).drawer], [false, "", "d"]);
  const dismissed = walk(noticed, { type: "board_dismiss" });
  assert.deepEqual([dismissed.drawer, walk(dismissed, drew(59999)).drawer, walk(dismissed, drew(60000)).drawer], ["", "", "d"]);
});

test("the board is shown in the call only, to who shares keys, and closes with it", () => {
  const open: Event = { type: "board", open: true };
  assert.equal(walk({ ...call(), stage: "waiting" }, open).board, false);
  assert.equal(walk({ ...call(), able: { keys: false, seal: false } }, open).board, false);
  assert.equal(walk({ ...call(), able: { keys: false, seal: false } }, drew(0)).drawer, "");
  const shown = walk(call(), open);
  assert.equal(shown.board, true);
  const held = walk(walk(shown, { type: "board", open: false }, tick(70000), drew(70000)), { type: "message", at: start, message: { type: "presence", data: { person: person("p", { place: "hold" }) } } });
  assert.deepEqual([held.stage, held.board, held.drawer], ["waiting", false, ""]);
  const left = walk(shown, { type: "leave", at: start });
  const { board, drawer, drawnAt } = left;
  assert.deepEqual([left.stage, { board, drawer, drawnAt }], ["ended", blank()]);
});
