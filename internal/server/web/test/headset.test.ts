// Which headset is offered, as devices come and go.
import { plugged, type Headset } from "../src/headset";
import type { Device, Devices } from "../src/media";

declare function require(name: string): any;
const test = require("node:test");
const assert = require("node:assert/strict");

const device = (id: string, label = "Micro " + id, group = ""): Device => ({ id, label, group });
const all = (microphones: Device[], microphone = "built-in", speakers: Device[] = []): Devices => ({ cameras: [], camera: "", microphones, microphone, speakers, speaker: "" });

test("a microphone that comes is offered, with the speaker of the same device", () => {
  const before = all([device("built-in")]);
  const bluetooth = device("b", "Casque", "g");
  const now = all([device("default", "Par défaut"), device("built-in"), bluetooth], "built-in", [device("s", "Autre", "h"), device("t", "Casque", "g")]);
  const offered = plugged(before, now, null) as Headset;
  assert.deepEqual(offered, { microphone: "b", speaker: "t", label: "Casque" });
  assert.equal(plugged(now, now, offered), offered, "it stays offered");
  assert.equal(plugged(now, { ...now, microphone: "b" }, offered), null, "until it is used");
  assert.equal(plugged(now, before, offered), null, "or gone");
  assert.equal((plugged(before, all([device("built-in"), bluetooth]), null) as Headset).speaker, "");
});

test("what was there before, or came by itself into use, is not offered", () => {
  assert.equal(plugged(all([]), all([device("built-in"), device("b")]), null), null, "the first look");
  assert.equal(plugged(all([device("", "")]), all([device("built-in"), device("b")]), null), null, "names that were not told before");
  assert.equal(plugged(all([device("built-in")]), all([device("built-in"), device("b")], "b"), null), null, "it is in use");
  assert.equal(plugged(all([device("built-in")]), all([device("built-in"), device("default", "x"), device("communications", "y")]), null), null);
  assert.equal(plugged(all([device("built-in"), device("b")]), all([device("built-in")]), null), null);
});
