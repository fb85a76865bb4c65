// The whiteboard's painter and exports in a real browser: functions for board.mjs.
import { Board } from "../src/board/board";
import { receive, send, type Carrier } from "../src/board/ground";
import { fit, Painter, png } from "../src/board/paint";
import { picture } from "../src/board/picture";
import { svg } from "../src/board/svg";
import { Texts } from "../src/texts";
import { BoardView } from "../src/view/board";

const width = 800;
const height = 450;

async function pixels(source: CanvasImageSource, w = width, h = height): Promise<Uint8ClampedArray> {
  const canvas = document.createElement("canvas");
  canvas.width = w;
  canvas.height = h;
  const c = canvas.getContext("2d") as CanvasRenderingContext2D;
  c.drawImage(source, 0, 0, w, h);
  return c.getImageData(0, 0, w, h).data;
}

async function loaded(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  await new Promise((done, failed) => {
    image.onload = done;
    image.onerror = () => failed(new Error("cannot show " + url.slice(0, 60)));
    image.src = url;
  });
  return image;
}

/** strange is the part of the pixels of either picture whose colour is not even beside them in
 * the other: edges may be drawn differently, lines not. */
function strange(a: Uint8ClampedArray, b: Uint8ClampedArray, tolerance: number): number {
  const like = (i: number, j: number, x: Uint8ClampedArray, y: Uint8ClampedArray) =>
    Math.max(Math.abs(x[i] - y[j]), Math.abs(x[i + 1] - y[j + 1]), Math.abs(x[i + 2] - y[j + 2])) <= tolerance;
  const count = (x: Uint8ClampedArray, y: Uint8ClampedArray) => {
    let n = 0;
    for (let row = 1; row < height - 1; row++) {
      for (let column = 1; column < width - 1; column++) {
        const i = 4 * (row * width + column);
        const near = [0, -4, 4, -4 * width, 4 * width, -4 * width - 4, -4 * width + 4, 4 * width - 4, 4 * width + 4];
        n += like(i, i, x, y) || near.some((d) => like(i, i + d, x, y)) ? 0 : 1;
      }
    }
    return n;
  };
  return (count(a, b) + count(b, a)) / (2 * width * height);
}

/** apart is the part of the pixels that differ clearly. */
function apart(a: Uint8ClampedArray, b: Uint8ClampedArray, tolerance: number): number {
  let n = 0;
  for (let i = 0; i < a.length; i += 4) {
    if (Math.max(Math.abs(a[i] - b[i]), Math.abs(a[i + 1] - b[i + 1]), Math.abs(a[i + 2] - b[i + 2])) > tolerance) {
      n++;
    }
  }
  return n / (a.length / 4);
}

function told(payloads: string[]): Board {
  const b = new Board({ self: "viewer", run: "r", mayDraw: true });
  b.meet("a", true);
  payloads.forEach((p) => b.hear("a", p, 1));
  return b;
}

async function painted(b: Board): Promise<Uint8ClampedArray> {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const p = new Painter(canvas, "#203034");
  p.show(fit(width, height));
  p.paint(b);
  return pixels(canvas);
}

/** shown is the board of the screens, and what it asked for. */
const shown: { b: Board | null; view: BoardView | null; saved: string[]; pictures: string[] } = { b: null, view: null, saved: [], pictures: [] };

