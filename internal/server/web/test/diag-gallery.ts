// Every state of the network test, shown by its real view, for pictures and axe.
import { first, line, withServers, type Figures, type Line, type State, type Verdict, type Why } from "../src/diag/probe";
import { DiagView, type Look } from "../src/diag/view";
import { Words } from "../src/diag/words";

const ice = ["stun:consult.example:443", "turn:consult.example:443?transport=udp", "turns:consult.example:443?transport=tcp"].map((u) => ({ urls: [u] }));
const second = ice.concat([{ urls: ["turn:turn2.consult.example:3478?transport=udp"] }, { urls: ["turns:turn2.consult.example:443?transport=tcp"] }]);

type Told = { [id: string]: [State, Figures?, Why?] };
const web: Told = { browser: ["good"], https: ["good", { ms: 46 }], wss: ["good", { ms: 88, trip: 21 }] };
const relays: Told = { stun: ["good", { ms: 42 }], turn_udp: ["good", { ms: 96 }], turn_tls: ["good", { ms: 211 }], "turn_udp-2": ["good", { ms: 99 }], "turn_tls-2": ["good", { ms: 230 }] };
const tls: Told = { media_tls: ["good", { ms: 460, trip: 27, rate: 1.43e6, capped: true, loss: 0 }] };
const open: Told = { ...web, ...relays, ...tls, media_udp: ["good", { ms: 190, trip: 22, rate: 1.5e6, capped: true, loss: 0.3 }], media_turn: ["skipped", {}, "enough"] };
const noUDP: Told = { ...web, stun: ["failed", {}, "timeout"], turn_udp: ["failed", {}, "timeout"], "turn_udp-2": ["failed", {}, "timeout"], turn_tls: ["good", { ms: 211 }], "turn_tls-2": ["failed", {}, "unreachable"], media_udp: ["failed", {}, "timeout"], media_turn: ["failed", {}, "relay"], media_tls: ["slow", { ms: 460, trip: 180, rate: 412000, loss: 4.2 }] };
const stopped: [State, Figures?, Why?] = ["skipped", {}, "before"];
const dead = (from: Told): Told => ({ stun: stopped, turn_udp: stopped, turn_tls: stopped, media_udp: stopped, media_turn: stopped, media_tls: stopped, ...from });

function lines(told: Told, servers: { urls: string[] }[] | null, media = 443): Line[] {
  const list = servers ? withServers(first(), servers) : first();
  return list.map((l) => {
    const [state, figures = {}, why = ""] = told[l.id] || ["waiting"];
    const page = l.kind === "https" || l.kind === "wss";
    const target = page ? { host: "consult.example", port: 443, over: "tcp" as const } : l.kind === "media_udp" && told.media_udp && state !== "skipped" ? { host: "203.0.113.7", port: media, over: "udp" as const } : l.target;
    return { ...l, state, figures, why: why as Why | "", target, name: l.kind === "browser" && state !== "waiting" ? "Firefox 140" : "" };
  });
}

type Scene = Partial<Look> & { lines: Line[] };
const done = (verdict: Verdict, list: Line[], more: Partial<Look> = {}): Scene => ({ phase: "done", verdict, lines: list, ...more });
const device = (kind: "camera" | "microphone", state: State, why: Why | "" = ""): Line => ({ ...line(kind), state, why });

const scenes: { [name: string]: Scene } = {
  "diag-idle": { lines: first() },
  "diag-running": { phase: "running", lines: lines({ ...web, stun: ["good", { ms: 42 }], turn_udp: ["running"], turn_tls: ["running"] }, ice) },
  "diag-direct": done("direct", lines(open, ice)),
  "diag-direct-slow": done("direct_slow", lines({ ...open, media_udp: ["slow", { ms: 900, trip: 430, rate: 380000, loss: 7.1 }] }, ice)),
  "diag-two-relays-high": done("direct", lines(open, second, 51234)),
  "diag-relay-udp": done("relay_udp", lines({ ...open, media_udp: ["failed", {}, "timeout"], media_turn: ["good", { ms: 300, trip: 24, rate: 1.5e6, capped: true, loss: 0 }] }, ice, 51234)),
  "diag-relay-tls": done("relay_tls", lines(noUDP, second), { copied: "yes" }),
  "diag-blocked": done("blocked", lines({ ...noUDP, turn_tls: ["failed", {}, "unreachable"], media_tls: ["failed", {}, "relay"] }, ice), { copied: "selected" }),
  "diag-websocket": done("websocket", lines(dead({ ...web, wss: ["failed", {}, "closed"] }), null)),
  "diag-unreachable": done("unreachable", lines(dead({ browser: ["good"], https: ["failed", {}, "proxy"], wss: ["skipped", {}, "before"] }), null)),
  "diag-busy": done("busy", lines(dead({ ...web, wss: ["failed", {}, "busy"] }), null)),
  "diag-offline": done("offline", lines(dead({ browser: ["good"], https: ["failed", {}, "unreachable"], wss: ["skipped", {}, "before"] }), null)),
  "diag-browser": done("browser", lines(dead({ ...web, browser: ["failed", {}, "webrtc"] }), null)),
  "diag-devices": { lines: first(), devices: [device("camera", "good"), device("microphone", "running", "quiet")], level: 0.5, self: camera() },
  "diag-devices-denied": { lines: first(), devices: [device("camera", "failed", "denied"), device("microphone", "failed", "denied")] },
};

function camera(): MediaStream {
  const c = document.createElement("canvas");
  c.width = 640;
  c.height = 480;
  const g = c.getContext("2d") as CanvasRenderingContext2D;
  const paint = () => {
    g.fillStyle = "#e8dcc8";
    g.fillRect(0, 0, 640, 480);
    g.fillStyle = "#44618a";
    g.beginPath();
    g.ellipse(320, 520, 200, 200, 0, 0, 7);
    g.fill();
    g.fillStyle = "#d9a98a";
    g.beginPath();
    g.ellipse(320, 220, 80, 105, 0, 0, 7);
    g.fill();
  };
  paint();
  window.setInterval(paint, 200);
  return c.captureStream(10);
}

const none = () => undefined;

async function show(name: string, language: "fr" | "en"): Promise<void> {
  const app = document.getElementById("app") as HTMLElement;
  app.textContent = "";
  const look: Look = {
    w: new Words(language), phase: "idle", verdict: "", at: new Date(2025, 5, 3, 10, 30), host: "consult.example", base: "https://consult.example",
    copied: "", devices: null, self: null, mirrored: true, level: 0, ...scenes[name],
  };
  new DiagView(document, look, { start: none, stop: none, language: none, devices: none }).render();
  await document.fonts.ready;
  await new Promise((ready) => setTimeout(ready, look.self ? 450 : 60));
}

(window as unknown as { gallery: unknown }).gallery = { names: Object.keys(scenes), show };
