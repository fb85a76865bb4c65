// Drives one real browser for the end-to-end tests. It reads commands, one JSON object
// a line, from stdin and answers each on stdout: {"id":1,"do":"goto","url":"…"} →
// {"id":1,"value":null} or {"id":1,"error":"…"}. Chromium, old and new, and Firefox alike.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const web = process.argv[2]; // the folder whose node_modules has axe-core
const require = createRequire(web + "/package.json");

let browser, page;
const problems = [];
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Firefox cannot read a camera from a file: its camera is a canvas that shows the same
// strip as the fake camera, and its microphone a recorded sentence. Encoding, network
// and decoding are the browser's own.
function fakeCapture(speech) {
  const look = 1;
  if (!navigator.mediaDevices) return; // a page that is no secure context, such as about:blank
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const tracks = [];
    if (wish && wish.video) {
      const canvas = document.createElement("canvas");
      canvas.width = 640;
      canvas.height = 360;
      const c = canvas.getContext("2d");
      let n = 0;
      const draw = () => {
        const bits = [1, 0, 1, 1, look];
        for (let i = 15; i >= 0; i--) bits.push((n >> i) & 1);
        const check = (2 * n + look) % 127;
        for (let i = 6; i >= 0; i--) bits.push((check >> i) & 1);
        bits.push(1, 1, 0, 1);
        c.fillStyle = "#c98f6b";
        c.fillRect(0, 0, 640, 360);
        c.fillStyle = "#f3e3d6";
        c.beginPath();
        c.arc(320 + 30 * Math.sin(n / 12), 190, 70, 0, 7);
        c.fill();
        bits.forEach((b, i) => {
          c.fillStyle = b ? "#fff" : "#000";
          c.fillRect(i * 20, 0, 20, 20);
        });
        n = (n + 1) & 65535;
      };
      draw();
      setInterval(draw, 40);
      tracks.push(canvas.captureStream(25).getVideoTracks()[0]);
    }
    if (wish && wish.audio) {
      const sound = new AudioContext();
      const bytes = Uint8Array.from(atob(speech), (x) => x.charCodeAt(0));
      const source = sound.createBufferSource();
      source.buffer = await sound.decodeAudioData(bytes.buffer);
      source.loop = true;
      const out = sound.createMediaStreamDestination();
      source.connect(out);
      source.start();
      await sound.resume();
      tracks.push(out.stream.getAudioTracks()[0]);
    }
    return new MediaStream(tracks);
  };
}

// fakeScreen answers when a page asks for a screen: a still picture, 1280 by 720, with the
// number 48879 in the strip of a patient's camera, and three colours below it.
function fakeScreen() {
  if (!navigator.mediaDevices) return;
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = document.createElement("canvas");
    canvas.width = 1280;
    canvas.height = 720;
    const c = canvas.getContext("2d");
    const n = 0xbeef, look = 1, bits = [1, 0, 1, 1, look];
    for (let i = 15; i >= 0; i--) bits.push((n >> i) & 1);
    const check = (2 * n + look) % 127;
    for (let i = 6; i >= 0; i--) bits.push((check >> i) & 1);
    bits.push(1, 1, 0, 1);
    const draw = () => {
      ["#a03030", "#30a030", "#3030a0"].forEach((colour, i) => {
        c.fillStyle = colour;
        c.fillRect((i * 1280) / 3, 0, 1280 / 3 + 1, 720);
      });
      bits.forEach((b, i) => {
        c.fillStyle = b ? "#fff" : "#000";
        c.fillRect(i * 40, 0, 40, 40);
      });
    };
    draw();
    setInterval(draw, 100);
    return canvas.captureStream(10);
  };
}

function firefoxProxy({ hostname, port }) {
  return {
    "network.proxy.type": 1, "network.proxy.http": hostname, "network.proxy.http_port": Number(port), "network.proxy.ssl": hostname, "network.proxy.ssl_port": Number(port),
    "network.proxy.no_proxies_on": "",
  };
}

