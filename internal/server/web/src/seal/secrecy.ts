// With whom keys are agreed, and what the screen may say of it: both follow from the call.
import { others, type State } from "../state";
import type { Member } from "./group";

/** Secrecy is how far the encryption reaches, as the screen may say it (docs/protocol.md,
 * 12.5); "" while there is nobody to talk to. */
export type Secrecy = "" | "server" | "agreeing" | "end" | "verified" | "broken";

/** members are those with whom keys are agreed: in the call and ready, once we are. */
export function members(s: State): Member[] {
  const me = s.people[s.self];
  if (!me || me.place !== "call" || !me.ready) {
    return [];
  }
  return others(s)
    .filter((p) => p.ready)
    .map((p) => ({ id: p.id, keys: p.keys === true, seal: p.seal === true }));
}

/** secrecy is what the screen may say, and no more. */
export function secrecy(s: State): Secrecy {
  if (s.stage !== "call") {
    return "";
  }
  if (s.tampered || Object.keys(s.differed).length > 0) {
    return "broken"; // for the whole stay, whoever is still there
  }
  const all = others(s);
  if (all.length === 0) {
    return "";
  }
  const bonds = all.map((p) => s.bonds[p.id]).filter((b) => b);
  const able = s.able.keys && all.every((p) => p.keys === true);
  if (!able || !s.sealing) {
    return "server"; // also straight: the server brought the two together
  }
  if (bonds.length < all.length || bonds.some((b) => b.standing !== "agreed")) {
    return "agreeing";
  }
  return bonds.every((b) => b.compared === "same") ? "verified" : "end";
}
