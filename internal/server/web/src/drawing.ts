// Whether the whiteboard is shown, and who is pointed to because they draw on it, as the page's
// state has them. What is on the board is in easel.ts.
import { maxBytes } from "./board/picture";
import type { Item } from "./files/engine";
import { kind, maxPaper } from "./paper/paper";
import { watches } from "./role";
import type { Result, State } from "./state";

/** seldom: the least time, ms, between two notices that somebody draws. */
const seldom = 60000;

/** Drawing is the part of the state that this file keeps. */
export interface Drawing {
  /** board: the whiteboard is shown. */
  board: boolean;
  /** drawer is who is pointed to because they draw while the board is closed. */
  drawer: string;
  /** drawnAt is when that was told last, or the board closed; 0 for never. */
  drawnAt: number;
}

export type DrawingEvent =
  | { type: "board"; open: boolean }
  /** lay puts a file under the drawing. */
  | { type: "lay"; id: string }
  | { type: "drew"; at: number; peer: string }
  | { type: "board_dismiss" };

/** blank is before anything was drawn. */
export function blank(): Drawing {
  return { board: false, drawer: "", drawnAt: 0 };
}

/** drawing answers what happens with the board. */
export function drawing(s: State, e: DrawingEvent): Result {
  switch (e.type) {
    case "board":
      return [s.board === e.open || (e.open && !mayBoard(s)) ? s : { ...s, board: e.open, drawer: "", drawnAt: s.now }, []];
    case "lay": {
      const it = s.files.filter((f) => f.id === e.id)[0];
      return it && mayLay(s, it) ? [{ ...s, board: true, panel: "", drawer: "", drawnAt: s.now }, [{ do: "lay", file: it.file as Blob }]] : [s, []];
    }
    case "drew":
      return [s.people[e.peer] && worthTelling(s, e.at) ? { ...s, drawer: e.peer, drawnAt: e.at } : s, []];
    case "board_dismiss":
      return [{ ...s, drawer: "", drawnAt: s.now }, []];
  }
}

/** mayBoard: we are in the call, and this browser shares keys. */
export function mayBoard(s: State): boolean {
  return s.stage === "call" && s.able.keys;
}

/** mayLay: that file is here, it is a picture or a PDF, and we may draw. */
export function mayLay(s: State, it: Item): boolean {
  return mayBoard(s) && !watches(s.role) && it.file !== null && (it.kind === kind ? it.size <= maxPaper : /^image\/(png|jpeg)$/.test(it.kind) && it.size <= maxBytes);
}

/** worthTelling: that somebody draws is news. */
export function worthTelling(s: State, at: number): boolean {
  return mayBoard(s) && !s.board && (s.drawnAt === 0 || at - s.drawnAt >= seldom);
}
