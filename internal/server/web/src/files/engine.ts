// The files of one participant in one call: what was offered to whom, and how far each is.
// It holds and decides; what it wants done it asks of Work (a Porter), which answers by the
// methods of Engine. The twin of internal/call/files/files.go.
import { encode as base, random, same, type Bytes } from "../seal/bytes";
import type { Role } from "../wire.gen";
import type { Problem, Sending } from "./courier";
import { warningOf, type Kind, type Warning } from "./kind";
import { decode, encode, kindIsGood, type Control, type Offer, type Reply, type Use } from "./message";
import { safeName } from "./name";

const itemsMost = 256;
const itemsOfPeer = 64;

/** State is where a file stands. Of one's own: uploading, ready (for others to fetch), done
 * (everybody has it). Of somebody else's: ready (may be taken), fetching, checking, done. */
export type State = "uploading" | "ready" | "fetching" | "checking" | "paused" | "done" | "failed" | "withdrawn";

/** Item is all that a screen shows of one file. */
export interface Item {
  /** id names it here; it is not the id that travels. */
  id: string;
  mine: boolean;
  /** from is the other sender's id. */
  from: string;
  use: Use;
  /** name is safe to show and to keep. */
  name: string;
  /** size and done are bytes of the file. */
  size: number;
  done: number;
  state: State;
  /** problem is the other side's word too, so it may be one that is not in the list. */
  problem: Problem;
  /** kind is a MIME type: the sender's word for it, and once it is done by its content. */
  kind: string;
  warning: Warning;
  /** whole: its sender has sent all of it. */
  whole: boolean;
  /** thumbnail is a small PNG, or null. file is what was fetched: somebody else's, once done. */
  thumbnail: Blob | null;
  file: Blob | null;
  /** replies are what its addressees said, by their ids, and reasons why they refused. */
  replies: { [peer: string]: Reply };
  reasons: { [peer: string]: string };
}

/** Work carries files, see Porter. None of it waits. */
export interface Work {
  /** upload sends a file, or goes on with it. */
  upload(id: string, file: Blob): void;
  /** fetch brings one, or goes on with it. */
  fetch(id: string, what: Sending, size: number): void;
  /** look checks what was fetched: its kind, and a small picture. */
  look(id: string, name: string): void;
  /** stop halts a transfer; what there is of it stays. */
  stop(id: string): void;
  /** drop ends it, and removes what there is of it here and at the server. */
  drop(id: string): void;
}

/** Looked is what became of a file that was fetched. */
export interface Looked {
  file: Blob;
  kind: Kind;
  thumbnail: Blob | null;
}

export interface Options {
  /** tell sends a control message to one person over the sealed channel with them. It may be
   * lost when a line drops; then meet comes again. */
  tell(peer: string, payload: Bytes): void;
  work: Work;
  /** changed: the view is another one now. */
  changed(): void;
}

/** Own is a file to be sent. */
export interface Own {
  /** name: a File's own when left out. */
  name?: string;
  file: Blob;
  use?: Use;
  /** to are its addressees' ids. Empty: everybody, later ones too as their role has it. */
  to?: string[];
}

interface Entry {
  view: Item;
  /** said is the offer as it travels. */
  said: Offer;
  order: number;
  to: string[];
  source: Blob | null;
  /** fetched is its SHA-256, once it is here; taking: somebody wants it. */
  fetched: Bytes | null;
  taking: boolean;
}

const none: Bytes = new Uint8Array(0);
const shares = (role: Role) => role !== "observer";
/** theirs is our id of somebody else's file: two people may choose the same. */
const theirs = (from: string, id: string) => from + "/" + id;
const text = (b: Uint8Array) => base(b).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

export class Engine {
  private limit = 0;
  private items: Entry[] = [];
  private readonly met: { [peer: string]: { role: Role; came: number } } = Object.create(null);
  private order = 0;

  constructor(private readonly o: Options) {}

