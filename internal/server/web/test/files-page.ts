// What of files only a browser can do: small pictures, and saving. test/files.mjs drives it.
import { save } from "../src/files/save";
import { thumbnail } from "../src/files/thumbnail";

const drawn = (w: number, h: number, kind: string): Promise<Blob> =>
  new Promise((done) => {
    const canvas = document.createElement("canvas");
    canvas.width = w;
    canvas.height = h;
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    context.fillStyle = "rgb(200,30,30)";
    context.fillRect(0, 0, w, h);
    canvas.toBlob((b) => done(b as Blob), kind);
  });

async function look(small: Blob | null): Promise<string> {
  if (!small) {
    return "none";
  }
  const image = new Image();
  const url = URL.createObjectURL(small);
  await new Promise((done, no) => {
    image.onload = done;
    image.onerror = no;
    image.src = url;
  });
  URL.revokeObjectURL(url);
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.drawImage(image, 0, 0);
  const [r, g, b] = Array.from(context.getImageData(image.width >> 1, image.height >> 1, 1, 1).data);
  return `${small.type} ${image.width}x${image.height} ${Math.abs(r - 200) < 9 && Math.abs(g - 30) < 9 && Math.abs(b - 30) < 9 ? "red" : [r, g, b].join()}`;
}

const bomb = async () => {
  const b = new Uint8Array(await new Response(await drawn(1, 1, "image/png")).arrayBuffer());
  b.set([0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20], 16);
  return new Blob([b]);
};

(window as unknown as { lab: object }).lab = {
  picture: async (w: number, h: number, kind: string) => look(await thumbnail(await drawn(w, h, kind), kind)),
  svg: async () => look(await thumbnail(new Blob(['<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>window.ran = true</script></svg>']), "image/svg+xml")),
  lie: async () => look(await thumbnail(new Blob(["\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x05\0\0\0\x05 and nothing"]), "image/png")),
  bomb: async () => look(await thumbnail(await bomb(), "image/png")),
  save: (text: string, name: string, kind: string) => save(new Blob([text], { type: kind }), name),
};
