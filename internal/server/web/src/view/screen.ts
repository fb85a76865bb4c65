// The screen that somebody shows: it takes the stage, can be made larger and moved, and pointed at.
import { whole as places, type Dot } from "../pointing";
import { watches } from "../role";
import { screenStream, shownScreen } from "../screen";
import { Scope, hole } from "./dom";
import { gestures, type Moves } from "./gestures";
import * as icons from "./icons";
import { name } from "./messages";
import type { Hands, Model } from "./model";
import { avatar } from "./parts";
import { lie, moved, place, turned, whole, zoomed, type Point, type Size, type Zoom } from "./zoom";

/** nudges: a finger moved by the keyboard goes from side to side in so many steps. */
const nudges = 40;

export class ScreenView implements Moves {
  readonly root: HTMLElement;
  private readonly scope = new Scope();
  private readonly box: HTMLElement;
  private readonly picture: HTMLElement;
  private readonly video: HTMLVideoElement;
  private readonly dots: { [peer: string]: HTMLElement } = {};
  private readonly undo: () => void;
  private zoomNow: Zoom = whole;
  private id = "";
  /** finger is on: a press points. at is where the keyboard points, in parts of the picture. */
  private finger = false;
  private at: Point = { x: 0.5, y: 0.5 };

  constructor(private readonly m: Model, private readonly hands: Hands) {
    const s = this.scope;
    const who = () => name(m, this.id);
    const label = () => m.t.t("screen.of", { name: who() });
    this.video = s.el("video", { attrs: { "data-screen": () => this.id, playsinline: "", autoplay: "", muted: "", tabindex: "-1", "aria-label": label } });
    this.video.muted = true;
    for (const when of ["resize", "loadeddata"]) {
      this.video.addEventListener(when, () => this.refresh());
    }
    this.picture = s.el("div", { class: "screen-picture", hidden: () => !this.framed() }, this.video);
    const waiting = s.el(
      "div",
      { class: "screen-waiting", hidden: () => this.framed() },
      avatar(s, who),
      s.el("p", { class: "stand-in-title" }, s.named(() => m.t.t("screen.arriving", { name: hole }), who)),
      s.el("p", { text: () => m.t.t("call.connecting_text") }),
    );
    this.box = s.el("div", { class: () => "screen-box" + (this.finger ? " points" : ""), attrs: { tabindex: "0", role: "group", "aria-label": label, "aria-describedby": "screen-keys" } }, this.picture, waiting);
    this.root = s.el(
      "div",
      { class: "screen", hidden: () => this.id === "" },
      this.box,
      s.el("p", { class: "hidden-words", attrs: { id: "screen-keys" }, text: () => m.t.t("screen.keys") }),
      this.tools(who),
    );
    this.undo = gestures(this.box, this);
    this.refresh();
  }

  private tools(who: () => string): HTMLElement {
    const { m, scope: s } = this;
    const larger = () => this.zoomNow.scale > 1.01;
    const button = (icon: string, action: string, label: () => string, press: () => void, more: { [name: string]: () => string } = {}) =>
      s.button({ class: () => "screen-tool" + (action === "point" && this.finger ? " on" : ""), icon, label, hidden: () => action === "point" && !this.mayPoint(), attrs: { "data-action": "screen-" + action, ...more }, press });
    return s.el(
      "div",
      { class: "screen-tools", attrs: { role: "group", "aria-label": () => m.t.t("screen.tools") } },
      s.el("p", { class: "screen-name" }, s.named(() => m.t.t("screen.of", { name: hole }), who)),
      button(icons.less, "less", () => m.t.t("screen.less"), () => this.zoom(1 / 1.5, this.middle())),
      button(icons.fit, "fit", () => m.t.t(larger() ? "screen.whole" : "screen.actual"), () => this.turn(this.middle())),
      button(icons.more, "more", () => m.t.t("screen.more"), () => this.zoom(1.5, this.middle())),
      button(icons.pointing, "point", () => m.t.t("screen.point"), () => this.switchFinger(), { "aria-pressed": () => String(this.finger) }),
    );
  }

  /** shows tells whether somebody's screen has the stage. */
  shows(): boolean {
    return this.id !== "";
  }

