// The board itself: it paints what is there and lets a person draw, with a finger, a pen, the
// mouse or the keyboard. No buttons here; those are boardbar.ts.
import type { Board } from "../board/board";
import { pageHeight, pageWidth, Refused, tenths, type Reason } from "../board/limits";
import { freehand, palette, sizes, type Kind, type Shape, type Style } from "../board/object";
import { draw, fit, Painter, type View } from "../board/paint";
import { mousePressure, position, type At } from "../board/tools";
import { cross, ring, tag, trail } from "./boardglass";
import { listen, type Dot } from "./boardinput";

export type Tool = Kind | "eraser" | "laser" | "hand";

export interface StageHands {
  /** name of a person, for their pointer. */
  name(peer: string): string;
  /** write: the person wants to put a text at a place, in CSS pixels of the stage. */
  write(at: At, x: number, y: number): void;
  clear(): void;
  /** refused: something could not be done. */
  refused(reason: Reason): void;
  changed(): void;
}

const eraserRadius = 12;
const nearest = 6; // times the whole page

export class BoardStage {
  readonly root: HTMLElement;
  tool: Tool = "pen";
  style: Style = { colour: 0, width: 1 };
  private readonly paper: HTMLCanvasElement;
  private readonly glass: HTMLCanvasElement;
  private readonly painter: Painter;
  private view: View = { scale: 1, x: 0, y: 0 };
  private zoom = 1;
  private ratio = 1;
  /** from is where what is being drawn began, to where it is now. */
  private from: At | null = null;
  private to: At | null = null;
  /** cursor is the keyboard's place on the page, held whether its tool is down. */
  private cursor: At = { x: pageWidth / 2, y: pageHeight / 2, pressure: mousePressure };
  private keyed = false;
  private held = false;
  private frame = 0;

  constructor(private readonly b: Board, private readonly hands: StageHands, around: string) {
    this.root = document.createElement("div");
    this.root.className = "board-stage";
    this.paper = document.createElement("canvas");
    this.glass = document.createElement("canvas");
    this.glass.setAttribute("role", "application");
    this.glass.tabIndex = 0;
    this.root.appendChild(this.paper);
    this.root.appendChild(this.glass);
    this.painter = new Painter(this.paper, around);
    this.listen();
  }

  /** label gives the board its name and the sentence that says how to use it. */
  label(name: string, how: string): void {
    this.glass.setAttribute("aria-label", name);
    this.glass.setAttribute("aria-describedby", how);
  }

  focus(): void {
    this.glass.focus();
  }

  /** setGround gives the content of the ground, once it is here. */
  setGround(image: CanvasImageSource | null): void {
    this.painter.setGround(image);
  }

  start(): void {
    const next = () => {
      this.frame = requestAnimationFrame(next);
      this.paint(performance.now());
    };
    next();
  }

  stop(): void {
    cancelAnimationFrame(this.frame);
    this.b.away();
  }

  /** paint brings the picture up to date; now is as the board's times. */
  paint(now: number): void {
    const ratio = window.devicePixelRatio || 1;
    const w = Math.round(this.root.clientWidth * ratio);
    const h = Math.round(this.root.clientHeight * ratio);
    if (w === 0 || h === 0) {
      return;
    }
    if (this.paper.width !== w || this.paper.height !== h || this.ratio !== ratio) {
      this.ratio = ratio;
      for (const c of [this.paper, this.glass]) {
        c.width = w;
        c.height = h;
      }
      this.look(1, pageWidth / 2, pageHeight / 2);
    }
    this.painter.paint(this.b);
    this.paintGlass(now);
  }

