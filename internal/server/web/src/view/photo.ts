// A photograph that a clinician asks for: what the camera sees, what was taken, and what became of
// it. The wish for the other camera has a word of its own over the picture.
import { remarked, type Photo } from "../photo";
import { torchable } from "../sitting";
import type { Key } from "../texts";
import { Scope, hole } from "./dom";
import * as icons from "./icons";
import type { Hands, Model } from "./model";
import { note, practitioner, selfView } from "./parts";

const asker = (m: Model) => () => (m.s.photo && m.s.photo.name) || practitioner(m);
const stage = (m: Model): Photo["stage"] | "" => (m.s.photo ? m.s.photo.stage : "");

/** photoTitle says who asks, and then what is to be decided. */
export function photoTitle(s: Scope, m: Model): HTMLElement {
  return s.named(() => m.t.t(stage(m) === "taken" ? "photo.title_taken" : "photo.title", { name: hole }), asker(m));
}

/** photoBody shows the camera, and the picture once it was taken. */
export function photoBody(s: Scope, m: Model, hands: Hands): HTMLElement {
  const is = (...of: string[]) => () => of.indexOf(stage(m)) >= 0;
  const seen = () => (m.pose || m.self) !== null;
  const view = selfView(s, { get self() { return m.pose || m.self; }, get mirrored() { return m.pose ? m.poseMirrored : m.mirrored; } }, () => m.t.t("photo.preview"));
  const taken = s.el("img", { hidden: () => stage(m) !== "taken", attrs: { alt: () => m.t.t("photo.taken") } });
  s.live(
    () => m.s.photo && m.s.photo.picture,
    (picture) => {
      if (picture) {
        const url = URL.createObjectURL(picture);
        taken.onload = taken.onerror = () => URL.revokeObjectURL(url);
        taken.src = url;
      } else {
        taken.removeAttribute("src");
      }
    },
  );
  const wish = (): Key | "" => {
    const p = m.s.photo;
    const which = p ? [p.camera === "environment" ? "back" : p.camera === "user" ? "front" : "", p.torch ? "torch" : ""].filter((w) => w).join("_") : "";
    return which && is("posing")() ? (("photo.wish_" + which) as Key) : "";
  };
  return s.el(
    "div",
    { class: "dialog-body photo", attrs: { tabindex: "0" } },
    s.el("p", {}, s.named(() => m.t.t("photo.text", { name: hole }), asker(m)), s.el("span", { hidden: is("taken"), text: () => " " + m.t.t("photo.nothing") })),
    s.el("p", { class: "strong", hidden: () => wish() === "" }, s.named(() => m.t.t(wish() || "photo.nothing", { name: hole }), asker(m))),
    s.el(
      "div",
      { class: () => "photo-frame" + (stage(m) === "taken" ? " taken" : ""), hidden: is("problem") },
      s.el("div", { class: "photo-view", hidden: is("taken") }, view),
      taken,
      s.el("p", { class: "photo-moment", hidden: () => !(is("taking")() || (is("posing")() && !seen())), text: () => m.t.t("photo.moment"), attrs: { role: "status" } }),
      tools(s, m, hands),
    ),
    note(s, "danger", icons.videoOff, { title: () => m.t.t("photo.problem"), text: () => m.t.t("photo.problem_text"), hidden: () => stage(m) !== "problem" }),
  );
}

/** tools are what this camera can besides: another one, and a light. */
function tools(s: Scope, m: Model, hands: Hands): HTMLElement {
  const track = () => {
    const stream = m.pose || m.self;
    return stream ? stream.getVideoTracks()[0] : null;
  };
  const posing = () => stage(m) === "posing";
  const others = () => posing() && m.devices.cameras.length > 1;
  const light = () => posing() && torchable(track());
  const lit = () => m.s.photo !== null && m.s.photo.lit;
  return s.el(
    "div",
    { class: "photo-tools", hidden: () => !others() && !light() },
    s.button({ class: "secondary", icon: icons.cameraRotate, label: () => m.t.t("photo.swap"), hidden: () => !others(), attrs: { "data-action": "photo-swap" }, press: () => hands.send({ type: "photo", act: "swap" }) }),
    s.button({
      class: () => "secondary" + (lit() ? " off" : ""),
      icon: icons.flashlight,
      label: () => m.t.t(lit() ? "photo.torch_off" : "photo.torch_on"),
      hidden: () => !light(),
      attrs: { "data-action": "photo-torch" },
      press: () => hands.send({ type: "photo", act: "torch" }),
    }),
  );
}

/** photoFoot is what the patient decides. Sending is never the button that took the picture. */
export function photoFoot(s: Scope, m: Model, hands: Hands): HTMLElement {
  const act = (what: "take" | "again" | "send" | "refuse") => () => hands.send({ type: "photo", act: what });
  const at = stage.bind(null, m);
  return s.el(
    "div",
    { class: "dialog-foot photo-foot" },
    s.button({
      class: () => "primary wide" + (at() === "taking" ? " busy" : ""),
      icon: icons.camera,
      label: () => m.t.t(at() === "taking" ? "photo.moment" : "photo.take"),
      hidden: () => at() !== "posing" && at() !== "taking",
      attrs: { "data-action": "photo-take", "aria-disabled": () => (at() === "taking" ? "true" : null) },
      press: act("take"),
    }),
    s.button({ class: "primary wide", icon: icons.send, label: () => m.t.t("photo.send"), hidden: () => at() !== "taken", attrs: { "data-action": "photo-send" }, press: act("send") }),
    s.el(
      "div",
      { class: "photo-rest" },
      s.button({ class: () => (at() === "problem" ? "primary" : "secondary"), icon: icons.reload, label: () => m.t.t(at() === "problem" ? "photo.retry" : "photo.again"), hidden: () => at() !== "taken" && at() !== "problem", attrs: { "data-action": "photo-again" }, press: act("again") }),
      s.button({ class: "secondary", icon: icons.close, label: () => m.t.t("photo.refuse"), attrs: { "data-action": "photo-refuse" }, press: act("refuse") }),
    ),
  );
}

/** photoRemark says for a while what became of the ask. */
export function photoRemark(scope: Scope, m: Model): HTMLElement {
  const said = () => remarked(m.s);
  return scope.el(
    "div",
    { class: "banner photo-remark", attrs: { role: "status" }, hidden: () => said() === null },
    scope.icon(() => (said() && said()?.what === "sent" ? icons.checkCircle : icons.camera)),
    scope.el("p", {}, scope.named(() => (said() ? m.t.t(("photo.said_" + said()?.what) as Key, { name: hole }) : ""), () => (said() && said()?.name) || practitioner(m))),
  );
}

/** turnNotice asks to turn to the other camera. */
export function turnNotice(scope: Scope, m: Model, hands: Hands): HTMLElement {
  return scope.el(
    "div",
    { class: "banner turn-notice", attrs: { role: "status" }, hidden: () => m.s.turn === null },
    scope.icon(icons.cameraRotate),
    scope.el("p", { class: "banner-title" }, scope.named(() => m.t.t("photo.turn", { name: hole }), () => (m.s.turn && m.s.turn.name) || practitioner(m))),
    scope.el(
      "div",
      { class: "turn-choice" },
      scope.button({ class: "on-dark", label: () => m.t.t("photo.turn_do"), attrs: { "data-action": "turn" }, press: () => hands.send({ type: "turned", yes: true }) }),
      scope.button({ class: "on-dark quiet-on-dark", label: () => m.t.t("photo.turn_no"), attrs: { "data-action": "turn-no" }, press: () => hands.send({ type: "turned", yes: false }) }),
    ),
  );
}
