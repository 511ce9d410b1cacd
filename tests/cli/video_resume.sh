#!/bin/sh
# A video in parts: killed at any time and begun again it is the video of a run that nothing stopped, frame by frame; times
# of a variable rate are those of the original; what must not be taken up is refused.
#
# Seen to fail by: the state of --deflicker not loaded; the input left out of what a run is told by; no times read; parts with
# B-frames.
. tests/cli/common.inc
command -v python3 >/dev/null 2>&1 || {
    echo "SKIP python3 is absent"
    exit 0
}
cd "$scratch" || exit 1
python3 "$root/tests/cli/metadata.py" identity_x1 same.safetensors || exit 1
expect 0 "$convert" -q same.safetensors -o same.anew

# ---- Y4M, which needs no ffmpeg ----
python3 - <<'EOF'
import random
random.seed(5)
with open("in.y4m", "wb") as out:
    out.write(b"YUV4MPEG2 W96 H64 F25:1 C420jpeg\n")
    for f in range(32):
        out.write(b"FRAME\n" + bytes(100 + i % 96 // 4 * 7 % 50 + random.randrange(8) for i in range(96 * 64 * 3 // 2)))
EOF
expect 0 "$anew" video -m same.anew in.y4m whole.y4m
expect 0 "$anew" video -m same.anew --resume in.y4m at_once.y4m
cmp -s whole.y4m at_once.y4m || complain "--resume makes another Y4M"
absent at_once.y4m.parts
refuse 1 'a pipe cannot be taken up again' "$anew" video --resume in.y4m -
refuse 1 'a pipe cannot be taken up again' "$anew" video --resume - no.y4m
refuse 2 'is of --resume' "$anew" video --part 5 in.y4m no.y4m
refuse 2 'must be a whole number from 1' "$anew" video --resume --part 0 in.y4m no.y4m

# parts FOLDER: how many whole parts there are
parts() {
    grep -c '^part' "$1/journal" 2>/dev/null || :
}
# break_off SIGNAL PARTS OUT COMMAND...: ends it by the signal when there are so many parts.
break_off() {
    signal=$1 wanted=$2 folder=$3.parts
    shift 3
    "$@" >told 2>said &
    victim=$!
    for _ in $(seq 400); do
        made=$(parts "$folder")
        [ "${made:-0}" -ge "$wanted" ] && [ -e "$folder" ] && break
        kill -0 $victim 2>/dev/null || break
        sleep 0.01
    done
    kill -"$signal" $victim 2>/dev/null || complain "it was done before it could be broken off: $*"
    wait $victim 2>/dev/null
}
# A slow network, so that there is time to break it off.
expect 0 "$anew" video --resume -s 4 --part 2 -t 1 in.y4m whole.y4m --force
for round in 1 3; do
    break_off KILL $round broken.y4m "$anew" video --resume -s 4 --part 2 -t 1 in.y4m broken.y4m
    absent broken.y4m
    [ "$(parts broken.y4m.parts)" -ge "$round" ] || complain "no parts of a run that was killed"
done
refuse 1 'parts of another run' "$anew" video --resume -s 4 --part 2 -t 1 --matrix 709 in.y4m broken.y4m
cp in.y4m other.y4m
touch -d '2001-01-01' other.y4m
refuse 1 'parts of another run' "$anew" video --resume -s 4 --part 2 -t 1 other.y4m broken.y4m
break_off INT 5 broken.y4m "$anew" video --resume -s 4 --part 2 -t 1 in.y4m broken.y4m
grep -q 'the same command goes on after frame' said || complain "an interrupted run says: $(cat said)"
break_off TERM 9 broken.y4m "$anew" video --resume -s 4 --part 2 -t 1 in.y4m broken.y4m
grep -q 'the same command goes on after frame' said || complain "a run that was ended says: $(cat said)"
# A part that is not what the journal says is made again; so is what was being written.
printf 'x' >>broken.y4m.parts/part-000004
printf 'part 5' >>broken.y4m.parts/journal
expect 0 "$anew" video --resume -s 4 --part 2 -t 1 in.y4m broken.y4m
grep -q 'the first 6 before' out || complain "3 whole parts of 2 frames: $(cat out)"
cmp -s whole.y4m broken.y4m || complain "broken off and taken up it is another video"
absent broken.y4m.parts
# With --deflicker, whose state is taken up, too: 32 frames, the same after two breaks.
expect 0 "$anew" video --deflicker 0.8 -s 4 -t 1 in.y4m smooth.y4m
grep -q 'flicker [0-9.]* -> [0-9.]* of 255, 0 cuts' "$scratch/out" || complain "no measure: $(cat "$scratch/out")"
cmp -s smooth.y4m whole.y4m && complain "--deflicker has no effect"
for round in 2 6; do
    break_off KILL $round broken.y4m "$anew" video --deflicker 0.8 --resume -s 4 --part 2 -t 1 in.y4m broken.y4m --force
done
expect 0 "$anew" video --deflicker 0.8 --resume -s 4 --part 2 -t 1 in.y4m broken.y4m --force --json
cmp -s smooth.y4m broken.y4m || complain "--deflicker, broken off and taken up, makes another video"
tail -1 "$scratch/out" | (cd "$root" && python3 tests/cli/json_lines.py video_done) || complain "JSON: $(tail -1 "$scratch/out")"
(cd "$root" && python3 tests/cli/json_lines.py video <"$scratch/out") || complain "JSON: $(cat "$scratch/out")"
expect 0 "$anew" video --deflicker 0 -s 4 -t 1 in.y4m smooth.y4m --force
cmp -s smooth.y4m whole.y4m || complain "--deflicker 0 changes something"
refuse 2 'must be a number from 0 to 1' "$anew" video --deflicker 2 in.y4m no.y4m
# Before the first part is whole nothing stays.
break_off TERM 0 early.y4m "$anew" video --resume -s 4 -t 1 in.y4m early.y4m
absent early.y4m.parts

command -v ffmpeg >/dev/null 2>&1 || {
    echo "SKIP ffmpeg is absent"
    finish
    exit
}
pts() { ffprobe -v error -select_streams v:0 -show_entries packet=pts_time -of csv=p=0 "$1" | tr -d ' ,' | sort -n; }
hashes() { ffmpeg -v error -i "$1" -map 0:v -fps_mode passthrough -enc_time_base -1 -f framehash - | grep -v '^#'; }
facts() { ffprobe -v error -show_entries "$1" -of compact=p=0:nk=1 "$2" | tr '\n' ' '; }
ffmpeg -v error -y -f lavfi -i testsrc2=size=96x64:rate=30:duration=3 -f lavfi -i sine=duration=3 \
    -vf "select='not(mod(n*n,7)-1)+not(mod(n,5))'" -fps_mode vfr -enc_time_base 1/90000 -pix_fmt yuv420p -c:v libx264 \
    -c:a aac variable.mp4 || complain "ffmpeg makes no MP4"
pts variable.mp4 >was
[ "$(wc -l <was)" -ge 20 ] || complain "no variable rate: $(cat was)"
expect 0 "$anew" video -m same.anew variable.mp4 direct.mp4
pts direct.mp4 | cmp -s - was || complain "other times: $(pts direct.mp4 | diff - was | head -4)"
expect 0 "$anew" video -s 4 -t 1 --resume --part 9 variable.mp4 whole.mp4
pts whole.mp4 | cmp -s - was || complain "other times in parts: $(pts whole.mp4 | diff - was | head -4)"
for round in 1 2; do
    break_off KILL $round broken.mp4 "$anew" video -s 4 -t 1 --resume --part 9 variable.mp4 broken.mp4
    absent broken.mp4
done
expect 0 "$anew" video -s 4 -t 1 --resume --part 9 variable.mp4 broken.mp4
grep -q 'the first [1-9][0-9]* before' "$scratch/out" || complain "it was not taken up: $(cat "$scratch/out")"
hashes whole.mp4 >was
hashes broken.mp4 | cmp -s - was || complain "broken off and taken up it has other frames"
facts stream=codec_name broken.mp4 | grep -q 'h264 aac' || complain "streams: $(facts stream=codec_name broken.mp4)"
absent broken.mp4.parts
finish