  /** allow sets how large a file may be, in bytes, as Files tells it; 0: none is sent and none taken. */
  allow(limit: number): void {
    this.limit = limit;
  }

  /** meet tells that somebody can be told something: for the first time, or again after a line
   * was down. Everything that they may have missed is said again. */
  meet(peer: string, role: Role): void {
    const before = this.met[peer];
    this.met[peer] = { role, came: before ? before.came : this.order };
    for (const it of this.items.slice()) {
      if (it.view.mine) {
        if (this.addresses(it, peer)) {
          this.say(peer, it);
          this.settle(it);
        }
      } else if (it.view.from === peer) {
        if (shares(role)) {
          this.reply(it);
        } else {
          this.remove(it);
        }
      }
    }
    this.o.changed();
  }

  /** part tells that somebody left the call for good. */
  part(peer: string): void {
    delete this.met[peer];
    for (const it of this.items) {
      const v = it.view;
      if (v.mine) {
        if (v.replies[peer] !== "received") {
          delete v.replies[peer];
          delete v.reasons[peer];
        }
        this.settle(it);
      } else if (v.from === peer && !it.said.sum.length && v.state !== "withdrawn" && v.state !== "failed") {
        this.fail(it, "left");
      }
    }
    this.o.changed();
  }

  private addresses(it: Entry, peer: string): boolean {
    const m = this.met[peer];
    if (!m || !shares(m.role)) {
      return false;
    }
    if (it.to.length) {
      return it.to.indexOf(peer) >= 0;
    }
    return it.view.use === "backdrop" || (m.role !== "interpreter" && m.role !== "companion") || it.order > m.came;
  }

  /** send offers a file, and answers its id here. What cannot be sent is in the view too, with
   * its problem, so that each of several files has its sentence. */
  send(own: Own): string {
    if (this.items.length >= itemsMost && !this.makeRoom()) {
      return ""; // a screen with so many has said so many times what is wrong
    }
    const id = text(random(16));
    const use = own.use || "file";
    const name = safeName(own.name || (own.file as File).name || "");
    const size = own.file.size;
    const kind = kindIsGood(own.file.type) ? own.file.type : "";
    const it: Entry = {
      view: { id, mine: true, from: "", use, name, size, done: 0, state: "uploading", problem: "", kind, warning: warningOf(name), whole: false, thumbnail: null, file: null, replies: {}, reasons: {} },
      said: { id, use, name, size, kind, blob: "", key: none, sum: none },
      order: ++this.order, to: own.to || [], source: own.file, fetched: null, taking: false,
    };
    const problem: Problem = this.limit <= 0 ? "off" : size <= 0 ? "empty" : size > this.limit ? "too_large" : "";
    this.items.push(it);
    if (problem) {
      it.view.state = "failed";
      it.view.problem = problem;
    } else {
      this.o.work.upload(id, own.file);
    }
    this.o.changed();
    return id;
  }

  /** makeRoom forgets the oldest file that nobody waits for any more. */
  private makeRoom(): boolean {
    const over = this.items.filter(({ view: v }) => v.state === "failed" || v.state === "withdrawn" || (!v.mine && v.state === "done"))[0];
    if (over) {
      this.remove(over);
    }
    return !!over;
  }

  private remove(it: Entry): void {
    this.o.work.drop(it.view.id);
    this.items = this.items.filter((other) => other !== it);
  }

  /** pause halts a transfer until resume. */
  pause(id: string): void {
    const it = this.find(id);
    if (it && /^(uploading|fetching|paused)$/.test(it.view.state)) {
      it.view.state = "paused";
      it.view.problem = "by_hand";
      this.o.work.stop(id);
      this.o.changed();
    }
  }

