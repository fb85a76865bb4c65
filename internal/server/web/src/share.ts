// Carries what the features of a call say: to each participant under the pair's key, and from
// each to the feature of its topic. What is lost on the way is the features' to say again.
import { others, type State } from "./state";
import type { Bytes } from "./seal/bytes";
import type { Role, Topic } from "./wire.gen";

/** Out is a payload for one participant. */
export interface Out {
  peer: string;
  /** view as in Data: it changes nothing that others see. */
  view: boolean;
  payload: Bytes;
}

/** Feature is one thing that people do together in a call. */
export interface Feature {
  /** meet: a key is shared with this participant, from now on or anew; or they are back. */
  meet(peer: string, role: Role): void;
  /** part: this participant left. */
  part(peer: string): void;
  hear(peer: string, view: boolean, payload: Bytes): unknown;
  /** take returns what is to be sent, once. */
  take(): Out[];
  /** tick does what time asks for; call it a few times a second. */
  tick(): void;
}

/** Partner is another participant with whom keys are agreed, or being agreed. */
export interface Partner {
  peer: string;
  role: Role;
  /** agreed as in Pairing: what was said under an earlier agreement may be lost. */
  agreed: number;
  /** away: nothing reaches them now. */
  away: boolean;
}

/** partners are those in the call with whom we have, or will have, keys. While our own line is
 * down nobody can be reached. */
export function partners(s: State): Partner[] {
  const me = s.people[s.self];
  if (!me || me.place !== "call") {
    return [];
  }
  return others(s)
    .filter((p) => s.bonds[p.id] && s.bonds[p.id].standing !== "")
    .map((p) => ({ peer: p.id, role: p.role, agreed: s.bonds[p.id].agreed, away: p.away || s.line !== "up" }));
}

export type Features = { [topic in Topic]?: Feature };

export class Share {
  private readonly known = new Map<string, Partner>();

  constructor(private readonly features: Features, private readonly say: (topic: Topic, out: Out) => void) {}

  /** follow tells the features who came, came back or left. */
  follow(all: Partner[]): void {
    const left = Array.from(this.known.keys()).filter((id) => !all.some((p) => p.peer === id));
    for (const id of left) {
      this.known.delete(id);
      this.each((f) => f.part(id));
    }
    for (const p of all) {
      const had = this.known.get(p.peer);
      const before = had ? had.agreed : 0;
      const back = had !== undefined && had.away && !p.away && p.agreed > 0;
      // While they agree anew the count stands at 0; the one before still tells what is new.
      this.known.set(p.peer, { ...p, agreed: Math.max(p.agreed, before) });
      if (p.agreed > before || back) {
        this.each((f) => f.meet(p.peer, p.role));
      }
    }
    this.flush();
  }

  /** hear hands on what a participant said; a topic that we do not know is ignored. */
  hear(peer: string, topic: Topic, view: boolean, payload: Bytes): void {
    const f = Object.prototype.hasOwnProperty.call(this.features, topic) ? this.features[topic] : undefined;
    if (f && this.known.has(peer)) {
      f.hear(peer, view, payload);
      this.flush();
    }
  }

  tick(): void {
    this.each((f) => f.tick());
    this.flush();
  }

  /** flush sends what the features have to say. */
  flush(): void {
    for (const topic of Object.keys(this.features) as Topic[]) {
      (this.features[topic] as Feature).take().forEach((out) => this.say(topic, out));
    }
  }

  private each(todo: (f: Feature) => void): void {
    (Object.keys(this.features) as Topic[]).forEach((topic) => todo(this.features[topic] as Feature));
  }
}
