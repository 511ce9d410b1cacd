#!/bin/sh
# What people come with, each in one command, from the file they have to the file they want.
#
# Seen to fail by: a default that does not look (the night), faces that are left out (the group), --print that counts with another number of dots (the print),
# --passes that is not looked at (the icon).
. tests/cli/common.inc
command -v python3 >/dev/null 2>&1 || {
    echo "SKIP python3 is absent"
    exit 0
}
cd "$scratch" || exit 1
python="python3 $root/tests/cli/stories.py"
knobs="python3 $root/tests/cli/face_knobs.py"
# Where a sanitizer makes everything slow, pictures of a quarter of the sides: d divides.
d=1
[ "${MODE:-release}" = release ] || d=4
expect 0 "$convert" -q "$data/goldens/srvgg_tiny_x4/weights.pth" -o tiny.anew
expect 0 "$convert" -q "$data/goldens/srvgg_tiny_squares/weights.pth" -o restorer.anew
is_larger() { # FACTOR SMALL LARGE
    wanted=$(size "$2" | awk -v factor="$1" '{ print $1 * factor, $2 * factor }')
    [ "$(size "$3")" = "$wanted" ] || complain "$2 became $(size "$3"), not $wanted"
}

# An old portrait of 1024x706: scratches filled, restored at its own size, doubled, tone brought back.
$python scene portrait.ppm $((1024 / d)) $((706 / d)) 6 || exit 1
expect 0 "$anew" --preset old-photo -m tiny.anew --restore restorer.anew --restore-strength 0.7 portrait.ppm -o portrait_large.ppm
is_larger 2 portrait.ppm portrait_large.ppm

# A night photo of 1280x960, noise 12 in it, to 2560x1920 with a clean sky and the windows' edges sharp: what the program does
# by itself. Of half the sides, since the model is not a tiny one.
if "$anew" models | grep -q '^restore-x1 .*in the program'; then
    $python night night.ppm $((640 / d)) $((480 / d)) 12 || exit 1
    ANEW_AUTO=on expect 0 "$anew" -s 2 night.ppm -o night_large.ppm
    grep -q 'noise [0-9.]* .*restored with strength 1' out || complain "the night: $(cat out)"
    is_larger 2 night.ppm night_large.ppm
    $python sky night.ppm 8 >said 2>&1 && complain "no noise to begin with: $(cat said)"
    $python sky night_large.ppm 2.5 >said 2>&1 || complain "the night: $(cat said)"
    $python edges night_large.ppm 80 >said 2>&1 || complain "the night's windows: $(cat said)"
fi

# A group of 1920x1273 to 3840x2546 with every face mended.
$python scene group.ppm $((1920 / d)) $((1273 / d)) 0 || exit 1
$python crowd crowd.json $((1920 / d)) $((1273 / d)) 30
python3 "$root/tests/make_face_network.py" face.safetensors 64 0.5 0.25 || complain "no network"
expect 0 "$convert" -q face.safetensors -o face.anew
expect 0 "$anew" --json -m tiny.anew -s 2 --face-list crowd.json --face-model face.anew --face-guard off group.ppm -o group_large.ppm
is_larger 2 group.ppm group_large.ppm
grep '"faces"' out >line
$knobs numbers line 30 >said 2>&1 ||
    complain "the group: $(cat said out)"

# A web picture 1024 wide onto paper 12 inches wide at 300 dots.
$python scene web.ppm $((1024 / d)) $((683 / d)) 2 || exit 1
result=print.$extension
has PNG || result=print.ppm
expect 0 "$anew" --quiet -m tiny.anew --print 12in@300 web.ppm -o "$result"
expect 0 "$anew" info "$result"
grep -q '3600x2[34]' out || complain "the print: $(cat out)"
has PNG && { grep -q '300' out || complain "the print says no 300 dots an inch: $(cat out)"; }

# An icon of 512 to 4096 in two passes: 4 and then 2.
$python icon icon.ppm $((512 / d))
expect 0 "$anew" --quiet -m tiny.anew -s 8 icon.ppm -o icon_large.ppm
is_larger 8 icon.ppm icon_large.ppm
expect 0 "$anew" --quiet -m tiny.anew -s 8 --passes 1 icon.ppm -o one.ppm
cmp -s one.ppm icon_large.ppm && complain "the icon: two passes are one"
finish
