// Work of the page: carries files, two at a time each way, and looks at them. The twin of
// internal/call/files/porter.go.
import { Broke, Fetch, Halt, Halted, remove, Upload, type Problem, type Sending, type Server } from "./courier";
import type { Looked, Work } from "./engine";
import { headSize, kindOf } from "./kind";
import { thumbnail } from "./thumbnail";
import type { Bytes } from "../seal/bytes";

const atOnce = 2;

/** Reporter is told how the work goes: an Engine. */
export interface Reporter {
  begun(id: string, s: Sending): void;
  moved(id: string, done: number): void;
  waits(id: string): void;
  sent(id: string, sum: Bytes): void;
  fetched(id: string, sum: Bytes): void;
  looked(id: string, l: Looked): void;
  broke(id: string, why: Problem): void;
}

/** Turns lets atOnce of those who wait go. */
class Turns {
  private free = atOnce;
  private readonly waiting: (() => void)[] = [];

  async take(): Promise<void> {
    if (this.free > 0) {
      this.free--;
      return;
    }
    await new Promise<void>((go) => this.waiting.push(go));
  }

  give(): void {
    const next = this.waiting.shift();
    if (next) {
      next();
    } else {
      this.free++;
    }
  }
}

/** Job is one file. One thing at a time is done with it. */
interface Job {
  upload: Upload | null;
  fetch: Fetch | null;
  parts: Blob[];
  halt: Halt;
  last: Promise<void>;
}

export class Porter implements Work {
  private to: Reporter | null = null;
  private readonly jobs: { [id: string]: Job } = Object.create(null);
  private readonly up = new Turns();
  private readonly down = new Turns();

  constructor(private readonly server: Server) {}

  /** bind names who is told how the work goes. */
  bind(to: Reporter): void {
    this.to = to;
  }

  /** run lets what have the job once it is free. What it reports counts only as long as the job
   * is this one and was not stopped. */
  private run(id: string, turns: Turns, what: (job: Job, halt: Halt, tell: (f: (to: Reporter) => void) => void) => Promise<void>): void {
    const job = this.jobs[id] || (this.jobs[id] = { upload: null, fetch: null, parts: [], halt: new Halt(), last: Promise.resolve() });
    job.halt.stop();
    const halt = (job.halt = new Halt());
    const tell = (f: (to: Reporter) => void) => {
      if (this.to && this.jobs[id] === job && !halt.stopped) {
        f(this.to);
      }
    };
    const before = job.last;
    const work = async () => {
      await before;
      await turns.take();
      try {
        if (!halt.stopped) {
          await what(job, halt, tell);
        }
      } catch (e) {
        if (!(e instanceof Halted)) {
          // What no part of ours throws is memory that the browser has not got.
          tell((to) => to.broke(id, e instanceof Broke ? e.why : "memory"));
        }
      } finally {
        turns.give();
      }
    };
    job.last = work();
  }

  private progress(id: string, tell: (f: (to: Reporter) => void) => void) {
    return {
      begun: (s: Sending) => tell((to) => to.begun(id, s)),
      moved: (done: number) => tell((to) => to.moved(id, done)),
      waits: () => tell((to) => to.waits(id)),
    };
  }

  upload(id: string, file: Blob): void {
    this.run(id, this.up, async (job, halt, tell) => {
      job.upload = job.upload || new Upload(this.server, file);
      const sum = await job.upload.run(halt, this.progress(id, tell));
      tell((to) => to.sent(id, sum));
    });
  }

  fetch(id: string, what: Sending, size: number): void {
    this.run(id, this.down, async (job, halt, tell) => {
      job.fetch = job.fetch || new Fetch(this.server, what, size);
      const { parts, sum } = await job.fetch.run(halt, this.progress(id, tell));
      job.parts = parts;
      tell((to) => to.fetched(id, sum));
    });
  }

  look(id: string, name: string): void {
    this.run(id, this.down, async (job, _, tell) => {
      const whole = new Blob(job.parts);
      const head = new Uint8Array(await new Response(whole.slice(0, headSize)).arrayBuffer());
      const kind = kindOf(head, name);
      const small = await thumbnail(whole, kind.mime);
      job.fetch = null;
      job.parts = [];
      // What could be run in a page has no type of its own: nothing shows it by mistake.
      const file = new Blob([whole], { type: kind.warning === "" ? kind.mime : "application/octet-stream" });
      tell((to) => to.looked(id, { file, kind, thumbnail: small }));
    });
  }

  stop(id: string): void {
    const job = this.jobs[id];
    if (job) {
      job.halt.stop();
    }
  }

  drop(id: string): void {
    const job = this.jobs[id];
    if (!job) {
      return;
    }
    delete this.jobs[id];
    job.halt.stop();
    void job.last.then(() => (job.upload && job.upload.blob ? remove(this.server, job.upload.blob) : undefined));
  }
}
