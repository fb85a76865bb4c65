// The whiteboard against the desktop's: the same calls give the same bytes and the same
// picture; and a room whose lines are late, get lost and come back.
import { Board, pace } from "../src/board/board";
import type { Options } from "../src/board/core";
import { Refused } from "../src/board/limits";
import { boxOf, type Box, type Kind, type Point, type Shape } from "../src/board/object";
import { touches } from "../src/board/hit";
import { data, rows, strokes } from "../src/board/shape";
import { svg } from "../src/board/svg";
import { clean } from "../src/board/text";

declare function require(name: string): any;
const test = require("node:test");
const assert = require("node:assert/strict");
const shared = require("../../../call/board/testdata/shared.json");

function dump(b: Board): string {
  const ground = b.ground ? "ground " + b.ground.file + "\n" : "";
  return (
    ground +
    b.visible().map((o) => `${o.id.author}/${o.id.seq} ${o.kind} {${o.style.colour} ${o.style.width}} ${quoted(o.text)}${o.points.map((p) => ` ${p.x},${p.y},${p.p}`).join("")}\n`).join("")
  );
}

// As Go quotes what the texts of these tests hold.
const quoted = (s: string) => JSON.stringify(s).replace(/[\u00a0]/g, "\\u00a0");

function reason(call: () => unknown): string {
  try {
    call();
  } catch (e) {
    assert.ok(e instanceof Refused, String(e));
    return (e as Refused).reason;
  }
  return "";
}

test("the desktop's conversation: the same bytes, the same picture", () => {
  const all = new Map<string, Board>();
  for (const p of shared.People) {
    all.set(p.ID, new Board({ self: p.ID, run: p.Run, mayDraw: p.Draws }));
  }
  let compared = 0;
  shared.Steps.forEach((s: any, n: number) => {
    const b = all.get(s.Who) as Board;
    const where = `step ${n}: ${s.Do} by ${s.Who}`;
    const at = (i: number) => ({ x: s.At[i][0], y: s.At[i][1], pressure: s.At[i][2] });
    const style = { colour: (s.Style || [0])[0], width: (s.Style || [0, 0])[1] };
    const ground = s.Ground ? { file: s.Ground.File, width: s.Ground.Width, height: s.Ground.Height, sha: s.Ground.SHA } : null;
    const now = s.Now || 0;
    let gave = "";
    const calls: { [name: string]: () => unknown } = {
      meet: () => b.meet(s.Peer, !!s.Draws),
      part: () => b.part(s.Peer),
      begin: () => b.begin(s.Kind, style, at(0)),
      extend: () => s.At.forEach((_: unknown, i: number) => b.extend(at(i))),
      end: () => b.end(),
      add: () => b.add(s.Kind, style, at(0), at(1)),
      write: () => b.text(style, at(0), s.Text),
      erase: () => (gave = String(b.erase(at(0), s.Radius))),
      undo: () => (gave = String(b.undo())),
      redo: () => (gave = String(b.redo())),
      clear: () => b.clear(),
      ground: () => b.setGround(ground),
      point: () => b.point(at(0).x, at(0).y, !!s.Laser),
      away: () => b.away(),
      hear: () => b.hear(s.Peer, shared.Payloads[s.Payload || 0], now),
      dump: () => (gave = dump(b) + b.seen(now).map((p) => `${p.peer} ${p.at.x},${p.at.y} ${p.laser} ${p.trail.length}\n`).join("")),
      svg: () => (gave = svg(b, btoa("\u0089PNG"))),
      take: () => {
        const want = (s.Outgoing || []).map((o: any) => ({ to: o.To, data: shared.Payloads[o.Payload] }));
        assert.deepEqual(b.take(now), want, where);
        compared += want.length;
      },
    };
    const why = reason(calls[s.Do]);
    assert.equal(why || gave, s.Gave || "", where);
  });
  assert.ok(compared > 200, "hardly anything was compared");
});

test("texts are cleaned alike", () => {
  assert.ok(shared.Clean.length > 5);
  for (const [from, to] of shared.Clean) {
    assert.equal(clean(from), to);
    assert.equal(clean(to), to);
  }
});

