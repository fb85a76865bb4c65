// The written conversation of a call: what was written, who has it, and who is writing. It lives
// in memory for the call only. A Log sends to each participant apart, for nobody else can read
// it; what was not confirmed is said again. The twin of internal/call/chat/chat.go;
// docs/protocol.md, 13.2, has the messages.
import { decode, encode, receipt, type Said, type Say } from "./chat/codec";
import { clean } from "./chat/text";
import { watches } from "./role";
import { encode as base64, random, type Bytes } from "./seal/bytes";
import type { Feature, Out } from "./share";
import type { Role } from "./wire.gen";

/** How a conversation is patient, ms, and how much of it there may be. */
export const messagesMost = 2000;
const againAfter = 3000; // what was not confirmed is said again
const atOnce = 20; // messages sent to one person at a time
const liveEvery = 250;
const typingEvery = 3000;
const typingFor = 7000;
const liveFor = 5 * 60000; // what nobody goes on writing
const runsMost = 64;
const floodBurst = 80; // messages taken from one person at once
const floodPer = 20; // and a second

/** Message is one that was written. */
export interface Message {
  /** from is the id of who wrote it. */
  from: string;
  id: string;
  text: string;
  /** at is when, by our clock, ms. */
  at: number;
  mine: boolean;
  /** got counts who confirmed it, missing names those in the call who have not yet; of ours only. */
  got: number;
  missing: string[];
  /** by are those who confirmed it. */
  by?: string[];
}

/** Writing is somebody who writes now. text is what stands in their field, when they show it while
 * they type. */
export interface Writing {
  from: string;
  text: string;
}

/** View is what a screen shows: a copy. */
export interface View {
  messages: Message[];
  writing: Writing[];
  /** full: no more messages are taken in this call. */
  full: boolean;
}

/** silence is a conversation in which nothing was written. */
export function silence(): View {
  return { messages: [], writing: [], full: false };
}

interface Owed {
  id: string;
  /** at is when it was said last, 0 for not yet. */
  at: number;
}

/** Reader is another participant. */
interface Reader {
  role: Role;
  /** owes are our messages that they have not confirmed, oldest first. */
  owes: Owed[];
  /** until: is typing. */
  until: number;
  live: string;
  liveAt: number;
  tokens: number;
  filled: number;
}

/** past tells whether somebody of a role is told what was written before they came. */
function past(role: Role): boolean {
  return role === "clinician" || role === "colleague" || role === "patient";
}

/** Log is one participant's side of the conversation. */
export class Log implements Feature {
  private self = "";
  private role: Role | "" = "";
  /** run names this program in this call. */
  private readonly run = base64(random(9));
  private count = 0;
  private readonly messages: Message[] = [];
  private readonly peers = new Map<string, Reader>();
  /** runs are of the program of each participant, also of those who left. */
  private readonly runs = new Map<string, string>();
  private out: Out[] = [];
  private dirty = false;

  private drafted = "";
  /** showing: the draft is shown while we type. */
  private showing = false;
  private told = "";
  private toldAt = -Infinity;
  private tellDraft = false;

  constructor(private readonly now: () => number) {}

  /** enter says who we are. */
  enter(self: string, role: Role): void {
    this.self = self;
    this.role = role;
  }

  /** meet: a key is shared with this participant, from now on or anew; or they are back. */
  meet(peer: string, role: Role): void {
    let r = this.peers.get(peer);
    if (!r) {
      r = { role, owes: [], until: 0, live: "", liveAt: 0, tokens: floodBurst, filled: this.now() };
      this.peers.set(peer, r);
      if (past(role)) {
        this.owe(r);
      }
      this.dirty = true;
    }
    for (const o of r.owes) {
      o.at = 0;
    }
    this.send(peer, { met: this.run });
    this.repeat(peer, r);
  }

  /** owe begins anew with somebody who has nothing of ours. */
  private owe(r: Reader): void {
    r.owes = this.messages.filter((m) => m.mine).map((m) => ({ id: m.id, at: 0 }));
  }

  /** part: this participant left. */
  part(peer: string): void {
    this.dirty = this.peers.delete(peer) || this.dirty;
  }

  /** readers are the participants who are met. */
  readers(): string[] {
    return Array.from(this.peers.keys()).sort();
  }

  /** write says something to all; false when there is nothing to say, or no room. */
  write(text: string): boolean {
    text = clean(text);
    if (!text || this.messages.length >= messagesMost || watches(this.role)) {
      return false;
    }
    this.count++;
    const id = this.run + "." + this.count;
    this.messages.push({ from: this.self, id, text, at: this.now(), mine: true, got: 0, missing: [] });
    this.drafted = this.told = "";
    this.tellDraft = false;
    this.peers.forEach((r, peer) => {
      r.owes.push({ id, at: 0 });
      this.repeat(peer, r);
    });
    this.dirty = true;
    return true;
  }

  /** draft says what stands in our field; with show others see it while we type (real-time text,
   * EN 301 549, 6.2), else only that we type. */
  draft(text: string, show: boolean): void {
    text = clean(text);
    if ((text === this.drafted && show === this.showing) || watches(this.role)) {
      return;
    }
    this.drafted = text;
    this.showing = show;
    this.tellDraft = true;
    this.tell();
  }

  /** tell sends the draft, not too often. */
  private tell(): void {
    const every = !this.showing && !this.told ? typingEvery : liveEvery;
    if (!this.tellDraft || this.now() - this.toldAt < every) {
      return;
    }
    this.tellDraft = false;
    let m: Said = { typing: true };
    if (this.showing && this.drafted !== this.told) {
      this.told = this.drafted;
      m = { live: { text: this.drafted } };
    } else if (!this.showing && this.told) {
      this.told = "";
      m = { live: { text: "" } };
    } else if (!this.drafted) {
      return;
    }
    this.toldAt = this.now();
    this.peers.forEach((_, peer) => this.send(peer, m));
  }

