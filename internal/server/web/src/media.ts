// Camera, microphone and the media connections: mostly one; while a new one is made, two.
import type { CaptureProblem } from "./state";
import { Display } from "./display";
import { Mix } from "./mix";
import { Peer, type Leads, type Line, type PeerEvents, type Tracks } from "./peer";
import type { Answer, Candidate, Direct, ICEServer, Offer } from "./wire.gen";

export type Kind = "audio" | "video";

export interface Device {
  id: string;
  label: string;
  /** group is the same for what is one device, "" where that is not told. */
  group: string;
}

export interface Devices {
  cameras: Device[];
  microphones: Device[];
  speakers: Device[];
  camera: string;
  microphone: string;
  speaker: string;
}

export interface MediaEvents extends Pick<PeerEvents, "offer" | "answer" | "candidate" | "path" | "expected" | "doubt" | "media" | "remote" | "flowing" | "speaking" | "certificates"> {
  /** ready: the connection of this generation can take an older one's place. */
  ready(gen: number): void;
  captured(audio: boolean, video: boolean): void;
  captureFailed(problem: CaptureProblem): void;
  captureLost(kind: Kind, lost: boolean): void;
  /** self is the patient's own picture, or null; mirrored when it looks at the patient. */
  self(stream: MediaStream | null, mirrored: boolean): void;
  devices(known: Devices): void;
  /** level is how loud the microphone is, 0 to 1, some 15 times a second. */
  level(value: number): void;
  /** shareTaken: our screen is being taken; shareOver: not any more, or not at all. */
  shareTaken(): void;
  shareOver(failed: boolean): void;
}

type AudioContextMaker = new () => AudioContext;

function audioContext(): AudioContext | null {
  const w = window as unknown as { AudioContext?: AudioContextMaker; webkitAudioContext?: AudioContextMaker };
  const Maker = w.AudioContext || w.webkitAudioContext;
  return Maker ? new Maker() : null;
}

/** problemOf names the cause of a refused getUserMedia, across engines old and new. */
export function problemOf(e: { name?: string; message?: string }): CaptureProblem {
  switch (e.name) {
    case "NotAllowedError":
    case "PermissionDeniedError":
    case "SecurityError":
      return /system/i.test(e.message || "") ? "system" : "denied";
    case "NotFoundError":
    case "DevicesNotFoundError":
    case "OverconstrainedError":
    case "ConstraintNotSatisfiedError":
      return "missing";
    case "NotReadableError":
    case "TrackStartError":
    case "AbortError":
      return "busy";
    default:
      return "other";
  }
}

export class Media {
  private tracks: { audio: MediaStreamTrack | null; video: MediaStreamTrack | null } = { audio: null, video: null };
  /** out is what is sent: the devices' tracks, our screen, and the sound that belongs to it. */
  private readonly out: Tracks = { audio: null, video: null, screen: null };
  private readonly display = new Display({
    shows: (track) => this.send("screen", track),
    sounds: (track) => this.blend(track),
    taken: () => this.on.shareTaken(),
    over: (failed) => this.on.shareOver(failed),
  });
  private mix: Mix | null = null;
  /** blending is the system's sound that is, or is being, mixed in. */
  private blending: MediaStreamTrack | null = null;
  private wanted = { audio: true, video: true };
  /** allowed: the patient agreed to this kind, even while its track is stopped. */
  private allowed = { audio: false, video: false };
  private chosen = { camera: "", microphone: "", speaker: "" };
  private facing = "user";
  /** cameras are their ids, as of the last look. */
  private cameras: string[] = [];
  private turn = 0;
  /** peers, the oldest first; shown is the one whose people are on screen. */
  private peers: Peer[] = [];
  private shown: Peer | null = null;
  private context: AudioContext | null = null;
  private meter = 0;
  private queue: Promise<void> = Promise.resolve();

