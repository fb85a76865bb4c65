// Every state of the page, shown by the real view in a real browser, for pictures and axe.
import type { Carrier } from "../src/board/ground";
import { measured } from "../src/board/picture";
import { initial, type Bond, type State } from "../src/state";
import { silence, type Message, type Writing } from "../src/chat";
import type { Harm } from "../src/defects";
import type { Dot } from "../src/pointing";
import { idle, type Sharing } from "../src/screen";
import type { Item } from "../src/files/engine";
import type { Photo } from "../src/photo";
import type { Kept } from "../src/transfers";
import { Easel } from "../src/easel";
import { opener, PaperError, reason, type Paper, type Why } from "../src/paper/paper";
import { text } from "../src/seal/bytes";
import { View } from "../src/view";
import { Leafing } from "../src/view/pages";
import type { LinkInfo, Person } from "../src/wire.gen";
import strokes from "../../../ui/board/testdata/drawing.json";

const now = new Date(2025, 5, 3, 10, 27, 0).getTime();
const start = new Date(2025, 5, 3, 10, 30, 0).getTime();

const link = (more: Partial<LinkInfo> = {}): LinkInfo => ({
  status: "open", clinician: "Dr Anne Le Goff", practice: "Cabinet médical des Glénan", phone: "02 98 00 12 34",
  start: start / 1000, opens: start / 1000 - 1800, closes: start / 1000 + 7200, minutes: 30, language: "fr", now: now / 1000, ...more,
});
const person = (id: string, more: Partial<Person> = {}): Person => ({
  id, name: id === "d" ? "Dr Anne Le Goff" : "Yann Kermarrec", role: id === "d" ? "clinician" : "patient", place: "call",
  ready: true, away: false, audio: true, video: true, since: now / 1000 - 240, ...more,
});
const base = (more: Partial<State> = {}): State => ({ ...initial(), now, link: link(), ...more });
const room = (more: Partial<State> = {}): State =>
  base({ stage: "waiting", line: "up", self: "p", arrivedAt: now - 4 * 60000, capture: "done", hasAudio: true, hasVideo: true, people: { p: person("p", { place: "waiting" }) }, ...more });
const call = (more: Partial<State> = {}): State =>
  room({ stage: "call", admitted: true, gen: 1, media: "connected", people: { p: person("p"), d: person("d") }, ...more });
/** crowd is a call with so many others. */
const crowd = (others: number): State => {
  const all = [
    person("d"), person("e", { name: "Nolwenn Le Bihan", role: "interpreter" }), person("f", { name: "Dr Paul Riou", role: "colleague" }),
    person("g", { name: "Lou Moreau", role: "companion", hand: true, video: false }), person("h", { name: "Yann Kermarrec", role: "companion", audio: false, video: false }),
  ];
  const people: State["people"] = { p: person("p") };
  all.slice(0, others).forEach((o) => (people[o.id] = o));
  return call({ people });
};
const keyed = (bond: Partial<Bond>, three = false, differed = false): State =>
  call({
    able: { keys: true, seal: true }, sealing: true, differed: differed ? { d: true } : {}, tampered: bond.standing === "broken",
    people: { p: person("p"), d: person("d", { keys: true, seal: true }), ...(three ? { e: person("e", { name: "Interprète Nolwenn", video: false, keys: true, seal: true }) } : {}) },
    bonds: {
      d: { standing: "agreed", code: [103, 12, 219, 88], agreed: 1, compared: "", ...bond },
      ...(three ? { e: { standing: "agreed", code: [4, 177, 31, 250], agreed: 1, compared: "same" } as Bond } : {}),
    },
  });
