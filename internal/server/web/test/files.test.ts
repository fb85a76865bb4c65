// Files on the page: sealing and names against the desktop's vectors, kinds and sizes of
// pictures, messages, the engine, and transfers whose server errs. internal/call/files has the
// round trip with the real server.
import { decode, encode, join, type Bytes } from "../src/seal/bytes";
import { Fetch, Halt, Upload, type Problem, type Sending } from "../src/files/courier";
import { Engine, type Item, type Work } from "../src/files/engine";
import { kindOf } from "../src/files/kind";
import { decode as read, encode as write, maxPayload, type Offer } from "../src/files/message";
import { safeName } from "../src/files/name";
import { chunkSize, Opener, plain, sealed, Sealer } from "../src/files/parcel";
import { dimensions, fits } from "../src/files/thumbnail";
import type { Role } from "../src/wire.gen";

declare function require(name: string): any;
declare const globalThis: any;
const test = require("node:test");
const assert = require("node:assert/strict");
const shared = require("../../../call/files/parcel/testdata/shared.json");
const names = require("../../../call/files/safe/testdata/names.json");

const bytes = (...n: number[]): Bytes => new Uint8Array(n);
const ascii = (s: string): Bytes => new Uint8Array(Array.from(s).map((c) => c.charCodeAt(0)));

/** body is a file of size bytes as parcel_test.go has it. */
function body(size: number): Bytes {
  const b = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    b[i] = i ^ (i >> 8) ^ (i >> 16);
  }
  return b;
}

async function seal(key: Bytes, b: Bytes): Promise<Bytes[]> {
  const s = await Sealer.make(key);
  const all: Bytes[] = [];
  for (let at = 0; at === 0 || at < b.length; at += chunkSize) {
    all.push(await s.seal(b.slice(at, at + chunkSize), at + chunkSize >= b.length));
  }
  return all;
}

async function open(key: Bytes, chunks: Bytes[]): Promise<Bytes | null> {
  const o = await Opener.make(key);
  const all: Bytes[] = [];
  for (let i = 0; i < chunks.length; i++) {
    const c = await o.open(chunks[i], i === chunks.length - 1);
    if (!c) {
      return null;
    }
    all.push(c);
  }
  return join(...all);
}

test("sealed files are the desktop's", async () => {
  assert.ok(shared.length >= 8);
  for (const v of shared) {
    const chunks = await seal(decode(v.Key), body(v.Size));
    const whole = join(...chunks);
    assert.equal(whole.length, sealed(v.Size));
    assert.equal(encode(new Uint8Array(await crypto.subtle.digest("SHA-256", whole))), v.Sum, v.Size + " bytes");
    if (v.Sealed) {
      assert.equal(encode(whole), v.Sealed);
    }
    assert.deepEqual(await open(decode(v.Key), chunks), body(v.Size));
    assert.equal(plain(whole.length, v.Size), v.Size);
  }
});

test("what was changed, cut or exchanged does not open", async () => {
  const key = new Uint8Array(16).fill(1);
  const good = await seal(key, body(2 * chunkSize + 7));
  const bent = good[1].slice();
  bent[9] ^= 1;
  for (const bad of [
    [good[0], bent, good[2]], [good[0], good[1]], [good[1], good[0], good[2]], [good[0], good[0], good[1], good[2]], [good[1], good[2]],
    [good[0], good[1], good[2].slice(0, 10)], [good[0], good[1], good[2], good[0]], [bytes()],
  ]) {
    assert.equal(await open(key, bad), null);
  }
  assert.equal(await open(new Uint8Array(16), good), null);
  const s = await Sealer.make(key);
  await assert.rejects(s.seal(body(7), false), "a short chunk in the middle");
  await s.seal(body(7), true);
  await assert.rejects(s.seal(body(7), true), "a chunk after the last");
});

test("names are the desktop's, and stay as they are", () => {
  assert.ok(names.length >= 40);
  for (const [from, to] of names) {
    assert.equal(safeName(from), to, JSON.stringify(from));
    assert.equal(safeName(to), to);
  }
  assert.equal(safeName("a\ud800b.txt"), "ab.txt");
});

