// The reducer's tests, bundled for node and run by its own runner.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { bundle, scratch } from "./browser.mjs";

const tmp = scratch();
const out = join(tmp.dir, "call.test.cjs");
bundle("call.test.ts", out, "--platform=node", "--format=cjs");
const { status } = spawnSync(process.execPath, ["--test", out], { stdio: "inherit" });
tmp.remove();
process.exit(status === null ? 1 : status);