  /** paintGlass paints what is not on the board: what is being drawn, pointers, the cursor. */
  private paintGlass(now: number): void {
    const c = this.glass.getContext("2d") as CanvasRenderingContext2D;
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, this.glass.width, this.glass.height);
    const { scale, x, y } = this.view;
    c.setTransform(scale, 0, 0, scale, x, y);
    if (this.from && this.to && shaped(this.tool)) {
      draw(c, { kind: this.tool, style: this.style, points: [position(this.from), position(this.to)], text: "" } as Shape);
    }
    const unit = this.ratio / scale;
    for (const p of this.b.seen(now)) {
      const at = { x: p.at.x / tenths, y: p.at.y / tenths };
      if (p.laser) {
        trail(c, p.trail.map((t) => ({ x: t.x / tenths, y: t.y / tenths })), unit);
      }
      ring(c, at, (p.laser ? 8 : 6) * unit, p.laser ? "#d4002b" : "#0b5563", unit);
      tag(c, this.hands.name(p.peer), at, unit, (this.glass.width - this.view.x) / this.view.scale);
    }
    if (this.keyed) {
      cross(c, this.cursor, unit, this.held);
    }
  }

  /** page is a place of the stage in units of the page. */
  private page(d: Dot): At {
    const { scale, x, y } = this.view;
    return { x: (d.x * this.ratio - x) / scale, y: (d.y * this.ratio - y) / scale, pressure: d.pressure < 0 ? mousePressure : d.pressure };
  }

  private listen(): void {
    const reach = (list: Dot[]) => list.map((d) => this.page(d));
    listen(this.glass, {
      down: (d) => {
        this.keyed = false;
        this.grasp = d;
        this.down(this.page(d));
      },
      move: (list) => {
        if (this.tool === "hand") {
          this.drag(this.grasp, list[list.length - 1], 1);
          this.grasp = list[list.length - 1];
        }
        reach(list).forEach((at) => this.move(at));
      },
      up: () => this.up(),
      cancel: () => this.cancel(),
      hover: (d) => {
        const at = this.page(d);
        this.b.point(at.x, at.y, false);
      },
      leave: () => this.b.away(),
      pinch: (from, to, grow) => this.drag(from, to, grow),
      wheel: (at, grow) => this.drag(at, at, grow),
    });
    this.glass.addEventListener("keydown", (e) => {
      if (this.key(e)) {
        e.preventDefault();
        e.stopPropagation();
      }
    });
    this.glass.addEventListener("blur", () => {
      this.keyed = false;
      this.up();
    });
  }

  private grasp: Dot = { x: 0, y: 0, pressure: -1 };

  private try(call: () => void): void {
    try {
      call();
    } catch (e) {
      if (!(e instanceof Refused)) {
        throw e;
      }
      this.from = this.to = null;
      this.hands.refused(e.reason);
    }
    this.hands.changed();
  }

  private down(at: At): void {
    const tool = this.tool;
    this.from = this.to = at;
    this.held = true;
    if (tool === "laser") {
      this.b.point(at.x, at.y, true);
    } else if (!this.b.mayDraw) {
      this.from = this.to = null;
    } else if (tool === "eraser") {
      this.try(() => this.b.erase(at, eraserRadius));
    } else if (tool === "text") {
      this.hands.write(at, (at.x * this.view.scale + this.view.x) / this.ratio, (at.y * this.view.scale + this.view.y) / this.ratio);
    } else if (tool !== "hand" && freehand(tool)) {
      this.try(() => this.b.begin(tool, this.style, at));
    }
  }

  private move(at: At): void {
    this.to = this.from && at;
    if (!this.held) {
      return;
    }
    this.b.point(at.x, at.y, this.tool === "laser");
    if (this.tool === "eraser") {
      this.try(() => this.b.erase(at, eraserRadius));
    } else if (this.tool === "pen" || this.tool === "high") {
      this.try(() => this.b.extend(at));
    }
  }

  private up(): void {
    const { from, to, tool } = this;
    this.from = this.to = null;
    if (this.held) {
      this.held = false;
      this.b.end();
    }
    if (from && to && shaped(tool) && (from.x !== to.x || from.y !== to.y)) {
      this.try(() => this.b.add(tool, this.style, from, to));
    }
    this.hands.changed();
  }

  /** cancel takes back what the first of two fingers began. */
  private cancel(): void {
    const drawn = this.held && (this.tool === "pen" || this.tool === "high");
    this.held = false;
    this.from = this.to = null;
    this.b.end();
    if (drawn) {
      this.b.undo();
    }
    this.hands.changed();
  }

  /** drag moves the view, and enlarges it about a place, both in CSS pixels. */
  private drag(from: Dot, to: Dot, grow: number): void {
    const at = this.page(from);
    this.look(this.zoom * grow, at.x, at.y, to.x, to.y);
  }

  /** enlarge zooms about the middle of the stage. */
  enlarge(grow: number): void {
    const middle = { x: this.root.clientWidth / 2, y: this.root.clientHeight / 2, pressure: -1 };
    this.drag(middle, middle, grow);
  }

  whole(): void {
    this.look(1, pageWidth / 2, pageHeight / 2);
  }

  /** look shows a place of the page, in units, at a place of the stage, in CSS pixels; its
   * middle when none is given. The page never leaves the stage. */
  private look(zoom: number, px: number, py: number, sx = this.root.clientWidth / 2, sy = this.root.clientHeight / 2): void {
    const { width, height } = this.paper;
    this.zoom = Math.min(Math.max(zoom, 1), nearest);
    const scale = fit(width, height).scale * this.zoom;
    const along = (place: number, at: number, page: number, room: number) => {
      const length = page * scale;
      const free = at * this.ratio - place * scale;
      return length <= room ? (room - length) / 2 : Math.min(0, Math.max(room - length, free));
    };
    this.view = { scale, x: along(px, sx, pageWidth, width), y: along(py, sy, pageHeight, height) };
    this.painter.show(this.view);
  }

  private key(e: KeyboardEvent): boolean {
    const ctrl = e.ctrlKey || e.metaKey;
    const name = e.key.toLowerCase();
    if (ctrl && (name === "z" || name === "y")) {
      if (name === "y" || e.shiftKey) {
        this.b.redo();
      } else {
        this.b.undo();
      }
      this.hands.changed();
      return true;
    }
    if (ctrl || e.altKey) {
      return false;
    }
    const step = e.shiftKey ? 2 : 20;
    const arrows: { [key: string]: [number, number] } = { arrowleft: [-step, 0], arrowright: [step, 0], arrowup: [0, -step], arrowdown: [0, step], left: [-step, 0], right: [step, 0], up: [0, -step], down: [0, step] };
    if (arrows[name]) {
      this.step(arrows[name]);
      return true;
    }
    switch (name) {
      case " ":
      case "spacebar":
      case "enter":
        if (!e.repeat) {
          this.press();
        }
        return true;
      case "escape":
      case "esc":
        if (this.held) {
          this.cancel();
          return true;
        }
        return false;
      case "+":
      case "=":
        this.enlarge(1.25);
        return true;
      case "-":
        this.enlarge(0.8);
        return true;
      case "delete":
        this.hands.clear();
        return true;
    }
    return false;
  }

  /** step moves the keyboard's cursor, or with the hand the view. */
  private step([dx, dy]: [number, number]): void {
    if (this.tool === "hand") {
      const by = { x: (-dx * this.view.scale) / this.ratio, y: (-dy * this.view.scale) / this.ratio };
      this.drag({ x: 0, y: 0, pressure: -1 }, { x: by.x, y: by.y, pressure: -1 }, 1);
      return;
    }
    this.keyed = true;
    this.cursor.x = Math.min(Math.max(this.cursor.x + dx, 0), pageWidth);
    this.cursor.y = Math.min(Math.max(this.cursor.y + dy, 0), pageHeight);
    const at = { ...this.cursor };
    const sx = at.x * this.view.scale + this.view.x;
    const sy = at.y * this.view.scale + this.view.y;
    if (sx < 0 || sy < 0 || sx > this.paper.width || sy > this.paper.height) {
      this.look(this.zoom, at.x, at.y);
    }
    if (this.held) {
      this.move(at);
    } else {
      this.b.point(at.x, at.y, false);
    }
  }

  /** press puts the tool down at the cursor, or lifts it. */
  private press(): void {
    this.keyed = true;
    const at = { ...this.cursor };
    if (this.held) {
      this.up();
      return;
    }
    this.down(at);
    if (this.tool === "text" || this.tool === "eraser") {
      this.up(); // done with one press
    }
  }
}

function shaped(tool: Tool): tool is "line" | "arrow" | "rect" | "oval" {
  return tool === "line" || tool === "arrow" || tool === "rect" || tool === "oval";
}

/** letterSize is how high a text will be, in units. */
export function letterSize(style: Style): number {
  return sizes[style.width] / tenths;
}

/** inks are the colours as the buttons show them. */
export const inks = palette.map((p) => p.line);
