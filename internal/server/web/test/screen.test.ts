// Shown screens without a browser: the state of ours, whose line is whose, how a picture is enlarged,
// what senders may take, and what is said of a finger.
import { step } from "../src/call";
import { initial, shown, type Effect, type Event, type State } from "../src/state";
import { linesOf, wantedByServer } from "../src/peer";
import { decode, encode, Pointing, whole as places, type Place } from "../src/pointing";
import { ofScreen, presenter, screenStream, shownScreen } from "../src/screen";
import { text } from "../src/seal/bytes";
import { tuned } from "../src/tune";
import { actual, fitting, lie, moved, place, turned, whole, zoomed, type Zoom } from "../src/view/zoom";
import type { FromServer, Person, Role, Welcome } from "../src/wire.gen";

declare function require(name: string): any;
const test = require("node:test");
const assert = require("node:assert/strict");

const at = 1_000_000;
const person = (id: string, more: Partial<Person> = {}): Person => ({ id, name: id === "p" ? "Yann" : "Dr Le Goff", role: id === "p" ? "patient" : "clinician", place: "call", ready: true, away: false, audio: true, video: true, since: 1, ...more });
const hears = (message: FromServer): Event => ({ type: "message", at, message });
const sees = (p: Person): Event => hears({ type: "presence", data: { person: p } });
const welcome = (people: Person[], gen = 1, role: Role = "patient"): Event => hears({ type: "welcome", data: { version: 1, self: "p", role, room: "r", resume: "t", people, gen } as Welcome });
const refusal = hears({ type: "failure", data: { code: "sharing", text: "", fatal: false } });
const link: Event = { type: "looked", at, link: { status: "open", clinician: "Dr Le Goff", start: 1000, opens: 0, closes: 9000, minutes: 30, language: "fr", now: 1000 } };
const start: Event = { type: "start", at, language: "fr", cause: "", seat: null };
const toDoor: Event[] = [start, link, { type: "join" }, { type: "joined" }, welcome([person("p", { place: "waiting" })]), { type: "captured", audio: true, video: true }];
const toCall: Event[] = [...toDoor, hears({ type: "admitted", data: { ice: [] } }), sees(person("p")), sees(person("d")), hears({ type: "offer", data: { gen: 1, round: 1, sdp: "" } })];

function walk(s: State, ...events: Event[]): { s: State; effects: Effect[] } {
  let effects: Effect[] = [];
  for (const e of events) {
    [s, effects] = step(s, e);
  }
  return { s, effects };
}
const says = (on: boolean): Effect => ({ do: "send", message: { type: "share", data: { on } } });
const stop: Effect = { do: "stop_share" };
const share: Event = { type: "share", on: true };
const taken: Event = { type: "share_taken" };
const inCall = () => walk(initial(), ...toCall).s;
const sharing = () => walk(inCall(), share, taken, sees(person("p", { screen: true }))).s;

test("the others learn of our screen once it is taken, and that it is over at every end", () => {
  let r = walk(inCall(), share);
  assert.deepEqual(r.effects, [{ do: "share" }]);
  assert.ok(r.s.sharing.asking && !r.s.sharing.on, "shown before it is taken");
  assert.deepEqual(walk(r.s, share).effects, [], "asked twice");
  r = walk(r.s, taken);
  assert.deepEqual(r.effects, [says(true)]);
  assert.ok(r.s.sharing.on && !r.s.sharing.asking);
  r = walk(r.s, sees(person("p", { screen: true })));
  assert.deepEqual([r.effects, (presenter(r.s) as Person).id, shownScreen(r.s)], [[], "p", null]);
  const on = r.s;
  r = walk(on, { type: "freeze", on: true });
  assert.deepEqual([r.effects, r.s.sharing.frozen], [[{ do: "freeze", on: true }], true]);
  r = walk(r.s, { type: "freeze", on: false });
  assert.deepEqual([r.effects, r.s.sharing.frozen], [[{ do: "freeze", on: false }], false]);
  for (const [name, end] of [["pressed", { type: "share", on: false }], ["ended by the browser", { type: "share_over", failed: false }]] as [string, Event][]) {
    r = walk(on, end);
    assert.deepEqual([r.effects, r.s.sharing], [[stop, says(false)], { asking: false, on: false, frozen: false, problem: "" }], name);
    assert.deepEqual(walk(r.s, end).effects, [], "ended twice");
  }
});

