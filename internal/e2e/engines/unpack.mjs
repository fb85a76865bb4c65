// Unpacks the browsers of the packages chromium-N into a folder, as OUT/chromium-N/chromium with
// its graphics libraries beside it. What is there already stays.
// Usage: node unpack.mjs OUT
import { execFileSync } from "node:child_process";
import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createBrotliDecompress } from "node:zlib";

const packages = join(dirname(fileURLToPath(import.meta.url)), "node_modules");
const out = process.argv[2];
if (!out) {
  console.error("usage: node unpack.mjs OUT");
  process.exit(2);
}
for (const engine of readdirSync(packages).filter((name) => /^chromium-\d+$/.test(name))) {
  const done = join(out, engine);
  if (existsSync(done)) {
    continue;
  }
  const part = done + ".part"; // a half one is not taken for a whole one
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  const from = join(packages, engine, "bin");
  const unpack = (name, to, mode) => pipeline(createReadStream(join(from, name)), createBrotliDecompress(), createWriteStream(to, { mode }));
  await unpack("chromium.br", join(part, "chromium"), 0o755);
  const tar = join(part, "graphics.tar");
  await unpack("swiftshader.tar.br", tar, 0o644);
  execFileSync("tar", ["xf", tar, "-C", part, "--no-same-owner"]);
  rmSync(tar);
  renameSync(part, done);
  console.log("unpacked " + engine);
}
