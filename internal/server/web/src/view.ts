// Alone touches the DOM: shows the state, and turns presses into events.
import { family, inApp } from "./browser";
import { known } from "./defects";
import { clinician, others, phase, route, type Event, type State } from "./state";
import type { Item } from "./files/engine";
import type { Carrier } from "./board/ground";
import type { Easel } from "./easel";
import { plugged } from "./headset";
import { leader } from "./lead";
import type { Devices } from "./media";
import { canShow } from "./display";
import type { Opener } from "./paper/paper";
import type { Dot, Place } from "./pointing";
import { shownScreen } from "./screen";
import { secrecy } from "./seal/secrecy";
import { words } from "./seal/words";
import { Texts, type Key } from "./texts";
import type { Person } from "./wire.gen";
import { callScreen, type CallScreen } from "./view/call";
import { beginning } from "./view/chat";
import { Dialog, type DialogName } from "./view/dialogs";
import { Scope } from "./view/dom";
import { ended } from "./view/ended";
import { fileState } from "./view/file";
import * as icons from "./view/icons";
import { tookWords } from "./view/lead";
import type { Hands, Model, Screen } from "./view/model";
import { name } from "./view/messages";
import { practitioner } from "./view/parts";
import { problem } from "./view/sharing";
import { permission } from "./view/permission";
import { test, waiting } from "./view/waiting";
import { welcome, welcomeFace } from "./view/welcome";

export interface Outside {
  choose(kind: "camera" | "microphone" | "speaker", id: string): void;
  ring(): void;
  silent(blocked: boolean): void;
  /** point says where on the shown screen the person points. */
  point(place: Place): void;
}

const noDevices: Devices = { cameras: [], microphones: [], speakers: [], camera: "", microphone: "", speaker: "" };

export class View {
  private readonly m: Model;
  private readonly hands: Hands;
  private readonly frame = new Scope();
  private readonly app: HTMLElement;
  private readonly main: HTMLElement;
  private readonly polite: HTMLElement;
  private readonly urgent: HTMLElement;
  private key = "";
  private screen: Screen | null = null;
  private calling: CallScreen | null = null;
  private dialog: Dialog | null = null;
  private before: State | null = null;

  constructor(private readonly doc: Document, send: (e: Event) => void, outside: Outside) {
    const agent = navigator.userAgent;
    const touch = !!window.matchMedia && window.matchMedia("(pointer: coarse)").matches;
    this.m = {
      s: null as unknown as State, t: new Texts("fr"), devices: noDevices, headset: null, level: 0, heard: false, self: null, mirrored: true, pose: null, poseMirrored: true,
      remotes: {}, flowing: {}, speaking: [], family: family(agent, navigator.maxTouchPoints || 0), inApp: inApp(agent), defects: known(agent), touch, host: location.hostname, sound: "idle", dots: [], shares: false, easel: null, carrier: null, opener: null, leafing: null,
    };
    this.m.shares = canShow() && this.m.family !== "android" && this.m.family !== "ios";
    this.hands = {
      send,
      choose: (kind, id) => {
        if (kind === "speaker" && this.calling) {
          this.calling.tiles.through(id);
        }
        outside.choose(kind, id);
      },
      headset: (use) => this.headset(use),
      ring: outside.ring,
      silent: outside.silent,
      point: outside.point,
      openDialog: (name) => this.open(name),
      closeDialog: () => this.close(),
      refresh: () => this.refresh(),
    };
    const f = this.frame;
    this.polite = f.el("div", { class: "hidden-words", attrs: { role: "status", "aria-live": "polite" } });
    this.urgent = f.el("div", { class: "hidden-words", attrs: { role: "alert", "aria-live": "assertive" } });
    this.main = f.el("main", { attrs: { id: "main", tabindex: "-1" } });
    this.app = this.doc.getElementById("app") as HTMLElement;
    // Who uses the keyboard sees the focus, whatever the engine guesses.
    const root = this.doc.documentElement;
    this.doc.addEventListener("keydown", (e) => e.key === "Tab" && root.classList.add("keys"), true);
    this.doc.addEventListener("mousedown", () => root.classList.remove("keys"), true);
  }

