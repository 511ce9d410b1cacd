#!/bin/sh
# --faces: faces of real photos found, restored by networks of random weights, and pasted: where they are and nowhere
# else, as strongly as is asked for, and held back by the guard, for what such networks make is no face.
#
# Seen to fail by: a strength that is not handed on, a guard whose share is not used, all faces but the largest, a row of
# the enlargement left out, and faces cut from the enlargement where they lie in the picture.
. tests/cli/common.inc
shared=$(cd "${ANEW_SHARED:-../shared}" 2>/dev/null && pwd || echo /absent)
models=$(pwd)/${ANEW_TEST_MODELS:-$BUILD/models}/real
weights=$shared/weights/face_det/retinaface_mnet025_Final.pth
photos=$shared/images/open/faces
refuse 1 "faces needs --face-model\|no model that finds faces is here" "$anew" --faces "$data/small.ppm" -o "$scratch/no.ppm" # the first one missing
absent "$scratch/no.ppm"
if [ ! -f "$weights" ] || [ ! -f "$models/gfpgan_tiny_128.anew" ] || ! has JPEG; then
    echo "SKIP mend: no weights of a detector and of restorers in ${ANEW_SHARED:-../shared}, or no JPEG in this build"
    finish
    exit
fi
cd "$scratch" || exit 1
expect 0 "$convert" -q "$weights" --set slope=0 -o finder.anew
photo=$photos/whole__facexlib_test2.jpg
gfpgan="--faces --face-model $models/gfpgan_tiny_128.anew --detector finder.anew"
expect 0 "$anew" --quiet -s 1 "$photo" -o none.ppm

# Nothing at strength 0, more the stronger, and the same by any way of running.
before=200
for strength in 0 0.3 0.6 1; do
    # shellcheck disable=SC2086
    expect 0 "$anew" --quiet -s 1 $gfpgan --face-guard off --face-strength $strength "$photo" -o "$strength.ppm"
    expect 0 "$anew" compare none.ppm "$strength.ppm"
    psnr=$(sed -n 's/^PSNR: *\([0-9]*\).*/\1/p' out)
    [ $strength = 0 ] && psnr=100
    [ "${psnr:-999}" -lt "$before" ] || complain "strength $strength changes no more than the one before: $(cat out)"
    before=$psnr
done
cmp -s none.ppm 0.ppm || complain "strength 0 changes the picture"
for way in "--band 8" "--threads 1" "--strip-width 96"; do
    # shellcheck disable=SC2086
    expect 0 "$anew" --quiet -s 1 --exact $gfpgan --face-guard off "$photo" -o exact.ppm --force
    # shellcheck disable=SC2086
    expect 0 "$anew" --quiet -s 1 --exact $gfpgan --face-guard off $way "$photo" -o way.ppm --force
    cmp -s exact.ppm way.ppm || complain "another picture by $way"
done

# All that changes lies around the face: half of its box's size beyond it at most, and in its middle.
# shellcheck disable=SC2086
expect 0 "$anew" --quiet -s 2 "$photo" -o twice.ppm
# shellcheck disable=SC2086
expect 0 "$anew" --json -s 2 $gfpgan --face-guard off "$photo" -o json.ppm
grep -q '"faces":\[{"box":.*"fate":"restored","share":1.0000' out || complain "no restored face: $(cat out)"
box=$(sed -n 's/.*"faces":\[{"box":\[\([^]]*\)\].*/\1/p' out)
cmp -l twice.ppm json.ppm | awk -v box="$box" -v width="$(size twice.ppm | cut -d' ' -f1)" '
    BEGIN { split(box, b, ","); for (i = 1; i <= 4; i++) b[i] *= 2
            w = b[3] - b[1]; h = b[4] - b[2]; header = 16 }
    { pixel = int(($1 - 1 - header) / 3); x = pixel % width; y = int(pixel / width); sx += x; sy += y; n++
      if (x < b[1] - w / 2 || x > b[3] + w / 2 || y < b[2] - h / 2 || y > b[4] + h / 2) outside++ }
    END { if (n == 0) print "nothing changed"; if (outside > 0) print outside " samples far from the face"
          dx = sx / n - (b[1] + b[3]) / 2; dy = sy / n - (b[2] + b[4]) / 2
          if (dx * dx > w * w / 64 || dy * dy > h * h / 64) print "the change is off by " dx " " dy }' >told
