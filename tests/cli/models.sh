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
# Both values are told: what was found, and what was needed.
refuse 1 "tensor 'body.0.weight' has the shape 8x3x3x3 where the network needs 9x3x3x3" "$convert" "$data/goldens/srvgg_tiny_x2/weights.pth" -o d.anew --set num_feat=9
refuse 1 "'num_feat' is '0' where the network needs a whole number from 1 to 1024" "$convert" "$data/goldens/srvgg_tiny_x2/weights.pth" -o d.anew --set num_feat=0
refuse 1 "'act_type' is 'gelu' where the network needs prelu, relu or leakyrelu" "$convert" "$data/goldens/srvgg_tiny_x2/weights.pth" -o d.anew --set act_type=gelu
refuse 1 'the output is 1/2 of the input' "$convert" "$data/goldens/rrdb_tiny_x1/weights.pth" -o d.anew --set num_up=1
absent d.anew
head -c 9000 "$data/goldens/srvgg_tiny_x2/weights.pth" >cut.pth
refuse 1 'cut.pth' "$convert" cut.pth -o d.anew
refuse 1 'No such file' "$convert" none.pth -o d.anew
absent d.anew
refuse 1 'No such file' "$convert" a.anew.pth -o /no/such/folder/x.anew

# Mixtures, and --denoise with a partner beside the model.
# Two models that differ: the second one's weights are rounded.
expect 0 "$convert" "$data/goldens/srvgg_tiny_x2/weights.pth" -o one.anew --name one --licence MIT --set denoise_partner=two
expect 0 "$convert" "$data/goldens/srvgg_tiny_x2/weights.pth" -o two.anew --name two --licence CC-BY-4.0 --dtype bf16
# of WISH: the picture that it gives, in $wish.ppm
of() {
    expect 0 "$anew" --exact --format=pnm -m "$@" small.ppm -o wish.ppm --force
    cp wish.ppm "$1.wish"
}
of one.anew
of two.anew
cmp -s one.anew.wish two.anew.wish && complain "rounding to bf16 changes nothing: nothing can be told"
cp one.anew.wish one.want
cp two.anew.wish two.want
of one.anew:1,two.anew:0
cmp -s wish.ppm one.want || complain "1 and 0 is not the first"
of one.anew:1
cmp -s wish.ppm one.want || complain "1 alone is not the first"
of one.anew:0,two.anew
cmp -s wish.ppm two.want || complain "0 and the rest is not the second"
of one.anew --denoise 1
cmp -s wish.ppm one.want || complain "--denoise 1 is not the model"
of one.anew --denoise 0
cmp -s wish.ppm two.want || complain "--denoise 0 is not its partner"
of one.anew --denoise 0.25
cp wish.ppm quarter.want
of one.anew:0.25,two.anew
cmp -s wish.ppm quarter.want || complain "--denoise 0.25 is not one quarter of the model"
of one.anew:0.75,two.anew
cmp -s wish.ppm quarter.want && complain "the weights are ignored or turned round"
expect 0 "$anew" info one.anew:0.5,two.anew
grep -q 'licence: *MIT AND CC-BY-4.0' out || complain "a mixture's licence: $(cat out)"
refuse 1 'names no partner' "$anew" -m two.anew --denoise 0.3 small.ppm -o no.ppm

# --crisp with a partner that stands beside the model; what the model says where nobody does; with --denoise.
expect 0 "$convert" "$data/goldens/srvgg_tiny_x2/weights.pth" -o faithful.anew --name faithful --set crisp_partner=two --set crisp=0.75
of faithful.anew --crisp 0
cmp -s wish.ppm one.want || complain "--crisp 0 is not the model"
of faithful.anew --crisp 1
cmp -s wish.ppm two.want || complain "--crisp 1 is not its partner"
of faithful.anew
cmp -s wish.ppm quarter.want || complain "what the model says of itself is not taken: 0.75 of its partner"
of faithful.anew --crisp 0.75
cmp -s wish.ppm quarter.want || complain "--crisp 0.75"
expect 0 "$anew" info faithful.anew --crisp 0.75
expect 0 "$convert" "$data/goldens/srvgg_tiny_x2/weights.pth" -o both.anew --name both --set crisp_partner=two --set denoise_partner=two
of both.anew --denoise 0.5 --crisp 0.5
cmp -s wish.ppm quarter.want || complain "half denoised and half crisp is not a quarter"
of both.anew
cmp -s wish.ppm one.want || complain "a model that says nothing of crisp is mixed"
# The built-in default is the mixture that it names.
if "$anew" models | grep -q '^photo-x4-crisp .*in the program'; then
    expect 0 "$anew" --exact --auto=off small.ppm -o usual.ppm
    expect 0 "$anew" --exact -m photo-x4:0.4,photo-x4-crisp:0.6 small.ppm -o named.ppm
    cmp -s usual.ppm named.ppm || complain "the default is not 0.6 of photo-x4-crisp"
    expect 0 "$anew" --exact --auto=off --crisp 0 small.ppm -o usual.ppm --force
    expect 0 "$anew" --exact -m "$root/weights/photo-x4.anew:1" small.ppm -o named.ppm --force
    cmp -s usual.ppm named.ppm || complain "--crisp 0 is not photo-x4 alone"
