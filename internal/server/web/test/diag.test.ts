// The network test's judgement: results in, verdict and text for IT out; and the order of a run.
import { figures, first, judged, letter, mailto, needs, port, sentences, server, sfu, stamp, tone, verdict, withServers, type Figures, type Line, type Verdict, type Why } from "../src/diag/probe";
import { Run, type Session, type Tries } from "../src/diag/run";
import { Words } from "../src/diag/words";

declare function require(name: string): any;
const test = require("node:test");
const assert = require("node:assert/strict");

const ice = [
  { urls: ["stun:visio.example:443"] },
  { urls: ["turn:visio.example:443?transport=udp"], username: "u", credential: "SECRET" },
  { urls: ["turns:visio.example:443?transport=tcp"], username: "u", credential: "SECRET" },
  { urls: ["turn:turn2.example?transport=udp"], username: "u", credential: "SECRET" },
];
const web = { host: "visio.example", port: 443, over: "tcp" as const };

/** lines as they stand at the end, with what is told by id. */
function lines(told: { [id: string]: Line["state"] | Why } = {}): Line[] {
  const states = ["good", "slow", "failed", "skipped"];
  return withServers(first(), ice).map((l) => {
    const t = told[l.id] || "good";
    const target = l.kind === "https" || l.kind === "wss" ? web : l.kind === "media_udp" ? { host: "203.0.113.7", port: 443, over: "udp" as const } : l.target;
    return { ...l, target, name: l.kind === "browser" ? "Firefox 140" : "", ...(states.indexOf(t) >= 0 ? { state: t as Line["state"] } : { state: "failed" as const, why: t as Why }) };
  });
}

test("URLs as STUN and TURN write them", () => {
  assert.deepEqual(server("turns:h.example:443?transport=tcp"), { kind: "turn_tls", target: { host: "h.example", port: 443, over: "tcp" } });
  assert.deepEqual(server("turn:[2001:db8::1]:3479?transport=udp"), { kind: "turn_udp", target: { host: "2001:db8::1", port: 3479, over: "udp" } });
  assert.deepEqual(server("turn:h?transport=tcp"), { kind: "turn_tcp", target: { host: "h", port: 3478, over: "tcp" } });
  assert.deepEqual(server("stun:h"), { kind: "stun", target: { host: "h", port: 3478, over: "udp" } });
  assert.equal(server("http://h"), null);
});

test("each URL has a line of its own, and a kind without a server is not needed", () => {
  const all = withServers(first(), ice);
  assert.deepEqual(all.map((l) => l.id), ["browser", "https", "wss", "stun", "turn_udp", "turn_udp-2", "turn_tls", "media_udp", "media_turn", "media_tls"]);
  assert.deepEqual(all[5].target, { host: "turn2.example", port: 3478, over: "udp" });
  assert.deepEqual(all[4].server, { ...ice[1], urls: ["turn:visio.example:443?transport=udp"] });
  const none = withServers(first(), []);
  assert.deepEqual(none.filter((l) => l.state === "skipped").map((l) => l.id), ["stun", "turn_udp", "turn_tls"]);
});

test("the SFU's port comes from its offer", () => {
  const sdp = (p: number) => "v=0\r\na=candidate:1 1 tcp 5 9.9.9.9 9 typ host\r\na=candidate:2878742611 1 udp 2130706431 203.0.113.7 " + p + " typ host\r\n";
  assert.deepEqual(sfu(sdp(443)), { host: "203.0.113.7", port: 443, over: "udp" });
  assert.equal(sfu("v=0\r\n"), null);
  const fr = new Words("fr");
  assert.equal(port(fr, { kind: "media_udp", target: sfu(sdp(443)) }), "UDP\u00a0443");
  assert.equal(port(fr, { kind: "media_udp", target: sfu(sdp(51234)) }), "UDP élevé (51234)");
  assert.equal(port(fr, { kind: "turn_udp", target: sfu(sdp(51234)) }), "UDP\u00a051234");
});

test("what is slow", () => {
  const media: [Figures, string][] = [
    [{ ms: 300, trip: 40, loss: 0, rate: 1.5e6 }, "good"],
    [{ ms: 300, trip: 450, loss: 0, rate: 1.5e6 }, "slow"],
    [{ ms: 300, trip: 40, loss: 6, rate: 1.5e6 }, "slow"],
    [{ ms: 300, trip: 40, loss: 0, rate: 3e5 }, "slow"],
    [{ ms: 4500, trip: 40, loss: 0, rate: 1.5e6 }, "slow"],
  ];
  media.forEach(([f, want]) => assert.equal(judged("media_udp", f), want, JSON.stringify(f)));
  assert.equal(judged("https", { ms: 3000 }), "slow");
  assert.equal(judged("stun", { ms: 60 }), "good");
});

