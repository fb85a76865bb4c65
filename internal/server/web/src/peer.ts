// One media connection: one generation of offers and answers with the server.
import type { ICEServer, Offer } from "./wire.gen";

export interface PeerEvents {
  answer(gen: number, round: number, sdp: string): void;
  media(gen: number, state: "connecting" | "connected" | "broken"): void;
  /** remote gives what a person sends, or null when it ends. */
  remote(id: string, stream: MediaStream | null): void;
  /** flowing tells whether a person's picture really arrives. */
  flowing(id: string, yes: boolean): void;
  /** pictured tells that this connection can take the place of an older one. */
  pictured(): void;
}

const disconnectedFor = 4000;
const tryAgainAfter = 8000;

/** wantedByServer lists the mids that the server wants to receive, by kind, in order. */
export function wantedByServer(sdp: string): { audio: string[]; video: string[] } {
  const wanted: { audio: string[]; video: string[] } = { audio: [], video: [] };
  for (const section of sdp.split(/\r?\nm=/).slice(1)) {
    const kind = section.slice(0, 5);
    const mid = /\na=mid:([^\r\n]+)/.exec(section);
    const rejected = /^\S+ 0 /.test(section) && !/\na=bundle-only/.test(section);
    if (mid && !rejected && /\na=recvonly/.test(section) && (kind === "audio" || kind === "video")) {
      wanted[kind].push(mid[1]);
    }
  }
  return wanted;
}

export class Peer {
  failed = false;
  private readonly pc: RTCPeerConnection;
  private readonly streams: { [id: string]: MediaStream } = {};
  private readonly senders: { audio: RTCRtpSender | null; video: RTCRtpSender | null } = { audio: null, video: null };
  private chain: Promise<void> = Promise.resolve();
  private closed = false;
  private timer = 0;

  constructor(
    readonly gen: number,
    ice: ICEServer[],
    private readonly tracks: { audio: MediaStreamTrack | null; video: MediaStreamTrack | null },
    private readonly on: PeerEvents,
  ) {
    const servers = ice
      .filter((s) => s.urls && s.urls.length > 0)
      .map((s) => ({ urls: s.urls as string[], username: s.username, credential: s.credential }));
    const config = { iceServers: servers, bundlePolicy: "max-bundle", sdpSemantics: "unified-plan" };
    this.pc = new RTCPeerConnection(config as RTCConfiguration);
    this.pc.ontrack = (e) => this.arrived(e);
    this.pc.onconnectionstatechange = this.pc.oniceconnectionstatechange = () => this.changed();
    // A connection that never comes up is as bad as one that broke.
    this.timer = window.setTimeout(() => this.broken(), tryAgainAfter + disconnectedFor);
  }

  /** answer answers one round; rounds are answered in their order. */
  answer(offer: Offer): void {
    this.chain = this.chain
      .then(() => this.round(offer))
      .catch(() => {
        if (!this.closed) {
          this.broken();
        }
      });
  }

  private async round(offer: Offer): Promise<void> {
    if (this.closed) {
      return;
    }
    await this.pc.setRemoteDescription({ type: "offer", sdp: offer.sdp });
    const wanted = wantedByServer(offer.sdp);
    for (const kind of ["audio", "video"] as ("audio" | "video")[]) {
      const mid = wanted[kind][0];
      for (const t of this.pc.getTransceivers()) {
        if (mid !== undefined && t.mid === mid) {
          t.direction = "sendonly";
          this.senders[kind] = t.sender;
          await t.sender.replaceTrack(this.tracks[kind]);
        }
      }
    }
    const answer = await this.pc.createAnswer();
    await this.pc.setLocalDescription(answer);
    if (!this.closed) {
      this.on.answer(offer.gen, offer.round, answer.sdp || "");
    }
    this.prune();
  }

  publish(kind: "audio" | "video", track: MediaStreamTrack | null): void {
    const sender = this.senders[kind];
    if (sender && !this.closed) {
      sender.replaceTrack(track).catch(() => undefined);
    }
  }

  private arrived(e: RTCTrackEvent): void {
    // The stream's id is the person's.
    const id = e.streams[0] ? e.streams[0].id : "";
    if (!id || id === "-") {
      return;
    }
    const track = e.track;
    const now = (this.streams[id] ? this.streams[id].getTracks() : []).filter((t) => t.kind !== track.kind && t.readyState === "live");
    this.show(id, [...now, track]);
    track.onended = () => this.prune();
    if (track.kind === "video") {
      track.onmute = () => this.on.flowing(id, false);
      track.onunmute = () => this.flows(id);
      if (!track.muted) {
        this.flows(id);
      }
    }
  }

  private flows(id: string): void {
    this.on.flowing(id, true);
    this.on.pictured();
  }

  private show(id: string, tracks: MediaStreamTrack[]): void {
    this.streams[id] = new MediaStream(tracks);
    this.on.remote(id, this.streams[id]);
  }

  /** prune drops what a later round no longer sends. */
  private prune(): void {
    if (this.closed) {
      return;
    }
    const live = this.pc
      .getTransceivers()
      .filter((t) => t.currentDirection === "recvonly" || t.currentDirection === "sendrecv")
      .map((t) => t.receiver.track);
    for (const id of Object.keys(this.streams)) {
      const had = this.streams[id].getTracks();
      const kept = had.filter((t) => live.indexOf(t) >= 0 && t.readyState === "live");
      if (kept.length === had.length) {
        continue;
      }
      if (kept.length > 0) {
        this.show(id, kept);
      } else {
        delete this.streams[id];
        this.on.remote(id, null);
      }
    }
  }

  private changed(): void {
    if (this.closed) {
      return;
    }
    // Firefox before 113 knows the state of ICE only.
    const now = (this.pc.connectionState || this.pc.iceConnectionState) as string;
    clearTimeout(this.timer);
    if (now === "connected" || now === "completed") {
      this.failed = false;
      this.on.media(this.gen, "connected");
      // A call with sound only has no picture to wait for.
      this.timer = window.setTimeout(() => this.on.pictured(), 2000);
    } else if (now === "failed") {
      this.broken();
    } else if (now === "disconnected") {
      this.timer = window.setTimeout(() => this.broken(), disconnectedFor);
    } else {
      this.timer = window.setTimeout(() => this.broken(), tryAgainAfter + disconnectedFor);
    }
  }

  private broken(): void {
    if (this.closed) {
      return;
    }
    this.failed = true;
    this.on.media(this.gen, "broken");
    // Ask again for as long as it lasts: the first request may have been lost.
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.broken(), tryAgainAfter);
  }

  people(): string[] {
    return Object.keys(this.streams);
  }

  stream(id: string): MediaStream | null {
    return this.streams[id] || null;
  }

  stats(): Promise<RTCStatsReport> {
    return this.pc.getStats();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.pc.ontrack = this.pc.onconnectionstatechange = this.pc.oniceconnectionstatechange = null;
    this.pc.close();
  }
}
