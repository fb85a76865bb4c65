// Words: dates as the language writes them, names made safe, addresses under any prefix, and
// which offer sections are ours to fill.
import { family, inApp, named } from "../src/browser";
import { place } from "../src/api";
import { wantedByServer } from "../src/peer";
import { clean, cleanLine, Texts } from "../src/texts";
import { initials } from "../src/view/parts";

declare function require(name: string): any;
const test = require("node:test");
const assert = require("node:assert/strict");

const june = new Date(2025, 5, 3, 10, 30).getTime();

test("dates and times", () => {
  const fr = new Texts("fr");
  const en = new Texts("en");
  assert.equal(fr.when(june), "mardi 3\u00a0juin, 10\u00a0h\u00a030");
  assert.equal(en.when(june), "Tuesday 3\u00a0June, 10:30");
  assert.equal(fr.when(new Date(2025, 4, 1, 9, 5).getTime()), "jeudi 1er\u00a0mai, 9\u00a0h\u00a005");
  assert.equal(fr.n("minutes", 0), "0\u00a0minute");
  assert.equal(en.n("minutes", 0), "0\u00a0minutes");
  assert.equal(fr.span(90 * 60000), "1\u00a0heure 30\u00a0minutes");
  assert.equal(fr.span(5 * 86400000 - 1800000), "5\u00a0jours");
});

test("every sentence is French to the last space", () => {
  const walk = (o: object): string[] => Object.keys(o).reduce<string[]>((all, k) => all.concat(typeof (o as any)[k] === "string" ? (o as any)[k] : walk((o as any)[k])), []);
  const { page, diag } = require("../../../../assets/i18n/fr.json");
  for (const s of walk({ page, diag })) {
    assert.ok(!/ [:;!?»]|« |\.\.\.|'|[a-zà-ü][:;!?]/i.test(s), s);
  }
});

test("names and sentences lose what hides or turns them", () => {
  for (const bad of ["\u202e", "\u2066", "\u200f", "\u0000", "\u001b[31m".slice(0, 1), "\u00ad", "\ufeff", "\u200b", "\u2028"]) {
    assert.equal(clean("a" + bad + "b", 80), "ab", escape(bad));
  }
  assert.equal(cleanLine("  Dr\n Anne \t Le Goff ", 80), "Dr Anne Le Goff");
  assert.equal(clean("a\nb", 80), "a\nb");
  assert.equal(Array.from(clean("😀".repeat(90), 80)).length, 80);
  assert.equal(initials("Dr Anne Le Goff"), "AG");
  assert.equal(initials("Pr. Yves"), "Y");
  assert.equal(initials(""), "");
});

test("the page lives under any prefix", () => {
  const at = (pathname: string, protocol = "https:") => place({ protocol, host: "h.example", pathname });
  assert.deepEqual(at("/r/CODE"), { code: "CODE", base: "", socket: "wss://h.example/ws" });
  assert.deepEqual(at("/a/b/r/CODE/"), { code: "CODE", base: "/a/b", socket: "wss://h.example/a/b/ws" });
  assert.deepEqual(at("/r/r/CODE", "http:"), { code: "CODE", base: "/r", socket: "ws://h.example/r/ws" });
});

test("the network test lives beside it", () => {
  const at = (pathname: string) => place({ protocol: "https:", host: "h.example", pathname }, undefined, "/diag");
  assert.deepEqual(at("/diag"), { code: "", base: "", socket: "wss://h.example/ws" });
  assert.deepEqual(at("/soins/diag"), { code: "", base: "/soins", socket: "wss://h.example/soins/ws" });
});

test("the sections that the server wants to receive", () => {
  const sdp = ["v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0", "a=recvonly", "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:1", "a=recvonly", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:2", "a=sendonly", "m=video 0 UDP/TLS/RTP/SAVPF 96", "a=mid:3", "a=recvonly", ""].join("\r\n");
  assert.deepEqual(wantedByServer(sdp), { audio: ["0"], video: ["1"] });
});

test("browsers by their names", () => {
  const iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
  assert.equal(inApp(iphone + " Version/17.0 Mobile/15E148 Safari/604.1"), "");
  assert.equal(inApp(iphone + " Mobile/15E148"), "Safari");
  assert.equal(inApp(iphone + " Mobile/15E148 [FBAN/FBIOS;FBAV/1]"), "Safari");
  assert.equal(inApp(iphone + " CriOS/120.0 Mobile/15E148 Safari/604.1"), "");
  assert.equal(inApp("Mozilla/5.0 (Linux; Android 13; Pixel; wv) AppleWebKit/537.36 Version/4.0 Chrome/120.0 Mobile Safari/537.36"), "Chrome");
  assert.equal(inApp("Mozilla/5.0 (Linux; Android 13; Pixel) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"), "");
  assert.equal(family(iphone, 5), "ios");
  assert.equal(family("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.0 Safari/605.1.15", 5), "ios");
  assert.equal(family("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.0 Safari/605.1.15", 0), "safari");
  assert.equal(family("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", 0), "firefox");
});

test("browsers by name and version, and those known to be too old", () => {
  for (const [agent, want] of [
    ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", "Chrome 140"],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge 140"],
    ["Mozilla/5.0 (Linux; Android 9; SM-G960F) AppleWebKit/537.36 SamsungBrowser/6.4 Chrome/56.0.2924.87 Mobile Safari/537.36", "Samsung Internet 6 old"],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:68.0) Gecko/20100101 Firefox/68.0", "Firefox 68 old"],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:78.0) Gecko/20100101 Firefox/78.0", "Firefox 78"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1", "Safari 17.4"],
    ["Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/11.1.2 Safari/605.1.15", "Safari 11.1 old"],
    ["Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 CriOS/120.0 Mobile/15E148 Safari/604.1", "Chrome iOS 120"],
    ["somebody", " "],
  ]) {
    const it = named(agent);
    assert.equal(it.name + " " + it.version + (it.old ? " old" : ""), want);
  }
});
