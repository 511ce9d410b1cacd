#!/bin/sh
# --auto: what a picture shows decides its passes, unless the options say it; and that is told.
#
# Seen to fail by: the chosen factor left out of the wish, and by a strength that is chosen though one was given.
. tests/cli/common.inc
cd "$scratch" || exit 1
photo_here
same() { cmp -s "$1" "$2" || complain "$1 and $2 differ"; }
number() { sed -n "s/.*\"event\":\"looked\".*\"$1\":\([0-9.]*\).*/\1/p" out; }

# Enlarged before: made smaller first, by what it was; the result has the size that was asked for.
expect 0 "$anew" --quiet "$photo" -s 2 --strength 0 -o large.ppm
expect 0 "$anew" large.ppm --auto -s 2 -o auto.ppm --json
factor=$(number shrink_first)
awk "BEGIN { exit !($factor > 1.8 && $factor < 2.2) }" || complain "factor $factor: $(cat out)"
expect 0 "$anew" --quiet large.ppm --shrink-first "$factor" -s 2 -o said.ppm
same auto.ppm said.ppm
[ "$(size auto.ppm)" = "904 600" ] || complain "size $(size auto.ppm)"
# What was given counts.
expect 0 "$anew" --quiet large.ppm --auto --shrink-first 1 -s 2 -o given.ppm
expect 0 "$anew" --quiet large.ppm -s 2 -o plain.ppm
same given.ppm plain.ppm

# In words, before the work.
expect 0 "$anew" large.ppm --auto -s 2 -o words.ppm
head -n 1 out | grep -q 'large.ppm: .*enlarged 2.0 times before.*; made 2 times smaller first' || complain "$(cat out)"

# A restoring model gets the strength that the picture needs, which anew look says, too.
expect 0 "$anew" "$photo" --auto --restore photo-x4 -s 1 -o restored.ppm --json
strength=$(number restore_strength)
expect 0 "$anew" look "$photo" --json
grep -q "\"restore_strength\":$strength" out || complain "strength $strength, and look says $(cat out)"
if has JPEG; then
    awk "BEGIN { exit !($strength > 0.3) }" || complain "a JPEG of quality 60 gets $strength"
fi
expect 0 "$anew" --quiet "$photo" --auto --restore photo-x4 --restore-strength 0.25 -s 1 -o quarter.ppm
expect 0 "$anew" --quiet "$photo" --restore photo-x4 --restore-strength 0.25 -s 1 -o quarter2.ppm
same quarter.ppm quarter2.ppm
finish
