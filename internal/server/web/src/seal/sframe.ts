// SFrame (RFC 9605), AES_128_GCM_SHA256_128: one frame sealed or opened under one key. The
// twin of internal/call/seal/sframe.go.
import { counted, derive, gcm, join, number, text, value, type Bytes } from "./bytes";

export type Kind = "audio" | "video" | "screen";

/** suite is AES_128_GCM_SHA256_128 (RFC 9605, section 4.5). */
const suite = 4;
export const keySize = 16;
const nonceSize = 12;
export const tagSize = 16;

/** Header is an SFrame header (RFC 9605, section 4.3). Values of 2⁵³ and more are refused:
 * no key is ever used that often. */
export interface Header {
  kid: number;
  ctr: number;
  /** size in bytes. */
  size: number;
}

/** minimal writes v in as few bytes as it needs; none below 8. */
function minimal(v: number): Bytes {
  let size = 0;
  for (let rest = v; v >= 8 && rest > 0; rest = Math.floor(rest / 256)) {
    size++;
  }
  return number(v, size);
}

/** writeHeader writes a header in its shortest form. */
export function writeHeader(kid: number, ctr: number): Bytes {
  const k = minimal(kid);
  const c = minimal(ctr);
  const field = (v: number, b: Bytes) => (b.length ? 8 | (b.length - 1) : v);
  return join(new Uint8Array([(field(kid, k) << 4) | field(ctr, c)]), k, c);
}

export function parseHeader(b: Uint8Array): Header | null {
  if (b.length === 0) {
    return null;
  }
  let size = 1;
  const read = (field: number) => {
    if (field < 8) {
      return field;
    }
    const n = (field & 7) + 1;
    size += n;
    return size <= b.length ? value(b.subarray(size - n, size)) : NaN;
  };
  const kid = read(b[0] >> 4);
  const ctr = read(b[0] & 15);
  return isNaN(kid) || isNaN(ctr) ? null : { kid, ctr, size };
}

/** FrameKey is one SFrame key, ready for use. */
export class FrameKey {
  /** newest is the highest counter that was opened, plus one. */
  newest = 0;
  /** since is when a newer key was first used, ms; 0 while none was. */
  since = 0;

  private constructor(readonly kid: number, private readonly key: CryptoKey, readonly salt: Bytes) {}

  /** derive makes it from a base key (RFC 9605, section 4.4.2). */
  static async derive(base: Bytes, kid: number): Promise<FrameKey> {
    const of = (what: string, size: number) => derive(base, new Uint8Array(0), join(text("SFrame 1.0 Secret " + what + " "), number(kid, 8), number(suite, 2)), size);
    const raw = await of("key", keySize);
    const key = await gcm(raw);
    raw.fill(0);
    return new FrameKey(kid, key, await of("salt", nonceSize));
  }

  nonce(ctr: number): Bytes {
    return counted(this.salt, ctr);
  }

  /** seal returns the clear bytes, the header and the ciphertext of plain. */
  async seal(clear: Uint8Array, ctr: number, metadata: Uint8Array, plain: Bytes): Promise<Bytes> {
    const header = writeHeader(this.kid, ctr);
    const with_ = { name: "AES-GCM", iv: this.nonce(ctr), additionalData: join(header, metadata), tagLength: 8 * tagSize };
    return join(clear, header, new Uint8Array(await crypto.subtle.encrypt(with_, this.key, plain)));
  }

  /** open returns what is in sealed, which begins with the header h; null when it was changed,
   * or is of another key. */
  async open(h: Header, metadata: Uint8Array, sealed: Bytes): Promise<Bytes | null> {
    const with_ = { name: "AES-GCM", iv: this.nonce(h.ctr), additionalData: join(sealed.subarray(0, h.size), metadata), tagLength: 8 * tagSize };
    try {
      return new Uint8Array(await crypto.subtle.decrypt(with_, this.key, sealed.subarray(h.size)));
    } catch (e) {
      return null;
    }
  }
}

/** clearBytes is how much of a frame stays readable: the first byte of VP8, by which
 * forwarders tell key frames (RFC 6386, section 9.1); nothing of Opus. */
export function clearBytes(kind: Kind): number {
  return kind === "audio" ? 0 : 1;
}

/** metadata is what is authenticated beside the frame: its kind and its clear bytes. */
export function metadata(kind: Kind, clear: Uint8Array): Bytes {
  return join(new Uint8Array([{ audio: 1, video: 2, screen: 3 }[kind]]), clear);
}

const windowSize = 256;

/** Window remembers which of the newest counters were seen. */
export class Window {
  /** top is the highest that was seen, plus one. */
  private top = 0;
  private readonly seen = new Uint8Array(windowSize);

  /** take answers why a counter is not taken: it was seen, or is too far behind. */
  take(ctr: number): "" | "repeated" | "refused" {
    if (ctr >= this.top) {
      for (let n = Math.max(this.top, ctr - windowSize); n <= ctr; n++) {
        this.seen[n % windowSize] = 0;
      }
      this.top = ctr + 1;
    } else if (ctr + windowSize < this.top) {
      return "refused";
    }
    if (this.seen[ctr % windowSize]) {
      return "repeated";
    }
    this.seen[ctr % windowSize] = 1;
    return "";
  }
}
