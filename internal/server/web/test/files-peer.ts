// A participant with the page's own engine, driven over standard input and output, a JSON
// object a line: what internal/call/files/page_test.go talks to.
import { decode, encode } from "../src/seal/bytes";
import { Engine } from "../src/files/engine";
import { Porter } from "../src/files/porter";
import type { Role } from "../src/wire.gen";

declare function require(name: string): any;
declare const process: any;
const { createHash } = require("node:crypto");
const lines = require("node:readline").createInterface({ input: process.stdin });

interface Order {
  server?: { base: string; token: string; limit: number };
  meet?: { peer: string; role: Role };
  hear?: { from: string; payload: string };
  /** send: so many bytes, each that of pattern. */
  send?: { name: string; size: number; to?: string[] };
  take?: string;
  pause?: string;
  resume?: string;
  cancel?: string;
}

const say = (m: unknown) => process.stdout.write(JSON.stringify(m) + "\n");
const at = { base: "", name: "" };
const porter = new Porter({ get base() { return at.base; }, token: () => at.name });
const hashes: { [id: string]: string } = {};

async function view(): Promise<void> {
  const items = engine.view();
  for (const it of items) {
    if (it.file && !hashes[it.id]) {
      hashes[it.id] = createHash("sha256").update(new Uint8Array(await it.file.arrayBuffer())).digest("base64");
    }
  }
  say({ view: items.map((it) => ({ id: it.id, mine: it.mine, name: it.name, size: it.size, done: it.done, state: it.state, problem: it.problem, kind: it.kind, warning: it.warning, whole: it.whole, replies: it.replies, reasons: it.reasons, sum: hashes[it.id] || "" })) });
}

let wanted = false;
const engine: Engine = new Engine({
  work: porter,
  tell: (peer, payload) => say({ tell: { peer, payload: encode(payload) } }),
  changed: () => {
    if (!wanted) {
      wanted = true;
      setTimeout(() => ((wanted = false), void view()), 5);
    }
  },
});
porter.bind(engine);

/** pattern is a file of size bytes as parcel_test.go has it. */
function pattern(size: number): Uint8Array<ArrayBuffer> {
  const b = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    b[i] = i ^ (i >> 8) ^ (i >> 16);
  }
  return b;
}

lines.on("line", (line: string) => {
  const o: Order = JSON.parse(line);
  if (o.server) {
    at.base = o.server.base;
    at.name = o.server.token;
    engine.allow(o.server.limit);
  }
  if (o.meet) {
    engine.meet(o.meet.peer, o.meet.role);
  }
  if (o.hear) {
    engine.hear(o.hear.from, decode(o.hear.payload));
  }
  if (o.send) {
    engine.send({ name: o.send.name, file: new Blob([pattern(o.send.size)]), to: o.send.to });
  }
  if (o.take) {
    engine.take(o.take);
  }
  if (o.pause) {
    engine.pause(o.pause);
  }
  if (o.resume) {
    engine.resume(o.resume);
  }
  if (o.cancel) {
    engine.cancel(o.cancel);
  }
});
lines.on("close", () => process.exit(0));
