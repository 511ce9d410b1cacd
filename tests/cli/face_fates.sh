#!/bin/sh
# --faces with a published detector on real photos: faces by number, none, cut off by the edge, tiny, turned, doubtful, 200
# at once; the list that --faces=list writes, and a fidelity for each face.
#
# Seen to fail by: numbers taken from 0; doubtful faces that are looked for with the detector's own confidence; no look at
# the pose, at the edge, at the smallest size (face_choice.c); a list with fewer digits (face_lists.c); a network that
# keeps the first fidelity (faces.c).
. tests/cli/common.inc
shared=$(cd "${ANEW_SHARED:-../shared}" 2>/dev/null && pwd || echo /absent)
models=$(pwd)/${ANEW_TEST_MODELS:-$BUILD/models}/real
weights=$shared/weights/face_det/retinaface_mnet025_Final.pth
photos=$shared/images/open/faces
if ! command -v python3 >/dev/null 2>&1 || [ ! -f "$weights" ] || ! has JPEG; then
    echo "SKIP face_fates: no weights of a detector in ${ANEW_SHARED:-../shared}, no python3, or no JPEG in this build"
    exit 0
fi
python="python3 $root/tests/cli/face_knobs.py"
cd "$scratch" || exit 1
python3 "$root/tests/cli/metadata.py" identity "$data/goldens/srvgg_tiny_x4/weights.safetensors" identity.safetensors || exit 1
python3 "$root/tests/make_face_network.py" other.safetensors 64 -1 0 || exit 1
expect 0 "$convert" -q identity.safetensors -o identity.anew
expect 0 "$convert" -q other.safetensors -o other.anew
expect 0 "$convert" -q "$weights" --set slope=0 -o finder.anew
same="-m identity.anew -s 1 --face-guard off --force"
mend="$same --face-model other.anew --detector finder.anew"
group=$photos/group__dlib_2008_002470.jpg
portrait=$photos/whole__facexlib_test2.jpg
# resized FILE WIDTH [HEIGHT]: the portrait, 411x512, whose face is 283x394
resized() {
    expect 0 "$anew" --quiet -m identity.anew --force "$portrait" --width "$2" ${3:+--height "$3"} -o "$1"
}
# says PATTERN PICTURE OPTION...: what is said at the end; the result is result.ppm.
says() {
    pattern=$1 picture=$2
    shift 2
    # shellcheck disable=SC2086
    expect 0 "$anew" $mend --faces "$picture" -o result.ppm "$@"
    grep -q "$pattern" out || complain "$picture $*: $(cat out)"
}
# unchanged PICTURE: the result is the picture without --faces.
unchanged() {
    # shellcheck disable=SC2086
    expect 0 "$anew" --quiet $same "$1" -o none.ppm
    cmp -s none.ppm result.ppm || complain "$1: a face that is left alone was changed"
}

# By number, as anew faces counts them.
expect 0 "$anew" faces "$group" --detector finder.anew
grep -q '6 faces$' out || complain "the group: $(head -1 out)"
says ', 6 faces: 2 restored, 4 not asked for$' "$group" --faces=2,5
# shellcheck disable=SC2086
expect 0 "$anew" $mend --json --faces=5,2,9,2,77 "$group" -o numbers.ppm
[ "$(grep -o '"fate":"[a-z ]*"' out | grep -n restored | cut -d: -f1 | tr '\n' ,)" = 2,5, ] || complain "not 2 and 5: $(cat out)"
grep -q '"missing_faces":\[9,77\]' out || complain "nothing is said of 9 and 77: $(cat out)"
(cd "$root" && python3 tests/cli/json_lines.py event) <out || complain "--json: $(cat out)"
cmp -s numbers.ppm result.ppm || complain "other faces in another order"
says '6 faces: 1 restored, 5 not asked for; no face 7, 300$' "$group" --faces=1,7,300
says '6 faces: 6 not asked for; no face 7$' "$group" --faces=7
unchanged "$group"
for value in 0 1,,2 '1,' ,1 1,x -1 1.5 99999999999 ''; do
    refuse 2 "must be one of all|largest|center|list|off, or numbers such as 1,3" "$anew" "--faces=$value" "$group"
done
refuse 2 "more than 256 numbers" "$anew" "--faces=$(seq -s, 300)" "$group"

# Nobody; too small; turned; cut off; doubtful.
$python flat ground.ppm 300 300 128
says ', no face$' ground.ppm
unchanged ground.ppm
resized tiny.ppm 32
says '1 face: 1 too small$' tiny.ppm --face-confidence 0.3
unchanged tiny.ppm
says '1 face: 1 restored$' tiny.ppm --face-confidence 0.3 --face-min-size 8
says '1 face: 1 restored$' tiny.ppm --face-confidence 0.3 --faces=1
resized turned.ppm 164 512
says '1 face: 1 turned away$' turned.ppm
unchanged turned.ppm
says '1 face: 1 restored$' turned.ppm --faces=1
resized face.ppm 150
$python paste cut.ppm ground.ppm face.ppm -75 50
says '1 face: 1 cut off$' cut.ppm
unchanged cut.ppm
$python paste edge.ppm ground.ppm face.ppm -50 50
says '1 face: 1 restored$' edge.ppm
says '5 faces: 4 restored, 1 doubtful$' "$photos/whole__01.jpg"
cp result.ppm four.ppm
says '5 faces: 4 restored, 1 doubtful; no face 5$' "$photos/whole__01.jpg" --faces=1,2,3,4,5
# shellcheck disable=SC2086
expect 0 "$anew" --quiet $same "$photos/whole__01.jpg" -o none.ppm
cmp -s none.ppm four.ppm && complain "nothing was restored"
cmp -s four.ppm result.ppm || complain "a doubtful face was restored"
says '5 faces: 5 restored$' "$photos/whole__01.jpg" --face-confidence 0.7
cmp -s four.ppm result.ppm && complain "the fifth face changes nothing"

