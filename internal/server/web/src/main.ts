// Puts the page together: events go into the reducer, its effects out to the world.
import { Api, Refused, place } from "./api";
import { cause, family, program } from "./browser";
import { step } from "./call";
import { initial, others, type Effect, type Event, type Seat, type State } from "./state";
import { validId } from "./board/limits";
import { Log } from "./chat";
import { Files } from "./files";
import { save } from "./files/save";
import { worthTelling } from "./drawing";
import { drawingEvery, Easel } from "./easel";
import { Link } from "./link";
import { Media } from "./media";
import { opener } from "./paper/paper";
import { Pointing } from "./pointing";
import { presenter } from "./screen";
import { Keeper } from "./seal/keeper";
import { members } from "./seal/secrecy";
import { partners, Share } from "./share";
import { Sitter } from "./sitter";
import { Sitting } from "./sitting";
import { speaks } from "./texts";
import { maySend } from "./transfers";
import { View } from "./view";

const seatKey = "ekermed.seat";

class Page {
  private state: State = initial();
  private readonly at = place(window.location, document.documentElement.dataset.socket);
  private readonly api = new Api(this.at);
  private readonly view = new View(document, (e) => this.dispatch(e), {
    choose: (kind, id) => this.media.choose(kind, id),
    ring: () => this.media.play([523.25, 659.25, 783.99]),
    silent: (blocked) => this.dispatch({ type: "sound", blocked }),
    point: (place) => this.shared(() => {
      this.pointing.point(place);
      this.share.flush();
    }),
  });
  private readonly papers = opener(this.at.base);
  private readonly keeper = new Keeper(this.at.base + "/s/seal-worker.js", {
    // Firefox, when it controls ICE, takes the first way that works, not the best.
    able: (keys, seal) => this.dispatch({ type: "able", keys, seal, chooses: family(navigator.userAgent, navigator.maxTouchPoints || 0) !== "firefox" }),
    send: (message) => this.link.send(message),
    changed: (pairings, sealing) => this.dispatch({ type: "keys", pairings, sealing }),
    said: (peer, topic, view, payload) => this.shared(() => this.share.hear(peer, topic, view, payload)),
    tick: () => this.shared(() => this.share.tick()),
  });
  private readonly media = new Media({
    captured: (audio, video) => this.dispatch({ type: "captured", audio, video }),
    captureFailed: (problem) => this.dispatch({ type: "capture_failed", problem }),
    captureLost: (kind, lost) => this.dispatch({ type: "capture_lost", kind, lost }),
    self: (stream, mirrored) => this.view.self(stream, mirrored),
    devices: (known) => {
      this.cameras = known.cameras.length;
      this.view.devices(known);
    },
    level: (value) => this.view.level(value),
    offer: (gen, sdp) => this.link.send({ type: "offer", data: { gen, round: 1, sdp } }),
    candidate: (c) => this.link.send({ type: "candidate", data: c }),
    path: (gen, path) => this.dispatch({ type: "path", gen, path }),
    ready: (gen) => this.dispatch({ type: "ready", gen }),
    doubt: () => this.link.hurry(),
    expected: () => others(this.state).some((p) => !p.away && (p.audio || p.video)),
    shareTaken: () => this.dispatch({ type: "share_taken" }),
    shareOver: (failed) => this.dispatch({ type: "share_over", failed }),
    answer: (gen, round, sdp) => this.link.send({ type: "answer", data: { gen, round, sdp } }),
    media: (gen, state) => {
      this.dispatch({ type: "media", gen, state });
      if (state === "broken") {
        this.link.hurry(); // the line may be dead too, and not know it
      }
    },
    remote: (id, stream) => this.view.remote(id, stream),
    flowing: (id, yes) => this.view.flowing(id, yes),
    speaking: (ids) => this.view.speaking(ids),
    certificates: (peer, gen, ours, theirs) => this.keeper.certificates(peer, gen, ours, theirs),
  }, () => this.keeper.transforms);
  private readonly link = new Link(this.at.socket, {
    hello: () => this.hello(),
    message: (message) => this.dispatch({ type: "message", at: Date.now(), message }),
    left: () => this.media.suspect(),
    down: () => {
      this.media.suspect();
      this.dispatch({ type: "line_down", at: Date.now() });
    },
  });
  private readonly sitting = new Sitting(
    { camera: () => this.media.camera(), turn: () => this.media.swap(), recover: () => this.media.recover() },
    { preview: (stream, mirrored) => this.view.pose(stream, mirrored) },
  );
  private cameras = 0;
  private chat = new Log(Date.now);
  private pointing = new Pointing(Date.now);
  private files = this.filing();
  private sitter = this.posing();
  private easel: Easel | null = null;
  private share = this.sharing();
  /** sharer is who we are to the features: another stay, another conversation. */
  private sharer = "";
  private queue: Event[] = [];
  private busy = false;
  private saved = "";
  private spoken = speaks(navigator.language) || "fr";

