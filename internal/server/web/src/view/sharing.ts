// Our own screen, shown to the others: its button in the bar, the word at the top while it lasts, and
// why there is none.
import { watches } from "../role";
import { shownScreen } from "../screen";
import { Scope, hole } from "./dom";
import * as icons from "./icons";
import { name } from "./messages";
import type { Hands, Model } from "./model";

/** shareButton begins and ends it. On phones nobody can, so they have none. */
export function shareButton(scope: Scope, m: Model, hands: Hands): HTMLButtonElement {
  const on = () => m.s.sharing.on;
  return scope.button({
    class: () => "control control-share" + (on() ? " off" : ""),
    icon: icons.monitor,
    label: () => m.t.t(on() ? "screen.end" : "screen.share"),
    hidden: () => !m.shares || watches(m.s.role),
    attrs: { "data-action": "share" },
    press: () => hands.send({ type: "share", on: !on() }),
  });
}

/** sharingBar says that the others see our screen, and what can be done about it; back is where the
 * focus goes when it is over. */
export function sharingBar(scope: Scope, m: Model, hands: Hands, back: () => HTMLElement): HTMLElement {
  const s = () => m.s.sharing;
  const pointers = () => m.dots.filter((d) => d.peer !== m.s.self).map((d) => name(m, d.peer)).join(", ");
  const frozen = () => (s().frozen ? m.t.t("screen.frozen") : "");
  const bar = scope.el(
    "div",
    { class: () => "sharing-bar" + (s().frozen ? " frozen" : ""), hidden: () => !s().on },
    scope.icon(() => (s().frozen ? icons.pause : icons.monitor)),
    scope.el(
      "div",
      { class: "sharing-words" },
      scope.el("p", { class: "banner-title", text: () => m.t.t("screen.on") }),
      scope.el("p", { hidden: () => !frozen() || pointers() !== "", text: frozen }),
      scope.el("p", { hidden: () => pointers() === "", attrs: { role: "status" } }, scope.named(() => (pointers() ? m.t.t("screen.pointed", { name: hole }) : ""), pointers)),
    ),
    scope.button({
      class: "on-dark",
      icon: () => (s().frozen ? icons.play : icons.pause),
      label: () => m.t.t(s().frozen ? "screen.go_on" : "screen.freeze"),
      attrs: { "data-action": "freeze" },
      press: () => hands.send({ type: "freeze", on: !s().frozen }),
    }),
    scope.button({ class: "sharing-stop", icon: icons.close, label: () => m.t.t("screen.stop"), attrs: { "data-action": "stop-share" }, press: () => hands.send({ type: "share", on: false }) }),
  );
  let held = false;
  bar.addEventListener("focusin", () => (held = true));
  bar.addEventListener("focusout", () => s().on && (held = false));
  scope.live(
    () => s().on,
    (on) => {
      if (!on && held) {
        held = false;
        back().focus();
      }
    },
  );
  return bar;
}

/** problem says in a sentence why our screen is not shown, and what to do. */
export function problem(m: Model): string {
  const other = shownScreen(m.s);
  switch (m.s.sharing.problem) {
    case "refused":
      return other ? m.t.t("screen.busy", { name: other.name }) : m.t.t("screen.refused");
    case "failed":
      return m.t.t("screen.failed");
    default:
      return "";
  }
}

/** shareProblem is that sentence over the picture. */
export function shareProblem(scope: Scope, m: Model, hands: Hands): HTMLElement {
  return scope.el(
    "div",
    { class: "banner banner-act banner-share", hidden: () => m.s.sharing.problem === "" },
    scope.icon(icons.monitor),
    scope.el("p", { text: () => problem(m) }),
    scope.button({ class: "on-dark", label: () => m.t.t("chat.dismiss"), attrs: { "data-action": "share-read" }, press: () => hands.send({ type: "share_read" }) }),
  );
}
