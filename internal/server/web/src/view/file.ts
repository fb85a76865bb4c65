// One file in the list: what it is, how far it is in words and as a bar, and what can be done.
// It is built once and stays, so that the focus does.
import type { State } from "../state";
import { mayLay } from "../drawing";
import type { Act } from "../files";
import type { Item } from "../files/engine";
import type { Key } from "../texts";
import { Scope, hole } from "./dom";
import * as icons from "./icons";
import { name } from "./messages";
import type { Hands, Model } from "./model";

/** warned says what somebody should know before they open a file. */
export function warned(scope: Scope, m: Model, warning: () => Item["warning"]): HTMLElement {
  return scope.el(
    "p",
    { class: "file-warning", hidden: () => warning() === "" },
    scope.icon(icons.warning),
    scope.el("span", { text: () => (warning() ? m.t.t(("transfer.warning." + warning()) as Key) : "") }),
  );
}

/** pictureOf is a small picture of a file, or a drawing that stands for it. */
export function pictureOf(scope: Scope, m: Model, picture: () => Blob | null, drawing: () => string): HTMLElement {
  const box = scope.el("span", { class: "file-picture" }, scope.icon(drawing));
  let image: HTMLImageElement | null = null;
  scope.live(picture, (blob) => {
    if (image) {
      image.remove();
      image = null;
    }
    if (blob) {
      const url = URL.createObjectURL(blob);
      image = scope.el("img", { attrs: { alt: () => m.t.t("files.preview") } });
      image.onload = image.onerror = () => URL.revokeObjectURL(url);
      image.src = url;
      box.appendChild(image);
    }
    box.classList[blob ? "add" : "remove"]("has-picture");
  });
  return box;
}

type Button = { label: Key; icon: string; primary?: boolean; act: Act | "save" | "lay" };

/** first is what is done with a file mostly, second what ends it. */
function first(it: Item, saved: boolean): Button | null {
  const pause: Button = { act: "pause", label: "files.pause", icon: icons.pause };
  switch (it.state) {
    case "uploading":
    case "fetching":
      return pause;
    case "paused":
      return it.problem === "by_hand" ? { act: "resume", label: "files.resume", icon: icons.play, primary: true } : pause;
    case "ready":
      return it.mine ? null : { act: "take", label: "files.take", icon: icons.download, primary: true };
    case "done":
      return it.mine || !it.file ? null : { act: "save", label: saved ? "files.again" : "files.save", icon: saved ? icons.check : icons.download, primary: !saved };
    case "failed":
      return !it.mine && /^(memory|declined|refused)$/.test(it.problem) ? { act: "take", label: "files.take", icon: icons.download, primary: true } : null;
  }
  return null;
}

function second(s: State, it: Item): Button | null {
  const cancel: Button = { act: "cancel", label: "files.cancel", icon: icons.close };
  switch (it.state) {
    case "uploading":
    case "fetching":
    case "paused":
      return cancel;
    case "ready":
      return it.mine ? { ...cancel, label: "files.withdraw" } : { act: "decline", label: "files.decline", icon: icons.close };
    case "done":
      return mayLay(s, it) ? { act: "lay", label: "files.lay", icon: icons.pen } : null;
  }
  return null;
}

/** own are the problems that a patient is told in other words than a clinician. */
const own = ["storage", "refused", "off", "quota"];
const shared = ["empty", "too_large", "too_many", "unreadable", "changed", "forged", "gone", "left", "memory", "declined", "offline", "by_hand"];

/** problem says what is wrong and what to do next; of what is not known, that it did not go. */
export function problem(m: Model, why: string): string {
  const key = own.indexOf(why) >= 0 ? "files.problem." + why : shared.indexOf(why) >= 0 ? "transfer.problem." + why : "files.problem.other";
  return m.t.t(key as Key, { limit: m.t.size(m.s.store ? m.s.store.limit : 0) });
}

