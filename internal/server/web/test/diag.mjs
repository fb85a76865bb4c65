// The network test as built, against the real server on this machine, in Chromium and in Firefox:
// what must be good there is good, with figures; nothing is tried before the button; the text
// for IT is there. The server's certificate is self-made: Chromium is told to take it, so that
// TURN over TLS is tried too; in Firefox it fails, as it must.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import puppeteer from "puppeteer-core";
import { chromium, scratch, watch, web } from "./browser.mjs";

const tmp = scratch();
const root = join(web, "../../..");
const binary = join(tmp.dir, "ekermed-server");
execFileSync("go", ["build", "-o", binary, "./cmd/ekermed-server"], { cwd: root, stdio: "inherit", env: { ...process.env, CGO_ENABLED: "0" } });
const data = join(tmp.dir, "data");
mkdirSync(data);
const server = spawn(binary, ["serve", "--dev", "--listen", "127.0.0.1:0", "--data", data], { stdio: ["ignore", "pipe", "ignore"] });
const ready = await new Promise((done, fail) => {
  let text = "";
  server.stdout.on("data", (part) => {
    text += part;
    const end = text.indexOf("\n");
    if (end > 0) done(JSON.parse(text.slice(0, end)));
  });
  server.on("exit", (code) => fail(new Error("the server ended with " + code)));
});

let failed = 0;

async function open(name) {
  if (name === "Firefox") {
    return puppeteer.launch({
      browser: "firefox", executablePath: process.env.FIREFOX || "/usr/bin/firefox-esr", headless: true, protocolTimeout: 120000,
      // To a page that may not use the camera, Firefox gives no loopback address, and the way to
      // a server on this machine is one.
      extraPrefsFirefox: { "permissions.default.camera": 1, "permissions.default.microphone": 1, "media.navigator.streams.fake": true, "media.navigator.permission.disabled": true, "media.peerconnection.ice.loopback": true, "intl.accept_languages": "fr" },
    });
  }
  // No permission beforehand: the way it is for who opens the page.
  return chromium(tmp.dir, "--use-fake-device-for-media-stream", "--ignore-certificate-errors", "--lang=fr");
}

async function walk(name) {
  const bad = [];
  const browser = await open(name);
  try {
    const page = await browser.newPage();
    watch(page, ready.local, bad);
    const asked = [];
    page.on("request", (r) => asked.push(r.url()));
    await page.setViewport({ width: 1100, height: 900 });
    await page.goto(ready.local + "/diag", { waitUntil: "load" });
    await page.waitForSelector("[data-action=start]");
    if ((await page.evaluate(() => document.documentElement.lang)) === "en") await page.click("[data-action=language]");
    const facts = () =>
      page.evaluate(() => ({
        phase: document.documentElement.dataset.phase,
        verdict: document.documentElement.dataset.verdict,
        said: document.querySelector("[data-said]").innerText,
        lines: [...document.querySelectorAll("[data-test]")].map((l) => ({ test: l.dataset.test, state: l.dataset.state, why: l.dataset.why || "", port: l.querySelector(".try-port").textContent, figures: l.querySelector("[data-figures]").textContent })),
        letter: document.querySelector("textarea").value,
      }));
    const idle = await facts();
    assert.equal(idle.phase, "idle");
    assert.ok(idle.lines.every((l) => l.state === "waiting"), "something ran before the button");
    assert.ok(!asked.some((u) => u.endsWith("/healthz")));

    for (const round of [1, 2]) {
      const from = Date.now();
      await page.focus("[data-action=start]");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.documentElement.dataset.phase === "running", { timeout: 3000 });
      await page.waitForFunction(() => document.documentElement.dataset.phase === "done", { timeout: 40000, polling: 100 });
      const took = Date.now() - from;
      const f = await facts();
      if (round === 1) {
        console.log(`  ${name}, ${(took / 1000).toFixed(1)} s, verdict ${f.verdict}: ${f.said.replace(/\s+/g, " ")}`);
        f.lines.forEach((l) => console.log(`    ${l.test.padEnd(12)} ${l.state.padEnd(8)} ${l.port} ${l.figures}`));
      }
      assert.ok(took < 30000, `took ${took} ms`);
      const state = Object.fromEntries(f.lines.map((l) => [l.test, l]));
      // With a permission, Firefox asks STUN from every address, and from ::1 there is no answer.
      if (state.stun.why !== "same" || name !== "Firefox") assert.equal(state.stun.state, "good");
      for (const test of ["browser", "https", "wss", "turn_udp", "media_udp"]) assert.equal(state[test] && state[test].state, "good", test + " is " + JSON.stringify(state[test]));
      const tls = [state.turn_tls.state, state.media_tls.state, state.media_tls.why];
      assert.deepEqual(tls, name === "Chromium" ? ["good", "good", ""] : ["failed", "failed", "relay"]);
      assert.deepEqual([state.media_turn.state, state.media_turn.why], ["skipped", "enough"]);
      assert.equal(f.verdict, "direct");
      assert.match(state.media_udp.figures, /aller-retour.*bit\/s.*perte/);
      assert.ok(f.letter.includes("/network-guide") && f.letter.includes("Son et image"), f.letter);
    }

    // Leaving the test half-way brings it back to its start.
    await page.click("[data-action=start]");
    await page.waitForFunction(() => document.querySelector('[data-test="wss"]').dataset.state === "good", { timeout: 10000 });
    await page.click("[data-action=start]");
    assert.equal((await facts()).phase, "idle");

    // Camera and microphone only by their own button.
    if (name === "Chromium") await browser.defaultBrowserContext().overridePermissions(ready.local, ["camera", "microphone"]);
    await page.click("[data-action=devices]");
    await page.waitForFunction(() => document.querySelector('[data-test="camera"]').dataset.state === "good", { timeout: 10000 });
    await page.waitForFunction(() => document.querySelector("video").videoWidth > 0, { timeout: 10000 });
    await page.waitForFunction(() => /good|running/.test(document.querySelector('[data-test="microphone"]').dataset.state), { timeout: 10000 });
    await page.click("[data-action=devices]");
    await page.waitForFunction(() => document.querySelector("video").srcObject === null, { timeout: 5000 });

    // In English too.
    await page.click("[data-action=language]");
    assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
    assert.deepEqual(bad, []);
  } catch (e) {
    failed++;
    console.log(`  FAILED in ${name}: ${e.message}\n  ${bad.join("; ")}`);
  } finally {
    await browser.close();
  }
}

const one = process.env.PAGE_BROWSER;
try {
  for (const name of one ? [one === "firefox" ? "Firefox" : "Chromium"] : ["Chromium", "Firefox"]) await walk(name);
} finally {
  const gone = new Promise((done) => server.on("exit", done));
  server.kill("SIGTERM");
  await gone;
  tmp.remove();
}
console.log(failed ? `diag: ${failed} failed` : "diag: the network test works against the real server");
process.exit(failed ? 1 : 0);
