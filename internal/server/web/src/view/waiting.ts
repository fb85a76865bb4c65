// P4: the waiting room, with the patient's own picture; and the test before the door opens.
import { clinician, onHold, weak } from "../state";
import { Scope, hole } from "./dom";
import * as icons from "./icons";
import { preview, speakerTest } from "./devices";
import type { Hands, Model, Screen } from "./model";
import { call, heading, note, practitioner } from "./parts";

export function waiting(m: Model, hands: Hands): Screen {
  const scope = new Scope();
  const name = () => practitioner(m);
  const away = () => {
    const c = clinician(m.s);
    return c !== null && c.away;
  };
  const title = heading(scope, () => m.t.t(onHold(m.s) ? "waiting.hold" : "waiting.title"));
  const waited = () => m.s.now - m.s.arrivedAt;
  const since = () => (waited() < 60000 ? m.t.t("waiting.just") : m.t.t("waiting.since", { duration: m.t.n("minutes", Math.floor(waited() / 60000)) }));
  const lead = scope.el(
    "p",
    { class: "lead" },
    scope.named(() => m.t.t(away() ? "waiting.away" : onHold(m.s) ? "waiting.hold_text" : "waiting.text", { name: hole }), name),
    scope.el("span", { text: () => (away() ? ". " + m.t.t("waiting.away_text") : "") }),
  );
  const facts = scope.el(
    "ul",
    { class: "facts" },
    scope.el("li", { class: "fact-waiting" }, scope.icon(icons.clock), scope.el("span", { text: () => (m.s.line === "dialling" ? m.t.t("waiting.connecting") : since()) })),
    scope.el("li", { hidden: () => !m.s.link }, scope.icon(icons.calendar), scope.el("span", { text: () => m.t.t("waiting.appointment", { time: m.t.time((m.s.link?.start || 0) * 1000) }) })),
  );
  const words = scope.el(
    "div",
    { class: "room-words" },
    scope.el("div", { class: "breath", attrs: { "aria-hidden": "true" } }, scope.icon(icons.armchair)),
    title,
    lead,
    offlineNote(scope, m),
    note(scope, "waiting", icons.wifi, { text: () => m.t.t("call.weak"), hidden: () => !weak(m.s) }),
    messages(scope, m),
    facts,
    scope.el("p", { class: "muted", text: () => m.t.t("waiting.stay") }),
  );
  const root = scope.el(
    "section",
    { class: "room" },
    words,
    scope.el("div", { class: "room-side" }, preview(scope, m, hands), speakerTest(scope, m, hands)),
    scope.el(
      "div",
      { class: "room-foot" },
      call(scope, m, () => m.t.t("waiting.phone_short")),
      scope.button({ class: "leave", icon: icons.signOut, label: () => m.t.t("waiting.leave"), attrs: { "data-action": "leave" }, press: () => hands.send({ type: "leave", at: Date.now() }) }),
    ),
  );
  return { root, heading: title, refresh: () => scope.refresh() };
}

function offlineNote(scope: Scope, m: Model): HTMLElement {
  return scope.el(
    "div",
    { class: "note note-waiting", hidden: () => m.s.line !== "down" },
    scope.icon(icons.wifiOff),
    scope.el("div", { class: "note-words" }, scope.el("p", { class: "note-title", text: () => reconnecting(m) }), scope.el("p", { text: () => m.t.t("call.reconnecting_text") })),
  );
}

/** reconnecting says since when. */
export function reconnecting(m: Model): string {
  const n = Math.floor((m.s.now - m.s.downSince) / 1000);
  return n < 1 ? m.t.t("call.reconnecting") : m.t.t("call.reconnecting_for", { n });
}

/** messages are the practitioner's own words, newest last. */
function messages(scope: Scope, m: Model): HTMLElement {
  const list = scope.el("div", { class: "messages", hidden: () => m.s.messages.length === 0 });
  scope.live(
    () => JSON.stringify([m.s.messages, m.t.language]),
    () => {
      list.textContent = "";
      for (const said of m.s.messages) {
        const quote = document.createElement("blockquote");
        quote.dir = "auto";
        quote.textContent = said.text;
        const from = new Scope();
        const head = from.el(
          "p",
          { class: "note-title" },
          from.named(() => m.t.t("waiting.message", { name: hole }), () => said.from || practitioner(m)),
          from.el("span", { class: "message-time", text: " · " + m.t.time(said.at) }),
        );
        list.appendChild(from.el("div", { class: "note note-info message" }, from.icon(icons.chat), from.el("div", { class: "note-words" }, head, quote)));
      }
    },
  );
  return list;
}

/** test is the same preview before the door opens: nobody is at the other end. */
export function test(m: Model, hands: Hands): Screen {
  const scope = new Scope();
  const title = heading(scope, () => m.t.t("test.title"));
  // The door may open while the patient is still trying.
  const open = () => m.s.link !== null && (m.s.link.status === "open" || m.s.link.status === "late");
  const root = scope.el(
    "section",
    { class: "room room-test" },
    scope.el("div", { class: "room-words" }, title, scope.el("p", { class: "lead", text: () => m.t.t("test.text") })),
    scope.el("div", { class: "room-side" }, preview(scope, m, hands), speakerTest(scope, m, hands)),
    scope.el("div", { class: "room-foot" }, scope.button({
      class: "primary wide",
      icon: () => (open() ? icons.video : icons.check),
      label: () => m.t.t(open() ? "welcome.join" : "test.done"),
      press: () => {
        const go = open();
        hands.send({ type: "test_done" });
        if (go) {
          hands.send({ type: "join" });
        }
      },
    })),
  );
  return { root, heading: title, refresh: () => scope.refresh() };
}