const message = (n: number, text: string, more: Partial<Message> = {}): Message => ({ from: "d", id: String(n), text, at: now - 300000 + n * 40000, mine: false, got: 0, missing: [], ...more });
const mine = { from: "p", mine: true, got: 1 };
const talking = (messages: Message[], more: Partial<State> = {}, writing: Writing[] = []): State => ({
  ...keyed({}, true), panel: "chat", chat: { ...silence(), messages, writing }, authors: { e: "Interprète Nolwenn" }, ...more,
});
const talk = [
  message(1, "Bonjour Monsieur, je vous note ici le nom du médicament\u202f: amoxicilline 500 mg, une gélule matin, midi et soir."),
  message(2, "Merci docteur.\nPendant combien de jours\u202f?", mine),
  message(3, "Six jours. Tout est expliqué sur https://www.sante.example/fiches/amoxicilline?forme=gelule#posologie-chez-l-adulte-et-l-enfant."),
  message(4, "مرحبا، هل يمكنني قراءة هذا؟ 500 mg", { from: "e" }),
  message(5, "Anticonstitutionnellementanticonstitutionnellementanticonstitutionnellement 👩‍⚕️👍🏽❤️", mine),
  message(6, "D’accord", { ...mine, got: 2 }),
];
/** leading is a consultation that was handed to "e", as "e" has it. */
const leading = (more: Partial<State> = {}, waits = false): State => ({
  ...keyed({}, true), self: "e", role: "clinician",
  people: {
    p: person("p", { keys: true, seal: true }), d: person("d", { role: "colleague", keys: true, seal: true }),
    e: person("e", { name: "Dr Paul Riou", role: "clinician", keys: true, seal: true }),
    ...(waits ? { w: person("w", { name: "Inès Le Bihan", role: "interpreter", place: "waiting", again: true }) } : {}),
  },
  ...more,
});
const showing = (more: Partial<State> = {}): State => {
  const s = keyed({}, true);
  return { ...s, people: { ...s.people, d: { ...s.people.d, screen: true } }, authors: { e: "Interprète Nolwenn" }, ...more };
};
const sharing = (more: Partial<Sharing>): State => ({ ...keyed({}, true), sharing: { ...idle(), ...more } });
const dots: Dot[] = [{ peer: "e", x: 2400, y: 3300 }, { peer: "p", x: 8600, y: 9400 }];
const file = (n: number, title: string, more: Partial<Item> = {}): Item => ({
  id: "d/" + n, mine: false, from: "d", use: "file", name: title, size: 2400000, done: 0, state: "ready", problem: "", kind: "", warning: "", whole: true, thumbnail: null, file: null, replies: {}, reasons: {}, ...more,
});
const ours = (n: number, title: string, more: Partial<Item> = {}) => file(n, title, { id: String(n), mine: true, from: "", ...more });
const store = { token: "t", limit: 100e6 };
const filing = (files: Item[], more: Partial<State> = {}): State => ({ ...keyed({}, true), store, panel: "files", files, authors: { e: "Interprète Nolwenn" }, ...more });
/** leaves is a letter of so many pages, of which each comes, is on its way, or cannot be shown. */
const leaves = (pages: number, how?: "coming" | Why): Paper => ({
  pages,
  page: (n, longest) => {
    const c = document.createElement("canvas");
    c.width = Math.round((longest * 210) / 297);
    c.height = longest;
    const g = c.getContext("2d") as CanvasRenderingContext2D;
    const bar = (fill: string, x: number, y: number, w: number, h: number) => {
      g.fillStyle = fill;
      g.fillRect((x * longest) / 100, (y * longest) / 100, (w * longest) / 100, (h * longest) / 100);
    };
    bar("#ffffff", 0, 0, 100, 100);
    bar("#1e5a6e", 8, 8, 22, 3);
    for (let i = 0; i < 24; i++) {
      bar("#5a5a5a", 8, 24 + i * 3, 40 + ((i * 7 + n * 5) % 14), 1);
    }
    return how === "coming" ? new Promise(() => undefined) : how ? Promise.reject(new PaperError(how)) : Promise.resolve(c);
  },
  close: () => undefined,
});
/** drawing is a picture as a file: a plaster on a knee, as it were. */
function drawing(w: number, h: number): Blob {
  const c = document.createElement("canvas");
  c.width = w;
  c.height = h;
  const g = c.getContext("2d") as CanvasRenderingContext2D;
  g.fillStyle = "#d9a98a";
  g.fillRect(0, 0, w, h);
  g.fillStyle = "#f2e3cf";
  g.fillRect(w * 0.2, h * 0.38, w * 0.6, h * 0.24);
  g.fillStyle = "#c0574f";
  g.beginPath();
  g.arc(w / 2, h / 2, h * 0.09, 0, 7);
  g.fill();
  const text = atob(c.toDataURL("image/png").split(",")[1]);
  return new Blob([new Uint8Array(Array.from(text).map((b) => b.charCodeAt(0)))], { type: "image/png" });
}
const received = (n: number, title: string, more: Partial<Item> = {}) => file(n, title, { state: "done", done: 2400000, file: new Blob(["x"]), ...more });
const several = [
  received(1, "plan-de-traitement.pdf", { size: 184000 }),
  received(2, "genou-droit.jpg", { thumbnail: drawing(128, 128), kind: "image/jpeg" }),
  ours(3, "ordonnance-du-docteur-kermarrec-renouvellement-de-novembre.pdf", { state: "uploading", size: 48000000, done: 21600000 }),
  ours(4, "irm-de-2019.zip", { state: "paused", problem: "by_hand", size: 91000000, done: 63000000 }),
];
const wrong = [
  ours(1, "scanner.dcm", { state: "failed", problem: "too_large", size: 812000000 }),
  ours(2, "analyse.pdf", { state: "ready", replies: { d: "refused" }, reasons: { d: "infected" } }),
  received(3, "mise-a-jour.exe", { warning: "program", from: "e" }),
  file(4, "lettre.docm", { warning: "macros", state: "failed", problem: "forged" }),
  file(5, "radio-du-thorax.png", { state: "paused", problem: "offline", done: 900000, from: "e" }),
];
const offers = [
  ours(1, "carte-vitale.jpg", { state: "done", thumbnail: null, kind: "image/jpeg", replies: { d: "received", e: "received" } }),
  ours(2, "liste-des-medicaments.txt", { state: "ready", size: 812, replies: { d: "received" } }),
  ours(3, "vieux.pdf", { state: "withdrawn" }),
  file(4, "compte-rendu.pdf", { whole: false }),
  file(5, "exercices.mp4", { state: "fetching", size: 64000000, done: 30000000 }),
  file(6, "fiche.pdf", { state: "checking", done: 2400000 }),
  file(7, "vieux-compte-rendu.pdf", { state: "failed", problem: "declined" }),
];
const photo = (more: Partial<Photo> = {}): State => ({ ...keyed({}), store, photo: { id: "a", peer: "d", name: "Dr Anne Le Goff", torch: false, camera: "", stage: "posing", picture: null, lit: false, ...more } });
const keep = (n: number, title: string, more: Partial<Kept> = {}): Kept => ({ id: "d/" + n, name: title, from: "Dr Anne Le Goff", size: 2400000, file: new Blob(["x"]), thumbnail: null, warning: "", saved: false, ...more });
const boarded = (more: Partial<State> = {}, three = false): State => ({ ...keyed({}, three), board: true, ...more });
const over = (reason: State["reason"], from: State["stage"], more: Partial<State> = {}): State =>
  base({ stage: "ended", from, reason, endedAt: now, ...more });
