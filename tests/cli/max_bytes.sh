#!/bin/sh
# --max-bytes: the highest quality whose file is no larger, never above it, and a refusal where there is none.
#
# Seen to fail by: memory that keeps 100 bytes more than it may, a bisection that stops at the first quality that fits,
# thousands of 1024 bytes, no refusal where nothing fits, PNG without its second attempt.
. tests/cli/common.inc
cp tests/data/small.ppm "$scratch"
cd "$scratch" || exit 1
export ANEW_NO_PROVENANCE=yes # it names the options, which differ where the same bytes are expected
bytes() {
    wc -c <"$1" | tr -d ' '
}

# Without a quality there is nothing to search: PNM is known before work starts, PNG has its best compression.
refuse 1 'x.ppm: 15360 bytes of pixels, and it may have 15359' "$anew" --max-bytes 15359 small.ppm -o x.ppm
refuse 1 'it may have 1000; ask for fewer pixels' "$anew" --max-bytes 1k small.ppm -o x.ppm
refuse 1 'bytes of pixels' timeout 20 "$anew" -n --max-bytes 10M small.ppm --width 100000 -o x.ppm
expect 0 "$anew" --quiet --max-bytes 16k small.ppm -o x.ppm
[ "$(bytes x.ppm)" -le 16000 ] || complain "PNM: $(bytes x.ppm)"
rm x.ppm
refuse 2 'must be a number from 1' "$anew" --max-bytes 0 small.ppm -o x.ppm
refuse 2 'must be a number from 1' "$anew" --max-bytes 150q small.ppm -o x.ppm
refuse 2 'max-bytes 20kB: must be a number from 1 to .*, such as 150k or 2M' "$anew" --max-bytes 20kB small.ppm -o x.ppm
if has PNG; then
    # A picture that the highest compression makes smaller, whatever the weights are.
    awk 'BEGIN { print "P3 40 40 255"
        for (y = 0; y < 40; y++) for (x = 0; x < 40; x++) print (x * y) % 7 * 30, x % 5 * 40, (x + y) % 11 * 20 }' >waves.ppm
    expect 0 "$anew" --quiet --strength 0 waves.ppm -o usual.png
    expect 0 "$anew" --quiet --png-compression 9 --strength 0 waves.ppm -o best.png
    usual=$(bytes usual.png) best=$(bytes best.png)
    [ "$best" -lt "$usual" ] || complain "PNG: $best bytes with 9, $usual as usual"
    expect 0 "$anew" --max-bytes "$usual" --strength 0 waves.ppm -o x.png
    cmp -s x.png usual.png || complain "PNG: what fits as usual is not as usual"
    expect 0 "$anew" --force --max-bytes "$best" --strength 0 waves.ppm -o x.png
    cmp -s x.png best.png || complain "PNG: not the highest compression"
    grep -q "compression 9, $best bytes" out || complain "PNG: said $(cat out)"
    rm x.png
    refuse 1 "x.png: $best bytes at the least, and it may have $((best - 1)); ask for fewer pixels, or for a JPEG" \
        "$anew" --max-bytes $((best - 1)) --strength 0 waves.ppm -o x.png
    absent x.png
    for level in 10 -1 x; do
        refuse 2 'must be a whole number from 0 to 9' "$anew" --png-compression $level small.ppm -o x.png
    done
    expect 0 "$anew" --quiet --png-compression 0 small.ppm -o stored.png
    [ "$(bytes stored.png)" -gt 15360 ] || complain "--png-compression 0: $(bytes stored.png) bytes"
fi

