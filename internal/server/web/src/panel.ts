// The panel beside the picture, and the conversation in it, as the page's state has them.
import type { Effect, Result, State } from "./state";
import { silence, type Message, type View } from "./chat";
import { watches } from "./role";
import { hasFiles, seen } from "./transfers";

/** Panel is what stands beside the picture. */
export type Panel = "" | "chat" | "files";

/** fresh: a message this young, ms, is worth a sound; older ones are told to who came late. */
const fresh = 15000;
/** patience: after this long, ms, it is said who has not got a message. */
const patience = 5000;

/** Talk is the part of the state that this file keeps. */
export interface Talk {
  panel: Panel;
  chat: View;
  /** authors are the names of those who wrote, kept when they leave. */
  authors: { [id: string]: string };
  /** unread counts messages of others that were not seen. */
  unread: number;
  /** newest is the message to point to over the picture, while the panel is closed. */
  newest: Message | null;
  /** draft is what stands in the field; showing lets others see it while it is typed. */
  draft: string;
  showing: boolean;
  /** unseen: the tab is hidden. */
  unseen: boolean;
}

export type TalkEvent =
  | { type: "chat"; at: number; view: View }
  | { type: "panel"; panel: Panel }
  | { type: "dismiss" }
  | { type: "draft"; text: string }
  | { type: "showing"; on: boolean }
  | { type: "write"; text: string }
  | { type: "unseen"; unseen: boolean };

/** quiet is before anything was written. */
export function quiet(): Talk {
  return { panel: "", chat: silence(), authors: {}, unread: 0, newest: null, draft: "", showing: false, unseen: false };
}

/** talked answers what happens in the panel. */
export function talked(s: State, e: TalkEvent): Result {
  if (e.type === "unseen") {
    return [read({ ...s, unseen: e.unseen }), []];
  }
  if (s.stage !== "call" && s.stage !== "waiting") {
    return [s, []];
  }
  switch (e.type) {
    case "chat":
      return told({ ...s, now: e.at }, e.view);
    case "panel":
      return [s.stage === "call" ? read({ ...s, panel: e.panel === "files" && !hasFiles(s) ? "chat" : e.panel }) : s, []];
    case "dismiss":
      return [{ ...s, newest: null }, []];
    case "draft":
    case "showing":
      return drafted(e.type === "draft" ? { ...s, draft: e.text } : { ...s, showing: e.on });
    case "write":
      return mayWrite(s) && e.text.trim() ? [{ ...s, draft: "" }, [{ do: "write", text: e.text }]] : [s, []];
  }
}

/** read: what is in the panel is seen while it is open, in a tab that is. */
function read(s: State): State {
  return s.panel === "chat" && !s.unseen ? { ...s, unread: 0, newest: null } : seen(s);
}

/** told takes a new look of the conversation. */
function told(s: State, chat: View): Result {
  const had = new Set(s.chat.messages.map(key));
  const more = chat.messages.filter((m) => !m.mine && !had.has(key(m)));
  const authors = { ...s.authors };
  for (const m of more) {
    const author = s.people[m.from];
    authors[m.from] = (author && author.name) || authors[m.from] || "";
  }
  const young = more.filter((m) => s.now - m.at < fresh);
  const next: State = { ...s, chat, authors, unread: s.unread + more.length };
  if (s.panel !== "chat" && young.length > 0) {
    next.newest = young[young.length - 1];
  }
  const seen = read(next);
  return [seen, young.length > 0 && seen.unread > 0 ? [{ do: "tap" }] : []];
}

function drafted(s: State): Result {
  const effects: Effect[] = mayWrite(s) ? [{ do: "draft", text: s.draft, show: s.showing }] : [];
  return [s, effects];
}

/** key tells one message from the others. */
export function key(m: Message): string {
  return m.from + "\n" + m.id;
}

/** mayWrite: we are no observer, this browser shares keys, there is room, and not everybody is
 * deaf to it. */
export function mayWrite(s: State): boolean {
  const none = deaf(s).length;
  const unheard = none > 0 && none === Object.keys(s.bonds).filter((id) => s.people[id]).length;
  return !watches(s.role) && s.able.keys && !s.chat.full && !unheard;
}

/** deaf are the people in the call whose program shares no keys with us. */
export function deaf(s: State): string[] {
  return Object.keys(s.bonds).filter((id) => s.bonds[id].standing === "" && s.people[id] !== undefined);
}

/** Delivery is how far a message of ours is. */
export type Delivery = "sending" | "delivered" | "missing";

export function delivery(s: State, m: Message): Delivery {
  if (m.got > 0 && m.missing.length === 0) {
    return "delivered";
  }
  return s.now - m.at < patience ? "sending" : "missing";
}
