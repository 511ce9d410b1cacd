#!/bin/sh
# Containers: one model in each of them becomes one model file; damaged and hostile ones are refused.
. tests/cli/common.inc
python="python3 $PWD/tests/make_containers.py"
shared=$(cd "${ANEW_SHARED:-../shared}" 2>/dev/null && pwd)
cp tests/data/small.ppm "$scratch"
cd "$scratch" || exit 1
# close A B MOST: two pictures of one size, whose bytes differ by MOST or less
close() {
    python3 -c 'import sys
a, b = (open(f, "rb").read() for f in sys.argv[1:3])
sys.exit(len(a) != len(b) or max(abs(x - y) for x, y in zip(a, b)) > int(sys.argv[3]))' "$@" ||
        complain "$1 and $2 differ by more than $3"
}
for golden in srvgg_tiny_x4 rrdb_tiny_x2; do
    source=$data/goldens/$golden
    expect 0 "$convert" "$source/weights.pth" -o want.anew --force --name one
    $python deflate "$source/weights.pth" deflated.pth || complain "no deflated.pth"
    $python legacy "$source/weights.pth" legacy.pth || complain "no legacy.pth"
    $python ncnn "$source/weights.safetensors" full f32 || complain "no ncnn model"
    $python ncnn "$source/weights.safetensors" scaled scaled fused || complain "no ncnn model"
    $python ncnn "$source/weights.safetensors" half f16 fused || complain "no ncnn model"
    for file in legacy.pth deflated.pth full.param scaled.param half.param; do
        "$convert" "$file" -o got.anew --force --name one >out 2>err || {
            grep -q 'has no zlib' err && echo "SKIP $file: this build has no zlib" && continue
            complain "$file: $(cat err)"
            continue
        }
        case $file in
        half.param)
            expect 0 "$anew" --exact -m want.anew small.ppm -o want.ppm --force
            expect 0 "$anew" --exact -m got.anew small.ppm -o got.ppm --force
            close want.ppm got.ppm 2
            ;;
        *) cmp -s want.anew got.anew || complain "$golden as $file differs" ;;
        esac
    done
done

# A whole module, and the state dict that it would give.
expect 0 "$convert" "$data/formats/module_state.pth" -o want.anew --force --name one
for file in module.pth module_legacy.pth; do
    expect 0 "$convert" "$data/formats/$file" -o got.anew --force --name one
    cmp -s want.anew got.anew || complain "$file is not what its state dict is"
done
rm got.anew
for file in module_endless module_doubling view_outside; do
    refuse 1 "$file.pth" "$convert" "$data/formats/$file.pth" -o d.anew
    absent d.anew
done

