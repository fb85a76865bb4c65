// The screen, window or tab that the person shows: asked for, frozen, given back.
import { Still } from "./still";

export interface DisplayEvents {
  /** shows gives what is to be sent: the screen, a still of it, or nothing any more. */
  shows(track: MediaStreamTrack | null): void;
  /** sounds gives the system's sound, when the person chose to let it out, or null. */
  sounds(track: MediaStreamTrack | null): void;
  taken(): void;
  /** over: nothing is taken any more, by another hand than stop; failed when that is a fault. */
  over(failed: boolean): void;
}

/** A screen is read rather than watched: this many pictures a second at most. */
const paceMost = 10;

type Asker = { getDisplayMedia?(wish: object): Promise<MediaStream> };

/** canShow tells whether this browser can show a screen at all; phones cannot. */
export function canShow(): boolean {
  const d = navigator.mediaDevices as unknown as Asker | undefined;
  return !!d && typeof d.getDisplayMedia === "function";
}

/** wish is what is asked for. Sound only where the engine knows that it can be had: others refuse
 * the whole. Our own tab's sound stays out where that can be said, or the others hear themselves. */
function wish(): object {
  const d = navigator.mediaDevices;
  const known = (d.getSupportedConstraints ? d.getSupportedConstraints() : {}) as { suppressLocalAudioPlayback?: boolean };
  const sound = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, restrictOwnAudio: true };
  return { video: { frameRate: { max: paceMost } }, audio: known.suppressLocalAudioPlayback === true ? sound : false, selfBrowserSurface: "exclude" };
}

export class Display {
  private stream: MediaStream | null = null;
  private still: Still | null = null;
  private turn = 0;

  constructor(private readonly on: DisplayEvents) {}

  /** ask lets the browser ask; call it from a press. A newer ask overtakes an older one. */
  async ask(): Promise<void> {
    this.stop();
    const turn = this.turn;
    let stream: MediaStream;
    try {
      stream = await (navigator.mediaDevices as unknown as Required<Asker>).getDisplayMedia(wish());
    } catch (e) {
      if (turn === this.turn) {
        this.on.over((e as { name?: string } | null)?.name !== "NotAllowedError");
      }
      return;
    }
    const track = stream.getVideoTracks()[0];
    if (turn !== this.turn || !track || track.readyState === "ended") {
      stream.getTracks().forEach((t) => t.stop());
      return turn === this.turn ? this.on.over(!track) : undefined;
    }
    this.take(stream, track);
  }

  private take(stream: MediaStream, track: MediaStreamTrack): void {
    this.stream = stream;
    this.still = new Still(track);
    if ("contentHint" in track) {
      (track as { contentHint: string }).contentHint = "detail";
    }
    // The browser has a button of its own to end it.
    track.onended = () => {
      if (this.stream === stream) {
        this.stop();
        this.on.over(false);
      }
    };
    this.on.shows(track);
    this.sound(stream.getAudioTracks()[0] || null);
    this.on.taken();
  }

  private sound(track: MediaStreamTrack | null): void {
    if (track) {
      track.onended = () => this.stream && this.stream.getTracks().indexOf(track) >= 0 && this.on.sounds(null);
    }
    this.on.sounds(track);
  }

  /** freeze shows the last picture for as long as it is on, and keeps the sound back. Where no
   * still can be made nothing is sent: the others keep the last picture that they had. */
  freeze(on: boolean): void {
    if (!this.stream || !this.still) {
      return;
    }
    this.stream.getAudioTracks().forEach((t) => (t.enabled = !on));
    if (on) {
      this.on.shows(this.still.make());
    } else {
      this.on.shows(this.stream.getVideoTracks()[0]);
      this.still.drop();
    }
  }

  /** stop gives it back. */
  stop(): void {
    this.turn++;
    const had = this.stream;
    if (!had) {
      return;
    }
    this.stream = null;
    this.on.shows(null);
    this.on.sounds(null);
    if (this.still) {
      this.still.close();
      this.still = null;
    }
    had.getTracks().forEach((t) => {
      t.onended = null;
      t.stop();
    });
  }
}
