#!/bin/sh
# Fetches PDFium as WebAssembly (BSD-3-Clause and Apache-2.0, LICENSE.pdfium beside this) into
# pdfium.wasm.gz. It is the file of the npm package @embedpdf/pdfium (MIT), built by its authors
# from PDFium without V8 and XFA. To take a newer one, change the version and, after the tests have
# passed, the sum.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
version=2.15.1
sum=5e4cd023c3dad4a895b3571ca573d3fc51bac6de48360d95283134385b954eaa
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm pack --silent "@embedpdf/pdfium@$version" >/dev/null
tar xzf ./*.tgz package/dist/pdfium.wasm package/LICENSE.pdfium
echo "$sum  package/dist/pdfium.wasm" | sha256sum -c -
gzip -9 -n -c package/dist/pdfium.wasm >"$here/pdfium.wasm.gz"
cp package/LICENSE.pdfium "$here/LICENSE.pdfium"
