// The camera of a photograph: what it sees, and one still picture in full resolution. The call's
// own picture goes on; where a device gives one camera once, it is opened again afterwards.
import { load } from "./files/thumbnail";

/** pixelsMost is how large a photograph may be. */
export const pixelsMost = 12e6;
export const quality = 0.92;
/** How long the camera may take over a photograph, and over its first frame, ms. */
const photoWithin = 10000;
const frameWithin = 6000;
/** settleFor lets exposure and focus settle after a camera was opened, ms. */
const settleFor = 500;

/** Lens is the camera of the call. */
export interface Lens {
  /** camera is its live track, null while it is off. */
  camera(): MediaStreamTrack | null;
  /** turn goes to the other camera. */
  turn(): void;
  /** recover opens the camera anew when it was lost. */
  recover(): void;
}

export interface SittingEvents {
  /** preview is a picture of our own, null while that of the call is to be shown. */
  preview(stream: MediaStream | null, mirrored: boolean): void;
}

interface Range {
  max?: number;
}

interface Maker {
  getPhotoCapabilities(): Promise<{ imageWidth?: Range; imageHeight?: Range }>;
  takePhoto(settings?: { imageWidth?: number; imageHeight?: number }): Promise<Blob>;
}

/** within is the size of a picture of at most pixelsMost pixels, in its proportions. */
export function within(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, Math.sqrt(pixelsMost / (width * height)));
  return { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)) };
}

/** torchable tells whether a track's camera has a light. */
export function torchable(track: MediaStreamTrack | undefined | null): boolean {
  const can = track && track.readyState === "live" && track.getCapabilities ? (track.getCapabilities() as { torch?: boolean | boolean[] }).torch : false;
  return Array.isArray(can) ? can.indexOf(true) >= 0 : can === true;
}

export class Sitting {
  private own: MediaStream | null = null;
  private facing = "user";
  private round = 0;
  private lit: MediaStreamTrack | null = null;

  constructor(private readonly lens: Lens, private readonly on: SittingEvents) {}

  private track(): MediaStreamTrack | null {
    return this.own ? this.own.getVideoTracks()[0] || null : this.lens.camera();
  }

  /** pose shows what the camera sees: that of the call, or while it is off one that nobody else
   * sees. It throws when there is none. */
  async pose(): Promise<void> {
    const held = this.track();
    if (held && held.readyState === "live") {
      return;
    }
    const round = ++this.round;
    this.close();
    const stream = await open({ facingMode: this.facing, width: { ideal: 1920 }, height: { ideal: 1080 } });
    if (round !== this.round) {
      stream.getTracks().forEach((t) => t.stop());
      return;
    }
    this.own = stream;
    this.on.preview(stream, facingOf(this.track()) !== "environment");
  }

  /** swap goes to the other camera. */
  async swap(): Promise<void> {
    this.torch(false);
    if (!this.own) {
      return this.lens.turn();
    }
    this.facing = this.facing === "user" ? "environment" : "user";
    this.close();
    await this.pose();
  }

  torch(on: boolean): void {
    const track = on ? this.track() : this.lit;
    this.lit = on ? track : null;
    if (track) {
      track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] }).catch(() => undefined);
    }
  }

  /** take is one still picture: a JPEG without anything that the camera wrote into it. */
  async take(): Promise<Blob> {
    await this.pose();
    const track = this.track();
    if (!track) {
      throw new Error("no camera");
    }
    const is = track.getSettings ? track.getSettings() : {};
    const taken = await photo(track);
    // Some devices give no more by it than the call has.
    if (taken && taken.pixels > (is.width || 0) * (is.height || 0)) {
      return taken.blob;
    }
    return (await this.large(track)) || (taken && taken.blob) || (await still(track));
  }

  /** large opens the same camera at its largest for one picture; null where that gives no more. */
  private async large(track: MediaStreamTrack): Promise<Blob | null> {
    const is = track.getSettings ? track.getSettings() : {};
    const can = (track.getCapabilities ? track.getCapabilities() : {}) as { width?: Range; height?: Range };
    const most = { width: (can.width && can.width.max) || 4096, height: (can.height && can.height.max) || 4096 };
    if (is.width && is.height && most.width * most.height <= is.width * is.height) {
      return null;
    }
    const which: MediaTrackConstraints = is.deviceId ? { deviceId: { exact: is.deviceId } } : { facingMode: is.facingMode || this.facing };
    let stream: MediaStream | null = null;
    try {
      stream = await open({ ...which, width: { ideal: most.width }, height: { ideal: most.height } });
      return await still(stream.getVideoTracks()[0], settleFor);
    } catch (e) {
      return null; // the picture of the call is there still
    } finally {
      if (stream) {
        stream.getTracks().forEach((t) => t.stop());
      }
      await this.recover(track);
    }
  }

  /** recover brings back the camera where opening it twice took it away. */
  private async recover(track: MediaStreamTrack): Promise<void> {
    if (track.readyState === "live" && !track.muted) {
      return;
    }
    if (!this.own) {
      return this.lens.recover();
    }
    this.close();
    await this.pose().catch(() => undefined);
  }

  /** rest gives back what was opened for the photograph. */
  rest(): void {
    this.round++;
    this.torch(false);
    this.close();
  }

  private close(): void {
    if (this.own) {
      this.own.getTracks().forEach((t) => t.stop());
      this.own = null;
      this.on.preview(null, false);
    }
  }
}