// readStrip reads the counter of the fake camera from the remote picture, after the
// layout that package fake documents.
function readStrip(selector) {
  const video = document.querySelector(selector);
  if (!video || !video.videoWidth) return null;
  const w = video.videoWidth, h = video.videoHeight;
  const canvas = document.createElement("canvas");
  canvas.width = w;
  canvas.height = h;
  const c = canvas.getContext("2d", { willReadFrequently: true });
  c.drawImage(video, 0, 0);
  const cell = (i) => {
    const d = c.getImageData(Math.round(((i + 0.25) * w) / 32), Math.round(h / 72), Math.max(1, Math.floor(w / 64)), Math.max(1, Math.floor(h / 36))).data;
    let s = 0;
    for (let k = 0; k < d.length; k += 4) s += 0.299 * d[k] + 0.587 * d[k + 1] + 0.114 * d[k + 2];
    return s / (d.length / 4);
  };
  const v = [...Array(32).keys()].map(cell);
  const ends = [0, 1, 2, 3, 28, 29, 30, 31].map((i) => v[i]);
  const lo = Math.min(...ends), hi = Math.max(...ends);
  if (hi - lo < 48) return null;
  const b = v.map((x) => (x > (lo + hi) / 2 ? 1 : 0));
  if (b.slice(0, 4).join("") !== "1011" || b.slice(28).join("") !== "1101") return null;
  const num = (from, to) => b.slice(from, to).reduce((s, x) => 2 * s + x, 0);
  const look = b[4], n = num(5, 21);
  return num(21, 28) === (2 * n + look) % 127 ? { look, n, w, h } : null;
}

// watch remembers what the page opens: media connections, and how many sockets.
function watch() {
  const seen = { connections: [], sockets: 0, workers: [] };
  Object.defineProperty(window, "seen", { value: seen });
  const wrap = (name, note) => {
    const Native = window[name];
    if (!Native) return;
    window[name] = new Proxy(Native, {
      construct(target, args, made) {
        const it = Reflect.construct(target, args, made);
        note(it);
        return it;
      },
    });
  };
  wrap("RTCPeerConnection", (it) => seen.connections.push(it));
  wrap("WebSocket", () => seen.sockets++);
  wrap("Worker", (it) => seen.workers.push(it));
}

// sealedFrames asks the page's newest worker for its counts, by person.
function sealedFrames() {
  const worker = window.seen && window.seen.workers[window.seen.workers.length - 1];
  if (!worker) return {};
  return new Promise((done) => {
    const ticket = 1e9 + Math.floor(Math.random() * 1e6);
    const heard = (e) => {
      if (e.data && e.data.ticket === ticket) {
        worker.removeEventListener("message", heard);
        done(e.data.counts);
      }
    };
    worker.addEventListener("message", heard);
    worker.postMessage({ do: "counts", ticket });
  });
}

