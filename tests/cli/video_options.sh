#!/bin/sh
# What a picture may be asked for, of a video: every frame has the bytes of the still that it would be; sizes by a box and
# by megapixels, presets, and the coder's constant rate factor.
#
# Seen to fail by: finishing tools that are not put in front of the frame (src/cli/stream.c), grain that is the same in each
# frame, a strength that makes no passes, a box that is not looked at, odd sizes for 4:2:0, --crf that is not handed on
# (src/cli/ffmpeg_write.c).
. tests/cli/common.inc
command -v python3 >/dev/null 2>&1 || {
    echo "SKIP python3 is absent"
    exit 0
}
"$convert" -q "$root/tests/data/goldens/srvgg_tiny_x4/weights.safetensors" -o "$scratch/tiny.anew" || exit 1
cd "$scratch" || exit 1
# Three frames of 24x16, and each as a picture.
python3 - <<'EOF2'
import random
random.seed(7)
with open("in.rgb", "wb") as all_frames:
    for f in range(3):
        frame = bytes(min(255, max(0, (x // 3 * 5 + y * 3 + f * 20) % 200 + 20 + random.randrange(12))) for y in range(16) for x in range(72))
        all_frames.write(frame)
        with open(f"{f}.ppm", "wb") as out:
            out.write(b"P6\n24 16\n255\n" + frame)
EOF2
# frames NAME WIDTH HEIGHT OPTIONS...: the video's frames are those of the stills, made with the same options.
frames() {
    name=$1 bytes=$(($2 * $3 * 3))
    shift 3
    expect 0 "$anew" video --force --raw 24x16:rgb24 -m tiny.anew in.rgb "$name.rgb" "$@"
    [ "$(wc -c <"$name.rgb")" -eq $((3 * bytes)) ] || complain "$name: $(wc -c <"$name.rgb") bytes, not $((3 * bytes))"
    for f in 0 1 2; do
        expect 0 "$anew" --force --quiet -m tiny.anew $f.ppm -o still.ppm "$@"
        tail -c $bytes still.ppm >still
        tail -c +$((f * bytes + 1)) "$name.rgb" | head -c $bytes | cmp -s - still || complain "$name: frame $f is not the still"
    done
    [ "$name" = plain ] || ! cmp -s plain.rgb "$name.rgb" || complain "$name: no effect"
}
frames plain 96 64
frames strength 96 64 --strength 0.4
frames resampled 96 64 --strength 0
frames sharpen 96 64 --sharpen 0.6
frames lock 96 64 --colour-lock 0.8
frames faithful 96 64 --faithful=38
frames guard 96 64 --guard 0.7
frames grain 96 64 --grain 0.5
frames levels 96 64 --levels 12,240,1.2 --contrast 0.2 --saturation -0.4
frames fit 60 40 --fit 60x60
frames light 60 40 --fit 60x60 --linear --resample mitchell
cmp -s fit.rgb light.rgb && complain "--linear and --resample have no effect"
frames mega 87 58 --megapixels 0.005
# A preset: what a video has no use for is passed over.
frames print 96 64 --preset print
printf 'fit = 60x60\nsharpen = 0.5\nstrip = yes\nquality = 80\nrestore-tone = 0.5\n' >own.preset
expect 0 "$anew" video --raw 24x16:rgb24 -m tiny.anew --preset ./own.preset in.rgb own.rgb
expect 0 "$anew" video --raw 24x16:rgb24 -m tiny.anew --fit 60x60 --sharpen 0.5 in.rgb same.rgb
cmp -s own.rgb same.rgb || complain "--preset: other bytes than its options"
# Grain of a seed is of another one in each frame, so that it does not stand still.
head -c 1152 in.rgb >still.rgb
head -c 1152 in.rgb >>still.rgb
expect 0 "$anew" video --raw 24x16:rgb24 -m tiny.anew --grain 0.5 --grain-seed 7 still.rgb grains.rgb
for f in 0 1; do
    expect 0 "$anew" --force --quiet -m tiny.anew 0.ppm -o still.ppm --grain 0.5 --grain-seed $((7 + f))
    tail -c +$((f * 18432 + 1)) grains.rgb | head -c 18432 >one
    tail -c 18432 still.ppm | cmp -s - one || complain "--grain-seed: frame $f is not the still"
done
# A box and megapixels give whole samples of chroma, as coders want them.
{
    printf 'YUV4MPEG2 W24 H16 F25:1 C420jpeg\nFRAME\n'
    head -c 576 in.rgb
} >in.y4m
expect 0 "$anew" video -m tiny.anew --fit 57x57 in.y4m box.y4m
head -1 box.y4m | grep -q 'W56 H38' || complain "--fit 57x57 of 4:2:0: $(head -1 box.y4m)"
refuse 2 'exclude each other' "$anew" video --fit 57x57 -s 2 in.y4m no.y4m
refuse 2 'must be a number from 0 to 1' "$anew" video --sharpen 2 in.y4m no.y4m
refuse 2 "is no option of 'anew video'" "$anew" video --white-balance auto in.y4m no.y4m
refuse 2 'is of results that ffmpeg codes' "$anew" video --crf 20 in.y4m no.y4m
refuse 2 'must be a whole number from 0 to 51 for no.mp4' "$anew" video --crf 60 in.y4m no.mp4
refuse 2 'must be a whole number from 0 to 63' "$anew" video --crf 64 in.y4m no.webm
absent no.mp4
# With --resume another option is another run.
expect 0 "$anew" video --raw 24x16:rgb24 -m tiny.anew --resume --part 1 --sharpen 0.6 in.rgb parts.rgb
cmp -s parts.rgb sharpen.rgb || complain "--resume: other bytes"
if command -v ffmpeg >/dev/null 2>&1; then
    for crf in "" 16 40; do
        expect 0 "$anew" video -m tiny.anew ${crf:+--crf $crf} in.y4m "crf$crf.mp4"
    done
    cmp -s crf.mp4 crf16.mp4 || complain "--crf 16 is not what is usual"
    [ "$(wc -c <crf40.mp4)" -lt "$(wc -c <crf16.mp4)" ] || complain "--crf 40 is no smaller than 16"
else
    echo "SKIP ffmpeg is absent"
fi
finish
