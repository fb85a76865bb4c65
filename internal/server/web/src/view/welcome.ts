// P1: who, when, and one large button; or why not, and what to do instead.
import { serverNow, type State } from "../state";
import { watches } from "../role";
import type { Key } from "../texts";
import { Scope } from "./dom";
import { keptFiles } from "./files";
import * as icons from "./icons";
import type { Hands, Model, Screen } from "./model";
import { avatar, call, heading, note, paper, papers } from "./parts";

type Face = "loading" | "open" | "early" | "cancelled" | "expired" | "unknown" | "offline" | "slow_down";

export function welcomeFace(s: State): Face {
  if (s.link) {
    return s.link.status === "late" ? "open" : s.link.status;
  }
  switch (s.linkProblem) {
    case "":
      return "loading";
    case "unknown_link":
    case "malformed":
    case "not_found":
      return "unknown";
    case "slow_down":
    case "expired":
    case "cancelled":
      return s.linkProblem;
    default:
      return "offline";
  }
}

export function welcome(m: Model, hands: Hands): Screen {
  const face = welcomeFace(m.s);
  if (m.s.cause) {
    return unsupported(m, hands, m.s.cause);
  }
  if (face === "open" || face === "early") {
    return appointment(m, hands, face);
  }
  return dead(m, face);
}

function appointment(m: Model, hands: Hands, face: "open" | "early"): Screen {
  const scope = new Scope();
  const link = () => m.s.link;
  const start = () => (link()?.start || 0) * 1000;
  const title = heading(scope, () => m.t.t("welcome.title"));
  const card = scope.el(
    "div",
    { class: "appointment" },
    avatar(scope, () => link()?.clinician || ""),
    scope.el(
      "div",
      {},
      scope.el("p", { class: "who" }, scope.el("bdi", { text: () => link()?.clinician || "" })),
      scope.el("p", { class: "where", hidden: () => !link()?.practice }, scope.el("bdi", { text: () => link()?.practice || "" })),
    ),
    scope.el("p", { class: "when" }, scope.icon(icons.calendar), scope.el("span", { text: () => m.t.when(start()) })),
  );
  const root = scope.el("section", { class: "card welcome" }, title, card);
  root.appendChild(inAppHint(scope, m, hands));
  root.appendChild(defectHint(scope, m));
  if (face === "open") {
    root.appendChild(door(scope, m, hands));
  } else {
    root.appendChild(countdown(scope, m, hands));
  }
  // What was received in a stay before is kept while the page is open.
  const files = keptFiles(scope, m, hands);
  if (files) {
    root.appendChild(files);
  }
  root.appendChild(promises(scope, m));
  root.appendChild(call(scope, m, () => m.t.t("welcome.trouble_short")));
  root.appendChild(papers(scope, m));
  return { root, heading: title, refresh: () => scope.refresh() };
}

function door(scope: Scope, m: Model, hands: Hands): HTMLElement {
  const timing = (): Key => {
    const l = m.s.link;
    if (!l || l.status === "late") {
      return "welcome.late";
    }
    return serverNow(m.s) < l.start * 1000 - 60000 ? "welcome.before" : "welcome.open";
  };
  return scope.el(
    "div",
    { class: "door" },
    note(scope, "waiting", icons.warning, { text: () => (m.s.notice ? m.t.t(("notice." + m.s.notice) as Key) : ""), hidden: () => !m.s.notice }),
    scope.el("p", { class: () => "timing" + (m.s.link?.status === "late" ? " late" : ""), hidden: () => m.s.notice !== "" }, scope.icon(() => (m.s.link?.status === "late" ? icons.clock : icons.checkCircle)), scope.el("span", { text: () => m.t.t(timing()) })),
    scope.button({
      class: () => "primary large" + (m.s.joining ? " busy" : ""),
      icon: icons.video,
      label: () => m.t.t(m.s.joining ? "welcome.joining" : "welcome.join"),
      attrs: { "aria-disabled": () => (m.s.joining ? "true" : null), "data-action": "join" },
      press: () => hands.send({ type: "join" }),
    }),
  );
}

function countdown(scope: Scope, m: Model, hands: Hands): HTMLElement {
  const opens = () => (m.s.link?.opens || 0) * 1000;
  const left = () => Math.max(0, opens() - serverNow(m.s));
  const far = () => left() > 6 * 3600 * 1000;
  const clock = () => {
    const s = Math.ceil(left() / 1000);
    return s >= 3600 ? m.t.span(left()) : Math.floor(s / 60) + ":" + ("0" + (s % 60)).slice(-2);
  };
  return scope.el(
    "div",
    { class: "early" },
    scope.el("h2", { text: () => m.t.t("welcome.early") }),
    scope.el("p", { class: "countdown", attrs: { role: "timer" } }, scope.icon(icons.hourglass), scope.el("span", { class: "countdown-lead", text: () => m.t.t("welcome.opens_in") }), " ", scope.el("strong", { text: clock })),
    scope.el("p", { text: () => (far() ? m.t.t("welcome.early_day", { day: m.t.day(opens()), time: m.t.time(opens()) }) : m.t.t("welcome.early_text", { time: m.t.time(opens()) })) }),
    scope.button({ class: "secondary wide", icon: icons.webcam, label: () => m.t.t("welcome.test"), hidden: () => watches(m.s.role), press: () => hands.send({ type: "test" }) }),
  );
}

