// P3: picture, microphone level and speaker, tested by themselves and never in the way.
import { watches } from "../role";
import { Scope } from "./dom";
import * as icons from "./icons";
import type { Hands, Model } from "./model";
import { cameraButton, microphoneButton, selfView, swapButton } from "./parts";

function frame(scope: Scope, seen: () => boolean, ...inside: HTMLElement[]): HTMLElement {
  const box = scope.el("div", { class: "preview-frame" }, ...inside);
  scope.live(seen, (yes) => box.classList[yes ? "remove" : "add"]("blank"));
  return box;
}

/** preview is the patient's picture with what it lacks written on it, and the controls below. */
export function preview(scope: Scope, m: Model, hands: Hands): HTMLElement {
  const seen = () => m.s.hasVideo && m.s.video && m.self !== null;
  return scope.el(
    "section",
    { class: "preview", hidden: () => watches(m.s.role), attrs: { "aria-label": () => m.t.t("devices.preview") } },
    frame(
      scope,
      seen,
      selfView(scope, m, () => m.t.t("devices.preview")),
      scope.el("p", { class: "preview-blank", hidden: seen }, scope.icon(icons.videoOff), scope.el("span", { text: () => m.t.t(m.s.hasVideo ? "devices.off" : "devices.without") })),
    ),
    meter(scope, m),
    scope.el(
      "div",
      { class: "preview-controls" },
      microphoneButton(scope, m, hands, "secondary"),
      cameraButton(scope, m, hands, "secondary"),
      swapButton(scope, m, hands, "secondary"),
      scope.button({ class: "secondary", icon: icons.gear, label: () => m.t.t("settings"), press: () => hands.openDialog("settings") }),
    ),
  );
}

const bars = 18;

/** levelBar lights as many cells as the level (0 to 1) asks for; words beside it say the same. */
export function levelBar(scope: Scope, level: () => number): HTMLElement {
  const strip = scope.el("span", { class: "meter-bar", attrs: { "aria-hidden": "true" } });
  const cells: HTMLElement[] = [];
  for (let i = 0; i < bars; i++) {
    cells.push(strip.appendChild(document.createElement("i")));
  }
  scope.live(
    () => Math.round(level() * bars),
    (lit) => cells.forEach((c, i) => (c.className = i < lit ? "lit" : "")),
  );
  return strip;
}

/** meter shows that the microphone hears. The words say what the bar shows. */
function meter(scope: Scope, m: Model): HTMLElement {
  const on = () => m.s.hasAudio && m.s.audio;
  const strip = levelBar(scope, () => (on() ? m.level : 0));
  const says = () => {
    if (!m.s.hasAudio) {
      return m.t.t("devices.no_audio");
    }
    return m.t.t(!m.s.audio ? "devices.muted" : m.heard ? "devices.heard" : "devices.silent");
  };
  return scope.el(
    "div",
    { class: () => "meter" + (on() && m.heard ? " heard" : "") },
    scope.icon(() => (!on() ? icons.microphoneOff : m.heard ? icons.checkCircle : icons.microphone)),
    scope.el("div", {}, strip, scope.el("p", { text: says })),
  );
}

/** speakerTest plays three notes and believes the answer. */
export function speakerTest(scope: Scope, m: Model, hands: Hands): HTMLElement {
  const set = (sound: Model["sound"]) => {
    m.sound = sound;
    hands.refresh();
  };
  const play = () => {
    hands.ring();
    set("playing");
  };
  const answers = scope.el(
    "div",
    { class: "row", hidden: () => m.sound !== "playing" },
    scope.button({ class: "secondary", icon: icons.check, label: () => m.t.t("devices.sound_ok"), press: () => set("good") }),
    scope.button({ class: "secondary", icon: icons.speakerOff, label: () => m.t.t("devices.sound_no"), press: () => set("bad") }),
  );
  const words = () => (m.sound === "idle" ? "" : m.t.t(m.sound === "playing" ? "devices.playing" : m.sound === "good" ? "devices.sound_good" : "devices.sound_bad"));
  return scope.el(
    "div",
    { class: "speaker-test" },
    scope.button({ class: "quiet", icon: icons.speaker, label: () => m.t.t("devices.speaker"), press: play }),
    scope.el("p", { class: "speaker-words", text: words, attrs: { role: "status" } }),
    answers,
  );
}

/** pickers let the patient choose among several devices. */
export function pickers(scope: Scope, m: Model, hands: Hands): HTMLElement {
  const one = (kind: "camera" | "microphone" | "speaker", label: "devices.camera" | "devices.microphone" | "devices.output") => {
    const list = () => (kind === "camera" ? m.devices.cameras : kind === "microphone" ? m.devices.microphones : m.devices.speakers);
    const id = "pick-" + kind;
    const select = scope.el("select", { attrs: { id } });
    select.addEventListener("change", () => hands.choose(kind, select.value));
    scope.live(
      () => JSON.stringify([m.devices[kind], m.t.language, list()]),
      () => {
        select.textContent = "";
        list().forEach((d, i) => {
          const o = document.createElement("option");
          o.value = d.id;
          o.textContent = d.label || m.t.t("devices.unnamed", { n: i + 1 });
          o.selected = d.id === m.devices[kind];
          select.appendChild(o);
        });
      },
    );
    return scope.el("div", { class: "field", hidden: () => list().length === 0 }, scope.el("label", { text: () => m.t.t(label), attrs: { for: id } }), select);
  };
  return scope.el("div", { class: "pickers" }, one("camera", "devices.camera"), one("microphone", "devices.microphone"), one("speaker", "devices.output"));
}
