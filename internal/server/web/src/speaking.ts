// Who speaks now, by how loud the sound of each is.

/** loud is that of speech: -40 dBov, as a part of the loudest. */
const loud = 0.01;
/** heldFor bridges the pauses between words, ms. */
const heldFor = 700;

export class Speaking {
  private readonly spoke: { [id: string]: number } = {};
  private now: string[] = [];

  /** hear takes how loud each is, 0 to 1, at a time, ms, and answers who speaks when others do
   * than before; null when nothing changed. */
  hear(levels: { [id: string]: number }, at: number): string[] | null {
    for (const id of Object.keys(levels)) {
      if (levels[id] >= loud) {
        this.spoke[id] = at;
      }
    }
    for (const id of Object.keys(this.spoke)) {
      if (at - this.spoke[id] > heldFor) {
        delete this.spoke[id];
      }
    }
    const speak = Object.keys(this.spoke).sort();
    if (speak.join() === this.now.join()) {
      return null;
    }
    return (this.now = speak);
  }

  /** who speaks, as answered last. */
  who(): string[] {
    return this.now;
  }
}

/** Loudness is how loud each source of sound is, by its SSRC (audioLevel of W3C's webrtc-stats). */
export type Loudness = { [ssrc: number]: number };

/** level is how loud the sound that a receiver plays is, 0 to 1; 0 where the browser does not
 * tell. The receiver knows its sources, and without a header extension that we do not send only
 * the statistics know how loud they are; they know of no receiver, and old ones of no mid. */
export function level(receiver: RTCRtpReceiver, loud: Loudness): number {
  const sources = receiver.getSynchronizationSources ? receiver.getSynchronizationSources() : [];
  return sources.reduce((most, s) => Math.max(most, loud[s.source] || 0), 0);
}