// newestPath describes the newest media connection that came up, as type Path has it.
async function newestPath() {
  const root = document.documentElement.dataset;
  const { connections, sockets } = window.seen || { connections: [], sockets: 0 };
  const up = connections.filter((c) => c.iceConnectionState === "connected" || c.iceConnectionState === "completed");
  const at = up[up.length - 1] || connections[connections.length - 1];
  const found = {
    phase: root.phase || "", route: root.route || "", code: root.code || "", peers: document.querySelectorAll("video[data-peer]").length,
    connections: connections.length, sockets, state: at ? at.iceConnectionState : "", local: {}, remote: {}, candidates: [], offered: [],
    video: { frames: 0, width: 0, height: 0, fps: 0 }, audio: { samples: 0, concealed: 0, lost: 0 }, sent: { width: 0, height: 0, fps: 0 },
  };
  if (!at || at.signalingState === "closed") return found;
  const all = new Map();
  (await at.getStats()).forEach((s) => all.set(s.id, s));
  const end = (c) => {
    if (!c) return {};
    const relay = c.candidateType === "relay" ? c.relayProtocol || "" : "";
    return { type: c.candidateType, protocol: (c.protocol || "").toLowerCase(), relay, url: c.url || "", address: c.address || c.ip || "", port: c.port };
  };
  let pair;
  for (const s of all.values()) {
    if (s.type === "transport" && s.selectedCandidatePairId) pair = all.get(s.selectedCandidatePairId);
    if (s.type === "local-candidate") found.candidates.push(end(s));
    if (s.type === "remote-candidate") found.offered.push(end(s));
    if (s.type === "inbound-rtp" && s.kind === "video") {
      found.video.frames += s.framesDecoded || 0;
      found.video.width = s.frameWidth || found.video.width;
      found.video.height = s.frameHeight || found.video.height;
      found.video.fps = s.framesPerSecond || found.video.fps;
    }
    if (s.type === "inbound-rtp" && s.kind === "audio") {
      found.audio.samples += s.totalSamplesReceived || 0;
      found.audio.concealed += s.concealedSamples || 0;
      found.audio.lost += s.packetsLost || 0;
    }
    if (s.type === "outbound-rtp" && s.kind === "video" && s.frameWidth) found.sent = { width: s.frameWidth, height: s.frameHeight, fps: s.framesPerSecond || 0, frames: s.framesSent || 0 };
  }
  // Firefox marks the pair itself.
  if (!pair) pair = [...all.values()].find((s) => s.type === "candidate-pair" && (s.selected || (s.nominated && s.state === "succeeded")));
  if (pair) {
    found.local = end(all.get(pair.localCandidateId));
    found.remote = end(all.get(pair.remoteCandidateId));
  }
  return found;
}

