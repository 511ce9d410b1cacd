#!/bin/sh
# --auto and faces: where a detector and a restorer are among the models, a picture whose faces gain is run as with --faces, and
# says so; others as without. With random weights of a detector, which see faces anywhere; and with published ones on photos.
#
# Seen to fail by: faces that gain at any size (face_gain.c), none chosen (auto_faces.c), no faces in a plan (explain_picture.c).
. tests/cli/common.inc
unset ANEW_AUTO
shared=$(cd "${ANEW_SHARED:-../shared}" 2>/dev/null && pwd || echo /absent)
weights=$shared/weights/face_det/retinaface_mnet025_Final.pth
photos=$shared/images/open/faces
if ! command -v python3 >/dev/null 2>&1; then
    echo "SKIP auto_faces: no python3"
    exit 0
fi
cd "$scratch" || exit 1
same() { cmp -s "$1" "$2" || complain "$1 and $2 differ${3:+: $3}"; }
differ() { ! cmp -s "$1" "$2" || complain "$1 and $2 are the same${3:+: $3}"; }
# mended: what the event of --json says; numbers: of those faces whose fate is none of being left alone.
mended() { sed -n 's/.*"event":"looked".*"faces_mended":\([0-9]*\).*/\1/p' out; }
numbers() { grep -o '"fate":"[a-z ]*"' out | grep -n 'restored\|held back' | cut -d: -f1 | tr '\n' , | sed 's/,$//'; }

python3 "$root/tests/cli/auto_pictures.py" . || exit 1
python3 "$root/tests/cli/metadata.py" identity "$data/goldens/srvgg_tiny_x4/weights.safetensors" identity.safetensors || exit 1
python3 "$root/tests/make_face_network.py" other.safetensors 64 -1 0 || exit 1
mkdir models
expect 0 "$convert" -q identity.safetensors -o identity.anew
expect 0 "$convert" -q other.safetensors -o models/other.anew
export ANEW_MODELS=models

# By a model that is named, so that --auto is asked for; of a clean picture there is nothing else to do.
plan="-m identity.anew -s 2 --face-confidence 0.6"
plain="$plan --force"
run="--auto $plain"
# Without a detector: nothing is looked for, and nothing is said.
# shellcheck disable=SC2086 # several words
expect 0 "$anew" $run --json clean.ppm -o none.ppm
[ -z "$(mended)" ] || complain "without a detector: $(cat out)"
expect 0 "$convert" -q "$data/goldens/retinaface_mnet025/weights.pth" -o models/finder.anew
mv models/other.anew .
# shellcheck disable=SC2086
expect 0 "$anew" $run --json clean.ppm -o said.ppm
[ -z "$(mended)" ] || complain "without a restorer: $(cat out)"
same none.ppm said.ppm
mv other.anew models

# With both: the faces that gain, by their numbers; the same as --faces says it.
# shellcheck disable=SC2086
expect 0 "$anew" $run --json clean.ppm -o auto.ppm
count=$(mended)
(cd "$root" && python3 tests/cli/json_lines.py event) <out || complain "--json: $(cat out)"
[ "${count:-0}" -ge 3 ] || complain "mended: $(head -c 200 out)"
which=$(numbers)
[ "$(echo "$which" | tr ',' '\n' | wc -l)" -eq "$count" ] || complain "not $count: $which"
differ none.ppm auto.ppm
# shellcheck disable=SC2086
expect 0 "$anew" --auto=off $plain "--faces=$which" --detector finder --face-model other clean.ppm -o said.ppm
same auto.ppm said.ppm
# --faces finds the restorer, too.
# shellcheck disable=SC2086
expect 0 "$anew" --auto=off $plain "--faces=$which" clean.ppm -o said.ppm
same auto.ppm said.ppm "--faces without --face-model"
# shellcheck disable=SC2086
expect 0 "$anew" $run clean.ppm -o auto.ppm
head -n 1 out | grep -q "^clean.ppm: photo.*; $count faces mended\$" || complain "said: $(cat out)"

# The plan says as many; and why none, where there are none.
# shellcheck disable=SC2086
expect 0 "$anew" explain --auto $plan clean.ppm
grep -q "^faces:     $count faces mended\$" out || complain "explain: $(cat out)"
# shellcheck disable=SC2086
expect 0 "$anew" explain --json --auto $plan clean.ppm
grep -q "\"faces\":\"$count faces mended\"" out || complain "explain --json: $(cat out)"
# shellcheck disable=SC2086
expect 0 "$anew" explain --auto $plan --faces=no clean.ppm
! grep -q '^faces:' out || complain "explain --faces=no: $(cat out)"
mv models/other.anew .
# shellcheck disable=SC2086
expect 0 "$anew" explain --auto $plan clean.ppm
grep -q '^faces:     not looked for: a model' out || complain "explain without a restorer: $(cat out)"
mv other.anew models
expect 0 "$anew" explain --auto -m identity.anew -s 1 --face-confidence 0.6 clean.ppm
grep -q '^faces:     none that would gain' out || complain "explain of a sharp picture: $(cat out)"

