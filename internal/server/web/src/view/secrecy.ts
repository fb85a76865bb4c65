// How far the encryption reaches, and the safety code: four words that two people read to each
// other. Both languages are there, so that a French and an English reader can compare.
import { carrying, others, route, type Bond } from "../state";
import { secrecy } from "../seal/secrecy";
import { words } from "../seal/words";
import type { Key } from "../texts";
import { Scope, hole } from "./dom";
import * as icons from "./icons";
import type { Hands, Model } from "./model";
import { call, note, papers, practitioner } from "./parts";

export function secrecyPanel(scope: Scope, m: Model, hands: Hands): HTMLElement {
  const body = scope.el("div", { class: "dialog-body", attrs: { tabindex: "0" } }, meaning(scope, m));
  const profile = () => carrying(m.s)?.path?.srtp || "";
  const foot = body.appendChild(scope.el("p", { class: "muted", hidden: () => !profile(), text: () => m.t.t("secrecy.profile", { profile: profile() }) }));
  body.appendChild(papers(scope, m));
  let codes: HTMLElement | null = null;
  let inner = new Scope();
  // Built anew when the people or their codes change; a press only refreshes.
  scope.live(
    () => JSON.stringify(coded(m).map((id) => [id, m.s.bonds[id].code])),
    () => {
      const held = codes !== null && codes.contains(document.activeElement);
      if (codes) {
        codes.remove();
      }
      inner = new Scope();
      codes = inner.el("div", { class: "codes" }, ...coded(m).map((id) => code(inner, m, hands, id)));
      body.insertBefore(codes, foot);
      if (held) {
        body.focus();
      }
    },
  );
  const fresh = () => inner.refresh();
  scope.live(
    () => ({}), // never the same: looks at every refresh
    fresh,
  );
  return body;
}

/** coded are the people in the call with whom there is a code. */
function coded(m: Model): string[] {
  return others(m.s).map((p) => p.id).filter((id) => m.s.bonds[id] && m.s.bonds[id].code.length > 0);
}

/** meaning says in one sentence what the label stands for. */
function meaning(scope: Scope, m: Model): HTMLElement {
  const is = (...names: string[]) => () => names.indexOf(secrecy(m.s) || "server") < 0;
  const way = () => route(m.s);
  const server = (): Key => (way() === "direct" || way() === "relay" ? "secrecy.direct_text" : "secrecy.server_text");
  return scope.el(
    "div",
    { class: "meaning" },
    note(scope, "info", icons.lock, { text: () => m.t.t(server()), hidden: is("server") }),
    note(scope, "info", icons.hourglass, { text: () => m.t.t("secrecy.agreeing_text"), hidden: is("agreeing") }),
    note(scope, "info", icons.shield, { text: () => m.t.t("secrecy.end_text"), hidden: is("end") }),
    note(scope, "success", icons.checkCircle, { text: () => m.t.t("secrecy.verified_text"), hidden: is("verified") }),
    note(scope, "danger", icons.warning, { text: () => m.t.t("secrecy.broken_text"), hidden: is("broken") }, call(scope, m, () => "")),
  );
}

/** code is one person's: the words, how to compare them, and what came of it. */
function code(scope: Scope, m: Model, hands: Hands, id: string): HTMLElement {
  const person = () => m.s.people[id];
  const name = () => (person() && person().name) || practitioner(m);
  const bond = (): Bond | undefined => m.s.bonds[id];
  const said = () => (m.s.differed[id] ? "other" : (bond() as Bond | undefined)?.compared || "");
  const numbers = (bond() as Bond).code; // of which alone a press here speaks
  const list = scope.el("ol", { class: "code-words" });
  const elsewhere = scope.el("span", { class: "code-elsewhere" });
  scope.live(
    () => m.t.language,
    (here) => {
      const there = here === "fr" ? "en" : "fr";
      list.textContent = "";
      words(here, numbers).forEach((w) => list.appendChild(scope.el("li", { text: w })));
      elsewhere.lang = there;
      elsewhere.textContent = words(there, numbers).join(", ");
    },
  );
  const doctor = () => !person() || person().role === "clinician";
  const choice = (same: boolean) =>
    scope.button({
      class: () => "secondary wide" + (said() === (same ? "same" : "other") ? (same ? " chosen" : " chosen-danger") : ""),
      icon: same ? icons.check : icons.close,
      label: () => m.t.t(same ? "secrecy.same" : "secrecy.other"),
      attrs: { "aria-pressed": () => String(said() === (same ? "same" : "other")), "data-action": same ? "same-code" : "other-code" },
      press: () => hands.send({ type: "compared", peer: id, code: numbers, same }),
    });
  return scope.el(
    "section",
    { class: "code" },
    scope.el("h3", {}, scope.named(() => m.t.t(coded(m).length > 1 ? "secrecy.code_with" : "secrecy.code", { name: hole }), name)),
    scope.el("p", {}, scope.named(() => m.t.t(doctor() ? "secrecy.read" : "secrecy.read_to", { name: hole }), name)),
    list,
    scope.el("p", { class: "muted" }, scope.el("span", { text: () => m.t.t("secrecy.elsewhere") + " " }), elsewhere),
    scope.el("div", { class: "code-choice" }, choice(true), choice(false)),
    scope.el(
      "p",
      { class: () => "code-said" + (said() === "other" ? " code-said-other" : ""), attrs: { role: "status" } },
      scope.named(() => (said() ? m.t.t(said() === "same" ? "secrecy.same_said" : "secrecy.other_said", { name: hole }) : ""), name),
    ),
  );
}