  resume(id: string): void {
    const it = this.find(id);
    if (!it || it.view.state !== "paused" || it.view.problem !== "by_hand") {
      return;
    }
    it.view.problem = "";
    if (it.view.mine) {
      it.view.state = "uploading";
      this.o.work.upload(id, it.source as Blob);
    } else {
      this.fetch(it);
    }
    this.o.changed();
  }

  /** cancel takes one's own file back; of somebody else's it stops the fetching, and what came
   * is forgotten: it can be taken anew. */
  cancel(id: string): void {
    const it = this.find(id);
    if (it && it.view.mine && /^(uploading|paused|ready|done)$/.test(it.view.state)) {
      this.o.work.drop(id);
      it.view.state = "withdrawn";
      it.view.problem = "";
      this.tellAll(it);
    } else if (it && !it.view.mine && /^(fetching|paused|checking)$/.test(it.view.state)) {
      this.o.work.drop(id);
      this.back(it, "");
    }
    this.o.changed();
  }

  /** decline tells the sender of a file that it is not wanted. */
  decline(id: string): void {
    const it = this.find(id);
    if (it && !it.view.mine && it.view.state === "ready") {
      this.fail(it, "declined");
      this.o.changed();
    }
  }

  /** take fetches somebody else's file. It does nothing for one that is not ready, nor failed
   * in a way that another try may mend. */
  take(id: string): void {
    const it = this.find(id);
    if (!it || it.view.mine || !(it.view.state === "ready" || (it.view.state === "failed" && /^(memory|declined|refused)$/.test(it.view.problem)))) {
      return;
    }
    it.taking = true;
    it.view.problem = "";
    this.fetch(it);
    this.reply(it);
    this.o.changed();
  }

  private fetch(it: Entry): void {
    it.view.state = "fetching";
    this.o.work.fetch(it.view.id, { blob: it.said.blob, key: it.said.key }, it.view.size);
  }

  /** view is every file, in the order of their coming. */
  view(): Item[] {
    return this.items.map((it) => ({ ...it.view, whole: it.said.sum.length > 0, replies: { ...it.view.replies }, reasons: { ...it.view.reasons } }));
  }

  /** close ends everything: the call is over. What was fetched is the screen's. */
  close(): void {
    this.items.forEach((it) => this.o.work.drop(it.view.id));
    this.items = [];
    this.limit = 0;
    Object.keys(this.met).forEach((peer) => delete this.met[peer]);
  }

  private find(id: string): Entry | undefined {
    return this.items.filter((it) => it.view.id === id)[0];
  }

  /** hear takes a control message of another participant. What is malformed, unknown or none of
   * theirs changes nothing. */
  hear(from: string, payload: Uint8Array): void {
    const c = this.limit > 0 ? decode(payload) : null;
    if (!c) {
      return;
    }
    const it = this.find(c.type === "answer" ? c.data.id : theirs(from, c.data.id));
    switch (c.type) {
      case "offer":
        if (it) {
          this.offered(it, c.data);
        } else {
          this.discover(from, c.data);
        }
        break;
      case "withdrawn":
        if (it && it.view.state !== "done" && it.view.state !== "withdrawn") {
          this.o.work.drop(it.view.id);
          it.view.state = "withdrawn";
          it.view.problem = "";
          it.taking = false;
        }
        break;
      case "answer":
        if (it && it.view.mine && this.addresses(it, from)) {
          this.answered(it, from, c.data.reply, c.data.why);
        }
    }
    this.o.changed();
  }

  private answered(it: Entry, from: string, reply: Reply, why: string): void {
    it.view.replies[from] = reply;
    delete it.view.reasons[from];
    if (reply === "refused") {
      it.view.reasons[from] = why;
    }
    this.settle(it);
    if (reply === "refused" && why === "gone" && it.view.state === "ready") {
      // The server was restarted, or kept it no longer: it is looked at, and sent again.
      it.view.state = "uploading";
      this.o.work.upload(it.view.id, it.source as Blob);
    }
  }

