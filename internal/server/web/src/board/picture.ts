// Pictures to lie under a drawing: PNG or JPEG, looked at before anything is decoded. The
// twin of internal/ui/board/export.go.
import { maxGround, type Ground } from "./object";

/** maxBytes is how large the file of a picture may be. */
export const maxBytes = 20 << 20;
const maxPixels = 40 << 20;
/** longest is the longer side of a picture that is kept, in pixels: a larger one is made smaller. */
export const longest = 3200;

export interface Picture {
  ground: Ground;
  image: HTMLCanvasElement;
}

/** measured is the size that a PNG or JPEG says it has; null for anything else. */
export function measured(b: Uint8Array): { type: string; width: number; height: number } | null {
  const word = (i: number) => b[i] * 256 + b[i + 1];
  if (b.length >= 33 && [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a].every((v, i) => b[i] === v)) {
    return { type: "image/png", width: word(16) * 65536 + word(18), height: word(20) * 65536 + word(22) };
  }
  if (b.length < 4 || b[0] !== 0xff || b[1] !== 0xd8) {
    return null;
  }
  for (let i = 2; i + 9 <= b.length && b[i] === 0xff; ) {
    const marker = b[i + 1];
    if (marker === 0xff) {
      i++; // a byte that fills up
    } else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { type: "image/jpeg", height: word(i + 5), width: word(i + 7) };
    } else {
      i += 2 + Math.max(2, word(i + 2));
    }
  }
  return null;
}

/** complete tells whether the mark of a picture's end is near the end of the file: browsers
 * show half a picture as if it were whole, and the desktop does not show it. */
function complete(b: Uint8Array, type: string): boolean {
  const mark = type === "image/png" ? [0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82] : [0xff, 0xd9];
  for (let i = b.length - mark.length; i >= 0 && i > b.length - 4096; i--) {
    if (mark.every((v, j) => b[i + j] === v)) {
      return true;
    }
  }
  return false;
}

/** picture reads the content of a ground, or fails: no PNG or JPEG, damaged, too large. */
export async function picture(file: string, content: Uint8Array<ArrayBuffer>): Promise<Picture> {
  const size = content.length <= maxBytes ? measured(content) : null;
  if (!size || size.width < 1 || size.height < 1 || size.width > maxGround || size.height > maxGround || size.width * size.height > maxPixels || !complete(content, size.type)) {
    throw new Error("the picture cannot be used");
  }
  const sha = await digest(content);
  const url = URL.createObjectURL(new Blob([content], { type: size.type }));
  try {
    const image = new Image();
    await new Promise((done, failed) => {
      image.onload = done;
      image.onerror = () => failed(new Error("the picture is damaged"));
      image.src = url;
    });
    const { naturalWidth: w, naturalHeight: h } = image; // as the camera was held
    const shrink = Math.min(1, longest / Math.max(w, h));
    const kept = document.createElement("canvas");
    kept.width = Math.max(1, Math.floor(w * shrink));
    kept.height = Math.max(1, Math.floor(h * shrink));
    (kept.getContext("2d") as CanvasRenderingContext2D).drawImage(image, 0, 0, kept.width, kept.height);
    return { ground: { file, width: size.width, height: size.height, sha }, image: kept };
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** anew is a picture as a file again: upright, and without what the camera wrote beside it. */
export function anew(image: HTMLCanvasElement, type: string): Promise<Blob> {
  return new Promise((done, failed) => image.toBlob((b) => (b ? done(b) : failed(new Error("the picture cannot be drawn"))), type, 0.92));
}

/** matches tells whether content is what the ground refers to: it came from somebody else. */
export async function matches(g: Ground, content: Uint8Array<ArrayBuffer>): Promise<boolean> {
  return (await digest(content)) === g.sha;
}

async function digest(content: Uint8Array<ArrayBuffer>): Promise<string> {
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(sum).map((v) => ("0" + v.toString(16)).slice(-2)).join("");
}
