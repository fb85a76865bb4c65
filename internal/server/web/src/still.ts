// A still of a moving picture, as a track: what the others see while a shown screen is frozen.

/** A still is painted again this often, ms, so that who comes later gets a picture too. */
const paintEvery = 1000;

export class Still {
  /** moving plays the track, unseen: it has the last picture when one is wanted. */
  private readonly moving = document.createElement("video");
  private track: MediaStreamTrack | null = null;
  private timer = 0;

  constructor(track: MediaStreamTrack) {
    this.moving.muted = true;
    this.moving.setAttribute("playsinline", "");
    this.moving.srcObject = new MediaStream([track]);
    this.moving.play().catch(() => undefined);
  }

  /** make is a track of the picture that is there now; null when there is none, or no way. */
  make(): MediaStreamTrack | null {
    this.drop();
    const width = this.moving.videoWidth;
    const height = this.moving.videoHeight;
    const kept = canvas(width, height);
    const shown = canvas(width, height);
    const keep = kept.getContext("2d");
    const show = shown.getContext("2d");
    if (!width || !keep || !show || !shown.captureStream) {
      return null;
    }
    keep.drawImage(this.moving, 0, 0, width, height);
    const paint = () => show.drawImage(kept, 0, 0);
    const track = shown.captureStream().getVideoTracks()[0] || null;
    if (track && "contentHint" in track) {
      (track as { contentHint: string }).contentHint = "detail";
    }
    paint();
    this.timer = window.setInterval(paint, paintEvery);
    this.track = track;
    return track;
  }

  /** drop ends the still. */
  drop(): void {
    clearInterval(this.timer);
    if (this.track) {
      this.track.stop();
      this.track = null;
    }
  }

  close(): void {
    this.drop();
    this.moving.srcObject = null;
  }
}

function canvas(width: number, height: number): HTMLCanvasElement {
  const c = document.createElement("canvas");
  c.width = width;
  c.height = height;
  return c;
}
