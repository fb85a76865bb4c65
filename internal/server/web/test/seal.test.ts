// Keys of the page against the vectors of RFC 9605 and against the desktop's; frames; and
// groups in a room whose server is late, loses messages, or lies.
import { Aes128Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
import { fingerprints } from "../src/peer";
import { decode, encode, join, same, type Bytes } from "../src/seal/bytes";
import type { Channel } from "../src/seal/channel";
import { Receiver, Receivers, Sender, type Stream } from "../src/seal/frames";
import { Group, type Agreement, type Frames, type Member, type Pairing } from "../src/seal/group";
import { Pair, type Keys } from "../src/seal/pair";
import { clearBytes, FrameKey, metadata, parseHeader, tagSize, writeHeader, type Kind } from "../src/seal/sframe";
import { words } from "../src/seal/words";
import type { FromClient } from "../src/wire.gen";

declare function require(name: string): any;
declare const __dirname: string;
const test = require("node:test");
const assert = require("node:assert/strict");
const rfc9605 = require("../../../call/seal/testdata/rfc9605.json");
const shared = require("../../../call/seal/testdata/shared.json");

const hex = (s: string): Bytes => new Uint8Array((s.match(/../g) || []).map((x) => parseInt(x, 16)));
const toHex = (b: Uint8Array) => Array.from(b).map((x) => ("0" + x.toString(16)).slice(-2)).join("");
const utf8 = (s: string): Bytes => new Uint8Array(new TextEncoder().encode(s));
const bytes = (...n: number[]): Bytes => new Uint8Array(n);
const filled = (n: number): Bytes => new Uint8Array(16).fill(n);

test("RFC 9605, appendix C: headers", () => {
  let beyond = 0;
  for (const v of rfc9605.header) {
    const encoded = hex(v.encoded);
    const header = parseHeader(join(encoded, bytes(1, 2, 3)));
    if (Number(v.kid) > Number.MAX_SAFE_INTEGER || Number(v.ctr) > Number.MAX_SAFE_INTEGER) {
      assert.equal(header, null, "a value that this engine cannot count must be refused");
      beyond++;
      continue;
    }
    assert.deepEqual(header, { kid: Number(v.kid), ctr: Number(v.ctr), size: encoded.length });
    assert.equal(toHex(writeHeader(Number(v.kid), Number(v.ctr))), v.encoded);
  }
  assert.ok(rfc9605.header.length - beyond > 100, "vectors are missing");
  for (const short of [bytes(), bytes(0x80), bytes(0x0f, 1, 2), bytes(0x98, 1, 2)]) {
    assert.equal(parseHeader(short), null);
  }
});

test("RFC 9605, appendix C: frames", async () => {
  assert.ok(rfc9605.sframe.length > 0);
  for (const v of rfc9605.sframe) {
    const key = await FrameKey.derive(hex(v.base_key), Number(v.kid));
    assert.equal(toHex(key.salt), v.sframe_salt);
    assert.equal(toHex(key.nonce(Number(v.ctr))), v.nonce);
    const sealed = await key.seal(bytes(), Number(v.ctr), hex(v.metadata), hex(v.pt));
    assert.equal(toHex(sealed), v.ct);
    const header = parseHeader(sealed);
    assert.equal(toHex((header && (await key.open(header, hex(v.metadata), sealed))) || bytes()), v.pt);
  }
});

test("frames of the desktop are ours, both ways", async () => {
  for (const v of shared.Frames) {
    const kind = v.Kind as Kind;
    const key = await FrameKey.derive(decode(v.Base), v.Kid);
    const plain = decode(v.Plain);
    const clear = plain.subarray(0, clearBytes(kind));
    assert.equal(encode(await key.seal(clear, v.Ctr, metadata(kind, clear), plain.subarray(clear.length))), v.Sealed);
    const r = new Receiver(Date.now);
    r.add(key);
    const opened = await r.stream(kind).open(decode(v.Sealed));
    assert.equal(typeof opened === "string" ? opened : encode(opened), v.Plain);
  }
});

const url = (b: Uint8Array) => encode(b).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

/** known are the keys of a party of shared.json. */
async function known(p: { Private: string; Public: string }): Promise<Keys> {
  const raw = decode(p.Public);
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const jwk = { kty: "EC", crv: "P-256", x: url(raw.slice(1, 33)), y: url(raw.slice(33)), d: url(decode(p.Private)), ext: true };
  return { pair: { privateKey: await crypto.subtle.importKey("jwk", jwk, curve, false, ["deriveBits"]), publicKey: await crypto.subtle.importKey("raw", raw, curve, true, []) }, public: raw };
}

/** revealed is a pair as it is when the other side of shared.json has revealed. */
async function revealed(me: any, other: any): Promise<Pair> {
  const p = new Pair(me.ID, other.ID, await known(me), decode(me.Nonce));
  assert.equal((await p.commit()).commitment, me.Commitment);
  p.theirCommit = decode(other.Commitment);
  await p.revealed({ peer: "", key: other.Public, nonce: other.Nonce });
  assert.equal(encode(p.transcript || bytes()), shared.Transcript);
  assert.deepEqual(p.code, shared.Code);
  return p;
}

/** encapsulated is the secret that from sent to the other: what cannot be made again. */
async function encapsulated(from: any, to: any): Promise<Bytes> {
  const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
  const info = join(utf8("ekermed pair v1"), decode(shared.Transcript));
  const context = await suite.createRecipientContext({ recipientKey: (await known(to)).pair, enc: decode(from.Enc), info });
  return new Uint8Array(await context.export(utf8("ekermed export v1"), 32));
}

test("an agreement with the desktop, from either side", async () => {
  const low = await revealed(shared.Low, shared.High);
  const high = await revealed(shared.High, shared.Low);
  low.ours = await encapsulated(shared.Low, shared.High);
  high.ours = await encapsulated(shared.High, shared.Low);
  await low.encapsulated({ peer: "", enc: shared.High.Enc });
  await high.encapsulated({ peer: "", enc: shared.Low.Enc });
  const [told, heard] = [low.out as Channel, high.in as Channel];
  assert.equal(encode(told.iv), shared.LowIV);
  assert.equal(await told.seal(utf8(shared.Plain)), shared.Sealed);
  assert.deepEqual(await heard.open(shared.Sealed), utf8(shared.Plain));
  assert.equal(await heard.open(shared.Sealed), null, "a message came twice");
  assert.equal(await told.seal(utf8(shared.Plain), "ekermed data v1 " + shared.Topic), shared.Data);
  assert.equal(await heard.open(shared.Data, "ekermed data v1 " + shared.Topic + " view"), null, "under another topic");
  assert.deepEqual(await heard.open(shared.Data, "ekermed data v1 " + shared.Topic), utf8(shared.Plain));
  const back = await (high.out as Channel).seal(bytes(1, 2, 3));
  for (const at of [0, 7, 9, 26]) {
    const changed = decode(back);
    changed[at] ^= 1;
    assert.equal(await (low.in as Channel).open(encode(changed)), null);
  }
  assert.deepEqual(await (low.in as Channel).open(back), bytes(1, 2, 3));
});

/** one is a sender and a receiver that share a key. */
async function one(): Promise<{ s: Sender; r: Receiver; at: { now: number } }> {
  const at = { now: 1e9 };
  const s = new Sender();
  const r = new Receiver(() => at.now);
  s.use(await FrameKey.derive(filled(7), 1));
  r.add(await FrameKey.derive(filled(7), 1));
  return { s, r, at };
}

test("frames: every bit counts, nothing comes twice, keys change", async () => {
  const { s, r, at } = await one();
  const seal = async (kind: Kind, ...b: number[]) => (await s.seal(kind, bytes(...b))) as Bytes;
  const pictures = r.stream("video");
  const sounds = r.stream("audio");
  const opens = async (st: Stream, f: Bytes, ...want: number[]) => assert.deepEqual(await st.open(f), bytes(...want));
  const fails = async (st: Stream, f: Bytes, why: string) => assert.equal(await st.open(f), why);

  const picture = await seal("video", 0x10, 1, 2, 3);
  assert.equal(picture[0], 0x10);
  assert.ok(picture.length <= 4 + 17 + tagSize);
  await opens(pictures, picture, 0x10, 1, 2, 3);
  await fails(pictures, picture, "repeated");
  for (let i = 0; i < 8 * picture.length; i++) {
    const changed = picture.slice();
    changed[i >> 3] ^= 1 << (i & 7);
    assert.equal(typeof (await r.stream("video").open(changed)), "string", "bit " + i);
  }
  assert.equal(typeof (await sounds.open((await seal("video", 1, 2)).slice(1))), "string", "a picture is no sound");
  const shown = await seal("screen", 0x10, 4);
  assert.equal(typeof (await pictures.open(shown)), "string", "nor is a screen a camera");
  await opens(r.stream("screen"), shown, 0x10, 4);
  const sound = await seal("audio", 9);
  await opens(sounds, sound, 9);
  await fails(pictures, bytes(1), "refused");
  await fails(pictures, bytes(), "refused");
  await fails(sounds, bytes(0xff, 1), "refused");

  // Some come out of order; none of long ago.
  const old = await seal("audio", 1);
  const late = await seal("audio", 2);
  for (let i = 0; i < 255; i++) {
    await opens(sounds, await seal("audio", 3), 3);
  }
  await opens(sounds, late, 2);
  await opens(sounds, await seal("audio", 3), 3);
  await fails(sounds, old, "refused");
  for (let i = 0; i < 512; i++) {
    await opens(sounds, await seal("audio", 3), 3);
  }
  await fails(r.stream("audio"), sound, "refused"); // nor on a track that begins

  // A new key: what is on its way under the old one is still opened, for a while.
  const missed = r.counts.noKey;
  const before = await seal("audio", 4);
  const long = await seal("audio", 4);
  s.use(await FrameKey.derive(filled(8), 2));
  await fails(sounds, await seal("audio", 5), "no key");
  r.add(await FrameKey.derive(filled(8), 2));
  await opens(sounds, await seal("audio", 6), 6);
  await opens(sounds, before, 4);
  at.now += 6000;
  await fails(sounds, long, "no key");
  assert.equal(r.counts.noKey, missed + 2);

  // A number that was used does not come back with its counter at the start.
  s.use(await FrameKey.derive(filled(8), 2));
  await opens(sounds, await seal("audio", 7), 7);
  assert.equal(await s.seal("audio", bytes()), null);
});

test("frames sealed at once have a counter each, on any track", async () => {
  const { s } = await one();
  const all = await Promise.all(Array.from({ length: 40 }, (_, i) => s.seal(i % 2 ? "audio" : "video", bytes(0x10, 1))));
  const counters = all.map((f, i) => (parseHeader((f as Bytes).subarray(i % 2 ? 0 : 1)) || { ctr: -1 }).ctr);
  assert.deepEqual(counters, Array.from({ length: 40 }, (_, i) => i));
});

test("in clear, what is sealed is still opened, and the rest taken as it is", async () => {
  const { s, r } = await one();
  const plain = bytes(0x11, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20);
  assert.equal(await r.stream("audio").open(plain), "refused");
  const sealed = (await s.seal("audio", plain)) as Bytes;
  s.clear = r.clear = true;
  assert.equal(await s.seal("audio", plain), plain);
  for (const f of [plain, sealed]) {
    assert.deepEqual(await r.stream("audio").open(f), plain);
  }
});

test("no frame leaves before there is a key", async () => {
  assert.equal(await new Sender().seal("audio", bytes(1, 2, 3)), null);
});

/** Local seals and opens in this thread, as the worker does in its own. */
class Local implements Frames {
  readonly sender = new Sender();
  receivers: { [peer: string]: Receiver } = {};
  keyFrames = 0;
  last = 0;
  private line: Promise<unknown> = Promise.resolve();

  constructor(private readonly now: () => number) {}

  receiver(peer: string): Receiver {
    return (this.receivers[peer] = this.receivers[peer] || new Receiver(this.now));
  }
  use(base: Bytes, kid: number, joined: boolean): void {
    this.keyFrames += joined ? 1 : 0;
    this.last = kid;
    this.then(async () => this.sender.use(await FrameKey.derive(base, kid)));
  }
  add(peer: string, base: Bytes, kid: number): Promise<boolean> {
    return this.then(async () => this.receiver(peer).add(await FrameKey.derive(base, kid))).then(() => true);
  }
  forget(peer: string): void {
    this.then(async () => this.receiver(peer).forget());
  }
  peers: string[] = [];
  meets(peers: string[]): void {
    this.peers = peers;
  }
  clear(yes: boolean): void {
    this.sender.clear = yes;
    Object.keys(this.receivers).forEach((id) => (this.receivers[id].clear = yes));
  }
  then(todo: () => Promise<unknown>): Promise<unknown> {
    return (this.line = this.line.then(todo));
  }
  idle(): Promise<unknown> {
    return this.line;
  }
}

interface Someone {
  id: string;
  g: Group;
  frames: Local;
  seal: boolean;
  streams: { [from: string]: Stream };
  opened: { [from: string]: number };
  /** missed counts frames that could not be opened once a key of the sender was here. */
  missed: number;
  keyed: { [from: string]: number };
  last: { [from: string]: number };
  changes: number;
}
type Bend = (to: string, m: Agreement) => Agreement | null;

/** random is a small generator with a seed, so that a failure can be run again. */
function random(seed: number): () => number {
  return () => {
    seed = (seed * 1664525 + 1013904223) >>> 0;
    return seed / 4294967296;
  };
}

/** World is a room whose server hands messages on, late and sometimes not at all, and whose
 * people send a frame every 20 ms. */
class World {
  now = 1e9;
  loss = 0;
  delay = 80;
  bend: Bend | null = null;
  people: { [id: string]: Someone } = {};
  private flying: { at: number; from: string; to: string; m?: Agreement; frame?: Bytes }[] = [];
  private readonly rnd: () => number;

  constructor(seed: number) {
    this.rnd = random(seed);
  }

  async join(id: string, seal: boolean, rekey: number): Promise<Someone> {
    const frames = new Local(() => this.now);
    const p: Someone = { id, frames, seal, streams: {}, opened: {}, missed: 0, keyed: {}, last: {}, changes: 0, g: null as unknown as Group };
    p.g = new Group({ frames, send: (m) => this.post(id, m), changed: () => p.changes++, now: () => this.now });
    this.people[id] = p;
    await p.g.enter(id, rekey, false);
    await this.tell();
    return p;
  }

  async leave(id: string): Promise<void> {
    delete this.people[id];
    await this.tell();
  }

  async tell(): Promise<void> {
    for (const id of Object.keys(this.people)) {
      const others = Object.keys(this.people).sort().filter((other) => other !== id);
      await this.people[id].g.meets(others.map((other): Member => ({ id: other, keys: true, seal: this.people[other].seal })));
    }
  }

  private post(from: string, said: FromClient): void {
    const to = (said.data as { peer: string }).peer;
    let m = { type: said.type, data: { ...said.data, peer: from } } as Agreement | null;
    if (this.rnd() < this.loss) {
      return;
    }
    if (this.bend && m) {
      m = this.bend(to, m);
    }
    if (m) {
      this.fly({ at: this.now + this.delay, from, to, m }); // a WebSocket keeps the order
    }
  }

  fly(f: { at: number; from: string; to: string; m?: Agreement; frame?: Bytes }): void {
    let i = this.flying.length;
    while (i > 0 && this.flying[i - 1].at > f.at) {
      i--;
    }
    this.flying.splice(i, 0, f);
  }

  /** run lets time pass. */
  async run(ms: number): Promise<void> {
    for (const end = this.now + ms; this.now < end; this.now += 20) {
      while (this.flying.length > 0 && this.flying[0].at <= this.now) {
        const f = this.flying.shift();
        if (f) {
          await this.arrive(f);
        }
      }
      for (const id of Object.keys(this.people)) {
        const p = this.people[id];
        await p.g.tick();
        await p.frames.idle();
        await p.g.idle();
        const plain = new TextEncoder().encode(id + " speaks");
        const frame = p.seal ? await p.frames.sender.seal("audio", new Uint8Array(plain)) : new Uint8Array(plain);
        for (const to of Object.keys(this.people)) {
          if (to !== id && frame) {
            this.fly({ at: this.now + Math.floor(this.rnd() * this.delay), from: id, to, frame });
          }
        }
      }
    }
  }

  private async arrive(f: { from: string; to: string; m?: Agreement; frame?: Bytes }): Promise<void> {
    const p = this.people[f.to];
    if (!p || !this.people[f.from]) {
      return;
    }
    if (f.m) {
      await p.g.receive(f.m);
      await p.frames.idle();
      await p.g.idle();
      return;
    }
    const stream = (p.streams[f.from] = p.streams[f.from] || p.frames.receiver(f.from).stream("audio"));
    const plain = p.seal ? await stream.open(f.frame as Bytes) : (f.frame as Bytes);
    if (typeof plain === "string") {
      // What was on its way when the first key came was not for us.
      p.missed += p.keyed[f.from] && this.now - p.keyed[f.from] > this.delay ? 1 : 0;
      return;
    }
    const said = new TextDecoder().decode(plain);
    if (said === f.from + " speaks") {
      p.opened[f.from] = (p.opened[f.from] || 0) + 1;
      p.last[f.from] = this.now;
      p.keyed[f.from] = p.keyed[f.from] || this.now;
    } else {
      assert.ok(!p.seal, f.to + " hears " + said);
    }
  }

  pairing(a: string, b: string): Pairing {
    return this.people[a].g.pairings().filter((p) => p.peer === b)[0];
  }

  /** agreed checks that all have come to agree, with the same codes, and hear one another. */
  agreed(told = ""): void {
    for (const a of Object.keys(this.people)) {
      for (const b of Object.keys(this.people)) {
        if (a !== b) {
          const x = this.pairing(a, b);
          assert.equal(x.standing, "agreed", `${told} ${a} with ${b}`);
          assert.equal(x.code.length, 4);
          assert.deepEqual(x.code, this.pairing(b, a).code, told);
          assert.ok(this.now - this.people[a].last[b] < 1000, `${told} ${a} does not hear ${b}`);
        }
      }
    }
  }
}

test("keys change every second, people come and go, and nobody who has a key misses a frame", async () => {
  const w = new World(1);
  await w.join("b", true, 1);
  await w.run(1000);
  const a = await w.join("a", true, 1);
  await w.run(2000);
  w.agreed();
  assert.ok(a.opened.b >= 60, String(a.opened.b));
  assert.ok(a.frames.keyFrames > 0, "no key frame for who came");
  assert.ok(a.changes > 0);
  const code = w.pairing("a", "b").code;
  await w.join("c", true, 1);
  await w.run(30000);
  w.agreed();
  assert.deepEqual(w.pairing("a", "b").code, code, "a third one changes the code of the first two");
  assert.notDeepEqual(w.pairing("a", "c").code, code);
  assert.ok(a.frames.last >= 20, "the key is number " + a.frames.last);
  await w.leave("c");
  await w.run(2000);
  w.agreed();
  for (const id of Object.keys(w.people)) {
    assert.equal(w.people[id].missed, 0, id);
  }
});

test("who came cannot open what was said before, who left not what is said after", async () => {
  const w = new World(2);
  const a = await w.join("a", true, 60);
  await w.join("b", true, 60);
  await w.run(2000);
  const before = (await a.frames.sender.seal("audio", bytes(1))) as Bytes;
  const c = await w.join("c", true, 60);
  await w.run(2000);
  w.agreed();
  assert.equal(await c.frames.receiver("a").stream("audio").open(before), "no key");
  await w.leave("c");
  await w.run(1000);
  const after = (await a.frames.sender.seal("audio", bytes(1))) as Bytes;
  assert.equal(await c.frames.receiver("a").stream("audio").open(after), "no key");
});

test("messages are lost, one side begins anew under its old name: they agree all the same", async () => {
  for (let seed = 0; seed < 12; seed++) {
    const w = new World(seed);
    w.loss = 0.2;
    w.delay = 20 + ((seed * 97) % 400);
    await w.join("a", true, 3);
    await w.join("b", true, 3);
    await w.run(5000);
    await w.join("b", true, 3); // another page under the same name
    w.people.a.keyed = {};
    await w.run(10000);
    w.loss = 0;
    await w.run(20000);
    w.agreed("seed " + seed);
  }
});

test("whichever message is lost first, one pause later they agree", async () => {
  for (const type of ["commit", "reveal", "encapsulate"]) {
    for (const late of ["a", "b"]) {
      const w = new World(8);
      let lost = false;
      w.bend = (to, m) => {
        if (!lost && to === late && m.type === type) {
          lost = true;
          return null;
        }
        return m;
      };
      await w.join("a", true, 60);
      await w.run(100); // their clocks are not one
      await w.join("b", true, 60);
      await w.run(4500);
      assert.ok(lost);
      w.agreed(type + " to " + late);
    }
  }
});

test("somebody who cannot seal: all is in clear, until they leave", async () => {
  const w = new World(3);
  const a = await w.join("a", true, 1);
  await w.join("b", true, 1);
  await w.run(2000);
  assert.ok(a.g.sealed());
  await w.join("old", false, 1);
  await w.run(2000);
  assert.ok(!a.g.sealed());
  const plain = bytes(1, 2, 3);
  assert.equal(await a.frames.sender.seal("audio", plain), plain);
  await w.leave("old");
  await w.run(2000);
  assert.ok(a.g.sealed());
  assert.notEqual(await a.frames.sender.seal("audio", plain), plain);
  await a.g.enter("a", 0, true); // the server demands it
  await w.join("old", false, 1);
  assert.ok(a.g.sealed());
  assert.notEqual(await a.frames.sender.seal("audio", plain), plain);
});

test("a page that cannot seal agrees on keys and never says that frames are sealed", async () => {
  const sent: FromClient[] = [];
  const g = new Group({ frames: null, send: (m) => sent.push(m), changed: () => undefined, now: Date.now });
  await g.enter("a", 0, true);
  await g.meets([{ id: "b", keys: true, seal: true }]);
  assert.ok(!g.sealed());
  assert.deepEqual(sent.map((m) => m.type), ["commit"]);
});

test("the server sits in between: the codes differ, on every try", async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 8; seed++) {
    const w = new World(seed);
    // The server's own end of the agreement with each of them.
    const towards: { [id: string]: Group } = {};
    for (const [id, posing] of [["a", "b"], ["b", "a"]]) {
      towards[id] = new Group({
        frames: null, changed: () => undefined, now: () => w.now,
        send: (m) => w.fly({ at: w.now + 10, from: posing, to: id, m: { type: m.type, data: { ...m.data, peer: posing } } as Agreement }),
      });
      await towards[id].enter(posing, 0, false);
      await towards[id].meets([{ id, keys: true, seal: true }]);
    }
    w.bend = (_to, m) => {
      towards[m.data.peer].receive(m);
      return null;
    };
    await w.join("a", true, 60);
    await w.join("b", true, 60);
    for (let i = 0; i < 40; i++) {
      await w.run(200);
      await towards.a.idle();
      await towards.b.idle();
    }
    const a = w.pairing("a", "b");
    const b = w.pairing("b", "a");
    assert.equal(a.standing + b.standing, "agreedagreed", "the attack did not even run");
    assert.notDeepEqual(a.code, b.code);
    for (const p of [a, b]) {
      assert.ok(!seen.has(String(p.code)), "a code came twice");
      seen.add(String(p.code));
    }
  }
});