  /** leads answers how tracks of a new connection are sealed, null when they cannot be. */
  constructor(private readonly on: MediaEvents, private readonly leads: () => Leads | null = () => null) {
    const d = navigator.mediaDevices;
    if (d && d.addEventListener) {
      d.addEventListener("devicechange", () => this.list());
    }
  }

  /** capture asks for the devices; a newer capture overtakes an older one. */
  async capture(audio: boolean, video: boolean): Promise<void> {
    const turn = ++this.turn;
    let stream: MediaStream;
    try {
      stream = await this.open(audio, video);
    } catch (e) {
      if (turn === this.turn) {
        await this.explain(e as { name?: string }, audio, video, turn);
      }
      return;
    }
    if (turn !== this.turn) {
      stream.getTracks().forEach((t) => t.stop());
      return;
    }
    if (audio) {
      this.adopt("audio", stream.getAudioTracks()[0] || null);
    }
    this.adopt("video", stream.getVideoTracks()[0] || null);
    this.allowed = { audio: this.tracks.audio !== null, video: this.tracks.video !== null };
    this.mirror();
    this.on.captured(this.allowed.audio, this.allowed.video);
    this.letOut(this.wanted.audio, this.wanted.video);
    this.list();
  }

  private open(audio: boolean, video: boolean): Promise<MediaStream> {
    const d = navigator.mediaDevices;
    if (!d || !d.getUserMedia) {
      return Promise.reject({ name: "NotFoundError" });
    }
    return d.getUserMedia({ audio: audio ? this.hearing() : false, video: video ? this.seeing() : false });
  }

  private hearing(): MediaTrackConstraints {
    const wish: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    if (this.chosen.microphone) {
      wish.deviceId = { ideal: this.chosen.microphone };
    }
    return wish;
  }

  private seeing(): MediaTrackConstraints {
    const wish: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
    if (this.chosen.camera) {
      wish.deviceId = { ideal: this.chosen.camera };
    } else {
      wish.facingMode = this.facing;
    }
    return wish;
  }

  /** explain turns a refusal into its cause: which of the two devices is it? */
  private async explain(e: { name?: string }, audio: boolean, video: boolean, turn: number): Promise<void> {
    let problem = problemOf(e);
    if (problem === "missing") {
      const kinds = await this.kinds();
      if (turn !== this.turn) {
        return;
      }
      if (!video) {
        problem = "no_microphone";
      } else if (kinds.audio && audio) {
        problem = "no_camera";
      } else if (kinds.video) {
        problem = "no_microphone";
      }
    }
    this.on.captureFailed(problem);
  }

  private async kinds(): Promise<{ audio: boolean; video: boolean }> {
    try {
      const all = await navigator.mediaDevices.enumerateDevices();
      return { audio: all.some((d) => d.kind === "audioinput"), video: all.some((d) => d.kind === "videoinput") };
    } catch (e) {
      return { audio: false, video: false };
    }
  }

  /** adopt makes track the one of its kind, everywhere it is used. */
  private adopt(kind: Kind, track: MediaStreamTrack | null): void {
    const old = this.tracks[kind];
    if (old && old !== track) {
      old.onended = old.onmute = old.onunmute = null;
      old.stop();
    }
    this.tracks[kind] = track;
    if (track) {
      track.enabled = this.wanted[kind];
      if (kind === "video" && "contentHint" in track) {
        // Lower the size before the frame rate.
        (track as { contentHint: string }).contentHint = "motion";
      }
      this.watch(kind, track);
      if (kind === "audio") {
        this.measure(track);
      }
    }
    this.attach(kind);
  }

