// Dialogs: help (P7), settings, how far the encryption reaches, and a photograph that is asked for. Built here
// rather than with <dialog>, which the oldest engines we promise do not know.
import type { Key } from "../texts";
import { pickers, speakerTest } from "./devices";
import { Scope } from "./dom";
import * as icons from "./icons";
import type { Hands, Model } from "./model";
import { sealed } from "./call";
import { leadBody } from "./lead";
import { call, paper } from "./parts";
import { pagesBody, pagesFoot } from "./pages";
import { photoBody, photoFoot, photoTitle } from "./photo";
import { secrecyPanel } from "./secrecy";

export type DialogName = "help" | "settings" | "secrecy" | "photo" | "lead" | "pages";

export class Dialog {
  readonly root: HTMLElement;
  private readonly scope = new Scope();
  private readonly box: HTMLElement;
  private readonly before: Element | null = document.activeElement;

  constructor(readonly name: DialogName, m: Model, hands: Hands, private readonly onClose: () => void) {
    const s = this.scope;
    const photo = name === "photo";
    const heading = (): Key => (name === "help" ? "aid.title" : name === "settings" ? "devices.title" : name === "lead" ? "lead.title" : name === "pages" ? "paper.title" : sealed(m)[0]);
    const title = s.el("h2", { attrs: { id: "dialog-title", tabindex: "-1" } }, photo ? photoTitle(s, m) : s.el("span", { text: () => m.t.t(heading()) }));
    const body = photo ? photoBody(s, m, hands) : name === "pages" ? pagesBody(s, m) : name === "help" ? help(s, m) : name === "settings" ? settings(s, m, hands) : name === "lead" ? leadBody(s, m, hands, () => this.onClose()) : secrecyPanel(s, m, hands);
    const close = photo ? null : s.button({ class: "icon-only", icon: icons.close, label: () => m.t.t("common.close"), press: () => this.onClose() });
    const foot = photo ? photoFoot(s, m, hands) : name === "pages" ? pagesFoot(s, m, hands) : s.el("div", { class: "dialog-foot" }, s.button({ class: "primary wide", label: () => m.t.t("common.close"), press: () => this.onClose() }));
    this.box = s.el("div", { class: "dialog" + (photo || name === "pages" ? " dialog-photo" : ""), attrs: { role: "dialog", "aria-modal": "true", "aria-labelledby": "dialog-title" } }, s.el("div", { class: "dialog-head" }, title, close), body, foot);
    this.root = s.el("div", { class: "veil" }, this.box);
    this.root.addEventListener("mousedown", (e) => {
      if (e.target === this.root && !photo) { // what is asked for is answered, not brushed away
        this.onClose();
      }
    });
    this.root.addEventListener("keydown", (e) => this.key(e));
  }

  focus(): void {
    const title = this.box.querySelector("h2");
    if (title) {
      title.focus();
    }
  }

  /** refresh keeps the focus inside when the button that has it goes. */
  refresh(): void {
    const held = this.box.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    this.scope.refresh();
    if (held && held.hidden) {
      this.focus();
    }
  }

  remove(): void {
    this.root.remove();
    const back = this.before as HTMLElement | null;
    if (back && back.focus && document.contains(back)) {
      back.focus();
    }
  }

  private key(e: KeyboardEvent): void {
    if (e.key === "Escape" || e.key === "Esc") {
      e.stopPropagation();
      this.onClose();
      return;
    }
    if (e.key !== "Tab") {
      return;
    }
    const stops = Array.from(this.box.querySelectorAll<HTMLElement>('button, input, a[href], select, summary, [tabindex="0"]')).filter((x) => x.offsetParent !== null);
    const first = stops[0];
    const last = stops[stops.length - 1];
    const at = document.activeElement;
    if (e.shiftKey && (at === first || at === this.box.querySelector("h2"))) {
      e.preventDefault();
      last.focus();
    } else if (!e.shiftKey && at === last) {
      e.preventDefault();
      first.focus();
    }
  }
}

function help(s: Scope, m: Model): HTMLElement {
  const causes = ["see", "heard", "hear", "echo", "slow", "network"];
  const list = s.el("div", { class: "causes" });
  for (const c of causes) {
    list.appendChild(s.el("details", {}, s.el("summary", {}, s.el("span", { text: () => m.t.t(("aid." + c) as Key) })), s.el("p", { text: () => m.t.t(("aid." + c + "_text") as Key) })));
  }
  // The page is BASE/r/CODE, whatever BASE is. A tab of its own, so that a call goes on.
  const diag = s.el("a", { class: "press", attrs: { href: "../diag", target: "_blank", rel: "noopener", "data-action": "diag" } }, s.icon(icons.wifi), s.el("span", { class: "label", text: () => m.t.t("aid.diag") + " " }), s.el("span", { class: "muted", text: () => m.t.t("aid.diag_opens") }));
  return s.el("div", { class: "dialog-body" }, list, s.el("p", {}, diag), s.el("p", { class: "papers" }, paper(s, m, "compat")), call(s, m, () => m.t.t("aid.phone")));
}

function settings(s: Scope, m: Model, hands: Hands): HTMLElement {
  return s.el("div", { class: "dialog-body" }, pickers(s, m, hands), speakerTest(s, m, hands));
}
