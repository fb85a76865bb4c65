// P5: the other's picture, largest; one's own; four buttons; the conversation; and what is wrong, if
// anything.
import { clinician, explains, others, reduced, watchers, weak } from "../state";
import { watches } from "../role";
import { secrecy, type Secrecy } from "../seal/secrecy";
import type { Key } from "../texts";
import { chatNotice } from "./chat";
import { boardButton, boardNotice, BoardPlace } from "./easel";
import { Scope, hole } from "./dom";
import { dropping } from "./drop";
import { fileNotice } from "./files";
import * as icons from "./icons";
import { doorNotice, hangUp, tookNotice } from "./lead";
import type { Hands, Model, Screen } from "./model";
import { panel, panelButton } from "./panel";
import { avatar, call, cameraButton, heading, microphoneButton, practitioner, selfView, swapButton } from "./parts";
import { ScreenView } from "./screen";
import { shareButton, shareProblem, sharingBar } from "./sharing";
import { photoRemark, turnNotice } from "./photo";
import { Tiles } from "./tiles";
import { reconnecting } from "./waiting";

export interface CallScreen extends Screen {
  tiles: Tiles;
  /** lay puts a picture under the drawing. */
  lay(file: Blob): void;
}

export function callScreen(m: Model, hands: Hands): CallScreen {
  const scope = new Scope();
  const title = heading(scope, () => m.t.t("call.title", { name: practitioner(m) }), "hidden-words");
  const tiles = new Tiles(m, hands);
  const screen = new ScreenView(m, hands);
  const share = shareButton(scope, m, hands);
  const scene = scope.el(
    "div",
    { class: "scene" },
    screen.root,
    tiles.root,
    standIn(scope, m, tiles),
    seal(scope, m, hands),
    banners(scope, m, hands),
    soundButton(scope, m, hands),
    self(scope, m, hands),
  );
  // The board has the stage before a screen: who opened it wants to draw now.
  const shows = () => screen.shows() && !m.s.board;
  const stale = () => m.s.media === "broken" || m.s.line === "down";
  const stage = scope.el(
    "div",
    { class: () => "stage" + (stale() ? " stale" : "") + (shows() ? " with-screen" : "") + (m.s.sharing.on ? " sharing" : "") },
    sharingBar(scope, m, hands, () => (share.getClientRects().length > 0 ? share : title)),
    scene,
  );
  const talk = panelButton(scope, m, hands);
  const side = panel(m, hands, talk);
  const drop = dropping(m, hands);
  const draw = boardButton(scope, m, hands);
  const board = new BoardPlace(m, hands, [draw, talk]);
  const root = scope.el("section", { class: () => "call" + (m.s.panel ? " with-panel" : "") + (m.s.board ? " with-board" : "") }, title, stage, board.head, board.root, side.root, controls(scope, m, hands, share, draw, talk), drop.root);
  let boarded = m.s.board;
  const turned = () => {
    if (boarded !== m.s.board) {
      boarded = m.s.board;
      tiles.refit();
      board.focus();
    }
  };
  const escape = (e: KeyboardEvent) => {
    if ((e.key === "Escape" || e.key === "Esc") && !e.isComposing) {
      hands.send(m.s.panel ? { type: "panel", panel: "" } : { type: "board", open: false });
    }
  };
  document.addEventListener("keydown", escape);
  return {
    root,
    heading: title,
    tiles,
    lay: (file) => board.lay(file),
    refresh: () => {
      const before = screen.shows();
      screen.refresh();
      tiles.refresh();
      scope.refresh();
      side.refresh();
      drop.refresh();
      board.refresh();
      turned();
      if (screen.shows() !== before) {
        tiles.refit();
      }
      screen.refresh(); // the room for it may be another now
    },
    leave: () => {
      document.removeEventListener("keydown", escape);
      side.leave();
      drop.leave();
      board.leave();
      tiles.clear();
      screen.leave();
    },
  };
}

const seals: { [s in Exclude<Secrecy, "">]: [Key, string] } = {
  server: ["common.transport", icons.lock],
  agreeing: ["secrecy.agreeing", icons.hourglass],
  end: ["secrecy.end", icons.shield],
  verified: ["secrecy.verified", icons.checkCircle],
  broken: ["secrecy.broken", icons.warning],
};

