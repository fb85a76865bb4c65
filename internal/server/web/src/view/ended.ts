// P6: thanks, what was kept, and the way back for ten minutes.
import { mayReturn, returnWithin } from "../state";
import type { Key } from "../texts";
import { Scope, hole } from "./dom";
import { keptFiles } from "./files";
import * as icons from "./icons";
import type { Hands, Model, Screen } from "./model";
import { call, heading, practitioner } from "./parts";

export function ended(m: Model, hands: Hands): Screen {
  const scope = new Scope();
  const reason = m.s.reason || "ended";
  const well = reason === "left" || reason === "ended";
  const talked = m.s.from === "call";
  const titleKey = (reason === "left" && !talked ? "ended.left_waiting" : "ended." + reason) as Key;
  const title = heading(scope, () => m.t.t(titleKey));
  const root = scope.el(
    "section",
    { class: "card ended" },
    scope.icon(well ? icons.checkCircle : reason === "refused" || reason === "removed" || reason === "cancelled" ? icons.calendarX : icons.wifiOff, "emblem" + (well ? " emblem-success" : " emblem-waiting")),
    title,
    scope.el("p", { class: "lead", text: () => m.t.t(well ? "ended.thanks" : (("ended." + reason + "_text") as Key)) }),
  );
  if (m.s.farewell) {
    const quote = scope.el("blockquote", { text: m.s.farewell, attrs: { dir: "auto" } });
    const head = scope.el("p", { class: "note-title" }, scope.named(() => m.t.t("ended.said", { name: hole }), () => practitioner(m)));
    root.appendChild(scope.el("div", { class: "note note-info message" }, scope.icon(icons.chat), scope.el("div", { class: "note-words" }, head, quote)));
  }
  const files = reason === "replaced" ? null : keptFiles(scope, m, hands);
  if (files) {
    root.appendChild(files);
  }
  root.appendChild(wayBack(scope, m, hands, well));
  if (!well) {
    root.appendChild(call(scope, m, () => m.t.t("welcome.trouble_short")));
  }
  if (talked && reason !== "replaced") {
    root.appendChild(
      scope.el(
        "div",
        { class: "kept" },
        scope.el("h2", { text: () => m.t.t("ended.kept") }),
        scope.el(
          "ul",
          { class: "promises" },
          scope.el("li", {}, scope.icon(icons.shield), scope.el("span", { text: () => m.t.t("ended.kept_nothing") })),
          scope.el("li", {}, scope.icon(icons.calendar), scope.el("span", { text: () => m.t.t("ended.kept_trace") })),
        ),
      ),
    );
  }
  if (well) {
    root.appendChild(scope.el("p", { class: "muted", text: () => m.t.t("ended.close") }));
  }
  return { root, heading: title, refresh: () => scope.refresh() };
}

function wayBack(scope: Scope, m: Model, hands: Hands, well: boolean): HTMLElement {
  const until = () => m.t.time(m.s.endedAt + returnWithin);
  const may = () => mayReturn(m.s);
  return scope.el(
    "div",
    { class: "actions" },
    scope.el("p", { hidden: () => !may(), text: () => m.t.t(m.s.reason === "left" ? "ended.back_until" : "ended.back_until_short", { time: until() }) }),
    scope.button({
      class: (well ? "secondary" : "primary") + " wide",
      icon: icons.signIn,
      label: () => m.t.t(m.s.reason === "replaced" ? "ended.back_here" : "ended.back"),
      hidden: () => !may(),
      attrs: { "data-action": "return" },
      press: () => hands.send({ type: "return" }),
    }),
    scope.button({ class: "secondary wide", icon: icons.signIn, label: () => m.t.t("ended.home"), hidden: () => may() || m.s.reason === "ended", press: () => hands.send({ type: "home" }) }),
  );
}
