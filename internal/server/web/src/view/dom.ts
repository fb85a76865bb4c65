// The few lines that stand in for a framework: elements built once, with live
// properties that are looked at again on every render.

export type Live<T> = T | (() => T);

export type Child = Node | string | (() => string) | null | false;

export interface Props {
  class?: Live<string>;
  text?: Live<string>;
  hidden?: Live<boolean>;
  /** attrs: null takes the attribute away. */
  attrs?: { [name: string]: Live<string | null> };
  press?: () => void;
}

/** Scope owns the live properties of one screen. */
export class Scope {
  private readonly watched: (() => void)[] = [];

  refresh(): void {
    for (const look of this.watched) {
      look();
    }
  }

  /** live applies value now, and again whenever it has changed at a refresh. */
  live<T>(value: Live<T>, apply: (v: T) => void): void {
    if (typeof value !== "function") {
      apply(value);
      return;
    }
    const read = value as () => T;
    let last = read();
    apply(last);
    this.watched.push(() => {
      const now = read();
      if (now !== last) {
        last = now;
        apply(now);
      }
    });
  }

  el<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props, ...children: Child[]): HTMLElementTagNameMap[K] {
    const e = document.createElement(tag);
    if (props.class !== undefined) {
      this.live(props.class, (v) => (e.className = v));
    }
    if (props.text !== undefined) {
      this.live(props.text, (v) => (e.textContent = v));
    }
    if (props.hidden !== undefined) {
      this.live(props.hidden, (v) => (e.hidden = v));
    }
    for (const name of Object.keys(props.attrs || {})) {
      this.live((props.attrs as { [name: string]: Live<string | null> })[name], (v) => {
        if (v === null) {
          e.removeAttribute(name);
        } else {
          e.setAttribute(name, v);
        }
      });
    }
    if (props.press) {
      e.addEventListener("click", props.press);
    }
    for (const c of children) {
      if (typeof c === "function") {
        const node = document.createTextNode("");
        this.live(c, (v) => (node.nodeValue = v));
        e.appendChild(node);
      } else if (c) {
        e.appendChild(typeof c === "string" ? document.createTextNode(c) : c);
      }
    }
    return e;
  }

  /** icon is a drawing beside words; it says nothing by itself. */
  icon(svg: Live<string>, name = ""): HTMLElement {
    return this.el("span", { class: "icon " + name, attrs: { "aria-hidden": "true" } }, holder(this, svg));
  }

  button(props: Props & { icon?: Live<string>; label: Live<string> }): HTMLButtonElement {
    const b = this.el("button", { ...props, attrs: { type: "button", ...props.attrs } });
    if (props.icon) {
      b.appendChild(this.icon(props.icon));
    }
    b.appendChild(this.el("span", { class: "label", text: props.label }));
    return b;
  }

  /** named writes a sentence around a name, with the name isolated from its surroundings. */
  named(sentence: () => string, name: () => string): HTMLElement {
    const whole = this.el("span", {});
    this.live(
      () => sentence() + "\u0000" + name(),
      () => {
        whole.textContent = "";
        sentence().split("\u0001").forEach((part, i) => {
          if (i > 0) {
            const b = document.createElement("bdi");
            b.textContent = name();
            whole.appendChild(b);
          }
          whole.appendChild(document.createTextNode(part));
        });
      },
    );
    return whole;
  }
}

/** hole stands for a name in a sentence given to named. */
export const hole = "\u0001";

function holder(scope: Scope, svg: Live<string>): Element {
  const box = document.createElement("span");
  scope.live(svg, (text) => {
    const drawn = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    drawn.setAttribute("focusable", "false");
    box.textContent = "";
    box.appendChild(document.importNode(drawn, true));
  });
  return box;
}
