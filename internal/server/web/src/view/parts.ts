// Pieces that several screens share.
import { clinician } from "../state";
import { cleanLine } from "../texts";
import type { Key } from "../texts";
import { Scope } from "./dom";
import * as icons from "./icons";
import type { Hands, Model } from "./model";

/** practitioner is the name to show: the person's in the room, or the appointment's. */
export function practitioner(m: Model): string {
  const c = clinician(m.s);
  return (c && c.name) || (m.s.link && m.s.link.clinician) || m.t.t("waiting.practitioner");
}

/** initials of a name, without its title. */
export function initials(name: string): string {
  const words = cleanLine(name, 80).split(" ").filter((w) => w && !/^(dr|docteure?|pr|prof|professeure?|m|mme|mr|mrs|ms)\.?$/i.test(w));
  const first = words[0] ? Array.from(words[0])[0] : "";
  const last = words.length > 1 ? Array.from(words[words.length - 1])[0] : "";
  return (first + last).toUpperCase();
}

/** avatar stands for a face that is not seen. */
export function avatar(scope: Scope, name: () => string): HTMLElement {
  return scope.el("span", { class: "avatar", text: () => initials(name()), attrs: { "aria-hidden": "true" } });
}

/** paper leads to one of the server's documents, in a tab of its own, so that a call goes on. */
export function paper(scope: Scope, m: Model, page: "privacy" | "security" | "compat"): HTMLElement {
  return scope.el(
    "a",
    { attrs: { href: () => "../" + page + "?language=" + m.t.language, target: "_blank", rel: "noopener", "data-action": page } },
    scope.el("span", { text: () => m.t.t(("papers." + page) as Key) }),
    scope.el("span", { class: "hidden-words", text: () => " " + m.t.t("aid.diag_opens") }),
  );
}

/** papers lead to the pages on data and encryption. */
export function papers(scope: Scope, m: Model): HTMLElement {
  return scope.el("p", { class: "papers" }, paper(scope, m, "security"), paper(scope, m, "privacy"));
}

export function heading(scope: Scope, text: () => string, cls = ""): HTMLElement {
  return scope.el("h1", { class: cls, text, attrs: { tabindex: "-1" } });
}

/** call is the practice's number as a link that dials. */
export function call(scope: Scope, m: Model, lead: () => string): HTMLElement {
  const phone = () => (m.s.link && m.s.link.phone) || "";
  const dial = scope.el("a", { class: "dial", attrs: { href: () => "tel:" + phone().replace(/[^+\d]/g, "") } }, scope.icon(icons.phone), scope.el("span", { text: () => phone().replace(/ /g, "\u00a0") }));
  return scope.el("p", { class: "phone", hidden: () => !phone() }, scope.el("span", { class: "phone-lead", text: lead }), " ", dial);
}

/** note is a short remark with its drawing. */
export function note(scope: Scope, kind: "info" | "waiting" | "danger" | "success", svg: string, props: { title?: () => string; text: () => string; hidden?: () => boolean }, ...more: Node[]): HTMLElement {
  const words = scope.el("div", { class: "note-words" });
  if (props.title) {
    words.appendChild(scope.el("p", { class: "note-title", text: props.title }));
  }
  words.appendChild(scope.el("p", { text: props.text }));
  more.forEach((n) => words.appendChild(n));
  return scope.el("div", { class: "note note-" + kind, hidden: props.hidden || false }, scope.icon(svg), words);
}

/** selfView is the patient's own picture. */
export function selfView(scope: Scope, m: Pick<Model, "self" | "mirrored">, label: () => string): HTMLVideoElement {
  const v = scope.el("video", { class: () => (m.mirrored ? "mirrored" : ""), attrs: { playsinline: "", autoplay: "", muted: "", tabindex: "-1", "aria-label": label, "data-self": "" } });
  v.muted = true;
  v.addEventListener("resize", () => {
    const box = v.parentElement;
    if (box) {
      box.classList[v.videoHeight > v.videoWidth ? "add" : "remove"]("tall");
    }
  });
  scope.live(
    () => m.self,
    (stream) => {
      v.srcObject = stream;
      if (stream) {
        v.play().catch(() => undefined);
      }
    },
  );
  return v;
}

/** swappable: a phone with a second camera to turn to. */
export function swappable(m: Model): boolean {
  return m.touch && m.devices.cameras.length > 1 && m.s.hasVideo && m.s.video;
}

export function microphoneButton(scope: Scope, m: Model, hands: Hands, cls: string, hidden = () => false): HTMLButtonElement {
  const on = () => m.s.hasAudio && m.s.audio;
  return scope.button({
    class: () => cls + (on() ? "" : " off"),
    icon: () => (on() ? icons.microphone : icons.microphoneOff),
    label: () => m.t.t("call.mic"),
    hidden,
    attrs: { "aria-label": () => m.t.t(on() ? "call.mute" : "call.unmute"), "data-control": "audio" },
    press: () => hands.send({ type: "toggle", kind: "audio" }),
  });
}

export function cameraButton(scope: Scope, m: Model, hands: Hands, cls: string, hidden = () => false): HTMLButtonElement {
  const on = () => m.s.hasVideo && m.s.video;
  return scope.button({
    class: () => cls + (on() ? "" : " off"),
    icon: () => (on() ? icons.video : icons.videoOff),
    label: () => m.t.t("common.camera"),
    hidden,
    attrs: { "aria-label": () => m.t.t(on() ? "call.hide" : "call.show"), "data-control": "video" },
    press: () => hands.send({ type: "toggle", kind: "video" }),
  });
}

export function swapButton(scope: Scope, m: Model, hands: Hands, cls: string): HTMLButtonElement {
  return scope.button({
    class: cls,
    icon: icons.cameraRotate,
    label: () => m.t.t("devices.swap_short"),
    hidden: () => !swappable(m),
    attrs: { "aria-label": () => m.t.t("devices.swap"), "data-control": "swap" },
    press: () => hands.send({ type: "swap" }),
  });
}
