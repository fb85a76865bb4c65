// What a try of the network found, and what that means: results in, verdict out. No DOM, no network.
import type { ICEServer } from "../wire.gen";
import type { Words } from "./words";

export type Kind =
  | "browser" | "https" | "wss" | "stun" | "turn_udp" | "turn_tcp" | "turn_tls"
  | "media_udp" | "media_turn" | "media_tls" | "camera" | "microphone";

export type State = "waiting" | "running" | "good" | "slow" | "failed" | "skipped";

/** Why a line is not simply good. */
export type Why =
  | "timeout" | "unreachable" | "refused" | "busy" | "failing" | "proxy" | "closed" | "silent"
  | "webrtc" | "insecure" | "old" | "absent" | "enough" | "same" | "relay" | "before"
  | "denied" | "missing" | "in_use" | "quiet" | "other";

/** Figures are what was measured; what was not is left out. */
export interface Figures {
  /** ms until the first answer, trip the median round trip after that. */
  ms?: number;
  trip?: number;
  /** loss in percent, both ways together. */
  loss?: number;
  /** rate in bit/s there and back at once; capped when we sent no more than that. */
  rate?: number;
  capped?: boolean;
}

/** Target is where packets go to. */
export interface Target {
  host: string;
  port: number;
  over: "tcp" | "udp";
}

/** Line is one test. */
export interface Line {
  id: string;
  kind: Kind;
  state: State;
  why: Why | "";
  figures: Figures;
  target: Target | null;
  /** name: of the browser. */
  name: string;
  /** server to try, with credentials for this try; never shown. */
  server: ICEServer | null;
}

export type Verdict =
  | "direct" | "direct_slow" | "relay_udp" | "relay_tls" | "blocked"
  | "websocket" | "unreachable" | "busy" | "offline" | "browser";

export type Tone = "good" | "warning" | "bad";

export function line(kind: Kind, n = 0): Line {
  return { id: n ? kind + "-" + (n + 1) : kind, kind, state: "waiting", why: "", figures: {}, target: null, name: "", server: null };
}

/** first is the list before the server has told its STUN and TURN servers. */
export function first(): Line[] {
  const kinds: Kind[] = ["browser", "https", "wss", "stun", "turn_udp", "turn_tls", "media_udp", "media_turn", "media_tls"];
  return kinds.map((k) => line(k));
}

const form = /^(stuns?|turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(\w+))?$/;

/** server reads one URL as RFC 7064 and 7065 write them, or null. */
export function server(url: string): { kind: Kind; target: Target } | null {
  const found = form.exec(url);
  if (!found) {
    return null;
  }
  const [, scheme, host, port, transport] = found;
  const secure = scheme === "turns" || scheme === "stuns";
  const over = secure || transport === "tcp" ? "tcp" : "udp";
  const kind: Kind = scheme.slice(0, 4) === "stun" ? "stun" : secure ? "turn_tls" : over === "tcp" ? "turn_tcp" : "turn_udp";
  return { kind, target: { host: host.replace(/^\[|\]$/g, ""), port: Number(port) || (secure ? 5349 : 3478), over } };
}

/** withServers puts a line for each URL in the place of the empty ones. */
export function withServers(lines: Line[], ice: ICEServer[]): Line[] {
  const found: Line[] = [];
  for (const one of ice) {
    for (const url of one.urls || []) {
      const read = server(url);
      if (read) {
        const same = found.filter((l) => l.kind === read.kind).length;
        found.push({ ...line(read.kind, same), target: read.target, server: { ...one, urls: [url] } });
      }
    }
  }
  const out: Line[] = [];
  for (const l of lines) {
    if (l.kind === "stun" || l.kind === "turn_udp" || l.kind === "turn_tls") {
      // TURN over plain TCP is rare, and stands before TURN over TLS.
      const here = found.filter((f) => f.kind === l.kind || (l.kind === "turn_tls" && f.kind === "turn_tcp"));
      if (here.length > 0) {
        out.push(...here.sort((a, b) => Number(a.kind === "turn_tls") - Number(b.kind === "turn_tls")));
      } else {
        out.push({ ...l, state: "skipped", why: "absent" });
      }
    } else {
      out.push(l);
    }
  }
  return out;
}

/** sfu reads where an offer's first UDP candidate leads. */
export function sfu(sdp: string): Target | null {
  const found = /\na=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ /i.exec(sdp);
  return found ? { host: found[1], port: Number(found[2]), over: "udp" } : null;
}