test("thought better of, nothing is said; no screen to be had, it is", () => {
  let r = walk(inCall(), share, { type: "share_over", failed: false });
  assert.deepEqual([r.effects.filter((f) => f.do === "send"), r.s.sharing.asking, r.s.sharing.problem], [[], false, ""]);
  r = walk(inCall(), share, { type: "share_over", failed: true });
  assert.deepEqual([r.effects.filter((f) => f.do === "send"), r.s.sharing.problem], [[], "failed"]);
  assert.equal(walk(r.s, { type: "share_read" }).s.sharing.problem, "");
  assert.equal(walk(r.s, share).s.sharing.problem, "", "asked anew, the old problem is gone");
});

test("refused by the server, it is given back and said", () => {
  const r = walk(inCall(), share, taken, refusal);
  assert.deepEqual([r.effects, r.s.sharing.on, r.s.sharing.problem], [[stop, says(false)], false, "refused"]);
  assert.equal(walk(inCall(), refusal).s.sharing.problem, "", "of what we do not do");
  assert.equal(r.s.stage, "call", "no reason to leave");
});

test("while another shows theirs, nothing is asked; theirs takes the stage, and no tile", () => {
  let r = walk(inCall(), sees(person("d", { screen: true })));
  assert.equal((shownScreen(r.s) as Person).id, "d");
  assert.deepEqual(shown(r.s, ["d", screenStream("d")]), ["d"]);
  r = walk(r.s, share);
  assert.deepEqual([r.effects, r.s.sharing.problem, r.s.sharing.asking], [[], "refused", false]);
  r = walk(r.s, sees(person("d")));
  assert.equal(shownScreen(r.s), null);
  assert.equal(shownScreen(walk(r.s, sees(person("d", { screen: true })), hears({ type: "gone", data: { id: "d", reason: "left" } })).s), null);
  assert.equal(shownScreen(walk(r.s, sees(person("d", { screen: true, place: "hold" }))).s), null, "from outside the call");
});

test("a reconnect says it again where the server knows other, and only there", () => {
  const down = walk(sharing(), { type: "line_down", at });
  assert.deepEqual(down.effects, [], "the screen goes on being taken");
  assert.ok(down.s.sharing.on);
  const shares = (r: { effects: Effect[] }) => r.effects.filter((f) => f.do === "send" && f.message.type === "share");
  assert.deepEqual(shares(walk(down.s, welcome([person("p", { screen: true }), person("d")]))), []);
  assert.deepEqual(shares(walk(down.s, welcome([person("p"), person("d")]))), [says(true)]);
  const ended = walk(down.s, { type: "share_over", failed: false });
  assert.deepEqual(ended.effects, [stop], "nobody to tell it to");
  assert.deepEqual(shares(walk(ended.s, welcome([person("p", { screen: true }), person("d")]))), [says(false)]);
  assert.deepEqual(shares(walk(sharing(), sees(person("p")))), [says(true)], "after a presence too");
  assert.deepEqual(shares(walk(inCall(), sees(person("p", { screen: true })))), [says(false)]);
  assert.deepEqual(shares(walk(sharing(), sees(person("d")))), [], "of another it says nothing");
  const late = walk(inCall(), share, { type: "line_down", at }, taken);
  assert.deepEqual([late.effects, late.s.sharing.on], [[], true]);
  assert.deepEqual(shares(walk(late.s, welcome([person("p"), person("d")]))), [says(true)]);
});