test("the verdict", () => {
  const noUDP = { stun: "timeout", turn_udp: "timeout", "turn_udp-2": "timeout", media_udp: "timeout", media_turn: "relay" } as const;
  const table: [string, { [id: string]: Line["state"] | Why }, boolean, Verdict][] = [
    ["everything open", { media_turn: "skipped" }, true, "direct"],
    ["everything open, but TURN over TLS fails", { turn_tls: "unreachable", media_tls: "relay", media_turn: "skipped" }, true, "direct"],
    ["losses", { media_udp: "slow" }, true, "direct_slow"],
    ["only TURN over UDP", { media_udp: "timeout" }, true, "relay_udp"],
    ["only TURN over UDP, with losses", { media_udp: "timeout", media_turn: "slow" }, true, "relay_udp"],
    ["only TCP 443", noUDP, true, "relay_tls"],
    ["relay, but no media through it", { ...noUDP, media_tls: "silent" }, true, "blocked"],
    ["nothing but the web", { ...noUDP, turn_tls: "unreachable", media_tls: "relay" }, true, "blocked"],
    ["WebSocket blocked", { wss: "closed" }, true, "websocket"],
    ["server busy", { wss: "busy" }, true, "busy"],
    ["echo refused", { ...noUDP, media_udp: "busy", media_tls: "busy" }, true, "busy"],
    ["server failing", { https: "failing" }, true, "busy"],
    ["no answer", { https: "unreachable" }, true, "unreachable"],
    ["a portal answers", { https: "proxy" }, true, "unreachable"],
    ["cable out", { https: "unreachable" }, false, "offline"],
    ["cable out meanwhile", { wss: "closed" }, false, "offline"],
    ["no WebRTC", { browser: "webrtc" }, true, "browser"],
    ["an old browser that works", { browser: "slow" }, true, "direct"],
  ];
  for (const [name, told, online, want] of table) {
    assert.equal(verdict(lines(told), online), want, name);
  }
  assert.deepEqual((["direct", "relay_udp", "relay_tls", "busy", "blocked"] as Verdict[]).map(tone), ["good", "good", "warning", "warning", "bad"]);
});

test("every verdict has its sentences, with the ports that were tried", () => {
  const all: Verdict[] = ["direct", "direct_slow", "relay_udp", "relay_tls", "blocked", "websocket", "unreachable", "busy", "offline", "browser"];
  for (const w of [new Words("fr"), new Words("en")]) {
    for (const v of all) {
      const { says, action } = sentences(w, v, lines());
      assert.ok(says.length > 10 && action.length > 10 && !/verdict\.|[{}]/.test(says + action), v + says + action);
    }
  }
  const high = lines().map((l) => (l.kind === "media_udp" ? { ...l, target: { host: "203.0.113.7", port: 51234, over: "udp" as const } } : l));
  assert.match(sentences(new Words("fr"), "relay_tls", high).action, /UDP élevé \(51234\)/);
  assert.match(sentences(new Words("fr"), "relay_tls", lines()).says, /TCP\u00a0443/);
});

test("figures as each language writes them", () => {
  const l = { ...lines()[7], figures: { ms: 312.4, trip: 20.6, loss: 0.44, rate: 1.46e6, capped: true } };
  assert.deepEqual(figures(new Words("fr"), l), ["prêt en 312\u00a0ms", "aller-retour 21\u00a0ms", "au moins 1,5\u00a0Mbit/s", "perte 0,4\u00a0%"]);
  assert.deepEqual(figures(new Words("en"), { ...l, figures: { rate: 480000, loss: 12.3 } }), ["480\u00a0kbit/s", "loss 12%"]);
});

test("the text for IT says what to open, and nothing of the person", () => {
  const noUDP = lines({ stun: "timeout", turn_udp: "timeout", "turn_udp-2": "timeout", media_udp: "timeout", media_turn: "relay" });
  const at = new Date(2025, 5, 3, 10, 30);
  const found = { lines: noUDP, verdict: "relay_tls" as Verdict, host: "visio.example", base: "https://visio.example/soins", at };
  const text = letter(new Words("fr"), found).replace(/\u00a0/g, " ");
  for (const want of [
    "Serveur : visio.example", "2025-06-03 10:30 (UTC", "Navigateur : Firefox 140", "Conclusion : Qualité réduite : seul TCP 443",
    "- Relais TURN sur TLS, TCP 443 visio.example : Bon", "- Relais TURN en UDP, UDP 3478 turn2.example : Échec (Pas de réponse à temps)",
    "- UDP 443 vers visio.example : STUN et TURN", "- UDP 3478 vers turn2.example : STUN et TURN", "- UDP 443 vers 203.0.113.7 : son et image (DTLS-SRTP)",
    "https://visio.example/soins/network-guide",
  ]) {
    assert.ok(text.indexOf(want) >= 0, want + "\n" + text);
  }
  assert.ok(text.indexOf("SECRET") < 0 && text.indexOf("- TCP 443 vers") < 0, text);
  assert.match(letter(new Words("en"), found), /only TCP.443 lets[^]*to turn2\.example: STUN and TURN/);
  assert.match(letter(new Words("fr"), { ...found, lines: lines(), verdict: "direct" }), /Rien à ouvrir\./);
  const brief = letter(new Words("fr"), found, true);
  assert.ok(brief.indexOf("turn2.example") > 0 && brief.indexOf("Résultats") < 0, brief);
  assert.ok(decodeURIComponent(mailto(new Words("fr"), [text, brief])).indexOf("turn2.example") > 0, "a whole mail fits");
  assert.match(stamp(at), /^2025-06-03 10:30 \(UTC[+-]\d\d:\d\d\)$/);
});