test("kinds by content, and warnings", () => {
  for (const [name, content, mime, warning] of [
    ["a.png", "\x89PNG\r\n\x1a\n\0\0", "image/png", ""],
    ["a.jpg", "\x89PNG\r\n\x1a\n\0\0", "image/png", "mismatch"],
    ["a.JPEG", "\xff\xd8\xff\xe0", "image/jpeg", ""],
    ["a.webp", "RIFF\0\0\0\0WEBPVP8 ", "image/webp", ""],
    ["a.pdf", "%PDF-1.7", "application/pdf", ""],
    ["a.pdf", "MZ\x90\0", "application/vnd.microsoft.portable-executable", "program"],
    ["photo.jpg.exe", "\xff\xd8\xff\xe0", "image/jpeg", "program"],
    ["a.txt", "#!/bin/sh\n", "text/x-shellscript", "program"],
    ["a.txt", "bonjour", "text/plain", ""],
    ["a.svg", "<svg xmlns='x'><script/></svg>", "image/svg+xml", "active"],
    ["a.png", "<?xml version='1.0'?>\n<!-- x -->\n<svg xmlns='x'/>", "image/svg+xml", "active"],
    ["a.txt", " <!DOCTYPE html><p>", "text/html", "active"],
    ["a.txt", "\xef\xbb\xbf<script>x</script>", "text/html", "active"],
    ["a.docm", "PK\x03\x04", "application/zip", "macros"],
    ["a.docx", "PK\x03\x04", "application/zip", ""],
    ["a.lnk", "x", "text/plain", "program"],
    ["a.bin", "\0\x01\x02", "application/octet-stream", ""],
    ["scan.dcm", "\0".repeat(128) + "DICM", "application/dicom", ""],
  ]) {
    assert.deepEqual(kindOf(ascii(content), name), { mime, warning }, name + " " + JSON.stringify(content));
  }
});

test("sizes of pictures are read before they are drawn", () => {
  const png = (w: number, h: number) => join(ascii("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), bytes(w >>> 24, w >> 16, w >> 8, w, h >>> 24, h >> 16, h >> 8, h));
  assert.deepEqual(dimensions(png(1000, 500), "image/png"), { width: 1000, height: 500 });
  assert.deepEqual(dimensions(join(ascii("GIF89a"), bytes(7, 1, 9, 0)), "image/gif"), { width: 263, height: 9 });
  const jpeg = join(bytes(0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xc2, 0, 17, 8, 1, 2, 3, 4, 3), body(10));
  assert.deepEqual(dimensions(jpeg, "image/jpeg"), { width: 772, height: 258 });
  assert.deepEqual(dimensions(join(ascii("RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f"), bytes(0, 0, 0, 0x10, 7)), "image/webp"), { width: 1, height: 1 });
  assert.deepEqual(dimensions(join(ascii("RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0"), bytes(0xff, 1, 0, 0xff, 0, 0)), "image/webp"), { width: 512, height: 256 });
  for (const [b, mime] of [[jpeg.slice(0, 12), "image/jpeg"], [png(5, 5).slice(0, 20), "image/png"], [bytes(0xff, 0xd8, 0xff, 0xe0, 0, 0, 1, 2), "image/jpeg"], [png(0, 5), "image/png"], [ascii("<svg/>"), "image/svg+xml"]] as [Bytes, string][]) {
    assert.equal(dimensions(b, mime), null);
  }
  assert.ok(fits({ width: 4000, height: 3000 }));
  for (const d of [null, dimensions(png(0xffffffff, 0xffffffff), "image/png"), { width: 20001, height: 1 }, { width: 10000, height: 10000 }]) {
    assert.ok(!fits(d));
  }
});

const id = "abcdefghijklmnopqrst";
const offer = (change: Partial<Offer> = {}): Offer => ({ id, use: "file", name: "a", size: 1, kind: "", blob: id, key: new Uint8Array(16), sum: new Uint8Array(0), ...change });

test("messages come back, and what is out of bounds is none", () => {
  for (const data of [offer(), offer({ kind: "image/png", sum: new Uint8Array(32).fill(3) })]) {
    assert.deepEqual(read(write({ type: "offer", data })), { type: "offer", data });
  }
  assert.deepEqual(read(write({ type: "answer", data: { id, reply: "refused", why: "disk" } })), { type: "answer", data: { id, reply: "refused", why: "disk" } });
  assert.deepEqual(read(write({ type: "withdrawn", data: { id } })), { type: "withdrawn", data: { id } });
  const good = JSON.stringify({ type: "offer", data: { id, use: "file", name: "a", size: 1, blob: id, key: "AAAAAAAAAAAAAAAAAAAAAA==" } });
  assert.ok(read(ascii(good)));
  for (const [from, to] of [
    ['"size":1', '"size":0'], ['"size":1', '"size":-1'], ['"size":1', '"size":2e15'], ['"size":1', '"size":1.5'], ['"size":1', '"size":"1"'], ['"id":"abcd', '"id":"ab/d'], ['"blob":"abcd', '"blob":"../d'],
    ["AAAAAAAAAAAAAAAAAAAAAA==", "AAAA"], ['"key"', '"sum":"AAAA","key"'], ['"use":"file"', '"use":"<b>"'], ['"key"', '"kind":"text/html; x","key"'],
    ['"name":"a"', '"name":"' + "a".repeat(1025) + '"'], ['"name":"a"', '"name":"' + " ".repeat(maxPayload) + '"'], ['"name":"a"', '"name":null'], ['{"type"', '"type"'], ["offer", "fireworks"], ['"data":{', '"data":null,"x":{'],
  ]) {
    assert.equal(read(ascii(good.replace(from, to))), null, to.slice(0, 60));
  }
});

class Hands implements Work {
  engine: Engine | null = null;
  serial = 0;
  upload(what: string): void {
    this.serial++;
    (this.engine as Engine).begun(what, { blob: id + this.serial, key: new Uint8Array(16).fill(this.serial) });
  }
  fetch(): void {}
  look(what: string): void {
    (this.engine as Engine).looked(what, { file: new Blob(["x"]), kind: { mime: "text/plain", warning: "" }, thumbnail: null });
  }
  stop(): void {}
  drop(): void {}
}

/** people who tell each other things, in one room. */
function table(roles: { [name: string]: Role }) {
  const queue: (() => void)[] = [];
  const engines: { [name: string]: Engine } = {};
  const add = (name: string, role: Role) => {
    const work = new Hands();
    const e = (work.engine = new Engine({ work, changed: () => undefined, tell: (to, payload) => void queue.push(() => engines[to] && engines[to].hear(name, payload)) }));
    e.allow(role === "observer" ? 0 : 1000);
    Object.keys(engines).forEach((other) => {
      engines[other].meet(name, role);
      e.meet(other, roles[other]);
    });
    engines[name] = e;
    roles[name] = role;
    deliver();
    return e;
  };
  const deliver = () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      next();
    }
  };
  return { add, deliver };
}

