// The whiteboard in P5: its buttons, the word over the picture when somebody draws while it is
// closed, and its place, to which the people make room.
import { receive, send, sheet } from "../board/ground";
import { Refused } from "../board/limits";
import type { Ground } from "../board/object";
import { longest } from "../board/picture";
import { mayBoard } from "../drawing";
import type { Easel } from "../easel";
import { save } from "../files/save";
import { deaf } from "../panel";
import { isPaper, reason, type Opener, type Paper } from "../paper/paper";
import { shownScreen } from "../screen";
import type { Texts } from "../texts";
import { BoardView } from "./board";
import { Scope, hole } from "./dom";
import * as icons from "./icons";
import { name } from "./messages";
import type { Hands, Model } from "./model";
import { Leafing } from "./pages";

/** boardButton stands in the bar where that has room; it opens and closes the board. */
export function boardButton(scope: Scope, m: Model, hands: Hands): HTMLButtonElement {
  return scope.button({
    class: () => "control board-in-bar" + (m.s.board ? " on" : ""),
    icon: icons.pen,
    label: () => m.t.t("board.open"),
    hidden: () => !mayBoard(m.s),
    attrs: { "aria-expanded": () => String(m.s.board), "aria-controls": "easel", "data-action": "board" },
    press: () => hands.send({ type: "board", open: !m.s.board }),
  });
}

/** boardInPanel stands at the head of the conversation where the bar has no room. */
export function boardInPanel(scope: Scope, m: Model, hands: Hands): HTMLButtonElement {
  return scope.button({
    class: "secondary board-in-panel",
    icon: icons.pen,
    label: () => m.t.t("board.open"),
    hidden: () => !mayBoard(m.s),
    attrs: { "data-action": "board-panel" },
    press: () => {
      hands.send({ type: "panel", panel: "" });
      hands.send({ type: "board", open: true });
    },
  });
}

/** boardNotice says who draws, while the board is closed. */
export function boardNotice(scope: Scope, m: Model, hands: Hands): HTMLElement {
  const drawer = () => m.s.people[m.s.drawer];
  return scope.el(
    "div",
    { class: "banner board-notice", hidden: () => !drawer() },
    scope.icon(icons.pen),
    scope.el("p", { class: "banner-title" }, scope.named(() => m.t.t("board.drawing", { name: hole }), () => name(m, m.s.drawer))),
    scope.button({ class: "on-dark", label: () => m.t.t("board.see"), attrs: { "data-action": "board-notice" }, press: () => hands.send({ type: "board", open: true }) }),
    scope.button({ class: "icon-only", icon: icons.close, label: () => m.t.t("chat.dismiss"), press: () => hands.send({ type: "board_dismiss" }) }),
  );
}

interface Shown {
  easel: Easel;
  t: Texts;
  view: BoardView;
}

export class BoardPlace {
  readonly head: HTMLElement;
  readonly root: HTMLElement;
  private readonly scope = new Scope();
  private shown: Shown | null = null;
  private running = false;
  /** ground is whose content was asked for last. */
  private ground: Ground | null = null;

  /** openers are the buttons that the focus may come back to: the first that is seen. */
  constructor(private readonly m: Model, private readonly hands: Hands, private readonly openers: HTMLElement[]) {
    const s = this.scope;
    const none = () => deaf(m.s);
    this.root = s.el("div", { class: "easel", hidden: () => !m.s.board, attrs: { id: "easel" } });
    this.head = s.el(
      "div",
      { class: "easel-head", hidden: () => !m.s.board },
      s.el("h2", { text: () => m.t.t("board.open") }),
      s.el("p", { hidden: () => none().length === 0 }, s.named(() => m.t.t("board.deaf", { name: hole }), () => none().map((id) => name(m, id)).join(", "))),
      s.el("p", { class: "easel-behind", hidden: () => shownScreen(m.s) === null }, s.named(() => m.t.t("board.screen_behind", { name: hole }), () => name(m, (shownScreen(m.s) || { id: "" }).id))),
      s.button({ class: "easel-close", icon: icons.close, label: () => m.t.t("board.close"), attrs: { "data-action": "board-close" }, press: () => hands.send({ type: "board", open: false }) }),
    );
  }

