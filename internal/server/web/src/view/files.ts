// The files in P5: what stands in the panel, and the word over the picture when one comes while
// the panel is closed; and in P6 what was received.
import type { Item } from "../files/engine";
import { deaf } from "../panel";
import { maySend } from "../transfers";
import { Scope, hole } from "./dom";
import { FileEntry, pictureOf, warned } from "./file";
import * as icons from "./icons";
import { name } from "./messages";
import type { Hands, Model } from "./model";
import type { TabBody } from "./panel";

/** fileNotice points to the newest file, while the files are not shown. */
export function fileNotice(scope: Scope, m: Model, hands: Hands): HTMLElement {
  const it = () => m.s.arrived;
  return scope.el(
    "div",
    { class: "banner chat-notice file-notice", hidden: () => it() === null },
    scope.el(
      "button",
      { class: "chat-notice-open", attrs: { type: "button", "data-action": "file-notice" }, press: () => hands.send({ type: "panel", panel: "files" }) },
      scope.icon(icons.file),
      scope.el(
        "span",
        { class: "chat-notice-words" },
        scope.el("span", { class: "banner-title" }, scope.named(() => m.t.t("files.arrived", { name: hole }), () => sender(m, it()))),
        scope.el("bdi", { class: "chat-notice-text", text: () => (it() ? (it() as Item).name : "") }),
        scope.el("span", { class: "hidden-words", text: () => m.t.t("files.open") }),
      ),
    ),
    scope.button({ class: "icon-only", icon: icons.close, label: () => m.t.t("chat.dismiss"), press: () => hands.send({ type: "dismiss_file" }) }),
  );
}

function sender(m: Model, it: Item | null): string {
  return it ? name(m, it.from) : "";
}

/** filesTab is how to send files, and all that were sent. */
export function filesTab(m: Model, hands: Hands): TabBody {
  const scope = new Scope();
  const entries = new Map<string, FileEntry>();
  const list = scope.el("ul", { class: "files", hidden: () => m.s.files.length === 0, attrs: { "aria-label": () => m.t.t("files.list") } });
  const scroll = scope.el("div", { class: "files-scroll", attrs: { tabindex: "0", role: "group", "aria-label": () => m.t.t("files.list") } }, empty(scope, m), list);
  const root = scope.el("div", { class: () => "panel-body files-body" + (m.s.files.length > 0 ? " begun" : "") }, sending(scope, m, hands), scroll);
  const refresh = () => {
    scope.refresh();
    const now = m.s.files.slice().reverse(); // what is new is on top
    entries.forEach((entry, id) => {
      if (!now.some((it) => it.id === id)) {
        entry.remove();
        entries.delete(id);
      }
    });
    now.forEach((it, i) => {
      const entry = entries.get(it.id) || new FileEntry(m, hands, it);
      entries.set(it.id, entry);
      if (list.children[i] !== entry.root) {
        list.insertBefore(entry.root, list.children[i] || null);
      }
      entry.show(it);
    });
  };
  return { root, refresh, opened: () => null, leave: () => entries.forEach((entry) => entry.remove()) };
}

/** sending is the button that is a place to drop files on as well. */
function sending(scope: Scope, m: Model, hands: Hands): HTMLElement {
  const input = scope.el("input", { class: "hidden-words", attrs: { type: "file", multiple: "", tabindex: "-1", "aria-hidden": "true", "data-control": "files" } });
  input.addEventListener("change", () => {
    hands.send({ type: "offer_files", files: Array.from(input.files || []) });
    input.value = ""; // the same file may be chosen again
  });
  const send = scope.el(
    "button",
    { class: "drop", hidden: () => !maySend(m.s), attrs: { type: "button", "data-action": "send-file" }, press: () => input.click() },
    scope.icon(icons.upload),
    scope.el("span", { class: "drop-words" }, scope.el("span", { class: "label strong", text: () => m.t.t("files.send") }), scope.el("span", { class: "drop-hint", hidden: m.touch, text: () => m.t.t("files.drop") })),
  );
  return scope.el(
    "div",
    { class: "sending" },
    send,
    input,
    scope.el("p", { class: "composer-remark", hidden: () => m.s.able.keys, text: () => m.t.t("files.unable") }),
    scope.el("p", { class: "composer-remark", hidden: () => !m.s.able.keys || deaf(m.s).length === 0 }, scope.named(() => m.t.t("files.deaf", { name: hole }), () => deaf(m.s).map((id) => name(m, id)).join(", "))),
    scope.el("p", { class: "muted sending-limit", hidden: () => !m.s.able.keys }, () => m.t.t("files.limit", { size: m.t.size(m.s.store ? m.s.store.limit : 0) }), " ", scope.el("span", { text: () => m.t.t("files.sealed") })),
  );
}

function empty(scope: Scope, m: Model): HTMLElement {
  return scope.el(
    "div",
    { class: "talk-empty", hidden: () => m.s.files.length > 0 },
    scope.icon(icons.file),
    scope.el("p", { class: "strong", text: () => m.t.t("files.empty") }),
    scope.el("p", { text: () => m.t.t("files.empty_text") }),
  );
}

/** keptFiles are those that were received in stays that are over; null when there is nothing to
 * say of any. */
export function keptFiles(scope: Scope, m: Model, hands: Hands): HTMLElement | null {
  const { kept, missed } = m.s;
  if (kept.length === 0 && missed.length === 0) {
    return null;
  }
  const list = scope.el("ul", { class: "files" });
  for (const file of kept) {
    const saved = () => m.s.kept.some((k) => k.id === file.id && k.saved);
    const button = scope.button({
      class: () => (saved() ? "secondary" : "primary"),
      icon: () => (saved() ? icons.check : icons.download),
      label: () => m.t.t("files.save"),
      attrs: { "aria-label": () => m.t.t("files.named", { action: m.t.t(saved() ? "files.again" : "files.save"), name: file.name }), "data-action": "save" },
      press: () => hands.send({ type: "save", id: file.id }),
    });
    list.appendChild(scope.el(
      "li",
      { class: "file" },
      pictureOf(scope, m, () => file.thumbnail, () => icons.file),
      scope.el(
        "div",
        { class: "file-words" },
        scope.el("p", { class: "file-name" }, scope.el("bdi", { text: file.name })),
        scope.el("p", { class: "muted" }, () => m.t.size(file.size), file.from ? " · " : null, file.from ? scope.named(() => m.t.t("files.from", { name: hole }), () => file.from) : null),
        warned(scope, m, () => file.warning),
        scope.el("p", { class: "file-state", attrs: { role: "status" }, text: () => (saved() ? m.t.t("files.saved") : "") }),
      ),
      scope.el("div", { class: "file-buttons" }, button),
    ));
  }
  const box = scope.el("div", { class: "kept kept-files" }, scope.el("h2", { text: () => m.t.t("files.kept") }));
  if (kept.length > 0) {
    box.appendChild(scope.el("p", { text: () => m.t.t("files.kept_text") }));
    box.appendChild(list);
  }
  for (const mine of [false, true]) {
    const names = missed.filter((f) => f.mine === mine).map((f) => f.name);
    if (names.length > 0) {
      box.appendChild(scope.el("div", { class: "note note-waiting" }, scope.icon(icons.warning), scope.el("p", {}, scope.named(() => m.t.t(mine ? "files.unsent" : "files.missed", { name: hole }), () => names.join(", ")))));
    }
  }
  return box;
}
