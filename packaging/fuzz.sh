#!/usr/bin/env bash
# Runs every fuzz target for a while each: fuzz.sh 5s
set -euo pipefail
limit=${1:-5s}
tags="nolibopusfile migrated_fynedo"
grep -rlE '^func Fuzz' --include='*_test.go' internal | while read -r file; do
  package=./$(dirname "$file")
  sed -nE 's/^func (Fuzz[A-Za-z0-9_]+)\(.*/\1/p' "$file" | while read -r target; do
    echo "fuzz: $package $target"
    go test -p 2 -tags "$tags" -run '^$' -fuzz "^$target\$" -fuzztime "$limit" -fuzzminimizetime 1x "$package"
  done
done
