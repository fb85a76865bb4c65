// The page as built, walked by keyboard alone against a scripted server, with real WebRTC on
// both ends: join, wait, message, call, write, files, photograph, mute, reconnect, renew, leave, return. PAGE_BROWSER=firefox too.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import puppeteer from "puppeteer-core";
import { bundle, chromium, here, scratch, serve, watch } from "./browser.mjs";
import { store } from "./store.mjs";

const firefox = process.env.PAGE_BROWSER === "firefox";
const tmp = scratch();
let link = { status: "open" };
let joins = 0;
const posts = [];
const shelf = store();
const downloads = join(tmp.dir, "downloads");
mkdirSync(downloads);
const site = await serve({
  store: shelf,
  api: (what, body, method) => {
    posts.push(method + " " + what);
    if (body.code !== "ABCDE-FGHIJ") return [404, { code: "unknown_link", text: "", fatal: false }];
    const now = Date.now() / 1000;
    if (what === "join") {
      joins++;
      return link.status === "open" ? [200, { pass: "pass-" + joins, expires: now + 60 }] : [409, { code: link.status, text: "", fatal: false }];
    }
    return [200, { clinician: "Dr Anne Le Goff", practice: "Cabinet des Glénan", phone: "02 98 00 12 34", start: now, opens: now - 900, closes: now + 3600, minutes: 30, language: "fr", now, ...link }];
  },
});
const browser = firefox
  ? await puppeteer.launch({
      browser: "firefox", executablePath: process.env.FIREFOX || "/usr/bin/firefox-esr", headless: true, protocolTimeout: 120000,
      extraPrefsFirefox: { "media.navigator.streams.fake": true, "media.navigator.permission.disabled": true, "media.peerconnection.ice.loopback": true, "media.peerconnection.ice.obfuscate_host_addresses": false, "media.autoplay.default": 0, "browser.download.folderList": 2, "browser.download.dir": downloads, "browser.download.useDownloadDir": true, "browser.download.alwaysOpenPanel": false, "browser.helperApps.neverAsk.saveToDisk": "application/octet-stream" },
    })
  : await chromium(tmp.dir, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream");
const bad = [];
const page = await browser.newPage();
watch(page, site.origin, bad);
await page.setViewport({ width: 1100, height: 800 });
if (!firefox) {
  const client = await browser.target().createCDPSession();
  await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: downloads });
}
bundle("walk-keys.ts", join(tmp.dir, "walk-keys.js"), "--format=iife", "--target=es2018");
await page.evaluateOnNewDocument(readFileSync(join(tmp.dir, "walk-keys.js"), "utf8"));
await page.evaluateOnNewDocument(readFileSync(join(here, "mock.js"), "utf8"));
// The tracks that the page takes, newest last, for what happens to them outside the page.
await page.evaluateOnNewDocument(() => {
  const all = (window.taken = []);
  const take = navigator.mediaDevices && navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  if (take) {
    navigator.mediaDevices.getUserMedia = async (wish) => {
      const stream = await take(wish);
      all.push(...stream.getTracks());
      return stream;
    };
  }
});

const phase = () => page.evaluate(() => document.documentElement.dataset.phase);
const until = (what, f, ...args) => page.waitForFunction(f, { timeout: 20000, polling: 100 }, ...args).catch(() => assert.fail("waited in vain for: " + what));
const inPhase = (p) => until("phase " + p, (want) => document.documentElement.dataset.phase === want, p);
const sent = (type) => page.evaluate((t) => window.mock.log.filter((m) => m.type === t).map((m) => m.data), type);
const focused = () => page.evaluate(() => (document.activeElement.getAttribute("aria-label") || document.activeElement.textContent || "").trim());

/** tabTo walks with Tab until the control is reached, and presses the key. */
async function tabTo(selector, key) {
  if (firefox) {
    // Past the last control, headless Firefox walks into its own unseen window and comes back
    // inactive. So where the way leads round, start from the top instead.
    await page.evaluate((s) => {
      const to = document.querySelector(s);
      if (to && to.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING) document.querySelector(".skip").focus();
    }, selector);
  }
  for (let i = 0; i < 25; i++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((s) => document.activeElement.matches(s), selector)) {
      const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      assert.notEqual(ring, "none", selector + ": the focus is not to be seen");
      await page.keyboard.press(key);
      return;
    }
  }
  assert.fail(`Tab never reached ${selector}; last at “${await focused()}”`);
}

/** saved waits for a download and answers what is in it. */
async function saved(name) {
  const path = join(downloads, name);
  for (const end = Date.now() + 20000; !existsSync(path) || readFileSync(path).length === 0; ) {
    assert.ok(Date.now() < end, "downloaded: " + readdirSync(downloads));
    await new Promise((done) => setTimeout(done, 50));
  }
  return readFileSync(path, "utf8");
}

/** choose gives files to the page as the browser's own dialog does. */
async function choose(path, input = "[data-control=files]", opener = "[data-action=send-file]") {
  if (firefox) { // its driver opens no dialog
    return (await page.$(input)).uploadFile(path);
  }
  const [dialog] = await Promise.all([page.waitForFileChooser(), tabTo(opener, "Enter")]);
  await dialog.accept([path]);
}

