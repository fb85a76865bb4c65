// Of which page of a PDF a picture shall lie under the drawing: one is seen, others are leafed to.
import { reason, type Paper, type Why } from "../paper/paper";
import type { Scope } from "./dom";
import * as icons from "./icons";
import type { Hands, Model } from "./model";

/** seenAt is the longer side of a page in the dialog, in pixels: enough to know it by. */
const seenAt = 1400;
/** few pages are leafed through; among more of them a number is typed. */
const few = 8;

/** Leafing is a PDF that is leafed through. */
export class Leafing {
  /** number is the page, from 0; seen is its picture once it is here, trouble why it is not. */
  number = 0;
  seen: HTMLCanvasElement | null = null;
  trouble: Why | "" = "";
  private drawing = false;
  private kept = false;
  private over = false;

  /** lay is told which page was chosen, and has to close the paper then; changed that there is
   * something to show. */
  constructor(readonly paper: Paper, private readonly lay: (number: number) => void, private readonly changed: () => void) {
    void this.draw();
  }

  /** turn goes to a page, or to the nearest there is. */
  turn(number: number): void {
    this.number = Math.min(Math.max(number, 0), this.paper.pages - 1);
    this.seen = null;
    this.trouble = "";
    void this.draw();
    this.changed();
  }

  /** choose lays the page that is seen. */
  choose(): void {
    if (this.seen && !this.over) {
      this.kept = true;
      this.lay(this.number);
    }
  }

  /** close ends it, and the paper unless its page is laid. */
  close(): void {
    this.over = true;
    if (!this.kept) {
      this.paper.close();
    }
  }

  /** draw draws the page; who leafs on meanwhile sees the last one only. */
  private async draw(): Promise<void> {
    if (this.drawing) {
      return;
    }
    this.drawing = true;
    let seen: HTMLCanvasElement | null = null;
    let trouble: Why | "" = "";
    const { number } = this;
    try {
      seen = await this.paper.page(number, seenAt);
    } catch (e) {
      trouble = reason(e);
    }
    this.drawing = false;
    if (this.over) {
      return;
    }
    if (number !== this.number) {
      return this.draw();
    }
    this.seen = seen;
    this.trouble = trouble;
    this.changed();
  }
}

const at = (m: Model) => (m.leafing ? m.leafing.number : 0);
const pages = (m: Model) => (m.leafing ? m.leafing.paper.pages : 1);

/** pagesBody shows the page, and leads to others. */
export function pagesBody(s: Scope, m: Model): HTMLElement {
  const turn = (by: number) => () => m.leafing && m.leafing.turn(m.leafing.number + by);
  const leaf = (to: "before" | "next", by: number) =>
    s.button({ class: "secondary icon-only page-" + to, icon: icons.arrowLeft, label: () => m.t.t(to === "before" ? "paper.before" : "paper.next"), attrs: { "data-action": "page-" + to, "aria-disabled": () => ((by < 0 ? at(m) === 0 : at(m) === pages(m) - 1) ? "true" : null) }, press: turn(by) });
  const frame = s.el("div", { class: "page-frame" });
  s.live(
    () => m.leafing && m.leafing.seen,
    (seen) => {
      const old = frame.querySelector("canvas");
      if (old) {
        frame.removeChild(old);
      }
      if (seen) {
        seen.setAttribute("role", "img");
        seen.setAttribute("aria-label", where(m));
        frame.appendChild(seen);
      }
    },
  );
  const trouble = () => (m.leafing ? m.leafing.trouble : "");
  frame.appendChild(s.el("p", { hidden: () => !m.leafing || m.leafing.seen !== null, text: () => m.t.t(trouble() === "" ? "paper.coming" : (`paper.${trouble() as Why}` as const)), attrs: { role: "status" } }));
  return s.el(
    "div",
    { class: "dialog-body pages" },
    s.el("div", { class: "page-ways" }, s.el("div", { class: "page-leaf" }, leaf("before", -1), s.el("p", { text: () => where(m), attrs: { "aria-live": "polite" } }), leaf("next", 1)), pages(m) > few && go(s, m)),
    frame,
  );
}

const where = (m: Model) => m.t.t("paper.of", { n: at(m) + 1, pages: pages(m) });

/** go takes the number of a page. What is none changes nothing. */
function go(s: Scope, m: Model): HTMLElement {
  const entry = s.el("input", { attrs: { type: "text", inputmode: "numeric", autocomplete: "off", maxlength: "3", id: "page-go" } });
  const form = s.el("form", { class: "page-go" }, s.el("label", { text: () => m.t.t("paper.go"), attrs: { for: "page-go" } }), entry);
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    const number = /^\s*\d+\s*$/.test(entry.value) ? Number(entry.value) : 0;
    entry.value = "";
    if (number > 0 && m.leafing) {
      m.leafing.turn(number - 1);
    }
  });
  return form;
}

/** pagesFoot lays the page, or nothing. */
export function pagesFoot(s: Scope, m: Model, hands: Hands): HTMLElement {
  const none = () => !m.leafing || m.leafing.seen === null;
  return s.el(
    "div",
    { class: "dialog-foot" },
    s.button({ class: () => "primary wide" + (none() ? " busy" : ""), icon: icons.pen, label: () => m.t.t("paper.lay"), hidden: () => !m.leafing || m.leafing.trouble !== "", attrs: { "data-action": "page-lay", "aria-disabled": () => (none() ? "true" : null) }, press: () => m.leafing && m.leafing.choose() }),
    s.el("div", { class: "photo-rest" }, s.button({ class: "secondary", icon: icons.close, label: () => m.t.t("common.cancel"), attrs: { "data-action": "page-cancel" }, press: () => hands.closeDialog() })),
  );
}
