// Carries sealed files to the server and from there: in pieces, with patience when the line
// drops, and going on where it stopped. The twin of internal/call/files/courier.
import { SHA256 } from "@stablelib/sha256";
import { join, random, type Bytes } from "../seal/bytes";
import { MaxPiece, type Code, type FileID } from "../wire.gen";
import { chunkSize, keySize, Opener, plain, sealed, sealedChunk, Sealer } from "./parcel";

/** Why a transfer ends; the screen has the sentence. */
export type Problem =
  | "" | "off" | "empty" | "too_large" | "too_many" | "unreadable" | "changed" | "quota" | "storage" | "refused"
  | "forged" | "gone" | "left" | "memory" | "declined" | "offline" | "by_hand";

/** Broke is thrown when a transfer is at its end. */
export class Broke {
  constructor(readonly why: Problem) {}
}

/** Later is thrown when it may well work in a moment. */
class Later {}

/** Halted is thrown when somebody stopped it. */
export class Halted {}

/** Halt stops a transfer. */
export class Halt {
  stopped = false;
  private readonly told = new Set<() => void>();

  stop(): void {
    this.stopped = true;
    this.told.forEach((f) => f());
    this.told.clear();
  }

  on(f: () => void): () => void {
    this.told.add(f);
    return () => void this.told.delete(f);
  }
}

export interface Server {
  /** base is the address before "/api". */
  base: string;
  /** token is that of the newest Files, empty while there is none. */
  token(): string;
}

/** Sending is what is told to those who will fetch a file. */
export interface Sending {
  blob: string;
  key: Bytes;
}

export interface Progress {
  /** moved: so many bytes of the file are through. */
  moved(done: number): void;
  /** waits: the line is down, or the server not ready; it is tried again. */
  waits(): void;
}

export interface UploadProgress extends Progress {
  /** begun: it has a place at the server; again when it had to begin anew. */
  begun(s: Sending): void;
}

/** stall is how long nothing may come of a request, ms: a piece on a line of 64 kbit/s takes
 * two minutes, and fetch does not tell how it goes. */
const stall = 180000;
const firstWait = 300;
const mostWait = 5000;
/** anew is how often a file that the server lost is sent from the beginning. */
const anew = 3;
const pieceChunks = Math.floor(MaxPiece / sealedChunk);

/** ask sends one request; its answer is whole when it comes. */
async function ask(server: Server, halt: Halt, method: string, id: string, headers: { [name: string]: string }, body?: Bytes | string): Promise<{ status: number; headers: Headers; body: Bytes }> {
  if (halt.stopped) {
    throw new Halted();
  }
  const control = typeof AbortController === "function" ? new AbortController() : null;
  let end = () => {};
  const cut = new Promise<never>((_, no) => {
    end = () => {
      if (control) {
        control.abort();
      }
      no(new Later());
    };
  });
  cut.catch(() => undefined); // it may come when nobody waits any more
  const off = halt.on(end);
  const timer = setTimeout(end, stall);
  const work = async () => {
    const a = await fetch(server.base + "/api/v1/files" + (id && "/" + id), {
      method, body, headers: { ...headers, Authorization: "Bearer " + server.token() }, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer",
      ...(control ? { signal: control.signal } : {}),
    });
    return { status: a.status, headers: a.headers, body: new Uint8Array(await a.arrayBuffer()) };
  };
  try {
    return await Promise.race([work(), cut]);
  } catch (e) {
    throw halt.stopped ? new Halted() : new Later();
  } finally {
    clearTimeout(timer);
    off();
  }
}

/** refusal tells what may pass from what will not. */
function refusal(status: number, body: Uint8Array): Broke | Later {
  let code: Code | "" = "";
  try {
    code = JSON.parse(new TextDecoder().decode(body.subarray(0, 4096))).code || "";
  } catch (e) {
    // A proxy's page is no Failure.
  }
  switch (code) {
    case "not_found":
      return new Broke("gone");
    case "too_large":
    case "quota":
    case "storage":
      return new Broke(code);
    case "role":
      return new Broke("off");
    case "malformed":
    case "origin":
      return new Broke("refused");
    case "": // somebody on the way speaks: a proxy that takes no such request
      return status >= 400 && status < 500 && [401, 407, 408, 429].indexOf(status) < 0 ? new Broke("refused") : new Later();
  }
  return new Later();
}

