#!/bin/sh
# Streams of frames: Y4M and raw, through files and pipes, with a network that changes nothing and with the built-in one;
# as many frames out as in, memory that does not grow with them, streams that are cut or no streams.
#
# Seen to fail by: a frame kept too long in memory; the last frame left out; a cut stream committed; the words of FRAME
# lines dropped.
. tests/cli/common.inc
command -v python3 >/dev/null 2>&1 || {
    echo "SKIP python3 is absent"
    exit 0
}
cd "$scratch" || exit 1
python3 "$root/tests/cli/metadata.py" identity_x1 same.safetensors || exit 1
expect 0 "$convert" -q same.safetensors -o same.anew
# frames NAME COUNT WORDS: 24x16, every sample within the range where RGB is not clamped.
frames() {
    python3 - "$@" <<'EOF'
import sys
name, count, words = sys.argv[1], int(sys.argv[2]), sys.argv[3]
chroma = {"C444": 24 * 16, "C422": 12 * 16, "Cmono": 0}.get(words.split()[0], 12 * 8)
with open(name, "wb") as out:
    out.write(b"YUV4MPEG2 W24 H16 F25:1 " + words.encode() + b"\n")
    for f in range(count):
        out.write(b"FRAME Ip\n" + bytes(100 + (i * 7 + f * 3) % 40 for i in range(24 * 16)))
        out.write(bytes(120 + (i * 5 + f) % 16 for i in range(2 * chroma)))
EOF
}
for words in "C444 Ip A1:1" "Cmono" "C444 XCOLORRANGE=FULL"; do
    frames in.y4m 5 "$words"
    expect 0 "$anew" video -m same.anew in.y4m out.y4m --force
    cmp -s in.y4m out.y4m || complain "$words: other bytes"
done
frames in.y4m 3 "C420jpeg Ip"
expect 0 "$anew" video in.y4m large.y4m
grep -q '3 frames of 24x16 -> large.y4m: 96x64' out || complain "not told: $(cat out)"
head -1 large.y4m | grep -qx 'YUV4MPEG2 W96 H64 F25:1 C420jpeg Ip' || complain "the header is $(head -1 large.y4m)"
[ "$(wc -c <large.y4m)" -eq $((36 + 3 * (9 + 96 * 64 * 3 / 2))) ] || complain "$(wc -c <large.y4m) bytes"
"$anew" video - - <in.y4m 2>err | cmp -s - large.y4m || complain "other bytes through pipes ($(cat err))"
expect 0 "$anew" video -s 1.5 -t 1 --exact in.y4m half.y4m
head -1 half.y4m | grep -q 'W36 H24' || complain "-s: $(head -1 half.y4m)"
expect 0 "$anew" video --matrix 709 --quiet in.y4m other.y4m
cmp -s other.y4m large.y4m && complain "--matrix has no effect"

# ---- raw ----
head -c $((24 * 16 * 3 * 4)) in.y4m >in.rgb # any bytes are colours
head -c $((24 * 16 * 3)) large.y4m >>in.rgb
head -c $((24 * 16 * 3 * 2)) in.rgb >two.rgb
expect 0 "$anew" video --raw 24x16:rgb24 -m same.anew two.rgb out.rgb
cmp -s two.rgb out.rgb || complain "rgb24: other bytes"
expect 0 "$anew" video --raw 24x16:gray8 -s 2 two.rgb out.gray
[ "$(wc -c <out.gray)" -eq $((48 * 32 * 6)) ] || complain "gray8: $(wc -c <out.gray) bytes"
refuse 2 'must be a size and a kind such as 640x480:yuv420p' "$anew" video --raw 24x16 two.rgb no.rgb
refuse 1 'ends within frame 2' "$anew" video --raw 24x17:rgb24 two.rgb no.rgb
absent no.rgb

# ---- what is no stream ----
head -c 1000 in.y4m >cut.y4m
refuse 1 'cut.y4m: the stream ends within frame 2' "$anew" video cut.y4m no.y4m
head -c 30 in.y4m >cut.y4m
refuse 1 'cut.y4m: is no Y4M' "$anew" video cut.y4m no.y4m
head -1 in.y4m >cut.y4m
refuse 1 'a stream without frames' "$anew" video cut.y4m no.y4m
printf 'YUV4MPEG2 W24 H16 It\n' >cut.y4m
refuse 1 'interlaced; deinterlace it first' "$anew" video cut.y4m no.y4m
printf 'YUV4MPEG2 W60000 H60000\nFRAME\n' >cut.y4m
refuse 1 'more than the limit' "$anew" video cut.y4m no.y4m
: >cut.y4m
refuse 1 'cut.y4m: is no Y4M' "$anew" video cut.y4m no.y4m
refuse 1 'cannot open' "$anew" video none.y4m no.y4m
absent no.y4m
refuse 1 'is the video itself' "$anew" video in.y4m in.y4m
refuse 1 'exists; --force overwrites it' "$anew" video in.y4m large.y4m

# ---- memory ----
frames short.y4m 2 "C444"
frames long.y4m 300 "C444"
python3 - "$anew" <<'EOF' || complain "memory grows with the stream"
import resource, subprocess, sys
most = []
for name in ("short", "long"):
    subprocess.run([sys.argv[1], "video", "--quiet", "-t", "1", "-m", "same.anew", name + ".y4m", "/dev/null", "--force"], check=True)
    most.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(most)
sys.exit(most[1] > most[0] + 4096)
EOF
if command -v ffmpeg >/dev/null 2>&1; then
    # What ffmpeg writes is read; what is written ffmpeg reads, every frame of it.
    for kind in yuv420p yuv422p10le yuv444p gray; do
        ffmpeg -v error -y -f lavfi -i testsrc2=size=48x32:rate=10:duration=1 -pix_fmt $kind -strict -1 -f yuv4mpegpipe f.y4m ||
            complain "ffmpeg makes no $kind"
        expect 0 "$anew" video -s 2 f.y4m g.y4m --force
        ffmpeg -v error -i g.y4m -f framecrc - >crc 2>err || complain "ffmpeg does not read it"
        [ "$(grep -vc '^#' crc)" -eq 10 ] || complain "$kind: $(grep -vc '^#' crc) frames"
    done
    # Colours as ffmpeg's: what anew makes of a stream at x1 is near the stream.
    ffmpeg -v error -y -i f.y4m -pix_fmt yuv420p -f yuv4mpegpipe a.y4m
    expect 0 "$anew" video -m same.anew a.y4m b.y4m
    ffmpeg -v info -i a.y4m -i b.y4m -lavfi psnr -f null - 2>&1 | grep -o 'average:[0-9.inf]*' >quality
    grep -qE 'average:(inf|[4-9][0-9])' quality || complain "at x1: $(cat quality)"
else
    echo "SKIP ffmpeg is absent"
fi
finish
