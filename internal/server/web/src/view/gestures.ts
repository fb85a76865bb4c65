// What fingers, a mouse, a wheel and keys do to a picture. Mouse and touch events, for Safari has
// no pointer events before 13.
import type { Point } from "./zoom";

/** Moves are what gestures ask for; points are of the box, CSS px. */
export interface Moves {
  zoom(by: number, at: Point): void;
  pan(by: Point): void;
  /** turn goes between the whole picture and its actual size. */
  turn(at: Point): void;
  whole(): void;
  /** point is where the finger points now; null lifts it. */
  point(at: Point | null): void;
  /** nudge moves a finger that points by the keyboard. */
  nudge(by: Point): void;
  /** pointing: a press points; or a long one does; or none may. */
  pointing(): "press" | "hold" | "never";
}

/** A press this long, ms, that does not stray this far, px, points. */
const holdFor = 500;
const stray = 8;
/** A finger that rests says again where, this often, ms: dots go by themselves. */
const sayEvery = 1000;
/** Two taps within this, ms, and this near, px, are a double tap. */
const tapWithin = 300;
const tapNear = 40;
const step = 60;

const apart = (a: Point, b: Point) => Math.sqrt((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y));
const between = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

/** Press is one finger, or the mouse button, from down to up. */
class Press {
  private mode: "" | "pan" | "point" = "";
  private last: Point;
  private timer = 0;

  constructor(private readonly m: Moves, private readonly first: Point) {
    this.last = first;
    if (m.pointing() === "press") {
      this.point();
    } else if (m.pointing() === "hold") {
      this.timer = window.setTimeout(() => this.point(), holdFor);
    }
  }

  private point(): void {
    this.mode = "point";
    this.m.point(this.last);
    this.timer = window.setInterval(() => this.m.point(this.last), sayEvery);
  }

  move(to: Point): void {
    const from = this.last;
    if (this.mode === "" && apart(to, this.first) > stray) {
      clearTimeout(this.timer);
      this.mode = "pan";
    }
    this.last = to;
    if (this.mode === "pan") {
      this.m.pan({ x: to.x - from.x, y: to.y - from.y });
    } else if (this.mode === "point") {
      this.m.point(to);
    }
  }

  /** end tells whether it was no more than a tap. */
  end(): boolean {
    clearTimeout(this.timer);
    clearInterval(this.timer);
    if (this.mode === "point") {
      this.m.point(null);
    }
    return this.mode === "";
  }
}

/** gestures listens on a box, and returns what ends that. */
export function gestures(box: HTMLElement, m: Moves): () => void {
  let press: Press | null = null;
  let pinch: { apart: number; middle: Point } | null = null;
  let tap: { at: number; where: Point } | null = null;
  const at = (e: { clientX: number; clientY: number }): Point => {
    const r = box.getBoundingClientRect();
    return { x: e.clientX - r.left, y: e.clientY - r.top };
  };
  const end = () => {
    const tapped = press !== null && press.end();
    press = null;
    return tapped;
  };
  const still = (e: Event) => e.cancelable && e.preventDefault();

  const mouse = {
    down: (e: MouseEvent) => {
      if (e.button === 0) {
        end();
        press = new Press(m, at(e));
      }
    },
    move: (e: MouseEvent) => press && press.move(at(e)),
    up: () => end(),
    twice: (e: MouseEvent) => m.pointing() !== "press" && m.turn(at(e)),
    wheel: (e: WheelEvent) => {
      still(e);
      // Lines of Firefox and pixels of the others; a pinch on a touchpad comes with the control key.
      const by = e.deltaMode === 1 ? e.deltaY * 24 : e.deltaY;
      m.zoom(Math.exp(Math.min(Math.max(-by * (e.ctrlKey ? 0.01 : 0.002), -0.5), 0.5)), at(e));
    },
  };
  const touch = {
    start: (e: TouchEvent) => {
      still(e); // or a mouse is played after it
      box.focus();
      if (e.touches.length === 1) {
        press = new Press(m, at(e.touches[0]));
        return;
      }
      end();
      const [a, b] = [at(e.touches[0]), at(e.touches[1])];
      pinch = { apart: apart(a, b), middle: between(a, b) };
    },
    move: (e: TouchEvent) => {
      still(e);
      if (e.touches.length > 1 && pinch) {
        const [a, b] = [at(e.touches[0]), at(e.touches[1])];
        const now = { apart: Math.max(apart(a, b), 1), middle: between(a, b) };
        m.pan({ x: now.middle.x - pinch.middle.x, y: now.middle.y - pinch.middle.y });
        m.zoom(now.apart / Math.max(pinch.apart, 1), now.middle);
        pinch = now;
      } else if (press) {
        press.move(at(e.touches[0]));
      }
    },
    end: (e: TouchEvent) => {
      still(e);
      if (e.touches.length > 0) {
        return;
      }
      pinch = null;
      const tapped = end();
      const now = { at: Date.now(), where: e.changedTouches[0] ? at(e.changedTouches[0]) : { x: 0, y: 0 } };
      if (tapped && tap && now.at - tap.at < tapWithin && apart(tap.where, now.where) < tapNear) {
        m.turn(now.where);
        tap = null;
      } else {
        tap = tapped ? now : null;
      }
    },
  };
  const key = (e: KeyboardEvent) => {
    const arrows: { [key: string]: Point } = { ArrowLeft: { x: -1, y: 0 }, ArrowRight: { x: 1, y: 0 }, ArrowUp: { x: 0, y: -1 }, ArrowDown: { x: 0, y: 1 } };
    const middle = { x: box.clientWidth / 2, y: box.clientHeight / 2 };
    const to = arrows[e.key];
    if (e.ctrlKey || e.metaKey || e.altKey) {
      return;
    }
    if (to) {
      m.pointing() === "press" ? m.nudge(to) : m.pan({ x: -to.x * step, y: -to.y * step });
    } else if (e.key === "+" || e.key === "=") {
      m.zoom(1.25, middle);
    } else if (e.key === "-") {
      m.zoom(0.8, middle);
    } else if (e.key === "0") {
      m.whole();
    } else {
      return;
    }
    e.preventDefault();
  };
  const menu = (e: Event) => press && e.preventDefault(); // a long press of a finger asks for one

  const on: [EventTarget, string, unknown][] = [
    [box, "mousedown", mouse.down], [window, "mousemove", mouse.move], [window, "mouseup", mouse.up], [box, "dblclick", mouse.twice], [box, "wheel", mouse.wheel],
    [box, "touchstart", touch.start], [box, "touchmove", touch.move], [box, "touchend", touch.end], [box, "touchcancel", touch.end], [box, "keydown", key], [box, "contextmenu", menu],
    [window, "blur", mouse.up],
  ];
  on.forEach(([target, name, f]) => target.addEventListener(name, f as EventListener, { passive: false }));
  return () => {
    end();
    on.forEach(([target, name, f]) => target.removeEventListener(name, f as EventListener));
  };
}