# Two hundred at once.
if has PNG; then
    expect 0 "$anew" --quiet -m identity.anew "$photos/crop_lq__0412.png" --width 96 -o one.ppm
    $python tile many.ppm one.ppm 20 10
    # shellcheck disable=SC2086
    expect 0 "$anew" $mend --json --faces many.ppm -o result.ppm
    $python numbers out 200 || complain "200 faces"
    (cd "$root" && python3 tests/cli/json_lines.py event) <out || complain "--json of 200 faces"
else
    echo "SKIP 200 faces: no PNG in this build"
fi

# The list that is written restores the same, without a detector; edited, another.
says ', 6 faces: 6 restored$' "$group"
expect 0 "$anew" --faces=list --detector finder.anew --face-list faces.json "$group"
[ ! -s out ] || complain "said beside the list: $(cat out)"
$python compact <faces.json >lines
(cd "$root" && python3 tests/cli/json_lines.py face_list) <lines || complain "faces.json is no list"
# shellcheck disable=SC2086
expect 0 "$anew" $same --face-model other.anew --face-list faces.json "$group" -o listed.ppm
cmp -s result.ppm listed.ppm || complain "faces of the list are restored in another way"
refuse 1 "faces.json: exists" "$anew" --faces=list --detector finder.anew --face-list faces.json "$group"
expect 0 "$anew" --faces=list --detector finder.anew "$group"
cmp -s out faces.json || complain "standard output has another list"
sed '3s/true/false/' faces.json >edited.json
# shellcheck disable=SC2086
expect 0 "$anew" $same --face-model other.anew --face-list edited.json "$group" -o listed.ppm
grep -q '6 faces: 5 restored, 1 not asked for$' out || complain "edited: $(cat out)"
expect 0 "$anew" --faces=list --detector finder.anew --face-exclude 0,0,250,400 "$photos/whole__01.jpg" "$group" --face-list several.json
$python compact <several.json >lines
[ "$(grep -c path lines)" -eq 2 ] || complain "not two lists: $(cat lines)"
grep -q '"restore": false, "reason": "excluded"' several.json || complain "no reason: $(cat several.json)"
(cd "$root" && python3 tests/cli/json_lines.py face_list) <lines || complain "several.json is no list"
# What anew faces says is a list.
expect 0 "$anew" faces --json --detector finder.anew "$group"
cp out said.json
# shellcheck disable=SC2086
expect 0 "$anew" $same --face-model other.anew --face-list said.json "$group" -o listed.ppm
grep -q '6 faces: 6 restored$' out || complain "the answer of anew faces: $(cat out)"

# A fidelity for each face is that of all, where it is the same; the next face has its own again.
if [ -f "$models/codeformer_tiny_64.anew" ]; then
    codeformer="$same --face-model $models/codeformer_tiny_64.anew"
    sed 's/"restore": true/"restore": true, "fidelity": 1/' faces.json >one.json
    sed '2s/"restore": true/"restore": true, "fidelity": 1/' faces.json >first.json
    # shellcheck disable=SC2086
    expect 0 "$anew" --quiet $codeformer --face-list one.json --face-fidelity 0 "$group" -o one.ppm
    # shellcheck disable=SC2086
    expect 0 "$anew" --quiet $codeformer --face-list faces.json --face-fidelity 1 "$group" -o all.ppm
    # shellcheck disable=SC2086
    expect 0 "$anew" --quiet $codeformer --face-list faces.json --face-fidelity 0 "$group" -o zero.ppm
    # shellcheck disable=SC2086
    expect 0 "$anew" --quiet $codeformer --face-list first.json --face-fidelity 0 "$group" -o first.ppm
    cmp -s one.ppm all.ppm || complain "fidelity 1 of a list is another one"
    cmp -s zero.ppm all.ppm && complain "the fidelity changes nothing"
    cmp -s first.ppm zero.ppm && complain "the first face's fidelity changes nothing"
    cmp -s first.ppm all.ppm && complain "the first face's fidelity is that of all"
else
    echo "SKIP fidelity: no weights of CodeFormer's kind in ${ANEW_SHARED:-../shared}"
fi

# Drawn by anew faces, too.
expect 0 "$anew" --quiet -m identity.anew -s 1 --force "$photos/whole__01.jpg" -o plain.ppm
expect 0 "$anew" faces plain.ppm --detector finder.anew --draw-faces drawn.ppm --json
first=$(sed -n 's/.*"faces":\[{"box":\[\([^]]*\)\].*/\1/p' out | tr ',' ' ')
[ -n "$first" ] || complain "no face: $(cat out)"
[ "$(size drawn.ppm)" = "$(size plain.ppm)" ] || complain "drawn.ppm has another size"
cmp -s drawn.ppm plain.ppm && complain "nothing is drawn"
refuse 1 "drawn.ppm: exists" "$anew" faces plain.ppm --detector finder.anew --draw-faces drawn.ppm
expect 0 "$anew" faces plain.ppm ground.ppm --detector finder.anew --draw-faces drawn
[ "$(find drawn -name "*_faces.$extension" | wc -l)" -eq 2 ] || complain "drawn: $(ls drawn)"
finish
