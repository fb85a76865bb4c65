// Files in the page's state, what stays of them at the end, and the small pictures that are
// fetched by themselves.
import { step } from "../src/call";
import { initial, type Effect, type Event, type State } from "../src/state";
import { Files, pictureMost, picturesMost } from "../src/files";
import type { Item } from "../src/files/engine";
import { decode, encode, type Control } from "../src/files/message";
import { Texts } from "../src/texts";
import { hasFiles, maySend } from "../src/transfers";
import { problem } from "../src/view/file";
import type { Model } from "../src/view/model";
import type { Person } from "../src/wire.gen";

declare function require(name: string): any;
declare const globalThis: any;
const test = require("node:test");
const assert = require("node:assert/strict");

const at = 1_000_000;
const person = (id: string, more: Partial<Person> = {}): Person => ({ id, name: "Dr Le Goff", role: id === "p" ? "patient" : "clinician", place: "call", ready: true, away: false, audio: true, video: true, since: 1, keys: true, ...more });
const store = { token: "t", limit: 1000 };
const inCall = (more: Partial<State> = {}): State => ({
  ...initial(), stage: "call", self: "p", role: "patient", line: "up", now: at, people: { p: person("p"), d: person("d") }, store, able: { keys: true, seal: true },
  bonds: { d: { standing: "agreed", code: [], agreed: 1, compared: "" } }, ...more,
});
const item = (n: number, more: Partial<Item> = {}): Item => ({ id: "d/" + n, mine: false, from: "d", use: "file", name: "f" + n, size: 10, done: 0, state: "ready", problem: "", kind: "", warning: "", whole: true, thumbnail: null, file: null, replies: {}, reasons: {}, ...more });
const files = (...items: Item[]): Event => ({ type: "files", at, items });
function walk(s: State, ...events: Event[]): { s: State; effects: Effect[]; does: string[] } {
  let effects: Effect[] = [];
  for (const e of events) {
    [s, effects] = step(s, e);
  }
  return { s, effects, does: effects.map((f) => f.do) };
}

test("the right to files comes with welcome, and goes with the stay", () => {
  const welcome = (more: object): Event => ({ type: "message", at, message: { type: "welcome", data: { version: 1, self: "p", role: "patient", room: "r", resume: "t", people: [person("p"), person("d")], gen: 0, ...more } } });
  let s = walk(inCall({ store: null }), welcome({ files: store })).s;
  assert.deepEqual([s.store, hasFiles(s), maySend(s)], [store, true, true]);
  assert.equal(walk(s, { type: "leave", at }).s.store, null);
  s = walk(s, welcome({})).s;
  assert.deepEqual([s.store, hasFiles(s), maySend(s)], [null, false, false]);
  assert.deepEqual(walk(s, { type: "offer_files", files: [{} as File] }).does, []);
  assert.equal(walk(s, { type: "panel", panel: "files" }).s.panel, "chat", "there is no such tab");
  assert.equal(hasFiles(inCall({ role: "observer" })), false);
  assert.equal(maySend(inCall({ able: { keys: false, seal: false } })), false);
  assert.equal(maySend(inCall({ bonds: { d: { standing: "", code: [], agreed: 0, compared: "" } } })), false);
  assert.equal(maySend(inCall({ stage: "waiting" })), false, "nor on hold");
});

test("files of others count until they are seen, and are pointed to", () => {
  let r = walk(inCall(), files(item(1)));
  assert.deepEqual([r.s.fresh, r.s.arrived?.name, r.does], [1, "f1", ["tap"]]);
  r = walk(r.s, files(item(1, { state: "fetching", done: 4 }), item(2), { ...item(3), mine: true, from: "" }));
  assert.deepEqual([r.s.fresh, r.s.arrived?.name, r.does], [2, "f2", ["tap"]], "each once, ours never");
  assert.deepEqual(walk(r.s, files(item(1), item(2, { state: "withdrawn" }))).s.arrived, null, "what was taken back");
  assert.deepEqual(walk(r.s, { type: "dismiss_file" }).s.arrived, null);
  r = walk(r.s, { type: "panel", panel: "chat" });
  assert.equal(r.s.fresh, 2, "the other tab shows none of them");
  r = walk(r.s, { type: "panel", panel: "files" });
  assert.deepEqual([r.s.fresh, r.s.arrived], [0, null]);
  r = walk(r.s, { type: "unseen", unseen: true }, files(item(1), item(2), item(4)));
  assert.deepEqual([r.s.fresh, r.does], [1, ["tap"]], "the tab of the browser is hidden");
  assert.equal(walk(r.s, { type: "unseen", unseen: false }).s.fresh, 0);
  assert.equal(r.s.authors.d, "Dr Le Goff");
});

