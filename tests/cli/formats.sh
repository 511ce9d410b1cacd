#!/bin/sh
# From every format to every other by a network that changes nothing, at x1: pixels bit for bit, and beside them only
# what must change; colours; how a result was made, told and done again.
#
# Seen to fail by: orientation not applied; --icc without effect; a model of another hash accepted; replay with another
# CPU level.
. tests/cli/common.inc
command -v python3 >/dev/null 2>&1 || {
    echo "SKIP python3 is absent"
    exit 0
}
python="python3 $PWD/tests/cli/metadata.py"
cd "$scratch" || exit 1
$python identity_x1 same.safetensors || exit 1
expect 0 "$convert" -q same.safetensors -o same.anew
mkdir small
cp "$data/small.ppm" small.ppm

# ---- formats ----
for format in TIFF AVIF JXL WEBP; do
    name=$(echo $format | tr '[:upper:]' '[:lower:]')
    if ! has $format; then
        echo "SKIP $format: its library was left out of this build"
        refuse 1 'this build has no' "$anew" -m same.anew small.ppm -o "no.$name"
        absent "no.$name"
        continue
    fi
    for kind in gray rgb gray-alpha rgb-alpha gray16 rgb16 gray-alpha16 rgb-alpha16; do
        case $format-$kind in AVIF-*16 | WEBP-*16) continue ;; esac
        $python pattern $kind pattern.pam || complain "no pattern"
        expect 0 "$anew" -m same.anew --lossless pattern.pam -o "step.$name" --force
        expect 0 "$anew" -m same.anew "step.$name" -o last.pam --force
        $python enlarged pattern.pam last.pam 1 || complain "$kind by $format: other pixels"
    done
    expect 0 "$anew" info "step.$name"
    # Cut at some places: one line, nothing left.
    size=$(wc -c <"step.$name")
    for part in 1 2 3 4 5 6; do # behind the pixels, a TIFF may lack what is no picture
        head -c $((size * part / 8)) "step.$name" >"cut.$name"
        refuse 1 "cut.$name: " "$anew" -m same.anew "cut.$name" -o cut.pam
        absent cut.pam
    done
    refuse 1 'more than the limit' "$anew" -m same.anew --max-pixels 50 "step.$name" -o cut.pam
    # To a pipe, and from one, as to a file.
    expect 0 "$anew" -m same.anew --lossless --format "$name" pattern.pam -o - # TIFF goes back in its file
    cp out piped
    expect 0 "$anew" -m same.anew --lossless --format "$name" pattern.pam -o "file.$name"
    cmp -s piped "file.$name" || complain "$format: other bytes through a pipe"
done
if has AVIF; then
    $python pattern rgb16 pattern.pam
    refuse 1 'AVIF holds 12 of these 16 bits' "$anew" -m same.anew --lossless pattern.pam -o no.avif
    absent no.avif
    expect 0 "$anew" -m same.anew pattern.pam -o yes.avif
fi

# ---- every kind of PNG, turned in every way: many in one run ----
if has PNG; then
    mkdir turned
    for kind in gray rgb gray-alpha rgb-alpha gray16 rgb16 gray-alpha16 rgb-alpha16; do
        for orientation in 1 2 3 4 5 6 7 8; do
            $python png_of "turned/$kind-$orientation.png" $kind $orientation || complain "no PNG"
        done
    done
    expect 0 "$anew" -q 90 --quiet -m same.anew turned -o back
    for kind in gray rgb gray-alpha rgb-alpha gray16 rgb16 gray-alpha16 rgb-alpha16; do
        for orientation in 1 2 3 4 5 6 7 8; do
            $python turned "turned/$kind-$orientation.png" "back/$kind-${orientation}_x1.png" $orientation ||
                complain "$kind, orientation $orientation"
        done
    done
    # ---- colours ----
    expect 0 "$anew" -m same.anew --icc drop turned/rgb-1.png -o dropped.png
    expect 0 "$anew" info dropped.png
    grep -q profile out && complain "--icc drop kept the profile"
    refuse 2 'must be one of keep|drop' "$anew" --icc both turned/rgb-1.png
    if has LCMS; then
        printf 'P6 2 1 255\n\001\100\300\377\177\000' >two.ppm
        expect 0 "$anew" -m same.anew two.ppm -o two.png
        python3 - two.png linear.png <<'EOF'
