#!/bin/sh
# --resample and --linear: the way from the network's size to the wanted one, by a network that changes nothing but
# the size, against an implementation in Python that shares nothing with this one; no drift in repeated passes; the
# same bytes in strips, in bands and on every CPU level.
#
# Seen to fail by: centres without the half pixel in axis_create (drift and values), filter and linear not handed on in
# setup.c and strips.c, a curve that is off by 0.05 % in transfer.c, strips whose reach is that of another filter.
. tests/cli/common.inc
command -v python3 >/dev/null 2>&1 || {
    echo "SKIP python3 is absent"
    exit 0
}
check="python3 -B $root/tests/cli/resample.py"
cd "$scratch" || exit 1
python3 -B "$root/tests/cli/metadata.py" identity "$data/goldens/srvgg_tiny_x4/weights.safetensors" identity.safetensors || exit 1
expect 0 "$convert" -q identity.safetensors -o identity.anew
$check pattern pattern.ppm || exit 1

for filter in lanczos3 mitchell cubic area; do
    for size in 23x31 9x5 61x40 150x120; do
        for linear in "" --linear; do
            # shellcheck disable=SC2086 # no word at all
            expect 0 "$anew" -m identity.anew --quiet --force --width ${size%x*} --height ${size#*x} \
                --passes 1 --resample $filter $linear pattern.ppm -o result.ppm
            $check same pattern.ppm result.ppm $filter "$linear" || complain "$filter $linear to $size"
        done
    done
    # Enlarged and reduced again and again, the middle stays in the middle.
    $check dot round.pgm
    for turn in 1 2 3 4; do
        expect 0 "$anew" -m identity.anew --quiet --force --resample $filter -s 2.3 round.pgm -o large.pgm
        expect 0 "$anew" -m identity.anew --quiet --force --resample $filter --width 40 large.pgm -o round.pgm
        $check centred round.pgm 40 || complain "$filter drifts in turn $turn"
    done
done
expect 0 "$anew" -m identity.anew --quiet --width 61 --height 40 pattern.ppm -o usual.ppm
expect 0 "$anew" -m identity.anew --quiet --width 61 --height 40 --resample lanczos3 pattern.ppm -o named.ppm
cmp -s usual.ppm named.ppm || complain "the default is not lanczos3"
# A pattern of black and white, a pixel each, has half the light: 188 of 255, and 128 without --linear.
$check checkers checkers.pgm
expect 0 "$anew" -m identity.anew --quiet -s 0.5 --resample area checkers.pgm -o dark.pgm
expect 0 "$anew" -m identity.anew --quiet -s 0.5 --resample area --linear checkers.pgm -o light.pgm
$check all dark.pgm 128 || complain "checkers"
$check all light.pgm 188 || complain "checkers with --linear"
# Where nothing is resized, nothing is changed.
expect 0 "$anew" --quiet --exact pattern.ppm -o four.ppm
expect 0 "$anew" --quiet --exact --linear --resample area pattern.ppm -o same.ppm
cmp -s four.ppm same.ppm || complain "--linear without resizing changes the picture"

for filter in area mitchell; do
    expect 0 "$anew" --quiet --force --exact --linear --resample $filter -s 2.7 pattern.ppm -o whole.ppm
    expect 0 "$anew" --quiet --force --exact --linear --resample $filter -s 2.7 --strip-width 7 --band 3 pattern.ppm -o part.ppm
    cmp -s whole.ppm part.ppm || complain "$filter: strips differ"
    levels="cfma avx2"
    "$anew" --help | grep -q 'CPU level (.*avx512' || levels=
    for level in $levels; do
        expect 0 env ANEW_CPU="$level" "$anew" --quiet --force --exact --linear --resample $filter -s 2.7 pattern.ppm -o level.ppm
        cmp -s whole.ppm level.ppm || complain "$filter: $level differs"
    done
done
refuse 2 'must be one of lanczos3|mitchell|cubic|area' "$anew" --resample nearest pattern.ppm -o x.ppm
finish
