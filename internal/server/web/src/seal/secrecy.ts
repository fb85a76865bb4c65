// With whom keys are agreed, and what the screen may say of it: both follow from the call.
import { others, type State } from "../call";
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
  const all = others(s);
  if (s.stage !== "call" || all.length === 0) {
    return "";
  }
  const bonds = all.map((p) => s.bonds[p.id]).filter((b) => b);
  if (bonds.some((b) => b.standing === "broken" || b.compared === "other")) {
    return "broken";
  }
  const able = s.able.keys && all.every((p) => p.keys === true);
  if (!able || !(s.sealing || straight(s))) {
    return "server";
  }
  if (bonds.length < all.length || bonds.some((b) => b.standing !== "agreed")) {
    return "agreeing";
  }
  if (!s.sealing && !confirmed(s)) {
    return "server";
  }
  return bonds.every((b) => b.compared === "same") ? "verified" : "end";
}

/** used are the connections on which media may travel now. */
function used(s: State): number[] {
  return Object.keys(s.connections).map(Number).filter((gen) => s.connections[gen].up);
}

/** straight: media goes to the other person and nowhere else. */
function straight(s: State): boolean {
  return used(s).length > 0 && used(s).every((gen) => s.connections[gen].direct);
}

/** confirmed: the other person confirmed the certificate of every connection in use. */
function confirmed(s: State): boolean {
  return straight(s) && others(s).every((p) => s.bonds[p.id] && used(s).every((gen) => s.bonds[p.id].proven.indexOf(gen) >= 0));
}
