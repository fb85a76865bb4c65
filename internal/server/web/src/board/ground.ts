// A picture under the drawing travels as a file of the call. Who carries files is not known here.
import { anew, matches, maxBytes, measured, picture, type Picture } from "./picture";
import type { Ground } from "./object";

/** Carrier takes files to the others and fetches theirs; both fail when that cannot be done. */
export interface Carrier {
  /** send answers with the id under which the others fetch the file. */
  send(file: Blob): Promise<string>;
  fetch(id: string): Promise<Blob>;
}

/** send makes a file the ground for everybody, or fails: it is no picture, or too large. */
export async function send(file: Blob, by: Carrier): Promise<Picture> {
  const raw = await bytes(file);
  const drawn = await anew((await picture("", raw)).image, (measured(raw) as { type: string }).type);
  const read = await picture("", await bytes(drawn));
  return { ...read, ground: { ...read.ground, file: await by.send(drawn) } };
}

/** sharpMost is how large a PNG is made of a page: of letters and lines it is smaller, and of scans
 * many times larger. */
const sharpMost = 3 << 20;

/** sheet is a page as a file: PNG, which keeps letters sharp, or JPEG where that would be large. */
export async function sheet(page: HTMLCanvasElement): Promise<Blob> {
  const sharp = await anew(page, "image/png");
  return sharp.size <= sharpMost ? sharp : anew(page, "image/jpeg");
}

/** receive gets the picture of a ground, or fails: it is not here, or not the one that was laid. */
export async function receive(g: Ground, by: Carrier): Promise<HTMLCanvasElement> {
  const content = await bytes(await by.fetch(g.file));
  const read = await picture(g.file, content);
  if (read.ground.width !== g.width || read.ground.height !== g.height || !(await matches(g, content))) {
    throw new Error("another picture than the one that was laid");
  }
  return read.image;
}

async function bytes(b: Blob): Promise<Uint8Array<ArrayBuffer>> {
  if (b.size > maxBytes) {
    throw new Error("the picture is too large");
  }
  return new Uint8Array(await new Response(b).arrayBuffer());
}