  private build(): void {
    const m = this.m;
    const f = this.frame;
    const inRoom = () => m.s.stage === "waiting" || m.s.stage === "call" || m.s.stage === "test";
    const skip = f.el("a", { class: "skip", text: () => m.t.t("skip"), attrs: { href: "#main" } });
    skip.addEventListener("click", (e) => {
      e.preventDefault();
      this.main.focus();
    });
    const tools = f.el(
      "div",
      { class: "tools" },
      f.button({ class: "tool collapses", icon: icons.gear, label: () => m.t.t("settings"), hidden: () => !inRoom() || m.s.stage !== "call", press: () => this.open("settings") }),
      f.button({
        class: "tool",
        label: () => m.t.t("language.switch"),
        attrs: { lang: () => (m.t.language === "fr" ? "en" : "fr"), "data-action": "language" },
        press: () => this.hands.send({ type: "language", language: m.t.language === "fr" ? "en" : "fr" }),
      }),
      f.button({ class: "tool collapses", icon: icons.question, label: () => m.t.t("help"), attrs: { "data-action": "help", "aria-haspopup": "dialog" }, press: () => this.open("help") }),
    );
    const top = f.el("header", { class: "top" }, f.el("p", { class: "brand" }, f.el("span", { class: "mark", attrs: { "aria-hidden": "true" } }), f.el("span", { text: () => m.t.t("common.product") })), tools);
    this.app.textContent = "";
    for (const part of [skip, top, this.main, this.polite, this.urgent]) {
      this.app.appendChild(part);
    }
  }

  render(s: State): void {
    const first = this.before === null;
    this.m.s = s;
    if (this.m.t.language !== s.language) {
      this.m.t = new Texts(s.language);
    }
    if (first) {
      this.build();
    }
    const now = phase(s);
    const html = this.doc.documentElement;
    html.lang = s.language;
    html.setAttribute("data-phase", now);
    html.setAttribute("data-route", route(s));
    html.setAttribute("data-stage", s.stage);
    html.setAttribute("data-code", safetyCode(s));
    const key = screenKey(s);
    if (key !== this.key) {
      this.show(key, this.key === "" || this.key === "welcome loading");
    }
    if (this.dialog && this.dialog.name === "help" && !s.help) {
      this.closed();
    }
    this.ask(s);
    const unread = s.stage === "waiting" ? s.messages.length : s.unread + s.fresh;
    this.doc.title = (unread > 0 ? "(" + unread + ") " : "") + this.m.t.t(("document." + now) as Key) + " – " + this.m.t.t("common.product");
    this.refresh();
    this.announce(s);
    this.before = s;
  }

  private refresh(): void {
    if (!this.m.s) {
      return;
    }
    this.frame.refresh();
    if (this.screen) {
      this.screen.refresh();
    }
    if (this.dialog) {
      this.dialog.refresh();
    }
  }

  /** show swaps the screen and takes the reader along: the focus goes to the new heading. */
  private show(key: string, silently: boolean): void {
    if (this.screen && this.screen.leave) {
      this.screen.leave();
    }
    this.key = key;
    this.calling = null;
    if (this.dialog && this.dialog.name !== "help") {
      this.closed();
    }
    this.screen = this.make();
    this.main.textContent = "";
    this.main.appendChild(this.screen.root);
    if (!silently) {
      window.scrollTo(0, 0);
      if (!this.dialog) {
        this.screen.heading.focus();
      }
    }
  }

  private make(): Screen {
    const s = this.m.s;
    switch (s.stage) {
      case "permission":
        return permission(this.m, this.hands);
      case "test":
        return s.capture === "done" ? test(this.m, this.hands) : permission(this.m, this.hands);
      case "waiting":
        return waiting(this.m, this.hands);
      case "call":
        return (this.calling = callScreen(this.m, this.hands));
      case "ended":
        return ended(this.m, this.hands);
      default:
        return welcome(this.m, this.hands);
    }
  }

  /** ask shows that a photograph is asked for, over whatever else is open. */
  private ask(s: State): void {
    const open = this.dialog !== null && this.dialog.name === "photo";
    if (s.photo && !open) {
      this.close();
      this.open("photo");
    } else if (!s.photo && open) {
      this.closed();
    }
  }

