// The network test's screen: one button, a list that fills, a verdict, and a text to pass on.
import type { Language } from "../texts";
import { levelBar } from "../view/devices";
import { Scope } from "../view/dom";
import * as icons from "../view/icons";
import { heading, selfView } from "../view/parts";
import type { Seen } from "./devices";
import { figures, forIT, letter, mailto, port, sentences, tone, word, type Line, type State, type Verdict } from "./probe";
import type { Words } from "./words";

export interface Look extends Seen {
  w: Words;
  phase: "idle" | "running" | "done";
  lines: Line[];
  verdict: Verdict | "";
  at: Date;
  host: string;
  base: string;
  /** copied: whether the text is on the clipboard, or at least selected for the keyboard. */
  copied: "" | "yes" | "selected";
}

export interface Presses {
  start(): void;
  stop(): void;
  language(to: Language): void;
  devices(): void;
}

const marks: { [state in State]: string } = {
  waiting: icons.clock, running: icons.hourglass, good: icons.checkCircle, slow: icons.warning, failed: icons.failed, skipped: icons.info,
};

export class DiagView {
  private readonly scope = new Scope();
  private readonly lists: (() => void)[] = [];
  private built = false;

  constructor(private readonly doc: Document, private readonly look: Look, private readonly on: Presses) {}

  render(): void {
    if (!this.built) {
      this.build();
      this.built = true;
    }
    const html = this.doc.documentElement;
    html.lang = this.look.w.language;
    html.setAttribute("data-phase", this.look.phase);
    html.setAttribute("data-verdict", this.look.verdict);
    this.doc.title = this.look.w.d("document") + " – " + this.look.w.t("common.product");
    this.scope.refresh();
    this.lists.forEach((refresh) => refresh());
  }

  private build(): void {
    const s = this.scope;
    const root = this.doc.documentElement;
    const main = s.el("main", { attrs: { id: "main", tabindex: "-1" } }, this.test(), this.devices());
    const skip = s.el("a", { class: "skip", text: () => this.look.w.t("skip"), attrs: { href: "#main" } });
    skip.addEventListener("click", (e) => {
      e.preventDefault();
      main.focus();
    });
    const other = (): Language => (this.look.w.language === "fr" ? "en" : "fr");
    const language = s.button({
      class: "tool",
      label: () => this.look.w.t("language.switch"),
      attrs: { lang: other, "data-action": "language" },
      press: () => {
        this.on.language(other());
        this.look.copied = "";
        this.render();
      },
    });
    const brand = s.el("p", { class: "brand" }, s.el("span", { class: "mark", attrs: { "aria-hidden": "true" } }), s.el("span", { text: () => this.look.w.t("common.product") }));
    const app = this.doc.getElementById("app") as HTMLElement;
    app.textContent = "";
    [skip, s.el("header", { class: "top" }, brand, s.el("div", { class: "tools" }, language)), main].forEach((part) => app.appendChild(part));
    // Who uses the keyboard sees the focus, whatever the engine guesses.
    this.doc.addEventListener("keydown", (e) => e.key === "Tab" && root.classList.add("keys"), true);
    this.doc.addEventListener("mousedown", () => root.classList.remove("keys"), true);
  }

  private test(): HTMLElement {
    const s = this.scope;
    const d = this.look;
    const running = () => d.phase === "running";
    return s.el(
      "section",
      { class: "card diag" },
      heading(s, () => d.w.d("title")),
      s.el("p", { class: "lead", text: () => d.w.d("lead") }),
      s.el("p", { class: "private" }, s.icon(icons.shield), s.el("span", { text: () => d.w.d("private") })),
      s.button({
        class: () => (running() ? "secondary" : "primary") + " large",
        icon: () => (running() ? icons.close : d.phase === "done" ? icons.reload : icons.wifi),
        label: () => d.w.d(running() ? "stop" : d.phase === "done" ? "again" : "start"),
        attrs: { "data-action": "start" },
        press: () => (running() ? this.on.stop() : this.on.start()),
      }),
      this.said(),
      s.el("h2", { text: () => d.w.d("results") }),
      this.list(() => d.lines, "tests"),
      this.letter(),
    );
  }

  /** said is the verdict, and before it that the test goes on; a reader hears both. */
  private said(): HTMLElement {
    const s = this.scope;
    const d = this.look;
    const kind = () => (d.verdict ? tone(d.verdict) : "running");
    const words = () => (d.verdict ? sentences(d.w, d.verdict, d.lines) : { says: d.phase === "running" ? d.w.d("running") : "", action: d.phase === "running" ? d.w.d("running_text") : "" });
    return s.el(
      "div",
      { attrs: { role: "status", "aria-live": "polite", "data-said": "" } },
      s.el(
        "div",
        { class: () => "note verdict verdict-" + kind(), hidden: () => d.phase === "idle" },
        s.icon(() => ({ running: icons.hourglass, good: icons.checkCircle, warning: icons.warning, bad: icons.failed })[kind()]),
        s.el("div", { class: "note-words" }, s.el("p", { class: "note-title", text: () => words().says }), s.el("p", { text: () => words().action })),
      ),
    );
  }