  /** tick does what time asks for; call it a few times a second. */
  tick(): void {
    const now = this.now();
    this.peers.forEach((r, peer) => {
      this.repeat(peer, r);
      if (r.until && now >= r.until) {
        r.until = 0;
        this.dirty = true;
      }
      if (r.live && now - r.liveAt > liveFor) {
        r.live = "";
        this.dirty = true;
      }
    });
    this.tell();
  }

  /** repeat says what somebody has not confirmed, oldest first. */
  private repeat(peer: string, r: Reader): void {
    const now = this.now();
    for (const o of r.owes.slice(0, atOnce)) {
      const m = o.at && now - o.at < againAfter ? undefined : this.find(this.self, o.id);
      if (m) {
        o.at = now;
        this.send(peer, { say: this.say(m) });
      }
    }
  }

  private say(m: Message): Say {
    return { id: m.id, text: m.text, ago: Math.max(0, Math.round(this.now() - m.at)) };
  }

  private find(from: string, id: string): Message | undefined {
    return this.messages.find((m) => m.from === from && m.id === id);
  }

  private send(peer: string, m: Said): void {
    this.out.push({ peer, view: receipt(m), payload: encode(m) });
  }

  /** take returns what is to be sent, once. */
  take(): Out[] {
    const out = this.out;
    this.out = [];
    return out;
  }

  /** hear takes what a participant said under the topic chat; view as in Data. False for what is
   * no message of a conversation. */
  hear(peer: string, view: boolean, payload: Bytes): boolean {
    const m = decode(payload);
    const r = this.peers.get(peer);
    if (m && r && receipt(m) === view) {
      this.heed(peer, r, m);
    }
    return m !== null;
  }

  private heed(peer: string, r: Reader, m: Said): void {
    if (m.got) {
      this.confirmed(peer, r, m.got);
    } else if (m.met) {
      const run = this.runs.get(peer);
      if (run && run !== m.met) { // they have begun anew, with nothing
        if (past(r.role)) {
          this.owe(r);
        }
        this.giveBack(peer);
        this.repeat(peer, r);
      }
      if (run || this.runs.size < runsMost) {
        this.runs.set(peer, m.met);
      }
    } else if (m.say) {
      this.heard(peer, r, m.say);
    } else if (m.back) {
      if (r.role === "clinician" && !this.find(this.self, m.back.id) && this.spend(r)) {
        this.add(this.self, true, m.back, [peer]);
      }
    } else if (m.live) {
      r.live = m.live.text;
      r.liveAt = this.now();
      r.until = 0;
      this.dirty = true;
    } else if (m.typing) {
      r.until = this.now() + typingFor;
      this.dirty = true;
    }
  }

  private confirmed(peer: string, r: Reader, ids: string[]): void {
    r.owes = r.owes.filter((o) => {
      if (ids.indexOf(o.id) < 0) {
        return true;
      }
      const m = this.find(this.self, o.id);
      const by = (m && m.by) || [];
      if (m && by.indexOf(peer) < 0) { // once, also when it was said to them again
        m.by = by.concat(peer);
        m.got = m.by.length;
      }
      return false;
    });
    this.dirty = true;
  }

  /** heard takes a message, and confirms it; also one that is here already. */
  private heard(peer: string, r: Reader, m: Say): void {
    if (!this.find(peer, m.id)) {
      if (!this.spend(r) || watches(r.role)) {
        return; // too many at once: it is said again
      }
      if (!this.add(peer, false, m)) {
        return;
      }
      r.live = "";
      r.until = 0;
    }
    this.send(peer, { got: [m.id] });
  }

  /** add puts a message where it belongs in time. Who gives ours back has it. */
  private add(from: string, mine: boolean, m: Say, by: string[] = []): boolean {
    this.dirty = true;
    if (this.messages.length >= messagesMost) {
      return false;
    }
    const at = this.now() - m.ago;
    let place = this.messages.length;
    while (place > 0 && this.messages[place - 1].at > at) {
      place--;
    }
    this.messages.splice(place, 0, { from, id: m.id, text: m.text, at, mine, got: by.length, missing: [], by });
    return true;
  }

  /** giveBack returns to somebody who begins anew what they wrote: their clinician does. */
  private giveBack(peer: string): void {
    if (this.role === "clinician") {
      this.messages.filter((m) => m.from === peer).forEach((m) => this.send(peer, { back: this.say(m) }));
    }
  }

  /** spend takes one of what a person may say. */
  private spend(r: Reader): boolean {
    const now = this.now();
    r.tokens = Math.min(floodBurst, r.tokens + (floodPer * (now - r.filled)) / 1000);
    r.filled = now;
    if (r.tokens < 1) {
      return false;
    }
    r.tokens--;
    return true;
  }

  /** changed tells, once, that view may say something new. */
  changed(): boolean {
    const changed = this.dirty;
    this.dirty = false;
    return changed;
  }

  /** view is what a screen shows. */
  view(): View {
    const lacks = this.readers().map((id) => ({ id, owes: new Set((this.peers.get(id) as Reader).owes.map((o) => o.id)) }));
    const writing: Writing[] = [];
    for (const { id } of lacks) {
      const r = this.peers.get(id) as Reader;
      if (r.live || this.now() < r.until) {
        writing.push({ from: id, text: r.live });
      }
    }
    return {
      messages: this.messages.map((m) => ({ ...m, missing: m.mine ? lacks.filter((l) => l.owes.has(m.id)).map((l) => l.id) : [] })),
      writing,
      full: this.messages.length >= messagesMost,
    };
  }
}