const asks = (problem: State["captureProblem"]): State =>
  base({ stage: "permission", line: "up", capture: problem ? "problem" : "asking", captureProblem: problem });

type Extra = { remote?: boolean; second?: boolean; tall?: boolean; self?: boolean; level?: number; press?: string; inApp?: "Safari"; defects?: Harm[]; family?: "ios" | "safari" | "firefox" | "android"; touch?: boolean; flowing?: boolean; shares?: boolean; screen?: boolean; dots?: Dot[]; times?: number; drag?: boolean; pose?: boolean; drawn?: boolean; headset?: boolean; leaf?: [number, number, ("coming" | Why)?]; speaks?: string[] };
const scenes: { [name: string]: [State, Extra?] } = {
  "p1-open": [base()],
  "p1-late": [base({ link: link({ status: "late" }) })],
  "p1-joining": [base({ joining: true, notice: "offline" })],
  "p1-notice": [base({ notice: "pass" })],
  "p1-seal": [base({ notice: "seal" })],
  "p1-locked": [base({ notice: "locked" })],
  "p1-early": [base({ link: link({ status: "early", opens: now / 1000 + 754 }) })],
  "p1-early-days": [base({ link: link({ status: "early", start: start / 1000 + 5 * 86400, opens: start / 1000 + 5 * 86400 - 1800 }) })],
  "p1-cancelled": [base({ link: link({ status: "cancelled" }) })],
  "p1-expired": [base({ link: link({ status: "expired" }) })],
  "p1-unknown": [base({ link: null, linkProblem: "unknown_link" })],
  "p1-offline": [base({ link: null, linkProblem: "offline" })],
  "p1-loading": [base({ link: null })],
  "p1-inapp": [base(), { inApp: "Safari" }],
  "p1-defect": [base(), { defects: ["sound", "files"] }],
  "p1-long-names": [base({ link: link({ clinician: "Dr Marie-Françoise de Kerguelen-Trémarec \u202eevil", practice: "Maison de santé pluriprofessionnelle universitaire du pays de Cornouaille", phone: "+33 2 98 00 12 34" }) })],
  "p2-asking": [asks("")],
  "p2-denied": [asks("denied")],
  "p2-denied-ios": [asks("denied"), { family: "ios" }],
  "p2-missing": [asks("missing")],
  "p2-no-camera": [asks("no_camera")],
  "p2-busy": [asks("busy")],
  "p3-test": [base({ stage: "test", capture: "done", hasAudio: true, hasVideo: true, link: link({ status: "early" }) }), { self: true, level: 0.6 }],
  "p4-waiting": [room(), { self: true, level: 0.2 }],
  "p4-heard": [room({ arrivedAt: now }), { self: true, level: 0.7 }],
  "p4-message": [room({ messages: [{ from: "Dr Anne Le Goff", text: "Bonjour, j’ai dix minutes de retard. Merci de votre patience.", at: now }] }), { self: true, level: 0.5 }],
  "p4-away": [room({ people: { d: person("d", { place: "waiting", away: true }) } }), { self: true, level: 0.5 }],
  "p4-without": [room({ hasVideo: false, hasAudio: false })],
  "p4-hold": [room({ people: { p: person("p", { place: "hold" }), d: person("d") } }), { self: true, level: 0.4 }],
  "p4-muted": [room({ audio: false, video: false })],
  "p4-reconnecting": [room({ line: "down", downSince: now - 7000 }), { self: true }],
  "p4-weak": [room({ slowAnswers: 3 }), { self: true, level: 0.5 }],
  "p4-sound": [room(), { self: true, level: 0.5, press: ".speaker-test button" }],
  "p5-call": [call(), { remote: true, self: true }],
  "p5-upright": [call(), { remote: true, self: true, tall: true }],
  "p5-phone-swap": [call(), { remote: true, self: true, touch: true }],
  "p5-muted": [call({ audio: false, video: false }), { remote: true }],
  "p5-mute": [call({ audio: false }), { remote: true, self: true }],
  "p5-connecting": [call({ media: "connecting" }), { self: true }],
  "p5-camera-off": [call({ people: { p: person("p"), d: person("d", { video: false }) } }), { remote: true, self: true }],
  "p5-sound-only": [call({ hasVideo: false, people: { p: person("p"), d: person("d", { video: false, audio: false }) } }), { remote: true }],
  "p5-touch-sound": [call({ soundBlocked: true }), { remote: true, self: true }],
  "p5-reconnecting": [call({ line: "down", downSince: now - 7000 }), { remote: true, self: true }],
  "p5-away": [call({ people: { p: person("p"), d: person("d", { away: true }) } }), { remote: true, self: true }],
  "p5-alone": [call({ people: { p: person("p") } }), { self: true }],
  "p5-lost": [call({ lost: { audio: true, video: false } }), { remote: true, self: true }],
  "p5-weak": [call({ slowAnswers: 3 }), { remote: true, self: true }],
  "p5-reduced": [call({ connections: { 1: { direct: true, up: true, ready: true, path: { local: "relay", remote: "relay", protocol: "tls", srtp: "" } } } }), { remote: true, self: true }],
  "p5-seal-direct": [call({ connections: { 1: { direct: true, up: true, ready: true, path: { local: "host", remote: "srflx", protocol: "udp", srtp: "AEAD_AES_128_GCM" } } } }), { remote: true, self: true, press: ".seal" }],
  "p5-end": [keyed({}), { remote: true, self: true }],
  "p5-verified": [keyed({ compared: "same" }), { remote: true, self: true }],
  "p5-broken": [keyed({ standing: "broken", code: [] }), { remote: true, self: true }],
  "p5-seal-agreeing": [keyed({ standing: "agreeing", code: [] }), { remote: true, self: true, press: ".seal" }],
  "p5-seal-end": [keyed({}), { remote: true, self: true, press: ".seal" }],
  "p5-seal-long": [keyed({ code: [228, 46, 152, 74] }), { remote: true, self: true, press: ".seal" }],
  "p5-seal-verified": [keyed({ compared: "same" }), { remote: true, self: true, press: ".seal" }],
  "p5-seal-other": [keyed({}, false, true), { remote: true, self: true, press: ".seal" }],
  "p5-seal-broken": [keyed({ standing: "broken", code: [] }), { remote: true, self: true, press: ".seal" }],
  "p5-seal-group": [keyed({}, true), { remote: true, second: true, self: true, press: ".seal" }],
  "p5-speaks": [call({ people: { p: person("p"), d: person("d"), e: person("e", { name: "Nolwenn Le Bihan", role: "interpreter" }) } }), { remote: true, second: true, self: true, speaks: ["d"] }],
  "p5-group": [call({ people: { p: person("p"), d: person("d"), e: person("e", { name: "Interprète Nolwenn", video: false }) } }), { remote: true, second: true, self: true }],
  "p5-guests": [call({ people: { p: person("p"), d: person("d"), e: person("e", { name: "Nolwenn Le Bihan", role: "interpreter" }), o: person("o", { name: "Ana Costa", role: "observer", audio: false, video: false }) } }), { remote: true, second: true, self: true }],
  "p5-five": [crowd(4), { speaks: ["e"], remote: true, second: true, self: true }],
  "p5-six": [crowd(5), { speaks: ["g"], remote: true, second: true, self: true }],
  "p5-paused": [call(), { remote: true, self: true, flowing: false }],
  "p5-seal-server": [call(), { remote: true, self: true, press: ".seal" }],
  "p5-settings": [call(), { remote: true, self: true, press: ".tools button:first-child" }],
  "p5-chat-empty": [talking([]), { remote: true, second: true, self: true }],
  "p5-chat-messages": [talking(talk), { remote: true, second: true, self: true }],
  "p5-chat-two": [talking(talk.slice(0, 2), { people: { p: person("p"), d: person("d") } }), { remote: true, self: true }],
  "p5-chat-undelivered": [talking([...talk.slice(0, 1), message(5, "Je ne vous entends plus.", { ...mine, got: 0, missing: ["d", "e"] }), message(6, "Vous êtes là\u202f?", { ...mine, got: 1, missing: ["e"] }), { ...message(7, "Allô\u202f?", mine), at: now - 1000, got: 0, missing: ["d"] }]), { remote: true, second: true, self: true }],
  "p5-chat-writing": [talking(talk.slice(0, 2), { showing: true, draft: "Est-ce que" }, [{ from: "d", text: "" }, { from: "e", text: "Six jours, en trois prises par" }]), { remote: true, second: true, self: true }],
  "p5-chat-observer": [talking(talk.slice(0, 3), { role: "observer", hasAudio: false, hasVideo: false }), { remote: true, second: true }],
  "p5-chat-deaf": [talking([], { bonds: { d: { standing: "", code: [], agreed: 0, compared: "" } } }), { remote: true, self: true }],
  "p5-chat-deaf-one": [talking(talk, { bonds: { d: { standing: "agreed", code: [1, 2, 3, 4], agreed: 1, compared: "" }, e: { standing: "", code: [], agreed: 0, compared: "" } } }), { remote: true, second: true, self: true }],
  "p5-chat-unable": [talking([], { able: { keys: false, seal: false }, bonds: {} }), { remote: true, self: true }],
  "p5-chat-full": [talking(talk, { chat: { ...silence(), messages: talk, full: true } }), { remote: true, self: true }],
  "p5-chat-badge": [talking(talk, { panel: "", unread: 3 }), { remote: true, self: true, touch: true }],
  "p5-chat-notice": [talking(talk, { panel: "", unread: 120, newest: talk[2] }), { remote: true, self: true }],
  "p5-files-empty": [filing([]), { remote: true, second: true, self: true }],
  "p5-files-paper": [filing([file(1, "Résultats du laboratoire.pdf", { kind: "application/pdf", state: "done", file: new Blob(["%PDF-1.7"]) })]), { remote: true, second: true, self: true }],
  "p5-files-several": [filing(several), { remote: true, second: true, self: true }],
  "p5-files-wrong": [filing(wrong, { people: { p: person("p"), d: person("d") } }), { remote: true, self: true }],
  "p5-files-offers": [filing(offers, { unread: 2 }), { remote: true, second: true, self: true }],
  "p5-files-saved": [filing(several.slice(0, 2), { saved: { "d/1": true } }), { remote: true, self: true }],
  "p5-files-chat": [{ ...filing(several, { fresh: 12, unread: 0 }), panel: "chat", chat: { ...silence(), messages: talk.slice(0, 2) } }, { remote: true, self: true }],
  "p5-files-badge": [filing(several, { panel: "", unread: 1, fresh: 2 }), { remote: true, self: true }],
  "p5-files-notice": [filing(several, { panel: "", fresh: 1, arrived: several[1] }), { remote: true, self: true }],
  "p5-files-drop": [filing([], { panel: "" }), { remote: true, self: true, drag: true }],
  "p5-files-unable": [filing([], { able: { keys: false, seal: false }, bonds: {} }), { remote: true, self: true }],
  "p5-photo-ask": [photo(), { remote: true }],
  "p5-photo-preview": [photo({ camera: "environment", torch: true }), { remote: true, self: true }],
  "p5-photo-off": [{ ...photo(), video: false }, { remote: true, pose: true }],
  "p5-photo-moment": [photo({ stage: "taking" }), { remote: true, self: true }],
  "p5-photo-taken": [photo({ stage: "taken", picture: drawing(1600, 1200) }), { remote: true, self: true }],
  "p5-photo-problem": [photo({ stage: "problem" }), { remote: true }],
  "p5-photo-refused": [{ ...photo(), photo: null, remark: { what: "refused", name: "Dr Anne Le Goff", at: now } }, { remote: true, self: true }],
  "p5-photo-sent": [{ ...photo(), photo: null, remark: { what: "sent", name: "Dr Anne Le Goff", at: now } }, { remote: true, self: true }],
  "p5-photo-turn": [{ ...photo(), photo: null, turn: { peer: "d", id: "t", name: "Dr Anne Le Goff" } }, { remote: true, self: true, touch: true }],
  "p5-observer": [talking([], { panel: "", role: "observer", hasAudio: false, hasVideo: false }), { remote: true, second: true }],
  "p5-screen": [showing(), { remote: true, second: true, self: true, screen: true, shares: true }],
  "p5-screen-two": [{ ...showing(), people: { p: person("p"), d: person("d", { screen: true, keys: true, seal: true }) } }, { remote: true, self: true, screen: true }],
  "p5-screen-arriving": [showing(), { remote: true, second: true, self: true }],
  "p5-screen-zoomed": [showing(), { remote: true, second: true, self: true, screen: true, press: "[data-action=screen-more]", times: 3 }],
  "p5-screen-pointed": [showing(), { remote: true, second: true, self: true, screen: true, dots, press: "[data-action=screen-point]" }],
  "p5-screen-muted": [showing({ audio: false, video: false }), { remote: true, second: true, screen: true }],
  "p5-screen-chat": [showing({ panel: "chat", chat: { ...silence(), messages: talk } }), { remote: true, second: true, self: true, screen: true }],
  "p5-screen-observer": [showing({ role: "observer", hasAudio: false, hasVideo: false }), { remote: true, second: true, screen: true, shares: true }],
  "p5-screen-reconnecting": [showing({ line: "down", downSince: now - 7000 }), { remote: true, self: true, screen: true }],
  "p5-screen-idle": [keyed({}), { remote: true, self: true, shares: true }],
  "p5-screen-own": [sharing({ on: true }), { remote: true, second: true, self: true, shares: true }],
  "p5-screen-own-pointed": [sharing({ on: true }), { remote: true, second: true, self: true, shares: true, dots: dots.slice(0, 1) }],
  "p5-screen-frozen": [sharing({ on: true, frozen: true }), { remote: true, second: true, self: true, shares: true }],
  "p5-screen-own-chat": [{ ...sharing({ on: true }), panel: "chat", chat: { ...silence(), messages: talk } }, { remote: true, second: true, self: true, shares: true }],
  "p5-screen-refused": [sharing({ problem: "refused" }), { remote: true, second: true, self: true, shares: true }],
  "p5-screen-busy": [showing({ sharing: idle("refused") }), { remote: true, second: true, self: true, screen: true, shares: true }],
  "p5-screen-failed": [sharing({ problem: "failed" }), { remote: true, second: true, self: true, shares: true }],
  "p5-lead-took": [leading({ role: "patient", self: "p", took: "e", tookAt: now }), { remote: true, second: true, self: true }],
  "p5-lead-you": [leading({ took: "e", tookAt: now }), { remote: true, second: true, self: true }],
  "p5-lead-door": [leading({}, true), { remote: true, second: true, self: true }],
  "p5-lead-out": [leading(), { remote: true, second: true, self: true, press: "[data-action=leave]" }],
  "p5-headset": [keyed({}), { remote: true, self: true, headset: true }],
  "p5-board-empty": [boarded(), { remote: true, self: true }],
  "p5-board-drawn": [boarded({}, true), { remote: true, second: true, self: true, drawn: true }],
  "p5-board-tools": [boarded(), { remote: true, self: true, drawn: true, press: "[data-opens=tools]" }],
  "p5-board-more": [boarded(), { remote: true, self: true, drawn: true, press: "[data-opens=more]" }],
  "p5-board-clear": [boarded(), { remote: true, self: true, drawn: true, press: ".board-risky" }],
  "p5-board-muted": [boarded({ audio: false, video: false }), { remote: true, drawn: true }],
  "p5-board-alone": [boarded({ people: { p: person("p") }, bonds: {} }), { self: true, drawn: true }],
  "p5-board-deaf": [boarded({ bonds: { d: { standing: "agreed", code: [1, 2, 3, 4], agreed: 1, compared: "" }, e: { standing: "", code: [], agreed: 0, compared: "" } } }, true), { remote: true, second: true, self: true }],
  "p5-board-chat": [boarded({ panel: "chat", chat: { ...silence(), messages: talk } }), { remote: true, self: true, drawn: true }],
  "p5-board-away": [boarded({ line: "down", downSince: now - 7000, newest: talk[2], unread: 1 }), { remote: true, self: true, drawn: true }],
  "p5-board-observer": [boarded({ role: "observer", hasAudio: false, hasVideo: false }, true), { remote: true, second: true, drawn: true }],
  "p5-board-file": [boarded({ ...filing(several, { panel: "", fresh: 1, arrived: several[1] }), board: true }), { remote: true, second: true, self: true, drawn: true }],
  "p5-board-screen": [{ ...showing(), board: true }, { remote: true, second: true, self: true, screen: true, drawn: true }],
  "p5-board-sharing": [{ ...sharing({ on: true }), board: true }, { remote: true, second: true, self: true, shares: true, drawn: true }],
  "p5-board-paper": [boarded(), { remote: true, self: true, drawn: true, leaf: [7, 1] }],
  "p5-board-paper-many": [boarded(), { remote: true, self: true, drawn: true, leaf: [120, 0] }],
  "p5-board-paper-coming": [boarded(), { remote: true, self: true, drawn: true, leaf: [3, 0, "coming"] }],
  "p5-board-paper-unseen": [boarded(), { remote: true, self: true, drawn: true, leaf: [3, 2, "slow"] }],
  "p5-board-notice": [{ ...keyed({}), drawer: "d" }, { remote: true, self: true }],
  "p4-observer": [room({ role: "observer", hasAudio: false, hasVideo: false })],
  "p6-left": [over("left", "call")],
  "p6-ended": [over("ended", "call")],
  "p6-files": [over("ended", "call", { kept: [keep(1, "plan-de-traitement.pdf", { size: 184000, saved: true }), keep(2, "genou-droit.jpg", { thumbnail: drawing(128, 128) }), keep(3, "mise-a-jour.exe", { warning: "program" })], missed: [{ name: "exercices.mp4", mine: false }, { name: "irm-de-2019.zip", mine: true }] })],
  "p6-left-waiting": [over("left", "waiting")],
  "p6-refused": [over("refused", "waiting", { farewell: "Je dois partir en urgence. Je vous rappelle cet après-midi." })],
  "p6-removed": [over("removed", "call")],
  "p6-lost": [over("lost", "call")],
  "p6-replaced": [over("replaced", "call")],
  "p6-shutdown": [over("shutdown", "call")],
  "p6-cancelled": [over("cancelled", "waiting")],
  "p7-help": [base(), { press: "[data-action=help]" }],
  "p7-webrtc": [base({ cause: "webrtc" })],
  "p7-insecure": [base({ cause: "insecure" })],
};