fi
mkdir alone
cp faithful.anew alone/
(cd alone && "$anew" --exact -m faithful.anew ../small.ppm -o ../alone.ppm --quiet) || complain "without its partner"
cmp -s alone.ppm one.want || complain "without its partner the model is not taken as it is"
refuse 1 'there is no model' "$anew" -m alone/faithful.anew --crisp 0.5 small.ppm -o no.ppm
refuse 1 'names no partner, so --crisp' "$anew" -m two.anew --crisp 0.3 small.ppm -o no.ppm
refuse 2 'must be a number from 0 to 1' "$anew" --crisp=-0.5 small.ppm -o no.ppm
refuse 1 'crisp is for a single model' "$anew" -m one.anew:0.5,two.anew:0.5 --crisp 0.1 small.ppm -o no.ppm
refuse 1 'from 0 to 1' "$convert" "$data/goldens/srvgg_tiny_x2/weights.pth" -o no.anew --set crisp=1.5
absent no.anew
refuse 2 'must be a number from 0 to 1' "$anew" --denoise 1.5 small.ppm -o no.ppm
refuse 1 'sum to 1.2' "$anew" -m one.anew:0.6,two.anew:0.6 small.ppm -o no.ppm
refuse 1 'has no weight' "$anew" -m one.anew,two.anew:0.6 small.ppm -o no.ppm
refuse 1 'cannot be mixed' "$anew" -m one.anew:0.5,rrdb_tiny_x2.anew:0.5 small.ppm -o no.ppm
refuse 1 "cannot be mixed: 'num_feat' is 8 in the one, 12 in the other" "$anew" -m one.anew:0.5,a.anew:0.5 small.ppm -o no.ppm
refuse 1 'nothing is left' "$anew" -m one.anew:0.6,two.anew:0.6,one.anew small.ppm -o no.ppm
refuse 1 'without a folder' "$convert" "$data/goldens/srvgg_tiny_x2/weights.pth" -o no.anew --set denoise_partner=../two
refuse 1 "the weight 'x'" "$anew" -m one.anew:x,two.anew:0.6 small.ppm -o no.ppm
refuse 1 'single model' "$anew" -m one.anew:0.5,two.anew:0.5 --denoise 0.1 small.ppm -o no.ppm
rm two.anew
refuse 1 "there is no model 'two'" "$anew" -m one.anew --denoise 0.3 small.ppm -o no.ppm
absent no.ppm

# The search path.
mkdir -p store share/anew
cp one.anew store/found.anew
expect 0 "$convert" "$data/goldens/srvgg_tiny_x2/weights.pth" -o store/odd.anew --licence "$(printf 'a\377b')"
cp one.anew share/anew/data.anew
cp one.anew share/anew/found.anew
head -c 300 one.anew >store/cut.anew
export ANEW_MODELS="$scratch/nowhere:$scratch/store" XDG_DATA_HOME="$scratch/share"
expect 1 "$anew" models
for line in '^photo-x4 .*in the program' '^found .*store/found.anew' '^data ' '^found .*share/anew/found.anew (hidden' '^cut .*broken: .*cut.anew'; do
    grep -q "$line" out || complain "models has no $line: $(cat out)"
done
expect 1 "$anew" models --json
python3 -c 'import json, sys
d = json.load(sys.stdin)
names = {m["name"]: m for m in d["models"] if not m["hidden"]}
assert [m["path"].count("store") for m in d["models"] if m["name"] == "found"] == [1, 0]
assert d["schema"] == 1 and names["found"]["scale"] == 2 and "error" in names["cut"] and names["photo-x4"]["path"] is None' <out ||
    complain "models --json: $(cat out)"
expect 0 "$anew" -m found small.ppm -o found.ppm
expect 0 "$anew" -m data small.ppm -o data.ppm
refuse 1 "there is no model 'nothing'" "$anew" -m nothing small.ppm -o no.ppm
unset ANEW_MODELS
# A path that is not absolute counts as none; then it is the home's folder.
mkdir -p home/.local/share/anew
cp one.anew home/.local/share/anew/homely.anew
for path in share ./share ''; do
    export XDG_DATA_HOME="$path"
    refuse 1 "there is no model 'data'" "$anew" -m data small.ppm -o no.ppm
    expect 0 env HOME="$scratch/home" "$anew" -m homely small.ppm --force -o data.ppm
done
unset XDG_DATA_HOME

# Explain: the facts of the plan, and a budget that is kept or refused.
expect 0 "$anew" explain photo-x4 --size 300x200 --memory 48M
for fact in '18 input pixels' '37x37 in all' '64 x 200 x 300 ' 'body.34>out (pixel_shuffle 4, + input \*4)' 'of 48 MiB'; do
    grep -q "$fact" out || complain "explain has no $fact: $(cat out)"
done
[ "$(grep -c '^ *[0-9]* .* -> ' out)" = 18 ] || complain "explain has not 18 steps: $(cat out)"
refuse 1 'smallest that would do' "$anew" explain photo-x4 --memory 1M
refuse 2 'two whole numbers' "$anew" explain photo-x4 --size 300

expect 0 "$convert" --list
grep -q '^rrdb ' out || complain "--list: $(cat out)"
finish
