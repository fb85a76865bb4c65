// The conversation in P5: its button in the bar, its panel beside or over the picture, and the
// word over the picture when somebody writes while the panel is closed.
import { textMost } from "../chat/text";
import { deaf, mayWrite } from "../panel";
import { watches } from "../role";
import { Scope, hole } from "./dom";
import * as icons from "./icons";
import { boardInPanel } from "./easel";
import { Messages, name } from "./messages";
import type { Hands, Model } from "./model";

/** chatButton opens and closes the panel, and counts what was not read. */
export function chatButton(scope: Scope, m: Model, hands: Hands): HTMLButtonElement {
  const words = () => m.t.t(watches(m.s.role) ? "chat.read" : "chat.write");
  const open = () => m.s.panel === "chat";
  const b = scope.button({
    class: () => "control" + (open() ? " on" : ""),
    icon: icons.chat,
    label: words,
    attrs: { "aria-expanded": () => String(open()), "aria-controls": "panel", "data-action": "chat" },
    press: () => hands.send({ type: "panel", panel: open() ? "" : "chat" }),
  });
  b.appendChild(scope.el(
    "span",
    { class: "badge", hidden: () => m.s.unread === 0 },
    scope.el("span", { text: () => " " + (m.s.unread > 99 ? "99+" : m.s.unread) }),
    scope.el("span", { class: "hidden-words", text: () => " " + m.t.n("chat.unread", m.s.unread) }),
  ));
  return b;
}

/** chatNotice points to the newest message, while the panel is closed. */
export function chatNotice(scope: Scope, m: Model, hands: Hands): HTMLElement {
  const author = () => (m.s.newest ? name(m, m.s.newest.from) : "");
  return scope.el(
    "div",
    { class: "banner chat-notice", hidden: () => m.s.newest === null },
    scope.el(
      "button",
      { class: "chat-notice-open", attrs: { type: "button", "data-action": "chat-notice" }, press: () => hands.send({ type: "panel", panel: "chat" }) },
      scope.icon(icons.chat),
      scope.el(
        "span",
        { class: "chat-notice-words" },
        scope.el("bdi", { class: "banner-title", text: author }),
        scope.el("span", { class: "chat-notice-text", text: () => (m.s.newest ? beginning(m.s.newest.text) : ""), attrs: { dir: "auto" } }),
        scope.el("span", { class: "hidden-words", text: () => m.t.t("chat.open") }),
      ),
    ),
    scope.button({ class: "icon-only", icon: icons.close, label: () => m.t.t("chat.dismiss"), press: () => hands.send({ type: "dismiss" }) }),
  );
}

/** beginning is as much of a message as a glance takes. */
export function beginning(text: string): string {
  const all = Array.from(text.replace(/\s+/g, " "));
  return all.length > 90 ? all.slice(0, 89).join("") + "…" : all.join("");
}

export interface ChatPanel {
  root: HTMLElement;
  refresh(): void;
}

/** chatPanel is the conversation; opener is the button that the focus comes back to. */
export function chatPanel(m: Model, hands: Hands, opener: HTMLElement): ChatPanel {
  const scope = new Scope();
  const open = () => m.s.panel === "chat";
  const close = () => hands.send({ type: "panel", panel: "" });
  const title = scope.el("h2", { text: () => m.t.t("chat.title"), attrs: { id: "panel-title", tabindex: "-1" } });
  const messages = new Messages(m, empty(scope, m));
  const field = textField(scope, m, hands);
  const root = scope.el(
    "section",
    { class: () => "panel" + (m.s.chat.messages.length > 0 ? " begun" : ""), hidden: () => !open(), attrs: { id: "panel", "aria-labelledby": "panel-title" } },
    scope.el("div", { class: "panel-head" }, title, boardInPanel(scope, m, hands), scope.button({ class: "icon-only", icon: icons.close, label: () => m.t.t("chat.close"), attrs: { "data-action": "chat-close" }, press: close })),
    messages.root,
    scope.el(
      "div",
      { class: "composer" },
      scope.el("p", { class: "composer-remark", hidden: () => remark(m) === "", text: () => remark(m) }),
      scope.el("p", { class: "composer-remark", hidden: () => !m.s.able.keys || deaf(m.s).length === 0 }, scope.named(() => m.t.t("chat.deaf", { name: hole }), () => deaf(m.s).map((id) => name(m, id)).join(", "))),
      scope.el("div", { class: "composer-row", hidden: () => !mayWrite(m.s) }, field, sendButton(scope, m, hands, field)),
      showing(scope, m, hands),
    ),
  );
  let built = false;
  scope.live(open, (is) => {
    if (!built) {
      return;
    }
    if (is) {
      grow(field);
      messages.toEnd();
      // A phone would raise its keyboard over what is to be read.
      (m.touch || !mayWrite(m.s) ? title : field).focus();
    } else {
      opener.focus();
    }
  });
  built = true;
  return {
    root,
    refresh: () => {
      scope.refresh();
      messages.refresh();
    },
  };
}

