// One media connection of one generation: with the server, which offers, or straight with
// another person.
import { ofScreen } from "./screen";
import type { Transforms } from "./seal/transforms";
import { Speaking, level, type Loudness } from "./speaking";
import { tune } from "./tune";
import type { Answer, Candidate, Direct, ICEServer, Offer } from "./wire.gen";

/** Path is how its packets travel, in the words of the W3C's webrtc-stats; srtp is the
 * protection profile that DTLS chose (RFC 5764), empty where the browser does not tell. */
export interface Path {
  local: string;
  remote: string;
  /** protocol is what leaves this device: udp, tcp, or tls for TURN over TLS. */
  protocol: string;
  srtp: string;
}

/** Line is what one sends on a line of its own: sound, the camera and, to the server only, the
 * screen. */
export type Line = "audio" | "video" | "screen";

/** Tracks are what is sent; the same object for as long as a connection lasts, though its tracks
 * change. */
export type Tracks = { [line in Line]: MediaStreamTrack | null };

export interface PeerEvents {
  offer(gen: number, sdp: string): void;
  answer(gen: number, round: number, sdp: string): void;
  candidate(c: Candidate): void;
  path(gen: number, path: Path): void;
  /** expected: somebody lets sound or picture out, so silence means trouble. */
  expected(): boolean;
  media(gen: number, state: "connecting" | "connected" | "broken"): void;
  /** remote gives what a person sends, or null when it ends: by their id, their screen by
   * screenStream of it. */
  remote(id: string, stream: MediaStream | null): void;
  /** flowing tells whether a person's picture really arrives. */
  flowing(id: string, yes: boolean): void;
  /** speaking tells who speaks now, by their ids. */
  speaking(ids: string[]): void;
  /** doubt tells that nothing has come for a moment. */
  doubt(): void;
  /** pictured tells that this connection can take the place of an older one. */
  pictured(): void;
  /** certificates tells the fingerprints of a direct connection, ours or theirs, as their
   * descriptions become known; empty for what is not. */
  certificates(peer: string, gen: number, ours: string, theirs: string): void;
}

/** Leads are what a connection needs of Transforms: how its tracks are sealed and opened. */
export type Leads = Pick<Transforms, "config" | "sends" | "receives" | "leaks">;

/** A connection that lost touch gets this long, ms: the browser waited already. */
const disconnectedFor = 500;
const comesUpWithin = 12000;
const tryAgainAfter = 8000;
const lookEvery = 300;
/** doubtAfter: after this long without anything, ms, the line to the server is asked. */
const doubtAfter = 500;
/** silentFor: nothing came for this long, ms, from somebody who sends 50 packets a second;
 * and when there is a reason to suspect that the network is another. */
const silentFor = 2000;
const suspectFor = 700;
const suspectWithin = 4000;
/** leakAfter: of this many frames, one at least was seen where they are sealed. */
const leakAfter = 25;

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

/** linesOf pairs the lines that the server wants to receive with what goes on them: the first
 * picture is the camera, the second the screen. */
export function linesOf(sdp: string): { [line in Line]?: string } {
  const wanted = wantedByServer(sdp);
  return { audio: wanted.audio[0], video: wanted.video[0], screen: wanted.video[1] };
}

/** fingerprints are those of the certificates in a description, in one way of writing
 * (docs/protocol.md, 12.2). */
export function fingerprints(sdp: string): string {
  const all = (sdp.match(/^a=fingerprint:.*$/gm) || []).map((l) => l.slice("a=fingerprint:".length).trim().toLowerCase());
  return all.filter((f, i) => all.indexOf(f) === i).sort().join(" ");
}

/** onlyVP8 offers what every endpoint knows (RFC 7742), and what is sealed frame by frame. */
function onlyVP8(line: RTCRtpTransceiver): void {
  if (!line.setCodecPreferences || !window.RTCRtpReceiver || !RTCRtpReceiver.getCapabilities) {
    return;
  }
  const all = RTCRtpReceiver.getCapabilities("video");
  const some = all ? all.codecs.filter((c) => /^video\/(vp8|rtx)$/i.test(c.mimeType)) : [];
  if (some.length > 0) {
    line.setCodecPreferences(some);
  }
}

type Report = { [field: string]: unknown; id: string; type: string };

/** read finds what came so far, in bytes, what left, in frames, how loud the sound of each
 * source is, and the path, across engines old and new. */