const commands = {
  // engine is how the lab describes a browser: its family, its program, and the puppeteer that drives it.
  async launch({ engine, profile, downloads, y4m, wav, phone, url, watch: watching, proxy: through, screen }) {
    const puppeteer = (await import(require.resolve(engine.driver))).default;
    const proxy = through ? new URL(through) : null;
    const chromium = engine.family === "chromium";
    browser = await puppeteer.launch({
      browser: chromium ? "chrome" : "firefox",
      executablePath: engine.path,
      userDataDir: profile,
      headless: engine.shell ? "shell" : true,
      protocolTimeout: 180000,
      defaultViewport: phone ? { width: 390, height: 780, deviceScaleFactor: 1 } : { width: 1280, height: 800 },
      args: chromium
        ? [
            "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
            `--use-file-for-fake-video-capture=${y4m}`, `--use-file-for-fake-audio-capture=${wav}`,
            "--disable-features=WebRtcHideLocalIpsWithMdns",
            // The shells were made for a machine where no other process may be forked off early.
            ...(engine.shell ? ["--no-zygote"] : []),
            ...(proxy ? [`--proxy-server=http://${proxy.host}`] : []),
          ]
        : ["--headless"],
      ignoreDefaultArgs: chromium ? ["--mute-audio"] : [],
      extraPrefsFirefox: {
        "media.navigator.streams.fake": false, "media.navigator.permission.disabled": true, "media.autoplay.default": 0, "media.autoplay.blocking_policy": 0,
        "media.peerconnection.ice.loopback": true, "media.peerconnection.ice.obfuscate_host_addresses": false,
        // Who was let use a camera is also given all addresses, not only that of the default route.
        "permissions.default.camera": 1, "permissions.default.microphone": 1,
        ...(proxy ? firefoxProxy(proxy) : {}),
        "browser.download.folderList": 2, "browser.download.dir": downloads, "browser.download.useDownloadDir": true, "browser.download.alwaysOpenPanel": false,
        "browser.helperApps.neverAsk.saveToDisk": "application/octet-stream",
        "app.update.enabled": false, "network.captive-portal-service.enabled": false, "network.connectivity-service.enabled": false,
      },
    });
    page = (await browser.pages())[0] || (await browser.newPage());
    page.on("pageerror", (e) => problems.push("script: " + (e && e.message)));
    page.on("console", (m) => m.type() === "error" && problems.push("console: " + m.text()));
    if (chromium) {
      const client = await page.target().createCDPSession();
      const where = { behavior: "allow", downloadPath: downloads };
      await client.send("Browser.setDownloadBehavior", where).catch(() => client.send("Page.setDownloadBehavior", where)); // before Chromium 81
    }
    if (screen) await page.evaluateOnNewDocument(`(${fakeScreen})()`);
    if (!chromium) await page.evaluateOnNewDocument(`(${fakeCapture})(${JSON.stringify(readFileSync(wav).toString("base64"))})`);
    if (proxy && proxy.username) await page.authenticate({ username: decodeURIComponent(proxy.username), password: decodeURIComponent(proxy.password) });
    if (watching) await page.evaluateOnNewDocument(`(${watch})()`);
    if (url) await page.goto(url);
  },
  // version is the browser's own name and version.
  async version() {
    return browser.version();
  },
  async path() {
    return page.evaluate(newestPath);
  },
  async sealed() {
    return page.evaluate(sealedFrames);
  },
  async goto({ url }) {
    await page.goto(url, { waitUntil: "load" });
  },
  async press({ key, times }) {
    for (let i = 0; i < (times || 1); i++) await page.keyboard.press(key);
  },
  // type writes into a field with the keyboard.
  async type({ selector, text }) {
    const field = await page.waitForSelector(selector, { timeout: 20000 });
    await field.focus();
    await page.keyboard.type(text);
  },
  // drag presses the pointer on an element and moves it: points are in parts of its size.
  async drag({ selector, points }) {
    const box = await (await page.waitForSelector(selector, { timeout: 20000 })).boundingBox();
    const at = (p) => [box.x + p[0] * box.width, box.y + p[1] * box.height];
    await page.mouse.move(...at(points[0]));
    await page.mouse.down();
    for (const p of points.slice(1)) await page.mouse.move(...at(p), { steps: 8 });
    await page.mouse.up();
  },
  // choose gives files to a field for files.
  async choose({ selector, paths }) {
    const field = await page.waitForSelector(selector, { timeout: 20000 });
    await field.uploadFile(...paths);
  },
  // click presses the visible button with this accessible name (or data-do attribute).
  async click({ name }) {
    const box = await page.waitForFunction(
      (name) => {
        const seen = (b) => b.offsetParent !== null && !b.disabled;
        return [...document.querySelectorAll("button")].find((b) => seen(b) && ((b.getAttribute("aria-label") || b.textContent).trim().startsWith(name)));
      },
      { timeout: 20000, polling: 100 },
      name,
    );
    await box.asElement().click();
  },
  async tabTo({ name }) {
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const b = document.activeElement;
        return b ? (b.getAttribute("aria-label") || b.textContent || "").trim() : "";
      });
      if (at.startsWith(name)) return i + 1;
    }
    throw new Error(`Tab never reaches "${name}"`);
  },
  async waitPhase({ phase, limit }) {
    await page.waitForFunction((p) => document.documentElement.dataset.phase === p, { timeout: limit || 30000, polling: 20 }, phase);
  },
  async strip({ selector, limit }) {
    const until = Date.now() + (limit || 20000);
    for (;;) {
      const found = await page.evaluate(readStrip, selector || "video[data-peer]");
      if (found) return found;
      if (Date.now() > until) throw new Error("no counter in the remote picture: " + (await page.evaluate(() => document.documentElement.outerHTML.slice(0, 300))));
      await sleep(30);
    }
  },
  async eval({ js }) {
    return page.evaluate(js);
  },
  async shot({ path }) {
    await page.screenshot({ path });
  },
  async reload() {
    await page.reload();
  },
  async axe() {
    await page.addScriptTag({ content: "" }).catch(() => {}); // the page's policy forbids inline scripts
    await page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
    const found = await page.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
    return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join("; ")}`);
  },
  async problems() {
    return problems.splice(0);
  },
  async close() {
    if (browser) await browser.close();
    browser = undefined;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  let id = 0;
  try {
    const command = JSON.parse(line);
    id = command.id;
    const value = await commands[command.do](command);
    process.stdout.write(JSON.stringify({ id, value: value ?? null }) + "\n");
  } catch (e) {
    process.stdout.write(JSON.stringify({ id, error: String((e && e.message) || e) }) + "\n");
  }
}
if (browser) await browser.close().catch(() => {});
process.exit(0);
