// The whiteboard with its tools: one row of buttons, and three drawers for tools, style and
// the rest. It knows no line and no room: whoever shows it meets, hears and takes.
import type { Board } from "../board/board";
import type { Reason } from "../board/limits";
import { png } from "../board/paint";
import { svg } from "../board/svg";
import type { Key, Texts } from "../texts";
import { BoardStage, inks, letterSize, type Tool } from "./boardstage";
import { Scope } from "./dom";
import * as icons from "./icons";

export interface BoardHands {
  name(peer: string): string;
  /** picture: the person chose a file to lie under the drawing. Give it to send() of
   * board/ground.ts, and call setGround here and on the board. Null where none can be sent. */
  picture: ((file: File) => void) | null;
  /** save keeps an export on the person's device. */
  save(content: Blob, ending: "png" | "svg"): void;
}

const tools: [Tool, string, Key][] = [
  ["pen", icons.pen, "board.pen"],
  ["high", icons.highlighter, "board.high"],
  ["line", icons.line, "board.line"],
  ["arrow", icons.arrow, "board.arrow"],
  ["rect", icons.rectangle, "board.rect"],
  ["oval", icons.ellipse, "board.oval"],
  ["text", icons.letters, "board.text"],
  ["eraser", icons.eraser, "board.eraser"],
  ["laser", icons.pointing, "board.laser"],
  ["hand", icons.hand, "board.hand"],
];
const colours: Key[] = ["board.black", "board.blue", "board.orange", "board.green", "board.violet", "board.brown"];
const widths: Key[] = ["board.fine", "board.medium", "board.thick", "board.broad"];

type Drawer = "" | "tools" | "style" | "more" | "clear";

export class BoardView {
  readonly root: HTMLElement;
  readonly stage: BoardStage;
  private readonly scope = new Scope();
  private readonly entry: HTMLFormElement;
  private readonly letters: HTMLTextAreaElement;
  private drawer: Drawer = "";
  private said: Key | "" = "";
  private ground: HTMLCanvasElement | HTMLImageElement | null = null;
  private place = { x: 0, y: 0, pressure: 0 };