# Damage.
source=$data/goldens/srvgg_tiny_x4
$python deflate "$source/weights.pth" deflated.pth
$python legacy "$source/weights.pth" legacy.pth
$python ncnn "$source/weights.safetensors" full f32
$python bomb "$source/weights.pth" bomb.pth
refuse 1 'bomb.pth: an entry \|has no zlib' "$convert" bomb.pth -o d.anew
$python flip "$source/weights.pth" flip.pth
refuse 1 'flip.pth: damaged zip archive: an entry.s checksum \|has no zlib' "$convert" flip.pth -o d.anew
for file in deflated.pth legacy.pth full.param; do
    size=$(wc -c <$file)
    for part in 1 7 30 60 90 99; do
        # A text that lacks its last letters may still be whole.
        [ "$file.$part" = full.param.99 ] && continue
        head -c $((size * part / 100)) $file >cut.${file##*.}
        [ "$file" = full.param ] && cp full.bin cut.bin
        refuse 1 'cut\.' "$convert" "cut.${file##*.}" -o d.anew
        absent d.anew
    done
done
head -c 1000 full.bin >short.bin
cp full.param short.param
refuse 1 'too short' "$convert" short.param -o d.anew
cat full.bin full.bin >long.bin
cp full.param long.param
refuse 1 'longer than its layers need' "$convert" long.param -o d.anew
rm short.bin
refuse 1 'short.bin, are missing' "$convert" short.param -o d.anew
refuse 1 'by its .param, not its .bin' "$convert" full.bin -o d.anew
sed 's/^PixelShuffle/Pooling/' full.param >other.param
cp full.bin other.bin
refuse 1 'is a pooling that is not known' "$convert" other.param -o d.anew
# The x4 network with its result halved at the end, as the x2 of some models.
sed -e '$a Interp last 1 1 v11 small 0=3 1=5.000000e-01 2=5.000000e-01' -e '2s/.*/13 14/' full.param >other.param
expect 0 "$convert" other.param -o halved.anew
grep -q '^ncnn: recorded,' out || complain "halved: $(cat out)"
expect 0 "$anew" -m halved.anew small.ppm -o halved.ppm
[ "$(size halved.ppm)" = "40 32" ] || complain "the halved network gives $(size halved.ppm)"
absent d.anew
# ESRGAN x3 has the tensors of x2; the user says so.
expect 0 "$convert" "$data/goldens/esrgan_old_x2/weights.pth" -o x3.anew --set up_factor=3
grep -q 'up_factor=3' out || complain "--set up_factor: $(cat out)"
grep -q 'assumed' out && complain "what was set is said to be assumed: $(cat out)"
expect 0 "$anew" -m x3.anew small.ppm -o x3.ppm
[ "$(size x3.ppm)" = "60 48" ] || complain "x3 gives $(size x3.ppm)"

# A network for samples from 0 to r gives r times what the one for 0 to 1 gives for 1/r of the picture.
python3 -c 'data = open("small.ppm", "rb").read()
start = len(data) - 20 * 16 * 3
for name, change in (("even.ppm", lambda v: v & 254), ("half.ppm", lambda v: v >> 1)):
    open(name, "wb").write(data[:start] + bytes(map(change, data[start:])))'
for golden in srvgg_tiny_x4 rrdb_tiny_x2; do
    expect 0 "$convert" "$data/goldens/$golden/weights.pth" -o range.anew --force --set value_range=0.5
    grep -q '^note: biases divided by 0.5' out || complain "value_range is not told: $(cat out)"
    expect 0 "$convert" "$data/goldens/$golden/weights.pth" -o plain.anew --force
    expect 0 "$anew" --exact -m plain.anew half.ppm -o plain.ppm --force
    expect 0 "$anew" --exact -m range.anew even.ppm -o range.ppm --force
    python3 -c 'a, b = (open(f, "rb").read() for f in ("plain.ppm", "range.ppm"))
start = a.index(b"255\n") + 4
open("twice.ppm", "wb").write(a[:start] + bytes(min(2 * v, 255) for v in a[start:]))'
    close twice.ppm range.ppm 1
done
for value in 0 -1 nan inf; do
    refuse 1 'value_range must be' "$convert" "$data/goldens/srvgg_tiny_x4/weights.pth" -o d.anew --set value_range=$value
done
absent d.anew

# Real files.
folder=$shared/weights/sr
if [ -d "$folder" ]; then
    for file in realesr-animevideov3.pth realesr-animevideov3.deflated.pth realesr-animevideov3.safetensors; do
        expect 0 "$convert" "$folder/$file" -o "$file.anew"
        expect 0 "$anew" -m "$file.anew" small.ppm -o "$file.ppm"
        cmp -s realesr-animevideov3.pth.ppm "$file.ppm" || complain "$file gives another picture"
    done
    for file in realesr-animevideov3-x4 RealESRGAN_General_x4_v3 RealESRGAN_General_WDN_x4_v3; do
        expect 0 "$convert" "$folder/ncnn/$file.param" -o "$file.anew"
        expect 0 "$anew" --exact -m "$file.anew" small.ppm -o "$file.ppm"
    done
    # Their weights are the published ones, cut to 16 bits.
    expect 0 "$anew" --exact -m realesr-animevideov3.pth.anew small.ppm -o exact.ppm
    close exact.ppm realesr-animevideov3-x4.ppm 1
    for pair in RealESRGAN_General_x4_v3:general_x4v3.f16.safetensors RealESRGAN_General_WDN_x4_v3:general_wdn_x4v3.half.pth; do
        expect 0 "$convert" "$shared/reference/goldens/srvgg_real/${pair#*:}" -o golden.anew --force
        expect 0 "$anew" --exact -m golden.anew small.ppm -o golden.ppm --force
        cmp -s golden.ppm "${pair%:*}.ppm" || complain "${pair%:*} is not its reference"
    done
    expect 0 "$anew" info RealESRGAN_General_x4_v3.anew
    grep -q 'licence: *BSD-3-Clause' out || complain "a known file's licence: $(cat out)"
    for scale in 2 3; do
        cp "$folder/ncnn/realesr-animevideov3-x$scale.param" .
        cp "$folder/ncnn/realesr-animevideov3-x4.bin" "realesr-animevideov3-x$scale.bin" # of the same shapes
        expect 0 "$convert" --force "realesr-animevideov3-x$scale.param" -o d.anew
        grep -q '^ncnn: recorded,' "$scratch/out" || complain "x$scale: $(cat "$scratch/out")"
        expect 0 "$anew" --exact --force -m d.anew small.ppm -o d.ppm
        [ "$(size d.ppm)" = "$((20 * scale)) $((16 * scale))" ] || complain "x$scale gives $(size d.ppm)"
    done
    expect 0 "$convert" --force "$folder/espcn_x3_epoch599.pth" -o d.anew # a whole module
    grep -q ': espcn,' "$scratch/out" || complain "espcn: $(cat "$scratch/out")"
    for graph in realcugan-se-up2x-no-denoise spanx4_ch48; do # no page: taken over as graphs
        expect 0 "$convert" --force "$folder/ncnn/$graph.param" -o d.anew
        grep -q '^ncnn: recorded,' "$scratch/out" || complain "$graph: $(cat "$scratch/out")"
    done
else
    echo "SKIP real checkpoints: ${ANEW_SHARED:-../shared}/weights/sr is absent"
fi
finish
