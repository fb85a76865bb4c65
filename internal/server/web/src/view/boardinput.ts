// Fingers, pens and the mouse on the board, made one kind of event; engines without pointer
// events give touches and mouse events. One finger draws, two move and enlarge.

/** Dot is where something touches, in CSS pixels of the board's corner. */
export interface Dot {
  x: number;
  y: number;
  /** pressure from 0 to 1; -1 where it is not measured. */
  pressure: number;
}

export interface Touching {
  down(at: Dot): void;
  /** move: several places since the last time, the newest last. */
  move(at: Dot[]): void;
  up(): void;
  /** cancel: what was begun with down turned out to be the first of two fingers. */
  cancel(): void;
  hover(at: Dot): void;
  leave(): void;
  /** pinch: two fingers moved from one middle and distance to another. */
  pinch(from: Dot, to: Dot, grow: number): void;
  /** wheel: enlarge by a factor about a place. */
  wheel(at: Dot, grow: number): void;
}

/** Hold is how many touches are known, by id. */
type Holds = Map<number, Dot>;

export function listen(target: HTMLElement, t: Touching): void {
  const holds: Holds = new Map();
  let drawing: number | null = null;
  const dot = (e: { clientX: number; clientY: number }, pressure = -1): Dot => {
    const box = target.getBoundingClientRect();
    return { x: e.clientX - box.left, y: e.clientY - box.top, pressure };
  };
  const down = (id: number, at: Dot) => {
    holds.set(id, at);
    if (holds.size === 1) {
      drawing = id;
      t.down(at);
    } else if (drawing !== null) {
      drawing = null;
      t.cancel();
    }
  };
  const move = (id: number, list: Dot[]) => {
    const at = list[list.length - 1];
    if (drawing === id) {
      holds.set(id, at);
      t.move(list);
    } else if (holds.has(id) && holds.size === 2) {
      const before = middle(holds);
      holds.set(id, at);
      const after = middle(holds);
      t.pinch(before.at, after.at, before.apart > 0 ? after.apart / before.apart : 1);
    }
  };
  const up = (id: number, lost: boolean) => {
    if (holds.delete(id) && drawing === id) {
      drawing = null;
      if (lost) {
        t.cancel();
      } else {
        t.up();
      }
    }
  };
  target.addEventListener("wheel", (e) => {
    e.preventDefault();
    t.wheel(dot(e), Math.exp(-Math.max(-60, Math.min(60, e.deltaMode === 1 ? e.deltaY * 16 : e.deltaY)) / 300));
  });
  if ("PointerEvent" in window) {
    pointers(target, t, dot, down, move, up, () => drawing !== null || holds.size > 0);
  } else {
    touches(target, t, dot, down, move, up);
  }
}

function middle(holds: Holds): { at: Dot; apart: number } {
  const [a, b] = Array.from(holds.values());
  return { at: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, pressure: -1 }, apart: Math.sqrt((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y)) };
}

type Finder = (e: { clientX: number; clientY: number }, pressure?: number) => Dot;
type Down = (id: number, at: Dot) => void;
type Move = (id: number, list: Dot[]) => void;
type Up = (id: number, lost: boolean) => void;

function pointers(target: HTMLElement, t: Touching, dot: Finder, down: Down, move: Move, up: Up, busy: () => boolean): void {
  // A mouse always says one half, and a finger what its driver likes: only pens are believed.
  const of = (e: PointerEvent) => dot(e, e.pointerType === "pen" ? e.pressure : -1);
  target.addEventListener("pointerdown", (e) => {
    if (e.button === 0) {
      target.setPointerCapture(e.pointerId);
      down(e.pointerId, of(e));
    }
  });
  target.addEventListener("pointermove", (e) => {
    const all = e.getCoalescedEvents ? e.getCoalescedEvents() : [];
    move(e.pointerId, (all.length > 0 ? all : [e]).map(of));
    if (!busy()) {
      t.hover(of(e));
    }
  });
  target.addEventListener("pointerup", (e) => up(e.pointerId, false));
  target.addEventListener("pointercancel", (e) => up(e.pointerId, true));
  target.addEventListener("pointerleave", () => t.leave());
}

function touches(target: HTMLElement, t: Touching, dot: Finder, down: Down, move: Move, up: Up): void {
  const each = (e: TouchEvent, f: (id: number, at: Dot) => void) => {
    e.preventDefault(); // no mouse events, no scrolling
    for (let i = 0; i < e.changedTouches.length; i++) {
      f(e.changedTouches[i].identifier, dot(e.changedTouches[i]));
    }
  };
  target.addEventListener("touchstart", (e) => each(e, down));
  target.addEventListener("touchmove", (e) => each(e, (id, at) => move(id, [at])));
  target.addEventListener("touchend", (e) => each(e, (id) => up(id, false)));
  target.addEventListener("touchcancel", (e) => each(e, (id) => up(id, true)));
  const mouse = -1;
  target.addEventListener("mousedown", (e) => e.button === 0 && down(mouse, dot(e)));
  window.addEventListener("mousemove", (e) => {
    move(mouse, [dot(e)]);
    if (e.target === target && e.buttons === 0) {
      t.hover(dot(e));
    }
  });
  window.addEventListener("mouseup", () => up(mouse, false));
  target.addEventListener("mouseleave", () => t.leave());
}
