// What we use of pdf.js; its own types want newer libraries than the page's.
declare module "pdfjs-dist/legacy/build/pdf" {
  export interface Viewport {
    width: number;
    height: number;
  }
  export interface RenderTask {
    promise: Promise<void>;
    cancel(): void;
  }
  export interface Page {
    getViewport(o: { scale: number }): Viewport;
    render(o: { canvasContext: CanvasRenderingContext2D; viewport: Viewport; background: string }): RenderTask;
    cleanup(): void;
  }
  export interface Document {
    numPages: number;
    getPage(number: number): Promise<Page>;
  }
  export interface LoadingTask {
    promise: Promise<Document>;
    destroy(): Promise<void>;
  }
  export class PDFWorker {
    constructor(o: { port: Worker; verbosity: number });
    destroy(): void;
  }
  export function getDocument(o: { [option: string]: unknown }): LoadingTask;
}
declare module "pdfjs-dist/legacy/build/pdf.worker";