const bends: { [name: string]: (m: Agreement) => Agreement | null } = {
  "never revealed": (m) => (m.type === "reveal" ? null : m),
  "another nonce": (m) => (m.type === "reveal" ? { type: "reveal", data: { ...m.data, nonce: encode(new Uint8Array(32).fill(1)) } } : m),
  "another key": (m) => (m.type === "reveal" ? { type: "reveal", data: { ...m.data, key: shared.Low.Public } } : m),
  "no point of the curve": (m) => (m.type === "reveal" ? { type: "reveal", data: { ...m.data, key: encode(new Uint8Array(65).fill(4)) } } : m),
  "a secret of somebody else": (m) => (m.type === "encapsulate" ? { type: "encapsulate", data: { ...m.data, enc: shared.Low.Public } } : m),
  "no secret": (m) => (m.type === "encapsulate" ? { type: "encapsulate", data: { ...m.data, enc: encode(new Uint8Array(65).fill(4)) } } : m),
};
for (const name of Object.keys(bends)) {
  // What may be a loss, of a message or of a key, is no proof of somebody in between.
  const plain = name !== "never revealed" && name !== "a secret of somebody else";
  test("who does not keep to the agreement gets no key: " + name, async () => {
    const w = new World(4);
    w.bend = (to, m) => (to === "a" ? bends[name](m) : m);
    await w.join("a", true, 60);
    await w.join("b", true, 60);
    await w.run(45000);
    const p = w.pairing("a", "b");
    assert.equal(p.standing, plain ? "broken" : "agreeing");
    assert.deepEqual(p.code, []);
    assert.ok(!w.people.a.opened.b);
    w.bend = null;
    await w.run(30000);
    if (!plain) {
      w.agreed();
    } else {
      assert.equal(w.pairing("a", "b").standing, "broken", "the warning goes by itself");
    }
  });
}