test("after a reload nothing is shown any more, and the server is told", () => {
  const seat = { resume: "t", audio: true, video: true };
  const r = walk(initial(), { ...start, seat } as Event, welcome([person("p", { screen: true }), person("d")]), { type: "captured", audio: true, video: true });
  assert.equal(r.s.stage, "call");
  assert.deepEqual(r.effects.filter((f) => f.do === "send" && f.message.type === "share"), [says(false)]);
});

test("a new media connection changes nothing of it", () => {
  const r = walk(sharing(), hears({ type: "offer", data: { gen: 2, round: 1, sdp: "" } }), { type: "ready", gen: 2 }, hears({ type: "settle", data: { gen: 2 } }), { type: "media", gen: 2, state: "broken" });
  assert.ok(r.s.sharing.on);
  assert.ok(!r.effects.some((f) => f.do === "stop_share"));
});

test("on hold, at the door and at the end it is over, and what is taken too late is given back", () => {
  const hold = sees(person("p", { place: "hold" }));
  for (const s of [sharing(), walk(inCall(), share).s]) {
    const r = walk(s, hold);
    assert.deepEqual([r.effects, r.s.sharing.on, r.s.sharing.asking], [[{ do: "drop_media" }, stop], false, false]);
    assert.deepEqual(walk(r.s, taken).effects, [stop]);
    assert.deepEqual(walk(r.s, share).effects, []);
    const back = walk(r.s, hears({ type: "admitted", data: {} }), sees(person("p")));
    assert.ok(!back.s.sharing.on, "on again by itself");
    const door = walk(s, { type: "line_down", at }, welcome([person("p", { place: "waiting" })], 0));
    assert.ok(door.effects.some((f) => f.do === "stop_share") && !door.s.sharing.on);
    for (const end of [{ type: "leave", at }, hears({ type: "ended", data: { reason: "ended" } }), hears({ type: "failure", data: { code: "pass", text: "", fatal: true } })] as Event[]) {
      const over = walk(s, end);
      assert.ok(over.effects.some((f) => f.do === "release") && !over.s.sharing.on && !over.s.sharing.asking);
      assert.deepEqual(walk(over.s, taken).effects, [stop]);
    }
  }
});

test("who only watches shows nothing", () => {
  const s = { ...inCall(), role: "observer" as Role };
  assert.deepEqual(walk(s, share).effects, []);
});

test("in no order does a screen go on after its call, or get told without being taken", () => {
  let seed = 7;
  const r = (n: number) => {
    seed = (seed * 1664525 + 1013904223) >>> 0;
    return Math.floor((seed / 4294967296) * n);
  };
  let shown_ = 0;
  for (let round = 0; round < 1500; round++) {
    let s = inCall();
    let held = false; // what the browser lets us take
    for (let i = 0; i < 40; i++) {
      const events: Event[] = [
        share, { type: "share", on: false }, { type: "freeze", on: r(2) === 0 }, refusal, { type: "line_down", at }, sees(person("p", { screen: r(2) === 0 })), sees(person("d", { screen: r(3) === 0 })),
        sees(person("p", { place: "hold" })), hears({ type: "admitted", data: {} }), welcome([person("p", { screen: r(2) === 0 }), person("d")], r(3)), ...(r(8) ? [share, share] : [welcome([person("p", { place: "waiting" })], 0), { type: "leave", at } as Event]),
        { type: "share_read" }, ...(s.sharing.asking ? [taken, taken, { type: "share_over", failed: r(2) === 0 } as Event] : []), ...(held ? [{ type: "share_over", failed: false } as Event] : []), ...(r(20) === 0 ? [taken] : []),
      ];
      const e = events[r(events.length)];
      held = e.type === "share_taken" ? true : e.type === "share_over" ? false : held;
      const [next, effects] = step(s, e);
      held = effects.some((f) => f.do === "stop_share" || f.do === "release") ? false : held;
      assert.equal(next.sharing.on, held, `${e.type}: ${JSON.stringify(next.sharing)}`);
      assert.ok(!next.sharing.on || next.stage === "call", e.type);
      for (const f of effects) {
        assert.ok(f.do !== "send" || f.message.type !== "share" || f.message.data.on === next.sharing.on);
      }
      shown_ += next.sharing.on ? 1 : 0;
      s = next;
    }
  }
  assert.ok(shown_ > 1000, String(shown_));
});