/** again tries until something is done, with a longer wait each time that nothing came of it. */
async function again(halt: Halt, progress: Progress, at: () => number, once: () => Promise<boolean>): Promise<void> {
  for (let wait = 0; ; ) {
    const before = at();
    try {
      if (await once()) {
        return;
      }
      wait = 0;
      continue;
    } catch (e) {
      if (halt.stopped) {
        throw new Halted();
      }
      if (!(e instanceof Later)) {
        throw e;
      }
    }
    progress.waits();
    wait = at() > before ? firstWait : Math.min(Math.max(2 * wait, firstWait), mostWait);
    await new Promise<void>((done) => {
      const off = halt.on(wake);
      const timer = setTimeout(wake, wait);
      function wake() {
        clearTimeout(timer);
        off();
        done();
      }
    });
  }
}

/** bytesOf reads a part of a file. */
async function bytesOf(part: Blob): Promise<Bytes> {
  try {
    return new Uint8Array(await new Response(part).arrayBuffer());
  } catch (e) {
    throw new Broke("changed"); // browsers refuse a file that was written to, or is gone
  }
}

/** Upload is one file on its way to the server. It survives run, which may be called again;
 * after its end it looks whether the file is still there, and sends it anew when not. */
export class Upload {
  blob = "";
  private begins = 0;
  private seal: Sealer | null = null;
  private sum = new SHA256();
  private read = 0;
  /** Each chunk is sealed once: a file may change under our hands, and two texts under one
   * nonce would show each other. So what may have to be sent again is kept as it is. */
  private piece: Bytes = new Uint8Array(0);
  /** at is where in the sealed file piece begins. */
  private at = 0;
  private readonly since: number;

  constructor(private readonly server: Server, private readonly file: Blob) {
    this.since = (file as File).lastModified;
  }

  /** run sends until everything is at the server, and answers the file's SHA-256. */
  async run(halt: Halt, progress: UploadProgress): Promise<Bytes> {
    await again(halt, progress, () => this.at, async () => {
      try {
        await this.go(halt, progress);
        return true;
      } catch (e) {
        if (!(e instanceof Broke) || e.why !== "gone" || this.begins >= anew) {
          throw e;
        }
        this.forget();
        progress.moved(0);
        throw new Later();
      }
    });
    return new Uint8Array(this.sum.digest());
  }

  private forget(): void {
    this.blob = "";
    this.seal = null;
    this.sum = new SHA256();
    this.piece = new Uint8Array(0);
    this.read = this.at = 0;
  }

  private async go(halt: Halt, progress: UploadProgress): Promise<void> {
    if (!this.blob) {
      await this.begin(halt, progress);
    } else {
      const a = await ask(this.server, halt, "HEAD", this.blob, {});
      if (a.status !== 200) {
        throw a.status === 404 ? new Broke("gone") : refusal(a.status, a.body); // HEAD has no body that says more
      }
      this.reached(a.headers);
    }
    for (const whole = sealed(this.file.size); ; ) {
      progress.moved(plain(this.at, this.file.size));
      if (this.piece.length === 0) {
        if (this.at === whole) {
          return;
        }
        await this.fill();
      }
      const a = await ask(this.server, halt, "PATCH", this.blob, { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(this.at) }, this.piece);
      if (a.status !== 204) {
        throw refusal(a.status, a.body);
      }
      this.reached(a.headers);
    }
  }

  private async begin(halt: Halt, progress: UploadProgress): Promise<void> {
    const a = await ask(this.server, halt, "POST", "", { "Content-Type": "application/json" }, JSON.stringify({ size: sealed(this.file.size) }));
    if (a.status !== 200) {
      const no = refusal(a.status, a.body);
      throw a.status === 404 ? new Broke("off") : no;
    }
    let made: Partial<FileID> = {};
    try {
      made = JSON.parse(new TextDecoder().decode(a.body));
    } catch (e) {
      // As if it had named none.
    }
    if (typeof made.id !== "string" || !/^[A-Za-z0-9_-]+$/.test(made.id)) {
      throw new Later();
    }
    const key = random(keySize);
    this.seal = await Sealer.make(key);
    this.blob = made.id;
    this.begins++;
    progress.begun({ blob: this.blob, key });
  }

