// Who leads the consultation, and what they can do about it from the page: a colleague came by
// a link like a patient's, and may be handed the room.
import { over } from "./call";
import { others, type Effect, type Result, type State } from "./state";
import type { Person } from "./wire.gen";

/** tookFor is how long it stays said who leads from now on, ms. */
export const tookFor = 15000;

/** Lead is the part of the state that this file keeps. */
export interface Lead {
  /** took is who was given the lead last, by id, and tookAt when; empty while nobody was. */
  took: string;
  tookAt: number;
}

export type LeadEvent =
  | { type: "let_in"; peer: string }
  | { type: "hand_over"; peer: string }
  | { type: "end"; at: number };

/** unled is before anybody was given anything. */
export function unled(): Lead {
  return { took: "", tookAt: 0 };
}

/** told takes what the server says of a person; ours is the role that it says. */
export function told(s: State, p: Person): State {
  const before = s.people[p.id];
  const next: State = { ...s, people: { ...s.people, [p.id]: p }, role: p.id === s.self ? p.role : s.role };
  return before && before.role !== p.role && p.role === "clinician" ? { ...next, took: p.id, tookAt: s.now } : next;
}

/** leader is who leads since a moment ago, as long as it is to be said. */
export function leader(s: State): Person | null {
  const p = s.people[s.took];
  return p && p.role === "clinician" && s.now - s.tookAt < tookFor ? p : null;
}

function present(s: State): boolean {
  return s.stage === "call" && s.line === "up" && (s.people[s.self] || { place: "" }).place === "call";
}

/** leads tells whether the consultation is ours to hand over and to end. */
export function leads(s: State): boolean {
  return s.role === "clinician" && s.stage === "call";
}

/** door is who may be let in by us, the longest waiting first. */
export function door(s: State): Person[] {
  if (!present(s) || (s.role !== "clinician" && s.role !== "colleague")) {
    return [];
  }
  return Object.keys(s.people)
    .map((id) => s.people[id])
    .filter((p) => p.place === "waiting" && p.id !== s.self)
    .sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1));
}

/** heirs are those to whom we can hand over now. */
export function heirs(s: State): Person[] {
  return leads(s) && present(s) ? others(s).filter((p) => p.role === "colleague" && p.ready && !p.away) : [];
}

/** led answers what is pressed. What may not be done now is not sent: the server would end the
 * connection of who has no right to it. */
export function led(s: State, e: LeadEvent): Result {
  const say = (message: Extract<Effect, { do: "send" }>["message"]): Result => [s, [{ do: "send", message }]];
  const among = (all: Person[], id: string) => all.some((p) => p.id === id);
  switch (e.type) {
    case "let_in":
      return among(door(s), e.peer) ? say({ type: "admit", data: { peer: e.peer } }) : [s, []];
    case "hand_over":
      return among(heirs(s), e.peer) ? say({ type: "handover", data: { peer: e.peer } }) : [s, []];
    case "end":
      return leads(s) && present(s) ? over({ ...s, now: e.at }, "ended", "", [{ do: "send", message: { type: "leave", data: { end: true } } }]) : [s, []];
  }
}
