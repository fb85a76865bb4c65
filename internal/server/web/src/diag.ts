// The network test: tries the way to the server outside any consultation, when a button is pressed.
import { place } from "./api";
import { cause, named, program } from "./browser";
import { Devices } from "./diag/devices";
import { first, verdict, type Target } from "./diag/probe";
import { Run } from "./diag/run";
import { echo, gather, https, Signal, Stop } from "./diag/tries";
import { DiagView, type Look } from "./diag/view";
import { Words } from "./diag/words";
import { speaks } from "./texts";

/** target is where an http or ws address leads. */
function target(address: string): Target {
  const at = new URL(address);
  const port = Number(at.port) || (/^(https|wss):/.test(address) ? 443 : 80);
  return { host: at.hostname.replace(/^\[|\]$/g, ""), port, over: "tcp" };
}

class Page {
  private readonly at = place(location, document.documentElement.dataset.socket, "/diag");
  private readonly look: Look = {
    w: new Words(speaks(navigator.language) || "fr"),
    phase: "idle",
    lines: first(),
    verdict: "",
    at: new Date(),
    host: location.host,
    base: location.origin + this.at.base,
    copied: "",
    devices: null,
    self: null,
    mirrored: false,
    level: 0,
  };
  private readonly view = new DiagView(document, this.look, {
    start: () => this.start(),
    stop: () => this.stop(),
    language: (language) => (this.look.w = new Words(language)),
    devices: () => this.devices.toggle(),
  });
  private readonly devices = new Devices(this.look, () => this.view.render());
  private going: { run: Run<Signal>; stop: Stop } | null = null;

  show(): void {
    // A page that comes back from the browser's memory starts anew.
    window.addEventListener("pagehide", () => {
      this.stop();
      this.devices.release();
    });
    this.view.render();
  }

  private async start(): Promise<void> {
    this.stop();
    const stop = new Stop();
    const run: Run<Signal> = new Run<Signal>(
      {
        browser: () => {
          const it = named(navigator.userAgent);
          return { name: (it.name + " " + it.version).trim(), why: cause() || (it.old ? "old" : "") };
        },
        https: (ms) => https(this.at.base, ms, stop),
        open: async (ms) => {
          const { signal, figures } = await Signal.open(this.at.socket, program(navigator.userAgent), ms, stop);
          return { session: signal, figures };
        },
        gather: (server, want, ms) => gather(server, want, ms, stop),
        echo: (signal, relay, ms, aim) => echo(signal, relay, ms, stop, aim),
      },
      target(location.href),
      target(this.at.socket),
      () => this.lines(run),
    );
    this.going = { run, stop };
    this.look.phase = "running";
    this.look.verdict = "";
    this.look.copied = "";
    this.lines(run);
    await run.all();
    if (this.going && this.going.run === run) {
      this.going = null;
      this.look.at = new Date();
      this.look.verdict = verdict(run.lines, navigator.onLine !== false);
      this.look.phase = "done";
      this.view.render();
    }
  }

  private lines(run: Run<Signal>): void {
    if (this.going && this.going.run === run) {
      this.look.lines = run.lines;
      this.view.render();
    }
  }

  private stop(): void {
    if (this.going) {
      const { run, stop } = this.going;
      this.going = null;
      run.stop();
      stop.stop();
      this.look.lines = first();
      this.look.phase = "idle";
      this.view.render();
    }
  }
}

new Page().show();
