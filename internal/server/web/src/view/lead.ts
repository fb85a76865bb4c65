// What the page shows of who leads, and gives to those who do: who waits at the door, and the
// ways out of a consultation that is theirs.
import { door, heirs, leader, leads } from "../lead";
import { Scope, hole } from "./dom";
import * as icons from "./icons";
import type { Hands, Model } from "./model";

/** tookNotice says for a while who leads from now on. */
export function tookNotice(scope: Scope, m: Model): HTMLElement {
  return scope.el(
    "div",
    { class: "banner", hidden: () => leader(m.s) === null },
    scope.icon(icons.checkCircle),
    scope.el("p", { class: "banner-title" }, scope.named(() => tookWords(m, hole), () => (leader(m.s) || { name: "" }).name)),
  );
}

/** tookWords is the sentence, also for who hears it read. */
export function tookWords(m: Model, name: string): string {
  const p = leader(m.s);
  return p === null ? "" : p.id === m.s.self ? m.t.t("lead.you") : m.t.t("lead.took", { name });
}

/** doorNotice is the one who has waited longest, to be let in. */
export function doorNotice(scope: Scope, m: Model, hands: Hands): HTMLElement {
  const first = () => door(m.s)[0] || null;
  return scope.el(
    "div",
    { class: "banner banner-waiting banner-act", attrs: { role: "status" }, hidden: () => first() === null },
    scope.icon(icons.hourglass),
    scope.el(
      "div",
      {},
      scope.el("p", { class: "banner-title" }, scope.named(() => m.t.t("lead.door", { name: hole }), () => (first() || { name: "" }).name || m.t.t("lead.somebody"))),
      scope.el("p", { hidden: () => !(first() || { again: false }).again, text: () => m.t.t("lead.again") }),
    ),
    scope.button({
      class: "on-dark", label: () => m.t.t("lead.let_in"), attrs: { "data-action": "let-in" },
      press: () => {
        const p = first();
        if (p) {
          hands.send({ type: "let_in", peer: p.id });
        }
      },
    }),
  );
}

/** hangUp leaves; who leads is asked what becomes of the consultation. */
export function hangUp(scope: Scope, m: Model, hands: Hands): HTMLElement {
  return scope.button({
    class: "control hang-up", icon: icons.hangUp, label: () => m.t.t("common.leave"), attrs: { "data-action": "leave", "aria-haspopup": () => (leads(m.s) ? "dialog" : null) },
    press: () => (leads(m.s) ? hands.openDialog("lead") : hands.send({ type: "leave", at: Date.now() })),
  });
}

/** leadBody are the ways out, the mildest first. */
export function leadBody(scope: Scope, m: Model, hands: Hands, close: () => void): HTMLElement {
  const way = (button: HTMLElement, text: () => string, hidden: () => boolean = () => false) => scope.el("div", { class: "lead-way", hidden }, button, scope.el("p", { text }));
  const give = scope.el("div", { class: "lead-heirs" });
  scope.live(
    () => JSON.stringify([m.t.language, heirs(m.s).map((p) => [p.id, p.name])]),
    () => {
      const held = give.contains(document.activeElement);
      give.textContent = "";
      const once = new Scope();
      for (const p of heirs(m.s)) {
        give.appendChild(once.button({
          class: "secondary wide", label: m.t.t("lead.give", { name: p.name || m.t.t("lead.somebody") }), attrs: { "data-action": "hand-over" },
          press: () => {
            hands.send({ type: "hand_over", peer: p.id });
            close();
          },
        }));
      }
      if (held) { // the button that had the keyboard is another now, or gone
        (give.querySelector("button") || end).focus();
      }
    },
  );
  const end: HTMLElement = scope.button({ class: "leave wide", label: () => m.t.t("lead.end"), attrs: { "data-action": "end" }, press: () => hands.send({ type: "end", at: Date.now() }) });
  return scope.el(
    "div",
    { class: "dialog-body" },
    way(give, () => m.t.t("lead.give_text"), () => heirs(m.s).length === 0),
    way(scope.button({ class: "secondary wide", label: () => m.t.t("lead.leave"), attrs: { "data-action": "leave-only" }, press: () => hands.send({ type: "leave", at: Date.now() }) }), () => m.t.t("lead.leave_text")),
    way(end, () => m.t.t("lead.end_text")),
  );
}
