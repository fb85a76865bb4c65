// The agreement with one other participant. Both sides do the same:
//
//   commit       a hash of our public key and a nonce, before anything of the other is known
//   reveal       key and nonce, once the other's commitment is here: nobody in between can
//                choose theirs after seeing ours, so a short code is enough
//   encapsulate  a secret for the revealed key (HPKE, RFC 9180)
//
// The pair's key comes from both secrets, so only who holds both private keys has it. The
// twin of internal/call/seal/pair.go.
import "./old";
import { Aes128Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
import type { Commit, Encapsulate, Reveal } from "../wire.gen";
import { decode, derive, encode, hash, join, random, same, text, type Bytes } from "./bytes";
import { Channel } from "./channel";

const labels = {
  commit: "ekermed commitment v1",
  pair: "ekermed pair v1",
  export: "ekermed export v1",
  sealed: "ekermed sealed v1",
  code: "ekermed safety code v1",
};

export const randomSize = 32;
const codeSize = 4;
const curve = { name: "ECDH", namedCurve: "P-256" };

function suite(): CipherSuite {
  return new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
}

/** Keys are ours for one room. The private one cannot be read. */
export interface Keys {
  pair: CryptoKeyPair;
  /** public, uncompressed: 65 bytes. */
  public: Bytes;
}

export async function makeKeys(): Promise<Keys> {
  const pair = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
  return { pair, public: new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)) };
}

/** Wrong: the other side, or somebody in between, did not keep to the agreement. */
export class Wrong extends Error {
  constructor() {
    super("the key agreement was tampered with");
    Object.setPrototypeOf(this, Wrong.prototype);
  }
}

/** before orders ids by their bytes of UTF-8. */
export function before(a: string, b: string): boolean {
  const x = text(a);
  const y = text(b);
  for (let i = 0; i < x.length && i < y.length; i++) {
    if (x[i] !== y[i]) {
      return x[i] < y[i];
    }
  }
  return x.length < y.length;
}

function commitment(from: string, to: string, key: Uint8Array, nonce: Uint8Array): Promise<Bytes> {
  return hash(labels.commit, text(from), text(to), key, nonce);
}

export class Pair {
  theirCommit: Bytes | null = null;
  theirKey: Bytes | null = null;
  transcript: Bytes | null = null;
  /** ours is the secret that we encapsulated. */
  ours: Bytes = new Uint8Array(0);
  in: Channel | null = null;
  out: Channel | null = null;
  /** code is the safety code, once the other's key is known. */
  code: number[] = [];

  constructor(readonly self: string, readonly peer: string, private readonly keys: Keys, readonly nonce: Bytes = random(randomSize)) {}

  async commit(): Promise<Commit> {
    return { peer: this.peer, commitment: encode(await commitment(this.self, this.peer, this.keys.public, this.nonce)) };
  }

  reveal(): Reveal {
    return { peer: this.peer, key: encode(this.keys.public), nonce: encode(this.nonce) };
  }

  /** revealed checks what the other side committed to, and answers with a secret for it. */
  async revealed(m: Reveal): Promise<Encapsulate> {
    const key = decode(m.key);
    const nonce = decode(m.nonce);
    if (!this.theirCommit || nonce.length !== randomSize || !same(this.theirCommit, await commitment(this.peer, this.self, key, nonce))) {
      throw new Wrong();
    }
    if (key.length !== this.keys.public.length || same(key, this.keys.public)) {
      throw new Wrong();
    }
    const mine = [text(this.self), this.keys.public, this.nonce];
    const theirs = [text(this.peer), key, nonce];
    this.transcript = await hash(labels.pair, ...(this.first() ? mine.concat(theirs) : theirs.concat(mine)));
    // This refuses what is no point of the curve.
    const recipientPublicKey = await crypto.subtle.importKey("raw", key, curve, true, []);
    const sender = await suite().createSenderContext({ recipientPublicKey, info: this.info() });
    this.ours = new Uint8Array(await sender.export(text(labels.export), randomSize));
    this.code = Array.from((await hash(labels.code, this.transcript)).subarray(0, codeSize));
    this.theirKey = key;
    return { peer: this.peer, enc: encode(new Uint8Array(sender.enc)) };
  }

  /** first: our id is the smaller one. */
  private first(): boolean {
    return before(this.self, this.peer);
  }

  private info(): Bytes {
    return join(text(labels.pair), this.transcript || new Uint8Array(0));
  }

  /** encapsulated takes the other's secret: with ours it makes the pair's key. */
  async encapsulated(m: Encapsulate): Promise<void> {
    const transcript = this.transcript;
    if (!transcript) {
      throw new Wrong();
    }
    const recipient = await suite().createRecipientContext({ recipientKey: this.keys.pair, enc: decode(m.enc), info: this.info() });
    const theirs = new Uint8Array(await recipient.export(text(labels.export), randomSize));
    const secret = this.first() ? join(this.ours, theirs) : join(theirs, this.ours);
    const channel = async (from: string, to: string) => Channel.make(await derive(secret, transcript, await hash(labels.sealed, text(from), text(to)), Channel.size));
    this.out = await channel(this.self, this.peer);
    this.in = await channel(this.peer, this.self);
    for (const b of [secret, theirs, this.ours]) {
      b.fill(0);
    }
  }

  agreed(): boolean {
    return this.in !== null;
  }

  /** discard forgets what the other side said: it does not fit. */
  discard(): void {
    this.theirCommit = this.theirKey = this.transcript = null;
    this.code = [];
  }
}
