// The microphone and the system's sound in one track, for as long as a screen is shown with its
// sound. Whether the microphone is let out is said on its own track, so it mutes that part alone.

/** A graph that does not run within this, ms, is left alone: silence would be worse. */
const runsWithin = 1000;

export class Mix {
  private readonly into: MediaStreamAudioDestinationNode;
  private readonly system: MediaStreamAudioSourceNode;
  private voice: MediaStreamAudioSourceNode | null = null;
  private closed = false;

  /** silent tells that the graph stopped, as when a sound device goes: then it is of no use. */
  private constructor(private readonly context: AudioContext, system: MediaStreamTrack, private readonly silent: () => void) {
    this.into = context.createMediaStreamDestination();
    this.system = context.createMediaStreamSource(new MediaStream([system]));
    this.system.connect(this.into);
    context.addEventListener("statechange", this.look);
  }

  /** make answers null when there is no such graph here. */
  static async make(context: AudioContext | null, system: MediaStreamTrack, silent: () => void): Promise<Mix | null> {
    if (!context) {
      return null;
    }
    try {
      await Promise.race([context.resume(), new Promise((done) => window.setTimeout(done, runsWithin))]);
      return context.state === "running" ? new Mix(context, system, silent) : null;
    } catch (e) {
      return null;
    }
  }

  private readonly look = () => {
    if (!this.closed && this.context.state !== "running") {
      this.silent();
    }
  };

  /** track is both together. */
  track(): MediaStreamTrack {
    return this.into.stream.getAudioTracks()[0];
  }

  /** microphone changes the voice in it; null is none. */
  microphone(track: MediaStreamTrack | null): void {
    if (this.voice) {
      this.voice.disconnect();
      this.voice = null;
    }
    if (track) {
      this.voice = this.context.createMediaStreamSource(new MediaStream([track]));
      this.voice.connect(this.into);
    }
  }

  close(): void {
    this.closed = true;
    this.context.removeEventListener("statechange", this.look);
    this.microphone(null);
    this.system.disconnect();
    this.track().stop();
  }
}