export function read(stats: { forEach(f: (r: Report) => void): void }): { received: number; sent: { audio: number; video: number }; loud: Loudness; path: Path | null } {
  const all: { [id: string]: Report } = {};
  const sent = { audio: 0, video: 0 };
  const loud: Loudness = {};
  let received = 0;
  let pair: Report | null = null;
  let chosen = "";
  let srtp = "";
  stats.forEach((r) => {
    all[r.id] = r;
    if (r.type === "inbound-rtp") {
      received += Number(r.bytesReceived) || 0;
      loud[Number(r.ssrc)] = Number(r.audioLevel) || 0;
    } else if (r.type === "remote-inbound-rtp") {
      received += Number(r.timestamp) || 0; // a receiver report came
    } else if (r.type === "outbound-rtp") {
      const kind = (r.kind || r.mediaType) === "video" ? "video" : "audio";
      sent[kind] += Number(kind === "video" ? r.framesSent : r.packetsSent) || 0;
    } else if (r.type === "transport") {
      chosen = String(r.selectedCandidatePairId || chosen);
      srtp = String(r.srtpCipher || srtp);
    } else if (r.type === "candidate-pair" && (r.selected || (r.nominated && r.state === "succeeded" && !pair))) {
      pair = r;
    }
  });
  const used = all[chosen] || pair;
  const local = used && all[String(used.localCandidateId)];
  const remote = used && all[String(used.remoteCandidateId)];
  if (!local || !remote) {
    return { received, sent, loud, path: null };
  }
  const protocol = String(local.relayProtocol || local.protocol || "udp");
  return { received, sent, loud, path: { local: String(local.candidateType), remote: String(remote.candidateType), protocol, srtp } };
}

export class Peer {
  failed = false;
  private readonly pc: RTCPeerConnection;
  /** strange are tracks that changed hands: nobody's any more. */
  private readonly strange: MediaStreamTrack[] = [];
  private readonly streams: { [id: string]: MediaStream } = {};
  private readonly senders: { [line in Line]: RTCRtpSender | null } = { audio: null, video: null, screen: null };
  /** carried is the stream that each receiver is of: a camera's line never becomes a screen's. */
  private readonly carried = new Map<RTCRtpReceiver, string>();
  private readonly voices = new Speaking();
  private chain: Promise<void> = Promise.resolve();
  private closed = false;
  private timer = 0;
  private look = 0;
  /** pictured: a picture came, or there is only sound. */
  pictured = false;
  private readonly moving: { [id: string]: boolean } = {};
  private received = -1;
  private receivedAt = 0;
  private known = "";
  /** quiet: given up because nothing comes, though ICE has not noticed. */
  private quiet = false;
  private suspectedAt = 0;
  private doubted = false;

  constructor(
    readonly gen: number,
    ice: ICEServer[],
    private readonly tracks: Tracks,
    private readonly on: PeerEvents,
    private readonly direct: Direct | null,
    private readonly leads: Leads | null = null,
  ) {
    const servers = ice
      .filter((s) => s.urls && s.urls.length > 0)
      .map((s) => ({ urls: s.urls as string[], username: s.username, credential: s.credential }));
    const policy = direct && direct.relay ? "relay" : "all";
    const config = { iceServers: servers, bundlePolicy: "max-bundle", sdpSemantics: "unified-plan", iceTransportPolicy: policy, ...(leads ? leads.config() : {}) };
    this.pc = new RTCPeerConnection(config as RTCConfiguration);
    this.pc.ontrack = (e) => this.arrived(e);
    this.pc.onconnectionstatechange = this.pc.oniceconnectionstatechange = () => this.changed();
    if (direct) {
      this.pc.onicecandidate = (e) => this.named(e.candidate);
    }
    // A connection that never comes up is as bad as one that broke.
    this.timer = window.setTimeout(() => this.broken(), comesUpWithin);
    this.look = window.setInterval(() => this.watch(), lookEvery);
  }

  /** then does one thing after the other; what fails breaks the connection. */
  private then(todo: () => Promise<unknown>): void {
    this.chain = this.chain
      .then(() => (this.closed ? undefined : todo()))
      .then(() => undefined)
      .catch(() => {
        if (!this.closed) {
          this.broken();
        }
      });
  }

