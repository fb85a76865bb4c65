// The script dist/pdf.js: it reads PDFs with pdf.js, whose parser runs in a worker, dist/pdf-worker.js.
import "../seal/old";
import { getDocument, PDFWorker, type Document, type Page } from "pdfjs-dist/legacy/build/pdf";
import { maxPages, PaperError, place, type Paper, type Reading } from "./paper";

/** A picture of more pixels is not decoded, and its page not shown. */
const maxPixels = 40 << 20;

/** streamError is StreamKind.ERROR of pdf.js 2.16. */
const streamError = 5;

/** options are how PDFs are read. Nothing of one is ever run as script. Its fonts, which pdf.js
 * writes anew, go to the browser as those of any page do: drawn as outlines, letters whose font
 * is not in the file would be missing. A page of which a part cannot be read is refused: without
 * that part it might say something else. */
const options = {
  isEvalSupported: false,
  enableXfa: false,
  useSystemFonts: true,
  stopAtErrors: true,
  maxImageSize: maxPixels,
  disableRange: true,
  disableStream: true,
  disableAutoFetch: true,
  useWorkerFetch: false,
  verbosity: 0,
};

class Leaves implements Paper {
  readonly pages: number;

  constructor(private readonly doc: Document, private readonly within: Within, private readonly lost: () => unknown, readonly close: () => void) {
    this.pages = doc.numPages;
  }

  async page(number: number, longest: number): Promise<HTMLCanvasElement> {
    return this.within(async (left) => {
      this.lost(); // of another page
      const page = await this.doc.getPage(number + 1);
      const canvas = sized(page, longest);
      const canvasContext = canvas.getContext("2d") as CanvasRenderingContext2D;
      const { width } = page.getViewport({ scale: 1 });
      const task = page.render({ canvasContext, viewport: page.getViewport({ scale: canvas.width / width }), background: "#ffffff" });
      left(() => task.cancel());
      await task.promise;
      page.cleanup();
      const lost = this.lost();
      if (lost) {
        throw lost;
      }
      return canvas;
    });
  }
}

/** sized is an empty picture for a page. */
function sized(page: Page, longest: number): HTMLCanvasElement {
  const { width, height } = page.getViewport({ scale: 1 });
  const side = Math.max(width, height);
  if (!(side > 0 && side < Infinity && width > 0 && height > 0)) {
    throw new PaperError("damaged");
  }
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round((width / side) * longest));
  canvas.height = Math.max(1, Math.round((height / side) * longest));
  return canvas;
}

type Within = <T>(work: (left: (stop: () => void) => void) => Promise<T>) => Promise<T>;

/** read opens a PDF in a worker of its own, which ends with it. */
const read: Reading = async (content, url, patience) => {
  let over: PaperError | null = null;
  const ends = new Set<() => void>();
  const end = (why: PaperError) => {
    over = over || why;
    ends.forEach((give) => give());
    ends.clear();
  };
  const worker = begin(url);
  worker.onerror = () => end(new PaperError("unable")); // it cannot read its script
  // pdf.js draws what came before an error and says nothing of it: only its worker does, as it ends
  // the list of what is to be drawn. test/paper.mjs knows should another version say it otherwise.
  let lost: unknown = null;
  worker.addEventListener("message", (e) => {
    if (e.data && e.data.stream === streamError) {
      lost = e.data.reason || true;
    }
  });
  const take = () => {
    const last = lost;
    lost = null;
    return last;
  };
  const pool = new PDFWorker({ port: worker, verbosity: 0 });
  const task = getDocument({ ...options, data: content, worker: pool });
  const close = () => {
    end(new PaperError("damaged"));
    task.promise.catch(() => undefined);
    pool.destroy();
    worker.terminate();
  };
  // What is worked at ends when it is done, its time is over, or the paper is closed.
  const within: Within = (work) =>
    new Promise((done, failed) => {
      if (over) {
        return failed(over);
      }
      const stops: (() => void)[] = [];
      const give = () => {
        failed(over);
        stops.forEach((stop) => stop());
      };
      ends.add(give);
      const timer = setTimeout(() => {
        end(new PaperError("slow"));
        close();
      }, patience);
      const rest = () => {
        clearTimeout(timer);
        ends.delete(give);
      };
      work((stop) => void stops.push(stop)).then(
        (v) => (rest(), done(v)),
        (e) => (rest(), failed(over || blamed(e))),
      );
    });
  try {
    const doc = await within(() => task.promise);
    if (doc.numPages < 1 || doc.numPages > maxPages) {
      throw new PaperError(doc.numPages < 1 ? "damaged" : "large");
    }
    return new Leaves(doc, within, take, close);
  } catch (e) {
    close();
    throw e;
  }
};

function begin(url: string): Worker {
  try {
    return new Worker(url);
  } catch (e) {
    throw new PaperError("unable");
  }
}

/** blamed is what the library fails with, in our words. */
function blamed(e: unknown): PaperError {
  const { name, message } = (e || {}) as { name?: string; message?: string };
  if (e instanceof PaperError) {
    return e;
  }
  return new PaperError(name === "PasswordException" ? "locked" : /maximum allowed size/.test(message || "") ? "large" : "damaged");
}

(window as unknown as { [name: string]: Reading })[place] = read;
