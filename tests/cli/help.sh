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
# What it says of formats is what the build has.
for format in PNG JPEG PNM; do
    said=1
    grep -q "restore and enlarge (.*$format.* in and out)" "$scratch/help" || said=0
    there=0
    { [ $format = PNM ] || has $format; } && there=1
    [ $said = $there ] || complain "$format: the help says $said, the build has $there"
done
grep -q "as PHOTO_x4.$extension" "$scratch/help" || complain "the help names another default than $extension"
expect 0 "$anew" --version
grep -qE '^anew [0-9]+\.[0-9]+\.[0-9]+$' "$scratch/out" || complain "version: $(cat "$scratch/out")"
expect 0 "$anew" -h
cmp -s "$scratch/out" "$scratch/help" || complain "-h is not --help"
expect 0 "$convert" --help
finish