const board = {
  /** show puts the whole screen into the page, as one who draws or one who watches. */
  async show(language: "fr" | "en", payloads: string[], mayDraw: boolean) {
    if (shown.view) {
      shown.view.stage.stop();
    }
    const b = new Board({ self: "viewer", run: "r", mayDraw });
    b.meet("a", true);
    payloads.forEach((p) => b.hear("a", p, 1));
    b.hear("a", '{"v":1,"point":[11000,6400]}', performance.now());
    shown.saved = [];
    shown.pictures = [];
    const view = new BoardView(b, new Texts(language), { name: () => "Dr Anne Le Goff", picture: (f) => shown.pictures.push(f.name), save: (content, ending) => shown.saved.push(ending + " " + content.type) });
    const app = document.getElementById("app") as HTMLElement;
    document.documentElement.lang = language;
    app.textContent = "";
    const main = document.createElement("main");
    const title = document.createElement("h1");
    title.className = "hidden-words";
    title.textContent = "e-KerMed";
    main.appendChild(title);
    main.appendChild(view.root);
    main.style.cssText = "display:block;padding:0;position:fixed;left:0;top:0;right:0;bottom:0";
    app.appendChild(main);
    shown.b = b;
    shown.view = view;
    view.stage.start();
    await document.fonts.load('40px "Atkinson Hyperlegible"');
    await new Promise((done) => setTimeout(done, 120));
  },

  refuse: (reason: "full" | "malformed" | "picture") => (shown.view as BoardView).refused(reason),

  /** seen is what lies on the board that is shown, the newest last. */
  seen: () => (shown.b as Board).visible().map((o) => ({ kind: o.kind, text: o.text, points: o.points.length, first: o.points[0], last: o.points[o.points.length - 1] })),

  asked: () => ({ saved: shown.saved, pictures: shown.pictures }),

  /** compare gives how far the page's picture and its SVG are from the desktop's. */
  async compare(payloads: string[], golden: string) {
    await document.fonts.load('40px "Atkinson Hyperlegible"');
    const b = told(payloads);
    const want = await pixels(await loaded("data:image/png;base64," + golden));
    const drawn = await painted(b);
    const vector = await loaded("data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg(b, "")));
    const blob = await png(b, null);
    const exported = await loaded(URL.createObjectURL(blob));
    return {
      objects: b.visible().length,
      white: apart(want, new Uint8ClampedArray(want.length).fill(255), 60),
      page: strange(drawn, want, 60),
      // Letters are those of another typeface there: an SVG as a picture loads none.
      svg: strange(await pixels(vector), want, 60),
      size: [exported.naturalWidth, exported.naturalHeight],
      png: strange(await pixels(exported), want, 60),
    };
  },

  /** parts paints what changes, step by step, and everything at once, and compares. */
  async parts(seed: number) {
    const next = () => ((seed = (seed * 48271) % 2147483647) / 2147483647);
    const b = new Board({ self: "a", run: "r", mayDraw: true });
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const p = new Painter(canvas, "#203034");
    p.show(fit(width, height));
    let worst = 0;
    for (let i = 0; i < 60; i++) {
      const at = () => ({ x: next() * 1600, y: next() * 900, pressure: next() });
      const style = { colour: Math.floor(next() * 6), width: Math.floor(next() * 4) };
      switch (Math.floor(next() * 6)) {
        case 0:
          b.begin(next() < 0.5 ? "pen" : "high", style, at());
          break;
        case 1:
        case 2:
          b.extend(at());
          break;
        case 3:
          b.add("arrow", style, at(), at());
          break;
        case 4:
          b.text(style, at(), "Œuf jÀ");
          break;
        case 5:
          b.undo();
      }
      p.paint(b);
      worst = Math.max(worst, apart(await pixels(canvas), await painted(b), 40));
    }
    return worst;
  },

  /** pictures tries what may lie under a drawing. */
  async pictures(golden: string) {
    const bytes = (s: string) => new Uint8Array(Array.from(s).map((c) => c.charCodeAt(0)));
    const good = bytes(atob(golden));
    const g = (await picture("f", good)).ground;
    const bomb = good.slice();
    bomb.set([0, 0, 0x3e, 0x80, 0, 0, 0x3e, 0x80], 16);
    const canvas = document.createElement("canvas");
    canvas.width = 4000;
    canvas.height = 10;
    const jpeg = bytes(atob(canvas.toDataURL("image/jpeg").split(",")[1]));
    const large = await picture("f", jpeg);
    const refused: string[] = [];
    for (const bad of [bytes(""), bytes('<svg xmlns="http://www.w3.org/2000/svg"><script>window.hacked = 1</script></svg>'), good.slice(0, good.length / 3), bytes("%PDF-1.7"), bomb]) {
      await picture("f", bad).catch((e) => refused.push(String(e)));
    }
    let kept = new Blob();
    const carrier: Carrier = { send: async (file) => ((kept = file), "f7"), fetch: async () => kept };
    const sent = (await send(new File([good], "plan.png"), carrier)).ground;
    const got = await receive(sent, carrier);
    // A telephone says in a photograph how it was held, and more.
    canvas.width = 400;
    canvas.height = 200;
    const lying = bytes(atob(canvas.toDataURL("image/jpeg").split(",")[1]));
    const exif = bytes("\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0");
    const held = (await send(new Blob([lying.slice(0, 2), exif, lying.slice(2)]), carrier)).ground;
    const upright = [held.width, held.height, /Exif/.test(await kept.text())];
    await send(new File([bytes("%PDF-1.7")], "plan.png"), carrier).catch((e) => refused.push(String(e)));
    kept = new Blob([jpeg]);
    await receive(sent, carrier).catch((e) => refused.push(String(e)));
    kept = new Blob([new Uint8Array((20 << 20) + 1)]);
    await receive(sent, carrier).catch((e) => refused.push(String(e)));
    return { ground: g, sent, upright, got: [got.width, got.height], large: [large.ground.width, large.ground.height, large.image.width, large.image.height], refused: refused.length, hacked: "hacked" in window };
  },

  /** speed is how long a frame takes in which six people draw on a board of 500 strokes, in ms. */
  speed() {
    const b = new Board({ self: "a", run: "r", mayDraw: true });
    const at = (x: number, y: number) => ({ x, y, pressure: 0.5 });
    for (let i = 0; i < 500; i++) {
      b.begin("pen", { colour: i % 6, width: 1 }, at((i * 37) % 1500, (i * 91) % 850));
      for (let j = 0; j < 30; j++) {
        b.extend(at(((i * 37) % 1500) + j * 4, ((i * 91) % 850) + ((j * j) % 40)));
      }
      b.end();
    }
    const canvas = document.createElement("canvas");
    canvas.width = 1280;
    canvas.height = 720;
    const p = new Painter(canvas, "#203034");
    p.show(fit(1280, 720));
    p.paint(b);
    const start = performance.now();
    for (let i = 0; i < 100; i++) {
      for (let j = 0; j < 6; j++) {
        b.add("line", { colour: j, width: 1 }, at(200 * j + 50, i * 7 + 50), at(200 * j + 58, i * 7 + 58));
      }
      p.paint(b);
    }
    return (performance.now() - start) / 100;
  },
};

(window as unknown as { board: typeof board }).board = board;
