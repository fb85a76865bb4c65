// Small pictures of fetched images. Their size is read from their first bytes before any
// decoder sees them; SVG is never drawn.

/** thumbnailSize is the longer side, in pixels, at most. */
export const thumbnailSize = 256;
const maxPixels = 32000000;
const maxSide = 20000;
/** headerSize is where the size of a JPEG must be found, in bytes: cameras put previews first. */
const headerSize = 262144;

/** dimensions reads width and height of PNG, GIF, JPEG and WebP; null when they are not there. */
export function dimensions(b: Uint8Array, mime: string): { width: number; height: number } | null {
  const big = (at: number) => b[at] * 256 + b[at + 1];
  const little = (at: number, size = 2) => b[at] + b[at + 1] * 256 + (size > 2 ? b[at + 2] * 65536 : 0);
  const found = (width: number, height: number) => (width > 0 && height > 0 ? { width, height } : null); // NaN is neither
  switch (mime) {
    case "image/png":
      return found(big(16) * 65536 + big(18), big(20) * 65536 + big(22));
    case "image/gif":
      return found(little(6), little(8));
    case "image/webp":
      switch (String.fromCharCode(b[12], b[13], b[14], b[15])) {
        case "VP8 ":
          return found(little(26) & 0x3fff, little(28) & 0x3fff);
        case "VP8L":
          return found(1 + (little(21) & 0x3fff), 1 + ((b[22] >> 6) | (b[23] << 2) | ((b[24] & 15) << 10)));
        case "VP8X":
          return found(1 + little(24, 3), 1 + little(27, 3));
      }
      return null;
    case "image/jpeg":
      // Segment by segment to the one that begins a frame (ITU-T T.81, B.2.2).
      for (let at = 2; at + 8 < b.length && b[at] === 0xff; ) {
        const mark = b[at + 1];
        if (mark === 0xff) {
          at++;
        } else if (mark >= 0xc0 && mark <= 0xcf && mark !== 0xc4 && mark !== 0xc8 && mark !== 0xcc) {
          return found(big(at + 7), big(at + 5));
        } else {
          at += 2 + big(at + 2);
        }
      }
  }
  return null;
}

/** fits tells whether a picture is small enough to be decoded at all. */
export function fits(d: { width: number; height: number } | null): boolean {
  return !!d && d.width <= maxSide && d.height <= maxSide && d.width * d.height <= maxPixels;
}

/** thumbnail makes a small PNG; null of what is no picture, is too large, or does not decode. */
export async function thumbnail(file: Blob, mime: string): Promise<Blob | null> {
  if (!/^image\/(png|jpeg|gif|webp)$/.test(mime) || typeof document === "undefined") {
    return null;
  }
  try {
    const head = new Uint8Array(await new Response(file.slice(0, headerSize)).arrayBuffer());
    return fits(dimensions(head, mime)) ? await shrink(new Blob([file], { type: mime })) : null;
  } catch (e) {
    return null; // a picture that cannot be drawn is still a file
  }
}

async function shrink(file: Blob): Promise<Blob | null> {
  const url = URL.createObjectURL(file);
  try {
    const picture = await load(file, url);
    const scale = Math.min(1, thumbnailSize / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const context = canvas.getContext("2d");
    if (!context) {
      return null;
    }
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    if ("close" in picture) {
      picture.close(); // its memory need not wait for the collector
    }
    return await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** load decodes a picture; url is one of it, for engines that decode by an element alone. */
export function load(file: Blob, url: string): Promise<ImageBitmap | HTMLImageElement> {
  if (typeof createImageBitmap === "function") {
    return createImageBitmap(file);
  }
  return new Promise((done, no) => {
    const image = new Image();
    image.onload = () => done(image);
    image.onerror = no;
    image.src = url;
  });
}
