// Two people in one page, each with a group, a worker and a connection as the product has them;
// what one says reaches the other 30 ms later. test/seal.mjs drives it.
import { Peer } from "../src/peer";
import { place } from "../src/api";
import { Group, type Agreement } from "../src/seal/group";
import { Transforms, way } from "../src/seal/transforms";
import type { Counts } from "../src/seal/frames";

const late = 30;
const gen = 7;

interface Side {
  id: string;
  transforms: Transforms;
  group: Group;
  peer: Peer;
  video: HTMLVideoElement;
}

let broken = false;

interface Report {
  counts: Counts;
  decoded: number;
  samples: number;
  kid: number;
  sealed: boolean;
  broken: boolean;
  standing: string;
  code: string;
  proven: number[];
}

let sides: Side[] = [];
let timer = 0;
/** held keeps back what they say to each other, as a server could. */
let held = true;

/** tracks are a picture that moves and a tone. */
function tracks(): { audio: MediaStreamTrack; video: MediaStreamTrack } {
  const c = document.createElement("canvas");
  c.width = 320;
  c.height = 240;
  const g = c.getContext("2d") as CanvasRenderingContext2D;
  let n = 0;
  window.setInterval(() => {
    g.fillStyle = `hsl(${n++ % 360} 60% 50%)`;
    g.fillRect(0, 0, 320, 240);
    g.fillStyle = "#fff";
    g.fillRect((n * 7) % 300, 100, 20, 40);
  }, 50);
  const sound = new AudioContext();
  const out = sound.createMediaStreamDestination();
  const tone = sound.createOscillator();
  tone.connect(out);
  tone.start();
  return { audio: out.stream.getAudioTracks()[0], video: c.captureStream(20).getVideoTracks()[0] };
}

/** start connects two people; worker is the script of the first one's; late leads what the
 * first one sends through it too late for Chromium. */
async function start(worker: string, late_ = false): Promise<string> {
  broken = false;
  const base = place(location).base;
  sides = [];
  for (const id of ["a", "b"]) {
    const other = () => sides[id === "a" ? 1 : 0];
    const transforms = await Transforms.start(base + "/s/" + (id === "a" ? worker : "seal-worker.js"));
    if (!transforms) {
      return "";
    }
    const group = new Group({
      frames: transforms,
      now: Date.now,
      changed: () => undefined,
      send: (m) => window.setTimeout(() => held || other().group.receive({ type: m.type, data: { ...m.data, peer: id } } as Agreement), late),
    });
    const video = document.createElement("video");
    video.muted = video.autoplay = true;
    document.body.appendChild(video);
    const soon = (todo: () => void) => window.setTimeout(todo, late);
    const none = () => undefined;
    const peer = new Peer(
      gen, [], { ...tracks(), screen: null },
      {
        offer: (_gen, sdp) => soon(() => other().peer.answer({ gen, round: 1, sdp })),
        answer: (_gen, _round, sdp) => soon(() => other().peer.accept({ gen, round: 1, sdp })),
        candidate: (c) => soon(() => other().peer.candidate(c)),
        certificates: (peer, g, ours, theirs) => group.certificates(peer, g, ours, theirs),
        remote: (_id, stream) => {
          video.srcObject = stream;
          video.play().catch(none);
        },
        path: none, expected: () => false, media: (_gen, state) => (broken = broken || (id === "a" && state === "broken")), flowing: none, speaking: none, doubt: none, pictured: none,
      },
      { gen, peer: id === "a" ? "b" : "a", call: id === "a", relay: false },
      late_ && id === "a"
        ? { config: () => transforms.config(), receives: (r, k, p) => transforms.receives(r, k, p), leaks: (s) => transforms.leaks(s), sends: (s, k) => window.setTimeout(() => transforms.sends(s, k), 300) }
        : transforms,
    );
    sides.push({ id, transforms, group, peer, video });
  }
  held = true;
  await Promise.all(sides.map((s) => s.group.enter(s.id, 3, false)));
  await Promise.all(sides.map((s, i) => s.group.meets([{ id: sides[1 - i].id, keys: true, seal: true }])));
  timer = window.setInterval(() => sides.forEach((s) => s.group.tick()), 250);
  sides[0].peer.call();
  return way();
}

/** meet lets the agreement come about: what was held back is said again. */
function meet(): void {
  held = false;
}

async function report(): Promise<Report[]> {
  return Promise.all(
    sides.map(async (s, i) => {
      let decoded = 0;
      let samples = 0;
      (await s.peer.stats()).forEach((r) => {
        if (r.type === "inbound-rtp") {
          decoded += r.framesDecoded || 0;
          samples += r.totalSamplesReceived || 0;
        }
      });
      const counts = (await s.transforms.counts())[sides[1 - i].id] || { opened: 0, refused: 0, noKey: 0, repeated: 0 };
      const p = s.group.pairings()[0] || { standing: "", code: [], proven: [] };
      const kid = (s.group as unknown as { current: { kid: number } }).current.kid;
      return { counts, decoded, samples, kid, sealed: s.group.sealed(), broken, standing: p.standing, code: p.code.join(" "), proven: p.proven };
    }),
  );
}

/** clear lets the first one send unsealed frames, which the other does not expect. */
function clear(): void {
  sides[0].transforms.clear(true);
}

function flip(yes: boolean): void {
  (sides[0].transforms as unknown as { worker: Worker }).worker.postMessage({ flip: yes });
}

function stop(): void {
  clearInterval(timer);
  sides.forEach((s) => {
    s.group.close();
    s.transforms.stop();
    s.peer.close();
    s.video.remove();
  });
  sides = [];
}

(window as unknown as { lab: unknown }).lab = { start, meet, report, clear, flip, stop };