const worker = new URL(site.url).pathname.replace(/r\/.*/, "s/seal-worker.js");
const fileState = (name) => [...document.querySelectorAll(".panel .file")].filter((li) => li.querySelector(".file-name").textContent === name).map((li) => li.querySelector(".file-state").textContent)[0];
await page.evaluateOnNewDocument(`window.fileState = ${fileState}`);

let steps = 0;
async function step(name, f) {
  const from = Date.now();
  await f();
  steps++;
  console.log(`  ok ${name} (${Date.now() - from} ms)`);
}

try {
  await page.goto(site.url, { waitUntil: "load" });
  await step("the welcome screen asks, and changes nothing", async () => {
    await until("the button", () => document.querySelector("[data-action=join]"));
    assert.equal(await phase(), "welcome");
    assert.deepEqual([...new Set(posts)], ["POST link"]);
    assert.equal(joins, 0);
  });
  await step("the language changes by keyboard, and back", async () => {
    await tabTo("[data-action=language]", "Enter");
    assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.documentElement.lang), "fr");
  });
  await step("help opens, holds the focus and gives it back", async () => {
    await tabTo("[data-action=help]", "Enter");
    assert.equal(await phase(), "help");
    for (let i = 0; i < 14; i++) {
      await page.keyboard.press("Tab");
      assert.ok(await page.evaluate(() => document.activeElement.closest(".dialog") !== null), "the focus left the dialog");
    }
    await page.keyboard.press("Escape");
    assert.equal(await phase(), "welcome");
    assert.equal(await focused(), "Aide");
  });
  await step("join leads to the waiting room", async () => {
    await tabTo("[data-action=join]", "Enter");
    await inPhase("waiting");
    const hello = (await sent("hello"))[0];
    assert.equal(hello.pass, "pass-1");
    assert.equal(hello.version, 1);
    await until("ready", () => window.mock.log.some((m) => m.type === "ready"));
    assert.deepEqual((await sent("ready"))[0], { audio: true, video: true, direct: true, keys: true, seal: true, ...(process.env.PAGE_BROWSER === "firefox" ? {} : { chooses: true }) });
    assert.equal(await focused(), "Vous êtes en salle d’attente");
    assert.match(await page.evaluate(() => window.mock.url), /^ws:\/\/localhost:\d+\/soins\/ws$/);
    await until("the self view", () => document.querySelector("video[data-self]").videoWidth > 0);
  });
  await step("a message from the practitioner is shown and announced", async () => {
    await page.evaluate(() => window.mock.say("J’arrive <b>tout de suite</b>\u202e"));
    await until("the message", () => document.querySelector("blockquote"));
    assert.equal(await page.evaluate(() => document.querySelector("blockquote").textContent), "J’arrive <b>tout de suite</b>");
    assert.match(await page.evaluate(() => document.querySelector("[role=alert]").textContent), /J’arrive/);
  });
  await step("admitted: picture and sound both ways", async () => {
    await page.evaluate(() => window.mock.admit());
    await inPhase("call");
    await until("the remote picture", () => {
      const v = document.querySelector("video[data-peer=d]");
      return v && v.videoWidth > 0 && !v.paused;
    });
    await until("the route", () => document.documentElement.dataset.route === "sfu");
    await until("our sound and picture at the server", () => window.mock.got.audio && window.mock.got.video);
  });
  await step("with somebody who has no keys, nothing more is claimed than what is so", async () => {
    assert.equal(await page.evaluate(() => document.querySelector(".seal").innerText.trim()), "Chiffré jusqu’au serveur");
    assert.equal(await page.evaluate(() => document.documentElement.dataset.code), "");
  });
  await step("keys are agreed, and sound and picture go sealed both ways", async () => {
    await page.evaluate((worker) => window.mock.keys(worker), worker);
    await until("the label", () => document.querySelector(".seal").innerText.trim() === "Chiffré de bout en bout");
    assert.equal(await page.evaluate(() => document.documentElement.dataset.code), await page.evaluate(() => window.mock.code()));
    await until("our frames opened", async () => {
      const c = await window.mock.counts();
      return c && c.opened > 100;
    });
    assert.equal(await page.evaluate(async () => (await window.mock.counts()).refused), 0);
    await until("the picture", () => {
      const v = document.querySelector("video[data-peer=d]");
      window.mock.at = window.mock.at || v.currentTime;
      return v.videoWidth > 0 && v.currentTime > window.mock.at + 1;
    });
  });
  await step("the code is compared by keyboard, and the focus comes back", async () => {
    await tabTo(".seal", "Enter");
    assert.equal(await focused(), "Chiffré de bout en bout");
    assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll(".code-words li")].map((li) => li.textContent).join(" ")), await page.evaluate(() => window.mock.code()));
    await tabTo("[data-action=other-code]", "Enter");
    await until("the warning", () => document.querySelector(".seal-broken") && !document.querySelector(".banner-unsafe").hidden);
    assert.match(await page.evaluate(() => document.querySelector("[role=alert]").textContent), /n’est pas sûre/);
    await page.keyboard.down("Shift");
    await page.keyboard.press("Tab");
    await page.keyboard.up("Shift");
    assert.equal(await focused(), "C’est le même code");
    await page.keyboard.press("Enter");
    await until("compared", () => document.querySelector(".seal-verified") && document.querySelector(".banner-unsafe").hidden);
    assert.equal(await focused(), "C’est le même code");
    await page.keyboard.press("Escape");
    assert.equal(await page.evaluate(() => document.querySelector(".dialog")), null);
    assert.equal(await focused(), "Chiffré de bout en bout, code comparé");
  });
  await step("a conversation by keyboard alone: open, write, be read, close", async () => {
    await tabTo("[data-action=chat]", "Enter");
    assert.equal(await focused(), "Votre message");
    assert.equal(await page.evaluate(() => document.querySelector("[data-action=chat]").getAttribute("aria-expanded")), "true");
    const low = await page.evaluate(() => document.activeElement.offsetHeight);
    await page.keyboard.type("Bonjour docteur");
    await until("that we are writing", () => window.mock.chat.view().writing.length === 1);
    assert.equal(await page.evaluate(() => window.mock.chat.view().writing[0].text), "", "shown without leave");
    for (let i = 0; i < 7; i++) {
      await page.keyboard.down("Shift");
      await page.keyboard.press("Enter");
      await page.keyboard.up("Shift");
    }
    const high = await page.evaluate(() => document.activeElement.offsetHeight);
    assert.ok(high > 2 * low && high < 3.5 * low, `the field grew from ${low} to ${high}`);
    await page.keyboard.press("Enter");
    await until("delivered", () => (document.querySelector(".said.mine .said-state") || {}).textContent === "Remis");
    assert.equal(await page.evaluate(() => window.mock.chat.view().messages[0].text), "Bonjour docteur");
    assert.equal(await page.evaluate(() => document.activeElement.value), "");
    assert.ok(await page.evaluate((h) => document.activeElement.offsetHeight === h, low), "the field did not shrink again");
    await page.evaluate(() => window.mock.chat.write("Lisez <img src=x> https://sante.example/fiche?n=1."));
    await until("the answer", () => document.querySelectorAll(".said").length === 2);
    assert.deepEqual(await page.evaluate(() => {
      const a = document.querySelector(".said a");
      return [a.textContent, a.href, a.rel, a.target, a.referrerPolicy, document.querySelector(".said:not(.mine) .said-text").textContent];
    }), ["https://sante.example/fiche?n=1", "https://sante.example/fiche?n=1", "noopener noreferrer nofollow", "_blank", "no-referrer", "Lisez <img src=x> https://sante.example/fiche?n=1."]);
    assert.equal(await page.evaluate(() => document.querySelector("[data-action=chat] .badge").hidden), true);
  });
  await step("what is typed is shown only with leave", async () => {
    await tabTo("#showing", " ");
    await tabTo("[data-control=message]", "A");
    await page.keyboard.type("ïe");
    await until("our letters", () => /^Aïe$/.test((window.mock.chat.view().writing[0] || {}).text));
    await page.evaluate(() => window.mock.chat.draft("Où cela", true));
    await until("their letters", () => /Où cela/.test((document.querySelector(".said-live") || {}).textContent));
    await page.evaluate(() => window.mock.chat.draft("", true));
    await until("their letters gone", () => !document.querySelector(".said-live"));
  });
  await step("Escape closes and gives the focus back; a message is told, and opens the panel", async () => {
    await page.keyboard.press("Escape");
    assert.match(await focused(), /^Écrire/);
    assert.equal(await page.evaluate(() => document.querySelector("#panel").hidden), true);
    await page.evaluate(() => window.mock.chat.write("Êtes-vous là ?"));
    await until("the notice", () => document.querySelector(".chat-notice") && !document.querySelector(".chat-notice").hidden);
    assert.match(await focused(), /^Écrire\s+1\s+message non lu$/);
    assert.match(await page.title(), /^\(1\) /);
    assert.match(await page.evaluate(() => document.querySelector("[role=status][aria-live=polite]").textContent), /Dr Anne Le Goff.*Êtes-vous là/);
    await tabTo("[data-action=chat-notice]", "Enter");
    assert.equal(await focused(), "Votre message");
    assert.ok(!/^\(/.test(await page.title()));
    assert.equal(await page.evaluate(() => document.querySelector(".chat-notice").hidden), true);
    await page.keyboard.press("Backspace");
    await page.keyboard.press("Backspace");
    await page.keyboard.press("Backspace");
    await tabTo("[data-action=chat-close]", "Enter");
    assert.match(await focused(), /^Écrire/);
    assert.equal(await page.evaluate(() => document.querySelector(".badge").hidden), true);
  });
  await step("a file is sent by keyboard: its tab, pause, resume, received", async () => {
    await page.keyboard.press("Enter"); // where the step before left the focus
    assert.equal(await focused(), "Votre message");
    await tabTo("#tab-chat", "ArrowRight");
    assert.deepEqual(await page.evaluate(() => [document.activeElement.id, document.activeElement.getAttribute("aria-selected"), document.querySelector("#panel-chat").hidden, document.querySelector("#panel-files").hidden]), ["tab-files", "true", true, false]);
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.evaluate(() => document.activeElement.id), "tab-chat", "the arrows go round");
    await page.keyboard.press("End");
    assert.match(await page.evaluate(() => document.querySelector(".sending-limit").textContent), /^5\u00a0Mo au plus/);
    const letter = join(tmp.dir, "courrier.txt");
    writeFileSync(letter, "Bonjour docteur. ".repeat(200000));
    shelf.held = true;
    await choose(letter);
    await until("it is being sent", () => /^Envoi/.test(window.fileState("courrier.txt")));
    await tabTo("[data-action=pause]", "Enter");
    await until("paused", () => /^En pause/.test(window.fileState("courrier.txt")));
    assert.equal(await focused(), "Reprendre\u00a0: courrier.txt");
    shelf.held = false;
    await page.keyboard.press("Enter");
    await until("sent", () => /pas encore été reçu/.test(window.fileState("courrier.txt")));
    await page.evaluate(() => window.mock.files.act("take", window.mock.files.view()[0].id));
    await until("received", () => window.fileState("courrier.txt") === "Reçu par Dr Anne Le Goff");
    assert.equal(await page.evaluate(() => window.mock.files.view()[0].file.text()), readFileSync(letter, "utf8"));
    assert.deepEqual([...shelf.tokens].sort(), ["token-d", "token-p"]);
    assert.ok([...shelf.all.values()].every((f) => !f.held.includes("Bonjour docteur")), "the server can read it");
  });
  await step("a file is told, received and saved by keyboard", async () => {
    await page.keyboard.press("Escape");
    await page.evaluate(() => window.mock.files.send({ file: new File(["À prendre <b>le soir</b>"], "../ordonnance.html", { type: "text/html" }) }));
    await until("the notice", () => document.querySelector(".file-notice") && !document.querySelector(".file-notice").hidden);
    assert.match(await focused(), /^Écrire\s+1\s+nouveau fichier$/);
    assert.match(await page.title(), /^\(1\) /);
    assert.match(await page.evaluate(() => document.querySelector("[role=status][aria-live=polite]").textContent), /Dr Anne Le Goff vous envoie un fichier, ordonnance.html/);
    await tabTo("[data-action=file-notice]", "Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "tab-files");
    assert.equal(await page.evaluate(() => document.querySelector(".badge").hidden), true);
    assert.match(await page.evaluate(() => document.querySelector(".file-warning:not([hidden])").textContent), /un navigateur/);
    await tabTo("[data-action=take]", "Enter");
    await until("received", () => /^Reçu/.test(window.fileState("ordonnance.html")));
    await tabTo("[data-action=save]", "Enter");
    assert.equal(await saved("ordonnance.html"), "À prendre <b>le soir</b>");
    await until("it says so", () => /^Enregistré/.test(window.fileState("ordonnance.html")));
  });
  await step("a small picture is seen at once; a refusal is told", async () => {
    await page.evaluate(async () => {
      const c = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
      c.getContext("2d").fillRect(0, 0, 320, 480);
      window.mock.files.send({ file: new File([await new Promise((done) => c.toBlob(done, "image/png"))], "genou.png", { type: "image/png" }) });
      window.mock.files.send({ file: new File(["x"], "autre.txt", { type: "text/plain" }) });
    });
    await until("the small picture", () => document.querySelector(".file-picture img") && document.querySelector(".file-picture img").naturalWidth === 256);
    await until("the other file", () => /recevoir/.test(window.fileState("autre.txt")));
    await tabTo("[data-action=decline]", "Enter");
    await until("the refusal", () => window.mock.files.view().some((f) => f.name === "autre.txt" && f.reasons.p === "declined"));
  });
  await step("files are dropped and pasted; beside that nothing leaves the call", async () => {
    const seen = await page.evaluate(() => {
      const held = (name) => {
        const d = new DataTransfer();
        d.items.add(new File(["déposé"], name, { type: "text/plain" }));
        return d;
      };
      const drag = (type, dataTransfer) => {
        const e = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer });
        document.querySelector(".stage").dispatchEvent(e);
        return e.defaultPrevented;
      };
      const over = () => !document.querySelector(".drop-over").hidden;
      const d = held("depot.txt");
      const all = [drag("dragenter", d), over(), drag("drop", d), over()];
      const paste = (clipboardData) => {
        const e = new Event("paste", { bubbles: true, cancelable: true });
        Object.defineProperty(e, "clipboardData", { value: clipboardData }); // Firefox takes none from a script
        document.querySelector("[data-control=message]").dispatchEvent(e);
        return e.defaultPrevented;
      };
      const text = new DataTransfer();
      text.setData("text/plain", "x");
      text.items.add(new File(["x"], "image-of-text.png", { type: "image/png" }));
      return [...all, paste(held("colle.txt")), paste(text)];
    });
    assert.deepEqual(seen, [true, true, true, false, true, false]);
    await until("both at the other end", () => ["depot.txt", "colle.txt"].every((name) => window.mock.files.view().some((f) => f.name === name)));
    assert.ok(!(await page.evaluate(() => window.mock.files.view().some((f) => f.name === "image-of-text.png"))), "text is text");
    await page.keyboard.press("Escape");
    assert.equal(await page.evaluate(() => document.querySelector("#panel").hidden), true);
  });
  const states = (id) => page.evaluate((id) => window.mock.answers.filter((a) => a.id === id).map((a) => a.state), id);
  const ask = (id, more = {}) => page.evaluate((id, more) => window.mock.pose({ ask: { id, torch: false, camera: "", ...more } }), id, more);
  await step("a photograph: asked, taken, looked at, sent, and the call goes on", async () => {
    await page.evaluate(() => (window.mock.kept = document.querySelector("video[data-self]").srcObject));
    await ask("photo-1");
    await until("the question", () => document.querySelector(".dialog-photo"));
    assert.equal(await focused(), "Dr Anne Le Goff demande une photo");
    await until("the camera", () => document.querySelector(".dialog-photo video").videoWidth > 0);
    await ask("photo-1");
    await ask("photo-2");
    await until("the answers", () => window.mock.answers.length >= 3);
    assert.deepEqual([await states("photo-1"), await states("photo-2")], [["shown", "shown"], ["refused"]]);
    const before = await page.evaluate(() => window.mock.files.view().length);
    await tabTo("[data-action=photo-take]", "Enter");
    await until("the picture", () => document.querySelector(".photo-frame img").naturalWidth > 0);
    assert.equal(await focused(), "Envoyer cette photo\u202f?");
    assert.equal(await page.evaluate(() => window.mock.files.view().length), before, "sent without the press");
    assert.deepEqual((await states("photo-1")).filter((s) => s !== "shown"), []);
    await tabTo("[data-action=photo-send]", "Enter");
    await until("taken", () => window.mock.answers.some((a) => a.id === "photo-1" && a.state === "taken"));
    await until("the photograph", () => window.mock.files.view().some((f) => f.use === "snapshot" && f.state === "done"));
    const got = await page.evaluate(async () => {
      const f = window.mock.files.view().filter((it) => it.use === "snapshot")[0];
      const head = new Uint8Array(await f.file.arrayBuffer());
      const drawn = await createImageBitmap(f.file);
      return { name: f.name, kind: f.kind, exif: Array.from(head.slice(0, 4096)).map((b) => String.fromCharCode(b)).join("").includes("Exif"), large: drawn.width * drawn.height };
    });
    assert.match(got.name, /^photo-\d{4}-\d\d-\d\d-\d\dh\d\d\.jpg$/);
    assert.deepEqual([got.kind, got.exif], ["image/jpeg", false]);
    assert.ok(got.large >= 640 * 480 && got.large <= 12e6, "pixels: " + got.large);
    assert.equal(await page.evaluate(() => document.querySelector(".dialog")), null);
    assert.ok(await page.evaluate(() => window.mock.kept === document.querySelector("video[data-self]").srcObject && window.mock.kept.getVideoTracks()[0].readyState === "live"), "the call's own picture was torn down");
  });
  await step("a photograph is refused, and taken back", async () => {
    await ask("photo-3");
    await until("the question", () => document.querySelector(".dialog-photo"));
    await page.keyboard.press("Escape");
    await until("refused", () => window.mock.answers.some((a) => a.id === "photo-3" && a.state === "refused"));
    await until("it is said", () => /Vous avez refusé la photo/.test(document.querySelector(".photo-remark").innerText));
    await ask("photo-4");
    await until("the question", () => document.querySelector(".dialog-photo"));
    await page.evaluate(() => window.mock.pose({ cancel: { id: "photo-4" } }));
    await until("it is gone", () => !document.querySelector(".dialog"));
  });
  await step("with the camera off, a photograph shows nothing to anybody before it is sent", async () => {
    await tabTo("[data-control=video]", "Enter");
    await until("no self stream", () => !document.querySelector(".self video[data-self]").srcObject);
    await ask("photo-5", { camera: "environment", torch: true });
    await until("a camera of its own", () => document.querySelector(".dialog-photo video") && document.querySelector(".dialog-photo video").videoWidth > 0);
    assert.match(await page.evaluate(() => document.querySelector(".dialog-photo").innerText), /souhaite la caméra arrière, et la lampe allumée/);
    assert.equal(await page.evaluate(() => document.querySelector(".self video[data-self]").srcObject), null);
    await page.evaluate(() => (window.mock.own = document.querySelector(".dialog-photo video").srcObject.getVideoTracks()[0]));
    await tabTo("[data-action=photo-take]", "Enter");
    await until("the picture", () => document.querySelector(".photo-frame img").naturalWidth > 0);
    await tabTo("[data-action=photo-refuse]", "Enter");
    await until("refused", () => window.mock.answers.some((a) => a.id === "photo-5" && a.state === "refused"));
    assert.equal(await page.evaluate(() => window.mock.own.readyState), "ended", "the camera was kept on");
    const media = await sent("media");
    assert.equal(media[media.length - 1].video, false);
    assert.equal(await focused(), "Activer la caméra", "the focus came back to where it was");
    await page.keyboard.press("Enter");
    await until("the self view again", () => document.querySelector(".self video[data-self]").srcObject);
    const all = await sent("media");
    assert.equal(all[all.length - 1].video, true);
  });
  await step("the board by keyboard alone: open, a rectangle, undo, close", async () => {
    const drawn = (want) => window.mock.easel.board.visible().map((o) => o.kind).join(" ") === want;
    const onCanvas = () => page.evaluate(() => document.activeElement.tagName);
    await tabTo("[data-action=board]", "Enter");
    assert.equal(await onCanvas(), "CANVAS");
    assert.equal(await focused(), "Tableau à dessiner");
    assert.equal(await page.evaluate(() => document.querySelector("[data-action=board]").getAttribute("aria-expanded")), "true");
    await until("the strip of people", () => {
      const [people, board] = [document.querySelector("video[data-peer=d]").getBoundingClientRect(), document.querySelector(".board-stage").getBoundingClientRect()];
      return people.width > 60 && people.right <= board.left && people.width < board.width / 2 && document.querySelector("video[data-peer=d]").videoWidth > 0;
    });
    await tabTo("[data-opens=tools]", "Enter");
    await tabTo("[data-tool=rect]", "Enter");
    assert.equal(await onCanvas(), "CANVAS");
    for (const key of ["ArrowLeft", " ", "ArrowRight", "ArrowRight", "ArrowDown", " "]) await page.keyboard.press(key);
    await until("our rectangle at the practitioner's", drawn, "rect");
    await page.evaluate(() => window.mock.easel.board.text({ colour: 1, width: 1 }, { x: 200, y: 200, pressure: 0 }, "2 par jour"));
    await page.keyboard.down("Control");
    await page.keyboard.press("z");
    await page.keyboard.up("Control");
    await until("our rectangle gone, their text still there", drawn, "text");
    const ground = join(tmp.dir, "radio.png");
    writeFileSync(ground, Buffer.from(await page.evaluate(() => Object.assign(document.createElement("canvas"), { width: 64, height: 48 }).toDataURL("image/png").split(",")[1]), "base64"));
    await tabTo("[data-opens=more]", "Enter");
    await choose(ground, ".easel input[type=file]", "[data-action=ground]");
    await until("our picture beneath the practitioner's board", () => window.mock.easel.board.ground && window.mock.easel.board.ground.width === 64);
    assert.equal(await page.evaluate(() => window.mock.files.carrier().fetch(window.mock.easel.board.ground.file).then(createImageBitmap).then((b) => b.height)), 48);
    await page.evaluate(async () => {
      const c = Object.assign(document.createElement("canvas"), { width: 80, height: 45 });
      c.getContext("2d").fillStyle = "#f00";
      c.getContext("2d").fillRect(0, 0, 80, 45);
      const b = await new Promise((done) => c.toBlob(done, "image/png"));
      const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", await b.arrayBuffer()));
      const sha = Array.from(sum).map((v) => ("0" + v.toString(16)).slice(-2)).join("");
      window.mock.easel.board.setGround({ file: await window.mock.files.carrier().send(b), width: 80, height: 45, sha });
    });
    await until("the practitioner's picture, red", () => {
      const c = document.querySelector(".board-stage canvas");
      const [r, g, b] = c.getContext("2d").getImageData(c.width / 2, c.height / 2, 1, 1).data;
      return r > 200 && g < 60 && b < 60;
    });
    await page.keyboard.press("Escape");
    assert.equal(await focused(), "Tableau");
    assert.equal(await page.evaluate(() => document.querySelector("#easel").hidden), true);
  });
  await step("that somebody draws on the closed board is told, and opens it", async () => {
    await page.evaluate(() => {
      // A minute has gone by, as the page sees it.
      const now = Date.now;
      Date.now = () => now() + 61000;
      window.mock.easel.board.point(300, 300, false);
      window.mock.drawing = setInterval(() => {
        const b = window.mock.easel.board;
        b.point(300, 300, false);
        b.add("oval", { colour: 2, width: 1 }, { x: 300, y: 300, pressure: 0 }, { x: 400, y: 350, pressure: 0 });
      }, 300);
    });
    await until("the notice", () => !document.querySelector(".board-notice").hidden);
    await page.evaluate(() => clearInterval(window.mock.drawing));
    assert.equal(await page.evaluate(() => document.querySelector(".board-notice .banner-title").textContent), "Dr Anne Le Goff dessine sur le tableau");
    assert.match(await page.evaluate(() => document.querySelector("[role=status][aria-live=polite]").textContent), /dessine sur le tableau/);
    await tabTo("[data-action=board-notice]", "Enter");
    assert.equal(await focused(), "Tableau à dessiner");
    assert.equal(await page.evaluate(() => document.querySelector(".board-notice").hidden), true);
    await tabTo("[data-action=board-close]", "Enter");
    assert.equal(await focused(), "Tableau");
  });
  await step("mute with the space bar", async () => {
    await tabTo("[data-control=audio]", " ");
    await until("media", () => window.mock.log.some((m) => m.type === "media" && m.data.audio === false));
    assert.equal(await focused(), "Activer le micro");
  });
  await step("the camera goes off, light and all, and on again", async () => {
    await tabTo("[data-control=video]", "Enter");
    await until("camera off", () => window.mock.log.some((m) => m.type === "media" && m.data.video === false));
    await until("no self stream", () => !document.querySelector("video[data-self]").srcObject);
    await page.keyboard.press("Enter");
    await until("the self view again", () => document.querySelector("video[data-self]").srcObject && document.querySelector("video[data-self]").videoWidth > 0);
  });
  await step("the practitioner's camera off is said", async () => {
    await page.evaluate(() => window.mock.change({ video: false }));
    await until("the sentence", () => /a coupé sa caméra/.test(document.body.innerText));
    await page.evaluate(() => window.mock.change({ video: true }));
  });
  await step("a phone call takes the camera away, and gives it back; or ends it, and it is taken again", async () => {
    const camera = (what) => page.evaluate((name) => {
      const t = window.taken.filter((x) => x.kind === "video" && x.readyState === "live").pop();
      if (name === "ended") t.stop();
      t.dispatchEvent(new Event(name));
    }, what);
    const banner = () => [...document.querySelectorAll(".banner:not([hidden])")].some((b) => /Votre caméra s’est arrêtée/.test(b.innerText));
    await camera("mute");
    await until("the sentence", banner);
    await camera("unmute");
    await until("it goes", () => ![...document.querySelectorAll(".banner:not([hidden])")].some((b) => /arrêtée/.test(b.innerText)));
    await camera("ended");
    await until("the sentence", banner);
    await page.evaluate(() => [...document.querySelectorAll(".banner-danger button")].filter((b) => /caméra/.test(b.textContent)).forEach((b) => b.setAttribute("data-test", "resume")));
    await tabTo("[data-test=resume]", "Enter");
    await until("it goes", () => ![...document.querySelectorAll(".banner:not([hidden])")].some((b) => /arrêtée/.test(b.innerText)));
    await until("our own picture moves", () => { const v = document.querySelector("video[data-self]"); return v.videoWidth > 0 && v.srcObject.getVideoTracks()[0].readyState === "live"; });
    await until("the picture at the other end", () => window.mock.got.video);
    assert.equal(await phase(), "call");
  });
  await step("the phone is turned, and turned back: the picture goes on, every button is there", async () => {
    const shot = () => page.evaluate(() => {
      const seen = [...document.querySelectorAll(".controls button")].filter((b) => b.offsetParent !== null).map((b) => b.getBoundingClientRect());
      return { at: document.querySelector("video[data-peer=d]").currentTime, n: seen.length, out: seen.filter((r) => r.left < 0 || r.top < 0 || r.right > innerWidth + 1 || r.bottom > innerHeight + 1).length, wide: document.documentElement.scrollWidth > innerWidth + 1 };
    });
    for (const [width, height] of [[390, 780], [780, 390], [390, 780], [1100, 800]]) {
      const before = await shot();
      await page.setViewport({ width, height });
      await until("the picture goes on", (at) => document.querySelector("video[data-peer=d]").currentTime > at + 0.3, before.at);
      const after = await shot();
      assert.ok(after.n >= 4 && after.out === 0 && !after.wide, `${width}×${height}: ${JSON.stringify(after)}`);
    }
  });
  await step("another tab in front: the call goes on behind it", async () => {
    const before = await page.evaluate(() => [document.querySelector("video[data-peer=d]").currentTime, window.mock.log.filter((m) => m.type === "hello" || m.type === "renew").length]);
    const other = await browser.newPage();
    await other.goto("about:blank");
    await other.bringToFront();
    await new Promise((r) => setTimeout(r, 4000));
    await other.close();
    await page.bringToFront();
    await until("the picture goes on", (at) => document.querySelector("video[data-peer=d]").currentTime > at + 1, before[0]);
    assert.equal(await page.evaluate(() => window.mock.log.filter((m) => m.type === "hello" || m.type === "renew").length), before[1], "nothing was made anew");
    assert.equal(await phase(), "call");
  });
  await step("a dropped line comes back, still muted, on the same picture", async () => {
    await page.evaluate(() => {
      window.mock.kept = document.querySelector("video[data-peer=d]").srcObject;
      window.mock.refuse = true;
      window.mock.drop();
    });
    await inPhase("reconnecting");
    await new Promise((r) => setTimeout(r, 1500));
    assert.match(await page.evaluate(() => document.querySelector(".banner:not([hidden])").innerText), /Reconnexion/);
    await page.evaluate(() => (window.mock.refuse = false));
    await inPhase("call");
    const hellos = await sent("hello");
    assert.equal(hellos[hellos.length - 1].resume, "seat-1");
    assert.equal(hellos[hellos.length - 1].pass, undefined);
    const media = await sent("media");
    assert.equal(media[media.length - 1].audio, false);
    assert.ok(await page.evaluate(() => window.mock.kept === document.querySelector("video[data-peer=d]").srcObject), "the picture was torn down");
    await until("the comparison, kept", () => document.querySelector(".seal-verified"));
    await page.evaluate(() => window.mock.chat.write("Vous revoilà"));
    await until("the conversation goes on", () => /Vous revoilà/.test(document.querySelector(".said-all").textContent));
  });
  await step("a new generation replaces the connection", async () => {
    await page.evaluate(() => window.mock.offer());
    await until("another stream", () => document.querySelector("video[data-peer=d]").srcObject !== window.mock.kept);
    await until("its picture", () => document.querySelector("video[data-peer=d]").videoWidth > 0);
    await until("our picture", () => window.mock.got.video);
  });
  await step("a broken connection asks to be renewed", async () => {
    await page.evaluate(() => {
      window.mock.log.length = 0;
      window.mock.pc.close();
    });
    await until("renew", () => window.mock.log.some((m) => m.type === "renew"));
    await until("the answer", () => window.mock.log.some((m) => m.type === "answer"));
    await until("the picture", () => document.documentElement.dataset.route === "sfu" && document.querySelector("video[data-peer=d]").videoWidth > 0);
  });
  await step("refused sound is offered by a button", async () => {
    await page.evaluate(() => {
      const play = HTMLMediaElement.prototype.play;
      window.mock.strict = true;
      HTMLMediaElement.prototype.play = function () {
        return window.mock.strict && !this.muted ? Promise.reject(new DOMException("no", "NotAllowedError")) : play.call(this);
      };
      return window.mock.offer();
    });
    await until("the button", () => document.querySelector(".touch-sound") && !document.querySelector(".touch-sound").hidden);
    await until("a moving picture meanwhile", () => document.querySelector("video[data-peer=d]").videoWidth > 0 && document.querySelector("video[data-peer=d]").muted);
    await page.evaluate(() => (window.mock.strict = false));
    await tabTo("[data-action=sound]", "Enter");
    await until("sound", () => document.querySelector(".touch-sound").hidden && !document.querySelector("video[data-peer=d]").muted);
  });
  await step("a reload comes back to the same place", async () => {
    await page.evaluate(() => sessionStorage.setItem("test", "1"));
    await page.evaluateOnNewDocument(() => Object.assign(window.mock, { place: "call", gen: 7 }));
    await page.reload({ waitUntil: "load" });
    await inPhase("call");
    assert.equal((await sent("hello"))[0].resume, "seat-1");
    await until("ready", () => window.mock.log.some((m) => m.type === "ready"));
    assert.equal((await sent("ready"))[0].audio, false, "the mute was lost by the reload");
  });
  await step("leave ends; what was received is saved, and the way back is there", async () => {
    await page.evaluate((worker) => window.mock.keys(worker), worker);
    await until("keys", () => document.documentElement.dataset.code !== "");
    await page.evaluate(() => {
      window.mock.files.send({ file: new File(["Deux fois par jour"], "soins.txt", { type: "text/plain" }) });
      window.mock.files.send({ file: new File(["x"], "oublie.txt", { type: "text/plain" }) });
    });
    await until("the notice", () => !document.querySelector(".file-notice").hidden);
    await page.evaluate(() => document.querySelector("[data-action=file-notice]").click());
    await until("both files", () => document.querySelectorAll(".panel .file").length === 2);
    await page.evaluate(() => [...document.querySelectorAll("[data-action=take]")].filter((b) => /soins/.test(b.getAttribute("aria-label")))[0].click());
    await until("received", () => /^Reçu/.test(window.fileState("soins.txt")));
    await tabTo("[data-action=leave]", "Enter");
    await inPhase("ended");
    assert.match(await page.evaluate(() => document.querySelector(".kept-files").innerText), /Fichiers reçus[^]*soins\.txt[^]*n’a pas été reçu[^]*oublie\.txt/);
    await tabTo(".kept-files [data-action=save]", "Enter");
    assert.equal(await saved("soins.txt"), "Deux fois par jour");
    await until("it says so", () => /Enregistré sur cet appareil/.test(document.querySelector(".kept-files").innerText));
    assert.equal((await sent("leave")).length, 1);
    assert.equal(await page.evaluate(() => sessionStorage.getItem("ekermed.seat")), null);
    await page.evaluate(() => Object.assign(window.mock, { place: "waiting", gen: 0, ready: false }));
    await tabTo("[data-action=return]", "Enter");
    await inPhase("waiting");
    assert.equal(joins, 2);
  });
  await step("refused with a sentence", async () => {
    await page.evaluate(() => window.mock.end("refused", "Revenez à 11 h."));
    await inPhase("ended");
    assert.match(await page.evaluate(() => document.body.innerText), /Revenez à 11 h\./);
    assert.equal(await page.evaluate(() => document.querySelector("[data-action=return]").hidden), true);
  });
  await step("an unknown link says so", async () => {
    await page.goto(site.url + "X", { waitUntil: "load" });
    await until("the words", () => /ne mène à aucun rendez-vous|leads to no appointment/.test(document.body.innerText));
  });
  await step("a seat that is gone goes back to the button", async () => {
    await page.evaluateOnNewDocument(() => (window.mock.forgot = true));
    await page.evaluate(() => sessionStorage.setItem("ekermed.seat", JSON.stringify({ code: "ABCDE-FGHIJ", resume: "old", audio: true, video: true })));
    await page.goto(site.url, { waitUntil: "load" });
    await until("the sentence", () => /coupée trop longtemps/.test(document.body.innerText));
    assert.equal(await phase(), "welcome");
  });
  assert.deepEqual(bad, []);
} catch (e) {
  console.log("  FAILED: " + e.message);
  console.log("  phase " + (await phase().catch(() => "?")) + ", faults: " + bad.join("; "));
  console.log("  log " + (await page.evaluate(() => JSON.stringify(window.mock.log.map((m) => [m.type, m.type === "answer" ? m.data.gen : m.data])).slice(-1500)).catch(() => "")));
  if (process.env.PAGE_PICTURES) await page.screenshot({ path: join(process.env.PAGE_PICTURES, "walk-failed.png") }).catch(() => 0);
  process.exitCode = 1;
} finally {
  await browser.close();
  await site.close();
  tmp.remove();
}
console.log(`walk (${firefox ? "Firefox" : "Chromium"}): ${steps} steps, every request to our own origin`);
