// Pointers and lasers: seen for a moment, never logged. The twin of
// internal/call/board/pointer.go. Times are milliseconds.
import { maxPosition, maxTrail, sorted } from "./limits";
import { message, type Message } from "./message";
import type { Point } from "./object";

const pointerLife = 4000;
const trailLife = 900;
const keptTrail = 48;

/** Pointer is where somebody else points. */
export interface Pointer {
  peer: string;
  at: Point;
  laser: boolean;
  /** trail are a laser's last places, the oldest first. */
  trail: Point[];
}

interface Heard {
  at: Point;
  laser: boolean;
  trail: { at: Point; when: number }[];
  heard: number;
}

/** Pointers are those of the others. */
export class Pointers {
  private readonly all = new Map<string, Heard>();

  hear(from: string, m: Message, now: number): void {
    if (m.gone) {
      this.all.delete(from);
      return;
    }
    const p = this.all.get(from) || { at: m.point[0], laser: false, trail: [], heard: now };
    this.all.set(from, p);
    p.heard = now;
    p.laser = m.press;
    const limit = (v: number) => Math.min(Math.max(v, -maxPosition), maxPosition);
    for (const at of m.point) {
      p.at = { x: limit(at.x), y: limit(at.y), p: 0 };
      if (m.press) {
        p.trail.push({ at: p.at, when: now });
      }
    }
    p.trail = p.trail.slice(-keptTrail);
  }

  part(from: string): void {
    this.all.delete(from);
  }

  now(now: number): Pointer[] {
    const list: Pointer[] = [];
    for (const peer of sorted(this.all)) {
      const p = this.all.get(peer) as Heard;
      if (now - p.heard >= pointerLife) {
        this.all.delete(peer);
        continue;
      }
      p.trail = p.trail.filter((t) => now - t.when < trailLife);
      list.push({ peer, at: p.at, laser: p.laser, trail: p.trail.map((t) => t.at) });
    }
    return list;
  }
}

/** Pointing is what we have to tell of our own pointer. */
export class Pointing {
  private points: Point[] = [];
  private press = false;
  private gone = false;
  private isAway = false;

  point(at: Point, laser: boolean): void {
    if (laser !== this.press || !laser) {
      this.points = [];
    }
    this.press = laser;
    this.gone = this.isAway = false;
    this.points.push({ x: at.x, y: at.y, p: 0 });
    if (this.points.length > maxTrail) {
      this.points.shift();
    }
  }

  away(): void {
    if (!this.isAway) {
      this.points = [];
      this.press = false;
      this.gone = this.isAway = true;
    }
  }

  take(): Message {
    const m = message();
    m.point = this.points;
    m.press = this.press && m.point.length > 0;
    m.gone = this.gone;
    this.points = [];
    this.gone = false;
    return m;
  }

  /** nobody is there to see it. */
  drop(): void {
    this.points = [];
    this.press = this.gone = false;
  }
}
