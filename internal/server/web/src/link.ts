// The signalling WebSocket: dial, hello, ping, notice a dead line, come back.
import { Version, type FromClient, type FromServer, type Hello } from "./wire.gen";

/** Delays before each new try, ms; the last repeats for as long as the tab lives. */
export const backoff = [300, 1000, 2000, 4000, 5000];

const pingEvery = 5000;
const deadAfter = 12000;
/** deadSoon: so long may an answer take when there is a reason to doubt the line, ms. */
const deadSoon = 1000;
const dialWithin = 10000;

export interface LinkEvents {
  /** hello gives what to say first; null means do not dial after all. */
  hello(): Promise<Pick<Hello, "pass" | "resume" | "client"> | null>;
  message(m: FromServer): void;
  down(): void;
  /** left tells that a line which did not answer was left for a new one. */
  left?(): void;
}

export class Link {
  private socket: WebSocket | null = null;
  private wanted = false;
  private tries = 0;
  private heard = 0;
  private round = 0;
  private retry = 0;
  private pulse = 0;
  /** asked is when the last ping left, 0 before the line is open. */
  private asked = 0;
  /** first is when the oldest question without an answer left, 0 when none stands. */
  private first = 0;
  /** doubted is when somebody doubted the line, 0 when nobody does. */
  private doubted = 0;

  constructor(private readonly url: string, private readonly on: LinkEvents) {}

  start(): void {
    if (!this.wanted) {
      this.wanted = true;
      this.tries = 0;
      this.dial();
    }
  }

  /** stop closes for good; what is already sent still leaves. */
  stop(): void {
    this.wanted = false;
    this.drop();
  }

  /** hurry tries at once, when the network or the tab comes back. */
  hurry(): void {
    if (!this.wanted) {
      return;
    }
    if (!this.socket && this.retry) {
      this.dial();
    } else if (this.socket && this.asked && !this.doubted) {
      this.doubted = this.asked = Date.now();
      this.first = this.first || this.doubted;
      this.send({ type: "ping", data: { at: this.doubted } });
      window.setTimeout(() => this.beat(), deadSoon);
    }
  }

  send(m: FromClient): void {
    if (this.socket && this.socket.readyState === 1) {
      this.socket.send(JSON.stringify(m));
    }
  }

  /** settled tells that the server took the hello: the next drop starts the delays anew. */
  settled(): void {
    this.tries = 0;
  }

  private drop(): void {
    this.round++;
    clearTimeout(this.retry);
    clearInterval(this.pulse);
    this.retry = 0;
    const s = this.socket;
    this.socket = null;
    if (s) {
      s.onopen = s.onmessage = s.onclose = s.onerror = null;
      s.close();
    }
  }

  private again(): void {
    this.drop();
    if (!this.wanted) {
      return;
    }
    this.on.down();
    // on.down may have stopped us.
    if (this.wanted) {
      const wait = backoff[Math.min(this.tries++, backoff.length - 1)];
      this.retry = window.setTimeout(() => this.dial(), wait);
    }
  }

  private async dial(): Promise<void> {
    this.drop();
    const round = this.round;
    let hello;
    try {
      hello = await this.on.hello();
    } catch (e) {
      if (round === this.round) {
        this.again();
      }
      return;
    }
    if (round !== this.round || !this.wanted) {
      return;
    }
    if (!hello) {
      this.wanted = false;
      return;
    }
    const first: FromClient = { type: "hello", data: { version: Version, ...hello } };
    const socket = (this.socket = new WebSocket(this.url));
    this.asked = this.doubted = 0;
    this.heard = Date.now();
    this.pulse = window.setInterval(() => this.beat(), 1000);
    socket.onopen = () => {
      this.heard = this.asked = this.first = Date.now();
      this.send(first);
    };
    socket.onclose = () => this.again();
    socket.onerror = () => this.again();
    socket.onmessage = (event) => {
      this.heard = Date.now();
      this.first = this.doubted = 0;
      let m: FromServer;
      try {
        m = JSON.parse(event.data);
      } catch (e) {
        return;
      }
      if (m && m.type && m.data) {
        this.on.message(m);
      }
    };
  }

  /** beat runs each second, and much less often in a hidden tab or a sleeping machine: so
   * silence counts only when a question stands unanswered. */
  private beat(): void {
    const now = Date.now();
    const quiet = now - this.heard;
    if (!this.asked) {
      if (quiet > dialWithin) {
        this.again();
      }
      return;
    }
    const doubt = this.doubted ? now - this.doubted : 0;
    if (doubt >= 2 * deadSoon) {
      this.doubted = 0; // this tab slept meanwhile: that says nothing
    } else if (doubt >= deadSoon) {
      this.dial(); // at once, and without "down" unless that fails too
      if (this.on.left) {
        this.on.left();
      }
      return;
    }
    if (this.first && quiet >= deadAfter && now - this.first >= deadAfter - pingEvery) {
      this.again();
    } else if (now - this.asked >= pingEvery) {
      this.first = this.first || now;
      this.asked = now;
      this.send({ type: "ping", data: { at: now } });
    }
  }
}