test("a point that fits its commitment and is none of the curve breaks the agreement", async () => {
  const sent: FromClient[] = [];
  const g = new Group({ frames: null, send: (m) => sent.push(m), changed: () => undefined, now: Date.now });
  await g.enter("a", 0, false);
  await g.meets([{ id: "b", keys: true, seal: true }]);
  const bad = new Pair("b", "a", { pair: null as unknown as CryptoKeyPair, public: new Uint8Array(65).fill(4) });
  await g.receive({ type: "commit", data: { ...(await bad.commit()), peer: "b" } });
  await g.receive({ type: "reveal", data: { ...bad.reveal(), peer: "b" } });
  assert.equal(g.pairings()[0].standing, "agreeing");
  assert.deepEqual(sent.map((m) => m.type), ["commit", "commit", "reveal"]);
});

test("nothing is revealed before the other side is bound", async () => {
  const sent: FromClient[] = [];
  const g = new Group({ frames: null, send: (m) => sent.push(m), changed: () => undefined, now: Date.now });
  await g.enter("a", 0, false);
  await g.meets([{ id: "b", keys: true, seal: true }]);
  const theirs = new Pair("b", "a", await known(shared.Low));
  await g.receive({ type: "reveal", data: { ...theirs.reveal(), peer: "b" } }); // before its commitment
  await g.receive({ type: "encapsulate", data: { peer: "b", enc: "AAAA" } });
  await g.receive({ type: "sealed", data: { peer: "b", data: "AAAA" } });
  await g.receive({ type: "commit", data: { peer: "nobody", commitment: (await theirs.commit()).commitment } });
  await g.receive({ type: "commit", data: { peer: "b", commitment: "short" } });
  assert.deepEqual(sent.map((m) => m.type), ["commit"]);
});

