// Whose screen is shown in the call: ours, from the browser's question to its end, or that of
// somebody else. The twin of internal/call/sharing.go.
import type { Effect, Result, State } from "./state";
import { watches } from "./role";
import type { Person } from "./wire.gen";

/** prefix stands before a person's id in the name of the media stream (msid, RFC 8830) that
 * carries their screen. No id has a full stop. */
const prefix = "screen.";

/** screenStream names the media stream of a person's screen. */
export function screenStream(person: string): string {
  return prefix + person;
}

/** ofScreen tells whose screen a media stream carries; null when it is the person's own picture
 * and sound. */
export function ofScreen(stream: string): string | null {
  return stream.slice(0, prefix.length) === prefix ? stream.slice(prefix.length) : null;
}

/** Sharing is what we do with our screen. */
export interface Sharing {
  /** asking: the browser asks what to show. Nothing is taken yet. */
  asking: boolean;
  /** on: the screen is being taken, and the others are told. */
  on: boolean;
  /** frozen: the others see a still, not what happens now. */
  frozen: boolean;
  /** problem says why nothing is shown: somebody was first, the server forwards none, or the
   * system gives none. That the person thought better of it is none. */
  problem: "" | "refused" | "failed";
}

export type ScreenEvent =
  | { type: "share"; on: boolean }
  | { type: "share_taken" }
  | { type: "share_over"; failed: boolean }
  | { type: "freeze"; on: boolean }
  | { type: "share_read" };

/** idle is when nothing of ours is shown. */
export function idle(problem: Sharing["problem"] = ""): Sharing {
  return { asking: false, on: false, frozen: false, problem };
}

/** presenter is who shows their screen, ourselves included. */
export function presenter(s: State): Person | null {
  const all = Object.keys(s.people).sort().map((id) => s.people[id]);
  return all.filter((p) => p.screen === true && p.place === "call")[0] || null;
}

/** shownScreen is the other person whose screen takes the stage. */
export function shownScreen(s: State): Person | null {
  const p = presenter(s);
  return p && p.id !== s.self ? p : null;
}

/** shared takes what concerns our own screen. The others learn of it once it is being taken;
 * until then nothing of it leaves. */
export function shared(s: State, e: ScreenEvent): Result {
  if (s.stage !== "call") {
    return e.type === "share_taken" ? [s, [{ do: "stop_share" }]] : [s, []]; // it came too late
  }
  switch (e.type) {
    case "share":
      return e.on ? wanted(s) : ended(s);
    case "share_taken":
      if (s.sharing.asking) {
        return told({ ...s, sharing: { ...idle(), on: true } });
      }
      return [s, s.sharing.on ? [] : [{ do: "stop_share" }]];
    case "share_over":
      return s.sharing.asking || s.sharing.on ? ended(s, e.failed ? "failed" : "") : [s, []];
    case "freeze":
      return s.sharing.on ? [{ ...s, sharing: { ...s.sharing, frozen: e.on } }, [{ do: "freeze", on: e.on }]] : [s, []];
    case "share_read":
      return [{ ...s, sharing: { ...s.sharing, problem: "" } }, []];
  }
}

function wanted(s: State): Result {
  if (s.sharing.asking || s.sharing.on || watches(s.role)) {
    return [s, []];
  }
  if (shownScreen(s)) {
    return [{ ...s, sharing: idle("refused") }, []];
  }
  return [{ ...s, sharing: { ...idle(), asking: true } }, [{ do: "share" }]];
}

/** ended ends our sharing; the problem, if any, says why. */
export function ended(s: State, problem: Sharing["problem"] = ""): Result {
  const next: State = { ...s, sharing: idle(problem) };
  return s.sharing.on ? [next, [{ do: "stop_share" }, ...told(next)[1]]] : [next, s.sharing.asking ? [{ do: "stop_share" }] : []];
}

/** dropped is the end of our sharing where nobody is left to be told: on hold, or at the door. */
export function dropped(s: State): Effect[] {
  return s.sharing.asking || s.sharing.on ? [{ do: "stop_share" }] : [];
}

function told(s: State): Result {
  return [s, s.line === "up" ? [{ do: "send", message: { type: "share", data: { on: s.sharing.on } } }] : []];
}

/** sayAgain tells the server what we show, when it knows better or worse. */
export function sayAgain(s: State): Effect[] {
  const me = s.people[s.self];
  if (!me || me.place !== "call" || s.stage !== "call" || (me.screen === true) === s.sharing.on) {
    return [];
  }
  return told(s)[1];
}