test("the server's lines: sound, the camera, the screen", () => {
  const section = (kind: string, mid: string, way: string, port = 9, more = "") => `m=${kind} ${port} UDP/TLS/RTP/SAVPF 96\r\na=mid:${mid}\r\na=${way}\r\n${more}`;
  const sdp = "v=0\r\n" + section("audio", "0", "recvonly") + section("video", "1", "recvonly") + section("video", "2", "recvonly") + section("video", "3", "sendonly") + section("audio", "4", "sendonly");
  assert.deepEqual(wantedByServer(sdp), { audio: ["0"], video: ["1", "2"] });
  assert.deepEqual(linesOf(sdp), { audio: "0", video: "1", screen: "2" });
  assert.deepEqual(linesOf("v=0\r\n" + section("audio", "0", "recvonly") + section("video", "1", "recvonly")), { audio: "0", video: "1", screen: undefined }, "a server that knows no screens");
  assert.deepEqual(linesOf("v=0\r\n" + section("video", "5", "sendonly")), { audio: undefined, video: undefined, screen: undefined }, "one who only watches");
  assert.deepEqual(linesOf("v=0\r\n" + section("audio", "0", "recvonly", 0) + section("video", "1", "recvonly", 0, "a=bundle-only\r\n") + section("video", "2", "recvonly", 0)), { audio: undefined, video: "1", screen: undefined });
});

test("a stream is a person's, or that of their screen", () => {
  assert.equal(screenStream("d"), "screen.d");
  assert.equal(ofScreen(screenStream("aB-_9")), "aB-_9");
  for (const id of ["d", "", "-", "screen", "Screen.d", "x.screen.d"]) {
    assert.equal(ofScreen(id), null, id);
  }
  assert.equal(ofScreen("screen."), "");
});

test("a screen keeps its size, and the camera gives way while it is shown", () => {
  type P = Parameters<typeof tuned>[0];
  const camera: P = { encodings: [{}] };
  assert.equal(tuned(camera, "video", false), false, "nothing to change without a screen");
  assert.equal(tuned(camera, "video", true), true);
  assert.deepEqual(camera, { encodings: [{ maxBitrate: 200000 }] });
  assert.equal(tuned(camera, "video", true), false, "set twice");
  assert.equal(tuned(camera, "video", false), true);
  assert.deepEqual(camera, { encodings: [{}] });
  const screen: P = { encodings: [{}] };
  assert.equal(tuned(screen, "screen", true), true);
  assert.deepEqual(screen, { encodings: [{ maxBitrate: 2500000 }], degradationPreference: "maintain-resolution" });
  assert.equal(tuned({ encodings: [] }, "screen", true), false, "not negotiated yet");
  assert.equal(tuned({}, "video", true), false);
});

const box = { width: 400, height: 300 };
const wide = { width: 1600, height: 800 };
const near = (a: number, b: number, why: string) => assert.ok(Math.abs(a - b) < 1e-6, `${why}: ${a}, want ${b}`);

