// What is taken for a PDF, and when one may be laid under the whiteboard. That it is read is
// shown in browsers: paper.mjs.
import { initial, type State } from "../src/state";
import { mayLay } from "../src/drawing";
import type { Item } from "../src/files/engine";
import { isPaper, kind, maxPaper, PaperError, reason } from "../src/paper/paper";

declare function require(name: string): any;
const test = require("node:test");
const assert = require("node:assert/strict");

test("a PDF says so in its first kilobyte", async () => {
  const at = (n: number) => new Blob([new Uint8Array(n), "%PDF-1.4"]);
  assert.equal(await isPaper(at(0)), true);
  assert.equal(await isPaper(at(1019)), true);
  assert.equal(await isPaper(at(1020)), false);
  assert.equal(await isPaper(new Blob(["\x89PNG"])), false);
  assert.equal(await isPaper(new Blob([])), false);
});

test("whatever is thrown has a reason that there is a sentence for", () => {
  assert.equal(reason(new PaperError("locked")), "locked");
  for (const e of [new Error("x"), null, undefined, "x"]) {
    assert.equal(reason(e), "damaged");
  }
});

test("a received PDF may be laid up to its own size, by who may draw", () => {
  const s = { ...initial(), stage: "call", able: { ...initial().able, keys: true }, role: "patient" } as State;
  const it = (type: string, size: number, here = true) => ({ kind: type, size, file: here ? new Blob([]) : null }) as Item;
  assert.equal(mayLay(s, it(kind, maxPaper)), true);
  assert.equal(mayLay(s, it(kind, maxPaper + 1)), false);
  assert.equal(mayLay(s, it(kind, 10, false)), false);
  assert.equal(mayLay(s, it("image/png", maxPaper)), false, "a picture has less");
  assert.equal(mayLay(s, it("image/svg+xml", 10)), false);
  assert.equal(mayLay({ ...s, role: "observer" }, it(kind, 10)), false);
});
