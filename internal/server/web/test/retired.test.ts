// Engines that cannot run the page: what the first script decides and says, with lists of what they
// lack; that it can be read by the oldest; and the known defects of those that can.
import { known, defects } from "../src/defects";

declare function require(name: string): any;
declare const process: any;
const test = require("node:test");
const assert = require("node:assert/strict");
const fs = require("node:fs");
const vm = require("node:vm");
const path = require("node:path");
const acorn = require("acorn");

// The tests are bundled elsewhere: the page's folder is where they are run from.
const web = process.env.PAGE_WEB;
const source: string = fs.readFileSync(path.join(web, "src/old.js"), "utf8");
const modern = ["Promise", "Map", "Set", "Symbol", "Uint8Array", "URL", "Array", "Object", "String"];

const agents: { [name: string]: string } = {
  ie11: "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
  ie11on7: "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
  edge18: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763",
  iphone: "Mozilla/5.0 (iPhone; CPU iPhone OS 9_3 like Mac OS X) AppleWebKit/601.1.46 (KHTML, like Gecko) Version/9.0 Mobile/13E188a Safari/601.1",
  android: "Mozilla/5.0 (Linux; Android 4.4.2; GT-I9505) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/30.0.0.0 Mobile Safari/537.36",
  mac: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_5) AppleWebKit/537.78.2 (KHTML, like Gecko) Version/7.0.6 Safari/537.78.2",
  linux: "Mozilla/5.0 (X11; Linux x86_64; rv:45.0) Gecko/20100101 Firefox/45.0",
};

interface Outcome { told: boolean; advice: string[] }

/** open runs the first script in an engine without some things; then the page's own either does not
 * arrive, cannot be read, or begins. */
function open(agent: string, missing: string[], script: "begins" | "unread" | "absent" | "later" = "unread"): Outcome {
  const listeners: { [type: string]: ((e: object) => void)[] } = {};
  const listen = (type: string, f: (e: object) => void) => (listeners[type] = listeners[type] || []).push(f);
  const fire = (type: string, e: object) => (listeners[type] || []).forEach((f) => f(e));
  const out: Outcome = { told: false, advice: [] };
  const elements: { [id: string]: object | null } = {
    app: { style: {} },
    loading: {},
    old: {
      removeAttribute: () => (out.told = true),
      querySelectorAll: (selector: string) => [{ removeAttribute: () => out.advice.push((/'(\w*)'/.exec(selector) || ["", "none"])[1]) }],
    },
  };
  const document = { getElementById: (id: string) => elements[id], addEventListener: listen };
  const world: { [name: string]: unknown } = { document, navigator: { userAgent: agent }, addEventListener: listen };
  for (const name of modern) {
    if (missing.indexOf(name) < 0) {
      world[name] = name === "Array" && missing.indexOf("Array.from") >= 0 ? {} : (globalThis as unknown as { [name: string]: unknown })[name];
    }
  }
  const context = vm.createContext({ window: world, Number });
  vm.runInContext(source, context);
  if (script === "absent") {
    fire("error", { target: { tagName: "SCRIPT" } });
  } else if (script !== "begins") {
    fire("error", { target: world, message: "Syntax error" });
  }
  if (script === "begins" || script === "later") {
    elements.loading = null;
  }
  fire("DOMContentLoaded", {});
  return out;
}

test("the first script can be read by engines of 2011", () => {
  acorn.parse(source, { ecmaVersion: 5 });
  assert.throws(() => acorn.parse("const x = () => 1", { ecmaVersion: 5 }), "the reader reads everything");
  assert.equal(fs.readFileSync(path.join(web, "dist/old.js"), "utf8"), source, "dist has another one");
});

test("the others can be read by engines of 2018, as promised", () => {
  for (const name of ["app.js", "diag.js", "seal-worker.js", "pdf.js", "pdf-worker.js"]) {
    acorn.parse(fs.readFileSync(path.join(web, "dist", name), "utf8"), { ecmaVersion: 2018 });
  }
});

