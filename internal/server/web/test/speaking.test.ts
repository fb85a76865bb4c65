// Who is said to speak, as levels come.
import { Speaking, level } from "../src/speaking";

declare function require(name: string): any;
const test = require("node:test");
const assert = require("node:assert/strict");

test("speech is told once, held over the pauses between words, and over after them", () => {
  const s = new Speaking();
  assert.equal(s.hear({ d: 0.004, e: 0 }, 0), null, "a quiet room");
  assert.deepEqual(s.hear({ d: 0.05, e: 0 }, 300), ["d"]);
  assert.equal(s.hear({ d: 0.2, e: 0 }, 600), null, "still the same");
  assert.equal(s.hear({ d: 0, e: 0 }, 1200), null, "a pause between words");
  assert.deepEqual(s.hear({ d: 0, e: 0.3 }, 1290), ["d", "e"], "both at once");
  assert.deepEqual(s.hear({ d: 0, e: 0.3 }, 1500), ["e"]);
  assert.deepEqual(s.hear({}, 2500), [], "gone, and no longer heard");
  assert.deepEqual(s.who(), []);
});

test("the level of a receiver, and of one whose browser does not tell", () => {
  const of = (sources: object[]) => ({ getSynchronizationSources: () => sources }) as unknown as RTCRtpReceiver;
  const loud = { 7: 0.1, 8: 0.4, 9: 0.9 };
  assert.equal(level(of([{ source: 7 }, { source: 8 }]), loud), 0.4);
  assert.equal(level(of([{ source: 10 }]), loud), 0);
  assert.equal(level(of([]), loud), 0);
  assert.equal(level({} as RTCRtpReceiver, loud), 0);
});
