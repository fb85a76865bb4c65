// What is said of photographs (topic "snapshot"): a clinician asks, the page answers. Nothing here
// takes one. docs/protocol.md has the messages.
import { text, type Bytes } from "./seal/bytes";

/** payloadMost is the longest message, in bytes. */
export const payloadMost = 512;

/** Facing is the camera that is wished for; empty: any. */
export type Facing = "user" | "environment" | "";

/** Standing is how far an ask is: it is on screen, or one of three ends. */
export type Standing = "shown" | "refused" | "taken" | "failed";

/** Ask asks for a photograph. */
export interface Ask {
  id: string;
  /** torch: with the light on, where there is one. */
  torch: boolean;
  camera: Facing;
}

/** Said is one message: it has exactly one of these. */
export type Said =
  | { ask: Ask }
  /** swap asks to turn to the other camera. */
  | { swap: { id: string } }
  /** cancel takes an ask or a swap back. */
  | { cancel: { id: string } }
  | { answer: { id: string; state: Standing } };

export function encode(m: Said): Bytes {
  return text(JSON.stringify(m));
}

type Fields = { [name: string]: unknown };
const isID = (s: unknown): s is string => typeof s === "string" && /^[A-Za-z0-9-]{1,40}$/.test(s);
const one = <T extends string>(s: unknown, ...of: T[]): s is T => of.indexOf(s as T) >= 0;
const own = (o: Fields, name: string) => Object.prototype.hasOwnProperty.call(o, name);

/** decode reads what another participant sent: nothing in it is taken on trust. It answers null for
 * what is malformed or not known. */
export function decode(payload: Uint8Array): Said | null {
  if (payload.length > payloadMost) {
    return null;
  }
  try {
    const m: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
    return m && typeof m === "object" && !Array.isArray(m) ? read(m as Fields) : null;
  } catch (e) {
    return null;
  }
}

function read(m: Fields): Said | null {
  const known = ["ask", "swap", "cancel", "answer"].filter((name) => own(m, name));
  const d = known.length === 1 ? m[known[0]] : null;
  if (!d || typeof d !== "object" || !isID((d as Fields).id)) {
    return null;
  }
  const { id, torch, camera, state } = d as Fields & { id: string };
  switch (known[0]) {
    case "ask":
      return (torch === undefined || typeof torch === "boolean") && (camera === undefined || one(camera, "user", "environment", ""))
        ? { ask: { id, torch: torch === true, camera: (camera as Facing | undefined) || "" } }
        : null;
    case "swap":
      return { swap: { id } };
    case "cancel":
      return { cancel: { id } };
    default:
      return one(state, "shown", "refused", "taken", "failed") ? { answer: { id, state } } : null;
  }
}