test("what to open: once each, and nothing that is the server's own fault", () => {
  assert.deepEqual(needs(lines({ https: "unreachable", wss: "closed" })).map((n) => n.what), ["web"]);
  assert.deepEqual(needs(lines({ wss: "busy", turn_udp: "refused", media_tls: "relay" })), []);
  const classic = lines({ media_udp: "timeout" }).map((l) => (l.kind === "media_udp" ? { ...l, target: { host: "203.0.113.7", port: 51234, over: "udp" as const } } : l));
  assert.deepEqual(needs(classic), [{ host: "203.0.113.7", port: 51234, over: "udp", what: "media_high" }]);
});

test("a mail that would be too long asks to paste", () => {
  const w = new Words("fr");
  assert.ok(mailto(w, ["court\nsuite", "x"]).indexOf("body=court%0D%0Asuite") > 0);
  assert.ok(mailto(w, ["é".repeat(1000), "bref"]).indexOf("body=bref") > 0);
  const long = mailto(w, ["é".repeat(1000), "é".repeat(900)]);
  assert.ok(long.length < 600 && decodeURIComponent(long).indexOf(w.d("it.paste")) > 0, long);
});

/** world is a set of tries whose results are told by name: figures or a reason. */
function world(told: { [name: string]: Why } = {}): { tries: Tries<Session>; log: string[] } {
  const log: string[] = [];
  const one = async (name: string): Promise<Figures> => {
    log.push(name);
    if (told[name]) {
      throw Object.assign(new Error(name), { why: told[name] });
    }
    return { ms: 5 };
  };
  const tries: Tries<Session> = {
    browser: () => ({ name: "Firefox 140", why: told.browser || "" }),
    https: () => one("https"),
    open: async () => ({ figures: await one("open"), session: { ice, close: () => log.push("close") } }),
    gather: (s, want) => one(want + " " + (s.urls as string[])[0]),
    echo: async (_, relay, __, aim) => {
      aim({ host: "203.0.113.7", port: 443, over: "udp" });
      return one("echo " + (relay ? (relay.urls as string[]).join() : "direct"));
    },
  };
  return { tries, log };
}

async function ran(told: { [name: string]: Why } = {}): Promise<{ run: Run<Session>; log: string[]; states: { [id: string]: string } }> {
  const { tries, log } = world(told);
  const run = new Run(tries, web, web, () => undefined);
  await run.all();
  const states: { [id: string]: string } = {};
  run.lines.forEach((l) => (states[l.id] = l.state + (l.why ? " " + l.why : "")));
  return { run, log, states };
}

test("a run: each after what it needs, the relays only where they matter", async () => {
  const open = await ran();
  assert.equal(verdict(open.run.lines, true), "direct");
  assert.deepEqual(open.log.slice(-3), ["echo direct", "echo turns:visio.example:443?transport=tcp", "close"]);
  assert.equal(open.states.media_turn, "skipped enough");

  const udp = await ran({ "echo direct": "timeout", "relay turn:visio.example:443?transport=udp": "timeout" });
  assert.equal(verdict(udp.run.lines, true), "relay_udp");
  assert.ok(udp.log.indexOf("echo turn:turn2.example?transport=udp") > 0, "the second TURN server stands in for the first");

  const stun = await ran({ "srflx stun:visio.example:443": "timeout" });
  assert.equal(stun.states.stun, "skipped same");

  const web = await ran({ https: "unreachable" });
  assert.deepEqual(web.log, ["https"]);
  assert.equal(web.states.media_udp, "skipped before");
  const socket = await ran({ open: "closed" });
  assert.deepEqual(socket.log, ["https", "open"]);

  const dumb = await ran({ browser: "webrtc" });
  assert.deepEqual(dumb.log, ["https", "open"]);
  assert.equal(verdict(dumb.run.lines, true), "browser");
});
