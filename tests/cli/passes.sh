#!/bin/sh
# Several passes over a picture on the command line: --restore, --strength, --passes, --order, --shrink-first.
#
# Seen to fail by: --strength stored as --restore-strength, --order taken the wrong way round, --passes left out of the
# wish, and by a --dry-run that plans the last pass only; by no strength that resamples twice.
. tests/cli/common.inc
cd "$scratch" || exit 1
photo_here
same() { cmp -s "$1" "$2" || complain "$1 and $2 differ"; }
differ() { ! cmp -s "$1" "$2" || complain "$1 and $2 are the same"; }

# One pass, said or not.
expect 0 "$anew" --quiet "$photo" -s 2 -o one.ppm
expect 0 "$anew" --quiet "$photo" -s 2 --passes 1 --strength 1 --upscale photo-x4 --restore off -o said.ppm
same one.ppm said.ppm

# No share: resampling alone, whatever the model.
expect 0 "$anew" --quiet "$photo" -s 2 --strength 0 -o plain.ppm
differ one.ppm plain.ppm
expect 0 "$anew" --quiet "$photo" -s 2 --strength 0 --restore photo-x4 --restore-strength 0 -o nothing.ppm
same plain.ppm nothing.ppm

# Nor is it resampled in as many steps as the network would take.
expect 0 "$anew" --quiet "$photo" -s 8 --strength 0 -o plain8.ppm
expect 0 "$anew" --quiet "$photo" -s 8 --strength 0 --passes 1 -o plain1.ppm
same plain8.ppm plain1.ppm
expect 0 "$convert" -q "$data/goldens/srvgg_tiny_x2/weights.pth" -o twofold.anew
expect 0 "$anew" --quiet "$photo" -m twofold.anew -s 4 --strength 0 -o plain4.ppm
expect 0 "$anew" --quiet "$photo" -s 4 --strength 0 -o plain4b.ppm
same plain4.ppm plain4b.ppm

# More of it is further from resampling, at every step.
last=1000
for share in 0.25 0.5 0.75 1; do
    expect 0 "$anew" --quiet "$photo" -s 2 --strength $share -o share.ppm --force
    expect 0 "$anew" compare plain.ppm share.ppm --json
    psnr=$(sed 's/.*"psnr":\([0-9.]*\).*/\1/' out)
    [ "$(echo "$psnr < $last" | bc 2>/dev/null || awk "BEGIN { print ($psnr < $last) }")" = 1 ] ||
        complain "share $share: $psnr dB, after $last dB"
    last=$psnr
done
same one.ppm share.ppm

# An enlargement by 8 takes two passes of 4 and 2.
expect 0 "$anew" --quiet "$photo" -s 8 -o twice.ppm
expect 0 "$anew" --quiet "$photo" -s 8 --passes 1 -o once.ppm
[ "$(size twice.ppm)" = "1808 1200" ] || complain "size $(size twice.ppm)"
differ twice.ppm once.ppm

# Restored first, or last: not the same, and neither is what no restoring gives.
expect 0 "$anew" --quiet "$photo" -s 2 --restore photo-x4 -o before.ppm
expect 0 "$anew" --quiet "$photo" -s 2 --restore photo-x4 --order restore-first -o first.ppm
expect 0 "$anew" --quiet "$photo" -s 2 --restore photo-x4 --order upscale-first -o after.ppm
same before.ppm first.ppm
differ before.ppm after.ppm
differ before.ppm one.ppm
# The same by two runs, but for the rounding of the picture between them to 16 bits.
if has PNG; then
    expect 0 "$anew" --quiet one.ppm -s 1 -o after2.ppm
    expect 0 "$anew" compare after.ppm after2.ppm --json
    psnr=$(sed 's/.*"psnr":\([0-9.]*\).*/\1/' out)
    awk "BEGIN { exit !($psnr > 45) }" || complain "upscale-first is $psnr dB from two runs"
fi

# Made smaller first: the result keeps its size.
expect 0 "$anew" --quiet "$photo" -s 2 --shrink-first 2 -o shrunk.ppm
[ "$(size shrunk.ppm)" = "452 300" ] || complain "size $(size shrunk.ppm)"
differ shrunk.ppm one.ppm

# All passes are planned: the second of an enlargement by 8 has 16 times the pixels.
expect 0 "$anew" "$photo" -s 4 --dry-run --json
four=$(sed -n 's/.*"seconds":\([0-9.]*\),"memory.*/\1/p' out)
expect 0 "$anew" "$photo" -s 8 --dry-run --json
eight=$(sed -n 's/.*"seconds":\([0-9.]*\),"memory.*/\1/p' out)
awk "BEGIN { exit !($eight > 6 * $four) }" || complain "planned: $four s, and $eight s for two passes"

refuse 2 'strength 2: must be a number from 0 to 1' "$anew" "$photo" --strength 2
refuse 2 'passes none: must be a whole number from 1 to 6, or auto' "$anew" "$photo" --passes none
refuse 2 'model and --upscale exclude each other' "$anew" "$photo" --model photo-x4 --upscale photo-x4
refuse 2 'must be one of restore-first|upscale-first' "$anew" "$photo" --order last
refuse 1 "no model 'nosuch'" "$anew" "$photo" --restore nosuch
finish
