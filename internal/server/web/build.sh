#!/bin/sh
# Builds the patient's page and the network test into dist/ (or the folder given). Needs Go (for esbuild,
# pinned in tools/go.mod), Node 20 or later (for two small files) and npm's three packages (HPKE, SHA-256 and
# pdf.js, pinned in package-lock.json). Two runs give the same bytes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
out=${1:-$here/dist}
(cd "$root/tools" && go tool esbuild --version >/dev/null)
esbuild=$(cd "$root/tools" && go tool -n esbuild)

mkdir -p "$out"
out=$(cd "$out" && pwd)
rm -f "$out"/*
cd "$here"
[ -d node_modules/@hpke/core ] && [ -d node_modules/@stablelib/sha256 ] && [ -d node_modules/pdfjs-dist ] || npm ci --no-fund --no-audit --silent
node build.mjs tokens
# The library of HPKE has an import() for Node in it, which Safari 11.0 and Firefox before 67 cannot read.
script() { # source, out, and what becomes of licences
  "$esbuild" "$1" --bundle --minify --format=iife --target=es2018 --supported:dynamic-import=false --charset=utf8 --loader:.svg=text --loader:.txt=text \
    --legal-comments="${3:-none}" --log-level=warning --outfile="$2"
}
script src/main.ts "$out/app.js"
script src/seal/worker.ts "$out/seal-worker.js"
script src/diag.ts "$out/diag.js"
# What reads PDFs is fetched when somebody brings one. Its licence (Apache-2.0) wants to be kept with it.
script src/paper/reader.ts "$out/pdf.js" inline
script src/paper/worker.ts "$out/pdf-worker.js" inline
# The fonts lie beside the style sheet under their own names.
"$esbuild" src/app.css --bundle --minify --target=chrome70,firefox68,safari12 --external:*.woff2 \
  --log-level=warning --outfile="$out/app.css"
node build.mjs page index.html "$out/index.html"
node build.mjs page diag.html "$out/diag.html"
cp src/old.js src/icon.svg "$out/"
cp "$root/assets/fonts/AtkinsonHyperlegible-Regular.woff2" "$root/assets/fonts/AtkinsonHyperlegible-Bold.woff2" "$out/"
chmod 644 "$out"/*
