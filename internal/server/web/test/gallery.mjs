// Pictures of every state of both pages, and axe on each. PAGE_PICTURES=DIR keeps the pictures; PAGE_ONLY=p5 picks scenes.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bundle, chromium, scratch, serve, watch, web } from "./browser.mjs";

const pictures = process.env.PAGE_PICTURES || "";
const only = process.env.PAGE_ONLY || "";
// PAGE_BRIEF: French at the sizes of a phone and of a desktop, as docs/screens shows them.
const brief = process.env.PAGE_BRIEF === "1";
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const english = /^(p1-open|p1-early|p2-asking|p2-denied|p4-waiting|p5-call|p5-phone-swap|p5-mute|p1-seal|p5-broken|p5-seal-end|p5-seal-long|p5-seal-other|p5-chat-empty|p5-chat-messages|p5-chat-undelivered|p5-chat-observer|p5-chat-badge|p5-chat-notice|p5-screen|p5-screen-zoomed|p5-screen-pointed|p5-screen-idle|p5-screen-own-pointed|p5-screen-frozen|p5-screen-refused|p5-screen-busy|p5-screen-failed|p5-files-empty|p5-files-several|p5-files-wrong|p5-files-offers|p5-files-drop|p5-photo-preview|p5-photo-taken|p5-headset|p5-board-drawn|p5-board-paper|p5-board-clear|p5-board-observer|p5-board-notice|p5-board-deaf|p6-files|p6-left|p7-help|diag-idle|diag-direct|diag-relay-tls)$/;

const shapes = {
  phone: { width: 360, height: 740, deviceScaleFactor: 1, hasTouch: true, isMobile: true },
  desktop: { width: 1280, height: 800, deviceScaleFactor: 1 },
  side: { width: 740, height: 360, deviceScaleFactor: 1, hasTouch: true, isMobile: true },
  zoom: { width: 640, height: 400, deviceScaleFactor: 1 },
  narrow: { width: 320, height: 568, deviceScaleFactor: 1 },
};

const tmp = scratch();
const files = { "app.js": join(tmp.dir, "gallery.js"), "diag.js": join(tmp.dir, "diag-gallery.js") };
bundle("gallery.ts", files["app.js"], "--format=iife", "--target=es2018");
bundle("diag-gallery.ts", files["diag.js"], "--format=iife", "--target=es2018");
const site = await serve({ files });
const axe = readFileSync(join(web, "node_modules/axe-core/axe.min.js"), "utf8");
const bad = [];
let looked = 0;
let checked = 0;

/** look shows one scene and checks it. */
async function look(page, scene, language, shape, scheme) {
  const name = `${scene}-${shape}-${scheme}-${language}`;
  await page.evaluate((s, l) => window.gallery.show(s, l), scene, language);
  looked++;
  if (pictures) {
    await page.screenshot({ path: join(pictures, name + ".png"), fullPage: !scene.startsWith("p5") && shape !== "side" });
  }
  const facts = await page.evaluate(() => {
    const de = document.documentElement;
    const small = [];
    const over = [];
    for (const e of document.querySelectorAll("body *")) {
      const seen = e.getClientRects().length > 0 && !e.closest(".hidden-words, noscript, [hidden]");
      const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.nodeValue.trim());
      if (!seen) continue;
      if (own && parseFloat(getComputedStyle(e).fontSize) < 18) small.push(e.className + " " + e.textContent.slice(0, 30));
      const box = e.getBoundingClientRect();
      if ((e.tagName === "BUTTON" || e.tagName === "SELECT") && (box.height < 47.5 || box.width < 47.5)) small.push("target " + (e.textContent || e.className) + " " + box.width + "x" + box.height);
      if (e.tagName === "BUTTON" && !e.getAttribute("aria-label") && !e.textContent.trim()) small.push("a button without a name");
      if (own && e.clientWidth > 1 && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflow === "hidden" && !e.className.includes("label") && !e.className.includes("drawing")) over.push(e.className + " cut: " + e.textContent.slice(0, 30));
      const style = getComputedStyle(e);
      if (own && e.textContent.trim().length > 3 && box.width > 2 && box.width < 2.5 * parseFloat(style.fontSize) && box.height > 3 * parseFloat(style.lineHeight)) over.push("a column of letters: " + e.textContent.slice(0, 30));
      if (e.tagName === "BUTTON" && (e.scrollWidth > e.clientWidth + 1 || [...e.children].some((c) => !/hidden|clip/.test(getComputedStyle(c).overflow) && c.getBoundingClientRect().right > box.right - 1))) over.push("too long for its button: " + e.textContent);
      if (e.tagName === "BUTTON" && (box.right > innerWidth + 1 || box.left < -1)) over.push("outside: " + e.textContent);
    }
    const missing = /\b(page|common|secrecy|notice|screen|welcome|waiting|call|ended|devices|permission|aid|diag|test|figure|why|verdict|it|files|photo|transfer|board|paper|chat)\.[a-z_]+\b/.exec(document.body.innerText);
    return { wide: de.scrollWidth > innerWidth + 1, small, over, missing: missing && missing[0], hole: /[{}]/.test(document.body.innerText) };
  });
  if (facts.wide) bad.push(`${name}: wider than the window`);
  if (facts.missing) bad.push(`${name}: a missing text ${facts.missing}`);
  if (facts.hole) bad.push(`${name}: an unfilled hole`);
  for (const s of [...facts.small, ...facts.over]) bad.push(`${name}: ${s}`);
  const found = await page.evaluate((t) => window.axe.run(document, { runOnly: t }), tags);
  checked += found.passes.length;
  for (const v of found.violations) bad.push(`${name}: axe ${v.id}: ${v.nodes.map((n) => n.html.slice(0, 140) + " " + (n.any[0] ? n.any[0].message : "")).join(" | ")}`);
}

/** visit shows every scene at one size, in a browser of its own. */
async function visit(shape, url) {
  const dir = join(tmp.dir, shape + (url === site.diag ? "-diag" : ""));
  mkdirSync(dir);
  const browser = await chromium(dir);
  try {
    const page = await browser.newPage();
    watch(page, site.origin, bad);
    await page.setViewport(shapes[shape]);
    await page.evaluateOnNewDocument(axe);
    await page.goto(url, { waitUntil: "load" });
    const names = (await page.evaluate(() => window.gallery.names)).filter((n) => n.startsWith(only));
    for (const scheme of ["light", "dark"]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }, { name: "prefers-reduced-motion", value: "reduce" }]);
      for (const scene of names) {
        const plain = shape === "phone" || shape === "desktop";
        if (!plain && scheme === "dark") continue;
        await look(page, scene, "fr", shape, scheme);
        if (!brief && scheme === "light" && english.test(scene)) await look(page, scene, "en", shape, scheme);
      }
    }
  } finally {
    await browser.close();
  }
}

try {
  if (pictures) mkdirSync(pictures, { recursive: true });
  const all = (brief ? ["phone", "desktop"] : Object.keys(shapes)).flatMap((shape) => [[shape, site.url], [shape, site.diag]]);
  // Most of the time is waiting: three at once.
  const work = async () => {
    for (let next = all.shift(); next; next = all.shift()) await visit(...next);
  };
  await Promise.all([work(), work(), work()]);
} finally {
  await site.close();
  tmp.remove();
}
console.log(`gallery: ${looked} pictures looked at by axe (${checked} rules passed), ${bad.length} faults`);
for (const b of [...new Set(bad)]) console.log("  " + b);
process.exit(bad.length ? 1 : 0);
