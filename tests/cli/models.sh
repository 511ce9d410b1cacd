#!/bin/sh
# Models: info, list, conversion, and the known networks through the whole program.
. tests/cli/common.inc
cp tests/data/small.ppm "$scratch"
cd "$scratch" || exit 1

expect 0 "$anew" models
grep -q '^photo-x4 ' out || complain "models: $(cat out)"
expect 0 "$anew" info photo-x4
for fact in 'architecture: *srvgg' 'scale: *x4' 'parameters: *621424' 'FLOPs: *1238400' 'receptive radius: *18' 'licence: *CC0' 'source: '; do
    grep -q "$fact" out || complain "info has no '$fact'"
done
for golden in srvgg_tiny_x2 rrdb_tiny_x1 rrdb_tiny_x2 esrgan_old_x8; do
    expect 0 "$convert" "$data/goldens/$golden/weights.pth" -o $golden.anew --licence CC0-1.0 --source here
    expect 0 "$anew" info $golden.anew
    grep -q 'source: *here' out || complain "info does not tell the source"
    expect 0 "$anew" -m $golden.anew small.ppm -o $golden.ppm
done
[ "$(size srvgg_tiny_x2.ppm)" = "40 32" ] || complain "x2 gives $(size srvgg_tiny_x2.ppm)"
[ "$(size rrdb_tiny_x1.ppm)" = "20 16" ] || complain "x1 gives $(size rrdb_tiny_x1.ppm)"
[ "$(size esrgan_old_x8.ppm)" = "160 128" ] || complain "x8 gives $(size esrgan_old_x8.ppm)"

# A size that is no multiple of the unshuffle.
printf 'P6\n5 3\n255\n%s' "$(head -c 45 /dev/zero | tr '\0' 'a')" >odd.ppm
expect 0 "$anew" -m rrdb_tiny_x1.anew odd.ppm -o odd1.ppm
[ "$(size odd1.ppm)" = "5 3" ] || complain "an odd size gives $(size odd1.ppm)"

# The three containers of one model give one picture; f16 nearly the same.
expect 0 "$convert" "$data/goldens/srvgg_tiny_x4/weights.pth" -o a.anew
expect 0 "$convert" "$data/goldens/srvgg_tiny_x4/weights.safetensors" -o b.anew --name weights
cmp -s a.anew b.anew || complain "two containers of one model differ"
expect 0 "$convert" "$data/goldens/srvgg_tiny_x4/weights.pth" -o c.anew --dtype f16
[ "$(wc -c <c.anew)" -lt "$(wc -c <a.anew)" ] || complain "f16 is not smaller"
expect 0 "$anew" -m c.anew small.ppm -o c.ppm

refuse 1 'exists' "$convert" "$data/goldens/srvgg_tiny_x4/weights.pth" -o a.anew
expect 0 "$convert" "$data/goldens/srvgg_tiny_x4/weights.pth" -o a.anew --force --quiet
[ ! -s out ] || complain "--quiet says $(cat out)"
refuse 2 'must be f32' "$convert" a.pth --dtype f8
refuse 1 'no_such' "$convert" "$data/goldens/srvgg_tiny_x4/weights.pth" -o d.anew --set no_such=1
absent d.anew
refuse 1 'no network that is known' "$convert" "$data/formats/odd_zip.pth" -o d.anew
absent d.anew
# A tensor more, fewer, or of another shape than the hyper-parameters say is named.
refuse 1 "body.8.weight" "$convert" "$data/goldens/srvgg_tiny_x2/weights.pth" -o d.anew --set upscale=3
refuse 1 "tensor 'body.1.rdb1.conv1.weight' is missing" "$convert" "$data/goldens/rrdb_tiny_x2/weights.pth" -o d.anew --set num_block=2
refuse 1 "'body.0.rdb1.conv1x1.weight' belongs to no layer" "$convert" "$data/goldens/esrgan_plus_x4/weights.pth" -o d.anew --set plus=0
absent d.anew
head -c 9000 "$data/goldens/srvgg_tiny_x2/weights.pth" >cut.pth
refuse 1 'cut.pth' "$convert" cut.pth -o d.anew
refuse 1 'No such file' "$convert" none.pth -o d.anew
absent d.anew
refuse 1 'No such file' "$convert" a.anew.pth -o /no/such/folder/x.anew
expect 0 "$convert" --list
grep -q '^rrdb ' out || complain "--list: $(cat out)"
finish