/** person-like drawings stand for cameras. */
function camera(w: number, h: number, wall: string, coat: string, skin: string, hair: string): MediaStream {
  const c = document.createElement("canvas");
  c.width = w;
  c.height = h;
  const g = c.getContext("2d") as CanvasRenderingContext2D;
  const paint = () => {
    const u = Math.min(w, h) / 720;
    const x = w / 2;
    const y = h * 0.46;
    const light = g.createLinearGradient(0, 0, w, h);
    light.addColorStop(0, wall);
    light.addColorStop(1, "#8fa3a8");
    g.fillStyle = light;
    g.fillRect(0, 0, w, h);
    g.fillStyle = "rgba(255,255,255,.35)";
    g.fillRect(w * 0.08, h * 0.08, w * 0.2, h * 0.5);
    g.fillStyle = hair;
    g.beginPath();
    g.ellipse(x, y - 40 * u, 135 * u, 160 * u, 0, 0, 7);
    g.fill();
    g.fillStyle = coat;
    g.beginPath();
    g.ellipse(x, h + 40 * u, 300 * u, 300 * u, 0, 0, 7);
    g.fill();
    g.fillStyle = skin;
    g.fillRect(x - 45 * u, y + 60 * u, 90 * u, 110 * u);
    g.beginPath();
    g.ellipse(x, y, 105 * u, 135 * u, 0, 0, 7);
    g.fill();
    g.fillStyle = hair;
    g.beginPath();
    g.ellipse(x, y - 105 * u, 112 * u, 60 * u, 0, 0, 7);
    g.fill();
    g.fillStyle = "#3a2a22";
    for (const s of [-40, 40]) {
      g.beginPath();
      g.arc(x + s * u, y - 5 * u, 9 * u, 0, 7);
      g.fill();
    }
    g.strokeStyle = "#7a4a3a";
    g.lineWidth = 6 * u;
    g.beginPath();
    g.arc(x, y + 35 * u, 36 * u, 0.5, 2.6);
    g.stroke();
  };
  paint();
  return painted(c, paint);
}