const shown = (e: Engine) => e.view().map((it: Item) => it.name + ":" + it.state).join(" ");

test("who comes later gets what stands, as their role has it", () => {
  for (const [role, want] of [["patient", "before:ready ground:ready after:ready"], ["colleague", "before:ready ground:ready after:ready"], ["interpreter", "ground:ready after:ready"], ["companion", "ground:ready after:ready"], ["observer", ""]]) {
    const t = table({});
    const c = t.add("c", "clinician");
    c.send({ name: "before", file: new Blob(["x"]) });
    c.send({ name: "ground", use: "backdrop", file: new Blob(["x"]) });
    c.cancel(c.send({ name: "taken back", file: new Blob(["x"]) }));
    const late = t.add("late", role as Role);
    c.send({ name: "after", file: new Blob(["x"]) });
    c.meet("late", role as Role);
    t.deliver();
    assert.equal(shown(late), want, role);
  }
});

test("from the offer to the end, and back", () => {
  const t = table({});
  const c = t.add("c", "clinician");
  const p = t.add("p", "patient");
  assert.equal(p.view().length, 0);
  for (const [size, problem] of [[0, "empty"], [1001, "too_large"]] as [number, Problem][]) {
    const bad = p.send({ name: problem, file: new Blob([body(size)]) });
    assert.equal(p.view().filter((it) => it.id === bad)[0].problem, problem);
  }
  const own = p.send({ name: "../a\u202e.txt", file: new Blob(["x"]) });
  t.deliver();
  const theirs = "p/" + own;
  c.take(theirs);
  t.deliver();
  assert.deepEqual(p.view()[2].replies, { c: "accepted" });
  c.fetched(theirs, new Uint8Array(32).fill(7));
  assert.equal(shown(c), "a.txt:checking");
  p.sent(own, new Uint8Array(32).fill(7));
  t.deliver();
  assert.equal(shown(c), "a.txt:done");
  assert.equal(p.view()[2].state, "done");
  const other = p.send({ name: "b", file: new Blob(["x"]) });
  t.deliver();
  c.take("p/" + other);
  c.fetched("p/" + other, new Uint8Array(32));
  p.sent(other, new Uint8Array(32).fill(1));
  t.deliver();
  assert.equal(c.view()[1].problem, "forged");
  assert.deepEqual(p.view()[3].reasons, { c: "forged" });
  const half = p.send({ name: "half", file: new Blob(["x"]) });
  t.deliver();
  c.take("p/" + half);
  c.part("p");
  assert.equal(c.view()[2].problem, "left");
});