# A sharp picture that stays as small gains nothing.
expect 0 "$anew" --auto -m identity.anew -s 1 --face-confidence 0.6 --json clean.ppm -o small.ppm
[ "$(mended)" = 0 ] || complain "sharp: $(cat out)"
expect 0 "$anew" --auto=off -m identity.anew -s 1 clean.ppm -o said.ppm --force
same small.ppm said.ppm

# What is said counts: the bytes are those of no faces, and none are looked for.
expect 0 "$anew" --auto=off -m identity.anew --faces=off --save-preset no-faces.preset
grep -q '^faces = off$' no-faces.preset || complain "a preset without it: $(cat no-faces.preset)"
for words in --faces=no --faces=off "--preset ./no-faces.preset" --strength=1; do
    # shellcheck disable=SC2086
    expect 0 "$anew" ${run#--auto} --json $words clean.ppm -o said.ppm
    [ -z "$(mended)" ] || complain "$words: $(cat out)"
    same none.ppm said.ppm "$words"
done
# shellcheck disable=SC2086
ANEW_FACES=off expect 0 "$anew" $run --json clean.ppm -o said.ppm
[ -z "$(mended)" ] || complain "ANEW_FACES=off: $(cat out)"
same none.ppm said.ppm
# A model that is not ours, and no word of --auto; drawings.
# shellcheck disable=SC2086
expect 0 "$anew" $plain --json clean.ppm -o said.ppm
[ -z "$(mended)" ] || complain "another model: $(cat out)"
same none.ppm said.ppm
# shellcheck disable=SC2086
expect 0 "$anew" $run --json drawing.ppm -o said.ppm
[ "$(mended)" = 0 ] || complain "a drawing: $(cat out)"

# One after another and several at once, with and without faces.
mkdir one three
# shellcheck disable=SC2086
expect 0 "$anew" --quiet $run --jobs 1 clean.ppm drawing.ppm noisy.ppm clean.ppm --restore off --format pnm -o one
# shellcheck disable=SC2086
expect 0 "$anew" --quiet $run --jobs 3 clean.ppm drawing.ppm noisy.ppm clean.ppm --restore off --format pnm -o three
for name in clean drawing noisy; do
    same "one/${name}_x2.pnm" "three/${name}_x2.pnm"
done
same one/clean_x2.pnm auto.ppm

# The record, and the same again without a look.
if has PNG; then
    # shellcheck disable=SC2086
    expect 0 "$anew" --quiet $run clean.ppm -o auto.png
    expect 0 "$anew" info auto.png
    grep -q ' faces face-model=other detector=finder .*detector-sha256=[0-9a-f]* face-model-sha256=' out || complain "made by: $(cat out)"
    expect 0 "$anew" replay auto.png clean.ppm -m identity.anew -o again.png
    same auto.png again.png
else
    echo "SKIP replay: no PNG in this build"
fi

# Published weights: six small faces beside a large, sharp one; the small ones gain where they are enlarged.
if [ ! -f "$weights" ] || ! has JPEG; then
    echo "SKIP auto_faces on photos: no weights of a detector in ${ANEW_SHARED:-../shared}, or no JPEG in this build"
    finish
    exit $?
fi
python="python3 $root/tests/cli/face_knobs.py"
python3 "$root/tests/make_face_network.py" other.safetensors 256 -1 0 || exit 1
expect 0 "$convert" -q other.safetensors -o models/other.anew --force
expect 0 "$convert" -q "$weights" --set slope=0 -o models/finder.anew --force
same="--auto=off --quiet --force -m identity.anew"
# shellcheck disable=SC2086
expect 0 "$anew" $same -s 1 "$photos/whole__facexlib_test2.jpg" -o large.ppm
# shellcheck disable=SC2086
expect 0 "$anew" $same -s 1 "$photos/group__dlib_2008_002470.jpg" -o group.ppm
$python tile ground.ppm group.ppm 2 1
$python paste mixed.ppm ground.ppm large.ppm 0 0
run="--auto -m identity.anew --restore off --shrink-first 1 --face-guard off --force --json"
# shellcheck disable=SC2086
expect 0 "$anew" $run -s 1 mixed.ppm -o said.ppm
[ "$(mended)" = 0 ] || complain "sharp faces: $(cat out)"
# shellcheck disable=SC2086
expect 0 "$anew" $run -s 2 mixed.ppm -o said.ppm
{ [ "$(mended)" -ge 5 ] && [ "$(mended)" -le 7 ]; } || complain "small faces: $(cat out)"
# Out of focus: made half as large and back. Sharp: left alone, at either size.
# shellcheck disable=SC2086
expect 0 "$anew" $run -s 2 large.ppm -o said.ppm
[ "$(mended)" = 0 ] || complain "a large sharp face: $(cat out)"
# shellcheck disable=SC2086
expect 0 "$anew" $same --strength 0 -s 0.2 large.ppm -o small.ppm
# shellcheck disable=SC2086
expect 0 "$anew" $same --strength 0 -s 5 small.ppm -o soft.ppm
# shellcheck disable=SC2086
expect 0 "$anew" $run -s 1 soft.ppm -o said.ppm
[ "$(mended)" = 1 ] || complain "a soft face: $(cat out)"
grep -q '1 face mended' out || complain "said: $(cat out)"
finish
