#!/bin/sh
# Help, README and the parser agree: every option of the help is in README, and is understood.
. tests/cli/common.inc
expect 0 "$anew" --help
cp "$scratch/out" "$scratch/help"
options=$(grep -oE '^ *(-[a-z], )?--[a-z-]+' "$scratch/help" | grep -oE -- '--[a-z-]+')
[ "$(echo "$options" | wc -l)" -ge 15 ] || complain "the help lists too few options"
for option in $options; do
    grep -q -- "\`$option" README.md || complain "README does not mention $option"
    "$anew" "$option" 2>&1 </dev/null | grep -q 'unknown option' && complain "$option is not understood"
done
# And the other way round: every option in README's table is in the help.
for option in $(grep -oE '^\| `--[a-z-]+' README.md | grep -oE -- '--[a-z-]+'); do
    echo "$options" | grep -qx -- "$option" || complain "README mentions $option, which the help does not"
done
expect 0 "$anew" --version
grep -qE '^anew [0-9]+\.[0-9]+\.[0-9]+$' "$scratch/out" || complain "version: $(cat "$scratch/out")"
expect 0 "$anew" -h
cmp -s "$scratch/out" "$scratch/help" || complain "-h is not --help"
expect 0 "$convert" --help
finish