/** judged is good, or slow where a consultation would suffer. */
export function judged(kind: Kind, f: Figures): "good" | "slow" {
  const media = kind.slice(0, 5) === "media";
  const late = (f.ms || 0) > (media ? 4000 : 2500);
  const far = (f.trip || 0) > 400;
  const lossy = (f.loss || 0) > 3;
  const thin = f.rate !== undefined && f.rate < 600000;
  return late || far || lossy || thin ? "slow" : "good";
}

export function works(l: Line | undefined): boolean {
  return l !== undefined && (l.state === "good" || l.state === "slow");
}

/** verdict is what the lines mean for a consultation; online is what the device says. */
export function verdict(lines: Line[], online: boolean): Verdict {
  const of = (k: Kind) => lines.find((l) => l.kind === k);
  const https = of("https");
  const wss = of("wss");
  if (of("browser")?.state === "failed") {
    return "browser";
  }
  if (https && https.state === "failed") {
    return https.why === "failing" ? "busy" : online ? "unreachable" : "offline";
  }
  if (wss && wss.state === "failed") {
    return wss.why === "busy" ? "busy" : online ? "websocket" : "offline";
  }
  const direct = of("media_udp");
  if (works(direct)) {
    return direct?.state === "slow" ? "direct_slow" : "direct";
  }
  if (works(of("media_turn"))) {
    return "relay_udp";
  }
  if (works(of("media_tls"))) {
    return "relay_tls";
  }
  return direct?.why === "busy" ? "busy" : online ? "blocked" : "offline";
}

export function tone(v: Verdict): Tone {
  return v === "direct" || v === "relay_udp" ? "good" : v === "direct_slow" || v === "relay_tls" || v === "busy" ? "warning" : "bad";
}

/** Need is something to be opened. */
export interface Need extends Target {
  what: "web" | "relay_tls" | "relay" | "media" | "media_high";
}

/** needs lists what IT has to open, each once. */
export function needs(lines: Line[]): Need[] {
  const list: Need[] = [];
  for (const l of lines) {
    // A server in trouble, or one that refuses, is no matter of the network's.
    if (l.state !== "failed" || !l.target || /^(busy|failing|refused|relay|before)$/.test(l.why)) {
      continue;
    }
    const what = l.kind === "https" || l.kind === "wss" ? "web" : l.kind === "turn_tls" ? "relay_tls" : l.kind === "media_udp" ? (high(l.target) ? "media_high" : "media") : "relay";
    if (l.kind === "media_turn" || l.kind === "media_tls") {
      continue; // their way is that of the relay's own line
    }
    if (!list.some((n) => n.host === l.target?.host && n.port === l.target.port && n.over === l.target.over && n.what === what)) {
      list.push({ ...l.target, what });
    }
  }
  return list;
}

/** high: a media port of a classic layout, one of a range. */
export function high(t: Target): boolean {
  return t.over === "udp" && t.port >= 10000;
}

/** port names a target's port: "UDP 443", or "UDP élevé (51234)" for the SFU's in a range. */
export function port(w: Words, l: { kind?: Kind; target: Target | null }): string {
  if (!l.target) {
    return "";
  }
  const classic = l.kind === "media_udp" && high(l.target);
  return w.d(classic ? "port.high" : l.target.over === "udp" ? "port.udp" : "port.tcp", { port: l.target.port });
}

/** figures writes what was measured: "12 ms · aller-retour 3 ms · …". */
export function figures(w: Words, l: Line): string[] {
  const f = l.figures;
  const out: string[] = [];
  if (l.name) {
    out.push(l.name);
  }
  if (f.ms !== undefined) {
    out.push(w.d(l.kind.slice(0, 5) === "media" ? "figure.ready" : "figure.ms", { n: w.number(f.ms, 0) }));
  }
  if (f.trip !== undefined) {
    out.push(w.d("figure.trip", { n: w.number(f.trip, 0) }));
  }
  if (f.rate !== undefined) {
    const rate = f.rate < 995000 ? w.d("figure.kbit", { n: w.number(f.rate / 1000, 0) }) : w.d("figure.mbit", { n: w.number(f.rate / 1e6, 1) });
    out.push(f.capped ? w.d("figure.least", { rate }) : rate);
  }
  if (f.loss !== undefined) {
    out.push(w.d("figure.loss", { n: w.number(f.loss, f.loss > 0 && f.loss < 10 ? 1 : 0) }));
  }
  if (l.why) {
    out.push(w.d(("why." + l.why) as "why.other"));
  }
  return out;
}

