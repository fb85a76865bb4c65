// What this browser is and can do: only for words and help, never to lock anyone out.
import type { Cause } from "./state";

export type Family = "chrome" | "android" | "firefox" | "safari" | "ios";

export function family(agent: string, touches: number): Family {
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touches > 1)) {
    return "ios";
  }
  if (/Firefox\//.test(agent)) {
    return "firefox";
  }
  if (/Android/.test(agent)) {
    return "android";
  }
  return /Safari\//.test(agent) && !/Chrom(e|ium)\//.test(agent) ? "safari" : "chrome";
}

/** inApp tells whether the page is open inside another app, and names the browser to take instead. */
export function inApp(agent: string): "Safari" | "Chrome" | "" {
  const apple = /iPhone|iPad|iPod/.test(agent);
  const known = /FBAN|FBAV|Instagram|Line\/|MicroMessenger|LinkedInApp|Snapchat|Twitter|WhatsApp|GSA\/|YJApp|; wv\)/.test(agent);
  // On iOS a bare web view has neither Safari's name nor another browser's.
  const bare = apple && !/Safari\/|CriOS|FxiOS|EdgiOS|OPT\//.test(agent);
  return known || bare ? (apple ? "Safari" : "Chrome") : "";
}

export function cause(): Cause | "" {
  if (window.isSecureContext === false) {
    return "insecure";
  }
  const can = typeof RTCPeerConnection === "function" && typeof WebSocket === "function" && typeof fetch === "function";
  return can && "getTransceivers" in RTCPeerConnection.prototype ? "" : "webrtc";
}

/** program names this client for support, without the rest of the agent's trail. */
export function program(agent: string): string {
  const found = /(Firefox|FxiOS|CriOS|Edg|SamsungBrowser|OPR|Chrome|Version)\/[\d.]+/.exec(agent);
  return ("page 1; " + (found ? found[0] : "unknown")).slice(0, 120);
}

export interface Named {
  name: string;
  version: string;
  /** old: known to be older than what we promise to work. */
  old: boolean;
}

/** The first that an agent names is the browser itself; what follows is what it descends from. */
const marks: [RegExp, string, number][] = [
  [/\bEdg(?:A|iOS)?\/(\d+)/, "Edge", 79],
  [/\bOPR\/(\d+)/, "Opera", 58],
  [/\bSamsungBrowser\/(\d+)/, "Samsung Internet", 7],
  [/\bFxiOS\/(\d+)/, "Firefox iOS", 0],
  [/\bFirefox\/(\d+)/, "Firefox", 78],
  [/\bCriOS\/(\d+)/, "Chrome iOS", 0],
  [/(?:\b|Headless)Chrome\/(\d+)/, "Chrome", 70],
  [/\bVersion\/(\d+(?:\.\d+)?)[^ ]* .*Safari\//, "Safari", 12],
];

/** named tells the browser's name and version, empty when unknown. */
export function named(agent: string): Named {
  for (const [mark, name, floor] of marks) {
    const found = mark.exec(agent);
    if (found) {
      return { name, version: found[1], old: parseFloat(found[1]) < floor };
    }
  }
  return { name: "", version: "", old: false };
}
