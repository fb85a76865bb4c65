// The panel beside or over the picture: the conversation and the files, each under its tab, and
// the one button that opens it.
import type { Panel } from "../panel";
import { watches } from "../role";
import { hasFiles } from "../transfers";
import { chatTab } from "./chat";
import { Scope } from "./dom";
import { boardInPanel } from "./easel";
import { filesTab } from "./files";
import * as icons from "./icons";
import type { Hands, Model } from "./model";

/** TabBody is what stands under one tab. */
export interface TabBody {
  root: HTMLElement;
  /** opened makes ready what was hidden, and answers what is to have the focus, null for the tab. */
  opened(): HTMLElement | null;
  refresh(): void;
  leave?(): void;
}

type Tab = Exclude<Panel, "">;

const tabs: Tab[] = ["chat", "files"];

/** news counts what was not seen under both tabs. */
function news(m: Model): number {
  return m.s.unread + m.s.fresh;
}

/** newsWords says after the number what it counts. */
function newsWords(m: Model): string {
  const { unread, fresh } = m.s;
  return fresh === 0 ? m.t.n("chat.unread", unread) : unread === 0 ? m.t.n("files.unread", fresh) : m.t.n("files.both", fresh);
}

const short = (n: number) => (n > 99 ? "99+" : String(n));

/** panelButton opens and closes the panel, and counts what is new in it. */
export function panelButton(scope: Scope, m: Model, hands: Hands): HTMLButtonElement {
  const open = () => m.s.panel !== "";
  // What is new is what one comes for.
  const first = (): Tab => (m.s.fresh > 0 && m.s.unread === 0 ? "files" : "chat");
  const b = scope.button({
    class: () => "control" + (open() ? " on" : ""),
    icon: icons.chat,
    label: () => m.t.t(watches(m.s.role) ? "chat.read" : "chat.write"),
    attrs: { "aria-expanded": () => String(open()), "aria-controls": "panel", "data-action": "chat" },
    press: () => hands.send({ type: "panel", panel: open() ? "" : first() }),
  });
  b.appendChild(scope.el(
    "span",
    { class: "badge", hidden: () => news(m) === 0 },
    scope.el("span", { text: () => " " + short(news(m)) }),
    scope.el("span", { class: "hidden-words", text: () => " " + newsWords(m) }),
  ));
  return b;
}

/** handButton raises the hand, which everybody sees. */
function handButton(scope: Scope, m: Model, hands: Hands): HTMLElement {
  const up = () => (m.s.people[m.s.self] || { hand: false }).hand === true;
  return scope.button({
    class: () => "secondary hand" + (up() ? " chosen" : ""), icon: icons.hand, label: () => m.t.t(up() ? "chat.hand_down" : "chat.hand_up"),
    attrs: { "aria-pressed": () => String(up()), "data-action": "hand" }, press: () => hands.send({ type: "hand" }),
  });
}

export interface PanelView {
  root: HTMLElement;
  refresh(): void;
  leave(): void;
}

/** panel has both tabs, or the conversation alone where there are no files; opener is the button
 * that the focus comes back to. */
