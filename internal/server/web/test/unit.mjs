// The tests that need no browser, bundled for node and run by its own runner.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { bundle, scratch, web } from "./browser.mjs";

const tmp = scratch();
const files = ["board.test", "call.test", "chat.test", "diag.test", "easel.test", "files.test", "headset.test", "lead.test", "link.test", "paper.test", "photo.test", "retired.test", "screen.test", "seal.test", "share.test", "speaking.test", "transfers.test", "words.test"].map((name) => {
  const out = join(tmp.dir, name + ".cjs");
  bundle(name + ".ts", out, "--platform=node", "--format=cjs");
  return out;
});
bundle("old.ts", join(tmp.dir, "old.js"), "--format=iife", "--target=es2018");
const { status } = spawnSync(process.execPath, ["--test", "--test-reporter=spec", "--test-timeout=120000", ...files], { stdio: "inherit", timeout: 300000, env: { ...process.env, PAGE_WEB: web } });
tmp.remove();
process.exit(status === null ? 1 : status);
