#!/bin/sh
# --auto of a video: a few frames are looked at before the first is run, what they show is said once and decides once for all
# frames, and what options say counts before it. Where nothing is restored, the bytes are those of --auto=off.
#
# Seen to fail by: black frames that count, the upper one of two in the middle (look_median.c), a decision that is no part of
# what a run is told by (command_video.c), a first frame that is looked at and then left out (stream.c), a file that is
# not taken back to its beginning (video_look.c).
. tests/cli/common.inc
command -v python3 >/dev/null 2>&1 || {
    echo "SKIP python3 is absent"
    exit 0
}
unset ANEW_AUTO
cd "$scratch" || exit 1
# Frames that move: "n" noisy, "m" less so, "c" clean, "b" black.
python3 - <<'EOF' || exit 1
import math
import random

WIDTH, HEIGHT = 64, 56
dice = random.Random(3)


def frame(kind, number):
    if kind == "b":
        return bytes([16] * (WIDTH * HEIGHT) + [128] * (WIDTH * HEIGHT // 2))
    noise = {"n": 4, "m": 2.6, "c": 0}[kind]
    luma = []
    for y in range(HEIGHT):
        for x in range(number, number + WIDTH):
            hill = 110 + 50 * math.sin(x / 17) * math.cos(y / 23)
            edge = 40 if (x // 5 + 2 * (y // 7)) % 11 == 3 or (x * x + y * y) // 900 % 3 == 1 else 0
            luma.append(round(hill + edge + dice.gauss(0, noise)))
    chroma = [round(128 + 12 * math.sin(i / 9) + dice.gauss(0, noise / 2)) for i in range(WIDTH * HEIGHT // 2)]
    return bytes(max(16, min(235, v)) for v in luma + chroma)


for name, kinds in (("noisy", "nnn"), ("clean", "ccc"), ("mixed", "bbcnnncn"), ("rarely", "cbncccnc"), ("milder", "bbcmmmcm")):
    frames = [frame(kind, number) for number, kind in enumerate(kinds)]
    with open(name + ".y4m", "wb") as out:
        out.write(b"YUV4MPEG2 W%d H%d F25:1 C420jpeg\n" % (WIDTH, HEIGHT))
        out.write(b"".join(b"FRAME Ip\n" + samples for samples in frames))
    with open(name + ".yuv", "wb") as out:
        out.write(b"".join(frames))
EOF
python3 "$root/tests/cli/metadata.py" identity_x1 same.safetensors || exit 1
expect 0 "$convert" -q same.safetensors -o same.anew
mkdir models
python3 "$root/tests/make_tiny_network.py" tiny.safetensors 8 2 1 2 || exit 1
expect 0 "$convert" -q tiny.safetensors -o models/restore-x1.anew
built_in=
"$anew" models | grep -q '^restore-x1 .*in the program' && built_in=yes

same() { cmp -s "$1" "$2" || complain "$1 and $2 differ"; }
number() { sed -n "s/.*\"event\":\"looked\".*\"$1\":\([0-9.]*\).*/\1/p" out; }
# video WORDS...: quickly, by a model that changes nothing; --auto then says that it may be restored, too.
video() { expect 0 "$anew" video -m same.anew --force "$@"; }
off() { video --auto=off --quiet "$@"; }

# ---- none is here: said, and no failure ----
if [ -z "$built_in" ]; then
    video --auto noisy.y4m out.y4m
    grep -q '^noisy.y4m: photo, noise .*; no model that restores is found$' out || complain "without a model: $(cat out)"
    off noisy.y4m off.y4m
    same out.y4m off.y4m
fi
export ANEW_MODELS=models

# ---- clean, noisy, mixed: one decision ----
video --auto clean.y4m clean2.y4m
[ "$(grep -c '; enlarged as it is$' out)" -eq 1 ] || complain "clean: $(cat out)"
[ "$(wc -l <out)" -eq 2 ] || complain "two lines, what is seen and what is done: $(cat out)"
off clean.y4m off.y4m
same clean2.y4m off.y4m
video --auto --json noisy.y4m noisy2.y4m
(cd "$root" && python3 tests/cli/json_lines.py video <"$scratch/out") || complain "JSON: $(cat out)"
strength=$(number restore_strength)
awk "BEGIN { exit !($strength > 0.4 && $strength <= 1) }" || complain "noise of 4 gets $strength: $(cat out)"
off --restore restore-x1 --restore-strength "$strength" noisy.y4m given.y4m
same noisy2.y4m given.y4m
off noisy.y4m off.y4m
cmp -s noisy2.y4m off.y4m && complain "nothing was restored"
video --auto --json mixed.y4m mixed2.y4m
[ "$(grep -c '"event":"looked"' out)" -eq 1 ] || complain "one line for all: $(cat out)"
strength=$(number restore_strength)
off --restore restore-x1 --restore-strength "$strength" mixed.y4m given.y4m
same mixed2.y4m given.y4m
off mixed.y4m off.y4m
cmp -s mixed2.y4m off.y4m && complain "of mixed frames nothing was restored"
video --auto rarely.y4m out.y4m
off rarely.y4m off.y4m
same out.y4m off.y4m
# Without a word, by the model for photos, if there is one in the program.
if "$anew" models | grep -q '^photo-x4 .*in the program'; then
    expect 0 "$anew" video -s 2 noisy.y4m large.y4m
    strength=$(sed -n 's/^noisy.y4m: photo, .*; restored with strength //p' out)
    expect 0 "$anew" video -s 2 --auto=off --restore restore-x1 --restore-strength "${strength:-0}" noisy.y4m given.y4m --force
    same large.y4m given.y4m
fi

# ---- streams: raw ones, a file as standard input, a pipe by its first frame ----
video --auto --raw 64x56:yuv420p noisy.yuv out.yuv
grep -q '; restored with strength' out || complain "raw: $(cat out)"
"$anew" video -m same.anew --auto - - <mixed.y4m 2>err | cmp -s - mixed2.y4m || complain "a file as standard input: $(cat err)"
off mixed.y4m off.y4m
# shellcheck disable=SC2002 # a pipe is wanted
cat mixed.y4m | "$anew" video -m same.anew --auto - - 2>err | cmp -s - off.y4m || complain "a pipe's black first frame: $(cat err)"
# shellcheck disable=SC2002
cat noisy.y4m | "$anew" video -m same.anew --auto - piped.y4m >out 2>err || complain "a pipe: $(cat err)"
[ "$(grep -c '^standard input: .*; restored with strength' out)" -eq 1 ] || complain "a pipe: $(cat out)"
[ "$(wc -c <piped.y4m)" -eq "$(wc -c <noisy.y4m)" ] || complain "a pipe's frames: $(wc -c <piped.y4m) bytes"

# ---- said otherwise ----
off noisy.y4m off.y4m
for words in '--auto --restore off' '--auto=off' ''; do
    # shellcheck disable=SC2086 # several words
    video --quiet $words noisy.y4m said.y4m
    same said.y4m off.y4m
done
ANEW_AUTO=off video --quiet --auto noisy.y4m said.y4m
same said.y4m noisy2.y4m
[ ! -s out ] || complain "--quiet says: $(cat out)"
video --auto --restore-strength 0.25 noisy.y4m said.y4m
off --restore restore-x1 --restore-strength 0.25 noisy.y4m given.y4m
same said.y4m given.y4m
off --shrink-first 2 noisy.y4m given.y4m
cmp -s off.y4m given.y4m && complain "--shrink-first has no effect"
[ "$(head -1 given.y4m)" = "$(head -1 off.y4m)" ] || complain "--shrink-first makes another size: $(head -1 given.y4m)"
refuse 2 'must be a number from 0 to 1' "$anew" video --restore-strength 2 noisy.y4m no.y4m
refuse 2 'must be one of on|off' "$anew" video --auto=yesterday noisy.y4m no.y4m
refuse 1 'none.anew' "$anew" video --restore none.anew noisy.y4m no.y4m

# ---- a break: what was decided stays ----
# damage BYTE: where the head of the last frame of broken.y4m begins; the file keeps its time.
damage() {
    printf '%s' "$1" | dd of=broken.y4m bs=1 seek=$((33 + 7 * (9 + 64 * 56 * 3 / 2))) conv=notrunc 2>/dev/null
    touch -r mixed.y4m broken.y4m
}
resume() { "$anew" video -m same.anew --quiet --auto --resume --part 3 "$@" broken.y4m resumed.y4m; }
cp mixed.y4m broken.y4m
damage X
refuse 1 'no frame where frame 8 should begin' resume
[ -e resumed.y4m.parts ] || complain "no parts are kept"
damage F
cmp -s mixed.y4m broken.y4m || complain "the video is not as it was"
refuse 1 'parts of another run' resume --restore-strength 0.5
# The same size and time, but now it is less noisy, which asks for less.
cp milder.y4m broken.y4m
touch -r mixed.y4m broken.y4m
refuse 1 'parts of another run' resume
cp mixed.y4m broken.y4m
touch -r mixed.y4m broken.y4m
video --auto --resume --part 3 broken.y4m resumed.y4m
grep -q 'the first 6 before' out || complain "not taken up: $(cat out)"
same resumed.y4m mixed2.y4m

# ---- by ffmpeg ----
if command -v ffmpeg >/dev/null 2>&1; then
    expect 0 ffmpeg -v error -y -i mixed.y4m -c:v ffv1 mixed.mkv
    video --auto mixed.mkv out.y4m
    [ "$(grep -c '^mixed.mkv: photo, .*; restored with strength' out)" -eq 1 ] || complain "a file of ffmpeg: $(cat out)"
    strength=$(sed -n 's/.*; restored with strength //p' out)
    off --restore restore-x1 --restore-strength "${strength:-0}" mixed.mkv given.y4m
    same out.y4m given.y4m
else
    echo "SKIP ffmpeg is absent"
fi
finish