  /** call makes the offer of a direct connection. */
  call(): void {
    this.then(async () => {
      for (const kind of ["audio", "video"] as ("audio" | "video")[]) {
        const line = this.pc.addTransceiver(kind, { direction: "sendrecv" });
        this.senders[kind] = line.sender;
        this.lead(line, kind);
        if (kind === "video") {
          onlyVP8(line);
        }
        await line.sender.replaceTrack(this.tracks[kind]);
      }
      const offer = await this.pc.createOffer();
      await this.pc.setLocalDescription(offer);
      this.certified(offer.sdp || "", "");
      if (!this.closed) {
        this.on.offer(this.gen, offer.sdp || "");
      }
    });
  }

  /** lead leads a line through the seal, both ways. It must happen in the task in which the
   * line came into being: Chromium lets its frames pass by for good otherwise. */
  private lead(line: RTCRtpTransceiver, kind: Line): void {
    if (this.leads) {
      this.leads.sends(line.sender, kind);
      this.leads.receives(line.receiver, kind, this.direct ? this.direct.peer : null);
    }
  }

  /** certified tells the certificates of a direct connection. */
  private certified(ours: string, theirs: string): void {
    if (this.direct && !this.closed) {
      this.on.certificates(this.direct.peer, this.gen, fingerprints(ours), fingerprints(theirs));
    }
  }

  /** accept takes the answer to call. */
  accept(answer: Answer): void {
    this.then(async () => {
      this.certified("", answer.sdp);
      await this.pc.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    });
  }

  /** candidate takes one of the other side's, which come after their description. */
  candidate(c: Candidate): void {
    // One that cannot be used is no reason to give up the others.
    this.then(() => this.pc.addIceCandidate({ candidate: c.candidate, sdpMid: c.mid, sdpMLineIndex: c.index }).catch(() => undefined));
  }

  private named(c: RTCIceCandidate | null): void {
    if (c && c.candidate && !this.closed) {
      this.on.candidate({ gen: this.gen, candidate: c.candidate, mid: c.sdpMid || "", index: c.sdpMLineIndex || 0 });
    }
  }

  /** answer answers one round; rounds are answered in their order. */
  answer(offer: Offer): void {
    this.then(() => this.round(offer));
  }

  private async round(offer: Offer): Promise<void> {
    this.certified("", offer.sdp);
    await this.pc.setRemoteDescription({ type: "offer", sdp: offer.sdp });
    const lines: { [line in Line]?: string } = this.direct ? { audio: "", video: "" } : linesOf(offer.sdp);
    for (const t of this.pc.getTransceivers()) {
      const screen = lines.screen !== undefined && t.mid === lines.screen;
      this.lead(t, screen ? "screen" : t.receiver.track.kind === "audio" ? "audio" : "video");
    }
    for (const line of Object.keys(lines) as Line[]) {
      for (const t of this.pc.getTransceivers()) {
        if (this.direct ? t.receiver.track.kind === line : lines[line] !== undefined && t.mid === lines[line]) {
          t.direction = this.direct ? "sendrecv" : "sendonly";
          this.senders[line] = t.sender;
          await t.sender.replaceTrack(this.tracks[line]);
        }
      }
    }
    const answer = await this.pc.createAnswer();
    await this.pc.setLocalDescription(answer);
    this.certified(answer.sdp || "", "");
    if (!this.closed) {
      this.on.answer(offer.gen, offer.round, answer.sdp || "");
    }
    this.tune();
    this.prune();
  }

  /** publish sends track on its line from now on, without another round. */
  publish(line: Line, track: MediaStreamTrack | null): void {
    const sender = this.senders[line];
    if (sender && !this.closed) {
      sender.replaceTrack(track).then(() => this.tune(), () => undefined);
    }
  }

  private tune(): void {
    if (!this.closed) {
      const sharing = this.senders.screen !== null && this.tracks.screen !== null;
      tune(this.senders.video, "video", sharing);
      if (sharing) {
        tune(this.senders.screen, "screen", true);
      }
    }
  }