/** desk stands for a shown screen: a window with a table of results. */
function desk(w: number, h: number): MediaStream {
  const c = document.createElement("canvas");
  c.width = w;
  c.height = h;
  const g = c.getContext("2d") as CanvasRenderingContext2D;
  const box = (fill: string, x: number, y: number, width: number, height: number) => {
    g.fillStyle = fill;
    g.fillRect(x, y, width, height);
  };
  const paint = () => {
    box("#31566b", 0, 0, w, h);
    box("#ffffff", 80, 60, w - 160, h - 160);
    box("#dfe6e9", 80, 60, w - 160, 56);
    g.fillStyle = "#1d2b30";
    g.font = "32px sans-serif";
    g.fillText("Résultats du 2 juin", 110, 100);
    g.font = "24px sans-serif";
    ["Hémoglobine   13,8 g/dL", "Plaquettes   254 G/L", "Créatinine   78 µmol/L", "Cholestérol LDL   1,12 g/L", "Glycémie   0,92 g/L"].forEach((line, i) => {
      box(i % 2 ? "#f3f6f7" : "#ffffff", 80, 160 + i * 90, w - 160, 90);
      g.fillStyle = "#1d2b30";
      g.fillText(line, 120, 212 + i * 90);
    });
  };
  paint();
  return painted(c, paint);
}

