// Small pictures and saving in real browsers, under the policy of the product.
// PAGE_BROWSER=firefox too.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import puppeteer from "puppeteer-core";
import { bundle, chromium, scratch, serve, watch } from "./browser.mjs";

const firefox = process.env.PAGE_BROWSER === "firefox";
const tmp = scratch();
const files = { "app.js": join(tmp.dir, "files-page.js") };
bundle("files-page.ts", files["app.js"], "--format=iife", "--target=es2018");
const site = await serve({ files });
const downloads = join(tmp.dir, "downloads");
mkdirSync(downloads);
const browser = firefox
  ? await puppeteer.launch({
      browser: "firefox", executablePath: process.env.FIREFOX || "/usr/bin/firefox-esr", headless: true, protocolTimeout: 120000,
      extraPrefsFirefox: { "browser.download.folderList": 2, "browser.download.dir": downloads, "browser.download.useDownloadDir": true, "browser.helperApps.neverAsk.saveToDisk": "application/octet-stream" },
    })
  : await chromium(tmp.dir);
const bad = [];
const page = await browser.newPage();
watch(page, site.origin, bad);
const call = (f, ...args) => page.evaluate((name, list) => window.lab[name](...list), f, args);
let steps = 0;
const step = async (name, f) => (await f(), steps++, console.log("  ok " + name));

async function pictures() {
  assert.equal(await call("picture", 1000, 500, "image/png"), "image/png 256x128 red");
  assert.equal(await call("picture", 300, 900, "image/jpeg"), "image/png 85x256 red");
  assert.equal(await call("picture", 7, 9, "image/png"), "image/png 7x9 red");
  if (!firefox) {
    assert.equal(await call("picture", 400, 400, "image/webp"), "image/png 256x256 red");
  }
  for (const none of ["svg", "lie", "bomb"]) {
    assert.equal(await call(none), "none", none);
  }
  assert.equal(await page.evaluate(() => window.ran), undefined);
}

try {
  await page.goto(site.url, { waitUntil: "load" });
  await step("small pictures, and none of what is no picture, lies, or is too large", pictures);
  await step("the same where there is no createImageBitmap", async () => {
    await page.evaluate(() => void (window.createImageBitmap = undefined));
    await pictures();
  });
  await step("a download under a safe name, never shown", async () => {
    if (!firefox) {
      const client = await browser.target().createCDPSession();
      await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: downloads });
    }
    const address = page.url();
    assert.equal(await call("save", "<script>window.ran = true</script>", "../a\u202e.html", "text/html"), true);
    for (const end = Date.now() + 20000; !existsSync(join(downloads, "a.html")) || readFileSync(join(downloads, "a.html")).length === 0; ) {
      assert.ok(Date.now() < end, "downloaded: " + readdirSync(downloads));
      await new Promise((done) => setTimeout(done, 50));
    }
    assert.equal(readFileSync(join(downloads, "a.html"), "utf8"), "<script>window.ran = true</script>");
    assert.deepEqual([page.url(), await page.evaluate(() => window.ran), (await browser.pages()).filter((p) => p.url().startsWith("blob:")).length], [address, undefined, 0]);
  });
  await step("the share sheet where files are shared by it", async () => {
    await page.evaluate(() => {
      Object.defineProperty(navigator, "userAgent", { value: "Mozilla/5.0 (iPhone; CPU iPhone OS 15_0 like Mac OS X) Version/15.0 Safari/604.1", configurable: true });
      window.shared = [];
      navigator.canShare = (d) => d.files[0].type !== "application/x-refused";
      navigator.share = async (d) => {
        const f = d.files[0];
        window.shared.push(f.name + " " + f.type + " " + (await f.text()));
        if (f.name === "no.txt") throw new DOMException("changed their mind", "AbortError");
      };
    });
    assert.equal(await call("save", "bonjour", "/x/lettre.pdf", "application/pdf"), true);
    assert.equal(await call("save", "bonjour", "no.txt", "text/plain"), false);
    assert.deepEqual(await page.evaluate(() => window.shared), ["lettre.pdf application/pdf bonjour", "no.txt text/plain bonjour"]);
    assert.equal(await call("save", "x", "other.bin", "application/x-refused"), true);
    for (const end = Date.now() + 20000; !existsSync(join(downloads, "other.bin")); ) {
      assert.ok(Date.now() < end, "downloaded: " + readdirSync(downloads));
      await new Promise((done) => setTimeout(done, 50));
    }
  });
  assert.deepEqual(bad, []);
  console.log(`files: ${steps} steps in ${firefox ? "Firefox" : "Chromium"}`);
} finally {
  await browser.close();
  await site.close();
  tmp.remove();
}
