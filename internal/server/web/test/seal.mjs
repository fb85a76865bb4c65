// Frames through the real worker in real browsers, under the policy and a path prefix of the
// product: keys change every 3 s and no frame is lost; what cannot be opened is not shown.
// PAGE_BROWSER=firefox too; PAGE_SEAL=streams takes the way of older Chromium.
import assert from "node:assert/strict";
import { join } from "node:path";
import puppeteer from "puppeteer-core";
import { bundle, chromium, scratch, serve, watch } from "./browser.mjs";

const firefox = process.env.PAGE_BROWSER === "firefox";
const streams = process.env.PAGE_SEAL === "streams";
const seconds = Number(process.env.PAGE_SECONDS || 20);
const tmp = scratch();
const files = { "app.js": join(tmp.dir, "seal-page.js"), "seal-flip.js": join(tmp.dir, "seal-flip.js") };
bundle("seal-page.ts", files["app.js"], "--format=iife", "--target=es2018");
bundle("seal-flip.ts", files["seal-flip.js"], "--format=iife", "--target=es2018");
const site = await serve({ files });
const browser = firefox
  ? await puppeteer.launch({
      browser: "firefox", executablePath: process.env.FIREFOX || "/usr/bin/firefox-esr", headless: true, protocolTimeout: 120000,
      extraPrefsFirefox: { "media.peerconnection.ice.loopback": true, "media.peerconnection.ice.obfuscate_host_addresses": false, "media.autoplay.default": 0 },
    })
  : await chromium(tmp.dir);
const bad = [];
const page = await browser.newPage();
watch(page, site.origin, bad);
if (streams) await page.evaluateOnNewDocument(() => delete window.RTCRtpScriptTransform);

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const call = (f, ...args) => page.evaluate((name, list) => window.lab[name](...list), f, args);
const report = () => call("report");
async function until(what, f, within = 20000) {
  for (const end = Date.now() + within; ; ) {
    const now = await report();
    if (f(now)) return now;
    if (Date.now() > end) assert.fail(`waited in vain for: ${what}: ${JSON.stringify(now)}`);
    await pause(100);
  }
}
const less = (after, before) => after.map((r, i) => ({ opened: r.counts.opened - before[i].counts.opened, lost: r.counts.refused + r.counts.noKey - before[i].counts.refused - before[i].counts.noKey, decoded: r.decoded - before[i].decoded, samples: r.samples - before[i].samples }));

let steps = 0;
async function step(name, f) {
  const from = Date.now();
  const figures = await f();
  steps++;
  console.log(`  ok ${name} (${Date.now() - from} ms)${figures ? ": " + figures : ""}`);
}

try {
  await page.goto(site.url, { waitUntil: "load" });
  await step("nothing is shown before there are keys", async () => {
    assert.equal(await call("start", "seal-worker.js"), streams ? "streams" : "script");
    const now = await until("frames without a key", (r) => r.every((x) => x.counts.noKey > 40));
    assert.deepEqual(now.map((r) => [r.counts.opened, r.decoded]), [[0, 0], [0, 0]]);
  });
  await step("agreed: the same code, the certificate confirmed, sound and picture both ways", async () => {
    await call("meet");
    const [a, b] = await until("pictures", (r) => r.every((x) => x.decoded > 10 && x.proven.length > 0));
    assert.deepEqual([a.standing, b.standing], ["agreed", "agreed"]);
    assert.equal(a.code, b.code);
    assert.equal(a.code.split(" ").length, 4);
    assert.deepEqual([a.proven, b.proven], [[7], [7]]);
    assert.ok(a.sealed && b.sealed);
  });
  await step(`keys change every 3 s for ${seconds} s, and no frame is lost`, async () => {
    await pause(1500); // what was on its way before the first key
    const before = await report();
    await pause(seconds * 1000);
    const after = await report();
    const gained = less(after, before);
    for (const [i, g] of gained.entries()) {
      const turns = after[i].kid - before[i].kid;
      assert.ok(turns >= Math.floor(seconds / 3) - 2, `${turns} changes of the key`);
      assert.equal(g.lost, 0);
      assert.ok(g.opened > seconds * 40 && g.decoded > seconds * 10 && g.samples > seconds * 24000, JSON.stringify(g));
    }
    return gained.map((g, i) => `${g.opened} opened, ${g.lost} lost, ${g.decoded} pictures, ${after[i].kid - before[i].kid} keys`).join("; ");
  });
  await step("frames in clear are not shown", async () => {
    await call("clear");
    await pause(500);
    const before = await report();
    await pause(1500);
    const [, b] = less(await report(), before);
    assert.equal(b.opened, 0);
    assert.ok(b.lost > 50 && b.decoded <= 1, JSON.stringify(b));
    await call("stop");
  });
  await step("changed frames are not shown, and the picture comes back after them", async () => {
    assert.ok(await call("start", "seal-flip.js"));
    await call("meet");
    await until("pictures", (r) => r.every((x) => x.decoded > 10));
    await call("flip", true);
    await pause(500);
    const before = await report();
    await pause(2000);
    const [a, b] = less(await report(), before);
    assert.equal(b.opened, 0);
    assert.ok(b.lost > 60 && b.decoded <= 1, JSON.stringify(b));
    assert.ok(a.lost === 0 && a.decoded > 10, JSON.stringify(a));
    const flipped = await report();
    const from = Date.now();
    await call("flip", false);
    await until("the picture again", (r) => r[1].decoded > flipped[1].decoded + 10);
    const took = Date.now() - from;
    await call("stop");
    return `${b.lost} refused, back after ${took} ms`;
  });
  if (!firefox && !streams) {
    await step("frames that go past the seal stop the sender", async () => {
      await call("start", "seal-worker.js", true);
      await call("meet");
      const [, b] = await until("the leak is noticed", (r) => r[0].broken);
      await pause(500);
      const before = await report();
      await pause(1500);
      const [, after] = less(await report(), before);
      assert.equal(after.lost, 0, "frames still leave");
      await call("stop");
      return `${b.counts.refused + b.counts.noKey} frames had left`;
    });
  }
  await step("no worker, no claim", async () => {
    assert.equal(await call("start", "seal-none.js"), "");
  });
  assert.deepEqual(bad.filter((b) => !/status of 404/.test(b) && !/seal-none/.test(b)), []);
} catch (e) {
  console.log("  FAILED: " + e.message);
  console.log("  " + JSON.stringify(await report().catch(() => "?")) + ", faults: " + bad.join("; "));
  process.exitCode = 1;
} finally {
  await browser.close();
  await site.close();
  tmp.remove();
}
console.log(`seal (${firefox ? "Firefox" : "Chromium"}${streams ? ", encoded streams" : ""}): ${steps} steps`);
