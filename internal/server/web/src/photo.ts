// A photograph that a clinician asks for, as the page's state has it: asked, looked at, taken,
// and sent or refused. Nothing is taken or sent without a press.
import type { Effect, Result, State } from "./state";
import type { Asked, SitterView, Turn } from "./sitter";

/** Photo is an ask that is on screen. */
export interface Photo extends Asked {
  /** name is who asks, kept should they leave. */
  name: string;
  /** stage: the camera is shown; it is at work; the picture is shown; it does not answer. */
  stage: "posing" | "taking" | "taken" | "problem";
  picture: Blob | null;
  /** lit: the light is wanted on. */
  lit: boolean;
}

/** remarkFor is how long it stays said what became of an ask, ms. */
export const remarkFor = 8000;

/** Posing is the part of the state that this file keeps. */
export interface Posing {
  photo: Photo | null;
  /** turn is somebody who asks us to turn to the other camera. */
  turn: (Turn & { name: string }) | null;
  /** remark is what became of the last ask. */
  remark: { what: "sent" | "refused" | "cancelled" | "failed"; name: string; at: number } | null;
}

export type PhotoEvent =
  | { type: "asked"; at: number; view: SitterView }
  | { type: "photo"; act: "take" | "again" | "send" | "refuse" | "torch" | "swap" }
  | { type: "photographed"; id: string; picture: Blob | null }
  | { type: "no_camera"; id: string }
  | { type: "unsent"; name: string }
  | { type: "turned"; yes: boolean };

/** unasked is before anybody asked for anything. */
export function unasked(): Posing {
  return { photo: null, turn: null, remark: null };
}

/** posed answers what happens around a photograph. */
export function posed(s: State, e: PhotoEvent): Result {
  if (s.stage !== "call" && s.stage !== "waiting") {
    return [s, []];
  }
  switch (e.type) {
    case "asked":
      return asked({ ...s, now: e.at }, e.view);
    case "photo":
      return s.photo ? pressed(s, s.photo, e.act) : [s, []];
    case "photographed":
    case "no_camera":
      return [came(s, e), []];
    case "unsent":
      return [{ ...s, remark: { what: "failed", name: e.name, at: s.now } }, []];
    case "turned":
      return s.turn ? [{ ...s, turn: null }, [...(e.yes ? [{ do: "swap" } as Effect] : []), { do: "settle_turn", yes: e.yes }]] : [s, []];
  }
}

function name(s: State, peer: string): string {
  return (s.people[peer] && s.people[peer].name) || s.authors[peer] || "";
}

/** asked takes what the sitter is asked now. */
function asked(s: State, v: SitterView): Result {
  const effects: Effect[] = [];
  const next: State = { ...s, turn: v.turn && { ...v.turn, name: name(s, v.turn.peer) } };
  const same = (p: Photo, a: Asked) => p.id === a.id && p.peer === a.peer;
  if (s.photo && !(v.ask && same(s.photo, v.ask))) {
    // It ended without us: they took it back, or are gone.
    next.remark = { what: "cancelled", name: s.photo.name, at: s.now };
    next.photo = null;
    effects.push({ do: "rest" });
  }
  if (v.ask && !next.photo) {
    next.photo = { ...v.ask, name: name(s, v.ask.peer), stage: "posing", picture: null, lit: false };
    next.remark = null;
    effects.push({ do: "pose", id: v.ask.id });
  }
  const news = (v.ask && next.photo !== s.photo) || (next.turn && (!s.turn || s.turn.id !== next.turn.id));
  return [next, news ? [...effects, { do: "chime" }] : effects];
}

function pressed(s: State, p: Photo, act: Extract<PhotoEvent, { type: "photo" }>["act"]): Result {
  const stay = (photo: Photo, ...effects: Effect[]): Result => [{ ...s, photo }, effects];
  switch (act) {
    case "take":
      return p.stage === "posing" ? stay({ ...p, stage: "taking" }, { do: "photograph", id: p.id }) : [s, []];
    case "again":
      return p.stage === "taken" || p.stage === "problem" ? stay({ ...p, stage: "posing", picture: null }, { do: "pose", id: p.id }) : [s, []];
    case "torch":
      return p.stage === "posing" ? stay({ ...p, lit: !p.lit }, { do: "torch", on: !p.lit }) : [s, []];
    case "swap":
      return p.stage === "posing" ? stay({ ...p, lit: false }, { do: "swap_pose" }) : [s, []];
    case "send":
      if (p.stage !== "taken" || !p.picture) {
        return [s, []];
      }
      return [{ ...s, photo: null, remark: { what: "sent", name: p.name, at: s.now } }, [{ do: "send_photo", peer: p.peer, name: p.name, picture: p.picture }, { do: "rest" }]];
    case "refuse": {
      const how = p.stage === "problem" ? "failed" : "refused";
      return [{ ...s, photo: null, remark: { what: how, name: p.name, at: s.now } }, [{ do: "settle_photo", how }, { do: "rest" }]];
    }
  }
}

/** came takes what the camera gave; of an ask that is over, nothing. */
function came(s: State, e: Extract<PhotoEvent, { type: "photographed" | "no_camera" }>): State {
  const p = s.photo;
  if (!p || p.id !== e.id || (e.type === "photographed" && p.stage !== "taking")) {
    return s;
  }
  const picture = e.type === "photographed" ? e.picture : null;
  return { ...s, photo: { ...p, stage: picture ? "taken" : "problem", picture } };
}

/** remarked is what is still said of the last ask. */
export function remarked(s: State): Posing["remark"] {
  return s.remark && s.now - s.remark.at < remarkFor ? s.remark : null;
}
