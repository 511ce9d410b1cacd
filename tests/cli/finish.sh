#!/bin/sh
# The finishing tools through the program: what is held to its picture agrees with it, a tool at 0 is no tool, the same
# bytes by any way of running, 16 bits, gray and transparency.
#
# Seen to fail by: a strength that is not handed on, a network that gives rounded rows, marks of every second pixel, a
# repair that is left out where another tool is on, lines that are not judged by those beside them or by their sides.
. tests/cli/common.inc
shared=$(cd "${ANEW_SHARED:-../shared}" 2>/dev/null && pwd || echo /absent)
cd "$scratch" || exit 1
photo_here
"$anew" --quiet "$photo" --width 96 --height 64 -o small.ppm || complain "no small picture"
expect 0 "$anew" --quiet -s 2 small.ppm -o plain.ppm

# faithful: the figure that is told, and no network's opinion beyond it.
expect 0 "$anew" -s 2 --faithful small.ppm -o faithful.ppm
grep -Eq 'agrees with the picture by (4[5-9]|5[0-9])\.[0-9]+ dB \([0-9.]+ dB before\)' out || complain "no figure: $(cat out)"
expect 0 "$anew" --json -s 2 --faithful=58 small.ppm -o more.ppm
grep -Eq '"faithful":\{"before":[0-9.]+,"after":(5[89]|6[0-9])\.[0-9]+,"rounds":[1-9]' out || complain "no figure: $(cat out)"
cmp -s more.ppm plain.ppm && complain "--faithful=58 changes nothing"
cmp -s faithful.ppm more.ppm && complain "--faithful=58 is --faithful"
expect 0 "$anew" --quiet -s 1 --faithful=60 small.ppm -o same.ppm
expect 0 "$anew" compare small.ppm same.ppm
grep -Eq '^equal|^PSNR: +([6-9][0-9]|[0-9]{3})' out || complain "-s 1 --faithful=60 is not the picture: $(cat out)"

# tone: levels that keep 0 .. 255 change nothing to speak of; gray is gray
expect 0 "$anew" --quiet -s 2 --levels=0,255 small.ppm -o levels.ppm
expect 0 "$anew" compare plain.ppm levels.ppm
grep -Eq '^equal|by 1 of 255 at most' out || complain "--levels=0,255: $(cat out)"
expect 0 "$anew" --quiet -s 2 --saturation -1 small.ppm -o gray.ppm
tail -c 27648 gray.ppm | od -An -v -tu1 -w3 | awk '$1 != $2 || $2 != $3 { exit 1 }' || complain "--saturation -1 is not gray"