test("objects are drawn and touched alike", () => {
  assert.ok(shared.Drawn.length > 10);
  for (const want of shared.Drawn) {
    const o: Shape = {
      kind: want.Kind as Kind,
      style: { colour: want.Style[0], width: want.Style[1] },
      points: want.Points.map((p: any): Point => ({ x: p.X, y: p.Y, p: p.Pressure })),
      text: want.Text || "",
    };
    const lines = strokes(o);
    assert.deepEqual(lines.map((s) => s.width), want.Widths || []);
    assert.deepEqual(lines.map(data), want.Paths || []);
    const r = rows(o);
    assert.equal(r.letters, want.Letters || 0);
    assert.deepEqual(r.rows.map((x) => [x.place.x, x.place.y, x.text]), (want.Rows || []).map((x: any) => [x.Place.X, x.Place.Y, x.Text]));
    const box: Box = { left: want.Box.Left, top: want.Box.Top, right: want.Box.Right, bottom: want.Box.Bottom };
    assert.deepEqual(boxOf(o), box);
    const hit = Array.from({ length: 64 }, (_, i) => i).filter((i) => touches(o, { x: 1000 + 2000 * (i % 8), y: 500 + 1000 * Math.floor(i / 8), p: 0 }, 100));
    assert.deepEqual(hit, want.Hit || []);
  }
});

/** numbers from a seed (mulberry32), so that a failure can be had again. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

test("whatever is lost, doubled, late or away: in the end all see the same board", () => {
  let seen = 0;
  for (let seed = 0; seed < 150; seed++) {
    const next = random(seed);
    const dice = (n: number) => Math.floor(next() * n);
    let now = 1000;
    const names = ["p0", "p1", "p2", "p3", "p4", "p5"].slice(0, 2 + (seed % 5));
    const all: { [name: string]: Board } = {};
    const join = (name: string, run: string) => (all[name] = new Board({ self: name, run, mayDraw: true } as Options));
    names.forEach((n) => join(n, "r0"));
    const lines: { [line: string]: string[] } = {};
    const open: { [line: string]: boolean } = {};
    const change = (a: string, b: string, on: boolean) => {
      for (const [x, y] of [[a, b], [b, a]]) {
        open[x + y] = on;
        lines[x + y] = [];
        if (on) {
          all[x].meet(y, true);
        } else {
          all[x].part(y);
        }
      }
    };
    const pass = (loss: number, everything: boolean) => {
      now += pace;
      for (const from of names) {
        for (const out of all[from].take(now)) {
          for (const to of names) {
            if (to !== from && (!out.to || out.to === to) && open[from + to] && next() >= loss) {
              lines[from + to].push(out.data);
              if (loss > 0 && dice(20) === 0) {
                lines[from + to].push(out.data);
              }
            }
          }
        }
      }
      for (const to of names) {
        for (const from of names) {
          const line = lines[from + to] || [];
          line.splice(0, everything ? line.length : dice(line.length + 1)).forEach((payload) => all[to].hear(from, payload, now));
        }
      }
    };
    const at = () => ({ x: next() * 1600, y: next() * 900, pressure: next() });
    const act = (b: Board) => {
      const style = { colour: dice(6), width: dice(4) };
      switch (dice(11)) {
        case 0: return b.begin((["pen", "high"] as Kind[])[dice(2)], style, at());
        case 1: case 2: case 3: return b.extend(at());
        case 4: return b.add((["line", "arrow", "rect", "oval"] as Kind[])[dice(4)], style, at(), at());
        case 5: return b.text(style, at(), "dose\u202e : 5 mg");
        case 6: return b.erase(at(), 60);
        case 7: return b.undo();
        case 8: return b.redo();
        case 9: return dice(4) === 0 ? b.clear() : b.end();
        case 10: return b.setGround(dice(3) === 0 ? null : { file: "f" + dice(9), width: 10, height: 8, sha: "0a".repeat(32) });
      }
    };
    for (let i = 0; i < 60; i++) {
      names.forEach((n) => dice(2) && act(all[n]));
      if (dice(4) === 0) {
        const a = names[dice(names.length)];
        const b = names[dice(names.length)];
        if (a !== b) {
          change(a, b, dice(3) > 0);
        } else if (dice(8) === 0) {
          names.forEach((n) => n !== a && change(a, n, false));
          join(a, "r" + (i + 1));
        }
      }
      pass(0.1, false);
    }
    names.forEach((a, i) => names.slice(i + 1).forEach((b) => open[a + b] || change(a, b, true)));
    for (let i = 0; i < 72; i++) {
      now += i % 12 === 0 ? 20000 : 0;
      pass(0, true);
    }
    const first = dump(all.p0);
    seen += first.length;
    names.forEach((n) => assert.equal(dump(all[n]), first, `seed ${seed}: ${n}`));
  }
  assert.ok(seen > 15000, "the boards were nearly empty");
});
