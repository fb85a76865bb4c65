// The others' pictures and sound: one video element a person, kept while anything else changes.
import { shown } from "../state";
import type { Person } from "../wire.gen";
import { Scope, hole } from "./dom";
import * as icons from "./icons";
import type { Hands, Model } from "./model";
import { role } from "./messages";
import { avatar, practitioner } from "./parts";

interface Tile {
  root: HTMLElement;
  video: HTMLVideoElement;
  scope: Scope;
  stream: MediaStream | null;
}

export class Tiles {
  readonly root: HTMLElement;
  private readonly tiles: { [id: string]: Tile } = {};
  /** refit looks anew how the pictures fill their tiles, after these changed their shape. */
  readonly refit = () => Object.keys(this.tiles).forEach((id) => fit(this.tiles[id].video));
  private sink = "";

  constructor(private readonly m: Model, private readonly hands: Hands) {
    this.root = document.createElement("div");
    this.root.className = "tiles";
    window.addEventListener("resize", this.refit);
    this.refresh();
  }

  count(): number {
    return Object.keys(this.tiles).length;
  }

  /** refresh makes the tiles those of the people who are there, whether they send or not. */
  refresh(): void {
    const wanted = shown(this.m.s, Object.keys(this.m.remotes));
    for (const id of Object.keys(this.tiles)) {
      if (wanted.indexOf(id) < 0) {
        this.drop(id);
      }
    }
    for (const id of wanted) {
      const tile = this.tiles[id] || this.add(id);
      const stream = this.m.remotes[id] || null;
      if (tile.stream !== stream) {
        tile.stream = tile.video.srcObject = stream;
        if (stream) {
          this.play(tile.video);
        }
      }
      tile.scope.refresh();
    }
    this.root.setAttribute("data-count", String(wanted.length));
    this.root.classList[wanted.length > 2 ? "add" : "remove"]("crowd");
  }

  clear(): void {
    window.removeEventListener("resize", this.refit);
    Object.keys(this.tiles).forEach((id) => this.drop(id));
  }

  /** unblock plays with sound; call it from a press. */
  unblock(): void {
    const sounding = Object.keys(this.tiles).filter((id) => this.tiles[id].stream);
    const all = sounding.map((id) => {
      const v = this.tiles[id].video;
      v.muted = false;
      return v.play();
    });
    if (all.length > 0) {
      Promise.all(all).then(() => this.hands.silent(false), () => undefined);
    }
  }

  /** through sends the sound to a speaker. */
  through(id: string): void {
    this.sink = id;
    Object.keys(this.tiles).forEach((k) => this.route(this.tiles[k].video));
  }

  private route(v: HTMLVideoElement): void {
    const able = v as HTMLVideoElement & { setSinkId?: (id: string) => Promise<void> };
    if (this.sink && able.setSinkId) {
      able.setSinkId(this.sink).catch(() => undefined);
    }
  }

  private play(v: HTMLVideoElement): void {
    v.play().catch((e: { name?: string }) => {
      if (e.name === "NotAllowedError") {
        // Without a press there is no sound; the picture at least may move.
        v.muted = true;
        v.play().catch(() => undefined);
        this.hands.silent(true);
      }
    });
  }

  private drop(id: string): void {
    const t = this.tiles[id];
    delete this.tiles[id];
    t.video.srcObject = null;
    t.root.remove();
  }

  private person(id: string): Person | null {
    return this.m.s.people[id] || null;
  }

  private add(id: string): Tile {
    const m = this.m;
    const scope = new Scope();
    const name = () => (this.person(id) || { name: "" }).name || practitioner(m);
    const sends = () => {
      const p = this.person(id);
      const stream = m.remotes[id];
      return (!p || p.video) && !!stream && stream.getVideoTracks().length > 0;
    };
    const video = scope.el("video", { attrs: { "data-peer": id, playsinline: "", autoplay: "", tabindex: "-1", "aria-label": () => m.t.t("call.picture", { name: name() }) } });
    video.addEventListener("resize", () => fit(video));
    this.route(video);
    /** still says why there is no picture: it is on its way, they sent it away, or they only listen. */
    const still = (): "arriving" | "off" | "silent" => {
      const p = this.person(id);
      return p && p.video ? "arriving" : p && !p.audio && !m.remotes[id] ? "silent" : "off";
    };
    const titles = { arriving: () => m.t.t("call.connecting"), off: () => m.t.t("call.camera_off", { name: hole }), silent: () => hole };
    const texts = { arriving: () => m.t.t("call.connecting_text"), off: () => m.t.t("call.camera_off_text"), silent: () => "" };
    const off = scope.el(
      "div",
      { class: "tile-off", hidden: sends },
      avatar(scope, name),
      scope.el("p", { class: "stand-in-title" }, scope.named(() => titles[still()](), name)),
      scope.el("p", { text: () => texts[still()]() }),
    );
    const muted = () => {
      const p = this.person(id);
      return p !== null && !p.audio;
    };
    // Of two, one knows who speaks. A word, a drawing and a frame tell it, not a colour alone.
    const speaks = () => this.count() > 1 && !muted() && m.speaking.indexOf(id) >= 0;
    const label = scope.el(
      "p",
      { class: "tile-name", hidden: () => !m.s.board && this.count() < 3 && !sends() && !muted() && still() !== "arriving" },
      scope.el("bdi", { text: name }),
      scope.el("span", { class: "tile-role", hidden: () => role(m, id) === "", text: () => role(m, id) }),
      scope.el("span", { class: "tile-speaks", hidden: () => !speaks() }, scope.icon(icons.speaker), scope.el("span", { text: () => m.t.t("call.speaks") })),
      scope.el("span", { class: "tile-muted", hidden: () => !muted() }, scope.icon(icons.microphoneOff), scope.el("span", { text: () => m.t.t("call.microphone_off") })),
    );
    const hand = scope.el("p", { class: "tile-hand", attrs: { role: "status" }, hidden: () => !(this.person(id) || { hand: false }).hand }, scope.icon(icons.hand), scope.el("span", {}, scope.named(() => m.t.t("call.hand", { name: hole }), name)));
    const paused = scope.el("p", { class: "tile-paused", hidden: () => !sends() || m.flowing[id] !== false, text: () => m.t.t("call.paused") });
    const root = scope.el("div", { class: () => "tile" + (sends() ? "" : " off") + (speaks() ? " speaks" : "") }, video, off, paused, hand, label);
    this.root.appendChild(root);
    return (this.tiles[id] = { root, video, scope, stream: null });
  }
}

/** fit fills the tile when that costs less than a seventh of the picture, and shows all of it otherwise. */
function fit(v: HTMLVideoElement): void {
  const box = v.parentElement;
  if (!box || !v.videoWidth || !box.clientHeight) {
    return;
  }
  const picture = v.videoWidth / v.videoHeight;
  const frame = box.clientWidth / box.clientHeight;
  const kept = Math.min(picture / frame, frame / picture);
  v.className = (picture < 1 ? "tall" : "") + (kept > 0.86 ? " fill" : "");
}