/** sealed is how far the encryption reaches, in words and a drawing. While there is nobody to
 * talk to, it is what there is on the way to the server. */
export function sealed(m: Model): [Key, string] {
  return seals[secrecy(m.s) || "server"];
}

function seal(scope: Scope, m: Model, hands: Hands): HTMLElement {
  return scope.button({
    class: () => "seal seal-" + (secrecy(m.s) || "server"),
    icon: () => sealed(m)[1],
    label: () => m.t.t(sealed(m)[0]) + (reduced(m.s) ? " · " + m.t.t("call.reduced") : ""),
    attrs: { "aria-haspopup": "dialog", "data-action": "secrecy" },
    press: () => hands.openDialog("secrecy"),
  });
}

/** standIn fills the stage while there is nobody's tile to show. */
function standIn(scope: Scope, m: Model, tiles: Tiles): HTMLElement {
  const name = () => practitioner(m);
  const alone = () => clinician(m.s) === null && others(m.s).length === 0;
  return scope.el(
    "div",
    { class: "stand-in", hidden: () => tiles.count() > 0 },
    avatar(scope, name),
    scope.el("p", { class: "stand-in-title" }, scope.named(() => (alone() ? m.t.t("call.alone", { name: hole }) : m.t.t("call.connecting")), name)),
    scope.el("p", { text: () => m.t.t(alone() ? "call.alone_text" : "call.connecting_text") }),
  );
}

function self(scope: Scope, m: Model, hands: Hands): HTMLElement {
  const seen = () => m.s.hasVideo && m.s.video && m.self !== null;
  const words = () => m.t.t(m.s.hasVideo ? "call.hidden" : "call.no_camera");
  const sound = () => (!m.s.hasAudio ? m.t.t("call.no_microphone") : m.s.audio ? "" : m.t.t("call.muted"));
  const box = scope.el(
    "div",
    { class: "self", hidden: () => watches(m.s.role) },
    selfView(scope, m, () => m.t.t("call.self")),
    scope.el("p", { class: "self-blank", hidden: seen }, scope.icon(icons.videoOff), scope.el("span", { text: words })),
    scope.el("p", { class: "self-name", hidden: () => sound() !== "" || !seen(), text: () => m.t.t("devices.you") }),
    scope.el("p", { class: "self-muted", hidden: () => sound() === "" }, scope.icon(icons.microphoneOff), scope.el("span", { text: sound })),
    swapButton(scope, m, hands, "self-swap icon-only"),
  );
  scope.live(seen, (yes) => box.classList[yes ? "remove" : "add"]("blank"));
  return box;
}

