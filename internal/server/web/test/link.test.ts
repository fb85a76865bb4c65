// The line: when it pings, when it gives up, and how it comes back. Time is a fake.
import { backoff, Link } from "../src/link";

declare function require(name: string): any;
declare const global: any;
declare function setImmediate(f: (done: void) => void): void;
const { test, mock, afterEach } = require("node:test");
const assert = require("node:assert/strict");

class Socket {
  static all: Socket[] = [];
  readyState = 0;
  sent: any[] = [];
  onopen?: () => void;
  onmessage?: (e: { data: string }) => void;
  onclose?: () => void;
  constructor() {
    Socket.all.push(this);
  }
  open(): void {
    this.readyState = 1;
    this.onopen!();
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  hear(m: object): void {
    this.onmessage!({ data: JSON.stringify(m) });
  }
  close(): void {
    this.readyState = 3;
  }
  pings(): number {
    return this.sent.filter((m) => m.type === "ping").length;
  }
}

const settle = () => new Promise((done) => setImmediate(() => done(undefined)));
const last = () => Socket.all[Socket.all.length - 1];

let running: Link | null = null;
afterEach(() => {
  if (running) {
    running.stop();
  }
  mock.timers.reset();
});

/** set makes a link on a fake clock; pass moves the clock in steps, as timers do. */
function set(apis = ["setTimeout", "setInterval", "Date"]): { link: Link; downs: () => number; pass: (ms: number, step?: number) => Promise<void> } {
  mock.timers.enable({ apis, now: 1_000_000 });
  global.window = global;
  global.WebSocket = Socket;
  Socket.all = [];
  let downs = 0;
  const link = new Link("ws://x/ws", { hello: () => Promise.resolve({ pass: "p" }), message: () => undefined, down: () => void downs++ });
  running = link;
  const pass = async (ms: number, step = 100) => {
    for (let left = ms; left > 0; left -= step) {
      mock.timers.tick(Math.min(step, left));
      await settle();
    }
  };
  return { link, downs: () => downs, pass };
}

test("a silent line is dead after twelve seconds, and not before", async () => {
  const { link, downs, pass } = set();
  link.start();
  await settle();
  last().open();
  assert.equal(last().sent[0].type, "hello");
  await pass(11500);
  assert.equal(last().pings(), 2);
  assert.equal(downs(), 0);
  await pass(1600);
  assert.equal(downs(), 1);
  await pass(backoff[0] + 100);
  assert.equal(Socket.all.length, 2);
});

test("an answered line lives", async () => {
  const { link, downs, pass } = set();
  link.start();
  await settle();
  last().open();
  for (let i = 0; i < 60; i++) {
    await pass(1000);
    last().hear({ type: "pong", data: { at: 0 } });
  }
  assert.equal(downs(), 0);
  assert.equal(last().pings(), 12);
});

test("a hidden tab, whose timers come once a minute, keeps its line", async () => {
  const { link, downs } = set(["Date"]);
  link.start();
  await settle();
  last().open();
  last().hear({ type: "pong", data: { at: 0 } });
  for (let minute = 0; minute < 10; minute++) {
    // The clock jumps, one beat runs late, and the answer comes at once.
    mock.timers.setTime(Date.now() + 59000);
    const pings = last().pings();
    link.hurry();
    assert.ok(last().pings() > pings || minute === 0);
    last().hear({ type: "pong", data: { at: 0 } });
    await settle();
  }
  assert.equal(downs(), 0);
});

test("the delays grow to five seconds and stay; a settled line starts anew", async () => {
  const { link, pass } = set();
  link.start();
  await settle();
  const waits: number[] = [];
  for (let i = 0; i < 7; i++) {
    const count = Socket.all.length;
    const from = Date.now();
    last().onclose!();
    while (Socket.all.length === count) {
      await pass(50, 50);
    }
    waits.push(Date.now() - from);
  }
  assert.deepEqual(waits.map((w) => Math.round(w / 100) * 100), [300, 1000, 2000, 4000, 5000, 5000, 5000]);
  last().open();
  link.settled();
  last().onclose!();
  const count = Socket.all.length;
  await pass(400, 50);
  assert.equal(Socket.all.length, count + 1);
  link.stop();
  await pass(20000, 1000);
  assert.equal(Socket.all.length, count + 1, "a stopped line stays down");
});

test("a dial that hangs is given up", async () => {
  const { link, downs, pass } = set();
  link.start();
  await settle();
  await pass(11500);
  assert.equal(downs(), 1);
});

test("a doubted line that does not answer is left soon; one that answers is kept", async () => {
  const { link, downs, pass } = set();
  link.start();
  await settle();
  last().open();
  await pass(1000);
  link.hurry();
  assert.equal(last().pings(), 1);
  last().hear({ type: "pong", data: { at: 1 } });
  await pass(3000);
  assert.equal(downs(), 0);
  link.hurry();
  await pass(900);
  assert.equal(Socket.all.length, 1);
  await pass(400);
  assert.equal(Socket.all.length, 2);
  assert.equal(downs(), 0); // nobody is told while the new line comes up
});