  /** reached takes what the server has off the piece. */
  private reached(headers: Headers): void {
    const n = parseInt(headers.get("Upload-Offset") || "", 10);
    if (isNaN(n)) {
      throw new Later();
    }
    if (n < this.at || n > this.at + this.piece.length) {
      throw new Broke("gone"); // it is not what we sent: only a new beginning helps
    }
    this.piece = this.piece.slice(n - this.at);
    this.at = n;
  }

  private async fill(): Promise<void> {
    const chunks: Bytes[] = [];
    for (let i = 0; i < pieceChunks && this.read < this.file.size; i++) {
      const n = Math.min(this.file.size - this.read, chunkSize);
      const chunk = await bytesOf(this.file.slice(this.read, this.read + n));
      if (chunk.length !== n || (this.file as File).lastModified !== this.since) {
        throw new Broke("changed");
      }
      this.read += n;
      this.sum.update(chunk);
      chunks.push(await (this.seal as Sealer).seal(chunk, this.read === this.file.size));
    }
    this.piece = join(...chunks);
  }
}

/** Fetch is one file on its way from the server. It survives run, which may be called again. */
export class Fetch {
  private opener: Opener | null = null;
  private readonly sum = new SHA256();
  private parts: Blob[] = [];
  /** have is how much of the sealed file was taken, pending what of it is no whole chunk yet. */
  private have = 0;
  private pending: Bytes = new Uint8Array(0);
  private written = 0;

  constructor(private readonly server: Server, private readonly what: Sending, private readonly size: number) {}

  /** run fetches and opens until the file is whole, also while its sender still sends, and
   * answers it with its SHA-256. */
  async run(halt: Halt, progress: Progress): Promise<{ parts: Blob[]; sum: Bytes }> {
    if (!this.opener) {
      this.opener = await Opener.make(this.what.key);
    }
    const whole = sealed(this.size);
    await again(halt, progress, () => this.have, async () => {
      if (this.have < whole) {
        await this.next(halt, whole);
        progress.moved(this.written);
      }
      return this.have === whole;
    });
    return { parts: this.parts, sum: new Uint8Array(this.sum.digest()) };
  }

  private async next(halt: Halt, whole: number): Promise<void> {
    const from = this.have;
    const to = Math.min(from + MaxPiece, whole) - 1;
    const a = await ask(this.server, halt, "GET", this.what.blob, { Range: "bytes=" + from + "-" + to });
    if (a.status === 204) {
      return; // the sender is slower than we are
    }
    if (a.status === 416) {
      throw new Broke("forged"); // shorter than it was said to be
    }
    if (a.status !== 206) {
      throw refusal(a.status, a.body);
    }
    const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(a.headers.get("Content-Range") || "");
    if (!range || Number(range[1]) !== from || Number(range[3]) !== whole || a.body.length > to + 1 - from) {
      throw new Broke("forged"); // of another file, or from elsewhere in it
    }
    if (a.body.length === 0) {
      throw new Later();
    }
    this.have += a.body.length;
    await this.take(join(this.pending, a.body), this.have === whole);
  }

  private async take(b: Bytes, end: boolean): Promise<void> {
    const opened: Bytes[] = [];
    let at = 0;
    for (; b.length - at >= sealedChunk || (end && at < b.length); ) {
      const n = Math.min(b.length - at, sealedChunk);
      const chunk = await (this.opener as Opener).open(b.slice(at, at + n), end && at + n === b.length);
      if (!chunk) {
        throw new Broke("forged");
      }
      this.sum.update(chunk);
      this.written += chunk.length;
      opened.push(chunk);
      at += n;
    }
    this.pending = b.slice(at);
    if (opened.length) {
      this.parts.push(new Blob(opened)); // browsers keep large ones on the disk
    }
  }
}

/** remove tells the server that a file is no longer offered. It tries once. */
export async function remove(server: Server, blob: string): Promise<void> {
  try {
    await ask(server, new Halt(), "DELETE", blob, {});
  } catch (e) {
    // It goes with the call anyway.
  }
}
