// Bytes: joined, compared, written as base64, hashed and derived from one another.

/** Bytes own their memory, so that WebCrypto and workers may take them. */
export type Bytes = Uint8Array<ArrayBuffer>;

const utf8 = new TextEncoder();

export function text(s: string): Bytes {
  return new Uint8Array(utf8.encode(s));
}

export function join(...parts: Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    whole.set(p, at);
    at += p.length;
  }
  return whole;
}

/** same takes as long wherever the difference is. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  let differs = a.length ^ b.length;
  for (let i = 0; i < a.length && i < b.length; i++) {
    differs |= a[i] ^ b[i];
  }
  return differs === 0;
}

/** number writes n, a whole number below 2⁵³, in size bytes, big end first. */
export function number(n: number, size: number): Bytes {
  const b = new Uint8Array(size);
  for (let i = size - 1; i >= 0; i--) {
    b[i] = n % 256;
    n = Math.floor(n / 256);
  }
  return b;
}

/** value reads what number wrote; NaN when it is 2⁵³ or more. */
export function value(b: Uint8Array): number {
  let n = 0;
  for (let i = 0; i < b.length; i++) {
    n = n * 256 + b[i];
  }
  return n <= Number.MAX_SAFE_INTEGER ? n : NaN;
}

/** counted is the nonce of one counter: iv with it XORed into the last eight bytes. */
export function counted(iv: Bytes, ctr: number): Bytes {
  const nonce = iv.slice();
  number(ctr, 8).forEach((b, i) => (nonce[iv.length - 8 + i] ^= b));
  return nonce;
}

export function random(size: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(size));
}

/** encode writes base64 with padding (RFC 4648, section 4). */
export function encode(b: Uint8Array): string {
  let s = "";
  for (let i = 0; i < b.length; i++) {
    s += String.fromCharCode(b[i]);
  }
  return btoa(s);
}

const strict = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** decode answers nothing for what is no base64: no length fits then. */
export function decode(s: unknown): Bytes {
  if (typeof s !== "string" || !strict.test(s)) {
    return new Uint8Array(0);
  }
  const chars = atob(s);
  const b = new Uint8Array(chars.length);
  for (let i = 0; i < chars.length; i++) {
    b[i] = chars.charCodeAt(i);
  }
  return b;
}

/** hash of parts, so that none runs into the next. */
export async function hash(label: string, ...parts: Uint8Array[]): Promise<Bytes> {
  const all: Uint8Array[] = [text(label)];
  for (const p of parts) {
    all.push(number(p.length, 4), p);
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", join(...all)));
}

/** derive is HKDF with SHA-256 (RFC 5869): extract, then expand to size bytes. */
export async function derive(secret: Bytes, salt: Bytes, info: Bytes, size: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, size * 8));
}

/** gcm is an AES-GCM key that cannot be read again. */
export function gcm(key: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
}