  refresh(): void {
    const who = shownScreen(this.m.s);
    const id = who ? who.id : "";
    if (id !== this.id) {
      this.id = id;
      this.zoomNow = whole;
      this.finger = false;
    }
    const stream = (id && this.m.remotes[screenStream(id)]) || null;
    if (this.video.srcObject !== stream) {
      this.video.srcObject = stream;
      if (stream) {
        this.video.play().catch(() => undefined);
      }
    }
    this.scope.refresh();
    if (id) {
      this.lay();
      this.mark(this.m.dots);
    }
  }

  /** leave ends it with the screen of the call. */
  leave(): void {
    this.undo();
    this.video.srcObject = null;
  }

  private framed(): boolean {
    return this.video.srcObject !== null && this.video.videoWidth > 0 && this.video.readyState >= 2;
  }

  private size(): Size {
    return { width: this.video.videoWidth, height: this.video.videoHeight };
  }

  private room(): Size {
    return { width: this.box.clientWidth, height: this.box.clientHeight };
  }

  private middle(): Point {
    const { width, height } = this.room();
    return { x: width / 2, y: height / 2 };
  }

  private lay(): void {
    this.zoomNow = moved(this.zoomNow, { x: 0, y: 0 }, this.room(), this.size()); // the box may be another
    const l = lie(this.zoomNow, this.room(), this.size());
    const { style } = this.picture;
    style.width = l.width + "px";
    style.height = l.height + "px";
    style.transform = `translate(${l.x}px, ${l.y}px)`;
  }

  private set(z: Zoom): void {
    this.zoomNow = z;
    this.refresh();
  }

  zoom(by: number, at: Point): void {
    this.set(zoomed(this.zoomNow, by, at, this.room(), this.size()));
  }

  pan(by: Point): void {
    this.set(moved(this.zoomNow, by, this.room(), this.size()));
  }

  turn(at: Point): void {
    this.set(turned(this.zoomNow, at, this.room(), this.size()));
  }

  whole(): void {
    this.set(whole);
  }

  pointing(): "press" | "hold" | "never" {
    return !this.mayPoint() || !this.framed() ? "never" : this.finger ? "press" : "hold";
  }

  private mayPoint(): boolean {
    return !watches(this.m.s.role) && this.m.s.able.keys;
  }

  point(at: Point | null): void {
    const p = at && place(at, this.zoomNow, this.room(), this.size());
    this.say(p);
  }

  private say(p: Point | null): void {
    this.hands.point(p ? [Math.round(p.x * places), Math.round(p.y * places)] : "off");
  }

  nudge(by: Point): void {
    const inside = (n: number) => Math.min(Math.max(n, 0), 1);
    this.at = { x: inside(this.at.x + by.x / nudges), y: inside(this.at.y + by.y / nudges) };
    this.say(this.at);
  }

  /** switchFinger goes between pointing and moving; the keyboard then begins in the middle of what is seen. */
  private switchFinger(): void {
    this.finger = !this.finger;
    this.at = place(this.middle(), this.zoomNow, this.room(), this.size()) || { x: 0.5, y: 0.5 };
    if (!this.finger) {
      this.say(null);
    }
    this.refresh();
  }

  /** mark puts the dots where they belong: one of each person, moved rather than made anew. */
  private mark(all: Dot[]): void {
    for (const peer of Object.keys(this.dots)) {
      if (!all.some((d) => d.peer === peer)) {
        this.dots[peer].remove();
        delete this.dots[peer];
      }
    }
    for (const d of all) {
      const dot = this.dots[d.peer] || (this.dots[d.peer] = this.picture.appendChild(this.scope.el("div", { class: "dot", attrs: { "aria-hidden": "true" } }, this.scope.el("bdi", { class: "dot-label" }))));
      dot.style.left = (d.x * 100) / places + "%";
      dot.style.top = (d.y * 100) / places + "%";
      dot.className = "dot" + (d.x > places * 0.7 ? " dot-left" : "") + (d.y > places * 0.85 ? " dot-up" : "");
      (dot.firstChild as HTMLElement).textContent = d.peer === this.m.s.self ? this.m.t.t("devices.you") : name(this.m, d.peer);
    }
  }
}