[ ! -s told ] || complain "$(cat told)"

# What a network of random weights makes is no face: the guard holds it back, and says so.
# shellcheck disable=SC2086
expect 0 "$anew" -s 1 $gfpgan "$photo" -o guarded.ppm
grep -q '1 face: 1 held back' out || complain "the guard let it pass: $(cat out)"
cmp -s none.ppm guarded.ppm || complain "what was held back changes the picture"

# A parser only takes away: what stays without one stays with one, too. One of random weights sees a face or not.
for parser in parsenet_tiny bisenet_tiny; do
    # shellcheck disable=SC2086
    expect 0 "$anew" --json -s 2 $gfpgan --face-guard off --face-parser "$models/$parser.anew" "$photo" -o parsed.ppm --force
    (cd "$root" && python3 tests/cli/json_lines.py event) <out || complain "--json: $(cat out)"
    grep -Eq '"mask":"(parsed|no face parsed)"' out || complain "$parser: nothing is said of the mask: $(cat out)"
    cmp -l twice.ppm parsed.ppm | sed 's/^ *//' | cut -d' ' -f1 | sort >of_parsed
    cmp -l twice.ppm json.ppm | sed 's/^ *//' | cut -d' ' -f1 | sort >of_all
    [ -z "$(comm -13 of_all of_parsed | head -n 1)" ] || complain "$parser: more changes with a parser than without one"
    grep -q '"mask":"parsed"' out || cmp -s json.ppm parsed.ppm || complain "$parser: it saw no face, and something changes"
done
# shellcheck disable=SC2086
refuse 1 "does not tell the parts of a face; parsenet, bisenet and unet do" "$anew" $gfpgan --face-parser photo-x4 "$photo" -o no.ppm
absent no.ppm

# Which ones; and CodeFormer, whose fidelity changes what it makes; a gray picture stays gray.
group=$photos/group__dlib_2007_007763.jpg
expect 0 "$anew" -s 1 --faces=largest --face-guard off --face-model "$models/codeformer_tiny_64.anew" \
    --detector finder.anew --face-fidelity 0 "$group" -o zero.ppm
grep -Eq '([2-9]|[0-9]{2}) faces: 1 restored.* not asked for' out || complain "not the largest alone: $(cat out)"
expect 0 "$anew" -s 1 --quiet --faces=largest --face-guard off --face-model "$models/codeformer_tiny_64.anew" \
    --detector finder.anew --face-fidelity 1 "$group" -o one.ppm
cmp -s zero.ppm one.ppm && complain "the fidelity changes nothing"
if has PNG; then
    # shellcheck disable=SC2086
    expect 0 "$anew" -s 1 $gfpgan --face-guard off --face-min-size 8 "$photos/crop_gray__Hepburn02.png" -o gray.png
fi
printf 'P6 64 64 255\n' >flat.ppm && head -c 12288 /dev/zero >>flat.ppm
# shellcheck disable=SC2086
expect 0 "$anew" -s 1 $gfpgan flat.ppm -o flat.png --format pnm
grep -q 'no face' out || complain "a face in a black picture: $(cat out)"

# What is refused, before anything is written.
refuse 1 "restores no faces" "$anew" --faces --face-model photo-x4 --detector finder.anew "$photo" -o no.ppm
refuse 1 "finds no faces" "$anew" --faces --face-model "$models/gfpgan_tiny_128.anew" --detector photo-x4 "$photo" -o no.ppm
# shellcheck disable=SC2086
refuse 1 "more than the 1 MiB" "$anew" $gfpgan --memory 1M "$photo" -o no.ppm
refuse 2 "all|largest|center" "$anew" --faces=some "$photo" -o no.ppm
absent no.ppm
finish