  constructor(private readonly b: Board, private readonly t: Texts, private readonly hands: BoardHands, around = "#0a1113") {
    const s = this.scope;
    this.stage = new BoardStage(
      b,
      {
        name: hands.name,
        write: (at, x, y) => this.write(at, x, y),
        clear: () => this.open("clear"),
        refused: (reason) => this.refused(reason),
        changed: () => this.refresh(),
      },
      around,
    );
    this.stage.label(t.t(b.mayDraw ? "board.canvas" : "board.canvas_watch"), "board-how");
    if (!b.mayDraw) {
      this.stage.tool = "hand";
    }
    this.letters = s.el("textarea", { attrs: { rows: "2", maxlength: "500", "aria-label": () => t.t("board.text_label") } });
    this.entry = s.el("form", { class: "board-entry", hidden: true }, this.letters, this.button("", "board.text_put", icons.check, () => this.put()), this.button("", "common.cancel", icons.close, () => this.leaveEntry(), true));
    this.entry.addEventListener("submit", (e) => e.preventDefault());
    this.entry.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && !e.shiftKey) {
        e.preventDefault();
        this.put();
      } else if (e.key === "Escape" || e.key === "Esc") {
        e.stopPropagation();
        this.leaveEntry();
      }
    });
    this.stage.root.appendChild(this.entry);
    const how = s.el("p", { class: "hidden-words", text: () => t.t("board.how"), attrs: { id: "board-how" } });
    const said = s.el("p", { class: "board-said", text: () => (this.said ? t.t(this.said) : ""), attrs: { role: "status" } });
    this.root = s.el("section", { class: "board", attrs: { "aria-label": () => t.t("board.title") } }, this.stage.root, how, said, s.el("div", { class: "board-foot" }, this.drawers(), this.bar()));
    // Who draws on wants to see what is under an open drawer.
    for (const name of ["mousedown", "touchstart", "pointerdown"]) {
      this.stage.root.addEventListener(name, () => this.drawer && this.open(""));
    }
    this.root.addEventListener("keydown", (e) => {
      if ((e.key === "Escape" || e.key === "Esc") && this.drawer) {
        e.stopPropagation();
        this.open("");
        this.stage.focus();
      }
    });
  }

  refresh(): void {
    this.scope.refresh();
  }

  /** say shows a sentence until something else is done. */
  say(key: Key | ""): void {
    this.said = key;
    this.refresh();
  }

  /** refused says in a sentence why something could not be done. */
  refused(reason: Reason | "picture" | "missing"): void {
    this.said = reason === "picture" ? "board.picture_refused" : reason === "missing" ? "board.picture_missing" : reason === "full" && this.b.full ? "board.full" : reason === "watch" ? "board.watching" : "board.refused";
    this.refresh();
  }

  /** setGround gives the content of the board's ground, once it is here. */
  setGround(image: HTMLCanvasElement | HTMLImageElement | null): void {
    this.ground = image;
    this.stage.setGround(image);
  }

  private button(cls: string, label: Key, icon: string, press: () => void, quiet = false, extra: { [name: string]: () => string | null } = {}): HTMLButtonElement {
    return this.scope.button({ class: "board-button " + cls + (quiet ? " icon-only" : ""), icon, label: () => this.t.t(label), attrs: { "aria-label": () => this.t.t(label), ...extra }, press });
  }

  private bar(): HTMLElement {
    const s = this.scope;
    const opens = (name: Drawer, label: Key, icon: () => string) =>
      s.button({
        class: () => "board-button board-opens" + (this.drawer === name ? " on" : ""),
        icon,
        label: () => (name === "tools" ? this.t.t(this.tool()[2]) : this.t.t(label)),
        attrs: { "aria-expanded": () => String(this.drawer === name), "aria-label": () => (name === "tools" ? this.t.t(label) + ", " + this.t.t(this.tool()[2]) : this.t.t(label)), "data-opens": name },
        press: () => this.open(this.drawer === name ? "" : name),
      });
    const style = opens("style", "board.style", () => icons.pen);
    const sample = s.el("span", { class: () => "board-sample ink-" + this.stage.style.colour + " wide-" + this.stage.style.width, attrs: { "aria-hidden": "true" } });
    const icon = style.querySelector(".icon");
    if (icon) {
      style.replaceChild(sample, icon);
    }
    const list = this.b.mayDraw
      ? [
          opens("tools", "board.tools", () => this.tool()[1]),
          style,
          this.button("", "board.undo", icons.undo, () => this.act(() => this.b.undo()), true, { "aria-disabled": () => (this.b.canUndo ? null : "true") }),
          this.button("", "board.redo", icons.redo, () => this.act(() => this.b.redo()), true, { "aria-disabled": () => (this.b.canRedo ? null : "true") }),
        ]
      : [s.el("p", { class: "board-watching", text: () => this.t.t("board.watching") })];
    return s.el("div", { class: "board-bar" }, ...list, opens("more", "board.more", () => icons.dots));
  }

  private tool(): [Tool, string, Key] {
    return tools.filter(([tool]) => tool === this.stage.tool)[0];
  }

  private act(call: () => void): void {
    this.said = "";
    call();
    this.refresh();
  }

  private open(name: Drawer): void {
    this.drawer = name;
    this.said = "";
    this.refresh();
    const first = name && this.root.querySelector(`[data-drawer="${name}"] button[aria-pressed="true"], [data-drawer="${name}"] button`);
    if (first) {
      (first as HTMLElement).focus();
    }
  }

  private drawers(): HTMLElement {
    const s = this.scope;
    const drawer = (name: Drawer, label: Key, ...inside: HTMLElement[]) =>
      s.el("div", { class: "board-drawer", hidden: () => this.drawer !== name, attrs: { role: "group", "aria-label": () => this.t.t(label), "data-drawer": name } }, ...inside);
    const choose = (change: () => void) => () => {
      change();
      this.open("");
      this.stage.focus();
    };
    const toolButtons = tools.map(([tool, icon, label]) => this.button("", label, icon, choose(() => (this.stage.tool = tool)), false, { "aria-pressed": () => String(this.stage.tool === tool), "data-tool": () => tool }));
    const swatch = (cls: string, label: Key, on: () => boolean, press: () => void) => {
      const b = s.button({ class: "board-button", label: () => this.t.t(label), attrs: { "aria-pressed": () => String(on()) }, press });
      b.insertBefore(s.el("span", { class: "board-sample " + cls, attrs: { "aria-hidden": "true" } }), b.firstChild);
      return b;
    };
    const style = this.stage.style;
    const colourButtons = colours.map((label, i) => swatch("ink-" + i + " wide-2", label, () => style.colour === i, () => this.act(() => (style.colour = i))));
    const widthButtons = widths.map((label, i) => swatch("ink-0 wide-" + i, label, () => style.width === i, () => this.act(() => (style.width = i))));
    const group = (label: Key, list: HTMLElement[]) => s.el("div", { class: "board-group", attrs: { role: "group", "aria-label": () => this.t.t(label) } }, ...list);
    return s.el(
      "div",
      { class: "board-drawers" },
      drawer("tools", "board.tools", ...toolButtons),
      drawer("style", "board.style", group("board.colours", colourButtons), group("board.widths", widthButtons)),
      drawer("more", "board.more", ...this.rest()),
      drawer("clear", "board.clear", s.el("p", { text: () => this.t.t("board.clear_ask") }), this.button("", "board.clear", icons.trash, choose(() => this.clear())), this.button("", "common.cancel", icons.close, choose(() => undefined))),
    );
  }

  private rest(): HTMLElement[] {
    const zoom = [
      this.button("", "board.nearer", icons.zoomIn, () => this.stage.enlarge(1.5)),
      this.button("", "board.farther", icons.zoomOut, () => this.stage.enlarge(1 / 1.5)),
      this.button("", "board.whole", icons.whole, () => this.stage.whole()),
    ];
    const keep = [
      this.button("", "board.png", icons.download, () => png(this.b, this.ground).then((blob) => this.hands.save(blob, "png"), () => this.refused("picture"))),
      this.button("", "board.svg", icons.download, () => this.hands.save(new Blob([svg(this.b, this.groundPNG())], { type: "image/svg+xml" }), "svg")),
    ];
    if (!this.b.mayDraw) {
      return zoom.concat(keep);
    }
    const file = this.scope.el("input", { hidden: true, attrs: { type: "file", accept: "image/png,image/jpeg,application/pdf", tabindex: "-1" } });
    file.addEventListener("change", () => {
      if (file.files && file.files[0] && this.hands.picture) {
        this.hands.picture(file.files[0]);
        this.open("");
      }
      file.value = "";
    });
    const remove = this.button("", "board.no_ground", icons.close, () => this.act(() => this.b.setGround(null)), false);
    this.scope.live(() => this.b.ground === null, (none) => (remove.hidden = none));
    const add = this.hands.picture ? [this.button("", "board.ground", icons.image, () => file.click(), false, { "data-action": () => "ground" })] : [];
    return zoom.concat(add, [remove], keep, [this.button("board-risky", "board.clear", icons.trash, () => this.open("clear")), file as HTMLElement as HTMLButtonElement]);
  }

  private groundPNG(): string {
    if (!this.ground) {
      return "";
    }
    const canvas = document.createElement("canvas");
    canvas.width = this.ground.width;
    canvas.height = this.ground.height;
    (canvas.getContext("2d") as CanvasRenderingContext2D).drawImage(this.ground, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1];
  }

  private clear(): void {
    try {
      this.b.clear();
    } catch (e) {
      this.refused("full");
    }
  }

  /** write opens the field for a text where it will stand. */
  private write(at: { x: number; y: number; pressure: number }, x: number, y: number): void {
    this.place = at;
    this.entry.hidden = false;
    this.letters.value = "";
    const root = this.stage.root;
    this.entry.style.left = Math.max(0, Math.min(x, root.clientWidth - this.entry.offsetWidth - 8)) + "px";
    this.entry.style.top = Math.max(0, Math.min(y, root.clientHeight - this.entry.offsetHeight - 8)) + "px";
    this.letters.style.color = inks[this.stage.style.colour];
    this.letters.setAttribute("data-size", String(letterSize(this.stage.style)));
    // After the press that opened it, which would take the focus away again.
    setTimeout(() => this.letters.focus(), 0);
  }

  private put(): void {
    try {
      this.b.text(this.stage.style, this.place, this.letters.value);
    } catch (e) {
      this.refused("full");
    }
    this.leaveEntry();
  }

  private leaveEntry(): void {
    this.entry.hidden = true;
    this.stage.focus();
    this.refresh();
  }
}