/** ends end what the scene before keeps going. */
let ends: (() => void)[] = [];

/** painted is what a canvas shows, until the next scene. */
function painted(c: HTMLCanvasElement, paint: () => void): MediaStream {
  const stream = c.captureStream(10);
  const timer = window.setInterval(paint, 200);
  ends.push(() => {
    clearInterval(timer);
    stream.getTracks().forEach((t) => t.stop());
  });
  return stream;
}

type Inside = { screen: { leave?(): void } | null; m: { inApp: string; defects: Harm[]; family: string; touch: boolean; heard: boolean; devices: unknown; shares: boolean; easel: Easel | null; leafing: Leafing | null }; open(name: "pages"): void };
let view: View | null = null;

async function show(name: string, language: "fr" | "en"): Promise<void> {
  const [state, extra = {}] = scenes[name];
  const last = view && (view as unknown as Inside).screen;
  if (last && last.leave) {
    last.leave();
  }
  ends.forEach((end) => end());
  ends = [];
  document.querySelectorAll(".veil").forEach((v) => v.remove());
  const app = document.getElementById("app") as HTMLElement & { inert: boolean };
  app.inert = false;
  app.removeAttribute("aria-hidden");
  app.textContent = "";
  view = new View(document, () => undefined, { choose: () => undefined, ring: () => undefined, silent: () => undefined, point: () => undefined });
  const inside = view as unknown as Inside;
  inside.m.inApp = extra.inApp || "";
  inside.m.defects = extra.defects || [];
  inside.m.family = extra.family || "chrome";
  inside.m.shares = extra.shares === true;
  inside.m.touch = innerWidth < 600 || extra.touch === true;
  (inside.m as unknown as { host: string }).host = "consult.example";
  const easel = new Easel("p", state.role || "patient", () => performance.now());
  if (extra.drawn) {
    easel.meet("d", "clinician");
    [...strokes, '{"v":1,"point":[11000,6400]}'].forEach((payload) => easel.hear("d", false, text(payload)));
  }
  view.board(easel, null);
  view.render({ ...state, language });
  const sound = { microphones: [{ id: "m", label: "Micro interne", group: "" }], speakers: [{ id: "s", label: "", group: "" }], microphone: "m", speaker: "s" };
  view.devices({
    cameras: [{ id: "a", label: "Caméra avant", group: "" }, { id: "b", label: "Caméra arrière", group: "" }], camera: "a",
    ...sound,
  });
  if (extra.headset) {
    const came = { id: "b", label: "Casque de Yann (Bluetooth)", group: "b" };
    view.devices({ cameras: [], camera: "a", ...sound, microphones: sound.microphones.concat(came) });
  }
  if (extra.self) {
    view.self(innerWidth < 600 ? camera(480, 640, "#e8dcc8", "#44618a", "#d9a98a", "#8b8680") : camera(640, 480, "#e8dcc8", "#44618a", "#d9a98a", "#8b8680"), true);
  }
  if (extra.remote) {
    view.remote("d", extra.tall ? camera(540, 960, "#dfeaec", "#f4f6f7", "#e3b79b", "#4a3327") : camera(1280, 720, "#dfeaec", "#f4f6f7", "#e3b79b", "#4a3327"));
  }
  if (extra.second) {
    view.remote("e", camera(640, 480, "#e9e2ef", "#6a4f7a", "#c98f6f", "#2a2320"));
  }
  if (extra.screen) {
    view.remote("screen.d", desk(1920, 1080));
  }
  if (extra.dots) {
    view.dots(extra.dots);
  }
  if (extra.pose) {
    view.pose(camera(640, 480, "#e8dcc8", "#44618a", "#d9a98a", "#8b8680"), true);
  }
  if (extra.speaks) {
    view.speaking(extra.speaks);
  }
  if (extra.flowing === false) {
    view.flowing("d", false);
  }
  if (extra.level) {
    view.level(extra.level);
  }
  view.render({ ...state, language });
  if (extra.screen) {
    const video = document.querySelector("video[data-screen]") as HTMLVideoElement;
    for (let i = 0; i < 50 && !(video.videoWidth > 0 && video.readyState >= 2); i++) {
      await new Promise((done) => setTimeout(done, 100));
    }
  }
  for (let i = 0; extra.press && i < (extra.times || 1); i++) {
    (document.querySelector(extra.press) as HTMLElement).click();
  }
  if (extra.leaf) {
    const leafing = new Leafing(leaves(extra.leaf[0], extra.leaf[2]), () => undefined, () => (view as View).render({ ...state, language }));
    inside.m.leafing = leafing;
    inside.open("pages");
    leafing.turn(extra.leaf[1]);
  }
  if (extra.drag) {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["x"], "x.txt"));
    document.body.dispatchEvent(new DragEvent("dragenter", { bubbles: true, cancelable: true, dataTransfer }));
  }
  await document.fonts.ready;
  await new Promise((done) => setTimeout(done, extra.remote || extra.self ? 450 : 60));
}