  start(): void {
    const elsewhere = () => {
      this.media.suspect();
      this.link.hurry();
    };
    window.addEventListener("online", elsewhere);
    const network = (navigator as unknown as { connection?: EventTarget }).connection;
    if (network && network.addEventListener) {
      network.addEventListener("change", elsewhere);
    }
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) {
        this.link.hurry();
        this.stayAwake();
      }
      this.dispatch({ type: "unseen", unseen: document.hidden });
    });
    document.addEventListener("click", () => this.media.wake());
    window.setInterval(() => this.dispatch({ type: "tick", at: Date.now() }), 1000);
    window.setInterval(() => this.easel && this.share.flush(), drawingEvery);
    this.dispatch({ type: "start", at: Date.now(), language: this.spoken, cause: cause(), seat: this.seat() });
  }

  /** dispatch runs one event after the other, also those that effects raise. */
  private dispatch(e: Event): void {
    this.queue.push(e);
    if (this.busy) {
      return;
    }
    this.busy = true;
    for (let next = this.queue.shift(); next; next = this.queue.shift()) {
      const [state, effects] = step(this.state, next);
      this.state = state;
      this.save();
      this.keeper.follow({ self: state.self, rekey: state.rekey, sealed: state.sealed, members: members(state) });
      this.follow(state);
      effects.forEach((f) => this.run(f));
      this.view.render(state);
      if (next.type === "captured" || next.type === "message") {
        this.stayAwake();
      }
    }
    this.busy = false;
  }

  private sharing(): Share {
    const board = this.easel ? { board: this.easel } : {};
    return new Share({ chat: this.chat, screen: this.pointing, files: this.files, snapshot: this.sitter, ...board }, (topic, out) => this.keeper.say(topic, out));
  }

  private filing(): Files {
    return new Files(
      { base: this.at.base, token: () => (this.state.store ? this.state.store.token : "") },
      () => this.shared(() => this.share.flush()),
    );
  }

  private posing(): Sitter {
    return new Sitter({ photograph: () => maySend(this.state), turn: () => this.cameras > 1 && this.state.hasVideo && this.state.video });
  }

  /** follow tells the features who is there, and begins them anew with each stay. */
  private follow(s: State): void {
    if (s.self !== this.sharer) {
      this.sharer = s.self;
      this.chat = new Log(Date.now);
      this.pointing = new Pointing(Date.now);
      this.files.close();
      this.files = this.filing();
      this.sitter = this.posing();
      this.easel = s.role && validId(s.self) ? new Easel(s.self, s.role, () => performance.now()) : null;
      this.view.board(this.easel, s.store ? this.files.carrier() : null, this.papers);
      this.share = this.sharing();
    }
    if (s.self && s.role) {
      this.files.allow(s.store ? s.store.limit : 0);
      this.chat.enter(s.self, s.role);
      this.pointing.enter(s.self, s.role);
      this.shared(() => {
        this.share.follow(partners(s));
        this.pointing.follow(s.stage === "call" ? (presenter(s) || { id: "" }).id : "");
      });
    }
  }

  /** shared shows what the features have to show after something was done with them. */
  private shared(todo: () => void): void {
    todo();
    if (this.chat.changed()) {
      this.dispatch({ type: "chat", at: Date.now(), view: this.chat.view() });
    }
    if (this.pointing.changed()) {
      this.view.dots(this.pointing.dots());
    }
    if (this.files.changed()) {
      this.dispatch({ type: "files", at: Date.now(), items: this.files.view() });
    }
    if (this.sitter.changed()) {
      this.dispatch({ type: "asked", at: Date.now(), view: this.sitter.view() });
    }
    const drawer = this.easel ? this.easel.drew() : "";
    if (drawer && worthTelling(this.state, Date.now())) {
      this.dispatch({ type: "drew", at: Date.now(), peer: drawer });
    }
  }

  /** touched does something with the features, and sends what they have to say to it. */
  private touched(todo: () => void): void {
    this.shared(() => {
      todo();
      this.share.flush();
    });
  }

  /** photograph takes a still picture; it belongs to this ask and no other. */
  private photograph(id: string): void {
    this.sitting.take().then(
      (picture) => this.dispatch({ type: "photographed", id, picture }),
      () => this.dispatch({ type: "photographed", id, picture: null }),
    );
  }

  private sendPhoto(peer: string, name: string, picture: Blob): void {
    const d = new Date();
    const two = (n: number) => ("0" + n).slice(-2);
    const file = "photo-" + [d.getFullYear(), two(d.getMonth() + 1), two(d.getDate())].join("-") + "-" + two(d.getHours()) + "h" + two(d.getMinutes()) + ".jpg";
    this.touched(() => {
      const sent = this.files.send({ name: file, file: picture, use: "snapshot", to: [peer] });
      this.sitter.settle(sent ? "taken" : "failed");
      if (!sent) {
        this.dispatch({ type: "unsent", name });
      }
    });
  }

  private run(f: Effect): void {
    switch (f.do) {
      case "lookup":
        this.lookup();
        return;
      case "dial":
        this.keeper.prepare().then((still) => still && this.link.start());
        return;
      case "hang_up":
        this.keeper.forget();
        return this.link.stop();
      case "settled":
        return this.link.settled();
      case "send":
        return this.link.send(f.message);
      case "capture":
        this.media.capture(f.audio, f.video);
        return;
      case "release":
        return this.media.release();
      case "let_out":
        return this.media.letOut(f.audio, f.video);
      case "swap":
        return this.media.swap();
      case "negotiate":
        return this.media.negotiate(f.offer, f.ice);
      case "meet":
        return this.media.meet(f.direct);
      case "pass_on":
        return f.message.type === "answer" ? this.media.accept(f.message.data) : this.media.candidate(f.message.data);
      case "settle":
        return this.media.settle(f.gen);
      case "agree":
        return this.keeper.receive(f.message);
      case "drop_media":
        return this.media.dropMedia();
      case "share":
        return this.media.share();
      case "freeze":
        return this.media.freeze(f.on);
      case "stop_share":
        return this.media.stopShare();
      case "unblock":
        this.media.unlock();
        return this.view.unblock();
      case "write":
        return this.touched(() => this.chat.write(f.text));
      case "draft":
        return this.touched(() => this.chat.draft(f.text, f.show));
      case "offer_files":
        return this.touched(() => f.files.forEach((file) => this.files.send({ file })));
      case "file":
        return this.touched(() => this.files.act(f.act, f.id));
      case "save":
        save(f.file, f.name).then((saved) => saved && this.dispatch({ type: "saved", id: f.id }), () => undefined);
        return;
      case "pose":
        this.sitting.pose().catch(() => this.dispatch({ type: "no_camera", id: f.id }));
        return;
      case "rest":
        return this.sitting.rest();
      case "photograph":
        return this.photograph(f.id);
      case "torch":
        return this.sitting.torch(f.on);
      case "swap_pose":
        this.sitting.swap().catch(() => undefined);
        return;
      case "send_photo":
        return this.sendPhoto(f.peer, f.name, f.picture);
      case "settle_photo":
        return this.touched(() => this.sitter.settle(f.how));
      case "settle_turn":
        return this.touched(() => this.sitter.settleTurn(f.yes ? "taken" : "refused"));
      case "lay":
        return this.view.lay(f.file);
      case "tap":
        return this.media.play([987.77], 0.12);
      case "chime":
        return this.media.play([659.25, 880]);
    }
  }

  private async lookup(): Promise<void> {
    try {
      const link = await this.api.link();
      const first = this.state.link === null;
      this.dispatch({ type: "looked", at: Date.now(), link });
      const language = speaks(link.language);
      if (first && language && this.state.language === this.spoken) {
        this.dispatch({ type: "language", language });
      }
    } catch (e) {
      this.dispatch({ type: "lookup_failed", at: Date.now(), code: e instanceof Refused ? e.code : "offline" });
    }
  }

  private async hello(): Promise<{ pass?: string; resume?: string; client: string } | null> {
    const client = program(navigator.userAgent);
    if (this.state.resume) {
      return { resume: this.state.resume, client };
    }
    try {
      const pass = await this.api.join();
      this.dispatch({ type: "joined" });
      return { pass: pass.pass, client };
    } catch (e) {
      if (e instanceof Refused && e.code !== "internal") {
        this.dispatch({ type: "join_refused", code: e.code });
        return null;
      }
      throw e;
    }
  }

  private seat(): Seat | null {
    try {
      const kept = JSON.parse(sessionStorage.getItem(seatKey) || "null");
      return kept && kept.code === this.at.code ? { resume: kept.resume, audio: kept.audio, video: kept.video } : null;
    } catch (e) {
      return null;
    }
  }

  private save(): void {
    const s = this.state;
    const seat = s.resume ? JSON.stringify({ code: this.at.code, resume: s.resume, audio: s.audio, video: s.video }) : "";
    if (seat === this.saved) {
      return;
    }
    this.saved = seat;
    try {
      if (seat) {
        sessionStorage.setItem(seatKey, seat);
      } else {
        sessionStorage.removeItem(seatKey);
      }
    } catch (e) {
      // Storage is off: a reload will start at the welcome screen.
    }
  }

  private awake: { release(): Promise<void>; released?: boolean } | null = null;

  /** stayAwake keeps a phone's screen on in the waiting room and in the call. */
  private stayAwake(): void {
    const wants = this.state.stage === "waiting" || this.state.stage === "call";
    const lock = (navigator as unknown as { wakeLock?: { request(kind: string): Promise<{ release(): Promise<void>; released?: boolean }> } }).wakeLock;
    if (wants && lock && !document.hidden && (!this.awake || this.awake.released)) {
      lock.request("screen").then((held) => (this.awake = held), () => undefined);
    } else if (!wants && this.awake) {
      this.awake.release().catch(() => undefined);
      this.awake = null;
    }
  }
}

new Page().start();
