// Runs every test of the page, one after the other: npm test, or node test/run.mjs NAME…
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { here } from "./browser.mjs";

const all = {
  unit: [["unit.mjs", {}]],
  gallery: [["gallery.mjs", {}]],
  board: [["board.mjs", {}]],
  paper: [["paper.mjs", {}], ["paper.mjs", { PAGE_BROWSER: "firefox" }]],
  walk: [["walk.mjs", {}]],
  diag: [["diag.mjs", {}]],
  firefox: [["walk.mjs", { PAGE_BROWSER: "firefox" }]],
  files: [["files.mjs", {}], ["files.mjs", { PAGE_BROWSER: "firefox" }]],
  screen: [["screen.mjs", {}], ["screen.mjs", { PAGE_SEAL: "streams" }], ["screen.mjs", { PAGE_BROWSER: "firefox" }]],
  seal: [["seal.mjs", {}], ["seal.mjs", { PAGE_SEAL: "streams" }], ["seal.mjs", { PAGE_BROWSER: "firefox" }]],
};
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(all);
let failed = 0;
for (const name of names) {
  console.log("== " + name);
  for (const [file, env] of all[name]) {
    const { status } = spawnSync(process.execPath, [join(here, file)], { stdio: "inherit", env: { ...process.env, ...env } });
    failed += status === 0 ? 0 : 1;
  }
}
process.exit(failed ? 1 : 0);
