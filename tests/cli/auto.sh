#!/bin/sh
# --auto, the default: what a picture shows decides its passes, unless the options say it; and that is told.
#
# Seen to fail by: no look by default (options.c), a clean picture restored with strength 0 (look_first.c), any model of scale 1
# taken by default, --strength looked at (model_choice.c), a drawing's model or the restoring one left out of the record
# (look_first.c), an off that is not saved in a preset (settings.c), an off that does not count (options.c).
. tests/cli/common.inc
unset ANEW_AUTO
cd "$scratch" || exit 1
photo_here
same() { cmp -s "$1" "$2" || complain "$1 and $2 differ"; }
number() { sed -n "s/.*\"event\":\"looked\".*\"$1\":\([0-9.]*\).*/\1/p" out; }

python3 "$root/tests/cli/auto_pictures.py" . || exit 1
auto_off() { # FILE WORDS...: the same run without a look makes that file
    wanted_file=$1
    shift
    expect 0 "$anew" --quiet --auto=off "$@" -f -o off.ppm
    same "$wanted_file" off.ppm
}
line() { grep -c "^$1: .*; $2\$" out; }

# Without a model that restores: looked at, told, and enlarged as ever. One that is in the program is left out by --restore off.
built_in=
"$anew" models | grep -q '^restore-x1 .*in the program' && built_in=yes
without=${built_in:+--restore=off}
# shellcheck disable=SC2086 # a word or none
expect 0 "$anew" noisy.ppm -s 2 $without -o noisy2.ppm
undone=${built_in:+enlarged as it is}
head -n 1 out | grep -q "^noisy.ppm: photo, noise [0-9.]* (colours [0-9.]*).*; ${undone:-no model that restores is found}\$" || complain "said: $(cat out)"
[ "$(wc -l <out)" -eq 2 ] || complain "two lines, what is seen and what is done: $(cat out)"
auto_off noisy2.ppm noisy.ppm -s 2
# shellcheck disable=SC2086
expect 0 "$anew" --quiet noisy.ppm -s 2 $without -f -o noisy2.ppm
[ ! -s out ] || complain "--quiet says: $(cat out)"

# With it: as strongly as the picture needs, and a clean one not at all.
mkdir models
python3 "$root/tests/make_tiny_network.py" tiny.safetensors 8 2 1 2 || exit 1
expect 0 "$convert" -q tiny.safetensors -o models/restore-x1.anew
export ANEW_MODELS=models
expect 0 "$anew" noisy.ppm -s 2 -o restored.ppm --json
strength=$(number restore_strength)
awk "BEGIN { exit !($strength > 0.4 && $strength < 0.8) }" || complain "noise of 3 gets $strength: $(cat out)"
auto_off restored.ppm noisy.ppm -s 2 --restore restore-x1 --restore-strength "$strength"
cmp -s restored.ppm noisy2.ppm && complain "nothing was restored"
expect 0 "$anew" noisy.ppm -s 2 -f -o restored2.ppm
[ "$(line noisy.ppm "restored with strength $strength")" -eq 1 ] || [ "$(line noisy.ppm "restored with strength ${strength%0}")" -eq 1 ] ||
    complain "said: $(cat out)"
same restored.ppm restored2.ppm
expect 0 "$anew" clean.ppm -s 2 -o clean2.ppm
[ "$(line clean.ppm 'enlarged as it is')" -eq 1 ] || complain "said: $(cat out)"
auto_off clean2.ppm clean.ppm -s 2
expect 0 "$anew" --quiet noisy.ppm clean.ppm -s 2 -o both --format pnm
same restored.ppm both/noisy_x2.pnm
same clean2.ppm both/clean_x2.pnm

# Said otherwise: in the words, the environment, the config file.
for words in '--auto=off' '--restore off' '--restore=off --auto' '--strength 1'; do
    # shellcheck disable=SC2086 # several words
    expect 0 "$anew" --quiet noisy.ppm -s 2 $words -f -o said.ppm
    same said.ppm noisy2.ppm