test("an agreement that does not come about begins anew, with growing pauses up to 12 s", async () => {
  const at: number[] = [];
  let now = 0;
  const g = new Group({ frames: null, send: () => at.push(now), changed: () => undefined, now: () => now });
  await g.enter("a", 0, false);
  await g.meets([{ id: "b", keys: true, seal: true }]);
  for (; now <= 50000; now += 250) {
    await g.tick();
  }
  assert.deepEqual(at, [0, 3000, 9000, 21000, 33000, 45000]);
});

test("certificates of a direct connection are confirmed under the pair's key", async () => {
  for (const [seen, standing] of [["sha-256 b", "agreed"], ["sha-256 server", "broken"]]) {
    const w = new World(5);
    const a = await w.join("a", true, 60);
    const b = await w.join("b", true, 60);
    await a.g.certificates("b", 7, "sha-256 a", "");
    await w.run(2000);
    await b.g.certificates("a", 7, "sha-256 b", "sha-256 a");
    await a.g.certificates("b", 7, "", seen);
    await w.run(2000);
    assert.equal(w.pairing("a", "b").standing, standing);
    assert.deepEqual(w.pairing("a", "b").proven, standing === "agreed" ? [7] : []);
    assert.deepEqual(w.pairing("b", "a").proven, [7]);
  }
});