test("both pages have it first, for every engine, and say it all in both languages", () => {
  for (const [name, script, up] of [["index.html", "app.js", "../"], ["diag.html", "diag.js", ""]]) {
    const html: string = fs.readFileSync(path.join(web, "dist", name), "utf8");
    const scripts = (html.match(/<script [^>]*>/g) || []).join("");
    assert.equal(scripts, `<script src="${up}s/old.js" defer><script src="${up}s/${script}" defer>`);
    for (const system of ["windows", "windows_old", "macos", "ios", "android", "linux"]) {
      assert.equal(html.split(`data-for="${system}" hidden>`).length, 3, `${name}: ${system}`);
    }
    assert.ok(html.includes(`href="${up}compat?language=fr"`) && html.includes(`href="${up}compat?language=en"`));
    assert.ok(html.includes('id="loading"') && html.includes('id="old" class="card old" hidden'));
  }
});

test("what an engine lacks decides", () => {
  for (const [agent, missing, script, told] of [
    ["ie11", ["Promise", "Symbol", "URL", "Array.from"], "unread", true],
    ["ie11", ["Promise"], "begins", true], // it would break half way
    ["linux", ["Array.from"], "begins", true],
    ["android", ["Map"], "begins", true],
    ["edge18", [], "unread", true], // has all of that, and cannot read the page
    ["edge18", [], "absent", false], // the network's fault
    ["linux", [], "later", false], // an error of a page that runs
    ["linux", [], "begins", false],
  ] as [string, string[], "begins" | "unread" | "absent" | "later", boolean][]) {
    assert.equal(open(agents[agent], missing, script).told, told, `${agent} without ${missing}, ${script}`);
  }
});

test("the advice is that of the system", () => {
  const advice = Object.keys(agents).map((name) => [name, open(agents[name], ["Promise"]).advice.join()]);
  assert.deepEqual(advice, [["ie11", "windows"], ["ie11on7", "windows_old"], ["edge18", "windows"], ["iphone", "ios"], ["android", "android"], ["mac", "macos"], ["linux", "linux"]]);
  assert.deepEqual(open("something else", ["Promise"]).advice, [""]);
});

const iphone = (os: string, rest: string) => `Mozilla/5.0 (iPhone; CPU iPhone OS ${os} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ${rest} Mobile/15E148 Safari/604.1`;
const ipad = (os: string) => `Mozilla/5.0 (iPad; CPU OS ${os} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/14.0.1 Mobile/15E148 Safari/604.1`;
const mac = (os: string, version: string) => `Mozilla/5.0 (Macintosh; Intel Mac OS X ${os}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${version} Safari/605.1.15`;

test("known defects are told of the versions that have them, and of no other", () => {
  for (const [agent, harms] of [
    [iphone("14_2", "Version/14.0.1"), ["sound"]],
    [iphone("14_2", "CriOS/87.0.4280.77"), ["sound"]],
    [ipad("14_2"), ["sound"]],
    [iphone("14_2_1", "Version/14.0.1"), []],
    [iphone("14_4", "Version/14.0.3"), []],
    [iphone("17_5", "Version/17.5"), []],
    [mac("10_15_7", "14.0.1"), ["sound"]],
    [mac("10_14_6", "14.0.1"), ["sound", "files"]],
    [mac("10_14_6", "14.0.2"), []],
    [mac("10_15_7", "14.1"), []],
    [mac("10_15_7", "16.0"), ["reload"]],
    [mac("10_15_7", "16.0.1"), []],
    [mac("10_15_7", "16.1"), []],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36", []],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0", []],
    ["", []],
  ] as [string, string[]][]) {
    assert.deepEqual(known(agent), harms, agent);
  }
});

test("every defect has its source, its sentence in both languages, and a version", () => {
  const fr = require("../../../../assets/i18n/fr.json");
  const en = require("../../../../assets/i18n/en.json");
  for (const d of defects) {
    assert.ok(d.source.length > 20 && (d.day === "" || /^\d{4}-\d\d-\d\d$/.test(d.day)), d.source);
    assert.ok(fr.page.defect[d.harm] && en.page.defect[d.harm], d.harm);
    assert.ok(d.agent.some((mark) => /\d/.test(mark.source)), "it would be told of every version");
  }
});
