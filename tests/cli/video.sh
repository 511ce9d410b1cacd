#!/bin/sh
# Streams of frames: Y4M and raw, through files and pipes, with a network that changes nothing and with the built-in one;
# as many frames out as in, memory that does not grow with them, streams that are cut or no streams.
#
# Seen to fail by: a cut stream that is committed; --matrix without effect; any name taken for one of Y4M.
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

# ---- names that tell no kind ----
for name in no.gif no.mpg no.txt no. no y4m; do
    refuse 2 "$name: the name tells no kind of video that is written; end it in .mp4" "$anew" video in.y4m $name
    absent $name
done
expect 0 "$anew" video --quiet in.y4m upper.Y4M
cmp -s large.y4m upper.Y4M || complain ".Y4M: other bytes"
expect 0 "$anew" video -m same.anew --quiet in.y4m /dev/null
"$anew" video --quiet in.y4m /dev/stdout >through.y4m 2>err || complain "/dev/stdout: $(cat err)"
cmp -s large.y4m through.y4m || complain "/dev/stdout: other bytes"

# ---- memory; a sanitizer keeps what was freed ----
if [ "${MODE:-release}" = release ]; then
    frames short.y4m 2 "C444"
    frames long.y4m 300 "C444"
    python3 - "$anew" <<'EOF' || complain "memory grows with the stream"
import resource, subprocess, sys
most = []
for words in ("short.y4m /dev/null", "long.y4m /dev/null", "long.y4m /dev/null --deflicker 0.5", "long.y4m taken.y4m --resume"):
    subprocess.run([sys.argv[1], "video", "--quiet", "-t", "1", "-m", "same.anew", "--force", *words.split()], check=True)
    most.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(most)
sys.exit(max(most) > most[0] + 4096)
EOF
fi
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
    # ---- files that ffmpeg reads and writes ----
    ffmpeg -v error -y -f lavfi -i testsrc2=size=48x32:rate=10:duration=1 -f lavfi -i sine=duration=1 -pix_fmt yuv420p \
        -c:v mpeg4 -c:a aac -metadata title=Wheat sound.mp4 || complain "ffmpeg makes no MP4"
    facts() { ffprobe -v error -count_frames -show_entries "$1" -of default=nw=1:nk=1 "$2" | tr '\n' ' '; }
    refuse 1 'is not installed; only Y4M and --raw go without it' env PATH=/nonexistent "$anew" video sound.mp4 no.mp4
    absent no.mp4
    for name in large.mp4 large.mkv; do
        expect 0 "$anew" video -s 2 sound.mp4 $name
        [ "$(facts stream=width,height,nb_read_frames,r_frame_rate,color_space $name | cut -d' ' -f1-5)" = \
            "96 64 smpte170m 10/1 10" ] || complain "$name: $(facts stream=width,height,nb_read_frames,r_frame_rate,color_space $name)"
        facts stream=codec_name $name | grep -q aac || complain "$name: no sound"
        facts format_tags=title $name | grep -q Wheat || complain "$name: no title"
    done
    ffmpeg -v error -y -i sound.mp4 -c copy -metadata:s:v rotate=90 turned.mp4
    expect 0 "$anew" video -s 2 turned.mp4 upright.mp4
    case $(facts stream=width,height turned.mp4)-$(facts side_data=rotation turned.mp4) in
    *90*) [ "$(facts stream=width,height upright.mp4)" = "64 96 " ] || complain "turned: $(facts stream=width,height upright.mp4)" ;;
    *) echo "SKIP rotation: this ffmpeg does not write it so" ;;
    esac
    # A variable rate: 10 frames in the first second, one every half a second after; as long as before.
    ffmpeg -v error -y -f lavfi -i testsrc2=size=48x32:rate=10:duration=4 -vf "select='lt(n,10)+not(mod(n,5))'" -vsync vfr \
        -c:v mpeg4 variable.mkv
    expect 0 "$anew" video -s 1 variable.mkv constant.mkv
    facts format=duration variable.mkv >was
    facts format=duration constant.mkv >is
    awk 'FNR == NR { was = $1 } END { exit !($1 > was - 0.55 && $1 < was + 0.55 && was > 3) }' was is ||
        complain "a variable rate: $(cat was) seconds became $(cat is)"
    printf 'no video at all' >bad.mp4
    expect 1 "$anew" video bad.mp4 no.mp4 # beside our line ffprobe's own
    tail -1 "$scratch/err" | grep -q '^anew: bad.mp4: ' || complain "not told of bad.mp4: $(cat "$scratch/err")"
    expect 1 "$anew" video -m none.anew sound.mp4 no.mp4
    absent no.mp4
    # Killed in the middle nothing stays.
    ffmpeg -v error -y -f lavfi -i testsrc2=size=192x128:rate=10:duration=9 -c:v mpeg4 long.mp4
    "$anew" video long.mp4 no.mp4 >/dev/null 2>&1 &
    victim=$!
    sleep 1
    kill -TERM $victim
    wait $victim
    sleep 0.3
    absent no.mp4
    [ -z "$(find . -name '*.tmp')" ] || complain "a temporary file stays: $(find . -name '*.tmp')"
else
    echo "SKIP ffmpeg is absent"
fi
finish