# searched FORMAT LIMIT PICTURE OPTIONS...: what is taken fits, and the next higher quality does not.
searched() {
    kind=$1 limit=$2 picture=$3
    shift 3
    expect 0 "$anew" --force --max-bytes "$limit" "$picture" -o "taken.$kind" "$@"
    quality=$(sed -n 's/.*quality \([0-9]*\), .*/\1/p' out)
    [ -n "$quality" ] || complain "$kind: no quality in: $(cat out)"
    [ "$(bytes "taken.$kind")" -le "$limit" ] || complain "$kind: $(bytes "taken.$kind") bytes, more than $limit"
    grep -q ", quality $quality, $(bytes "taken.$kind") bytes" out || complain "$kind: said $(cat out)"
    expect 0 "$anew" --quiet --force "$picture" -q "$quality" -o "again.$kind" "$@"
    cmp -s "taken.$kind" "again.$kind" || complain "$kind: not the file of quality $quality"
    [ "$quality" -lt 92 ] || return
    expect 0 "$anew" --quiet --force "$picture" -q $((quality + 1)) -o "next.$kind" "$@"
    [ "$(bytes "next.$kind")" -gt "$limit" ] || complain "$kind: quality $((quality + 1)) fits, too: $quality taken"
}
for format in jpg webp; do
    case $format in
    jpg) has JPEG || continue ;;
    webp) has WEBP || continue ;;
    esac
    expect 0 "$anew" --quiet -q 92 small.ppm -o most.$format
    expect 0 "$anew" --quiet -q 1 small.ppm -o least.$format
    most=$(bytes most.$format) least=$(bytes least.$format)
    searched $format "$most" small.ppm
    [ "$quality" -eq 92 ] || complain "$format: quality $quality, and 92 would fit"
    searched $format $((most * 3 / 4)) small.ppm
    searched $format $(((most + least) / 2)) small.ppm --dpi 300
    searched $format "$least" small.ppm
    # --quality is the highest that is tried.
    expect 0 "$anew" --force --max-bytes 1M -q 40 small.ppm -o taken.$format
    grep -q ', quality 40, ' out || complain "$format: -q 40 is not the highest: $(cat out)"
    rm taken.$format
    refuse 1 "taken.$format: $least bytes at the least, at quality 1, and it may have $((least - 1)); ask for fewer" \
        "$anew" --max-bytes $((least - 1)) small.ppm -o taken.$format
    absent taken.$format
    # A file that is there stays as it was.
    cp most.$format taken.$format
    expect 1 "$anew" --force --max-bytes $((least - 1)) small.ppm -o taken.$format
    cmp -s most.$format taken.$format || complain "$format: a refusal changed what was there"
    rm taken.$format
done
has JPEG || {
    finish
    exit
}
expect 0 "$anew" --json --max-bytes 3k small.ppm -o json.jpg
grep -q '"quality":[0-9]*,"bytes":[0-9]*' out || complain "--json: $(cat out)"
expect 0 "$anew" -n --max-bytes 3k small.ppm -o dry.jpg
grep -q 'pictures are kept whole for --max-bytes' out || complain "--dry-run: $(cat out)"
# The story: a product shot of 800 pixels to 2400 for a shop that takes 150 KB. A smaller network does as well here.
expect 0 "$convert" -q "$data/goldens/srvgg_tiny_x4/weights.pth" -o tiny.anew
expect 0 "$anew" --quiet "$root/examples/photo.jpg" --width 800 -o shot.jpg
expect 0 "$anew" -m tiny.anew shot.jpg --width 2400 --max-bytes 150k -o shop.jpg
[ "$(bytes shop.jpg)" -le 150000 ] || complain "the product shot has $(bytes shop.jpg) bytes"
[ "$(bytes shop.jpg)" -ge 130000 ] || complain "the product shot could be better: $(bytes shop.jpg) bytes"
grep -q '800x531 -> shop.jpg: 2400x1593, .* s, quality [0-9]*, [0-9]* bytes' out || complain "the product shot: $(cat out)"
expect 0 "$anew" info shop.jpg
grep -q '2400' out || complain "the product shot: $(cat out)"
# Several at once.
mkdir shops
for i in 1 2 3; do cp small.ppm small$i.ppm; done
expect 0 "$anew" --quiet --jobs 2 --format jpeg --max-bytes 3k small1.ppm small2.ppm small3.ppm -o shops
[ "$(find shops -name '*.jpg' -size -3001c | wc -l)" -eq 3 ] || complain "several: $(ls -l shops)"
finish