/** bytes are a content that came as text, a character a byte. */
const bytes = (content: string) => new Blob([Uint8Array.from(content, (c) => c.charCodeAt(0))]);
const root = location.pathname.replace(/\/r\/.*$/, "");

/** read opens a PDF and tells of a page how large it is, what is seen at places, in parts of its
 * sides, and whether there is a word on it; or why it is refused. */
async function read(content: string, number: number, longest: number, places: [number, number][], patience: number): Promise<object> {
  readers[patience] = readers[patience] || opener(root, patience);
  let paper: Paper | null = null;
  try {
    paper = await readers[patience](bytes(content));
    const canvas = await paper.page(number, longest);
    const { data } = (canvas.getContext("2d") as CanvasRenderingContext2D).getImageData(0, 0, canvas.width, canvas.height);
    const seen = places.map(([x, y]) => {
      const at = 4 * (Math.floor(y * canvas.height) * canvas.width + Math.floor(x * canvas.width));
      const is = Array.from(data.slice(at, at + 4)).map((v) => (v > 200 ? 1 : v < 60 ? 0 : 2)).join("");
      return ({ "1111": "white", "1001": "red", "0011": "blue" } as { [is: string]: string })[is] || is;
    });
    let dark = 0;
    for (let i = 0; i < data.length; i += 4) {
      dark += data[i] < 80 && data[i + 1] < 80 && data[i + 2] < 80 && data[i + 3] === 255 ? 1 : 0;
    }
    return { pages: paper.pages, size: [canvas.width, canvas.height], seen, ink: dark > 0.0005 * canvas.width * canvas.height };
  } catch (e) {
    return { why: reason(e) };
  } finally {
    if (paper) {
      paper.close();
    }
  }
}
const readers: { [patience: number]: ReturnType<typeof opener> } = {};

const sent: Blob[] = [];
/** lay brings a file to the shown board, and laid are the pictures that were sent for it. */
function lay(content: string, title: string): void {
  const shown = view as View;
  const carrier: Carrier = { send: async (f) => "f" + sent.push(f), fetch: async (id) => sent[Number(id.slice(1)) - 1] };
  shown.board((shown as unknown as Inside).m.easel, carrier, (readers[0] = readers[0] || opener(root)));
  shown.lay(new File([bytes(content)], title));
}
const laid = () =>
  Promise.all(
    sent.map(async (f) => {
      const size = measured(new Uint8Array(await new Response(f).arrayBuffer()));
      return { type: f.type, width: size && size.width, height: size && size.height };
    }),
  );

(window as unknown as { gallery: unknown }).gallery = { names: Object.keys(scenes), show, read, lay, laid };
