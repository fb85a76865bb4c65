// Files dropped anywhere on the call. What is dropped beside it opens nothing: a browser would
// leave the call for it.
import { maySend } from "../transfers";
import { Scope } from "./dom";
import * as icons from "./icons";
import type { Hands, Model } from "./model";

/** wide is from which width on something can be dragged, px. */
const wide = 700;

export interface Dropping {
  root: HTMLElement;
  refresh(): void;
  leave(): void;
}

export function dropping(m: Model, hands: Hands): Dropping {
  const scope = new Scope();
  let over = false;
  const show = (is: boolean) => {
    over = is;
    scope.refresh();
  };
  const takes = () => maySend(m.s) && m.s.photo === null && innerWidth >= wide;
  const root = scope.el(
    "div",
    { class: "drop-over", hidden: () => !over || !takes(), attrs: { "aria-hidden": "true" } },
    scope.el("div", { class: "drop-over-words" }, scope.icon(icons.upload), scope.el("p", { text: () => m.t.t("files.over") })),
  );
  const files = (e: DragEvent) => !!e.dataTransfer && Array.from(e.dataTransfer.types).indexOf("Files") >= 0;
  const drag = (e: DragEvent) => {
    if (files(e)) {
      e.preventDefault();
      (e.dataTransfer as DataTransfer).dropEffect = takes() ? "copy" : "none";
      show(true);
    }
  };
  // It leaves the window, or the key Escape ends it.
  const leaves = (e: DragEvent) => e.relatedTarget === null && show(false);
  const drop = (e: DragEvent) => {
    if (files(e)) {
      e.preventDefault();
      show(false);
      if (takes()) {
        hands.send({ type: "offer_files", files: Array.from((e.dataTransfer as DataTransfer).files) });
      }
    }
  };
  const on: [string, (e: DragEvent) => void][] = [["dragenter", drag], ["dragover", drag], ["dragleave", leaves], ["drop", drop]];
  on.forEach(([name, f]) => document.addEventListener(name, f as EventListener));
  return {
    root,
    refresh: () => scope.refresh(),
    leave: () => on.forEach(([name, f]) => document.removeEventListener(name, f as EventListener)),
  };
}
