#!/bin/sh
# Networks that do not look at three colours: one of brightness, one for each channel, and one that is told the noise's
# level.
. tests/cli/common.inc
goldens=$data/goldens
cp tests/data/small.ppm "$scratch"
cd "$scratch" || exit 1
for name in espcn_tiny_x3 dncnn_tiny ffdnet_tiny ffdnet_gray; do
    expect 0 "$convert" -q "$goldens/$name/weights.pth" -o "$name.anew"
done

# Each channel as a PGM; the first one three times as a PPM.
python3 - <<'PYTHON' || complain "pictures"
data = open("small.ppm", "rb").read().split(b"\n", 3)
pixels = data[3]
for c in range(3):
    open(f"channel{c}.pgm", "wb").write(b"P5\n" + data[1] + b"\n255\n" + pixels[c::3])
open("same.ppm", "wb").write(b"P6\n" + data[1] + b"\n255\n" + b"".join(bytes([v] * 3) for v in pixels[0::3]))
PYTHON
enhance() {
    expect 0 "$anew" --quiet --force "$@"
}

# Brightness: a picture without colours gives the gray one's result in all channels; colours stay.
enhance channel0.pgm -m espcn_tiny_x3.anew -o gray.pgm
enhance same.ppm -m espcn_tiny_x3.anew -o same.out.ppm
enhance small.ppm -m espcn_tiny_x3.anew -o luma.ppm
enhance small.ppm -m espcn_tiny_x3.anew --strip-width=9 --band=3 -o strips.ppm
[ "$(size luma.ppm)" = '60 48' ] || complain "size $(size luma.ppm)"
cmp -s luma.ppm strips.ppm || complain "strips of a network of brightness differ"
python3 - <<'PYTHON' || complain "brightness"
def pixels(name):
    return open(name, "rb").read().split(b"\n", 3)[3]
gray, same, luma = pixels("gray.pgm"), pixels("same.out.ppm"), pixels("luma.ppm")
assert all(same[i] == gray[i // 3] for i in range(len(same))), "without colours"
PYTHON

# Each channel of its own.
enhance small.ppm -m ffdnet_gray.anew --noise-level=25 -o each.ppm
for c in 0 1 2; do
    enhance "channel$c.pgm" -m ffdnet_gray.anew --noise-level=25 -o "each$c.pgm"
done
python3 - <<'PYTHON' || complain "channels"
def pixels(name):
    return open(name, "rb").read().split(b"\n", 3)[3]
each = pixels("each.ppm")
for c in range(3):
    assert each[c::3] == pixels(f"each{c}.pgm"), c
PYTHON

# The level matters, is measured where it is not said, and is heard by a restoring network, too.
enhance small.ppm -m ffdnet_tiny.anew --noise-level=5 -o five.ppm
enhance small.ppm -m ffdnet_tiny.anew --noise-level=60 -o sixty.ppm
enhance small.ppm -m ffdnet_tiny.anew -o measured.ppm
enhance small.ppm -m ffdnet_tiny.anew --noise-level=auto -o auto.ppm
cmp -s five.ppm sixty.ppm && complain "the level is not heard"
cmp -s measured.ppm auto.ppm || complain "auto is not the default"
cmp -s five.ppm measured.ppm && complain "measured although it was said, or the other way round"
enhance small.ppm --restore=ffdnet_tiny.anew --noise-level=5 --scale=1 --strength=0 -o restored.ppm
cmp -s five.ppm restored.ppm || complain "--restore is not told the level"
refuse 2 'must be a number from 0 to 75' "$anew" small.ppm --noise-level=80
refuse 2 'must be a number from 0 to 75' "$anew" small.ppm --noise-level=much

# What no tensor shows.
expect 0 "$convert" -q --force "$goldens/ffdnet_gray/weights.pth" --set colours=both -o both.anew
refuse 1 "'colours' is 'both' where a network of one channel needs luma or each" "$anew" small.ppm -m both.anew -o x.ppm
expect 0 "$convert" -q --force "$goldens/ffdnet_gray/weights.pth" --set colours=luma -o luma.anew
enhance small.ppm -m luma.anew --noise-level=25 -o luma1.ppm
cmp -s luma1.ppm each.ppm && complain "colours=luma does as each"

# --list says what a network needs and whose its weights are.
expect 0 "$convert" --list
grep -A2 '^rfdn ' out | grep -q 'licence of weights: MIT' || complain "--list: $(cat out)"

# Published weights against PyTorch, where both are there.
shared=${ANEW_SHARED:-$root/../shared}
picture=$shared/images/open/Set5/LRx4/butterfly.png
case $shared in /*) ;; *) shared=$root/$shared picture=$root/$picture ;; esac
if [ -f "$picture" ] && has PNG && "${PYTHON:-python3}" -c 'import numpy, torch, PIL' 2>/dev/null; then
    (cd "$root" && "${PYTHON:-python3}" -W ignore bench/small_networks.py --build "$BUILD" --shared "$shared" \
        --pictures "$picture" --limit 0.1) >out 2>err || complain "published weights: $(cat out err)"
else
    echo "SKIP published weights of small networks: no PyTorch, or no shared folder"
fi
finish