export function panel(m: Model, hands: Hands, opener: HTMLElement): PanelView {
  const scope = new Scope();
  const bodies: { [tab in Tab]: TabBody } = { chat: chatTab(m, hands), files: filesTab(m, hands) };
  const both = () => hasFiles(m.s);
  let shown: Tab = "chat";
  const title = scope.el("h2", { class: () => (both() ? "hidden-words" : ""), text: () => m.t.t(both() ? "files.panel" : "chat.title"), attrs: { id: "panel-title", tabindex: "-1" } });
  const list = tabList(scope, m, hands, () => shown);
  const close = scope.button({ class: "icon-only", icon: icons.close, label: () => m.t.t(both() ? "files.close" : "chat.close"), attrs: { "data-action": "chat-close" }, press: () => hands.send({ type: "panel", panel: "" }) });
  const root = scope.el(
    "section",
    { class: "panel", hidden: () => m.s.panel === "", attrs: { id: "panel", "aria-labelledby": "panel-title" } },
    scope.el("div", { class: () => "panel-head" + (both() ? " with-tabs" : "") }, title, list, close),
    scope.el("div", { class: "panel-acts" }, handButton(scope, m, hands), boardInPanel(scope, m, hands)),
  );
  for (const tab of tabs) {
    const body = bodies[tab].root;
    body.id = "panel-" + tab;
    root.appendChild(body);
    scope.live(both, (yes) => {
      for (const [attr, value] of [["role", "tabpanel"], ["aria-labelledby", "tab-" + tab]]) {
        if (yes) {
          body.setAttribute(attr, value);
        } else {
          body.removeAttribute(attr);
        }
      }
    });
    scope.live(() => m.s.panel === tab || (m.s.panel === "" && shown === tab), (is) => (body.hidden = !is));
  }
  root.addEventListener("paste", (e) => paste(hands, e));
  let before: Panel = "";
  scope.live(
    () => m.s.panel,
    (now) => {
      const was = before;
      before = now;
      if (now === "") {
        if (was !== "") {
          opener.focus();
        }
        return;
      }
      shown = now;
      scope.refresh();
      const to = bodies[now].opened();
      if (was === "") {
        (to || (both() ? document.getElementById("tab-" + now) : title) || title).focus();
      }
    },
  );
  return {
    root,
    refresh: () => {
      scope.refresh();
      tabs.forEach((tab) => bodies[tab].refresh());
    },
    leave: () => tabs.forEach((tab) => (bodies[tab].leave || (() => undefined))()),
  };
}

/** tabList is one stop of the keyboard: the arrows go from tab to tab (WAI-ARIA, tabs). */
function tabList(scope: Scope, m: Model, hands: Hands, shown: () => Tab): HTMLElement {
  const list = scope.el("div", { class: "tabs", hidden: () => !hasFiles(m.s), attrs: { role: "tablist", "aria-label": () => m.t.t("files.tabs") } });
  const buttons = tabs.map((tab) => {
    const is = () => (m.s.panel || shown()) === tab;
    const count = () => (tab === "chat" ? m.s.unread : m.s.fresh);
    const b = scope.button({
      class: () => "tab" + (is() ? " chosen" : ""),
      label: () => m.t.t(tab === "chat" ? "chat.title" : "files.title"),
      attrs: { id: "tab-" + tab, role: "tab", "aria-selected": () => String(is()), "aria-controls": "panel-" + tab, tabindex: () => (is() ? "0" : "-1") },
      press: () => hands.send({ type: "panel", panel: tab }),
    });
    b.appendChild(scope.el(
      "span",
      { class: "tab-count", hidden: () => count() === 0 },
      scope.el("span", { text: () => " " + short(count()) }),
      scope.el("span", { class: "hidden-words", text: () => " " + m.t.n(tab === "chat" ? "chat.unread" : "files.unread", count()) }),
    ));
    return list.appendChild(b);
  });
  list.addEventListener("keydown", (e) => {
    const at = buttons.indexOf(e.target as HTMLButtonElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[e.key];
    if (at >= 0 && to !== undefined) {
      e.preventDefault();
      const next = (to + buttons.length) % buttons.length;
      hands.send({ type: "panel", panel: tabs[next] });
      buttons[next].focus();
    }
  });
  return list;
}

/** paste sends files that are pasted. Text that comes with a picture of itself is text. */
function paste(hands: Hands, e: ClipboardEvent): void {
  const held = e.clipboardData;
  if (!held || held.files.length === 0 || Array.from(held.types).indexOf("text/plain") >= 0) {
    return;
  }
  e.preventDefault();
  hands.send({ type: "offer_files", files: Array.from(held.files) });
}