  private arrived(e: RTCTrackEvent): void {
    // With the server, the stream's id is the person's, or that of their screen.
    const id = this.direct ? this.direct.peer : e.streams[0] ? e.streams[0].id : "";
    const screen = this.direct ? null : ofScreen(id);
    const track = e.track;
    if (!id || id === "-" || screen === "" || (screen !== null && track.kind !== "video")) {
      return;
    }
    const had = this.carried.get(e.receiver);
    const other = had !== undefined && had !== id;
    const person = screen === null ? id : screen;
    if (other || (this.leads && (track.kind === "audio" || track.kind === "video") && !this.leads.receives(e.receiver, screen === null ? track.kind : "screen", person))) {
      this.strange.push(track); // it was another person's, or another picture of theirs
      return this.broken();
    }
    this.carried.set(e.receiver, id);
    const now = (this.streams[id] ? this.streams[id].getTracks() : []).filter((t) => t.kind !== track.kind && t.readyState === "live");
    this.show(id, [...now, track]);
    track.onended = () => this.prune();
    if (track.kind === "video") {
      track.onmute = () => {
        this.moving[id] = false;
        this.on.flowing(id, false);
      };
      track.onunmute = () => this.flows(id);
      if (!track.muted) {
        this.flows(id);
      }
    }
  }

  private flows(id: string): void {
    this.moving[id] = true;
    this.on.flowing(id, true);
    this.ready();
  }

  private ready(): void {
    if (!this.pictured && !this.closed) {
      this.pictured = true;
      this.on.pictured();
    }
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
      const kept = had.filter((t) => live.indexOf(t) >= 0 && this.strange.indexOf(t) < 0 && t.readyState === "live");
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
      this.timer = window.setTimeout(() => this.ready(), 2000);
    } else if (now === "failed") {
      this.broken();
    } else if (now === "disconnected") {
      this.timer = window.setTimeout(() => this.broken(), disconnectedFor);
    } else {
      this.timer = window.setTimeout(() => this.broken(), comesUpWithin);
    }
  }

  /** suspect makes silence count sooner for a while: the network may be another. */
  suspect(): void {
    this.suspectedAt = Date.now();
  }

  /** watch looks whether anything comes, and by which path. */
  private async watch(): Promise<void> {
    const stats = read(await this.pc.getStats());
    if (this.closed) {
      return;
    }
    if (stats.path) {
      const path = JSON.stringify(stats.path);
      if (path !== this.known) {
        this.known = path;
        this.on.path(this.gen, stats.path);
      }
    }
    this.plug().catch(() => undefined); // closed meanwhile
    const now = Date.now();
    this.listen(stats.loud, now);
    if (stats.received !== this.received || !this.pictured) {
      this.received = stats.received;
      this.receivedAt = now;
      this.doubted = false;
      if (this.quiet) {
        this.quiet = false;
        this.changed();
      }
      return;
    }
    // The server forwards only what the others send, so its silence says nothing.
    if (this.direct && !this.doubted && now - this.receivedAt >= doubtAfter && this.on.expected()) {
      this.doubted = true;
      this.on.doubt();
    }
    const limit = now - this.suspectedAt < suspectWithin ? suspectFor : silentFor;
    if (this.direct && !this.quiet && now - this.receivedAt >= limit && this.on.expected()) {
      this.quiet = true;
      this.broken();
    }
  }

  private listen(loud: Loudness, now: number): void {
    const levels: { [id: string]: number } = {};
    this.carried.forEach((id, receiver) => {
      if (receiver.track.kind === "audio" && ofScreen(id) === null) {
        levels[id] = level(receiver, loud);
      }
    });
    const speak = this.voices.hear(levels, now);
    if (speak) {
      this.on.speaking(speak);
    }
  }

  /** plug sends nothing more when frames leave past the seal: an engine took the transform, and
   * does not use it. */
  private async plug(): Promise<void> {
    const all = Object.keys(this.senders).map((line) => this.senders[line as Line]);
    for (const sender of all) {
      if (!this.leads || !sender || !sender.track || !this.leads.leaks(sender)) {
        continue;
      }
      const kind = sender.track.kind === "audio" ? "audio" : "video";
      const sent = read(await sender.getStats()).sent[kind];
      if (sent > leakAfter && !this.closed && this.leads.leaks(sender)) {
        this.senders.audio = this.senders.video = this.senders.screen = null;
        all.forEach((s) => s && s.replaceTrack(null).catch(() => undefined));
        return this.broken();
      }
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

  flowing(id: string): boolean {
    return this.moving[id] === true;
  }

  speaking(): string[] {
    return this.voices.who();
  }

  stats(): Promise<RTCStatsReport> {
    return this.pc.getStats();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    clearInterval(this.look);
    this.pc.ontrack = this.pc.onconnectionstatechange = this.pc.oniceconnectionstatechange = this.pc.onicecandidate = null;
    this.pc.close();
  }
}