/** state is how far a file is, around the name of somebody where there is a hole. */
function state(m: Model, it: Item): { sentence: string; name: string } {
  const say = (key: Key, who = "") => ({ sentence: m.t.t(key, { name: hole, n: percent(it) }), name: who });
  switch (it.state) {
    case "uploading":
      return say("files.sending");
    case "fetching":
      return say("files.fetching");
    case "checking":
      return say("files.checking");
    case "paused":
    case "failed":
      return { sentence: problem(m, it.problem), name: "" };
    case "withdrawn":
      return it.mine ? say("files.withdrawn") : say("files.withdrawn_by", name(m, it.from));
  }
  if (!it.mine) {
    return it.state === "done" ? say(m.s.saved[it.id] ? "files.saved" : "files.here") : it.problem ? { sentence: problem(m, it.problem), name: "" } : say(it.whole ? "files.offered" : "files.arriving");
  }
  const of = (reply: string) => Object.keys(it.replies).filter((id) => it.replies[id] === reply);
  const names = (ids: string[]) => ids.map((id) => name(m, id)).join(", ");
  const no = of("refused").filter((id) => it.reasons[id] !== "gone" && it.reasons[id] !== "left");
  const got = of("received");
  if (no.length > 0) {
    const why = it.reasons[no[0]];
    return say(why === "declined" ? "files.refused" : why === "infected" ? "files.refused_infected" : "files.refused_other", name(m, no[0]));
  }
  return got.length === 0 ? say("files.waiting") : say(it.state === "done" ? "files.got" : "files.got_some", names(got));
}

/** fileState is the same in one plain sentence. */
export function fileState(m: Model, it: Item): string {
  const said = state(m, it);
  return said.sentence.split(hole).join(said.name);
}

function percent(it: Item): number {
  return it.size > 0 ? Math.min(100, Math.floor((100 * it.done) / it.size)) : 0;
}

export class FileEntry {
  readonly root: HTMLElement;
  private readonly scope = new Scope();

  constructor(private readonly m: Model, private readonly hands: Hands, private it: Item) {
    const s = this.scope;
    const moving = () => /^(uploading|fetching|paused)$/.test(this.it.state);
    const said = () => state(m, this.it);
    const bad = () => this.it.state === "failed" && this.it.problem !== "declined";
    const fill = s.el("span", { class: "bar-fill" });
    s.live(() => percent(this.it), (n) => (fill.style.width = n + "%"));
    const bar = s.el(
      "div",
      { class: () => "bar" + (this.it.state === "paused" ? " still" : ""), hidden: () => !moving(), attrs: { role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": () => String(percent(this.it)), "aria-label": () => this.it.name } },
      fill,
    );
    this.root = s.el(
      "li",
      { class: () => "file file-" + this.it.state, attrs: { tabindex: "-1" } },
      pictureOf(s, m, () => this.it.thumbnail, () => (/^image\//.test(this.it.kind) ? icons.image : icons.file)),
      s.el(
        "div",
        { class: "file-words" },
        s.el("p", { class: "file-name" }, s.el("bdi", { text: () => this.it.name })),
        s.el("p", { class: "muted" }, () => m.t.size(this.it.size) + " · ", s.named(() => m.t.t(this.it.mine ? "files.mine" : "files.from", { name: hole }), () => (this.it.mine ? "" : name(m, this.it.from)))),
        bar,
        s.el("p", { class: () => "file-state" + (bad() ? " file-bad" : "") }, s.named(() => said().sentence, () => said().name)),
        warned(s, m, () => (this.it.mine || /^(withdrawn|failed)$/.test(this.it.state) ? "" : this.it.warning)),
      ),
      s.el("div", { class: "file-buttons", hidden: () => !this.first() && !this.second() }, this.button(() => this.first()), this.button(() => this.second())),
    );
  }

  private first(): Button | null {
    return first(this.it, this.m.s.saved[this.it.id] === true);
  }

  private second(): Button | null {
    return second(this.m.s, this.it);
  }

  private button(which: () => Button | null): HTMLButtonElement {
    const { scope: s, m } = this;
    const label = () => {
      const b = which();
      return b ? m.t.t(b.label) : "";
    };
    const press = s.button({
      class: () => ((which() || {}) as { primary?: boolean }).primary ? "primary" : "secondary",
      icon: () => (which() || { icon: icons.close }).icon,
      label,
      hidden: () => which() === null,
      attrs: { "aria-label": () => m.t.t("files.named", { action: label(), name: this.it.name }), "data-action": () => (which() || { act: "" }).act },
    });
    press.addEventListener("click", (e) => {
      const b = which();
      // The second press of a double click meets another button than was aimed at.
      if (!b || e.detail > 1) {
        return;
      }
      this.hands.send(b.act === "save" || b.act === "lay" ? { type: b.act, id: this.it.id } : { type: "file", act: b.act, id: this.it.id });
    });
    return press;
  }

  /** show takes what is new of the file. A focus whose button goes stays with the file. */
  show(it: Item): void {
    const held = this.root.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    this.it = it;
    this.scope.refresh();
    if (held && held !== this.root && held.hidden) {
      this.root.focus();
    }
  }

  remove(): void {
    this.root.remove();
  }
}