# scratches and erase: what is white in a mask is filled in before the network, nothing elsewhere
tail -c 18432 small.ppm >pixels.bin
{ printf 'P5\n96 64\n255\n' && head -c 2880 /dev/zero && head -c 192 /dev/zero | tr '\0' '\377' && head -c 3072 /dev/zero; } >mask.pgm
{ printf 'P6\n96 64\n255\n' && head -c 8640 pixels.bin && head -c 576 /dev/zero | tr '\0' '\377' && tail -c 9216 pixels.bin; } >scratched.ppm
expect 0 "$anew" --quiet -s 1 scratched.ppm -o broken.ppm
expect 0 "$anew" --json -s 1 --erase mask.pgm scratched.ppm -o erased.ppm
grep -q '"repaired":{"scratches":0,"pixels":192}' out || complain "--erase says: $(cat out)"
expect 0 "$anew" --quiet -s 1 --scratches mask.pgm scratched.ppm -o masked.ppm
cmp -s erased.ppm masked.ppm || complain "--scratches with a mask is not --erase"
expect 0 "$anew" --quiet -s 1 small.ppm -o whole.ppm
psnr() { "$anew" compare whole.ppm "$1" | sed -n 's/^PSNR: *\([0-9]*\).*/\1/p'; }
[ "$(psnr erased.ppm)" -gt $(($(psnr broken.ppm) + 6)) ] || complain "the in-fill: $(psnr erased.ppm) dB, without it $(psnr broken.ppm) dB"
expect 0 "$anew" --quiet -s 1 --erase mask.pgm --faithful=40 scratched.ppm -o both.ppm
[ "$(psnr both.ppm)" -gt $(($(psnr broken.ppm) + 6)) ] || complain "--erase with --faithful: $(psnr both.ppm) dB"
expect 0 "$anew" -s 1 --scratches auto --scratch-mask found.pgm scratched.ppm -o auto.ppm
grep -Eq ', [0-9]+ pixels filled in \([0-9.]+ %\)' out || complain "--scratches says: $(cat out)"
[ "$(size found.pgm)" = '96 64' ] || complain "the mask's size: $(size found.pgm)"
refuse 1 'found.pgm: exists' "$anew" -s 1 --scratches auto --scratch-mask found.pgm scratched.ppm -o no.ppm
refuse 1 'mask.pgm: a mask of 96x64 pixels; the picture has 192x128' "$anew" --erase mask.pgm plain.ppm -o no.ppm
for option in --erase --scratches; do
    refuse 1 'mask.pgm: a mask of 96x64 pixels; the picture has 192x128' "$anew" --dry-run $option mask.pgm plain.ppm
    refuse 1 'nowhere.pgm: cannot open' "$anew" --dry-run $option nowhere.pgm plain.ppm
    expect 0 "$anew" --dry-run $option mask.pgm scratched.ppm
done
refuse 1 'small.ppm: is the picture itself' "$anew" --scratches auto --scratch-mask small.ppm --force small.ppm -o no.ppm
refuse 2 'goes with --scratches auto' "$anew" --scratch-mask new.pgm scratched.ppm -o no.ppm
refuse 2 'must end in' "$anew" --scratches auto --scratch-mask new.bmp scratched.ppm -o no.ppm
refuse 2 'is for one picture' "$anew" --scratches auto --scratch-mask new.pgm small.ppm scratched.ppm -o folder
{ printf 'P5\n96 64\n255\n' && head -c 6144 /dev/zero | tr '\0' '\377'; } >all.pgm
refuse 1 'nothing is left' "$anew" --erase all.pgm small.ppm -o no.ppm
absent no.ppm
absent new.pgm

# What is found of 10000 pixels: nothing to speak of in clean photographs, however much thin light structure they have, and
# the creases of a print.
found() {
    expect 0 "$anew" --json -m tiny-x2 -s 1 --scratches auto --scratch-mask marks.pgm "$1" -o repaired.pam --force
    pixels=$(sed -n 's/.*"repaired":{"scratches":[0-9]*,"pixels":\([0-9]*\)}.*/\1/p' out)
    share=$((10000 * pixels / ($(size marks.pgm | tr ' ' '*'))))
}
found "$photo"
[ "$share" -le 30 ] || complain "$share of 10000 pixels of a clean photograph are taken for scratches"
photos=$shared/images/open
if [ -d "$photos/Set5" ] && has PNG; then
    for clean in Set5/HR/bird Set5/HR/butterfly gb82/reflect-lossless gb82/path-lossless Urban100/HR/img_045 Urban100/HR/img_067; do
        found "$photos/$clean.png"
        [ "$share" -le 30 ] || complain "$share of 10000 pixels of $clean are taken for scratches"
    done
    for creased in old_w_scratch__b old_w_scratch__d; do
        found "$photos/real/oldphoto_$creased.png"
        if [ "$share" -lt 400 ] || [ "$share" -gt 1000 ]; then
            complain "$share of 10000 pixels of $creased are taken for scratches"
        fi
    done
else
    echo "SKIP scratches of photographs: ${ANEW_SHARED:-../shared}/images/open is absent, or no PNG in this build"
fi