/** word says the state, which the icon shows. */
export function word(w: Words, l: Line): string {
  return w.d(l.why === "before" ? "state.untried" : (("state." + l.state) as "state.good"));
}

/** sentences of a verdict: what is, and what to do next. */
export function sentences(w: Words, v: Verdict, lines: Line[]): { says: string; action: string } {
  const tls = lines.find((l) => l.kind === "turn_tls" && l.target);
  const direct = lines.find((l) => l.kind === "media_udp" && l.target);
  const holes = {
    tcp: tls ? port(w, tls) : w.d("port.tcp", { port: 443 }),
    udp: direct ? port(w, direct) : w.d("port.udp", { port: 443 }),
  };
  return { says: w.d(("verdict." + v) as "verdict.direct", holes), action: w.d(("verdict." + v + "_action") as "verdict.direct_action", holes) };
}

export interface Found {
  lines: Line[];
  verdict: Verdict;
  /** host and base of the server that was tried: "visio.example" and "https://visio.example". */
  host: string;
  base: string;
  at: Date;
}

/** stamp writes a moment so that nobody mistakes it: 2025-06-03 10:30 (UTC+02:00). */
export function stamp(at: Date): string {
  const two = (n: number) => ("0" + n).slice(-2);
  const off = -at.getTimezoneOffset();
  const zone = (off < 0 ? "-" : "+") + two(Math.floor(Math.abs(off) / 60)) + ":" + two(Math.abs(off) % 60);
  return at.getFullYear() + "-" + two(at.getMonth() + 1) + "-" + two(at.getDate()) + " " + two(at.getHours()) + ":" + two(at.getMinutes()) + " (UTC" + zone + ")";
}

/** forIT: others can do nothing about a cable that is out, or a server that is busy. */
export function forIT(v: Verdict | ""): boolean {
  return v !== "" && v !== "offline" && v !== "busy";
}

/** letter is the text for IT: what was tried, what came of it (but for a brief one), what to
 * open. Nothing in it tells who the person is, and no address of theirs. */
export function letter(w: Words, found: Found, brief = false): string {
  const browser = found.lines.find((l) => l.kind === "browser");
  const out = [w.d("it.head"), "", w.d("it.host", { host: found.host }), w.d("it.at", { time: stamp(found.at) })];
  if (browser && browser.name) {
    out.push(w.d("it.browser", { name: browser.name }));
  }
  out.push("", w.d("it.verdict", { text: sentences(w, found.verdict, found.lines).says }), "");
  if (!brief) {
    out.push(w.d("it.results"));
  }
  for (const l of found.lines) {
    const said = l.state === "good" || l.state === "slow" || l.state === "failed";
    if (brief || !said || (l.kind === "browser" && l.state === "good")) {
      continue;
    }
    const test = w.d(("test." + l.kind) as "test.stun");
    const details = figures(w, l).filter((x) => x !== l.name);
    const result = word(w, l) + (details.length > 0 ? " (" + details.join(", ") + ")" : "");
    const target = l.target ? port(w, l) + " " + l.target.host : "";
    out.push(w.d(target ? "it.line" : "it.line_bare", { test, target, result }));
  }
  const open = needs(found.lines);
  if (!brief) {
    out.push("");
  }
  if (open.length === 0) {
    out.push(w.d("it.nothing"));
  } else {
    out.push(w.d("it.open"));
    open.forEach((n) => out.push(w.d("it.item", { port: port(w, { target: n }), host: n.host, what: w.d(("it." + n.what) as "it.web") })));
  }
  out.push("", w.d("it.guide", { url: found.base + "/network-guide" }), "");
  return out.join("\n");
}

/** Longer addresses are dropped by some systems without a word. */
const mailtoAtMost = 1900;

/** mailto carries the first of the texts that is short enough, or asks to paste. */
export function mailto(w: Words, texts: string[]): string {
  const whole = (text: string) => "mailto:?subject=" + encodeURIComponent(w.d("it.subject")) + "&body=" + encodeURIComponent(text.replace(/\n/g, "\r\n"));
  return texts.map(whole).find((address) => address.length <= mailtoAtMost) || whole(w.d("it.paste"));
}
