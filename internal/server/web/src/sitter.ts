// Who may be photographed: takes the asks of a clinician or a colleague, one at a time, and
// answers each with how it stands. What may be lost is said again: an ask that comes anew has the
// same answer, and who comes back is told what stands.
import type { Bytes } from "./seal/bytes";
import type { Feature, Out } from "./share";
import { decode, encode, type Ask, type Said, type Standing } from "./snapshot";
import type { Role } from "./wire.gen";

/** endsMost is how many ends are kept for asks that come again. */
export const endsMost = 64;

/** Asked is an ask and whose it is. */
export interface Asked extends Ask {
  peer: string;
}

/** Turn is somebody who asks us to turn to the other camera. */
export interface Turn {
  peer: string;
  id: string;
}

/** View is what a screen shows. */
export interface SitterView {
  ask: Asked | null;
  turn: Turn | null;
}

export interface Able {
  /** photograph: there may be a camera, and a way to send what it takes. */
  photograph(): boolean;
  /** turn: the camera is on, and there is another one. */
  turn(): boolean;
}

const asks = (role: Role | undefined) => role === "clinician" || role === "colleague";

export class Sitter implements Feature {
  private readonly roles = new Map<string, Role>();
  /** ends are of those that are over, the oldest first. */
  private readonly ends = new Map<string, Standing>();
  private ask: Asked | null = null;
  private turn: Turn | null = null;
  private out: Out[] = [];
  private dirty = false;

  constructor(private readonly able: Able) {}

  meet(peer: string, role: Role): void {
    this.roles.set(peer, role);
    for (const open of [this.ask, this.turn]) {
      if (open && open.peer === peer) {
        this.answer(peer, open.id, "shown");
      }
    }
  }

  part(peer: string): void {
    this.roles.delete(peer);
    if (this.ask && this.ask.peer === peer) {
      this.ask = null;
      this.dirty = true;
    }
    if (this.turn && this.turn.peer === peer) {
      this.turn = null;
      this.dirty = true;
    }
  }

  hear(peer: string, view: boolean, payload: Bytes): boolean {
    const m = view ? null : decode(payload);
    if (m && asks(this.roles.get(peer))) {
      this.heed(peer, m);
    }
    return m !== null;
  }

  private heed(peer: string, m: Said): void {
    if ("ask" in m) {
      this.asked({ ...m.ask, peer });
    } else if ("swap" in m) {
      this.turned({ id: m.swap.id, peer });
    } else if ("cancel" in m) {
      this.cancelled(peer, m.cancel.id);
    }
  }

  private asked(a: Asked): void {
    const end = this.ends.get(key(a));
    if (end) {
      this.answer(a.peer, a.id, end);
    } else if (this.ask) {
      const same = key(this.ask) === key(a);
      if (same) {
        this.answer(a.peer, a.id, "shown");
      } else {
        this.end(a, "refused"); // one at a time
      }
    } else if (!this.able.photograph()) {
      this.end(a, "failed");
    } else {
      this.ask = a;
      this.dirty = true;
      this.answer(a.peer, a.id, "shown");
    }
  }

  private turned(t: Turn): void {
    const end = this.ends.get(key(t));
    if (end) {
      return this.answer(t.peer, t.id, end);
    }
    if (!this.turn || key(this.turn) !== key(t)) {
      if (!this.able.turn()) {
        return this.end(t, "failed");
      }
      if (this.turn) {
        this.end(this.turn, "refused"); // the newer one says the same
      }
      this.turn = t;
      this.dirty = true;
    }
    this.answer(t.peer, t.id, "shown");
  }

  private cancelled(peer: string, id: string): void {
    this.remember({ peer, id }, "refused");
    if (this.ask && key(this.ask) === key({ peer, id })) {
      this.ask = null;
      this.dirty = true;
    }
    if (this.turn && key(this.turn) === key({ peer, id })) {
      this.turn = null;
      this.dirty = true;
    }
  }

  /** settle ends the ask that is on screen. */
  settle(how: Exclude<Standing, "shown">): void {
    if (this.ask) {
      this.end(this.ask, how);
      this.ask = null;
      this.dirty = true;
    }
  }

  /** settleTurn ends the wish for another camera. */
  settleTurn(how: Exclude<Standing, "shown">): void {
    if (this.turn) {
      this.end(this.turn, how);
      this.turn = null;
      this.dirty = true;
    }
  }

  private end(t: Turn, how: Standing): void {
    this.remember(t, how);
    this.answer(t.peer, t.id, how);
  }

  private remember(t: Turn, how: Standing): void {
    if (this.ends.has(key(t))) {
      return;
    }
    this.ends.set(key(t), how);
    if (this.ends.size > endsMost) {
      this.ends.delete(this.ends.keys().next().value as string);
    }
  }

  private answer(peer: string, id: string, state: Standing): void {
    this.out.push({ peer, view: false, payload: encode({ answer: { id, state } }) });
  }

  take(): Out[] {
    const out = this.out;
    this.out = [];
    return out;
  }

  tick(): void {
    // Who asks says it again; we only answer.
  }

  /** changed tells, once, that view may say something new. */
  changed(): boolean {
    const changed = this.dirty;
    this.dirty = false;
    return changed;
  }

  view(): SitterView {
    return { ask: this.ask, turn: this.turn };
  }
}

function key(t: Turn): string {
  return t.peer + "\n" + t.id;
}
