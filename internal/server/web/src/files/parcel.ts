// A file sealed in chunks: STREAM over AES-128-GCM (docs/protocol.md, 14.2). The twin of
// internal/call/files/parcel.
import { gcm, number, type Bytes } from "../seal/bytes";

export const keySize = 16;
export const chunkSize = 65536;
export const tagSize = 16;
/** sealedChunk is a chunk as it travels; the last one may be shorter. */
export const sealedChunk = chunkSize + tagSize;

/** sealed is the length of a file of size bytes once it is sealed. */
export function sealed(size: number): number {
  return size + Math.max(1, Math.ceil(size / chunkSize)) * tagSize;
}

/** plain is how much of a file of size bytes stands in the first n sealed bytes. */
export function plain(n: number, size: number): number {
  return Math.min(size, n - Math.floor(n / sealedChunk) * tagSize);
}

class Stream {
  private count = 0;
  private ended = false;

  protected constructor(protected readonly key: CryptoKey) {}

  /** next is the nonce of the next chunk; null after the last one. */
  protected next(last: boolean): { name: string; iv: Bytes; tagLength: number } | null {
    if (this.ended) {
      return null;
    }
    this.ended = last;
    const iv = new Uint8Array(12);
    iv.set(number(this.count++, 8), 3);
    iv[11] = last ? 1 : 0;
    return { name: "AES-GCM", iv, tagLength: 8 * tagSize };
  }
}

/** Sealer seals one file from its beginning to its end. */
export class Sealer extends Stream {
  /** make takes a random key that nothing else was sealed with. */
  static async make(key: Bytes): Promise<Sealer> {
    return new Sealer(await gcm(key));
  }

  /** seal takes the next chunk. All but the last have chunkSize bytes. */
  async seal(chunk: Bytes, last: boolean): Promise<Bytes> {
    const with_ = chunk.length > chunkSize || (!last && chunk.length !== chunkSize) ? null : this.next(last);
    if (!with_) {
      throw new Error("a chunk that cannot be sealed");
    }
    return new Uint8Array(await crypto.subtle.encrypt(with_, this.key, chunk));
  }
}

/** Opener opens what a Sealer sealed, in the same order. */
export class Opener extends Stream {
  static async make(key: Bytes): Promise<Opener> {
    return new Opener(await gcm(key));
  }

  /** open answers null when anything is not as it was sealed; the file is then worth nothing. */
  async open(chunk: Bytes, last: boolean): Promise<Bytes | null> {
    const wrong = chunk.length < tagSize || chunk.length > sealedChunk || (!last && chunk.length !== sealedChunk);
    const with_ = wrong ? null : this.next(last);
    if (!with_) {
      return null;
    }
    try {
      return new Uint8Array(await crypto.subtle.decrypt(with_, this.key, chunk));
    } catch (e) {
      return null;
    }
  }
}