/** remark says why nothing can be written. */
function remark(m: Model): string {
  if (watches(m.s.role)) {
    return m.t.t("chat.watching");
  }
  return !m.s.able.keys ? m.t.t("chat.unable") : m.s.chat.full ? m.t.t("chat.full") : "";
}

/** empty says what to do first, and what becomes of what is written. */
function empty(scope: Scope, m: Model): HTMLElement {
  return scope.el(
    "div",
    { class: "talk-empty", hidden: () => m.s.chat.messages.length > 0 },
    scope.icon(icons.chat),
    scope.el("p", { class: "strong", text: () => m.t.t("chat.empty") }),
    scope.el("p", { text: () => m.t.t(mayWrite(m.s) ? "chat.empty_text" : "chat.empty_read") }),
    scope.el("p", { class: "muted", text: () => m.t.t("chat.kept") }),
  );
}

function textField(scope: Scope, m: Model, hands: Hands): HTMLTextAreaElement {
  const field = scope.el("textarea", { attrs: { rows: "1", maxlength: String(textMost), dir: "auto", "aria-label": () => m.t.t("chat.field"), placeholder: () => m.t.t("chat.field"), "data-control": "message" } });
  field.value = m.s.draft;
  field.addEventListener("input", () => {
    grow(field);
    hands.send({ type: "draft", text: field.value });
  });
  field.addEventListener("keydown", (e) => {
    // Where a finger types, Enter breaks the line; so it does while an input method composes.
    if (e.key === "Enter" && !e.shiftKey && !m.touch && !e.isComposing && e.keyCode !== 229) {
      e.preventDefault();
      write(m, hands, field);
    }
  });
  return field;
}

/** grow gives the field the lines that it needs; the style sheet has the most. */
function grow(field: HTMLTextAreaElement): void {
  field.style.height = "auto";
  field.style.height = field.scrollHeight + field.offsetHeight - field.clientHeight + "px";
}

function write(m: Model, hands: Hands, field: HTMLTextAreaElement): void {
  if (field.value.trim() && mayWrite(m.s)) {
    hands.send({ type: "write", text: field.value });
    field.value = "";
    grow(field);
  }
  field.focus();
}

function sendButton(scope: Scope, m: Model, hands: Hands, field: HTMLTextAreaElement): HTMLElement {
  return scope.button({ class: "primary composer-send", icon: icons.send, label: () => m.t.t("chat.send"), attrs: { "data-action": "send" }, press: () => write(m, hands, field) });
}

/** showing lets the others read along (real-time text, EN 301 549, 6.2). */
function showing(scope: Scope, m: Model, hands: Hands): HTMLElement {
  const box = scope.el("input", { attrs: { type: "checkbox", id: "showing", "aria-describedby": "showing-text" } });
  box.addEventListener("change", () => hands.send({ type: "showing", on: box.checked }));
  scope.live(
    () => m.s.showing,
    (on) => (box.checked = on),
  );
  return scope.el(
    "div",
    { class: "showing", hidden: () => !mayWrite(m.s) },
    box,
    scope.el("label", { text: () => m.t.t("chat.showing"), attrs: { for: "showing" } }),
    scope.el("p", { class: "muted", text: () => m.t.t("chat.showing_text"), attrs: { id: "showing-text" } }),
  );
}