test("what is sent opens the files; what is done reaches the engine", () => {
  const f = { name: "a" } as File;
  const r = walk(inCall(), { type: "offer_files", files: [f] });
  assert.deepEqual([r.s.panel, r.effects], ["files", [{ do: "offer_files", files: [f] }]]);
  assert.deepEqual(walk(inCall(), { type: "offer_files", files: [] }).s.panel, "");
  assert.deepEqual(walk(inCall(), { type: "file", act: "take", id: "d/1" }).effects, [{ do: "file", act: "take", id: "d/1" }]);
  const blob = new Blob(["x"]);
  const done = walk(inCall(), files(item(1, { state: "done", file: blob }), item(2))).s;
  assert.deepEqual(walk(done, { type: "save", id: "d/1" }).effects, [{ do: "save", id: "d/1", file: blob, name: "f1" }]);
  assert.deepEqual(walk(done, { type: "save", id: "d/2" }).effects, []);
});

test("at the end what was received can be saved, and what did not come is said", () => {
  const blob = new Blob(["x"]);
  const here = { state: "done", file: blob } as Partial<Item>;
  const mine = (n: number, more: Partial<Item>) => item(n, { id: String(n), mine: true, from: "", ...more });
  let s = walk(
    inCall(),
    files(
      item(1, here), item(2, here), item(3), item(4, { state: "fetching" }), item(5, { state: "withdrawn" }), item(6, { state: "failed", problem: "declined" }), item(7, { state: "failed", problem: "forged" }),
      mine(8, { state: "uploading" }), mine(9, { state: "done", replies: { d: "received" } }), mine(10, { state: "ready", replies: { d: "refused" } }), mine(11, { state: "failed", problem: "empty" }), mine(12, { state: "ready" }),
    ),
    { type: "saved", id: "d/1" }, { type: "leave", at },
  ).s;
  assert.deepEqual(s.kept.map((k) => [k.name, k.from, k.saved]), [["f1", "Dr Le Goff", true], ["f2", "Dr Le Goff", false]]);
  assert.deepEqual(s.missed.map((f) => (f.mine ? "mine " : "") + f.name), ["f3", "f4", "f7", "mine f8", "mine f12"]);
  assert.deepEqual([s.files, s.fresh], [[], 0]);
  assert.deepEqual(walk(s, { type: "save", id: "d/2" }).does, ["save"]);
  s = walk(s, { type: "saved", id: "d/2" }).s;
  assert.ok(s.kept[1].saved);
  assert.deepEqual(walk(s, files(item(9))).s.files, [], "late words of a stay that is over");
  const back = walk(s, { type: "return" }).s;
  assert.deepEqual([back.kept.length, back.missed], [2, []], "they stay while the page is open");
});

/** filed is the adapter of a stay in which d is met; what d says, and what we said to d. */
async function filed(what: (f: Files, hear: (c: Control) => void, said: () => Control[]) => unknown): Promise<void> {
  const real = globalThis.fetch;
  globalThis.fetch = () => new Promise(() => undefined); // a server that is slow
  try {
    const f = new Files({ base: "", token: () => "t" }, () => undefined);
    f.allow(1e9);
    f.meet("d", "clinician");
    await what(f, (c) => f.hear("d", false, encode(c)), () => f.take().map((o) => decode(o.payload) as Control));
    f.close();
  } finally {
    globalThis.fetch = real;
  }
}
const offer = (n: number, more: object = {}): Control => ({
  type: "offer", data: { id: "offer-number-" + ("000" + n).slice(-3), use: "file", name: "a.jpg", size: 1000, kind: "image/jpeg", blob: "blobblobblobblob" + n, key: new Uint8Array(16), sum: new Uint8Array(0), ...more },
});

test("small pictures are fetched at once, and nothing else", () =>
  filed((f, hear, said) => {
    let n = 0;
    for (const [more, state] of [
      [{}, "fetching"], [{ kind: "image/png", name: "a.png" }, "fetching"], [{ kind: "" }, "fetching"], [{ use: "snapshot" }, "fetching"], [{ size: pictureMost }, "fetching"],
      [{ size: pictureMost + 1 }, "ready"], [{ kind: "image/svg+xml", name: "a.svg" }, "ready"], [{ kind: "application/pdf", name: "a.pdf" }, "ready"], [{ kind: "", name: "a.pdf" }, "ready"],
      [{ name: "a.jpg.exe" }, "ready"], [{ kind: "image/heic", name: "a.heic" }, "ready"],
    ] as [object, string][]) {
      hear(offer(++n, more));
      const last = f.view()[f.view().length - 1];
      assert.equal(last.state, state, JSON.stringify(more));
    }
    assert.equal(said().filter((c) => c.type === "answer" && c.data.reply === "accepted").length, 5);
    hear(offer(++n, { use: "backdrop" }));
    assert.equal(f.view().length, n - 1, "a backdrop is the whiteboard's");
    const first = f.view()[0].id;
    f.act("cancel", first);
    hear(offer(1));
    assert.equal(f.view()[0].state, "ready", "what a person stopped does not begin by itself");
  }));

