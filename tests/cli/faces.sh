#!/bin/sh
# `anew faces`: answers for people and for programs, pictures on their side, budgets, what it refuses; and the published
# weights of RetinaFace on photos, where both are.
#
# Seen to fail by the orientation left out (orient.c), by the published file's slope not known (known.c), and by the program's
# own detector ranked as if it were installed (detect.c), or after six steps of training.
. tests/cli/common.inc
python="python3 $root/tests/cli/faces.py"
cp tests/data/small.ppm "$scratch"
expect 0 "$convert" "$data/goldens/retinaface_mnet025/weights.pth" -o "$scratch/detector.anew"
cd "$scratch" || exit 1
grep -q 'set slope=0' out || complain "nothing is said of the slope: $(cat out)"
has_json() {
    (cd "$root" && python3 tests/cli/json_lines.py faces) <out || complain "--json: $(cat out)"
}

# Random weights are sure of nothing; of what they see at all there is plenty.
expect 0 "$anew" faces small.ppm --detector detector.anew
grep -q '^small.ppm: no face$' out || complain "said: $(cat out)"
expect 0 "$anew" faces small.ppm --detector detector.anew --json
grep -q '"faces":\[\]}$' out || complain "said: $(cat out)"
has_json
expect 0 "$anew" faces small.ppm --detector detector.anew --face-confidence=0.45 --json --exact
has_json
cp out plain
grep -q '"landmarks"' out || complain "no face: $(cat out)"
for way in "--threads=3 --band=32" --plan=nofuse --plan=ref "--memory=64M"; do
    # shellcheck disable=SC2086
    expect 0 "$anew" faces small.ppm --detector detector.anew --face-confidence=0.45 --json --exact $way
    cmp -s out plain || complain "other faces with $way"
done
expect 0 "$anew" faces small.ppm --detector detector.anew --face-confidence=0.45
grep -qE '^ +1: [0-9]+x[0-9]+ at -?[0-9]+,-?[0-9]+  score 0\.[0-9]+ .*nose' out || complain "said: $(head -3 out)"
expect 0 "$anew" faces small.ppm --detector detector.anew --face-confidence=0.45 --face-scales=all --json
has_json
cmp -s out plain && complain "--face-scales=all changes nothing"
expect 0 "$anew" faces small.ppm --detector detector.anew --face-confidence=0.45 --face-min-size=100000 --json
grep -q '"faces":\[\]}$' out || complain "--face-min-size leaves: $(cat out)"

# A detector among the models needs no name.
mkdir models
cp detector.anew models
ANEW_MODELS=models expect 0 "$anew" faces small.ppm --face-confidence=0.45 --json --exact
cmp -s out plain || complain "the detector that was found says something else"

if has PNG; then
    $python turned upright.png turned.png || complain "no test pictures"
    for name in upright turned; do
        expect 0 "$anew" faces $name.png --detector detector.anew --face-confidence=0.45 --json --exact
        cp out $name.json
    done
    $python same upright.json turned.json 0.01 || complain "the orientation changes the faces"
else
    echo "SKIP orientation: no PNG in this build"
fi

# What runs, of a network with three outputs: the picture's size rounded up, each output at a step of its own.
expect 0 "$anew" explain detector.anew --size 100x70 --json
(cd "$root" && python3 tests/cli/json_lines.py explain) <out || complain "explain --json: $(cat out)"
grep -q '"input_size":\[128,96\],"output_size":\[16,12\]' out || complain "explain: $(head -c 200 out)"
for size in 16,12 8,6 4,3; do
    grep -Eq '"name":"head.[0-2][^}]*"size":\['$size'\]' out || complain "explain: no output of $size"
done
expect 0 "$anew" explain detector.anew --size 100x70
grep -Eq '^work: +0\.[0-9]+ GFLOP, about 0\.[0-9]+ s' out || complain "explain: $(head -5 out)"

# Several pictures, one of them bad.
expect 1 "$anew" faces small.ppm none.ppm small.ppm --detector detector.anew --json
[ "$(wc -l <out)" -eq 2 ] || complain "not two answers: $(cat out)"
grep -q 'none.ppm' err || complain "said: $(cat err)"

# What is installed goes before the one in the program, of whatever kind it is.
mkdir installed
python3 "$root/tests/make_onnx.py" scrfd made.onnx || complain "no test file"
expect 0 "$convert" -q --name another made.onnx -o installed/another.anew
ANEW_MODELS=installed expect 0 "$anew" faces small.ppm --json
grep -q '"detector":"another",' out || complain "another detector than the installed one: $(cat out)"

# The one in the program, where there is one, is found by name and without.
if "$anew" models | grep -q '^face-detector .*in the program'; then
    expect 0 "$anew" faces small.ppm --json
    grep -q '"detector":"face-detector","faces":\[\]}$' out || complain "the program's own: $(cat out)"
    has_json
    cp out own
    expect 0 "$anew" faces small.ppm --detector face-detector --json
    cmp -s out own || complain "the program's own by name says something else"
else
    refuse 1 'no model that finds faces is here' "$anew" faces small.ppm
fi
refuse 1 'finds no faces; detectors are: retinaface' "$anew" faces small.ppm --detector photo-x4
refuse 1 'makes no picture' "$anew" small.ppm -m ./detector.anew -o x.ppm
absent x.ppm
refuse 1 'the smallest that would do is' "$anew" faces small.ppm --detector detector.anew --memory=100K
refuse 2 'must be a number from 0.01 to 1' "$anew" faces small.ppm --face-confidence=2
refuse 2 'is no option of' "$anew" info photo-x4 --detector detector.anew
refuse 2 'usage: anew faces' "$anew" faces
printf 'P5\n9 9\n255\n1234' >cut.ppm
refuse 1 'cut.ppm' "$anew" faces cut.ppm --detector detector.anew

# The published weights.
shared=${ANEW_SHARED:-../shared}
shared=$(cd "$root" && cd "$shared" 2>/dev/null && pwd)
weights=$shared/weights/face_det/retinaface_mnet025_Final.pth
golden=$shared/reference/goldens/retinaface_real/photos.json
if [ -f "$weights" ] && [ -f "$golden" ]; then
    expect 0 "$convert" "$weights" -o real.anew
    grep -q 'negative_slope=0,' out || complain "the file's slope is not known: $(cat out)"
    $python photos "$anew" real.anew "$golden" "$shared/images/open/faces" || complain "faces are elsewhere"
else
    echo "SKIP published weights of RetinaFace: $weights or its golden is absent"
fi
if [ -f "$golden" ] && "$anew" models | grep -q '^face-detector .*in the program'; then
    $python own "$anew" "$golden" "$shared/images/open/faces" || complain "the program's own detector"
else
    echo "SKIP the program's own detector: none is in this program, or $golden is absent"
fi
finish
