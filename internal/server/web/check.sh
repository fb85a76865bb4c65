#!/bin/sh
# Checks that dist/ and the generated style variables are what the sources give, and that the types agree.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cp "$here/src/tokens.gen.css" "$tmp/tokens.gen.css"
mkdir "$tmp/dist"
"$here/build.sh" "$tmp/dist"
cmp "$tmp/tokens.gen.css" "$here/src/tokens.gen.css" || { echo "src/tokens.gen.css was stale: commit the new one" >&2; exit 1; }
diff -r "$tmp/dist" "$here/dist" >&2 || { echo "dist/ is stale: run internal/server/web/build.sh" >&2; exit 1; }
cd "$here"
[ -d node_modules ] || npm ci --no-fund --no-audit
node_modules/.bin/tsc --noEmit
echo "page: dist is current, types agree"
