// Shown screens, with the page as built and real WebRTC on both ends, against the scripted server of
// walk.mjs: ours, sealed, frozen, refused, over a new line and a new connection, with its sound; and
// the practitioner's, larger and smaller, pointed at. By keyboard where a person would.
// PAGE_SEAL=streams takes the way of older Chromium; PAGE_BROWSER=firefox another engine.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import puppeteer from "puppeteer-core";
import { bundle, chromium, here, scratch, serve, watch } from "./browser.mjs";

const firefox = process.env.PAGE_BROWSER === "firefox";
const streams = process.env.PAGE_SEAL === "streams";
const tmp = scratch();
const site = await serve({
  api: (what) => {
    const now = Date.now() / 1000;
    return what === "join" ? [200, { pass: "pass", expires: now + 60 }] : [200, { status: "open", clinician: "Dr Anne Le Goff", start: now, opens: now - 900, closes: now + 3600, minutes: 30, language: "fr", now }];
  },
});
const browser = firefox
  ? await puppeteer.launch({
      browser: "firefox", executablePath: process.env.FIREFOX || "/usr/bin/firefox-esr", headless: true, protocolTimeout: 120000,
      extraPrefsFirefox: { "media.navigator.streams.fake": true, "media.navigator.permission.disabled": true, "media.peerconnection.ice.loopback": true, "media.peerconnection.ice.obfuscate_host_addresses": false, "media.autoplay.default": 0 },
    })
  : await chromium(tmp.dir, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream");
const bad = [];
const page = await browser.newPage();
watch(page, site.origin, bad);
await page.setViewport({ width: 1200, height: 800 });
bundle("walk-keys.ts", join(tmp.dir, "walk-keys.js"), "--format=iife", "--target=es2018");
if (streams) await page.evaluateOnNewDocument(() => delete window.RTCRtpScriptTransform);
await page.evaluateOnNewDocument(readFileSync(join(tmp.dir, "walk-keys.js"), "utf8"));
await page.evaluateOnNewDocument(readFileSync(join(here, "mock.js"), "utf8"));
await page.evaluateOnNewDocument(() => {
  const lab = (window.lab = { colour: "#00a000", given: [], limits: [], real: navigator.mediaDevices.getDisplayMedia.bind(navigator.mediaDevices) });
  const set = RTCRtpSender.prototype.setParameters;
  RTCRtpSender.prototype.setParameters = function (p) {
    lab.limits.push([this.track && this.track.kind, p.encodings[0].maxBitrate || 0, p.degradationPreference || ""]);
    return set.call(this, p);
  };
  /** painted stands in for the system's choice: one colour, and a tone when sound is wanted. */
  lab.painted = (tone) => async (wish) => {
    lab.wish = wish;
    const c = Object.assign(document.createElement("canvas"), { width: 800, height: 600 });
    const g = c.getContext("2d");
    setInterval(() => {
      g.fillStyle = lab.colour;
      g.fillRect(0, 0, 800, 600);
    }, 50);
    const stream = c.captureStream(10);
    if (tone) {
      const sound = new AudioContext();
      const out = sound.createMediaStreamDestination();
      const one = sound.createOscillator();
      one.connect(out);
      one.start();
      stream.addTrack(out.stream.getAudioTracks()[0]);
    }
    lab.given.push(stream);
    return stream;
  };
  lab.take = (f) => (navigator.mediaDevices.getDisplayMedia = f);
  lab.last = () => lab.given[lab.given.length - 1].getVideoTracks()[0];
  /** seen is the colour in a video, red, green and blue, at a place in parts of it. */
  lab.seen = (v, x = 0.5, y = 0.5) => {
    if (!v || !v.videoWidth) return [0, 0, 0];
    const c = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
    c.getContext("2d").drawImage(v, v.videoWidth * x, v.videoHeight * y, 1, 1, 0, 0, 1, 1);
    return [...c.getContext("2d").getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  /** loud is how loud the sound is that the practitioner gets from us. */
  lab.loud = async () => {
    const track = window.mock.lines[0].receiver.track;
    const player = Object.assign(new Audio(), { muted: true, srcObject: new MediaStream([track]) });
    player.play().catch(() => 0);
    const sound = new AudioContext();
    const ear = sound.createAnalyser();
    sound.createMediaStreamSource(player.srcObject).connect(ear);
    let most = 0;
    for (let i = 0; i < 15; i++) {
      await new Promise((done) => setTimeout(done, 100));
      const wave = new Float32Array(ear.fftSize);
      ear.getFloatTimeDomainData(wave);
      most = Math.max(most, ...wave.map(Math.abs));
    }
    await sound.close();
    return most;
  };
});

const until = (what, f, ...args) => page.waitForFunction(f, { timeout: 20000, polling: 100 }, ...args).catch(() => assert.fail("waited in vain for: " + what));
const sent = (type) => page.evaluate((t) => window.mock.log.filter((m) => m.type === t).map((m) => m.data), type);
const clear = () => page.evaluate(() => (window.mock.log.length = 0));
const focused = () => page.evaluate(() => (document.activeElement.getAttribute("aria-label") || document.activeElement.textContent || "").trim());
const said = () => page.evaluate(() => document.querySelector("[role=status][aria-live=polite]").textContent);
const hidden = (s) => page.evaluate((x) => !document.querySelector(x) || document.querySelector(x).hidden, s);
const take = (tone = false) => page.evaluate((t) => window.lab.take(window.lab.painted(t)), tone);
const green = () => until("the picture at the other end", () => {
  const [r, g, b] = window.lab.seen(window.mock.view);
  return g > 90 && r < 60 && b < 60;
});

/** tabTo walks from the top where the way would lead round, see walk.mjs. */
async function tabTo(selector, key) {
  await page.evaluate((s) => {
    const to = document.querySelector(s);
    if (to && (to === document.activeElement || to.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING)) document.querySelector(".skip").focus();
  }, selector);
  for (let i = 0; i < 25; i++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((s) => document.activeElement.matches(s), selector)) {
      assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none", selector + ": the focus is not to be seen");
      if (key) await page.keyboard.press(key);
      return;
    }
  }
  assert.fail(`Tab never reached ${selector}; last at “${await focused()}”`);
}

let steps = 0;
async function step(name, f) {
  const from = Date.now();
  const figures = await f();
  steps++;
  console.log(`  ok ${name} (${Date.now() - from} ms)${figures ? ": " + figures : ""}`);
}

try {
  await page.goto(site.url, { waitUntil: "load" });
  await step("in a sealed call through the server", async () => {
    await tabTo("[data-action=join]", "Enter");
    await until("ready", () => window.mock.log.some((m) => m.type === "ready"));
    await page.evaluate(() => window.mock.admit());
    await until("the picture", () => (document.querySelector("video[data-peer=d]") || {}).videoWidth > 0);
    await page.evaluate((worker) => window.mock.keys(worker), new URL(site.url).pathname.replace(/r\/.*/, "s/seal-worker.js"));
    await until("the label", () => document.querySelector(".seal").innerText.trim() === "Chiffré de bout en bout");
    await until("the camera", () => window.mock.got.video);
    assert.equal(await page.evaluate(() => window.mock.bits(2)), 0, "something came on the screen's line");
  });
  if (!firefox) {
    await step("the browser's own screen goes out by one key, on the second picture's line", async () => {
      await tabTo("[data-action=share]", "Enter");
      await until("share", () => window.mock.log.some((m) => m.type === "share" && m.data.on));
      await until("its first picture at the other end", () => window.mock.view.videoWidth > 0);
      assert.equal(await said(), "Vous partagez votre écran");
      assert.equal(await hidden(".sharing-bar"), false);
      assert.notEqual(await page.evaluate(() => getComputedStyle(document.querySelector(".stage")).borderTopWidth), "0px");
      assert.equal((await sent("answer")).length, 2, "something was negotiated");
      const size = await page.evaluate(() => window.mock.view.videoWidth + "x" + window.mock.view.videoHeight);
      await tabTo("[data-action=stop-share]", "Enter");
      await until("the end", () => window.mock.log.some((m) => m.type === "share" && !m.data.on));
      assert.equal(await focused(), "Partager l’écran");
      assert.equal(await hidden(".sharing-bar"), true);
      return size;
    });
  }
  await step("what is shown is what comes, all of it sealed, and the camera gives way", async () => {
    await clear();
    await take();
    const before = await page.evaluate(() => window.mock.counts());
    await tabTo("[data-action=share]", "Enter");
    await green();
    const after = await page.evaluate(() => window.mock.counts());
    assert.equal(after.refused, before.refused);
    assert.ok(after.opened > before.opened);
    const limits = await page.evaluate(() => window.lab.limits);
    assert.ok(limits.some((l) => l[1] === 200000) && limits.some((l) => l[1] === 2500000), JSON.stringify(limits));
    if (!firefox) assert.deepEqual(limits.filter((l) => l[1] === 2500000)[0], ["video", 2500000, "maintain-resolution"]);
    const wish = await page.evaluate(() => window.lab.wish);
    assert.equal(wish.video.frameRate.max, 10);
    assert.equal(await page.evaluate(() => window.lab.last().contentHint || "detail"), "detail");
  });
  await step("frozen, the others see a still; then what happens again", async () => {
    await tabTo("[data-action=freeze]", "Enter");
    assert.equal(await focused(), "Reprendre");
    await page.evaluate(() => (window.lab.colour = "#0000c0"));
    await new Promise((done) => setTimeout(done, 2500));
    const [, g, b] = await page.evaluate(() => window.lab.seen(window.mock.view));
    assert.ok(g > 90 && b < 60, `it went on: ${g} ${b}`);
    await page.keyboard.press("Enter");
    await until("what happens now", () => {
      const [, green, blue] = window.lab.seen(window.mock.view);
      return blue > 120 && green < 60;
    });
    await page.evaluate(() => (window.lab.colour = "#00a000"));
    await green();
  });
  await step("a line that drops takes nothing along; a server that forgot is told again", async () => {
    await clear();
    await page.evaluate(() => {
      window.mock.shares = false;
      window.mock.drop();
    });
    await until("share, again", () => window.mock.log.some((m) => m.type === "share" && m.data.on));
    await until("in the call", () => document.documentElement.dataset.phase === "call");
    assert.equal(await hidden(".sharing-bar"), false);
    assert.equal(await page.evaluate(() => window.lab.last().readyState), "live");
  });
  await step("a new connection carries it from its first moment", async () => {
    await page.evaluate(() => window.mock.offer());
    await green();
    assert.equal(await page.evaluate(async () => (await window.mock.counts()).refused), 0);
  });
  await step("pointed at by the practitioner, it is said in words", async () => {
    await page.evaluate(() => window.mock.pointing.point([5000, 5000]));
    await until("the words", () => /Dr Anne Le Goff montre quelque chose/.test(document.querySelector(".sharing-bar").innerText));
    await until("gone again", () => !/montre quelque chose/.test(document.querySelector(".sharing-bar").innerText));
  });
  await step("the browser's own button ends it", async () => {
    await clear();
    await page.evaluate(() => window.lab.last().dispatchEvent(new Event("ended")));
    await until("told", () => window.mock.log.some((m) => m.type === "share" && !m.data.on));
    assert.equal(await hidden(".sharing-bar"), true);
    assert.equal(await page.evaluate(() => window.lab.last().readyState), "ended");
    const limits = await page.evaluate(() => window.lab.limits);
    await until("the camera has its room again", () => window.lab.limits[window.lab.limits.length - 1][1] === 0);
    return `${limits.length} changes of the limits`;
  });
  await step("thought better of: nothing is said to anybody", async () => {
    await clear();
    await page.evaluate(() => window.lab.take(() => Promise.reject(new DOMException("no", "NotAllowedError"))));
    await tabTo("[data-action=share]", "Enter");
    await new Promise((done) => setTimeout(done, 300));
    assert.equal((await sent("share")).length, 0);
    assert.equal(await hidden(".banner-share"), true);
    assert.equal(await focused(), "Partager l’écran");
  });
  await step("refused by the server: given back, with what to do", async () => {
    await take();
    await page.evaluate(() => (window.mock.busy = true));
    await page.keyboard.press("Enter");
    await until("the sentence", () => !document.querySelector(".banner-share").hidden);
    assert.match(await said(), /ne peut pas être montré maintenant/);
    assert.equal(await page.evaluate(() => window.lab.last().readyState), "ended");
    await tabTo("[data-action=share-read]", "Enter");
    assert.equal(await hidden(".banner-share"), true);
    await page.evaluate(() => (window.mock.busy = false));
  });
  if (!firefox) { // which gives no sound of the system
    await step("its sound goes along; mute takes the microphone only", async () => {
      await tabTo("[data-control=audio]", " ");
      await new Promise((done) => setTimeout(done, 1000));
      const before = await page.evaluate(() => window.lab.loud());
      assert.ok(before < 0.01, "muted, and heard: " + before);
      await take(true);
      await tabTo("[data-action=share]", "Enter");
      await green();
      const during = await page.evaluate(() => window.lab.loud());
      assert.ok(during > 0.1, "the sound is missing: " + during);
      await tabTo("[data-action=freeze]", "Enter");
      await new Promise((done) => setTimeout(done, 1000));
      const frozen = await page.evaluate(() => window.lab.loud());
      assert.ok(frozen < 0.01, "frozen, and heard: " + frozen);
      await tabTo("[data-action=stop-share]", "Enter");
      await tabTo("[data-control=audio]", " ");
      await until("the microphone alone again", async () => (await window.lab.loud()) > 0.02);
      return [before, during, frozen].map((n) => n.toFixed(3)).join(", ");
    });
  }
  await step("on hold it is over", async () => {
    await take();
    await tabTo("[data-action=share]", "Enter");
    await green();
    await page.evaluate(() => {
      window.mock.place = "hold";
      window.mock.group.meets([]); // as the practitioner's program does
      window.mock.shares = false;
      window.mock.tell("presence", { person: { id: "p", name: "Yann", role: "patient", place: "hold", ready: true, away: false, audio: true, video: true, since: 1, keys: true, seal: true } });
    });
    await until("the waiting room", () => document.documentElement.dataset.phase === "waiting");
    assert.equal(await page.evaluate(() => window.lab.last().readyState), "ended");
    await page.evaluate(() => {
      window.mock.group.meets([{ id: "p", keys: true, seal: true }]);
      return window.mock.admit();
    });
    await until("back, and not shown", () => document.querySelector(".sharing-bar") && document.querySelector(".sharing-bar").hidden);
    await until("the picture", () => (document.querySelector("video[data-peer=d]") || {}).videoWidth > 0);
    await until("sealed again", () => document.querySelector(".seal").innerText.trim() === "Chiffré de bout en bout");
  });
  await step("the practitioner's screen takes the stage, opened, and is announced", async () => {
    await page.evaluate(() => window.mock.show());
    await until("the word", () => /Dr Anne Le Goff montre son écran/.test(document.querySelector("[role=status][aria-live=polite]").textContent));
    await until("its picture", () => {
      const v = document.querySelector("video[data-screen=d]");
      const [red, , blue] = window.lab.seen(v, 0.25);
      return v && v.videoWidth === 1280 && red > 120 && blue < 80;
    });
    const facts = await page.evaluate(() => ({ tiles: document.querySelectorAll(".tile").length, screen: document.querySelector(".screen-picture").getBoundingClientRect().width, tile: document.querySelector(".tile").getBoundingClientRect().width, self: document.querySelector(".self").getBoundingClientRect().width }));
    assert.ok(facts.tiles === 1 && facts.screen > 2 * facts.tile && facts.self > 0, JSON.stringify(facts));
  });
  const scale = () => page.evaluate(() => document.querySelector(".screen-picture").getBoundingClientRect().width);
  const left = () => page.evaluate(() => document.querySelector(".screen-picture").getBoundingClientRect().left);
  await step("larger, moved and whole again by keys and by buttons", async () => {
    const fit = await scale();
    await tabTo(".screen-box");
    await page.keyboard.press("+");
    await page.keyboard.press("+");
    assert.ok((await scale()) > 1.5 * fit);
    const from = await left();
    await page.keyboard.press("ArrowRight");
    assert.equal(Math.round(from - (await left())), 60);
    for (let i = 0; i < 60; i++) await page.keyboard.press("ArrowLeft");
    const edge = await page.evaluate(() => document.querySelector(".screen-box").getBoundingClientRect().left);
    assert.equal(Math.round(await left()), Math.round(edge), "moved out of its box");
    await page.keyboard.press("0");
    assert.equal(await scale(), fit);
    await tabTo("[data-action=screen-more]", "Enter");
    assert.equal(Math.round(await scale()), Math.round(1.5 * fit));
    await tabTo("[data-action=screen-less]", " ");
    assert.equal(Math.round(await scale()), Math.round(fit));
    await tabTo("[data-action=screen-fit]", "Enter");
    assert.equal(Math.round(await scale()), 1280);
    assert.equal(await focused(), "Tout voir");
    await page.keyboard.press("Enter");
    assert.equal(await scale(), fit);
  });
  await step("larger by wheel, around the pointer; twice pressed, and back", async () => {
    const box = await page.evaluate(() => {
      const r = document.querySelector(".screen-picture").getBoundingClientRect();
      return { x: r.left + r.width / 4, y: r.top + r.height / 2, width: r.width };
    });
    await page.mouse.move(box.x, box.y);
    await page.mouse.wheel({ deltaY: -200 });
    await until("larger", (w) => document.querySelector(".screen-picture").getBoundingClientRect().width > w * 1.2, box.width);
    const under = await page.evaluate((x) => {
      const r = document.querySelector(".screen-picture").getBoundingClientRect();
      return (x - r.left) / r.width;
    }, box.x);
    assert.ok(Math.abs(under - 0.25) < 0.01, "what was under the pointer went to " + under);
    const from = await left();
    await page.mouse.down();
    await page.mouse.move(box.x - 50, box.y, { steps: 5 });
    await page.mouse.up();
    assert.ok(Math.abs(from - (await left()) - 50) < 2, "not dragged");
    await page.mouse.click(box.x, box.y, { count: 2 });
    assert.equal(await scale(), box.width);
  });
  if (!firefox) { // whose driver has no fingers
    await step("larger by two fingers; by two taps, and back; moved by one", async () => {
      const at = await page.evaluate(() => {
        const r = document.querySelector(".screen-picture").getBoundingClientRect();
        return { x: r.left + r.width / 2, y: r.top + r.height / 2, width: r.width };
      });
      const { touchscreen } = page;
      const [a, b] = [await touchscreen.touchStart(at.x - 50, at.y), await touchscreen.touchStart(at.x + 50, at.y)];
      await a.move(at.x - 100, at.y);
      await b.move(at.x + 100, at.y);
      await a.end();
      await b.end();
      assert.ok(Math.abs((await scale()) - 2 * at.width) < 2, `${await scale()} from ${at.width}`);
      const from = await left();
      const one = await touchscreen.touchStart(at.x, at.y);
      await one.move(at.x + 20, at.y);
      await one.move(at.x + 40, at.y);
      await one.end();
      assert.equal(Math.round((await left()) - from), 40);
      await touchscreen.tap(at.x, at.y);
      await touchscreen.tap(at.x, at.y);
      assert.equal(await scale(), at.width);
    });
  }
  await step("a press that lasts points, for everybody to see", async () => {
    const at = await page.evaluate(() => {
      const r = document.querySelector(".screen-picture").getBoundingClientRect();
      return { x: r.left + r.width / 2, y: r.top + r.height / 4 };
    });
    await page.mouse.move(at.x, at.y);
    await page.mouse.down();
    await until("our dot", () => (document.querySelector(".dot") || {}).textContent === "Vous");
    await until("at the other end", () => window.mock.pointing.dots().length === 1);
    const [dot] = await page.evaluate(() => window.mock.pointing.dots());
    assert.ok(dot.peer === "p" && Math.abs(dot.x - 5000) < 30 && Math.abs(dot.y - 2500) < 30, JSON.stringify(dot));
    await page.mouse.up();
    await until("lifted", () => window.mock.pointing.dots().length === 0 && !document.querySelector(".dot"));
  });
  await step("so does the keyboard, while it is switched on", async () => {
    await tabTo("[data-action=screen-point]", "Enter");
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-pressed")), "true");
    await tabTo(".screen-box", "ArrowRight");
    await until("at the other end", () => (window.mock.pointing.dots()[0] || {}).x === 5250);
    await tabTo("[data-action=screen-point]", "Enter");
    await until("lifted", () => window.mock.pointing.dots().length === 0);
  });
  await step("the practitioner points, with their name", async () => {
    await page.evaluate(() => window.mock.pointing.enter("d", "clinician"));
    await page.evaluate(() => window.mock.group.say("p", "screen", false, new TextEncoder().encode('{"at":[2500,7500]}')));
    await until("their dot", () => (document.querySelector(".dot") || {}).textContent === "Dr Anne Le Goff");
    const where = await page.evaluate(() => {
      const p = document.querySelector(".screen-picture").getBoundingClientRect();
      const d = document.querySelector(".dot").getBoundingClientRect();
      return [(d.left + d.width / 2 - p.left) / p.width, (d.top + d.height / 2 - p.top) / p.height];
    });
    assert.ok(Math.abs(where[0] - 0.25) < 0.01 && Math.abs(where[1] - 0.75) < 0.01, String(where));
    await until("gone by itself", () => !document.querySelector(".dot"));
  });
  await step("while theirs is shown, ours is not asked for", async () => {
    await clear();
    await tabTo("[data-action=share]", "Enter");
    await until("the sentence", () => /montre déjà son écran/.test(document.querySelector(".banner-share").innerText));
    assert.equal((await sent("share")).length, 0);
    await tabTo("[data-action=share-read]", "Enter");
  });
  await step("over, the picture returns", async () => {
    await page.evaluate(() => window.mock.hide());
    await until("the stage", () => document.querySelector(".screen").hidden && !document.querySelector(".with-screen"));
    assert.ok(await page.evaluate(() => document.querySelector(".tile").getBoundingClientRect().width > 600));
  });
  await step("a line that was a screen's and comes back as a camera's is not shown", async () => {
    await clear();
    await page.evaluate(async () => {
      Object.keys(window.mock.names).forEach((id) => (window.mock.names[id] = "d"));
      window.mock.shown.direction = "sendonly";
      await window.mock.propose();
    });
    await until("it is replaced", () => window.mock.log.some((m) => m.type === "renew"));
  });
  await step("leaving gives the screen back", async () => {
    await take();
    await until("connected anew", () => window.mock.got.video);
    await tabTo("[data-action=share]", "Enter");
    await green();
    await tabTo("[data-action=leave]", "Enter");
    await until("the end", () => document.documentElement.dataset.phase === "ended");
    assert.equal(await page.evaluate(() => window.lab.last().readyState), "ended");
  });
  assert.deepEqual(bad, []);
} catch (e) {
  console.log("  FAILED: " + e.message);
  console.log("  faults: " + bad.join("; "));
  console.log("  log " + (await page.evaluate(() => JSON.stringify(window.mock.log.filter((m) => m.type !== "data" && m.type !== "sealed").map((m) => [m.type, m.type === "answer" ? m.data.gen : m.data])).slice(-1500)).catch(() => "")));
  if (process.env.PAGE_PICTURES) await page.screenshot({ path: join(process.env.PAGE_PICTURES, "screen-failed.png") }).catch(() => 0);
  process.exitCode = 1;
} finally {
  await browser.close();
  await site.close();
  tmp.remove();
}
console.log(`screen (${firefox ? "Firefox" : "Chromium"}${streams ? ", encoded streams" : ""}): ${steps} steps, every request to our own origin`);
