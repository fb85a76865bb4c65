// A PDF of which a page can lie under a drawing, and how it is opened: what reads it is a script
// of its own, dist/pdf.js, that is fetched when somebody brings the first one. The desktop's is
// internal/call/pdf.

/** Why a PDF is not shown; unable: this browser cannot show any. */
export type Why = "locked" | "damaged" | "large" | "slow" | "unable";

/** PaperError is a PDF, or a page of it, that is not shown. */
export class PaperError extends Error {
  constructor(readonly why: Why) {
    super("the PDF cannot be shown: " + why);
  }
}

/** reason is why, whatever was thrown. */
export function reason(e: unknown): Why {
  return ((e as { why?: Why } | null) || {}).why || "damaged";
}

/** Paper is a PDF that is open. It must be closed. */
export interface Paper {
  /** pages is how many there are, at least one. */
  readonly pages: number;
  /** page draws one, from 0, on white, with its longer side longest pixels. It fails with a
   * PaperError; after one that is slow the paper shows nothing more. */
  page(number: number, longest: number): Promise<HTMLCanvasElement>;
  close(): void;
}

/** Opener opens a PDF, or fails with a PaperError. */
export type Opener = (file: Blob) => Promise<Paper>;

/** maxPaper is how large the file may be, in bytes, and maxPages how many pages it may have. */
export const maxPaper = 50 << 20;
export const maxPages = 500;
/** kind is the MIME type. */
export const kind = "application/pdf";

/** isPaper tells whether a file says of itself, in its first kilobyte, that it is a PDF. */
export async function isPaper(file: Blob): Promise<boolean> {
  const head = new Uint8Array(await new Response(file.slice(0, 1024)).arrayBuffer());
  return String.fromCharCode(...Array.from(head)).indexOf("%PDF-") >= 0;
}

/** Reading is what dist/pdf.js leaves at place. */
export type Reading = (content: Uint8Array<ArrayBuffer>, worker: string, patience: number) => Promise<Paper>;
export const place = "ekermed-paper";

/** opener opens PDFs with the scripts below base. patience is how long, in milliseconds, is worked
 * at opening one or at drawing a page. */
export function opener(base: string, patience = 20000): Opener {
  let script: Promise<Reading> | null = null;
  return async (file) => {
    if (file.size > maxPaper) {
      throw new PaperError("large");
    }
    script = script || load(base + "/s/pdf.js");
    const read = await script.catch((e) => {
      script = null; // the line may be back next time
      throw e;
    });
    return read(new Uint8Array(await new Response(file).arrayBuffer()), base + "/s/pdf-worker.js", patience);
  };
}

/** load fetches the script that reads PDFs. One that this browser cannot read leaves nothing. */
function load(url: string): Promise<Reading> {
  return new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => {
      const read = (window as unknown as { [name: string]: Reading | undefined })[place];
      if (read) {
        done(read);
      } else {
        failed(new PaperError("unable"));
      }
    };
    script.onerror = () => {
      script.remove();
      failed(new PaperError("unable"));
    };
    document.head.appendChild(script);
  });
}
