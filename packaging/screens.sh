#!/bin/bash
# Draws every state of the screens of a call into docs/screens, for people to look at: the
# desktop in light and dark, the page at phone and desktop size, in light and dark, in French.
set -euo pipefail
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/desktop" "$tmp/page"
UI_PICTURES="$tmp/desktop" UI_SCENES='d[789]-*-fr-*' CGO_ENABLED=0 go test -count=1 -tags migrated_fynedo -run 'TestPictures$' ./internal/ui
(cd internal/server/web && PAGE_PICTURES="$tmp/page" PAGE_ONLY=p5 PAGE_BRIEF=1 node test/run.mjs gallery)
rm -rf docs/screens
mkdir -p docs/screens/desktop docs/screens/page
for f in "$tmp"/desktop/*.png "$tmp"/page/*-{phone,desktop}-{light,dark}-fr.png; do
	convert "$f" -quality 80 "docs/screens/$(basename "$(dirname "$f")")/$(basename "${f%.png}").webp"
done
ls docs/screens/*/ | wc -l