  private open(name: DialogName): void {
    if (this.dialog) {
      if (name === "pages") {
        this.leave();
      }
      return;
    }
    this.m.sound = "idle";
    this.dialog = new Dialog(name, this.m, this.hands, () => this.close());
    this.app.setAttribute("aria-hidden", "true");
    (this.app as HTMLElement & { inert?: boolean }).inert = true;
    this.doc.documentElement.classList.add("veiled");
    this.doc.body.appendChild(this.dialog.root);
    this.dialog.focus();
    if (name === "help") {
      this.hands.send({ type: "help", open: true });
    }
  }

  private close(): void {
    const name = this.dialog && this.dialog.name;
    if (name === "photo") {
      return this.hands.send({ type: "photo", act: "refuse" });
    }
    this.closed();
    if (name === "help") {
      this.hands.send({ type: "help", open: false });
    }
  }

  /** leave closes the PDF that is leafed through. */
  private leave(): void {
    if (this.m.leafing) {
      this.m.leafing.close();
      this.m.leafing = null;
    }
  }

  private closed(): void {
    const d = this.dialog;
    this.dialog = null;
    this.leave();
    this.doc.documentElement.classList.remove("veiled");
    this.app.removeAttribute("aria-hidden");
    (this.app as HTMLElement & { inert?: boolean }).inert = false;
    if (d) {
      d.remove();
    }
  }

  /** announce tells a screen reader what changed within a screen. */
  private announce(s: State): void {
    const b = this.before;
    if (!b || b.stage !== s.stage) {
      this.urgent.textContent = "";
      this.polite.textContent = "";
      if (!b) {
        return;
      }
    }
    const t = this.m.t;
    const room = s.stage === "waiting" || s.stage === "call";
    const last = s.messages[s.messages.length - 1];
    if (last && last !== b.messages[b.messages.length - 1]) {
      this.urgent.textContent = t.t("waiting.message_announced", { name: last.from || practitioner(this.m), text: last.text });
      return;
    }
    const far = secrecy(s);
    if (far === "broken" && secrecy(b) !== "broken") {
      this.urgent.textContent = t.t("secrecy.broken_text");
      return;
    }
    if (s.newest && s.newest !== b.newest) {
      this.polite.textContent = t.t("waiting.message_announced", { name: name(this.m, s.newest.from), text: beginning(s.newest.text) });
      return;
    }
    const moved = s.files.filter((it) => b.files.some((was) => was.id === it.id && was.state !== it.state && /^(done|failed|withdrawn)$/.test(it.state)))[0];
    if (moved || (s.arrived && s.arrived !== b.arrived)) {
      this.polite.textContent = moved ? moved.name + ", " + fileState(this.m, moved) : t.t("files.arrived", { name: name(this.m, (s.arrived as Item).from) }) + ", " + (s.arrived as Item).name;
      return;
    }
    if (s.tookAt !== b.tookAt && leader(s) !== null) {
      this.polite.textContent = tookWords(this.m, (leader(s) as Person).name);
      return;
    }
    if (s.people[s.drawer] && s.drawer !== b.drawer) {
      this.polite.textContent = t.t("board.drawing", { name: name(this.m, s.drawer) });
      return;
    }
    const says = (key: Key) => (this.polite.textContent = t.t(key));
    if (room && s.line === "down" && b.line !== "down") {
      says("call.reconnecting");
    } else if (room && b.line === "down" && s.line === "up") {
      says("call.reconnected");
    } else if (room && s.audio !== b.audio) {
      says(s.audio ? "devices.microphone_on" : "call.muted");
    } else if (room && s.video !== b.video) {
      says(s.video ? "devices.camera_on" : "call.hidden");
    } else if (s.soundBlocked && !b.soundBlocked) {
      says("call.sound");
    } else if ((far === "end" || far === "verified") && far !== secrecy(b)) {
      says(far === "end" ? "secrecy.end" : "secrecy.verified");
    } else if (s.stage === "call" && screens(s) !== screens(b) && screens(s) !== "") {
      this.polite.textContent = screens(s) === "problem" ? problem(this.m) : s.sharing.on ? t.t("screen.on") : t.t("screen.shown", { name: name(this.m, screens(s)) });
    } else if (s.notice && s.notice !== b.notice) {
      says(("notice." + s.notice) as Key);
    } else if (room && s.lost.audio && !b.lost.audio) {
      says("call.lost_audio");
    } else if (room) {
      const was = clinician(b);
      const is = clinician(s);
      if (was && is && !was.away && is.away) {
        this.polite.textContent = t.t(s.stage === "call" ? "call.away" : "waiting.away", { name: practitioner(this.m) });
      }
    }
  }

