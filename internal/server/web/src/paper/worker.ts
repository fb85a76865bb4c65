// The script of the worker that reads PDFs: dist/pdf-worker.js.
import "../seal/old";
import "pdfjs-dist/legacy/build/pdf.worker";