/** faulty answers requests from a script, and is put back afterwards. */
async function faulty(script: (method: string, headers: { [name: string]: string }) => [number, { [name: string]: string }, BodyInit | null], what: () => Promise<unknown>): Promise<unknown> {
  const real = globalThis.fetch;
  globalThis.fetch = async (_: string, o: any) => {
    const [status, headers, text] = script(o.method, o.headers);
    if (!status) {
      throw new TypeError("the line is down");
    }
    return new Response(text, { status, headers });
  };
  try {
    return await what();
  } catch (e) {
    return e;
  } finally {
    globalThis.fetch = real;
  }
}

const server = { base: "https://x.example", token: () => "t" };
const quiet = { begun: (_: Sending) => undefined, moved: () => undefined, waits: () => undefined };

test("each no of the server has its problem", async () => {
  for (const [status, code, problem] of [[413, "too_large", "too_large"], [507, "quota", "quota"], [507, "storage", "storage"], [404, "", "off"], [403, "", "refused"], [405, "", "refused"], [403, "role", "off"]] as [number, string, Problem][]) {
    const broke = await faulty(() => [status, {}, code ? JSON.stringify({ code, text: "x", fatal: false }) : "<html>"], () => new Upload(server, new Blob(["x"])).run(new Halt(), quiet));
    assert.equal((broke as any).why, problem, status + " " + code);
  }
});

test("a line that is down is waited for, and a stop ends the waiting", async () => {
  let tries = 0;
  const halt = new Halt();
  let waits = 0;
  await faulty(() => (++tries, [0, {}, null]), () => new Upload(server, new Blob(["x"])).run(halt, { ...quiet, waits: () => (++waits === 2 ? halt.stop() : undefined) }));
  assert.deepEqual([tries, waits], [2, 2]);
});

test("no chunk is sealed twice, whatever the server says it has", async () => {
  const seen: string[] = [];
  const keys: string[] = [];
  let n = 0;
  const broke = await faulty((method) => {
    switch (method) {
      case "POST":
        return [200, {}, JSON.stringify({ id: "blob" + keys.length })];
      case "PATCH":
        return [204, { "Upload-Offset": String(n++ % 2 ? 0 : 5) }, null];
    }
    return [200, { "Upload-Offset": "0" }, null];
  }, () => new Upload(server, new Blob([body(100)])).run(new Halt(), { ...quiet, begun: (s) => (keys.push(encode(s.key)), seen.push(s.blob)) }));
  assert.equal((broke as any).why, "gone");
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(keys.length, 3);
});

test("a part of another file, or too much of this, is not taken", async () => {
  const key = new Uint8Array(16).fill(1);
  const whole = join(...(await seal(key, body(100))));
  for (const [range, content] of [["bytes 0-115/117", whole], ["bytes 1-116/116", whole], ["", whole], ["bytes 0-115/116", join(whole, bytes(1))]] as [string, Bytes][]) {
    const broke = await faulty(() => [206, (range ? { "Content-Range": range } : {}) as { [name: string]: string }, content], () => new Fetch(server, { blob: id, key }, 100).run(new Halt(), quiet));
    assert.equal((broke as any).why, "forged", range);
  }
  const got: any = await faulty(() => [206, { "Content-Range": "bytes 0-115/116" }, whole], () => new Fetch(server, { blob: id, key }, 100).run(new Halt(), quiet));
  assert.deepEqual(new Uint8Array(await got.parts[0].arrayBuffer()), body(100));
});