  private watch(kind: Kind, track: MediaStreamTrack): void {
    let timer = 0;
    const lost = (is: boolean) => {
      clearTimeout(timer);
      if (this.tracks[kind] === track) {
        this.on.captureLost(kind, is);
      }
    };
    track.onended = () => lost(true);
    // A phone call or sleep takes the device away for a while.
    track.onmute = () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => lost(true), 2000);
    };
    track.onunmute = () => lost(false);
  }

  private attach(kind: Kind): void {
    if (kind === "audio" && this.mix) {
      this.mix.microphone(this.tracks.audio);
      return this.send("audio", this.mix.track());
    }
    this.send(kind, this.tracks[kind]);
  }

  private send(line: Line, track: MediaStreamTrack | null): void {
    this.out[line] = track;
    this.peers.forEach((p) => p.publish(line, track));
  }

  /** share asks what to show; call it from a press. */
  share(): void {
    this.unlock();
    this.display.ask();
  }

  freeze(on: boolean): void {
    this.display.freeze(on);
  }

  stopShare(): void {
    this.display.stop();
  }

  /** blend mixes the system's sound with the microphone; null ends that. */
  private async blend(system: MediaStreamTrack | null): Promise<void> {
    this.blending = system;
    if (this.mix) {
      this.mix.close();
      this.mix = null;
      this.attach("audio");
    }
    const made = system && (await Mix.make(this.context, system, () => this.blend(null)));
    if (!made) {
      return;
    }
    if (this.blending !== system) {
      return made.close();
    }
    this.mix = made;
    this.attach("audio");
  }

  private mirror(): void {
    const v = this.tracks.video;
    if (!v) {
      this.on.self(null, false);
      return;
    }
    const set = v.getSettings ? v.getSettings() : {};
    this.on.self(new MediaStream([v]), set.facingMode !== "environment");
  }

  /** letOut sets what leaves the device. The camera is really switched off, light and all. */
  letOut(audio: boolean, video: boolean): void {
    this.wanted = { audio, video };
    if (this.tracks.audio) {
      this.tracks.audio.enabled = audio;
    }
    this.queue = this.queue.then(() => this.light());
  }

  private async light(): Promise<void> {
    const on = this.wanted.video && this.allowed.video;
    if (on === (this.tracks.video !== null)) {
      return;
    }
    if (!on) {
      this.adopt("video", null);
      this.mirror();
      return;
    }
    await this.reopen("video");
  }

  /** reopen gets one kind anew, after a choice, a swap or a pause. */
  private async reopen(kind: Kind): Promise<void> {
    const turn = this.turn;
    try {
      if (kind === "video" && this.tracks.video) {
        // Phones hold one camera at a time.
        this.tracks.video.onended = null;
        this.tracks.video.stop();
      }
      const stream = await this.open(kind === "audio", kind === "video");
      if (turn !== this.turn || (kind === "video" && !this.wanted.video)) {
        stream.getTracks().forEach((t) => t.stop());
        return;
      }
      this.adopt(kind, stream.getTracks()[0] || null);
      this.on.captureLost(kind, false);
    } catch (e) {
      this.adopt(kind, null);
      this.on.captureLost(kind, true);
    }
    this.mirror();
    this.list();
  }

  choose(kind: "camera" | "microphone" | "speaker", id: string): void {
    this.chosen[kind] = id;
    if (kind === "camera" && this.allowed.video && this.wanted.video) {
      this.queue = this.queue.then(() => this.reopen("video"));
    } else if (kind === "microphone" && this.allowed.audio) {
      this.queue = this.queue.then(() => this.reopen("audio"));
    }
    this.list();
  }

  /** camera is the live track of the camera, null while it is off. */
  camera(): MediaStreamTrack | null {
    const t = this.tracks.video;
    return t && t.readyState === "live" ? t : null;
  }

  /** recover opens the camera anew, where something else took it away. */
  recover(): void {
    this.queue = this.queue.then(() => (this.wanted.video && this.allowed.video ? this.reopen("video") : undefined));
  }

  /** swap goes to the other camera of a phone, or to the next of a computer. */
  swap(): void {
    const is = this.tracks.video && this.tracks.video.getSettings ? this.tracks.video.getSettings() : {};
    const at = this.cameras.indexOf(is.deviceId || "");
    if (!is.facingMode && at >= 0 && this.cameras.length > 1) {
      return this.choose("camera", this.cameras[(at + 1) % this.cameras.length]);
    }
    this.facing = this.facing === "user" ? "environment" : "user";
    this.chosen.camera = "";
    this.queue = this.queue.then(() => this.reopen("video"));
  }

  private async list(): Promise<void> {
    const d = navigator.mediaDevices;
    if (!d || !d.enumerateDevices) {
      return;
    }
    let all: MediaDeviceInfo[] = [];
    try {
      all = await d.enumerateDevices();
    } catch (e) {
      return;
    }
    const of = (kind: string) => all.filter((x) => x.kind === kind && x.deviceId).map((x) => ({ id: x.deviceId, label: x.label, group: x.groupId || "" }));
    const used = (t: MediaStreamTrack | null, chosen: string) => (t && t.getSettings && t.getSettings().deviceId) || chosen;
    const cameras = of("videoinput");
    this.cameras = cameras.map((c) => c.id);
    this.on.devices({
      cameras,
      microphones: of("audioinput"),
      speakers: "setSinkId" in HTMLMediaElement.prototype ? of("audiooutput") : [],
      camera: used(this.tracks.video, this.chosen.camera),
      microphone: used(this.tracks.audio, this.chosen.microphone),
      speaker: this.chosen.speaker,
    });
  }

  /** release gives every device back. */
  release(): void {
    this.turn++;
    this.display.stop();
    clearInterval(this.meter);
    this.allowed = { audio: false, video: false };
    this.adopt("audio", null);
    this.adopt("video", null);
    this.on.self(null, false);
  }

  /** unlock lets us measure and play; call it from a press. */
  unlock(): void {
    if (!this.context) {
      this.context = audioContext();
    }
    if (this.context && this.context.state !== "running") {
      this.context.resume().catch(() => undefined);
    }
  }

  /** wake resumes what an earlier press could not. */
  wake(): void {
    if (this.context) {
      this.unlock();
    }
  }

  private measure(track: MediaStreamTrack): void {
    clearInterval(this.meter);
    this.unlock();
    const c = this.context;
    if (!c) {
      return;
    }
    const ear = c.createAnalyser();
    ear.fftSize = 1024;
    // The very track that is sent: muted is muted here too.
    const source = c.createMediaStreamSource(new MediaStream([track]));
    source.connect(ear);
    const wave = new Uint8Array(ear.fftSize);
    this.meter = window.setInterval(() => {
      if (this.tracks.audio !== track) {
        source.disconnect();
        return;
      }
      ear.getByteTimeDomainData(wave);
      let sum = 0;
      for (let i = 0; i < wave.length; i++) {
        const x = (wave[i] - 128) / 128;
        sum += x * x;
      }
      // -55 dB to -10 dB over the whole bar.
      const db = 10 * Math.log10(sum / wave.length + 1e-9);
      this.on.level(Math.max(0, Math.min(1, (db + 55) / 45)));
    }, 66);
  }

  /** play sounds a few notes: the test of the speaker, the door opening, or softly a message. */
  play(notes: number[], loudness = 0.25): void {
    this.unlock();
    const c = this.context;
    if (!c) {
      return;
    }
    const sink = c as AudioContext & { setSinkId?: (id: string) => Promise<void> };
    if (sink.setSinkId && this.chosen.speaker) {
      sink.setSinkId(this.chosen.speaker).catch(() => undefined);
    }
    notes.forEach((hertz, i) => {
      const at = c.currentTime + 0.05 + i * 0.28;
      const voice = c.createOscillator();
      const gain = c.createGain();
      voice.type = "sine";
      voice.frequency.value = hertz;
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(loudness, at + 0.03);
      gain.gain.exponentialRampToValueAtTime(0.001, at + 0.5);
      voice.connect(gain);
      gain.connect(c.destination);
      voice.start(at);
      voice.stop(at + 0.55);
    });
  }

  /** negotiate answers an offer; a new generation is a new connection beside the old. */
  negotiate(offer: Offer, ice: ICEServer[]): void {
    const known = this.find(offer.gen);
    if (!known && offer.round > 1) {
      return this.on.media(offer.gen, "broken"); // a round of a connection that is closed here
    }
    (known || this.connect(offer.gen, ice, null)).answer(offer);
  }

  /** meet opens a connection straight to another person. */
  meet(direct: Direct): void {
    const fresh = this.connect(direct.gen, direct.ice || [], direct);
    if (direct.call) {
      fresh.call();
    }
  }

  accept(answer: Answer): void {
    const p = this.find(answer.gen);
    if (p) {
      p.accept(answer);
    }
  }

  candidate(c: Candidate): void {
    const p = this.find(c.gen);
    if (p) {
      p.candidate(c);
    }
  }

  /** suspect tells that the network may be another. */
  suspect(): void {
    this.peers.forEach((p) => p.suspect());
  }

  private find(gen: number): Peer | undefined {
    return this.peers.filter((p) => p.gen === gen)[0];
  }

  private connect(gen: number, ice: ICEServer[], direct: Direct | null): Peer {
    // A try that never came to anything is over.
    this.peers.filter((p) => p !== this.shown && !p.pictured).forEach((p) => this.end(p));
    const fresh: Peer = new Peer(
      gen, ice, this.out,
      {
        offer: this.on.offer, answer: this.on.answer, candidate: this.on.candidate, path: this.on.path, expected: this.on.expected, doubt: this.on.doubt, media: this.on.media,
        certificates: this.on.certificates,
        remote: (id, stream) => {
          if (fresh === this.shown) {
            this.on.remote(id, stream);
          }
        },
        flowing: (id, yes) => {
          if (fresh === this.shown) {
            this.on.flowing(id, yes);
          }
        },
        speaking: (ids) => {
          if (fresh === this.shown) {
            this.on.speaking(ids);
          }
        },
        pictured: () => {
          this.show(fresh);
          this.on.ready(gen);
        },
      },
      direct,
      this.leads(),
    );
    this.peers.push(fresh);
    if (!this.shown || this.shown.failed) {
      this.show(fresh);
    }
    return fresh;
  }

  /** show puts a connection's people on screen. The older one goes on until it is settled:
   * the others may still need it. */
  private show(fresh: Peer): void {
    const old = this.shown;
    if (old === fresh || this.peers.indexOf(fresh) < 0) {
      return;
    }
    this.shown = fresh;
    const gone = old ? old.people() : [];
    gone.filter((id) => !fresh.stream(id)).forEach((id) => this.on.remote(id, null));
    fresh.people().forEach((id) => {
      this.on.remote(id, fresh.stream(id));
      this.on.flowing(id, fresh.flowing(id));
    });
    this.on.speaking(fresh.speaking());
  }

  private end(p: Peer): void {
    p.close();
    this.peers = this.peers.filter((other) => other !== p);
  }

  /** settle keeps one connection and closes the others. */
  settle(gen: number): void {
    const kept = this.find(gen);
    if (!kept) {
      return this.dropMedia();
    }
    this.show(kept);
    this.peers.filter((p) => p !== kept).forEach((p) => this.end(p));
  }

  dropMedia(): void {
    const known = this.shown ? this.shown.people() : [];
    this.peers.forEach((p) => p.close());
    this.peers = [];
    this.shown = null;
    known.forEach((id) => this.on.remote(id, null));
    this.on.speaking([]);
  }

  /** stats is for support and tests: the shown connection's report. */
  stats(): Promise<RTCStatsReport | null> {
    return this.shown ? this.shown.stats() : Promise.resolve(null);
  }
}
