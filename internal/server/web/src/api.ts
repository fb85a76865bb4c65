// The HTTP side: what a link is good for, and the pass that opens the room.
import type { Code, Failure, LinkInfo, Pass } from "./wire.gen";

/** Place tells where this page lives: any path prefix works. */
export interface Place {
  code: string;
  /** base is the address before "/r/" or "/diag", without a slash at its end. */
  base: string;
  socket: string;
}

/** place finds it before mark; told is the WebSocket's address when it has a host of its own. */
export function place(at: { protocol: string; host: string; pathname: string }, told?: string, mark = "/r/"): Place {
  const cut = at.pathname.lastIndexOf(mark);
  const prefix = cut < 0 ? "" : at.pathname.slice(0, cut);
  const code = cut < 0 ? "" : at.pathname.slice(cut + mark.length).replace(/\/+$/, "");
  const secure = at.protocol === "https:";
  return {
    code,
    base: prefix,
    socket: told || (secure ? "wss://" : "ws://") + at.host + prefix + "/ws",
  };
}

/** Refused is a failure that the server named; anything else is the network's. */
export class Refused extends Error {
  constructor(readonly code: Code) {
    super(code);
    Object.setPrototypeOf(this, Refused.prototype);
  }
}

export class Api {
  constructor(private readonly at: Place) {}

  link(): Promise<LinkInfo> {
    return this.post<LinkInfo>("link");
  }

  join(): Promise<Pass> {
    return this.post<Pass>("join");
  }

  private async post<T>(what: string): Promise<T> {
    const answer = await fetch(this.at.base + "/api/v1/" + what, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code: this.at.code }),
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
    });
    if (answer.ok) {
      return answer.json() as Promise<T>;
    }
    let failure: Partial<Failure> = {};
    try {
      failure = await answer.json();
    } catch (e) {
      // A proxy's own error page: the status is all we know.
    }
    if (failure.code) {
      throw new Refused(failure.code);
    }
    if (answer.status === 404) {
      throw new Refused("unknown_link");
    }
    if (answer.status === 429) {
      throw new Refused("slow_down");
    }
    throw new Error("HTTP " + answer.status);
  }
}