done
ANEW_AUTO=off expect 0 "$anew" --quiet noisy.ppm -s 2 -f -o said.ppm
same said.ppm noisy2.ppm
ANEW_AUTO=off expect 0 "$anew" --quiet noisy.ppm -s 2 --auto -f -o said.ppm
same said.ppm restored.ppm
mkdir -p home/anew
echo 'auto = off' >home/anew/config
XDG_CONFIG_HOME=$PWD/home expect 0 "$anew" --quiet noisy.ppm -s 2 -f -o said.ppm
same said.ppm noisy2.ppm
expect 0 "$anew" --auto=off -s 2 --save-preset mine.preset
grep -q '^auto = off$' mine.preset || complain "a preset without it: $(cat mine.preset)"
expect 0 "$anew" --quiet noisy.ppm --strength 0 -s 2 -o plain.ppm
auto_off plain.ppm noisy.ppm --strength 0 -s 2
# A model that is named has learnt what it has; one of our own has not.
cp "$root/weights/photo-x4.anew" other.anew
expect 0 "$anew" --quiet noisy.ppm -m other.anew -s 2 -f -o said.ppm
same said.ppm noisy2.ppm
expect 0 "$anew" --quiet noisy.ppm -m photo-x4 -s 2 -f -o said.ppm
same said.ppm restored.ppm
expect 0 "$anew" --quiet noisy.ppm --restore restore-x1 -s 2 -f -o said.ppm
auto_off said.ppm noisy.ppm --restore restore-x1 -s 2
# What cannot be read twice is not looked at.
"$anew" --quiet - -s 2 --format pnm -o - <noisy.ppm >said.ppm || complain "a stream"
same said.ppm noisy2.ppm
# Explained as it is done.
expect 0 "$anew" explain noisy.ppm -s 2 --json
grep -q '"auto":true.*"passes":\[{"what":"restored","model":"[a-z0-9-]*","strength":0.[45678]' out || complain "explained: $(cat out)"
# Another model of that size is no default.
if [ -z "$built_in" ]; then
    mv models/restore-x1.anew models/another-x1.anew
    expect 0 "$anew" --quiet noisy.ppm -s 2 -f -o said.ppm
    same said.ppm noisy2.ppm
    expect 0 "$anew" --quiet noisy.ppm --restore auto -s 2 -f -o said.ppm
    cmp -s said.ppm noisy2.ppm && complain "--restore auto takes none"
    mv models/another-x1.anew models/restore-x1.anew
fi

# A drawing gets a model for drawings, and the result says by which it was made; so does what was restored.
python3 "$root/tests/make_tiny_network.py" tiny.safetensors 8 2 4 || exit 1
expect 0 "$convert" -q tiny.safetensors -o models/anime-x4.anew
expect 0 "$anew" drawing.ppm -o "drawn.$extension"
grep -q '^drawing.ppm: .*drawing.*; enlarged by ' out || complain "a drawing: $(cat out)"
if has PNG; then
    expect 0 "$anew" info drawn.png
    grep -q 'model=anime-x4 sha256=' out || complain "made by: $(cat out)"
    expect 0 "$anew" replay drawn.png drawing.ppm -o drawn2.png
    expect 0 "$anew" --quiet noisy.ppm -s 2 -o noisy.png
    expect 0 "$anew" info noisy.png
    grep -q " restore=restore-x1 restore-strength=${strength%0} restore-sha256=" out || complain "made by: $(cat out)"
    expect 0 "$anew" replay noisy.png noisy.ppm -o noisy2.png
    expect 0 "$anew" --quiet clean.ppm -s 2 -o clean.png
    expect 0 "$anew" info clean.png
    grep -q 'restore' out && complain "made by: $(cat out)"
    ANEW_AUTO=off expect 0 "$anew" replay noisy.png noisy.ppm -f -o noisy2.png
fi
unset ANEW_MODELS
# With no other one for drawings, ours.
if "$anew" models | grep -q '^art-x4 .*in the program'; then
    expect 0 "$anew" drawing.ppm --shrink-first 1 -f -o drawn.ppm
    grep -q '^drawing.ppm: .*drawing.*; enlarged by art-x4' out || complain "a drawing by ours: $(cat out)"
    expect 0 "$anew" --quiet --auto=off drawing.ppm -m art-x4 -o art.ppm
    same drawn.ppm art.ppm
fi

# Enlarged before: made smaller first, by what it was; the result has the size that was asked for.
expect 0 "$anew" --quiet "$photo" -s 2 --strength 0 -o large.ppm
expect 0 "$anew" large.ppm --auto -s 2 -o auto.ppm --json
factor=$(number shrink_first)
awk "BEGIN { exit !($factor > 1.8 && $factor < 2.2) }" || complain "factor $factor: $(cat out)"
expect 0 "$anew" --quiet --auto=off large.ppm --shrink-first "$factor" -s 2 -f -o said.ppm
same auto.ppm said.ppm
[ "$(size auto.ppm)" = "904 600" ] || complain "size $(size auto.ppm)"
# What was given counts.
expect 0 "$anew" --quiet large.ppm --auto --shrink-first 1 -s 2 -o given.ppm
expect 0 "$anew" --quiet --auto=off large.ppm -s 2 -f -o plain.ppm
same given.ppm plain.ppm

# In words, before the work.
expect 0 "$anew" large.ppm --auto -s 2 -o words.ppm
head -n 1 out | grep -q 'large.ppm: .*enlarged 2.0 times before.*; made 2 times smaller first' || complain "$(cat out)"

# A restoring model gets the strength that the picture needs, which anew look says, too.
expect 0 "$anew" "$photo" --auto --restore photo-x4 -s 1 -o mended.ppm --json
strength=$(number restore_strength)
expect 0 "$anew" look "$photo" --json
grep -q "\"restore_strength\":$strength" out || complain "strength $strength, and look says $(cat out)"
if has JPEG; then
    awk "BEGIN { exit !($strength > 0.3) }" || complain "a JPEG of quality 60 gets $strength"
fi
expect 0 "$anew" --quiet "$photo" --auto --restore photo-x4 --restore-strength 0.25 -s 1 -o quarter.ppm
expect 0 "$anew" --quiet "$photo" --restore photo-x4 --restore-strength 0.25 --auto=off -s 1 -o quarter2.ppm
same quarter.ppm quarter2.ppm
finish