# every tool: nothing at 0, the same by any way, every kind of picture
tools='--guard=0.9;--sharpen=0.7;--grain=0.5;--grain=0.5 --grain-seed=7;--faithful --sharpen=1;--faithful;--colour-lock=0.7;--white-balance=auto;--restore-tone=0.8;--levels=10,200,1.3;--contrast=0.5;--saturation=-1'
for off in --guard=0 --sharpen=0 --grain=0 --grain-seed=5 --colour-lock=0 --white-balance=none --restore-tone=0 --contrast=0 --saturation=0; do
    expect 0 "$anew" --quiet -s 2 $off small.ppm -o off.ppm --force
    cmp -s off.ppm plain.ppm || complain "$off changes the picture"
done
head -c 32768 small.ppm | tail -c 4096 >some.bin
{ printf 'P7\nWIDTH 16\nHEIGHT 16\nDEPTH 4\nMAXVAL 65535\nTUPLTYPE RGB_ALPHA\nENDHDR\n' && head -c 2048 some.bin; } >alpha.pam
{ printf 'P5\n40 30\n255\n' && head -c 1200 some.bin; } >gray.pgm
echo "$tools" | tr ';' '\n' >list
while read -r tool; do
    # shellcheck disable=SC2086 # some are two words
    expect 0 "$anew" --quiet --exact -s 2.5 $tool small.ppm -o first.ppm --force
    for way in "--threads 1" "--strip-width 40" "--band 8" "--jobs 2"; do
        # shellcheck disable=SC2086
        expect 0 "$anew" --quiet --exact -s 2.5 $tool $way small.ppm -o way.ppm --force
        cmp -s first.ppm way.ppm || complain "$tool gives another picture by $way"
    done
    for picture in alpha.pam gray.pgm; do
        # shellcheck disable=SC2086
        expect 0 "$anew" --quiet -s 3 $tool $picture -o kind.pam --force
        expect 0 "$anew" info --json $picture
        kind=$(sed -n 's/.*\("channels":[^}]*\).*/\1/p' out)
        expect 0 "$anew" info --json kind.pam
        [ "$(sed -n 's/.*\("channels":[^}]*\).*/\1/p' out)" = "$kind" ] || complain "$tool: $picture became $(cat out)"
    done
done <list

# What is kept whole counts against --memory, and leaves the bytes as they are.
for tool in --faithful --colour-lock=1 --guard=1 --grain=0.5 "--scratches auto"; do
    name=$(echo "${tool#--}" | sed 's/[ =].*//')
    # shellcheck disable=SC2086
    expect 0 "$anew" --quiet -s 2 $tool small.ppm -o free.ppm --force
    # shellcheck disable=SC2086
    expect 0 "$anew" --quiet -s 2 $tool --memory 20M small.ppm -o within.ppm --force
    cmp -s free.ppm within.ppm || complain "$tool: --memory changes the result"
    # shellcheck disable=SC2086
    expect 0 "$anew" -n $tool "$photo" -o free.ppm --force
    grep -q "pictures are kept whole for --$name" out || complain "$tool: --dry-run: $(cat out)"
    # shellcheck disable=SC2086
    refuse 1 "$photo: --$name sees the picture as a whole, which takes" "$anew" $tool --memory 1M "$photo" -o no.ppm
    # shellcheck disable=SC2086
    refuse 1 "pictures that --$name keeps whole take" "$anew" $tool --memory 14M "$photo" -o no.ppm
done
refuse 2 'must be a number from 20 to 60' "$anew" --faithful=10 small.ppm -o no.ppm
for levels in 10 10,5 -1,5 1,256 1,20,0 1,20,1,1 "1,20," a,b nan,3; do
    refuse 2 'must be BLACK,WHITE' "$anew" --levels=$levels small.ppm -o no.ppm
done
refuse 2 'must be one of none|auto' "$anew" --white-balance=some small.ppm -o no.ppm
refuse 2 'must be a whole number from 0 to 4294967295' "$anew" --grain-seed -1 small.ppm -o no.ppm
refuse 2 'must be a number from -1 to 1' "$anew" --contrast 2 small.ppm -o no.ppm
refuse 2 'must be a number from 0 to 1' "$anew" --colour-lock 2 small.ppm -o no.ppm
absent no.ppm
finish