function facingOf(track: MediaStreamTrack | null): string {
  return (track && track.getSettings && track.getSettings().facingMode) || "";
}

function open(video: MediaTrackConstraints): Promise<MediaStream> {
  const d = navigator.mediaDevices;
  return d && d.getUserMedia ? d.getUserMedia({ audio: false, video }) : Promise.reject(new Error("no camera"));
}

/** soon is p, or a rejection after ms: cameras have been seen that never answer. */
function soon<T>(p: Promise<T>, ms: number): Promise<T> {
  return new Promise((done, no) => {
    const timer = setTimeout(() => no(new Error("the camera does not answer")), ms);
    p.then(done, no).then(() => clearTimeout(timer));
  });
}

/** photo takes the picture as the system's own camera does; null where the browser cannot. */
async function photo(track: MediaStreamTrack): Promise<{ blob: Blob; pixels: number } | null> {
  const Capture = (window as unknown as { ImageCapture?: new (t: MediaStreamTrack) => Maker }).ImageCapture;
  if (!Capture || !Capture.prototype || !("takePhoto" in Capture.prototype)) {
    return null;
  }
  try {
    const capture = new Capture(track);
    const can = await soon(capture.getPhotoCapabilities(), photoWithin).catch(() => null);
    const width = (can && can.imageWidth && can.imageWidth.max) || 0;
    const height = (can && can.imageHeight && can.imageHeight.max) || 0;
    const size = width && height ? within(width, height) : null;
    const wish = size ? { imageWidth: size.width, imageHeight: size.height } : undefined;
    const taken = await soon(capture.takePhoto(wish), photoWithin).catch(() => soon(capture.takePhoto(), photoWithin));
    const picture = await load(taken, "");
    try {
      return { blob: await jpeg(picture, picture.width, picture.height), pixels: picture.width * picture.height };
    } finally {
      if ("close" in picture) {
        picture.close();
      }
    }
  } catch (e) {
    return null;
  }
}

/** still is one frame of a track, some time after its first. */
async function still(track: MediaStreamTrack, after = 0): Promise<Blob> {
  const video = document.createElement("video");
  video.muted = true;
  video.setAttribute("playsinline", "");
  video.srcObject = new MediaStream([track]);
  try {
    await soon(
      new Promise<void>((done, no) => {
        video.onloadeddata = () => setTimeout(done, after);
        video.play().catch(no);
      }),
      frameWithin,
    );
    return await jpeg(video, video.videoWidth, video.videoHeight);
  } finally {
    video.srcObject = null;
  }
}

/** jpeg draws a picture anew: what a camera writes beside it (place, device) is not taken along. */
async function jpeg(picture: CanvasImageSource, width: number, height: number): Promise<Blob> {
  const size = within(width, height);
  const canvas = document.createElement("canvas");
  canvas.width = size.width;
  canvas.height = size.height;
  const context = canvas.getContext("2d");
  if (!context || !width || !height) {
    throw new Error("no picture");
  }
  context.drawImage(picture, 0, 0, size.width, size.height);
  const made = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", quality));
  canvas.width = canvas.height = 0; // old Safari keeps its memory otherwise
  if (!made) {
    throw new Error("no picture");
  }
  return made;
}
