#!/bin/sh
# ONNX: a network is recognised however its file is written, and what computes something else, or is damaged, is refused.
#
# Seen to fail by the field of floats left out, by the first input taken for the picture (listed), by
# taking whatever Resize does for a repetition, and by walk_finish left out.
. tests/cli/common.inc
make="python3 $root/tests/make_onnx.py"
cd "$scratch" || exit 1
# NETWORK STYLE...: FILE.anew of it in $scratch/made.anew
made() {
    name=$1
    shift
    $make "$name" made.onnx "$@" || complain "no test file: $name $*"
    expect 0 "$convert" --force --dtype f32 --name "$name" made.onnx -o made.anew
}
for network in yunet scrfd; do
    made $network
    cp made.anew $network.anew
    grep -q "^ONNX: $network, num_stem_ch=2" out || complain "said: $(cat out)"
    for style in floats unpacked half doubles norm listed half_pixel opset10 upsample sizes "norm listed floats"; do
        # shellcheck disable=SC2086
        made $network $style
        cmp -s made.anew $network.anew || complain "$network, $style: another model"
    done
    expect 0 "$anew" faces "$root/tests/data/small.ppm" --detector ./$network.anew --json --face-confidence=0.01
done
made scrfd shuffled
cmp -s made.anew scrfd.anew || complain "the order of nodes matters"

refused() { # PATTERN NETWORK STYLE...
    wanted_text=$1
    shift
    name=$1
    shift
    $make "$name" bad.onnx "$@"
    refuse 1 "$wanted_text" "$convert" bad.onnx -o bad.anew
    absent bad.anew
}
refused 'has a Conv more' yunet extra
refused 'has a Conv more' scrfd extra
refused 'a ReLU is missing' yunet tanh
refused 'a ReLU is missing' scrfd tanh
refused 'a pooling of 2x2 is missing' yunet stride
refused 'an enlargement by repetition is missing' scrfd linear
refused 'external data' scrfd external
printf '\010\006\022\004test\072\002\010\001' >bad.onnx
refuse 1 'of ONNX version 0' "$convert" bad.onnx -o bad.anew
printf '\010\006\022\004test\072\002\010\001\102\002\020\014' >bad.onnx
refuse 1 'no network that is known here as ONNX' "$convert" bad.onnx -o bad.anew
printf '\010\006\022\004test\072\177\010\001' >bad.onnx
refuse 1 'damaged ONNX: a field longer than what is left of the file, or of the message, at byte 8' "$convert" bad.onnx -o bad.anew
printf '\010\006\022\004test\102\002\020\014' >bad.onnx
refuse 1 'without a graph' "$convert" bad.onnx -o bad.anew
$make yunet cut.onnx
head -c 3000 cut.onnx >bad.onnx
refuse 1 'damaged ONNX: a field longer than what is left' "$convert" bad.onnx -o bad.anew
absent bad.anew
finish
