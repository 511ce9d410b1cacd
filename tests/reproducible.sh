#!/bin/sh
# reproducible.sh - two clones of the committed sources, built in folders of different names, give the same
# programs, byte for byte.
#
# Seen to fail by: leaving out -ffile-prefix-map in the Makefile.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for name in one another-folder; do
    git clone -q . "$scratch/$name"
    (cd "$scratch/$name" && make -s -j2 all) >"$scratch/log" 2>&1 || {
        tail -n 20 "$scratch/log"
        exit 1
    }
done
for program in anew anew-convert; do
    cmp "$scratch/one/build/release/$program" "$scratch/another-folder/build/release/$program"
done
echo "reproducible: same bytes"
