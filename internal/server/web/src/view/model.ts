// What the screens draw from: the call's state, and what has no place in it.
import type { Event, State } from "../state";
import type { Family } from "../browser";
import type { Headset } from "../headset";
import type { Harm } from "../defects";
import type { Devices } from "../media";
import type { Dot, Place } from "../pointing";
import type { Texts } from "../texts";
import type { Carrier } from "../board/ground";
import type { Easel } from "../easel";
import type { Opener } from "../paper/paper";
import type { Leafing } from "./pages";

export interface Model {
  s: State;
  t: Texts;
  devices: Devices;
  /** headset came during the call and is offered, null for none. */
  headset: Headset | null;
  /** level is how loud the microphone is now, heard whether it ever was. */
  level: number;
  heard: boolean;
  self: MediaStream | null;
  mirrored: boolean;
  /** pose is a picture for a photograph alone, while the camera of the call is off. */
  pose: MediaStream | null;
  poseMirrored: boolean;
  remotes: { [id: string]: MediaStream };
  flowing: { [id: string]: boolean };
  /** speaking are the ids of those who speak now. */
  speaking: string[];
  family: Family;
  inApp: "Safari" | "Chrome" | "";
  /** defects are known of this version of the browser. */
  defects: Harm[];
  /** touch: a device held in the hand. */
  touch: boolean;
  host: string;
  sound: "idle" | "playing" | "good" | "bad";
  /** dots are where people point on the shown screen. */
  dots: Dot[];
  /** shares: this browser can show a screen. */
  shares: boolean;
  /** easel is the whiteboard of this stay, carrier what takes pictures to it; null while there is none. */
  easel: Easel | null;
  carrier: Carrier | null;
  /** opener opens PDFs, and leafing is the one of which a page is chosen; null while there is none. */
  opener: Opener | null;
  leafing: Leafing | null;
}

export interface Hands {
  send(e: Event): void;
  choose(kind: "camera" | "microphone" | "speaker", id: string): void;
  /** headset uses the one that is offered, or leaves it. */
  headset(use: boolean): void;
  /** ring plays the test sound. */
  ring(): void;
  silent(blocked: boolean): void;
  openDialog(name: "help" | "settings" | "secrecy" | "lead" | "pages"): void;
  closeDialog(): void;
  /** point says where on the shown screen we point. */
  point(place: Place): void;
  refresh(): void;
}

/** Screen is one screen, built once and refreshed by its scope. */
export interface Screen {
  root: HTMLElement;
  heading: HTMLElement;
  refresh(): void;
  leave?(): void;
}