/** banners say what is wrong, at the top of the stage, the gravest alone. */
function banners(scope: Scope, m: Model, hands: Hands): HTMLElement {
  const unsafe = () => secrecy(m.s) === "broken";
  const line = () => m.s.line === "down" || m.s.media === "broken";
  const gone = () => {
    const c = clinician(m.s);
    return !line() && !unsafe() && c !== null && c.away;
  };
  const lost = (kind: "audio" | "video") => () => !line() && m.s.lost[kind] && (kind === "audio" ? m.s.hasAudio && m.s.audio : m.s.hasVideo && m.s.video);
  const stopped = (kind: "audio" | "video") =>
    scope.el(
      "div",
      { class: "banner banner-danger", hidden: () => !lost(kind)() },
      scope.icon(kind === "audio" ? icons.microphoneOff : icons.videoOff),
      scope.el("p", { class: "banner-title", text: () => m.t.t(kind === "audio" ? "call.lost_audio" : "call.lost_video") }),
      scope.button({ class: "on-dark", label: () => m.t.t(kind === "audio" ? "call.resume_audio" : "call.resume_video"), press: () => hands.send({ type: "recapture", kind }) }),
    );
  return scope.el(
    "div",
    { class: "banners" },
    scope.el(
      "div",
      { class: "banner banner-danger banner-unsafe", hidden: () => !unsafe() },
      scope.icon(icons.warning),
      scope.el("div", {}, scope.el("p", { class: "banner-title", text: () => m.t.t("secrecy.broken_text") }), call(scope, m, () => "")),
    ),
    scope.el(
      "div",
      { class: "banner banner-waiting", hidden: () => !line() },
      scope.icon(icons.wifiOff, "beat"),
      scope.el("div", {}, scope.el("p", { class: "banner-title", text: () => (m.s.line === "down" ? reconnecting(m) : m.t.t("call.reconnecting")) }), scope.el("p", { text: () => m.t.t("call.reconnecting_text") })),
    ),
    scope.el(
      "div",
      { class: "banner banner-waiting", hidden: () => !gone() },
      scope.icon(icons.hourglass),
      scope.el("div", {}, scope.el("p", { class: "banner-title" }, scope.named(() => m.t.t("call.away", { name: hole }), () => practitioner(m))), scope.el("p", { text: () => m.t.t("call.away_text") })),
    ),
    scope.el(
      "div",
      { class: "banner banner-waiting", hidden: () => line() || unsafe() || gone() || !explains(m.s) },
      scope.icon(icons.wifi),
      scope.el("div", {}, scope.el("p", { class: "banner-title", text: () => m.t.t("call.reduced") }), scope.el("p", { text: () => m.t.t("call.reduced_text") })),
    ),
    scope.el("div", { class: "banner banner-waiting", hidden: () => line() || unsafe() || gone() || explains(m.s) || !weak(m.s) }, scope.icon(icons.wifi), scope.el("p", { text: () => m.t.t("call.weak") })),
    scope.el("div", { class: "banner", attrs: { role: "status" }, hidden: () => watchers(m.s).length === 0 }, scope.icon(icons.eye), scope.el("p", { text: () => m.t.t("call.watched", { name: watchers(m.s).map((p) => p.name).join(", ") }) })),
    scope.el(
      "div",
      { class: "banner banner-waiting", attrs: { role: "status" }, hidden: () => !m.s.silencedBy || m.s.audio },
      scope.icon(icons.microphoneOff),
      scope.el("p", { class: "banner-title" }, scope.named(() => m.t.t("call.silenced", { name: hole }), () => (m.s.people[m.s.silencedBy] || { name: "" }).name || practitioner(m))),
      scope.button({ class: "on-dark", label: () => m.t.t("call.resume_audio"), press: () => hands.send({ type: "toggle", kind: "audio" }) }),
    ),
    tookNotice(scope, m),
    doorNotice(scope, m, hands),
    stopped("audio"),
    stopped("video"),
    shareProblem(scope, m, hands),
    turnNotice(scope, m, hands),
    photoRemark(scope, m),
    chatNotice(scope, m, hands),
    fileNotice(scope, m, hands),
    boardNotice(scope, m, hands),
    headsetNotice(scope, m, hands),
  );
}

/** headsetNotice offers a headset that came just now. */
function headsetNotice(scope: Scope, m: Model, hands: Hands): HTMLElement {
  return scope.el(
    "div",
    { class: "banner board-notice", hidden: () => m.headset === null || watches(m.s.role) },
    scope.icon(icons.headphones),
    scope.el("p", { class: "banner-title" }, scope.named(() => m.t.t("call.headset", { name: hole }), () => (m.headset ? m.headset.label : ""))),
    scope.button({ class: "on-dark", label: () => m.t.t("call.headset_use"), attrs: { "data-action": "headset" }, press: () => hands.headset(true) }),
    scope.button({ class: "icon-only", icon: icons.close, label: () => m.t.t("chat.dismiss"), press: () => hands.headset(false) }),
  );
}

function soundButton(scope: Scope, m: Model, hands: Hands): HTMLElement {
  return scope.el(
    "div",
    { class: "touch-sound", hidden: () => !m.s.soundBlocked },
    scope.button({ class: "primary large", icon: icons.speaker, label: () => m.t.t("call.sound"), attrs: { "data-action": "sound" }, press: () => hands.send({ type: "unblock" }) }),
    scope.el("p", { text: () => m.t.t("call.sound_text") }),
  );
}

function controls(scope: Scope, m: Model, hands: Hands, share: HTMLElement, draw: HTMLElement, talk: HTMLElement): HTMLElement {
  const silent = () => watches(m.s.role);
  return scope.el(
    "div",
    { class: "controls", attrs: { role: "group", "aria-label": () => m.t.t("call.controls") } },
    microphoneButton(scope, m, hands, "control", silent),
    cameraButton(scope, m, hands, "control", silent),
    share,
    draw,
    talk,
    hangUp(scope, m, hands),
  );
}
