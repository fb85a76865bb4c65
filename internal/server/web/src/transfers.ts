// The files of a call as the page's state has them, and what stays of them when it is over.
import type { Effect, Result, State } from "./state";
import type { Act } from "./files";
import type { Item } from "./files/engine";
import { deaf } from "./panel";
import { watches } from "./role";
import type { Files } from "./wire.gen";

/** Kept is a file that was received, which can be saved while the page is open. */
export interface Kept {
  id: string;
  name: string;
  /** from is the name of who sent it. */
  from: string;
  size: number;
  file: Blob;
  thumbnail: Blob | null;
  warning: Item["warning"];
  saved: boolean;
}

/** Transfers is the part of the state that this file keeps. */
export interface Transfers {
  /** store is our right to send and fetch, null while there is none. */
  store: Files | null;
  files: Item[];
  /** fresh counts others' files that were not seen; arrived is the newest of them, to point to over
   * the picture while they are not shown. */
  fresh: number;
  arrived: Item | null;
  /** saved are the ids of files that were saved. */
  saved: { [id: string]: true };
  /** kept are those of stays that are over; missed are the names of those of the last stay that did
   * not come whole, to us or from us. */
  kept: Kept[];
  missed: { name: string; mine: boolean }[];
}

export type TransferEvent =
  | { type: "files"; at: number; items: Item[] }
  | { type: "offer_files"; files: File[] }
  | { type: "file"; act: Act; id: string }
  | { type: "save"; id: string }
  | { type: "saved"; id: string }
  | { type: "dismiss_file" };

/** untouched is before there was any file. */
export function untouched(): Transfers {
  return { store: null, files: [], fresh: 0, arrived: null, saved: {}, kept: [], missed: [] };
}

/** transferred answers what happens with files. */
export function transferred(s: State, e: TransferEvent): Result {
  switch (e.type) {
    case "save":
      return [s, save(s, e.id)];
    case "saved":
      return [{ ...s, saved: { ...s.saved, [e.id]: true }, kept: s.kept.map((k) => (k.id === e.id ? { ...k, saved: true } : k)) }, []];
    case "dismiss_file":
      return [{ ...s, arrived: null }, []];
  }
  if (s.stage !== "call" && s.stage !== "waiting") {
    return [s, []];
  }
  switch (e.type) {
    case "files":
      return told({ ...s, now: e.at }, e.items);
    case "offer_files":
      return maySend(s) && e.files.length > 0 ? [seen({ ...s, panel: "files" }), [{ do: "offer_files", files: e.files }]] : [s, []];
    case "file":
      return [s, [{ do: "file", act: e.act, id: e.id }]];
  }
}

/** seen: what is shown is not new any more, in a tab that is to be seen. */
export function seen(s: State): State {
  return s.panel === "files" && !s.unseen ? { ...s, fresh: 0, arrived: null } : s;
}

/** told takes a new look of the files. */
function told(s: State, items: Item[]): Result {
  const had = new Set(s.files.map((it) => it.id));
  const more = items.filter((it) => !it.mine && !had.has(it.id) && it.state !== "withdrawn");
  const authors = { ...s.authors };
  for (const it of items) {
    for (const id of [it.from].concat(Object.keys(it.replies))) {
      const person = s.people[id];
      if (person && person.name) {
        authors[id] = person.name;
      }
    }
  }
  const next: State = { ...s, files: items, authors, fresh: s.fresh + more.length };
  const arrived = more.length > 0 ? more[more.length - 1] : s.arrived;
  // What was taken back is nothing to point to.
  next.arrived = arrived && items.some((it) => it.id === arrived.id && it.state !== "withdrawn") ? arrived : null;
  const now = seen(next);
  return [now, more.length > 0 && now.fresh > 0 ? [{ do: "tap" }] : []];
}

/** maySend: there is a store, this browser shares keys, and somebody may read what we send. */
export function maySend(s: State): boolean {
  const none = deaf(s).length;
  const unheard = none > 0 && none === Object.keys(s.bonds).filter((id) => s.people[id]).length;
  return s.stage === "call" && hasFiles(s) && s.able.keys && !unheard;
}

/** hasFiles: files are a thing of this stay at all. */
export function hasFiles(s: State): boolean {
  return s.store !== null && s.store.limit > 0 && !watches(s.role);
}

function save(s: State, id: string): Effect[] {
  const it = s.files.filter((f) => f.id === id && !f.mine)[0] || s.kept.filter((k) => k.id === id)[0];
  return it && it.file ? [{ do: "save", id, file: it.file, name: it.name }] : [];
}

/** remains is what stays of the files when a stay is over. */
export function remains(s: State): Transfers {
  const here = (it: Item) => !it.mine && it.state === "done" && it.file !== null;
  const kept = s.files.filter(here).map((it) => ({ id: it.id, name: it.name, from: s.authors[it.from] || "", size: it.size, file: it.file as Blob, thumbnail: it.thumbnail, warning: it.warning, saved: s.saved[it.id] === true }));
  const lost = (it: Item) => !here(it) && it.state !== "withdrawn" && !/^(declined|empty|too_large|off)$/.test(it.problem);
  const had = (it: Item) => Object.keys(it.replies).some((id) => it.replies[id] !== "accepted");
  const missed = s.files.filter((it) => lost(it) && !(it.mine && (it.state === "done" || had(it)))).map((it) => ({ name: it.name, mine: it.mine }));
  return { ...untouched(), kept: s.kept.concat(kept), missed };
}