test("a picture is shown whole, then larger around what is under the pointer, and stays in its box", () => {
  assert.deepEqual(fitting(box, wide), { width: 400, height: 200 });
  assert.equal(actual(box, wide), 4);
  assert.deepEqual(lie(whole, box, wide), { x: 0, y: 50, width: 400, height: 200 });
  const corner = { x: 100, y: 100 };
  const before = place(corner, whole, box, wide);
  const z = zoomed(whole, 3, corner, box, wide);
  const after = place(corner, z, box, wide);
  near((after as any).x, (before as any).x, "x under the pointer");
  near((after as any).y, (before as any).y, "y under the pointer");
  assert.equal(zoomed(whole, 0.1, corner, box, wide).scale, 1, "never smaller than whole");
  assert.equal(zoomed(whole, 1000, corner, box, wide).scale, 16, "nor without end");
  assert.deepEqual(turned(whole, corner, box, wide).scale, 4);
  assert.deepEqual(turned(z, corner, box, wide), whole);
  assert.equal(turned(whole, corner, box, { width: 200, height: 100 }).scale, 2, "one that is larger than life already");
  assert.equal(place({ x: 10, y: 10 }, whole, box, wide), null, "beside the picture");
  assert.equal(place({ x: 10, y: 10 }, whole, { width: 0, height: 0 }, wide), null);
  assert.equal(place({ x: 10, y: 10 }, whole, box, { width: 0, height: 0 }), null);
  assert.deepEqual(moved(whole, { x: 50, y: 50 }, box, wide), whole, "nothing to move");
});

test("however it is moved, no edge of the picture leaves the box that it fills", () => {
  let seed = 3;
  const r = () => (seed = (seed * 1664525 + 1013904223) >>> 0) / 4294967296;
  for (let i = 0; i < 2000; i++) {
    const room = { width: 50 + r() * 900, height: 50 + r() * 900 };
    const picture = { width: 1 + r() * 4000, height: 1 + r() * 4000 };
    let z: Zoom = whole;
    for (let j = 0; j < 12; j++) {
      const p = { x: r() * room.width, y: r() * room.height };
      z = r() < 0.5 ? zoomed(z, 0.4 + r() * 2, p, room, picture) : moved(z, { x: (r() - 0.5) * 3000, y: (r() - 0.5) * 3000 }, room, picture);
      const l = lie(z, room, picture);
      for (const [from, size, space] of [[l.x, l.width, room.width], [l.y, l.height, room.height]]) {
        if (size >= space) {
          assert.ok(from <= 1e-6 && from + size >= space - 1e-6, JSON.stringify({ z, room, picture }));
        } else {
          near(from, (space - size) / 2, "in the middle");
        }
      }
    }
  }
});

test("positions are read strictly", () => {
  const read = (s: string) => decode(text(s));
  for (const p of [[0, 0], [places, places], [17, 4321], "off"] as Place[]) {
    assert.deepEqual(decode(encode(p)), p);
  }
  assert.equal(new TextDecoder().decode(encode([1, 2])), '{"at":[1,2]}');
  assert.equal(new TextDecoder().decode(encode("off")), '{"off":true}');
  assert.deepEqual(read('{"at":[1,2],"more":{"x":1}}'), [1, 2], "unknown fields are ignored");
  for (const s of ['{"at":[1]}', '{"at":[1,2,3]}', '{"at":[1.5,2]}', '{"at":[-1,2]}', '{"at":[1,10001]}', '{"at":["1",2]}', '{"at":[1,null]}', '{"at":{"0":1,"1":2,"length":2}}', '{"at":null}', '{"off":false}', '{"off":1}', '{"at":[1,2],"off":true}', "{}", "[]", "null", "7", "", "{", '{"at":[1e400,2]}', '{"at":[1,2]' + " ".repeat(260) + "}"]) {
    assert.equal(read(s), null, s);
  }
});

test("no bytes break the reading of a position", () => {
  let seed = 11;
  const r = (n: number) => {
    seed = (seed * 1664525 + 1013904223) >>> 0;
    return Math.floor((seed / 4294967296) * n);
  };
  const good = encode([1234, 5678]);
  let some = 0;
  for (let i = 0; i < 20000; i++) {
    const b = i % 2 ? good.slice() : new Uint8Array(r(64));
    for (let j = 0; j < (i % 2 ? 1 + r(3) : b.length); j++) {
      b[i % 2 ? r(b.length) : j] = r(256);
    }
    const p = decode(b);
    if (p && p !== "off") {
      some++;
      p.forEach((n) => assert.ok(Number.isInteger(n) && n >= 0 && n <= places));
    }
  }
  assert.ok(some > 50, "some must be read: " + some);
});

