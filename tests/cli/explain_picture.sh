#!/bin/sh
# anew explain PICTURE: the passes are those that the run makes, with their sizes; what --order and --auto change in
# them; a picture is no model. And --restore auto, whose model is looked for.
#
# Seen to fail by: the passes planned without what the look chose (cli_wish_by_findings left out of explain_picture.c), the
# two texts of the order exchanged, a box that is not looked at, tools that are not said, and by a search for models of scale 4 in place of 1 (model_choice.c).
. tests/cli/common.inc
unset ANEW_AUTO
cd "$scratch" || exit 1
photo_here
has_json() {
    (cd "$root" && python3 tests/cli/json_lines.py explain_picture) <out || complain "--json: $(cat out)"
}

expect 0 "$anew" explain "$photo" --restore off
grep -q "^$photo: 226x150 -> 904x600" out || complain "sizes: $(cat out)"
grep -q '^pass 1: *enlarged 226x150 -> 904x600 by photo-x4, strength 1.00; .* GFLOP' out || complain "pass: $(cat out)"
grep -q '^order: .*changes nothing' out || complain "order: $(cat out)"
grep -q '^--auto: ' out && complain "what --auto would do: $(cat out)"
expect 0 "$anew" explain "$photo" --auto=off
grep -q '^--auto: ' out || complain "what --auto would do: $(cat out)"

# Restored before and after.
expect 0 "$anew" explain "$photo" --restore photo-x4 --restore-strength 0.5 -s 8 --json
has_json
grep -q '"order":"restore-first","why_order":"restored first.*"passes":\[{"what":"restored","model":"photo-x4","strength":0.500,"input_size":\[226,150\],"output_size":\[226,150\].*"output_size":\[904,600\].*"output_size":\[1808,1200\]' out ||
    complain "restored first: $(cat out)"
expect 0 "$anew" explain "$photo" --restore photo-x4 --order upscale-first -s 2 --json
has_json
grep -q '"order":"upscale-first","why_order":"restored after.*"passes":\[{"what":"enlarged".*{"what":"restored","model":"photo-x4","strength":1.000,"input_size":\[452,300\]' out ||
    complain "restored after: $(cat out)"

# Sizes as people state them are those of the run, and their reason is said; so are tools beside the network, and a preset.
for size in "--fit 400x300" "--megapixels 0.2" "--print 5x4cm@200" "--preset product"; do
    [ "$size" != "--preset product" ] || has JPEG || continue # it asks for one
    # shellcheck disable=SC2086 # an option and its value
    expect 0 "$anew" explain "$photo" $size --json
    has_json
    of_plan=$(sed -n 's/.*"output_size":\[\([0-9,]*\)\],"seen".*/\1/p' out)
    # shellcheck disable=SC2086
    expect 0 "$anew" --dry-run "$photo" $size --json
    grep '"event":"planned"' out | grep -qF "\"output_size\":[${of_plan:-none}]" ||
        complain "$size: $of_plan, and a run: $(cat out)"
done
expect 0 "$anew" explain "$photo" --print 5x4cm@200
grep -q '^size: *the largest of its aspect that fits onto 5x4cm@200 at 200 dots an inch' out || complain "--print: $(cat out)"
expect 0 "$anew" explain "$photo" --preset product --sharpen 0.3
grep -q '^size: *the largest of its aspect that fits into 2400x2400' out || complain "--preset: $(cat out)"
grep -q '^tools: *colour-lock 1, sharpen 0.3$' out || complain "tools: $(cat out)"
expect 0 "$anew" explain photo-x4 --fit 1000x1000
grep -q '640x480 pixels -> 1000x750' out || complain "a model with --fit: $(cat out)"
refuse 2 'exclude each other' "$anew" explain "$photo" --fit 400x300 -s 2

# What --auto chooses is what a run with --auto does.
expect 0 "$anew" --quiet "$photo" -s 2 --strength 0 -o large.ppm
expect 0 "$anew" explain large.ppm --auto -s 2 --json
has_json
grep -q '"auto":true.*"passes":\[{"what":"made smaller","model":null.*"output_size":\[22[4-8],1[45][0-9]\].*"output_size":\[904,600\]' out ||
    complain "made smaller first: $(cat out)"
expect 0 "$anew" explain large.ppm --auto=off -s 2 --json
grep -q '"auto":false.*"passes":\[{"what":"enlarged"' out || complain "without --auto: $(cat out)"

# --restore auto: the one that is found and keeps the size; none, in a program without restore-x1, is no failure.
expect 0 "$anew" explain "$photo" --restore auto -s 1 --json
has_json
if "$anew" models | grep -q '^restore-x1 .*in the program'; then
    ! has JPEG || grep -q '"passes":\[{"what":"restored","model":"restore-x1"' out || complain "restore-x1 is left: $(cat out)"
    expect 0 "$anew" --auto=off "$photo" -s 1 -o plain.ppm
else
    grep -q '"passes":\[{"what":"enlarged"' out || complain "a model was found: $(cat out)"
    expect 0 "$anew" "$photo" --restore auto -s 1 -o plain.ppm
    ! has JPEG || grep -q "no model that restores is found" out || complain "said: $(cat out)"
fi
mkdir models
expect 0 "$convert" -q "$data/goldens/srvgg_tiny_x1/weights.pth" -o models/real-x1.anew
ANEW_MODELS=models expect 0 "$anew" explain "$photo" --restore auto -s 1 --json
has_json
if has JPEG; then
    grep -q '"passes":\[{"what":"restored"' out || complain "the one that restores: $(cat out)"
    ANEW_MODELS=models expect 0 "$anew" "$photo" --restore auto -s 1 -o restored.ppm --json
    grep -q '"event":"looked".*"restore_strength":0\.[0-9]*[1-9]' out || complain "the strength: $(cat out)"
    cmp -s plain.ppm restored.ppm && complain "nothing was restored"
fi
refuse 1 'none.png' "$anew" explain none.png
refuse 2 'must be one of on|off' "$anew" explain "$photo" --auto=perhaps
finish
