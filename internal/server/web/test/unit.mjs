// The tests that need no browser, bundled for node and run by its own runner.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { bundle, scratch } from "./browser.mjs";

const tmp = scratch();
const files = ["call.test", "diag.test", "link.test", "words.test"].map((name) => {
  const out = join(tmp.dir, name + ".cjs");
  bundle(name + ".ts", out, "--platform=node", "--format=cjs");
  return out;
});
const { status } = spawnSync(process.execPath, ["--test", "--test-reporter=spec", "--test-timeout=30000", ...files], { stdio: "inherit", timeout: 120000 });
tmp.remove();
process.exit(status === null ? 1 : status);
