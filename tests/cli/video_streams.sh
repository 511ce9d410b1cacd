#!/bin/sh
# What a video keeps on its way through ffmpeg: range, matrix, primaries, transfer, depth, place of chroma, shape of pixels;
# colours of RGB and of full range; sound, subtitles, chapters, languages between containers; times that do not begin at 0.
#
# Seen to fail by: full range asked for as 16 to 235; a stream of a program counted twice; primaries not handed on; mov_text
# copied into Matroska; -movie_timescale left out.
. tests/cli/common.inc
for needed in python3 ffmpeg; do
    command -v $needed >/dev/null 2>&1 && continue
    echo "SKIP $needed is absent"
    exit 0
done
cd "$scratch" || exit 1
python3 "$root/tests/cli/metadata.py" identity_x1 same.safetensors || exit 1
expect 0 "$convert" -q same.safetensors -o same.anew
make_video() { # NAME WORDS...: one second of bars
    name=$1
    shift
    ffmpeg -v error -y -f lavfi -i smptehdbars=size=192x108:rate=8:duration=1 "$@" "$name" || complain "ffmpeg makes no $name"
}
facts() { # FILE STREAM ENTRIES
    ffprobe -v error -select_streams "$2" -show_entries "stream=$3" -of csv=p=0 "$1" | head -1
}
through() { # IN OUT WORDS...
    from=$1 to=$2
    shift 2
    expect 0 "$anew" video -m same.anew "$@" "$from" "$to" --force
}
equal() { # WHAT A B
    [ "$2" = "$3" ] || complain "$1: '$3', not '$2'"
}
# The colour of a bar of the first frame, by ffmpeg, within 3 of 255 of the original's.
same_colours() { # A B
    python3 - "$1" "$2" <<'EOF' || complain "$2 has other colours than $1"
import subprocess, sys
def frame(name):
    words = ["ffmpeg", "-v", "error", "-i", name, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    return subprocess.run(words, capture_output=True, check=True).stdout
a, b = (frame(name) for name in sys.argv[1:])
for x in (12, 36, 60, 120, 150, 185):
    at = 3 * (30 * 192 + x)
    if max(abs(p - q) for p, q in zip(a[at:at + 3], b[at:at + 3])) > 4:
        sys.exit(f"{x}: {list(a[at:at + 3])} became {list(b[at:at + 3])}")
EOF
}
colours=color_range,color_space,color_primaries,color_transfer,chroma_location,sample_aspect_ratio
make_video full.mp4 -vf scale=out_color_matrix=bt709:out_range=pc,setsar=16/15 -pix_fmt yuvj420p -color_range pc \
    -colorspace bt709 -color_primaries bt470bg -color_trc bt709 -c:v libx264 -crf 4
through full.mp4 result.mp4
equal "full range" "$(facts full.mp4 v pix_fmt,$colours)" "$(facts result.mp4 v pix_fmt,$colours)"
same_colours full.mp4 result.mp4
through full.mp4 result.mkv --resume --part 3
equal "full range in parts" "$(facts full.mp4 v pix_fmt,$colours)" "$(facts result.mkv v pix_fmt,$colours)"
make_video deep.mkv -vf scale=out_color_matrix=bt2020 -pix_fmt yuv420p10le -colorspace bt2020nc -color_primaries bt2020 \
    -color_trc smpte2084 -c:v libx264 -crf 4
through deep.mkv result.mkv
equal "10 bits" "$(facts deep.mkv v pix_fmt,$colours)" "$(facts result.mkv v pix_fmt,$colours)"
same_colours deep.mkv result.mkv
make_video rgb.mkv -pix_fmt gbrp -c:v libx264rgb -crf 4
through rgb.mkv result.mp4
equal "RGB" "yuv420p,tv,smpte170m" "$(facts result.mp4 v pix_fmt,color_range,color_space)"
same_colours rgb.mkv result.mp4

# ---- what is beside the frames ----
printf '1\n00:00:00,100 --> 00:00:00,600\nwheat\n' >s.srt
printf ';FFMETADATA1\ntitle=Field\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\n' >m.txt
make_video words.mp4 -f lavfi -i sine=duration=1 -i s.srt -i m.txt -map 0 -map 1 -map 2 -map_metadata 3 -pix_fmt yuv420p \
    -c:v libx264 -c:a aac -c:s mov_text -metadata:s:a language=deu -metadata:s:s language=fra
for kind in mp4:aac:mov_text mkv:aac:subrip webm:opus:webvtt mov:aac:mov_text avi:aac:; do
    to=result.${kind%%:*} rest=${kind#*:}
    through words.mp4 "$to"
    equal "$to: sound" "${rest%%:*}" "$(facts "$to" a codec_name)"
    equal "$to: subtitles" "${rest#*:}" "$(facts "$to" s codec_name)"
    case $to in *.avi | *.mov) continue ;; esac # MOV has languages by numbers of its own
    equal "$to: languages" "deu fra" "$(ffprobe -v error -show_entries stream_tags=language "$to" | sed -n 's/.*=\(deu\|fra\)/\1/p' | tr '\n' ' ' | sed 's/ $//')"
    equal "$to: chapters" 2 "$(ffprobe -v error -show_chapters "$to" | grep -c '^\[CHAPTER')"
done
grep -q 'subtitles 1 (mov_text) are left out: avi holds none such' "$scratch/err" || complain "not told: $(cat "$scratch/err")"
expect 0 ffmpeg -v error -y -i words.mp4 -map 0:v -map 0:a -map 0:s -c copy -c:s srt words.mkv
through words.mkv result.mp4 --resume --part 3
equal "SubRip in MP4" mov_text "$(facts result.mp4 s codec_name)"

# ---- a transport stream: programs, times that begin elsewhere ----
pts() { ffprobe -v error -select_streams "$2:0" -show_entries packet=pts_time -of csv=p=0 "$1" | tr -d ' ,' | grep . | sort -n; }
make_video stream.ts -f lavfi -i sine=duration=1 -r 12 -pix_fmt yuv420p -c:v mpeg2video -q:v 2 -c:a mp2
pts stream.ts v >was
through stream.ts result.mp4
pts result.mp4 v | diff - was >different || complain "times of a transport stream: $(head -4 different)"
equal "one sound" 1 "$(ffprobe -v error -select_streams a -show_entries stream=index -of csv=p=0 result.mp4 | grep -c .)"

# ---- what is refused before the first frame ----
make_video odd.webm -vf scale=99:55 -pix_fmt yuv420p -c:v libvpx-vp9 -deadline realtime -cpu-used 8
refuse 1 'H.264 takes even sizes only; --width 100 --height 56' "$anew" video -m same.anew odd.webm no.mp4
through odd.webm result.webm
equal "an odd size" "99,55" "$(facts result.webm v width,height)"
make_video fields.mp4 -pix_fmt yuv420p -c:v libx264 -flags +ildct+ilme -x264opts tff=1
refuse 1 'interlaced; deinterlace it first' "$anew" video fields.mp4 no.mp4
absent no.mp4
finish
