// PDFs under the whiteboard in real browsers, under the policy of the product: which pages are
// seen, which files are refused, and the way from a file to the board. PAGE_BROWSER=firefox too.
import assert from "node:assert/strict";
import { join } from "node:path";
import puppeteer from "puppeteer-core";
import { bundle, chromium, scratch, serve, watch } from "./browser.mjs";
import { bomb, circle, labour, letter, locked, many } from "./papers.mjs";

const firefox = process.env.PAGE_BROWSER === "firefox";
const tmp = scratch();
const files = { "app.js": join(tmp.dir, "gallery.js") };
bundle("gallery.ts", files["app.js"], "--format=iife", "--target=es2018");
const site = await serve({ files });
const browser = firefox
  ? await puppeteer.launch({ browser: "firefox", executablePath: process.env.FIREFOX || "/usr/bin/firefox-esr", headless: true, protocolTimeout: 120000 })
  : await chromium(tmp.dir);
const bad = [];
const page = await browser.newPage();
watch(page, site.origin, bad);
const fetched = [];
page.on("request", (r) => /pdf/.test(r.url()) && fetched.push(r.url().split("/").pop()));
let steps = 0;
const step = async (name, f) => (await f(), steps++, console.log("  ok " + name));
/** read opens a PDF, draws a page and tells what is seen at places, in parts of its sides. */
const read = (content, number = 0, longest = 1200, places = [], patience = 20000) => page.evaluate((...a) => window.gallery.read(...a), content, number, longest, places, patience);
const text = (selector) => page.evaluate((s) => (document.querySelector(s) || { textContent: null }).textContent, selector);
const until = async (what, f) => {
  for (const end = Date.now() + 30000; !(await f()); ) {
    assert.ok(Date.now() < end, "waited for: " + what);
    await new Promise((done) => setTimeout(done, 50));
  }
};

try {
  await page.goto(site.url, { waitUntil: "load" });
  await page.evaluate(() => window.gallery.show("p5-board-empty", "fr"));
  await step("nothing is fetched before there is a PDF", async () => assert.deepEqual(fetched, []));
  await step("pages as they are", async () => {
    const upper = [0.2, 0.2], bar = [0.06, 0.9], third = [0.14, 0.9], fourth = [0.18, 0.9], empty = [0.7, 0.7];
    assert.deepEqual(await read(letter(3), 0, 1200, [upper, bar, third, empty]), { pages: 3, size: [848, 1200], seen: ["red", "blue", "white", "white"], ink: true });
    assert.deepEqual(await read(letter(3), 2, 1200, [upper, bar, third, fourth]), { pages: 3, size: [848, 1200], seen: ["red", "blue", "blue", "white"], ink: true });
    assert.deepEqual((await read(letter(1, { entries: "/Rotate 90" }), 0, 1200, [[0.8, 0.2], [0.1, 0.06]])).size, [1200, 848]);
    assert.deepEqual((await read(letter(1), 0, 3200)).size, [2261, 3200]);
    assert.deepEqual((await read(letter(1, { box: "0 0 14400 1" }), 0, 640)).size, [640, 1]);
    assert.deepEqual([...new Set(fetched)].sort(), ["pdf-worker.js", "pdf.js"]);
    assert.equal(fetched.filter((f) => f === "pdf.js").length, 1, "the script comes once");
  });
  await step("what is refused, and why", async () => {
    for (const [name, content, why] of [
      ["no PDF", "%PDF-1.7", "damaged"], ["cut", letter(2).slice(0, 300), "damaged"], ["locked", locked(), "locked"], ["too many", many(10000), "large"], ["one more", many(501), "large"],
      ["circle", circle(), "damaged"], ["bomb", bomb(), "large"],
    ]) {
      assert.deepEqual(await read(content), { why }, name);
    }
    assert.equal((await read(many(500))).pages, 500);
    assert.deepEqual(await read(labour(), 0, 500, [], 1500), { why: "slow" });
    assert.equal((await read(letter(1))).pages, 1, "and the next one is read");
  });
  await step("a script in it is not run", async () => {
    const script = "/OpenAction << /S /JavaScript /JS (while \\(true\\) { window.ran = 1; }) >>";
    const places = [[0.2, 0.2], [0.7, 0.7]];
    assert.deepEqual(await read(letter(1, { catalogue: script }), 0, 600, places), await read(letter(1), 0, 600, places));
    assert.equal(await page.evaluate(() => window.ran), undefined);
  });
  const lay = (content, name = "lettre.pdf") => page.evaluate((c, n) => window.gallery.lay(c, n), content, name);
  const laid = () => page.evaluate(() => window.gallery.laid());
  await step("one page is laid at once", async () => {
    await lay(letter(1));
    await until("laid", async () => (await laid()).length === 1);
    assert.deepEqual((await laid())[0], { type: "image/png", width: 2261, height: 3200 });
    assert.equal(await text(".dialog"), null);
  });
  await step("of several one is chosen, by keyboard alone", async () => {
    await lay(letter(3));
    await until("the dialog", async () => (await text(".page-leaf p")) === "Page 1 sur 3");
    const tabTo = async (selector) => {
      for (let i = 0; i < 12; i++) {
        if (await page.evaluate((s) => document.activeElement.matches(s), selector)) return;
        await page.keyboard.press("Tab");
      }
      assert.fail("the keyboard does not reach " + selector);
    };
    await tabTo("[data-action=page-next]");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    assert.equal(await text(".page-leaf p"), "Page 3 sur 3");
    await until("the page", () => page.evaluate(() => document.querySelector(".page-frame canvas") !== null));
    await tabTo("[data-action=page-lay]");
    await page.keyboard.press("Enter");
    await until("laid", async () => (await laid()).length === 2);
    assert.equal(await text(".dialog"), null);
  });
  await step("among many a number is typed; Escape lays nothing", async () => {
    await lay(letter(12));
    await until("the dialog", async () => (await text(".page-leaf p")) === "Page 1 sur 12");
    await page.focus("#page-go");
    for (const [typed, where] of [["7", "Page 7 sur 12"], ["zz", "Page 7 sur 12"], ["999", "Page 12 sur 12"], ["0", "Page 12 sur 12"]]) {
      await page.keyboard.type(typed);
      await page.keyboard.press("Enter");
      assert.equal(await text(".page-leaf p"), where);
    }
    await page.keyboard.press("Escape");
    assert.equal(await text(".dialog"), null);
    assert.equal((await laid()).length, 2);
  });
  await step("what cannot be laid is said in words", async () => {
    for (const [content, words] of [[locked(), /mot de passe/], [letter(2).slice(0, 300), /abîmé/], [many(501), /trop grand/]]) {
      await lay(content);
      await until("the sentence", async () => words.test(await text(".board-said")));
    }
    await lay("GIF89a");
    await until("no picture", async () => /Cette image ne peut pas/.test(await text(".board-said")));
    assert.equal((await laid()).length, 2);
  });
  assert.deepEqual(bad, []);
  console.log(`paper: ${steps} steps, ${firefox ? "Firefox" : "Chromium"}`);
} finally {
  await browser.close();
  await site.close();
  tmp.remove();
}