test("what a pair tells each other is not taken twice, nor changed", async () => {
  const w = new World(6);
  const kept: Agreement[] = [];
  w.bend = (to, m) => {
    if (m.type === "sealed" && to === "a") {
      kept.push(m);
    }
    return m;
  };
  const a = await w.join("a", true, 1);
  await w.join("b", true, 1);
  await w.run(4000);
  assert.ok(kept.length >= 4);
  const said: string[] = [];
  w.bend = (_to, m) => {
    said.push(m.type);
    return m;
  };
  for (const m of kept) {
    await a.g.receive(m);
    const raw = decode((m.data as { data: string }).data);
    for (const i of [0, 8, raw.length - 1]) {
      const changed = raw.slice();
      changed[i] ^= 0x80;
      await a.g.receive({ type: "sealed", data: { peer: "b", data: encode(changed) } });
    }
  }
  await a.frames.idle();
  await a.g.idle();
  assert.deepEqual(said, [], "a repeated message was answered");
});

test("whatever comes, in whatever order: no error, and bounded", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const rnd = random(seed);
    let now = 1e9;
    let sent = 0;
    const g = new Group({ frames: new Local(() => now), send: () => sent++, changed: () => undefined, now: () => now });
    await g.enter("a", 0, false);
    const junk = () => ["", "AAAA", encode(new Uint8Array(32).fill(seed)), shared.Low.Public, "{}", "%", null as unknown as string][Math.floor(rnd() * 7)];
    for (let i = 0; i < 40; i++) {
      const peer = ["b", "c", "d"][Math.floor(rnd() * 3)];
      const all: (() => Promise<void>)[] = [
        () => g.receive({ type: "commit", data: { peer, commitment: junk() } }),
        () => g.receive({ type: "reveal", data: { peer, key: junk(), nonce: junk() } }),
        () => g.receive({ type: "encapsulate", data: { peer, enc: junk() } }),
        () => g.receive({ type: "sealed", data: { peer, data: junk() } }),
        () => g.tick(),
        () => g.certificates(peer, i, junk(), "x"),
        () => g.meets(rnd() < 0.3 ? [] : [{ id: "b", keys: true, seal: true }, { id: "c", keys: false, seal: false }]),
      ];
      now += Math.floor(rnd() * 2000);
      await all[Math.floor(rnd() * all.length)]();
      g.pairings();
    }
    assert.ok(sent <= 164, String(sent));
  }
});