import struct, sys, zlib
data = open(sys.argv[1], "rb").read()
body = b"gAMA" + struct.pack(">I", 100000)
open(sys.argv[2], "wb").write(data[:33] + struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body)) + data[33:])
EOF
        expect 0 "$anew" -m same.anew --to-srgb linear.png -o srgb.ppm
        # 1, 64, 192, 255, 127, 0 of linear light: 13, 137, 225, 255, 187, 0
        tail -c 6 srgb.ppm | od -An -tu1 | tr -s ' ' | grep -qE '^ 1[23] 13[678] 22[456] 255 18[678] [01]$' ||
            complain "linear light became $(tail -c 6 srgb.ppm | od -An -tu1)"
        expect 0 "$anew" -m same.anew --to-srgb linear.png -o srgb.png
        expect 0 "$anew" info srgb.png
        grep -qE '^gamma: *1$' out && complain "what is sRGB now says another gamma"
        refuse 1 'its colour profile' "$anew" -m same.anew --to-srgb turned/rgb-1.png -o no.png
    else
        echo "SKIP --to-srgb: lcms2 was left out of this build"
        refuse 1 'lcms2 was left out' "$anew" -m same.anew --to-srgb turned/rgb-1.png -o no.png
    fi
fi

# ---- how a result was made ----
$python pattern rgb pattern.pam
for format in PNG JPEG WEBP TIFF AVIF JXL; do
    has $format || continue
    name=$(echo $format | tr '[:upper:]' '[:lower:]')
    expect 0 "$anew" -s 0.5 -q 80 -t 1 pattern.pam -o "made.$name"
    expect 0 "$anew" info "made.$name"
    grep -qE 'made by: *anew [^ ]+ cpu=[^ ]+ model=photo-x4 sha256=[0-9a-f]{64} scale=0.5 quality=80$' out ||
        complain "$format does not say how it was made: $(cat out)"
    expect 0 "$anew" replay "made.$name" pattern.pam -o "again.$name" -t 2
    cmp -s "made.$name" "again.$name" || complain "$format: replay made other bytes"
    grep -q 'the same bytes' out || complain "replay does not say so: $(cat out)"
    for option in --strip --no-provenance; do
        expect 0 "$anew" $option pattern.pam -o "silent.$name" --force
        grep -aq 'model=' "silent.$name" && complain "$format: $option tells"
    done
    refuse 1 'does not say how it was made' "$anew" replay "silent.$name" pattern.pam -o again.x -f
    absent again.x
done
if has PNG; then
    expect 0 env ANEW_CPU=c "$anew" pattern.pam -o plain.png
    expect 0 "$anew" replay plain.png pattern.pam -o again.png -f
    expect 0 "$anew" -m same.anew pattern.pam -o own.png
    expect 0 "$anew" replay own.png pattern.pam -o again.png -f
    $python identity "$data/goldens/srvgg_tiny_x4/weights.safetensors" other.safetensors
    expect 0 "$convert" -q --force other.safetensors -o small/same.anew
    refuse 1 'another model than the result was made with' "$anew" replay -m small/same.anew own.png pattern.pam -o no.png
    absent no.png
    refuse 1 'other bytes than own.png' "$anew" replay --quiet own.png small.ppm -o again.png -f
    refuse 2 'name the file to be made by -o' "$anew" replay own.png pattern.pam
    # What an older or a later anew did, this one may not know.
    python3 - own.png odd.png <<'EOF'
import struct, sys, zlib
data = open(sys.argv[1], "rb").read()
at = data.index(b"tEXt")
length = struct.unpack(">I", data[at - 4:at])[0]
body = b"tEXtSoftware\0anew 9.9 sparkle=3"
open(sys.argv[2], "wb").write(data[:at - 4] + struct.pack(">I", len(body) - 4) + body +
                              struct.pack(">I", zlib.crc32(body)) + data[at + 8 + length:])
EOF
    refuse 1 'made with --sparkle 3, which this anew does not know' "$anew" replay odd.png pattern.pam -o no.png
fi
finish
