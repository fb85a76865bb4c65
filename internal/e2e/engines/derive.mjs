// Says from the published tables (MDN browser-compat-data) since when each browser has what the page
// needs, after needs.json, and which of its versions has which engine.
// Usage: node derive.mjs OUT
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const data = JSON.parse(readFileSync(join(here, "node_modules/@mdn/browser-compat-data/data.json"), "utf8"));
const needs = JSON.parse(readFileSync(join(here, "needs.json"), "utf8"));

const numbers = (version) => version.replace("≤", "").split(".").map(Number);
/** newer orders versions; null is never. */
function newer(a, b) {
  if (a === null || b === null) return a === null ? (b === null ? 0 : 1) : -1;
  const [x, y] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    if ((x[i] || 0) !== (y[i] || 0)) return (x[i] || 0) - (y[i] || 0);
  }
  return 0;
}
const latest = (list) => list.reduce((a, b) => (newer(a, b) >= 0 ? a : b));
const earliest = (list) => list.reduce((a, b) => (newer(a, b) <= 0 ? a : b));

/** since is when a browser got something for good, without flag or other name; null for never. */
function since(path, browser) {
  const node = path.split(".").reduce((at, key) => at && at[key], data);
  if (!node) throw new Error(`needs.json: ${path} is not in the tables`);
  const said = node.__compat.support[browser];
  const all = (Array.isArray(said) ? said : [said]).filter((s) => s && typeof s.version_added === "string" && s.version_added !== "preview" && !s.version_removed && !s.flags && !s.prefix && !s.alternative_name && !s.partial_implementation);
  return all.length ? earliest(all.map((s) => s.version_added.replace("≤", ""))) : null;
}

/** feature is since when all of it can be had, and what is missing when it cannot. */
function feature(name, browser) {
  const f = needs.features[name];
  const parts = f.needs.map((path) => [path, since(path, browser)]);
  if (f.one) parts.push([f.one.join(" | "), earliest(f.one.map((path) => since(path, browser)))]);
  const from = f.like ? feature(f.like, browser) : { since: "0", missing: [] };
  const missing = from.missing.concat(parts.filter(([, v]) => v === null).map(([path]) => path));
  return { since: missing.length ? null : latest([from.since, ...parts.map(([, v]) => v)]), missing };
}

const released = (r) => r.release_date && r.status !== "planned" && r.status !== "nightly" && r.status !== "beta";
const browsers = {};
for (const id of needs.browsers) {
  const b = data.browsers[id];
  const releases = Object.entries(b.releases).filter(([, r]) => released(r)).sort(([a], [c]) => newer(a, c));
  const floor = needs.floors.find((f) => f.browser === id);
  const features = {};
  for (const name of Object.keys(needs.features)) {
    const found = feature(name, id);
    features[name] = found.since === null ? { missing: found.missing } : { since: floor ? latest([found.since, floor.version]) : found.since };
  }
  browsers[id] = { name: b.name, newest: releases[releases.length - 1][0], features };
  const blink = releases.filter(([, r]) => r.engine === "Blink" && Number(r.engine_version) >= 56).map(([v, r]) => [v, Number(r.engine_version)]);
  if (blink.length && !id.startsWith("chrome")) browsers[id].blink = Object.fromEntries(blink);
}
const text = JSON.stringify({ source: "@mdn/browser-compat-data " + data.__meta.version, date: data.__meta.timestamp.slice(0, 10), browsers }, null, 1);
writeFileSync(process.argv[2], text + "\n");
