// P2: the browser's own question, drawn calmly; and what to do when the answer was no.
import type { CaptureProblem } from "../state";
import type { Key } from "../texts";
import { Scope } from "./dom";
import * as icons from "./icons";
import type { Hands, Model, Screen } from "./model";
import { heading } from "./parts";

export function permission(m: Model, hands: Hands): Screen {
  const problem = m.s.capture === "problem" ? m.s.captureProblem : "";
  return problem ? refused(m, hands, problem) : asking(m, hands);
}

function asking(m: Model, hands: Hands): Screen {
  const scope = new Scope();
  const title = heading(scope, () => m.t.t("permission.title"));
  const bone = (cls: string) => scope.el("span", { class: "bone " + cls });
  const drawing = scope.el(
    "div",
    { class: "drawing " + (m.touch ? "drawing-phone" : "drawing-desktop"), attrs: { role: "img", "aria-label": () => m.t.t("permission.drawing") } },
    scope.el("div", { class: "drawing-bar" }, scope.icon(icons.lock), scope.el("span", { class: "drawing-host", text: m.host })),
    scope.el(
      "div",
      { class: "drawing-ask" },
      scope.el("p", {}, scope.icon(icons.video), scope.icon(icons.microphone), scope.el("span", { text: () => m.t.t("permission.asks") })),
      scope.el("div", { class: "drawing-answers" }, scope.el("span", { class: "drawing-no" }, bone("short")), scope.el("span", { class: "drawing-yes", text: () => m.t.t("permission.allow") })),
    ),
    scope.el("div", { class: "drawing-page" }, bone("long"), bone("middle")),
  );
  const root = scope.el(
    "section",
    { class: "card permission asking" },
    title,
    scope.el("p", { class: "lead", text: () => m.t.t("permission.text") }),
    drawing,
    scope.el("p", { class: "private" }, scope.icon(icons.shield), scope.el("span", { text: () => m.t.t("permission.private") })),
    scope.el("div", { class: "actions" }, scope.button({ class: "secondary wide", icon: icons.videoOff, label: () => m.t.t("permission.without"), attrs: { "data-action": "without" }, press: () => hands.send({ type: "without" }) })),
  );
  return { root, heading: title, refresh: () => scope.refresh() };
}

function refused(m: Model, hands: Hands, problem: CaptureProblem): Screen {
  const scope = new Scope();
  const denied = problem === "denied" || problem === "system";
  const title = heading(scope, () => m.t.t(("permission." + (denied ? "denied" : problem)) as Key));
  const root = scope.el(
    "section",
    { class: "card permission" },
    scope.icon(problem === "no_microphone" ? icons.microphoneOff : icons.videoOff, "emblem emblem-waiting"),
    title,
    scope.el("p", { class: "lead", text: () => m.t.t(("permission." + (denied ? "denied" : problem) + "_text") as Key) }),
  );
  if (denied) {
    const way = problem === "system" ? "system" : m.family;
    const steps = scope.el("ol", { class: "steps" });
    for (const n of ["1", "2", "3"]) {
      steps.appendChild(scope.el("li", { text: () => m.t.t(("allow." + way + "." + n) as Key) }));
    }
    root.appendChild(steps);
  }
  // Where the microphone is out of reach too, the honest name of the way on says so.
  const neither = denied || problem === "missing" || problem === "no_microphone";
  const on = scope.button({
    class: (problem === "no_camera" ? "primary" : "secondary") + " wide",
    icon: icons.videoOff,
    label: () => m.t.t(neither ? "permission.neither" : "permission.without"),
    attrs: { "data-action": "without" },
    press: () => hands.send({ type: "without" }),
  });
  const again = scope.button({ class: (problem === "no_camera" ? "secondary" : "primary") + " wide", icon: icons.reload, label: () => m.t.t("permission.retry"), press: () => hands.send({ type: "retry" }) });
  root.appendChild(scope.el("div", { class: "actions" }, problem === "no_camera" ? on : again, problem === "no_camera" ? again : on));
  return { root, heading: title, refresh: () => scope.refresh() };
}