/** hostile is a server that commits to something else again and again. */
async function hostile(ids: string[]) {
  const at = { now: 1e9 };
  const sent: FromClient[] = [];
  const g = new Group({ frames: null, send: (m) => sent.push(m), changed: () => undefined, now: () => at.now });
  await g.enter("a", 0, false);
  const members = ids.map((id): Member => ({ id, keys: true, seal: true }));
  await g.meets(members);
  let n = 0;
  const commits = async (peer: string) => g.receive({ type: "commit", data: { peer, commitment: encode(new Uint8Array(32).fill(0).map((_, i) => (i === 0 ? ++n & 255 : i === 1 ? n >> 8 : 7))) } });
  const reveals = () => sent.filter((m) => m.type === "reveal").length;
  const standings = () => g.pairings().map((p) => p.standing).join(" ");
  return { at, g, members, commits, reveals, standings };
}

test("one partner's commitment begins an agreement anew once a second", async () => {
  const { at, commits, reveals } = await hostile(["b"]);
  await commits("b");
  for (let i = 0; i < 5; i++) {
    await commits("b");
  }
  assert.equal(reveals(), 2);
  at.now += 999;
  await commits("b");
  assert.equal(reveals(), 2);
  at.now += 1;
  await commits("b");
  assert.equal(reveals(), 3);
});