test("a picture of the whiteboard is fetched when it is wanted, and a wait for one ends", async (t: any) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  await filed(async (f, hear, said) => {
    const soon = () => new Promise((done) => globalThis.setImmediate(done));
    const { send, fetch } = f.carrier();
    let how = "";
    const wanted = (id: string) => void fetch(id).then(() => (how = "came"), () => (how = "no"));
    wanted("offer-number-001");
    hear(offer(1, { use: "backdrop" }));
    hear(offer(2, { use: "backdrop" }));
    await soon();
    assert.deepEqual(said().filter((c) => c.type === "answer").map((c) => c.data.id), ["offer-number-001"], "the other one is not wanted");
    t.mock.timers.tick(60000);
    await soon();
    assert.equal(how, "", "it is on its way, however long that takes");
    hear({ type: "withdrawn", data: { id: "offer-number-001" } });
    await soon();
    assert.equal(how, "no", "taken back");
    how = "";
    wanted("nobody-offers-this");
    await soon();
    assert.equal(how, "");
    t.mock.timers.tick(20000);
    await soon();
    assert.equal(how, "no", "nobody has it");
    const own = new Blob(["x"]);
    assert.equal(await fetch(await send(own)), own, "what we laid is here");
    await assert.rejects(send(new Blob([])));
    assert.deepEqual(f.view(), []);
    how = "";
    wanted("nor-this");
    await soon();
    f.close();
    await soon();
    assert.equal(how, "no", "the stay is over");
  });
});

test("no number of pictures is fetched without end", () =>
  filed((f, hear) => {
    for (let n = 1; n <= 40; n++) {
      hear(offer(n, { size: pictureMost }));
    }
    assert.equal(f.view().filter((it) => it.state === "fetching").length, picturesMost / pictureMost);
  }));

test("who was held and comes back offers what they had", () =>
  filed((f, hear) => {
    hear(offer(1, { name: "a.pdf", kind: "application/pdf" }));
    f.part("d");
    assert.equal(f.view()[0].problem, "left");
    f.meet("d", "clinician");
    hear(offer(1, { name: "a.pdf", kind: "application/pdf" }));
    assert.deepEqual([f.view()[0].state, f.view()[0].problem], ["ready", ""]);
  }));

test("a file that cannot be sent says so, and news come once", async () => {
  let news = 0;
  const f = new Files({ base: "", token: () => "" }, () => news++);
  assert.equal(f.send({ name: "a", file: new Blob(["x"]) }), false);
  f.allow(10);
  assert.deepEqual([f.send({ name: "a", file: new Blob([]) }), f.send({ name: "a", file: new Blob(["x".repeat(11)]) })], [false, false]);
  await Promise.resolve();
  assert.deepEqual([news, f.changed(), f.changed(), f.view().map((it) => it.problem)], [1, true, false, ["off", "empty", "too_large"]]);
  f.close();
  f.send({ name: "b", file: new Blob([]) });
  await Promise.resolve();
  assert.equal(news, 1, "a stay that is over has no news");
});

test("sizes as each language writes them", () => {
  const fr = new Texts("fr");
  const en = new Texts("en");
  for (const [bytes, want] of [[0, "0 octet"], [1, "1 octet"], [999, "999 octets"], [1000, "1 Ko"], [2449, "2,4 Ko"], [99_949, "100 Ko"], [999_499, "999 Ko"], [999_500, "1 Mo"], [2_400_000, "2,4 Mo"], [100_000_000, "100 Mo"], [2_000_000_000, "2 Go"], [5e12, "5000 Go"]] as [number, string][]) {
    assert.equal(fr.size(bytes), want.replace(" ", "\u00a0"), String(bytes));
  }
  assert.equal(en.size(2_400_000), "2.4\u00a0MB");
});

test("every problem is a sentence with what to do", () => {
  for (const language of ["fr", "en"] as const) {
    const m = { t: new Texts(language), s: inCall() } as Model;
    for (const why of ["off", "empty", "too_large", "too_many", "unreadable", "changed", "quota", "storage", "refused", "forged", "gone", "left", "memory", "declined", "offline", "by_hand", "something_new", "constructor"]) {
      const said = problem(m, why);
      assert.ok(/[.]$/.test(said) && !/[{}]|problem/.test(said) && (why === "offline" || said.split(/[.:;\u202f] /).length > 1), why + ": " + said);
    }
    assert.notEqual(problem(m, "something_new"), problem(m, "storage"));
  }
});