  private offered(it: Entry, o: Offer): void {
    const v = it.view;
    if (v.state === "withdrawn" || v.state === "done" || o.size !== v.size || o.use !== v.use) {
      this.reply(it);
      return; // it is another file under the same id, or comes too late
    }
    const anew = o.blob !== it.said.blob;
    if (!anew && (!same(o.key, it.said.key) || (it.said.sum.length > 0 && !same(o.sum, it.said.sum)))) {
      return; // an older message, or one that cannot be true
    }
    it.said = { ...it.said, blob: o.blob, key: o.key, sum: o.sum };
    if (v.state === "failed" && v.problem === "left") {
      this.back(it, ""); // they are back, as after a hold, and have it still
    }
    if (anew) {
      // The server lost it and its sender begins anew: so do we.
      this.o.work.drop(v.id);
      it.taking = it.taking && !(v.state === "paused" && v.problem === "by_hand");
      this.back(it, "");
      if (it.taking) {
        this.fetch(it);
      }
    }
    this.check(it);
    this.reply(it);
  }

  /** discover takes note of a new file. */
  private discover(from: string, o: Offer): void {
    const m = this.met[from];
    if (m && !shares(m.role)) {
      return;
    }
    const refuse = (why: Problem) => this.tell(from, { type: "answer", data: { id: o.id, reply: "refused", why } });
    if (this.items.filter((it) => !it.view.mine && it.view.from === from).length >= itemsOfPeer || (this.items.length >= itemsMost && !this.makeRoom())) {
      refuse("too_many");
      return;
    }
    if (o.size > this.limit) {
      refuse("too_large"); // it would not have come through the server
      return;
    }
    this.items.push({
      view: { id: theirs(from, o.id), mine: false, from, use: o.use, name: o.name, size: o.size, done: 0, state: "ready", problem: "", kind: o.kind, warning: warningOf(o.name), whole: false, thumbnail: null, file: null, replies: {}, reasons: {} },
      said: o, order: ++this.order, to: [], source: null, fetched: null, taking: false,
    });
  }

  /** back makes somebody else's file one that can be taken. */
  private back(it: Entry, why: Problem): void {
    it.view.state = "ready";
    it.view.problem = why;
    it.view.done = 0;
    it.fetched = null;
  }

  /** say tells one addressee how a file of ours stands. */
  private say(peer: string, it: Entry): void {
    if (it.view.state === "withdrawn" || (it.view.state === "failed" && it.said.blob)) {
      this.tell(peer, { type: "withdrawn", data: { id: it.said.id } });
    } else if (it.said.blob && it.view.state !== "failed") {
      this.tell(peer, { type: "offer", data: it.said });
    }
  }

  /** reply tells the sender of a file how it stands here. */
  private reply(it: Entry): void {
    const v = it.view;
    const answer = (reply: Reply, why: string) => this.tell(v.from, { type: "answer", data: { id: it.said.id, reply, why } });
    if (v.state === "done") {
      answer("received", "");
    } else if (v.state === "failed" || (v.state === "ready" && v.problem === "gone")) {
      answer("refused", v.problem);
    } else if (it.taking) {
      answer("accepted", "");
    }
  }

  private tell(peer: string, c: Control): void {
    this.o.tell(peer, encode(c));
  }

  private tellAll(it: Entry): void {
    Object.keys(this.met).forEach((peer) => {
      if (this.addresses(it, peer)) {
        this.say(peer, it);
      }
    });
  }

  /** fail ends a file, and tells those who wait for it. */
  private fail(it: Entry, why: Problem): void {
    this.o.work.drop(it.view.id);
    it.view.state = "failed";
    it.view.problem = why;
    it.taking = false;
    it.fetched = null;
    if (it.view.mine) {
      this.tellAll(it);
    } else {
      this.reply(it);
    }
  }

