// What was written, oldest first, and who writes now. Each message is built once and stays, so
// that a screen reader says it once and a selection is kept.
import type { Message } from "../chat";
import { parts } from "../chat/text";
import { delivery, key } from "../panel";
import type { Key } from "../texts";
import { Scope, hole } from "./dom";
import type { Model } from "./model";
import { practitioner } from "./parts";

/** name is whom a message is from, also when they have left. */
export function name(m: Model, id: string): string {
  const p = m.s.people[id];
  return (p && p.name) || m.s.authors[id] || practitioner(m);
}

/** role is said of everybody but the practitioner and the patient, who know of each other. */
export function role(m: Model, id: string): string {
  const p = m.s.people[id];
  return p && p.role !== "clinician" && p.role !== "patient" ? m.t.t(("role." + p.role) as Key) : "";
}

interface Entry {
  root: HTMLElement;
  scope: Scope;
  shown: Message;
}

/** near: so close to the end, px, the newest is being read. */
const near = 64;

export class Messages {
  readonly root: HTMLElement;
  private readonly scope = new Scope();
  private readonly entries = new Map<string, Entry>();
  private readonly log: HTMLElement;

  constructor(private readonly m: Model, before: HTMLElement) {
    const s = this.scope;
    // Only what comes is said aloud: not that a message was delivered, nor each letter of a draft.
    this.log = s.el("div", { class: "said-all", attrs: { role: "log", "aria-live": "polite", "aria-relevant": "additions" } });
    this.root = s.el("div", { class: "talk", attrs: { tabindex: "0", role: "group", "aria-label": () => m.t.t("chat.messages") } }, before, this.log, this.writing());
  }

  refresh(): void {
    const box = this.scroller();
    const high = box.scrollHeight;
    const atEnd = high - box.scrollTop - box.clientHeight < near;
    const count = this.entries.size;
    const list = this.m.s.chat.messages;
    list.forEach((message, i) => {
      const entry = this.entries.get(key(message)) || this.add(message);
      entry.shown = message;
      if (this.log.children[i] !== entry.root) {
        this.log.insertBefore(entry.root, this.log.children[i] || null);
      }
      entry.scope.refresh();
    });
    this.scope.refresh();
    const last = list[list.length - 1];
    if ((atEnd && box.scrollHeight !== high) || (this.entries.size > count && last.mine)) {
      this.toEnd();
    }
  }

  toEnd(): void {
    const box = this.scroller();
    box.scrollTop = box.scrollHeight;
  }

  /** scroller is what scrolls: these messages, or where there is little height all of the panel. */
  private scroller(): Element {
    const panel = this.root.closest(".panel");
    return panel && panel.scrollHeight > panel.clientHeight + 1 ? panel : this.root;
  }

  private add(message: Message): Entry {
    const { m } = this;
    const scope = new Scope();
    const text = scope.el("p", { class: "said-text", attrs: { dir: "auto" } });
    for (const part of parts(message.text)) {
      text.appendChild(part.link ? link(part.text) : document.createTextNode(part.text));
    }
    const root = scope.el(
      "div",
      { class: "said" + (message.mine ? " mine" : "") },
      scope.el(
        "p",
        { class: "said-head" },
        scope.el("bdi", { class: "said-name", text: () => (message.mine ? m.t.t("devices.you") : name(m, message.from)) }),
        scope.el("span", { text: () => (message.mine ? "" : role(m, message.from)) }),
        scope.el("span", { class: "said-time", text: () => " · " + m.t.time(message.at) }),
      ),
      text,
    );
    const entry: Entry = { root, scope, shown: message };
    if (message.mine) {
      root.appendChild(this.state(scope, entry));
    }
    this.entries.set(key(message), entry);
    return entry;
  }

  /** state says in words how far a message of ours is. */
  private state(scope: Scope, entry: Entry): HTMLElement {
    const { m } = this;
    const is = () => delivery(m.s, entry.shown);
    const missing = () => entry.shown.missing.map((id) => name(m, id)).join(", ");
    const words = { sending: () => m.t.t("chat.sending"), delivered: () => m.t.t("chat.delivered"), missing: () => m.t.t(missing() ? "chat.missing" : "chat.missing_all", { name: hole }) };
    return scope.el("p", { class: () => "said-state said-" + is() }, scope.named(() => words[is()](), missing));
  }

  /** writing shows who writes now, and what, where they show it. */
  private writing(): HTMLElement {
    const { m } = this;
    const box = this.scope.el("div", { class: "writing" });
    this.scope.live(
      () => JSON.stringify([m.s.chat.writing, m.t.language]),
      () => {
        box.textContent = "";
        for (const w of m.s.chat.writing) {
          const s = new Scope();
          const who = s.el("p", { class: "said-head" }, s.named(() => m.t.t("chat.writing", { name: hole }), () => name(m, w.from)));
          box.appendChild(w.text ? s.el("div", { class: "said said-live" }, who, s.el("p", { class: "said-text", text: w.text, attrs: { dir: "auto" } })) : who);
        }
      },
    );
    return box;
  }
}

/** link leads to what somebody wrote, in a tab of its own that is told nothing of ours. */
function link(address: string): HTMLAnchorElement {
  const a = document.createElement("a");
  a.textContent = address;
  a.href = address;
  a.target = "_blank";
  a.rel = "noopener noreferrer nofollow";
  a.setAttribute("referrerpolicy", "no-referrer");
  return a;
}
