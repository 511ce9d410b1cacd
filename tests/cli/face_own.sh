#!/bin/sh
# weights/face-256.anew: what it makes of a picture in the exact class, as digest and as bytes of every CPU level; how far it
# goes; and that anew-convert reads its kind of network.
#
# Seen to fail by: a skip left out of src/nets/face_unet.c.
. tests/cli/common.inc
model=$root/weights/face-256.anew
digest=db5b6d156cc129b3
cp "$data/goldens/face_unet_tiny/weights.pth" "$scratch"
cd "$scratch" || exit 1
python3 - <<'END'
pixels = bytes((x * y // 16 + 50 * c + (x * 7 + y * 13) % 17) % 256 for y in range(96) for x in range(96) for c in range(3))
open("small.ppm", "wb").write(b"P6\n96 96\n255\n" + pixels)
END
expect 0 "$anew" info "$model"
grep -q '^architecture: *face_unet$' out || complain "info: $(cat out)"
expect 0 "$anew" small.ppm --aligned --face-model "$model" --exact -o exact.ppm
[ "$(size exact.ppm)" = '256 256' ] || complain "size: $(size exact.ppm)"
[ "$(sha256sum <exact.ppm | cut -c1-16)" = "$digest" ] || complain "another face: $(sha256sum <exact.ppm)"
expect 0 env ANEW_CPU=c "$anew" small.ppm --aligned --face-model "$model" --exact -o plain.ppm
cmp -s exact.ppm plain.ppm || complain "the exact class is not the same on every CPU level"
expect 0 "$anew" small.ppm --aligned --face-model "$model" --face-strength 0 -o none.ppm
cmp -s exact.ppm none.ppm && complain "it changes nothing"

# Squares of another size, a network of another size, and what is none.
expect 0 "$convert" -q weights.pth -o tiny.anew --set face_side=32
expect 0 "$anew" small.ppm --aligned --face-model tiny.anew -o tiny.ppm
[ "$(size tiny.ppm)" = '32 32' ] || complain "size: $(size tiny.ppm)"
expect 1 "$convert" -q weights.pth -o odd.anew --set face_side=36
grep -q 'a side of 36 cannot be halved 3 times' err || complain "odd: $(cat err)"
expect 1 "$anew" small.ppm -m tiny.anew -o whole.ppm
grep -q 'restores aligned faces of 32x32 pixels, not whole pictures' err || complain "whole: $(cat err)"
absent odd.anew whole.ppm
finish
