// Camera and microphone, tried only when asked for, and opened by the module that opens them
// in a consultation.
import type { CaptureProblem } from "../state";
import { Media } from "../media";
import { line, type Line, type Why } from "./probe";

export interface Seen {
  devices: Line[] | null;
  self: MediaStream | null;
  mirrored: boolean;
  level: number;
}

const whys: { [p in CaptureProblem]?: Why } = { denied: "denied", system: "denied", missing: "missing", no_camera: "missing", no_microphone: "missing", busy: "in_use" };

/** heardFrom is the level from which we believe that a voice was heard. */
const heardFrom = 0.45;

export class Devices {
  private media: Media | null = null;

  constructor(private readonly seen: Seen, private readonly changed: () => void) {}

  toggle(): void {
    if (this.media) {
      this.release();
      this.changed();
    } else {
      this.start();
    }
  }

  release(): void {
    if (this.media) {
      this.media.release();
      this.media = null;
      this.seen.self = null;
      this.seen.level = 0;
    }
  }

  private get(kind: "camera" | "microphone"): Line {
    return (this.seen.devices || []).find((l) => l.kind === kind) as Line;
  }

  private start(): void {
    const none = () => undefined;
    this.seen.devices = [line("camera"), line("microphone")].map((l) => ({ ...l, state: "running" as const }));
    const media: Media = new Media({
      captured: (audio, video) => this.captured(audio, video),
      captureFailed: (problem) => this.failed(problem),
      captureLost: (kind, lost) => lost && this.set(kind === "audio" ? "microphone" : "camera", "failed", "closed"),
      self: (stream, mirrored) => {
        this.seen.self = stream;
        this.seen.mirrored = mirrored;
        this.changed();
      },
      level: (value) => this.level(value),
      devices: none, offer: none, candidate: none, path: none, ready: none, answer: none, media: none, remote: none, flowing: none, speaking: none, doubt: none, certificates: none, shareTaken: none, shareOver: none,
      expected: () => false,
    });
    this.media = media;
    media.unlock();
    media.capture(true, true);
    this.changed();
  }

  private set(kind: "camera" | "microphone", state: Line["state"], why: Why | "" = ""): void {
    if (this.media) {
      Object.assign(this.get(kind), { state, why });
      this.changed();
    }
  }

  private captured(audio: boolean, video: boolean): void {
    if (video) {
      this.set("camera", "good");
    }
    if (audio) {
      // A microphone that is open but hears nothing is not good yet.
      this.set("microphone", "running", "quiet");
    }
  }

  /** failed goes on with the other device where only one is at fault. */
  private failed(problem: CaptureProblem): void {
    const why = whys[problem] || "other";
    if (problem === "no_camera" && this.media) {
      this.set("camera", "failed", why);
      this.media.capture(true, false);
    } else if (problem === "no_microphone" && this.get("camera").state === "running" && this.media) {
      this.set("microphone", "failed", why);
      this.media.capture(false, true);
    } else {
      (["camera", "microphone"] as const).filter((k) => this.get(k).state === "running").forEach((k) => this.set(k, "failed", why));
      this.release();
      this.changed();
    }
  }

  private level(value: number): void {
    if (!this.media) {
      return;
    }
    this.seen.level = value;
    if (value > heardFrom && this.get("microphone").state === "running") {
      this.set("microphone", "good");
    }
    this.changed();
  }
}
