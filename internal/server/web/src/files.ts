// The files of one stay, between the call and the engine that keeps them: what others say of
// theirs, small pictures fetched by themselves, and what a screen is told.
import type { Carrier } from "./board/ground";
import { maxBytes } from "./board/picture";
import { Engine, type Item, type Own } from "./files/engine";
import { Porter } from "./files/porter";
import type { Server } from "./files/courier";
import type { Bytes } from "./seal/bytes";
import type { Feature, Out } from "./share";
import type { Role } from "./wire.gen";

/** What is fetched before anybody asks for it: pictures of at most so many bytes, so that they can
 * be seen small, and no more than so many bytes of them in a stay. */
export const pictureMost = 4e6;
export const picturesMost = 64e6;
/** offeredWithin is how long, in milliseconds, a picture that lies on the whiteboard is waited for. */
const offeredWithin = 20000;

/** Act is what a person does with one file. */
export type Act = "pause" | "resume" | "cancel" | "take" | "decline";

export class Files implements Feature {
  private readonly porter: Porter;
  private readonly engine: Engine;
  private out: Out[] = [];
  private dirty = false;
  private closed = false;
  private waiting = false;
  /** fetched are the pictures that were fetched by themselves, each once. */
  private readonly fetched = new Set<string>();
  private spent = 0;
  /** laid are the pictures that we sent for the whiteboard, wanted those that it waits for. */
  private readonly laid = new Map<string, Blob>();
  private wanted: { id: string; over: boolean; give(b: Blob | null): void }[] = [];

  /** news: there is something to take or to show. It comes once for what happens at once. */
  constructor(server: Server, private readonly news: () => void) {
    this.porter = new Porter(server);
    this.engine = new Engine({
      work: this.porter,
      tell: (peer, payload) => void this.out.push({ peer, view: false, payload }),
      changed: () => this.soon(),
    });
    this.porter.bind(this.engine);
  }

  private soon(): void {
    this.dirty = true;
    if (this.waiting || this.closed) {
      return;
    }
    this.waiting = true;
    void Promise.resolve().then(() => {
      this.waiting = false;
      if (!this.closed) {
        this.give();
        this.news();
      }
    });
  }

  /** allow sets how large a file may be, in bytes; 0: there are none. */
  allow(limit: number): void {
    this.engine.allow(limit);
  }

  meet(peer: string, role: Role): void {
    this.engine.meet(peer, role);
  }

  part(peer: string): void {
    this.engine.part(peer);
  }

  hear(peer: string, view: boolean, payload: Bytes): void {
    if (!view) {
      this.engine.hear(peer, payload);
      this.pictures();
    }
  }

  /** pictures fetches those that are small. What they claim to be is checked when they are here. */
  private pictures(): void {
    for (const it of this.engine.view()) {
      if (!it.mine && it.state === "ready" && !this.fetched.has(it.id) && pictured(it) && this.spent + it.size <= picturesMost) {
        this.fetched.add(it.id);
        this.spent += it.size;
        this.engine.take(it.id);
      }
    }
  }

  /** send offers a file, see Engine. It answers false when the file could not be taken. */
  send(own: Own): boolean {
    const id = this.engine.send(own);
    return this.engine.view().some((it) => it.id === id && it.state !== "failed");
  }

  /** carrier takes pictures to the others' whiteboards, and fetches theirs once they are wanted. */
  carrier(): Carrier {
    return { send: (file) => this.lay(file), fetch: (id) => this.want(id) };
  }

  private lay(file: Blob): Promise<string> {
    const id = this.engine.send({ file, use: "backdrop" });
    if (!this.backdrop(id).some((it) => it.state !== "failed")) {
      return Promise.reject(new Error("the picture was not taken"));
    }
    this.laid.set(id, file);
    return Promise.resolve(id);
  }

  private want(id: string): Promise<Blob> {
    const own = this.laid.get(id);
    if (own) {
      return Promise.resolve(own);
    }
    return new Promise((done, failed) => {
      const w = { id, over: false, give: (b: Blob | null) => (b ? done(b) : failed(new Error("the picture did not come"))) };
      this.wanted.push(w);
      setTimeout(() => {
        w.over = true;
        this.give();
      }, offeredWithin);
      this.soon();
    });
  }

  /** backdrop is the picture of that id, as often as people offer one of a size that is taken. */
  private backdrop(id: string): Item[] {
    return this.engine.view().filter((it) => it.use === "backdrop" && it.size <= maxBytes && (it.mine ? it.id : it.id.slice(it.from.length + 1)) === id);
  }

  /** give answers those who wait for a picture, and fetches what they wait for. */
  private give(): void {
    this.wanted = this.wanted.filter((w) => {
      const all = this.backdrop(w.id);
      const here = all.filter((it) => it.file)[0];
      all.filter((it) => it.state === "ready" && !it.mine).forEach((it) => this.engine.take(it.id));
      const comes = all.some((it) => it.mine || /^(ready|fetching|checking|paused)$/.test(it.state));
      if (here || this.closed || (all.length ? !comes : w.over)) {
        w.give(here ? here.file : null);
        return false;
      }
      return true;
    });
  }

  act(what: Act, id: string): void {
    this.engine[what](id);
  }

  take(): Out[] {
    const out = this.out;
    this.out = [];
    return out;
  }

  tick(): void {
    // The engine is told of everything as it happens.
  }

  /** changed tells, once, that view may say something new. */
  changed(): boolean {
    const changed = this.dirty;
    this.dirty = false;
    return changed;
  }

  /** view is every file that people sent each other; backdrops are the whiteboard's. */
  view(): Item[] {
    return this.engine.view().filter((it) => it.use === "file" || it.use === "snapshot");
  }

  /** close ends the stay. What is at the server stays for those who are still in the call: whoever
   * is the last takes it along, and the server removes what is not whole. */
  close(): void {
    this.closed = true;
    this.give();
    this.engine.view().forEach((it) => this.porter.stop(it.id));
  }
}

/** pictured: it says that it is a picture, and a small one. */
function pictured(it: Item): boolean {
  const says = it.kind ? /^image\/(jpeg|png|webp|gif)$/.test(it.kind) : /\.(jpe?g|png|webp|gif)$/i.test(it.name);
  return says && it.size <= pictureMost && it.warning === "" && (it.use === "file" || it.use === "snapshot");
}