  /** settle makes a file of ours done when all have it. One that was for some people only is
   * then removed from the server: nobody else may want it. */
  private settle(it: Entry): void {
    const v = it.view;
    if (v.state !== "ready" && v.state !== "done") {
      return;
    }
    const waiting = Object.keys(this.met).some((peer) => this.addresses(it, peer) && v.replies[peer] !== "received");
    const has = Object.keys(v.replies).filter((peer) => v.replies[peer] === "received").length;
    if (waiting || has === 0) {
      v.state = "ready";
      return;
    }
    v.state = "done";
    if (it.to.length && has >= it.to.length) {
      this.o.work.drop(v.id);
    }
  }

  // What follows are the answers of Work.

  /** begun tells where an upload goes, and under which key; again when it began anew. */
  begun(id: string, s: Sending): void {
    const it = this.find(id);
    if (it && it.view.mine && it.view.state !== "withdrawn" && it.view.state !== "failed") {
      it.said = { ...it.said, blob: s.blob, key: s.key, sum: none };
      this.tellAll(it);
    }
  }

  /** moved tells how many bytes of a file are through. */
  moved(id: string, done: number): void {
    const it = this.find(id);
    const v = it && it.view;
    if (!v || !(v.state === "uploading" || v.state === "fetching" || (v.state === "paused" && v.problem === "offline"))) {
      return;
    }
    if (v.state === "paused" && done > v.done) {
      v.state = v.mine ? "uploading" : "fetching";
      v.problem = "";
    }
    v.done = done;
    this.o.changed();
  }

  /** waits tells that the line is down, or the server not ready. */
  waits(id: string): void {
    const it = this.find(id);
    if (it && (it.view.state === "uploading" || it.view.state === "fetching")) {
      it.view.state = "paused";
      it.view.problem = "offline";
      this.o.changed();
    }
  }

  /** sent tells that all of a file is at the server. */
  sent(id: string, sum: Bytes): void {
    const it = this.find(id);
    if (!it || !it.view.mine || (it.view.state !== "uploading" && it.view.state !== "paused")) {
      return;
    }
    it.said = { ...it.said, sum };
    it.view.done = it.view.size;
    it.view.state = "ready";
    it.view.problem = "";
    this.tellAll(it);
    this.settle(it);
    this.o.changed();
  }

  /** fetched tells that all of a file is here, as it was sealed. */
  fetched(id: string, sum: Bytes): void {
    const it = this.find(id);
    if (!it || it.view.mine || (it.view.state !== "fetching" && it.view.state !== "paused")) {
      return;
    }
    it.fetched = sum;
    it.view.done = it.view.size;
    it.view.state = "checking";
    it.view.problem = "";
    this.check(it);
    this.o.changed();
  }

  /** check compares what came with what its sender says it is, once both are known. */
  private check(it: Entry): void {
    if (!it.fetched || !it.said.sum.length || it.view.state !== "checking") {
      return;
    }
    if (!same(it.fetched, it.said.sum)) {
      this.fail(it, "forged");
      return;
    }
    this.o.work.look(it.view.id, it.view.name);
  }

  /** looked tells that a file passed, and what it is. */
  looked(id: string, l: Looked): void {
    const it = this.find(id);
    if (!it || it.view.state !== "checking") {
      return;
    }
    it.taking = false;
    it.view = { ...it.view, state: "done", file: l.file, kind: l.kind.mime, warning: l.kind.warning, thumbnail: l.thumbnail };
    this.reply(it);
    this.o.changed();
  }

  /** broke tells that a transfer is at its end. */
  broke(id: string, why: Problem): void {
    const it = this.find(id);
    if (!it || it.view.state === "withdrawn" || it.view.state === "done") {
      return;
    }
    if (why === "gone" && !it.view.mine && it.taking) {
      // Its sender may begin anew: an offer of another blob follows then.
      this.o.work.drop(id);
      this.back(it, why);
      this.reply(it);
    } else {
      this.fail(it, why);
    }
    this.o.changed();
  }
}
