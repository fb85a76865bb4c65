// The order of the tries: each after what it needs, all of them within half a minute.
import type { ICEServer } from "../wire.gen";
import { first, judged, works, withServers, type Figures, type Kind, type Line, type Target, type Why } from "./probe";

/** Session is the connection on which the tries of STUN, TURN and media rest. */
export interface Session {
  ice: ICEServer[];
  close(): void;
}

/** Tries are what a run needs of the world; each rejects with a reason (why). */
export interface Tries<S extends Session> {
  browser(): { name: string; why: Why | "" };
  https(ms: number): Promise<Figures>;
  open(ms: number): Promise<{ session: S; figures: Figures }>;
  gather(server: ICEServer, want: "srflx" | "relay", ms: number): Promise<Figures>;
  echo(session: S, relay: ICEServer | null, ms: number, aim: (t: Target) => void): Promise<Figures>;
}

/** Limits in ms. After all, nothing more is begun; what goes on then takes some 6 s at most. */
const limits = { https: 5000, open: 5000, gather: 5500, media: 5500, all: 23500 };

function same(a: Target | null, b: Target | null): boolean {
  return a !== null && b !== null && a.host === b.host && a.port === b.port && a.over === b.over;
}

export class Run<S extends Session> {
  lines: Line[] = first();
  private stopped = false;
  private readonly from = Date.now();

  constructor(private readonly tries: Tries<S>, page: Target, socket: Target, private readonly changed: () => void) {
    this.of("https").target = page;
    this.of("wss").target = socket;
  }

  /** stop ends the showing; who calls it ends the tries. */
  stop(): void {
    this.stopped = true;
  }

  private of(kind: Kind): Line {
    return this.lines.find((l) => l.kind === kind) as Line;
  }

  private set(l: Line, more: Partial<Line>): void {
    if (!this.stopped) {
      Object.assign(l, more);
      this.changed();
    }
  }

  private left(ms: number): number {
    return Math.max(1000, Math.min(ms, this.from + limits.all - Date.now()));
  }

  private async one(l: Line, work: () => Promise<Figures>): Promise<boolean> {
    this.set(l, { state: "running" });
    try {
      const figures = await work();
      this.set(l, { state: judged(l.kind, figures), figures });
    } catch (e) {
      this.set(l, { state: "failed", why: (e as { why?: Why }).why || "other" });
    }
    return works(l);
  }

  /** rest tells why what was not tried was not. */
  private rest(why: Why): void {
    this.lines.filter((l) => l.state === "waiting").forEach((l) => this.set(l, { state: "skipped", why }));
  }

  async all(): Promise<void> {
    const browser = this.tries.browser();
    const dead = browser.why === "webrtc" || browser.why === "insecure";
    this.set(this.of("browser"), { name: browser.name, why: browser.why, state: dead ? "failed" : browser.why ? "slow" : "good" });
    if (!(await this.one(this.of("https"), () => this.tries.https(this.left(limits.https))))) {
      return this.rest("before");
    }
    let session: S | null = null;
    const open = async () => {
      const opened = await this.tries.open(this.left(limits.open));
      session = opened.session;
      return opened.figures;
    };
    const up = await this.one(this.of("wss"), open);
    if (!up || !session || dead || this.stopped) {
      return this.rest("before");
    }
    try {
      await this.servers(session);
      await this.media(session);
    } finally {
      (session as S).close();
    }
    this.rest("before");
  }

  /** servers tries every URL by itself, all at the same time: little is sent. */
  private async servers(session: S): Promise<void> {
    if (this.stopped) {
      return;
    }
    this.lines = withServers(this.lines, session.ice);
    this.changed();
    const some = this.lines.filter((l) => l.server !== null);
    await Promise.all(some.map((l) => this.one(l, () => this.tries.gather(l.server as ICEServer, l.kind === "stun" ? "srflx" : "relay", this.left(limits.gather)))));
    // A device with a public address on one of several interfaces may hear nothing new from STUN.
    // A relay that answers at the same place shows that the way there is open.
    for (const l of this.lines.filter((x) => x.kind === "stun" && x.why === "timeout")) {
      if (this.lines.some((x) => x.kind === "turn_udp" && works(x) && same(x.target, l.target))) {
        this.set(l, { state: "skipped", why: "same" });
      }
    }
  }

  /** media is tried one way after the other, so that they do not share the line. */
  private async media(session: S): Promise<void> {
    const direct = this.of("media_udp");
    const straight = await this.one(direct, () => this.tries.echo(session, null, this.left(limits.media), (target) => this.set(direct, { target })));
    if (straight) {
      this.set(this.of("media_turn"), { state: "skipped", why: "enough" });
    } else {
      await this.relayed(session, this.of("media_turn"), "turn_udp");
    }
    await this.relayed(session, this.of("media_tls"), "turn_tls");
  }

  private async relayed(session: S, l: Line, kind: Kind): Promise<void> {
    const those = this.lines.filter((x) => x.kind === kind && x.server !== null);
    const relay = those.find(works);
    if (!relay || this.stopped) {
      this.set(l, those.length > 0 ? { state: "failed", why: "relay" } : { state: "skipped", why: "absent" });
      return;
    }
    this.set(l, { target: relay.target });
    if (Date.now() > this.from + limits.all) {
      this.set(l, { state: "failed", why: "timeout" });
      return;
    }
    await this.one(l, () => this.tries.echo(session, relay.server, this.left(limits.media), () => undefined));
  }
}
