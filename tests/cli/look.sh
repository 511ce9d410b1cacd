#!/bin/sh
# `anew look`: answers for people and for programs, what it says of the sample picture, what it refuses.
#
# Seen to fail by pictures that were made smaller without the rule for them (sharpness.c, is_of_enlarging): 16 of 28.
. tests/cli/common.inc
cp tests/data/small.ppm "$scratch"
cd "$scratch" || exit 1
photo_here
has_json() {
    (cd "$root" && python3 tests/cli/json_lines.py look) <out || complain "--json: $(cat out)"
}

# A JPEG says its quality twice: in its tables and in its pixels, which a file of another kind keeps.
expect 0 "$anew" look "$photo" --json
has_json
grep -q '"gray":false,"sepia":false,"drawing":false' out || complain "a cat in its colours: $(cat out)"
if has JPEG; then
    grep -q '"file_jpeg":{"quality":60,"exact":true,"chroma":\[2,2\]},"jpeg_quality":60,"jpeg_grid":\[0,0\]' out ||
        complain "the sample picture: $(cat out)"
    expect 0 "$anew" look "$photo"
    grep -q "^$photo: .*JPEG of quality 60.*: restored with strength 0\.[0-9]*" out || complain "said: $(cat out)"
    if command -v djpeg >/dev/null 2>&1; then
        djpeg -dct int -pnm "$photo" >pixels.ppm
        expect 0 "$anew" look pixels.ppm --json
        has_json
        grep -q '"file_jpeg":null,"jpeg_quality":60,"jpeg_grid":\[0,0\]' out || complain "its pixels: $(cat out)"
    fi
fi

# --chroma: colours of full size or half; by the quality where nothing is said.
if has JPEG; then
    for case in '444 50 1,1' '420 95 2,2' 'auto 89 2,2' 'auto 90 1,1'; do
        # shellcheck disable=SC2086 # words
        set -- $case
        expect 0 "$anew" --quiet -s 1 small.ppm --chroma "$1" -q "$2" -f -o chroma.jpg
        expect 0 "$anew" look chroma.jpg --json
        grep -q "\"chroma\":\[$3\]" out || complain "--chroma $case: $(cat out)"
    done
    refuse 2 'must be one of auto|444|420' "$anew" small.ppm --chroma 422 -o chroma.jpg
fi

# The answer is the same whatever the CPU.
expect 0 "$anew" look small.ppm "$photo" --json
has_json
[ "$(wc -l <out)" -eq 2 ] || complain "not two answers: $(cat out)"
cp out plain
ANEW_CPU=c expect 0 "$anew" look small.ppm "$photo" --json
cmp -s out plain || complain "another CPU sees something else"
grep -q '"enlarged":1.000' out || complain "enlarged: $(cat out)"

# Faces, where a model that finds them is here or in the program; weights by chance find what they find.
text='^    faces: not looked for (no detector installed)$' json='"faces":null,"choice"'
if "$anew" models | grep -q '^face-detector .*in the program'; then
    text='^    faces: none$' json='"faces":\[\],"choice"'
fi
expect 0 "$anew" look small.ppm
grep -q "$text" out || complain "no other detector: $(cat out)"
expect 0 "$anew" look small.ppm --json
grep -q "$json" out || complain "no other detector: $(cat out)"
mkdir finders
expect 0 "$convert" -q "$data/goldens/retinaface_mnet025/weights.pth" --set slope=0 -o finders/finder.anew
expect 0 "$anew" faces "$photo" --detector finders/finder.anew --json
sed 's/.*"faces":\(.*\)}$/\1/' out >wanted
ANEW_MODELS=finders expect 0 "$anew" look "$photo" --json
has_json
sed 's/.*"faces":\(.*\),"choice".*/\1/' out | cmp -s - wanted || complain "other faces than anew faces finds: $(cat out wanted)"
expect 0 "$anew" look "$photo" --detector finders/finder.anew
grep -q '^    faces: none$\|^    faces: [0-9]*, of [0-9]*x[0-9]*.* pixels$' out || complain "faces: $(cat out)"
refuse 1 'none.anew' "$anew" look "$photo" --detector none.anew
real=$root/${ANEW_SHARED:-../shared}
[ -d "$real" ] || real=${ANEW_SHARED:-/absent}
group=$real/images/open/faces/group__dlib_2008_002470.jpg
if [ -f "$real/weights/face_det/retinaface_mnet025_Final.pth" ] && [ -f "$group" ] && has JPEG; then
    expect 0 "$convert" -q "$real/weights/face_det/retinaface_mnet025_Final.pth" --set slope=0 -o real.anew
    expect 0 "$anew" look "$group" --detector real.anew
    grep -q '^    faces: [0-9]*, of [0-9]*x[0-9]*,.* pixels$' out || complain "a group: $(cat out)"
else
    echo "SKIP look: no weights of a detector in ${ANEW_SHARED:-../shared}, or no JPEG in this build"
fi

# A photo that was made smaller was not enlarged.
if [ -d "$real/images/open/gb82" ] && has PNG; then
    for name in "$real"/images/open/gb82/*.png; do
        for way in "cubic -s 0.8" "cubic -s 0.833" "area -s 0.6" "mitchell -s 0.75"; do
            # shellcheck disable=SC2086 # two words
            "$anew" --quiet --auto=off --strength 0 "$name" --resample $way -f -o smaller.ppm || complain "$name is not made smaller"
            "$anew" look smaller.ppm --json
        done
    done | sed -n 's/.*"enlarged":\([0-9.]*\).*/\1/p' >factors
    others=$(grep -vc '^1\(\.0*\)\{0,1\}$' factors)
    [ "$(wc -l <factors)" -ge 20 ] || complain "looked at $(wc -l <factors) pictures"
    [ "$others" -le 3 ] || complain "$others of $(wc -l <factors) pictures that were made smaller are said to be enlarged"
else
    echo "SKIP look: no photos in ${ANEW_SHARED:-../shared}, or no PNG in this build"
fi

# One bad picture does not stop the others.
printf 'P5\n9 9\n255\n1234' >cut.ppm
expect 1 "$anew" look small.ppm none.ppm cut.ppm small.ppm --json
[ "$(wc -l <out)" -eq 2 ] || complain "not two answers: $(cat out)"
{ grep -q none.ppm err && grep -q cut.ppm err; } || complain "said: $(cat err)"
refuse 2 'usage: anew look' "$anew" look
refuse 1 'more than the limit of 100' "$anew" look small.ppm --max-pixels=100
refuse 2 'is no option of' "$anew" look small.ppm --scale=2
finish
