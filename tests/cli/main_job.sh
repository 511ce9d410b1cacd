#!/bin/sh
# The main job: sizes, formats, models, and the same bytes from every way of running.
. tests/cli/common.inc
cp tests/data/small.ppm "$scratch"
cd "$scratch" || exit 1
photo_here

expect 0 "$anew" $photo
[ -s photo_x4.$extension ] || complain "photo_x4.$extension is not there"
grep -q '226x150 -> .*904x600' out || complain "said: $(cat out)"
case $extension in
png) head -c 4 photo_x4.png | grep -q PNG || complain "photo_x4.png is no PNG" ;;
*) [ "$(head -c 2 photo_x4.pnm)" = P6 ] || complain "photo_x4.pnm is no PPM" ;;
esac
expect 0 "$anew" $photo -o two.ppm -s 2
[ "$(size two.ppm)" = "452 300" ] || complain "-s 2 gives $(size two.ppm)"
expect 0 "$anew" -s3.5 $photo -o half.ppm
[ "$(size half.ppm)" = "791 525" ] || complain "-s 3.5 gives $(size half.ppm)"
expect 0 "$anew" $photo --width 3600 --output wide.ppm
[ "$(size wide.ppm)" = "3600 2389" ] || complain "--width 3600 gives $(size wide.ppm)"
expect 0 "$anew" $photo --width=100 --height=50 -o small2.ppm
[ "$(size small2.ppm)" = "100 50" ] || complain "--width --height gives $(size small2.ppm)"
expect 0 "$anew" small.ppm -s 6 -o six.ppm
[ "$(size six.ppm)" = "120 96" ] || complain "-s 6 gives $(size six.ppm)"
if has JPEG; then
    expect 0 "$anew" small.ppm -o a.jpg -q 95
    expect 0 "$anew" a.jpg -o b.png --format=jpeg
    expect 0 "$anew" b.png -o c.ppm
    [ "$(size c.ppm)" = "1280 1024" ] || complain "a JPEG named .png gives $(size c.ppm)"
fi

# The exact class: the same bytes from every CPU level, plan, number of threads, strip.
expect 0 "$anew" --exact small.ppm -o exact.ppm
levels="cfma avx2 avx512"
"$anew" --help | grep -q 'CPU level (.*avx512' || levels=
[ -n "$levels" ] || echo "SKIP CPU levels: this build has only one"
for level in $levels; do
    expect 0 env ANEW_CPU="$level" "$anew" --exact small.ppm -o "exact-$level.ppm"
    cmp -s exact.ppm "exact-$level.ppm" || complain "$level differs"
done
for plan in nofuse ref; do
    expect 0 "$anew" --exact --plan=$plan small.ppm -o "exact-$plan.ppm"
    cmp -s exact.ppm "exact-$plan.ppm" || complain "plan $plan differs"
done
for strip in 7 16; do
    expect 0 "$anew" --exact --strip-width $strip --band 3 small.ppm -o "exact-$strip.ppm"
    cmp -s exact.ppm "exact-$strip.ppm" || complain "strips of $strip differ"
done
expect 0 "$anew" --memory 64M $photo -o budget.ppm
expect 0 "$anew" $photo -o unlimited.ppm
cmp -s budget.ppm unlimited.ppm || complain "a budget changes the picture"
refuse 1 "smallest that would do" "$anew" --memory 1M $photo -o none.ppm
for threads in 1 2 3; do
    expect 0 "$anew" --exact --threads $threads small.ppm -o "exact-t$threads.ppm"
    cmp -s exact.ppm "exact-t$threads.ppm" || complain "$threads threads differ"
done

# A picture of 300 MB passes through 200 MB of address space (file without holes filled: zeros).
# Seen to fail by: anew_input_whole in place of the rows of src/image/image_pnm.c.
if [ "${MODE:-release}" = release ]; then
    printf 'P6 20000 5000 255\n' >huge.ppm
    truncate -s 300000018 huge.ppm
    # shellcheck disable=SC3045 # dash and bash have it
    (
        ulimit -v 200000
        expect 0 "$anew" info huge.ppm
        [ "$failures" -eq 0 ]
    ) || failures=$((failures + 1))
    rm huge.ppm
fi

# Streams, several pictures, profile, verbose.
"$anew" - -o - --format=pnm --quiet <small.ppm >stream.ppm 2>err || complain "a stream fails: $(cat err)"
expect 0 "$anew" small.ppm -o whole.ppm
cmp -s stream.ppm whole.ppm || complain "a stream gives other bytes"
mkdir many
expect 0 "$anew" small.ppm $photo -o many
for name in small photo; do
    [ -s "many/${name}_x4.$extension" ] || complain "a folder as output: $(ls many)"
done
expect 0 "$anew" --profile=json small.ppm -o p.ppm
tail -n 1 out | grep -q '"network_seconds":[0-9.]*}$' || complain "profile: $(tail -n 1 out)"
tail -n 1 out | python3 -c 'import json, sys; d = json.load(sys.stdin); assert len(d["steps"]) == 18 and d["schema"] == 1' ||
    complain "the profile is no JSON or has no steps"
expect 0 "$anew" -v small.ppm -o v.ppm
grep -q conv_direct_ out || complain "--verbose names no kernel"
expect 0 "$anew" --quiet small.ppm -o q.ppm
[ ! -s out ] || complain "--quiet says $(cat out)"

# Gray stays gray, alpha stays, 16 bits stay 16.
printf 'P5\n3 2\n255\nabcdef' >gray.pgm
expect 0 "$anew" gray.pgm -o gray4.pgm
[ "$(head -c 2 gray4.pgm)" = P5 ] || complain "gray became $(head -c 2 gray4.pgm)"
printf 'P7\nWIDTH 2\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nabc\377def\377' >alpha.pam
expect 0 "$anew" alpha.pam -o alpha4.pam
grep -q 'DEPTH 4' alpha4.pam || complain "alpha was lost"
printf 'P5\n2 1\n65535\n\001\002\003\004' >deep.pgm
expect 0 "$anew" deep.pgm -o deep4.pgm
sed -n 3p deep4.pgm | grep -q 65535 || complain "16 bits were lost"
finish