  refresh(): void {
    this.scope.refresh();
    const { board } = this.m.s;
    const turned = board !== this.running;
    if (board) {
      this.build();
    }
    if (!this.shown) {
      return;
    }
    const { easel, view } = this.shown;
    if (turned) {
      this.run(board);
    }
    if (board) {
      const why = easel.trouble();
      if (why) {
        view.refused(why);
      }
      this.follow(easel.board.ground);
      view.refresh();
    }
  }

  /** focus takes the reader to the board, or back from it. */
  focus(): void {
    if (this.m.s.board && this.shown) {
      this.shown.view.stage.focus();
      return;
    }
    const back = this.openers.filter((b) => b.offsetParent !== null)[0];
    if (back) {
      back.focus();
    }
  }

  leave(): void {
    this.run(false);
  }

  private run(on: boolean): void {
    if (this.shown && on !== this.running) {
      this.running = on;
      this.shown.view.stage[on ? "start" : "stop"]();
    }
  }

  /** build makes the board's screen, anew for another stay or another language. */
  private build(): void {
    const { easel, t } = this.m;
    if (!easel || (this.shown && this.shown.easel === easel && this.shown.t === t)) {
      return;
    }
    const ran = this.running;
    this.run(false);
    this.root.textContent = "";
    const carries = this.m.carrier !== null;
    const view = new BoardView(easel.board, t, {
      name: (peer) => name(this.m, peer),
      picture: carries ? (file) => this.lay(file) : null,
      save: (content, ending) => void save(content, t.t("board.file") + "." + ending),
    });
    this.shown = { easel, t, view };
    this.ground = null;
    this.root.appendChild(view.root);
    this.run(ran);
  }

  /** lay puts a picture under the drawing, for everybody, or a page of a PDF. */
  lay(file: Blob): void {
    this.build();
    const { shown } = this;
    const { opener } = this.m;
    if (!shown || !this.m.carrier) {
      return;
    }
    isPaper(file).then(
      (paper) => (paper && opener ? this.leaf(shown, file, opener) : this.put(shown, file)),
      () => shown.view.refused("picture"), // it cannot be read any more
    );
  }

  /** leaf lays the page of a PDF, or lets one of several be chosen. */
  private leaf(shown: Shown, file: Blob, opener: Opener): void {
    const { hands, m } = this;
    const failed = (e: unknown) => shown.view.say(`paper.${reason(e)}` as const);
    const take = (paper: Paper, number: number) => {
      shown.view.say("paper.coming");
      paper
        .page(number, longest)
        .then(sheet)
        .then((page) => {
          shown.view.say("");
          this.put(shown, page);
        }, failed)
        .then(() => paper.close());
    };
    shown.view.say("paper.opening");
    opener(file).then((paper) => {
      if (this.shown !== shown || !m.s.board) {
        paper.close(); // nobody waits for it any more
      } else if (paper.pages === 1) {
        take(paper, 0);
      } else {
        shown.view.say("");
        const chosen = (number: number) => {
          hands.closeDialog();
          take(paper, number);
        };
        m.leafing = new Leafing(paper, chosen, () => hands.refresh());
        hands.openDialog("pages");
      }
    }, failed);
  }

  /** put lays a picture. */
  private put(shown: Shown, file: Blob): void {
    if (!this.m.carrier) {
      return;
    }
    send(file, this.m.carrier).then(
      ({ ground, image }) => {
        this.ground = ground;
        shown.view.setGround(image);
        try {
          shown.easel.board.setGround(ground);
        } catch (e) {
          shown.view.refused((e as Refused).reason);
        }
      },
      () => shown.view.refused("picture"),
    );
  }

  /** follow fetches the picture of a ground that somebody laid. */
  private follow(ground: Ground | null): void {
    const { shown } = this;
    if (!shown || (ground && ground.sha) === (this.ground && this.ground.sha)) {
      return;
    }
    this.ground = ground;
    shown.view.setGround(null);
    if (!ground) {
      return;
    }
    const fetched = this.m.carrier ? receive(ground, this.m.carrier) : Promise.reject(new Error("no files here"));
    fetched.then(
      (image) => this.ground === ground && shown.view.setGround(image),
      () => this.ground === ground && shown.view.refused("missing"),
    );
  }
}
