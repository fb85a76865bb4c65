// Keeps the keys of one stay in a room: made on entering, forgotten on leaving.
import type { Out } from "../share";
import type { FromClient, Topic } from "../wire.gen";
import type { Bytes } from "./bytes";
import { Group, type Agreement, type Member, type Pairing } from "./group";
import { keys, Transforms } from "./transforms";

export interface KeeperEvents {
  /** able tells, within each prepare, what this browser can do. */
  able(keys: boolean, seal: boolean): void;
  send(m: FromClient): void;
  /** changed tells how far the agreement with each member is, and whether frames are sealed. */
  changed(pairings: Pairing[], sealed: boolean): void;
  /** said takes what a feature of another participant said. */
  said(peer: string, topic: Topic, view: boolean, payload: Bytes): void;
  /** tick comes a few times a second, while there is a group. */
  tick(): void;
}

/** Room is what the keeper follows. */
export interface Room {
  self: string;
  rekey: number;
  sealed: boolean;
  members: Member[];
}

const tickEvery = 250;

export class Keeper {
  /** transforms lead tracks through the worker; null where frames cannot be sealed. */
  transforms: Transforms | null = null;
  private group: Group | null = null;
  private door = "";
  private inside = "";
  private timer = 0;
  private round = 0;

  constructor(private readonly worker: string, private readonly on: KeeperEvents) {}

  /** prepare starts the worker. The room is entered after that, so that no connection is made
   * whose tracks cannot be sealed; it answers false when that is not wanted any more. */
  async prepare(): Promise<boolean> {
    this.forget();
    const round = this.round;
    const transforms = await Transforms.start(this.worker);
    if (round !== this.round) {
      if (transforms) {
        transforms.stop();
      }
      return false;
    }
    this.transforms = transforms;
    if (keys()) {
      this.group = new Group({
        frames: transforms,
        send: (m) => {
          if (round === this.round) {
            this.on.send(m);
          }
        },
        now: Date.now,
        said: (peer, topic, view, payload) => {
          if (round === this.round) {
            this.on.said(peer, topic, view, payload);
          }
        },
        changed: () => {
          if (round === this.round && this.group) {
            this.on.changed(this.group.pairings(), this.group.sealed());
          }
        },
      });
      this.timer = window.setInterval(() => this.tick(), tickEvery);
    }
    this.on.able(keys(), transforms !== null);
    return true;
  }

  /** follow tells the group what is new in the room. */
  follow(room: Room): void {
    if (!this.group || !room.self) {
      return;
    }
    const door = JSON.stringify([room.self, room.rekey, room.sealed]);
    if (door !== this.door) {
      this.door = door;
      this.group.enter(room.self, room.rekey, room.sealed);
    }
    const inside = JSON.stringify(room.members);
    if (inside !== this.inside) {
      this.inside = inside;
      this.group.meets(room.members);
    }
  }

  private tick(): void {
    if (this.group) {
      this.group.tick();
      this.on.tick();
    }
  }

  /** say sends what a feature says; it may be lost. */
  say(topic: Topic, out: Out): void {
    if (this.group) {
      this.group.say(out.peer, topic, out.view, out.payload);
    }
  }

  receive(m: Agreement): void {
    if (this.group) {
      this.group.receive(m);
    }
  }

  certificates(peer: string, gen: number, ours: string, theirs: string): void {
    if (this.group) {
      this.group.certificates(peer, gen, ours, theirs);
    }
  }

  /** forget drops every key, and the worker with those that it has. */
  forget(): void {
    this.round++;
    clearInterval(this.timer);
    if (this.group) {
      this.group.close();
    }
    if (this.transforms) {
      this.transforms.stop();
    }
    this.group = this.transforms = null;
    this.door = this.inside = "";
  }
}