/** fingers are two people whose words reach each other at once. */
function fingers(roles: [Role, Role] = ["patient", "clinician"]) {
  const clock = { now: 1000 };
  const a = new Pointing(() => clock.now);
  const d = new Pointing(() => clock.now);
  a.enter("p", roles[0]);
  d.enter("d", roles[1]);
  a.meet("d", roles[1]);
  d.meet("p", roles[0]);
  const pass = () => {
    const out = a.take();
    out.forEach((o) => d.hear("p", o.view, o.payload));
    return out.length;
  };
  return { clock, a, d, pass };
}

test("a finger is seen by all for two seconds, on the screen that it points at", () => {
  const { clock, a, d, pass } = fingers();
  a.point([1, 2]);
  assert.equal(pass(), 0, "nobody shows anything");
  a.follow("d");
  d.follow("d");
  d.changed();
  a.point([10, 20]);
  assert.equal(pass(), 1);
  assert.ok(d.changed() && !d.changed());
  assert.deepEqual([a.dots(), d.dots()], [[{ peer: "p", x: 10, y: 20 }], [{ peer: "p", x: 10, y: 20 }]]);
  clock.now += 1999;
  d.tick();
  assert.equal(d.dots().length, 1);
  clock.now += 1;
  d.tick();
  a.tick();
  assert.deepEqual([d.dots(), a.dots(), d.changed()], [[], [], true]);
  a.point([5, 5]);
  pass();
  clock.now += 100;
  a.point("off");
  pass();
  assert.deepEqual([d.dots(), a.dots()], [[], []]);
  clock.now += 100;
  a.point([5, 5]);
  pass();
  d.follow("x");
  assert.deepEqual(d.dots(), [], "on another screen");
  d.follow("d");
  clock.now += 100;
  a.point([6, 6]);
  pass();
  d.part("p");
  assert.deepEqual(d.dots(), []);
  assert.ok(!d.hear("p", false, text("x")) && d.hear("p", false, encode([1, 1])));
  assert.deepEqual(d.dots(), [], "of nobody");
});

test("positions leave fifteen times a second at most, and the last one always", () => {
  const { clock, a, d, pass } = fingers();
  a.follow("d");
  d.follow("d");
  let sent = 0;
  for (let ms = 0; ms < 2000; ms += 5) {
    a.point([ms, ms]);
    sent += pass();
    clock.now += 5;
  }
  assert.ok(sent >= 25 && sent <= 31, `${sent} in two seconds`);
  a.point([42, 42]);
  pass();
  clock.now += 250;
  a.tick();
  pass();
  assert.deepEqual(d.dots(), [{ peer: "p", x: 42, y: 42 }]);
});

test("who floods is not followed, and who watches points at nothing", () => {
  const { clock, a, d } = fingers();
  d.follow("d");
  let moved_ = 0;
  for (let i = 0; i < 1000; i++) {
    d.hear("p", false, encode([i, i]));
    moved_ = Math.max(moved_, d.dots()[0].x);
  }
  assert.equal(moved_, 29);
  clock.now += 1000;
  d.hear("p", false, encode([77, 77]));
  assert.equal(d.dots()[0].x, 77, "taken again after a second");
  assert.equal(d.hear("p", true, encode([78, 78])), true);
  assert.equal(d.dots()[0].x, 77, "a view points at nothing");
  a.follow("p");
  a.point([1, 1]);
  assert.equal(a.take().length, 0, "over our own screen");
  const watcher = fingers(["observer", "clinician"]);
  watcher.a.follow("d");
  watcher.d.follow("d");
  watcher.a.point([1, 1]);
  assert.equal(watcher.pass(), 0);
  watcher.d.hear("p", false, encode([1, 1]));
  assert.deepEqual(watcher.d.dots(), []);
});
