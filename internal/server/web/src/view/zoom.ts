// How a picture lies in its box: whole, or larger and moved. Lengths are CSS px; nothing here
// touches the DOM.

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** Zoom is how many times larger than whole the picture is, and how far its middle is from the
 * middle of the box, in parts of its size when whole: so it survives a turn of the phone. */
export interface Zoom {
  scale: number;
  x: number;
  y: number;
}

/** whole shows all of the picture. */
export const whole: Zoom = { scale: 1, x: 0, y: 0 };

/** most is how much larger than one pixel for one, or than whole, a picture gets. */
const most = 4;

/** fitting is the picture's size when whole; of no size when one of the two has none. */
export function fitting(box: Size, picture: Size): Size {
  if (!(picture.width > 0 && picture.height > 0)) {
    return { width: 0, height: 0 };
  }
  const by = Math.max(0, Math.min(box.width / picture.width, box.height / picture.height));
  return { width: picture.width * by, height: picture.height * by };
}

/** actual is the scale at which a pixel of the picture is one of the page. */
export function actual(box: Size, picture: Size): number {
  const fit = fitting(box, picture);
  return fit.width > 0 ? picture.width / fit.width : 1;
}

/** lie is where the picture lies in the box. */
export function lie(z: Zoom, box: Size, picture: Size): Point & Size {
  const fit = fitting(box, picture);
  const width = fit.width * z.scale;
  const height = fit.height * z.scale;
  return { x: (box.width - width) / 2 + z.x * fit.width, y: (box.height - height) / 2 + z.y * fit.height, width, height };
}

/** within keeps the scale in its limits, and the picture over the box. */
function within(z: Zoom, box: Size, picture: Size): Zoom {
  const fit = fitting(box, picture);
  const scale = Math.min(Math.max(z.scale, 1), most * Math.max(1, actual(box, picture)));
  const bound = (at: number, size: number, room: number) => {
    const spare = size > 0 ? Math.max(0, (size * scale - room) / 2 / size) : 0;
    return Math.min(Math.max(at, -spare), spare);
  };
  return { scale, x: bound(z.x, fit.width, box.width), y: bound(z.y, fit.height, box.height) };
}

/** zoomed makes the picture by times larger, so that what is at a point of the box stays there. */
export function zoomed(z: Zoom, by: number, at: Point, box: Size, picture: Size): Zoom {
  const fit = fitting(box, picture);
  const scale = within({ ...z, scale: z.scale * by }, box, picture).scale;
  const grown = scale / z.scale;
  const moved = (middle: number, point: number, size: number) => (size > 0 ? (point - (point - middle * size) * grown) / size : 0);
  return within({ scale, x: moved(z.x, at.x - box.width / 2, fit.width), y: moved(z.y, at.y - box.height / 2, fit.height) }, box, picture);
}

/** moved moves the picture. */
export function moved(z: Zoom, by: Point, box: Size, picture: Size): Zoom {
  const fit = fitting(box, picture);
  return fit.width > 0 ? within({ scale: z.scale, x: z.x + by.x / fit.width, y: z.y + by.y / fit.height }, box, picture) : whole;
}

/** turned goes from whole to one pixel for one, or to twice when that is not larger, and back. */
export function turned(z: Zoom, at: Point, box: Size, picture: Size): Zoom {
  if (z.scale > 1.01) {
    return whole;
  }
  const to = actual(box, picture);
  return zoomed(whole, to > 1.25 ? to : 2, at, box, picture);
}

/** place is a point of the box in parts of the picture, 0 to 1; null beside it. */
export function place(at: Point, z: Zoom, box: Size, picture: Size): Point | null {
  const l = lie(z, box, picture);
  if (!(l.width > 0 && l.height > 0)) {
    return null;
  }
  const p = { x: (at.x - l.x) / l.width, y: (at.y - l.y) / l.height };
  return p.x >= 0 && p.x <= 1 && p.y >= 0 && p.y <= 1 ? p : null;
}
