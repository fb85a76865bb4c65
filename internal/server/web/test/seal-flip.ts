// The worker with one fault to order: while it is told to, a bit of every sealed frame is another.
import "../src/seal/worker";

let flips = false;
const encrypt = crypto.subtle.encrypt.bind(crypto.subtle);
crypto.subtle.encrypt = async (...with_) => {
  const sealed = await encrypt(...with_);
  if (flips) {
    const bytes = new Uint8Array(sealed);
    const at = Math.floor(Math.random() * 8 * bytes.length);
    bytes[at >> 3] ^= 1 << (at & 7);
  }
  return sealed;
};
self.addEventListener("message", (e) => {
  if (typeof e.data.flip === "boolean") {
    flips = e.data.flip;
  }
});