test("agreements that are given up are few, over all ids, and in the end nothing is believed", async () => {
  const ids = Array.from({ length: 16 }, (_, i) => "b" + i);
  const { at, g, members, commits, reveals, standings } = await hostile(ids);
  for (const id of ids) {
    await commits(id);
  }
  assert.equal(reveals(), 16);
  for (const id of ids) {
    await commits(id);
  }
  assert.equal(reveals(), 32);
  // Going and coming back is no way around it.
  await g.meets(members.slice(14));
  assert.ok(standings().indexOf("broken") < 0, "30 are suffered");
  await g.meets(members.slice(15));
  await g.meets(members);
  for (const id of ids) {
    await commits(id);
  }
  assert.equal(reveals(), 32, "no more after that");
  assert.equal(standings(), ids.map(() => "broken").join(" "));
  at.now += 1e6;
  await g.enter("another", 0, false);
  assert.equal(standings(), ids.map(() => "broken").join(" "), "for the whole stay");
});

test("an honest partner who begins anew is not held up, and breaks nothing", async () => {
  for (let seed = 0; seed < 6; seed++) {
    const w = new World(seed);
    const broken: string[] = [];
    await w.join("a", true, 60);
    await w.join("b", true, 60);
    for (let i = 0; i < 4; i++) {
      await w.run(1500 + 400 * seed);
      broken.push(w.pairing("a", "b").standing, w.pairing("b", "a").standing);
      await w.join("b", true, 60); // another page under the same name
      for (let j = 0; j < 40; j++) {
        await w.run(20);
        broken.push(w.pairing("a", "b").standing, w.pairing("b", "a").standing);
      }
    }
    await w.run(6000);
    assert.ok(broken.indexOf("broken") < 0, "seed " + seed);
    w.agreed("seed " + seed);
  }
});

