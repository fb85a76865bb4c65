// The whiteboard in Chromium: its painter against the desktop's pictures, parts against the
// whole, exports, and pictures that are none.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundle, chromium, scratch, serve, watch, web } from "./browser.mjs";

const desktop = join(web, "../../ui/board/testdata");
const payloads = JSON.parse(readFileSync(join(desktop, "drawing.json"), "utf8"));
const golden = readFileSync(join(desktop, "page.png")).toString("base64");

const keep = process.env.PAGE_PICTURES || "";
const tmp = scratch();
const files = { "app.js": join(tmp.dir, "board.js") };
bundle("board-page.ts", files["app.js"], "--format=iife", "--target=es2018");
const site = await serve({ files });
const browser = await chromium(tmp.dir);
const bad = [];
try {
  const page = await browser.newPage();
  watch(page, site.origin, bad);
  await page.goto(site.url, { waitUntil: "load" });

  const seen = await page.evaluate((p, g) => window.board.compare(p, g), payloads, golden);
  console.log("compared with the desktop's picture:", JSON.stringify(seen));
  assert.ok(seen.objects === 19 && seen.white > 0.03, "there is little to compare");
  assert.ok(seen.page < 0.0012, "the page paints something else");
  assert.ok(seen.png < 0.0012, "the PNG shows something else");
  assert.ok(seen.svg < 0.004, "the SVG shows something else");
  assert.deepEqual(seen.size, [3200, 1800]);

  for (const seed of [1, 7, 42]) {
    const worst = await page.evaluate((s) => window.board.parts(s), seed);
    assert.ok(worst < 0.0005, `parts do not make the whole: ${worst} of the pixels, seed ${seed}`);
  }

  const pictures = await page.evaluate((g) => window.board.pictures(g), golden);
  assert.deepEqual([pictures.ground.width, pictures.ground.height, pictures.ground.sha.length], [800, 450, 64]);
  assert.deepEqual(pictures.large, [4000, 10, 3200, 8]);
  assert.equal(pictures.refused, 8);
  assert.deepEqual([pictures.sent.file, pictures.sent.width, pictures.sent.height, pictures.got], ["f7", 800, 450, [800, 450]]);
  assert.deepEqual(pictures.upright, [200, 400, false], "as it was held, and without what the camera wrote");
  assert.equal(pictures.hacked, false);

  console.log("a frame of six people on a board of 500 strokes:", (await page.evaluate(() => window.board.speed())).toFixed(2), "ms");
  const axe = readFileSync(join(web, "node_modules/axe-core/axe.min.js"), "utf8");
  await page.evaluate(axe);
  const look = async (name, shape, scheme = "light") => {
    if (keep) {
      await page.screenshot({ path: join(keep, `board-${name}-${shape}-${scheme}.png`) });
    }
    const faults = await page.evaluate(async () => {
      const found = (await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })).violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 90)).join(" | "));
      for (const e of document.querySelectorAll("button")) {
        const box = e.getBoundingClientRect();
        if (box.width === 0) continue;
        if (box.width < 47.5 || box.height < 47.5) found.push("small: " + e.textContent);
        if (box.right > innerWidth + 1 || box.left < -1) found.push("outside: " + e.textContent);
        if (!(e.getAttribute("aria-label") || e.textContent).trim()) found.push("no name");
      }
      if (document.documentElement.scrollWidth > innerWidth + 1) found.push("wider than the window");
      if (/board\.[a-z_]+/.test(document.body.innerText)) found.push("a missing text");
      return found;
    });
    faults.forEach((f) => bad.push(`${name}-${shape}-${scheme}: ${f}`));
  };
  const press = (selector) => page.click(selector);
  const objects = () => page.evaluate(() => window.board.seen());
  for (const [shape, width, height] of [["phone", 360, 740], ["desktop", 1280, 800], ["side", 740, 360]]) {
    await page.setViewport({ width, height, deviceScaleFactor: 1 });
    for (const scheme of ["light", "dark"]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }, { name: "prefers-reduced-motion", value: "reduce" }]);
      for (const language of scheme === "light" ? ["fr", "en"] : ["fr"]) {
        await page.evaluate((l, p) => window.board.show(l, p, true), language, payloads);
        await look("drawn-" + language, shape, scheme);
        for (const drawer of ["tools", "style", "more"]) {
          await press(`[data-opens="${drawer}"]`);
          await look(drawer + "-" + language, shape, scheme);
        }
        await page.evaluate(() => window.board.refuse("malformed"));
        await look("refused-" + language, shape, scheme);
        await page.evaluate((l, p) => window.board.show(l, p, false), language, payloads);
        await look("watching-" + language, shape, scheme);
      }
    }
  }

  // By keyboard alone: a rectangle, a stroke, a text, undo, redo, clear and undo.
  await page.setViewport({ width: 1280, height: 800, deviceScaleFactor: 1 });
  await page.evaluate(() => window.board.show("fr", [], true));
  const key = async (...names) => {
    for (const name of names) await page.keyboard.press(name);
  };
  const tabTo = async (selector) => {
    for (let i = 0; i < 40; i++) {
      if (await page.evaluate((s) => document.activeElement && document.activeElement.matches(s), selector)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail("the keyboard does not reach " + selector);
  };
  const choose = async (tool) => {
    await tabTo('[data-opens="tools"]');
    await key("Enter");
    await tabTo(`[data-tool="${tool}"]`);
    await key("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "CANVAS");
  };
  await choose("rect");
  await key("ArrowLeft", "Space", "ArrowRight", "ArrowRight", "ArrowDown");
  await look("keyboard", "desktop");
  await key("Space");
  let list = await objects();
  assert.deepEqual([list[0].kind, list[0].first.x, list[0].last.x, list[0].last.y], ["rect", 7800, 8200, 4700]);
  await choose("pen");
  await key("Space", "ArrowUp", "ArrowUp", "Space");
  await choose("text");
  await key("ArrowLeft", "Enter");
  await page.waitForFunction(() => document.activeElement.tagName === "TEXTAREA");
  await page.keyboard.type("Où : là");
  await look("writing", "desktop");
  await key("Enter");
  list = await objects();
  assert.deepEqual(list.map((o) => [o.kind, o.text, o.points]), [["rect", "", 2], ["pen", "", 3], ["text", "Où : là", 1]]);
  const ctrl = async (...names) => {
    await page.keyboard.down("Control");
    await key(...names);
    await page.keyboard.up("Control");
  };
  await ctrl("z", "z");
  assert.equal((await objects()).length, 1);
  await ctrl("y", "y");
  assert.equal((await objects()).length, 3);
  await key("Delete");
  await look("clear", "desktop");
  assert.equal((await objects()).length, 3, "cleared without asking");
  await key("Enter");
  assert.equal((await objects()).length, 0);
  await ctrl("z");
  assert.equal((await objects()).length, 3);
  await choose("eraser");
  await key("ArrowRight", "ArrowLeft", "Space");
  assert.ok((await objects()).length <= 3);
  await tabTo('[data-opens="more"]');
  await key("Enter");
  await page.evaluate(() => [...document.querySelectorAll('[data-drawer="more"] button')].filter((b) => /PNG|SVG/.test(b.textContent)).forEach((b) => b.click()));
  await page.waitForFunction(() => window.board.asked().saved.length === 2);
  assert.deepEqual((await page.evaluate(() => window.board.asked().saved)).sort(), ["png image/png", "svg image/svg+xml"]);

  // With the mouse: a stroke, and with two fingers nothing is drawn.
  await page.evaluate(() => window.board.show("fr", [], true));
  await page.mouse.move(300, 300);
  await page.mouse.down();
  for (let i = 0; i < 30; i++) await page.mouse.move(300 + 5 * i, 300 + (i % 7) * 5);
  await page.mouse.up();
  list = await objects();
  assert.ok(list.length === 1 && list[0].kind === "pen" && list[0].points > 20, JSON.stringify(list));
  const client = await page.createCDPSession();
  const touch = (type, ...points) => client.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  await touch("touchStart", [400, 200]);
  await touch("touchMove", [420, 210]);
  await touch("touchMove", [440, 230]);
  await touch("touchEnd");
  assert.equal((await objects()).length, 2, "one finger draws");
  await touch("touchStart", [400, 400]);
  await touch("touchMove", [410, 405]);
  await touch("touchStart", [410, 405], [600, 500]);
  await touch("touchMove", [350, 380], [700, 560]);
  await touch("touchEnd");
  assert.equal((await objects()).length, 2, "two fingers draw nothing");
  // Who watches draws nothing at all.
  await page.evaluate((p) => window.board.show("fr", p, false), payloads);
  const before = (await objects()).length;
  await page.mouse.move(300, 300);
  await page.mouse.down();
  await page.mouse.move(500, 500);
  await page.mouse.up();
  await key("Delete", "Space", "ArrowLeft", "Space");
  assert.equal((await objects()).length, before);
  assert.deepEqual(bad, []);
} finally {
  await browser.close();
  await site.close();
  tmp.remove();
}
