#!/bin/sh
# Models in 8 bits: what anew-quantize refuses, and what --precision does with what it makes (tests/run.sh made one;
# check_precision and check_kernels look at the numbers).
#
# Seen to fail by: --precision int8 that takes any model, and weights whose channels' scales are not taken out again for
# float32.
. tests/cli/common.inc
quantize=$(pwd)/$BUILD/anew-quantize
model=$(pwd)/${ANEW_TEST_MODELS:-$BUILD/models}/photo-x4-int8.anew
samples=$(pwd)/${ANEW_TEST_MODELS:-$BUILD/models}/samples.ppm
[ -f "$model" ] || complain "$model is absent: tests/run.sh makes it"
cd "$scratch" || exit 1
cp "$data/small.ppm" "$samples" .

# The same picture but for rounding, in both precisions; and not the very same.
expect 0 "$anew" --quiet -m photo-x4 samples.ppm -o wanted.ppm
expect 0 "$anew" --quiet -m "$model" --precision int8 samples.ppm -o int8.ppm
expect 0 "$anew" --quiet -m "$model" samples.ppm -o plain.ppm
for made in int8 plain; do
    expect 0 "$anew" compare wanted.ppm $made.ppm
    psnr=$(sed -n 's/^PSNR: *\([0-9]*\).*/\1/p' out)
    [ "${psnr:-0}" -ge 40 ] || complain "$made is not near float32: $(cat out)"
done
cmp -s wanted.ppm plain.ppm && complain "a model in 8 bits gives the very picture of the other"
expect 0 "$anew" info "$model"
grep -q 'convolutions: *18, 17 of them in 8 bits' out || complain "info does not tell: $(cat out)"
expect 0 "$anew" info --json "$model"
grep -q '"convolutions":18,"convolutions_in_8_bits":17,' out || complain "info does not tell: $(cat out)"

# A model without such layers is refused before anything is written.
refuse 1 "photo-x4: no layer is rounded to 8 bits; anew-quantize" "$anew" -m photo-x4 --precision int8 small.ppm -o no.ppm
absent no.ppm
refuse 2 "f32|bf16|int8|auto" "$anew" --precision int9 small.ppm -o no.ppm

# What the tool refuses.
expect 2 "$quantize"
expect 2 "$quantize" photo-x4 "$samples"
expect 0 "$quantize" --help
refuse 2 "unknown option --fast" "$quantize" photo-x4 "$samples" -o q.anew --fast
refuse 2 "must be a number from 0 to 98" "$quantize" photo-x4 "$samples" -o q.anew --target much
refuse 2 "must be a number from 0 to 98" "$quantize" photo-x4 "$samples" -o q.anew --target nan
refuse 1 "none.ppm: cannot open: No such file" "$quantize" photo-x4 none.ppm -o q.anew
refuse 1 "none.anew" "$quantize" none.anew "$samples" -o q.anew
refuse 1 "no picture of at least 64x64" "$quantize" photo-x4 small.ppm -o q.anew
echo "no picture" >text.ppm
refuse 1 "text.ppm" "$quantize" photo-x4 text.ppm -o q.anew
refuse 1 "no convolution of at least 16 to 16 channels" "$quantize" "$model" "$samples" -o q.anew -q
absent q.anew
echo kept >q.anew
refuse 1 "q.anew: exists; --force" "$quantize" photo-x4 "$samples" -o q.anew
[ "$(cat q.anew)" = kept ] || complain "an existing file was changed"
finish
