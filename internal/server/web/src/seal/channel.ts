// One direction of what a pair tells each other (docs/protocol.md, 12.2).
import { counted, decode, encode, gcm, join, number, text, value, type Bytes } from "./bytes";
import { keySize, tagSize } from "./sframe";

const counterSize = 8;

export class Channel {
  /** size of what a channel is made of: key and IV. */
  static readonly size = keySize + 12;

  /** next is the lowest counter that may come, or leaves next. */
  next = 0;

  private constructor(private readonly key: CryptoKey, readonly iv: Bytes) {}

  /** make takes Channel.size bytes, and zeroes them. */
  static async make(secret: Bytes): Promise<Channel> {
    const c = new Channel(await gcm(secret.slice(0, keySize)), secret.slice(keySize));
    secret.fill(0);
    return c;
  }

  private parameters(counter: number, beside: string): AesGcmParams {
    const all: AesGcmParams = { name: "AES-GCM", iv: counted(this.iv, counter), tagLength: 8 * tagSize };
    return beside ? { ...all, additionalData: text(beside) } : all;
  }

  /** seal binds what is said beside it in clear. */
  async seal(plain: Bytes, beside = ""): Promise<string> {
    const counter = this.next++;
    const with_ = this.parameters(counter, beside);
    return encode(join(number(counter, counterSize), new Uint8Array(await crypto.subtle.encrypt(with_, this.key, plain))));
  }

  /** open answers null for what is no message of the other side, or came before. */
  async open(data: unknown, beside = ""): Promise<Bytes | null> {
    const b = decode(data);
    const counter = b.length < counterSize + tagSize ? NaN : value(b.subarray(0, counterSize));
    if (!(counter >= this.next)) {
      return null;
    }
    const with_ = this.parameters(counter, beside);
    try {
      const plain = new Uint8Array(await crypto.subtle.decrypt(with_, this.key, b.subarray(counterSize)));
      this.next = counter + 1;
      return plain;
    } catch (e) {
      return null;
    }
  }
}