function promises(scope: Scope, m: Model): HTMLElement {
  const one = (key: Key) => scope.el("li", {}, scope.icon(icons.check), scope.el("span", { text: () => m.t.t(key) }));
  return scope.el("ul", { class: "promises" }, one("welcome.installs"), one("welcome.records"), one("welcome.sealed"));
}

/** copyLink puts the page's address on the clipboard; it is the patient's own link. */
function copyLink(scope: Scope, m: Model, hands: Hands, cls: string): HTMLElement {
  let copied = false;
  return scope.button({
    class: cls,
    icon: () => (copied ? icons.check : icons.copy),
    label: () => m.t.t(copied ? "inapp.copied" : "inapp.copy"),
    press: () => {
      const done = () => {
        copied = true;
        hands.refresh();
      };
      if (navigator.clipboard && navigator.clipboard.writeText) {
        navigator.clipboard.writeText(location.href).then(done, () => oldCopy() && done());
      } else if (oldCopy()) {
        done();
      }
    },
  });
}

function oldCopy(): boolean {
  const field = document.createElement("textarea");
  field.value = location.href;
  field.className = "hidden-words";
  document.body.appendChild(field);
  field.select();
  const ok = document.execCommand("copy");
  field.remove();
  return ok;
}

function inAppHint(scope: Scope, m: Model, hands: Hands): HTMLElement {
  const browser = m.inApp || "Chrome";
  return note(
    scope, "waiting", icons.browser,
    { title: () => m.t.t("inapp.title", { browser }), text: () => m.t.t("inapp.text", { browser }), hidden: () => !m.inApp },
    copyLink(scope, m, hands, "secondary"),
  );
}

/** defectHint warns of what is known of this version; it stands in nobody's way. */
function defectHint(scope: Scope, m: Model): HTMLElement {
  const said = () => m.defects.map((harm) => m.t.t(("defect." + harm) as Key)).join(" ");
  return note(scope, "waiting", icons.warning, { title: () => m.t.t("defect.title"), text: said, hidden: () => m.defects.length === 0 }, paper(scope, m, "compat"));
}

/** dead: a link that leads nowhere, said with what to do next. */
function dead(m: Model, face: Exclude<Face, "open" | "early">): Screen {
  const scope = new Scope();
  const svg = { loading: icons.hourglass, cancelled: icons.calendarX, expired: icons.clock, unknown: icons.link, offline: icons.wifiOff, slow_down: icons.hourglass }[face];
  const words = (): [string, string] =>
    face === "loading" ? [m.t.t("loading"), ""] : [m.t.t(("welcome." + face) as Key), m.t.t(("welcome." + face + "_text") as Key)];
  const title = heading(scope, () => words()[0]);
  const link = m.s.link;
  const root = scope.el("section", { class: "card notice-card" + (face === "loading" ? " loading" : "") }, scope.icon(svg, "emblem"), title, scope.el("p", { class: "lead", text: () => words()[1], hidden: () => !words()[1] }));
  if (link) {
    root.appendChild(
      scope.el("p", { class: "muted" }, scope.el("bdi", { text: link.clinician }), ", ", () => m.t.when(link.start * 1000)),
    );
    root.appendChild(call(scope, m, () => link.practice || link.clinician));
  }
  return { root, heading: title, refresh: () => scope.refresh() };
}

/** unsupported: this browser cannot, and the named cause (P7). */
function unsupported(m: Model, hands: Hands, cause: "webrtc" | "insecure"): Screen {
  const scope = new Scope();
  const title = heading(scope, () => m.t.t(("cause." + cause) as Key));
  const root = scope.el(
    "section",
    { class: "card notice-card" },
    scope.icon(icons.browser, "emblem"),
    title,
    scope.el("p", { class: "lead", text: () => m.t.t(("cause." + cause + "_text") as Key) }),
    scope.el("p", { class: "strong", text: () => m.t.t(("cause." + cause + "_action") as Key) }),
    copyLink(scope, m, hands, "primary wide"),
    scope.el("p", { class: "papers" }, paper(scope, m, "compat")),
    call(scope, m, () => m.t.t("welcome.trouble_short")),
  );
  return { root, heading: title, refresh: () => scope.refresh() };
}