  /** board is the whiteboard to show; carrier may be null while pictures cannot be sent, and opener
   * where PDFs are none. */
  board(easel: Easel | null, carrier: Carrier | null, opener: Opener | null = null): void {
    this.m.opener = opener;
    this.m.easel = easel;
    this.m.carrier = carrier;
  }

  /** headset uses the one that is offered, or leaves it. */
  private headset(use: boolean): void {
    const h = this.m.headset;
    this.m.headset = null;
    if (h && use) {
      this.hands.choose("microphone", h.microphone);
      if (h.speaker) {
        this.hands.choose("speaker", h.speaker);
      }
    }
    this.refresh();
  }

  /** lay puts a picture under the drawing. */
  lay(file: Blob): void {
    if (this.calling) {
      this.calling.lay(file);
    }
  }

  self(stream: MediaStream | null, mirrored: boolean): void {
    this.m.self = stream;
    this.m.mirrored = mirrored;
    this.refresh();
  }

  /** pose shows a picture of the camera for a photograph alone, null to show that of the call. */
  pose(stream: MediaStream | null, mirrored: boolean): void {
    this.m.pose = stream;
    this.m.poseMirrored = mirrored;
    this.refresh();
  }

  remote(id: string, stream: MediaStream | null): void {
    if (stream) {
      this.m.remotes[id] = stream;
    } else {
      delete this.m.remotes[id];
    }
    this.refresh();
  }

  flowing(id: string, yes: boolean): void {
    this.m.flowing[id] = yes;
    this.refresh();
  }

  /** speaking are those who speak now. */
  speaking(ids: string[]): void {
    this.m.speaking = ids;
    this.refresh();
  }

  /** dots are where people point on the shown screen now. */
  dots(all: Dot[]): void {
    this.m.dots = all;
    this.refresh();
  }

  devices(known: Devices): void {
    const before = this.m.headset;
    this.m.headset = plugged(this.m.devices, known, before);
    this.m.devices = known;
    if (this.m.headset && this.m.headset !== before && this.calling) {
      this.polite.textContent = this.m.t.t("call.headset", { name: this.m.headset.label });
    }
    this.refresh();
  }

  level(value: number): void {
    this.m.level = value;
    this.m.heard = this.m.heard || value > 0.45;
    if (this.m.s && (this.m.s.stage === "waiting" || this.m.s.stage === "test")) {
      this.refresh();
    }
  }

  unblock(): void {
    if (this.calling) {
      this.calling.tiles.unblock();
    }
  }
}

/** screens changes with what is to be said of shown screens: ours, another's by their id, or why
 * there is none. */
function screens(s: State): string {
  const other = shownScreen(s);
  return s.sharing.problem ? "problem" : other ? other.id : s.sharing.on ? s.self : "";
}

/** safetyCode are the words of the first person's code, once known. */
function safetyCode(s: State): string {
  const known = others(s).map((p) => s.bonds[p.id]).filter((b) => b && b.code.length > 0)[0];
  return known ? words(s.language, known.code).join(" ") : "";
}

/** screenKey changes when another screen is due; everything else is a refresh. */
function screenKey(s: State): string {
  switch (s.stage) {
    case "welcome":
      return s.cause ? "cause " + s.cause : "welcome " + welcomeFace(s);
    case "permission":
    case "test":
      return s.stage === "test" && s.capture === "done" ? "test" : "permission " + s.capture + " " + s.captureProblem;
    default:
      return s.stage + " " + s.reason;
  }
}