test("nobody can hold back a change of keys by coming and going", async () => {
  const w = new World(9);
  const a = await w.join("a", true, 60);
  await w.join("b", true, 60);
  await w.run(2000);
  const kid = a.frames.last;
  let deaf = false;
  w.bend = (to, m) => (deaf && m.type === "sealed" && to === "a" ? null : m); // no "have" comes
  deaf = true;
  for (let i = 0; i < 5; i++) {
    await w.join("c" + i, true, 60); // comes, agrees, asks for a key
    await w.run(900);
  }
  assert.ok(a.frames.last > kid, "the key is still number " + kid);
});

test("who is no member any more makes room for who comes", async () => {
  const all = new Receivers(Date.now);
  const ids = Array.from({ length: 16 }, (_, i) => "m" + i);
  all.meets(ids);
  const kept = ids.map((id) => all.of(id));
  assert.equal(all.of("new"), null, "all are members");
  all.meets([...ids.slice(1), "new"]);
  all.clear(true);
  const r = all.of("new");
  assert.ok(r && r.clear);
  assert.equal(all.of("new"), r);
  assert.equal(all.of("m1"), kept[1], "who stays keeps their keys");
  assert.deepEqual(Object.keys(all.counts()).sort(), [...ids.slice(1), "new"].sort());
  all.forget("m0");
  assert.equal(Object.keys(all.counts()).length, 16);

  const frames = new Local(Date.now);
  const g = new Group({ frames, send: () => undefined, changed: () => undefined, now: Date.now });
  await g.enter("a", 0, false);
  await g.meets([{ id: "b", keys: true, seal: true }, { id: "c", keys: false, seal: false }]);
  assert.deepEqual(frames.peers, ["b", "c"]);
});

test("a closed group says nothing more and forgets its keys", async () => {
  const w = new World(7);
  const a = await w.join("a", true, 1);
  await w.join("b", true, 1);
  await w.run(2000);
  let said = 0;
  w.bend = (_to, m) => {
    said += m.data.peer === "a" ? 1 : 0;
    return m;
  };
  a.g.close();
  await w.run(3000);
  assert.equal(said, 0);
  assert.deepEqual(a.g.pairings(), []);
});

test("fingerprints are written in one way", () => {
  const sdp = ["v=0", "a=fingerprint:sha-256 BB:CD", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=fingerprint:SHA-256 AA:01 ", "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=fingerprint:sha-256 BB:CD", ""].join("\r\n");
  assert.equal(fingerprints(sdp), "sha-256 aa:01 sha-256 bb:cd");
  assert.equal(fingerprints(sdp.replace(/\r/g, "")), "sha-256 aa:01 sha-256 bb:cd");
  assert.equal(fingerprints("v=0"), "");
});

test("words of a code, the same line in both languages", () => {
  assert.deepEqual(words("fr", [0, 1, 255]).length, 3);
  assert.deepEqual(words("fr", [0, 4]), ["abeille", "aigle"]);
  assert.deepEqual(words("en", [0, 4]), ["bee", "eagle"]);
  assert.ok(words("fr", [255])[0] && words("en", [255])[0]);
});

test("an engine without BigInt and globalThis agrees too", async () => {
  const { runInContext, createContext } = require("node:vm");
  const engine = createContext({ crypto, TextEncoder, TextDecoder, btoa, atob, Uint8Array, ArrayBuffer });
  runInContext("var self = this; delete self.BigInt; delete self.globalThis;", engine);
  assert.equal(runInContext("typeof BigInt + typeof globalThis", engine), "undefinedundefined");
  runInContext(require("node:fs").readFileSync(require("node:path").join(__dirname, "old.js"), "utf8"), engine);
  assert.equal(await runInContext("self.agree()", engine), "agreed agreed");
});

test("base64 is strict", () => {
  for (const bad of ["A", "AA", "AAA", "AA A", "AAAA\n", "AA==A", "-_AA", 7, null, undefined]) {
    assert.equal(decode(bad).length, 0, String(bad));
  }
  assert.ok(same(decode("AAECAw=="), bytes(0, 1, 2, 3)));
});