  /** list shows lines; it is built anew only when there are others. */
  private list(lines: () => Line[], label: string): HTMLElement {
    const s = this.scope;
    // The role is said because Safari takes it from lists without bullets.
    const ul = s.el("ul", { class: "tries", attrs: { role: "list", "data-list": label } });
    let inner = new Scope();
    this.lists.push(() => inner.refresh());
    s.live(
      () => lines().map((l) => l.id).join(" "),
      () => {
        inner = new Scope();
        ul.textContent = "";
        lines().forEach((_, i) => ul.appendChild(this.item(inner, () => lines()[i])));
      },
    );
    return ul;
  }

  private item(s: Scope, of: () => Line): HTMLElement {
    const d = this.look;
    const where = () => {
      const l = of();
      const away = l.target && l.target.host !== d.host.replace(/:\d+$/, "").replace(/^\[|\]$/g, "") ? " " + l.target.host : "";
      return l.target ? port(d.w, l) + away : "";
    };
    return s.el(
      "li",
      { class: () => "try try-" + of().state, attrs: { "data-test": () => of().id, "data-state": () => of().state, "data-why": () => of().why || null } },
      s.icon(() => marks[of().state]),
      s.el("p", { class: "try-what" }, s.el("span", { class: "try-name", text: () => d.w.d(("test." + of().kind) as "test.stun") }), " ", s.el("span", { class: "try-port", text: where, hidden: () => !where() })),
      s.el("p", { class: "try-state", text: () => word(d.w, of()) }),
      s.el("p", { class: "try-figures", text: () => figures(d.w, of()).join(" · "), hidden: () => figures(d.w, of()).length === 0, attrs: { "data-figures": "" } }),
    );
  }

  private text(brief = false): string {
    const d = this.look;
    const lines = d.lines.concat(d.devices || []);
    return d.verdict ? letter(d.w, { lines, verdict: d.verdict, host: d.host, base: d.base, at: d.at }, brief) : "";
  }

  private letter(): HTMLElement {
    const s = this.scope;
    const d = this.look;
    const area = s.el("textarea", { attrs: { id: "letter", readonly: "", rows: "12", spellcheck: "false" } });
    s.live(
      () => this.text(),
      (text) => {
        area.value = text;
        area.rows = Math.min(24, text.split("\n").length + 1);
      },
    );
    const copy = async () => {
      d.copied = (await toClipboard(area)) ? "yes" : "selected";
      this.render();
    };
    // Who must act finds the text open; who need not, folded.
    const folded = () => d.verdict !== "" && tone(d.verdict) === "good";
    const box = s.el(
      "details",
      { class: "letter", hidden: () => !forIT(d.verdict) },
      s.el("summary", {}, s.el("span", { text: () => d.w.d("it.title") })),
      s.el("p", { text: () => d.w.d("it.text") }),
      s.el("label", { class: "hidden-words", text: () => d.w.d("it.label"), attrs: { for: "letter" } }),
      area,
      s.el(
        "div",
        { class: "row" },
        s.button({ class: "secondary", icon: () => (d.copied === "yes" ? icons.check : icons.copy), label: () => d.w.d(d.copied === "yes" ? "it.copied" : "it.copy"), attrs: { "data-action": "copy" }, press: copy }),
        this.mail(copy),
      ),
      s.el("p", { class: () => (d.copied === "yes" ? "hidden-words" : "letter-said"), attrs: { role: "status" }, text: () => (d.copied ? d.w.d(d.copied === "yes" ? "it.copied" : "it.select") : "") }),
    );
    s.live(
      () => d.phase === "done" && !folded(),
      (open) => (box.open = open),
    );
    return box;
  }

  /** mail opens a message; the text is copied too, for where it is too long to be handed over. */
  private mail(copy: () => void): HTMLElement {
    const s = this.scope;
    const d = this.look;
    const a = s.el("a", { class: "press", attrs: { href: () => mailto(d.w, [this.text(), this.text(true)]), "data-action": "mail" } }, s.icon(icons.envelope), s.el("span", { class: "label", text: () => d.w.d("it.mail") }));
    a.addEventListener("click", copy);
    return a;
  }

  private devices(): HTMLElement {
    const s = this.scope;
    const d = this.look;
    const going = () => (d.devices || []).some((l) => l.state === "running") || d.self !== null;
    return s.el(
      "section",
      { class: "card diag", attrs: { "data-devices": "" } },
      s.el("h2", { text: () => d.w.d("devices.title") }),
      s.el("p", { text: () => d.w.d("devices.text") }),
      s.button({
        class: "secondary wide",
        icon: () => (going() ? icons.close : icons.webcam),
        label: () => d.w.d(going() ? "devices.stop" : "devices.start"),
        attrs: { "data-action": "devices" },
        press: () => this.on.devices(),
      }),
      s.el("div", { class: "preview-frame", hidden: () => d.self === null }, selfView(s, d, () => d.w.t("devices.preview"))),
      s.el("div", { hidden: () => !going() }, levelBar(s, () => d.level)),
      s.el("div", { hidden: () => d.devices === null }, this.list(() => d.devices || [], "devices")),
    );
  }
}

/** toClipboard copies what area holds, or selects it for the keyboard. */
async function toClipboard(area: HTMLTextAreaElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(area.value);
    return true;
  } catch (e) {
    area.focus();
    area.select();
    try {
      return document.execCommand("copy");
    } catch (x) {
      return false;
    }
  }
}
