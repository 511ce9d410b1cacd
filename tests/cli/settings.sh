#!/bin/sh
# Presets, the environment and the config file: which of them counts, what is wrong in them said with its line, what is
# saved is what was given.
#
# Seen to fail by: the config file read before the environment, a group's other option not counted as decided, a preset
# that takes what the command line has said, lines counted from 0, --no-config without effect, flags that are always
# yes, an embedded preset that is not its file, --save-preset that overwrites.
. tests/cli/common.inc
cp tests/data/small.ppm "$scratch" # 20 x 16
cd "$scratch" || exit 1
export XDG_CONFIG_HOME="$scratch/xdg"
mkdir -p xdg/anew/presets
config=$scratch/xdg/anew/config

# gives SIZE COMMAND...
gives() {
    pixels=$1
    shift
    expect 0 "$@" --quiet --force small.ppm -o x.ppm
    [ "$(size x.ppm)" = "$pixels" ] || complain "$* gives $(size x.ppm), not $pixels"
}

# One of them each.
gives "80 64" "$anew"
printf '# mine\n\n  scale =  2 \n' >"$config"
gives "40 32" "$anew"
gives "80 64" "$anew" --no-config
gives "80 64" env ANEW_NO_CONFIG=yes "$anew"
gives "60 48" env ANEW_SCALE=3 "$anew"
printf 'scale = 1.5\n' >mine.preset
gives "30 24" "$anew" --preset mine.preset
gives "30 24" env ANEW_SCALE=3 "$anew" --preset ./mine.preset
gives "20 16" env ANEW_SCALE=3 "$anew" --preset mine.preset -s 1
# Another way to say the size counts as having said it.
gives "10 8" "$anew" --width 10
gives "10 8" env ANEW_SCALE=3 "$anew" --preset mine.preset --fit 10x10
gives "50 40" env ANEW_FIT=50x50 "$anew"
printf 'width = 33\n' >"$config"
gives "33 8" "$anew" --height 8
gives "100 80" env ANEW_DPI=200 "$anew" --print .5in
: >"$config"
gives "80 64" "$anew"
rm "$config"
mkdir -p home/.config/anew
echo "scale = 2" >home/.config/anew/config
gives "40 32" env -u XDG_CONFIG_HOME HOME="$scratch/home" "$anew"

# One's own preset counts before the program's of that name.
printf 'scale = 5\n' >xdg/anew/presets/photo.preset
gives "100 80" "$anew" --preset photo
rm xdg/anew/presets/photo.preset
gives "80 64" "$anew" --preset photo

# Flags, and options of other commands.
printf 'strip = no\nquiet = yes\njson = off\n' >"$config"
expect 0 "$anew" --force small.ppm -o x.ppm
[ ! -s out ] || complain "quiet = yes: said $(cat out)"
expect 0 env ANEW_QUIET=0 "$anew" --force small.ppm -o x.ppm
[ -s out ] || complain "ANEW_QUIET=0 does not count before the config file"
expect 0 "$anew" --force --quiet=no small.ppm -o x.ppm
[ -s out ] || complain "--quiet=no does not count before the config file"
rm "$config"
expect 0 "$anew" --quiet small.ppm -o plain.ppm
printf 'faithful = yes\nscratches = auto\n' >"$config"
expect 0 "$anew" --quiet small.ppm -o x.ppm --force
cmp -s plain.ppm x.ppm && complain "faithful has no effect"
expect 0 "$anew" --quiet --faithful=no --scratches off small.ppm -o x.ppm --force
cmp -s plain.ppm x.ppm || complain "--faithful=no and --scratches off do not count"
expect 0 env ANEW_FAITHFUL=off ANEW_SCRATCHES=no "$anew" --quiet small.ppm -o x.ppm --force
cmp -s plain.ppm x.ppm || complain "ANEW_FAITHFUL=off and ANEW_SCRATCHES=no do not count"
refuse 2 'strip is said to be on and off' "$anew" --strip --strip=no small.ppm
refuse 2 'strip is said to be on and off' "$anew" --strip=no --strip small.ppm
printf 'quiet = yes\nstrip = no\n' >"$config"
expect 0 "$anew" info small.ppm
expect 0 "$anew" completion bash
cmp -s out "$root/completions/anew.bash" || complain "a config file changes the completion"

# wrong TEXT LINE: what is wrong in a config file, in one line with its place.
wrong() {
    printf '# first\n%s\n' "$1" >"$config"
    refuse 2 "^anew: .*/xdg/anew/config:2: $2" "$anew" small.ppm -o none.ppm
    expect 0 "$anew" --help
    expect 0 "$anew" --no-config --force small.ppm --quiet -o x.ppm
}
wrong 'quality = 200' 'quality = 200: must be a whole number from 1 to 100'
wrong 'format = pdf' 'format = pdf: must be one of png|jpeg'
wrong 'sclae = 2' "'sclae' is no option; see anew --help"
wrong 'scale 2' "'scale 2' must be 'option = value'"
wrong 'scale =' "'scale' has no value"
wrong 'strip = perhaps' 'strip = perhaps: must be yes or no'
wrong 'preset = web' "'preset' is an option of the command line only"
wrong 'print = 12x8' 'print = 12x8: must be a size on paper'
wrong 'fit = 12' 'fit = 12: must be two whole numbers'
printf 'scale = 2\nfit = 10x10\n' >"$config"
refuse 2 'scale and --fit exclude each other' "$anew" small.ppm -o none.ppm
rm "$config"
printf 'a\0b = 2\n' >"$config"
refuse 2 'config: is no text' "$anew" small.ppm -o none.ppm
rm "$config"
mkdir "$config"
refuse 2 'config: is a folder' "$anew" small.ppm -o none.ppm
rmdir "$config"
refuse 2 'ANEW_QUALITY=0: must be a whole number' env ANEW_QUALITY=0 "$anew" small.ppm -o none.ppm
refuse 2 'ANEW_STRIP=perhaps: must be yes or no' env ANEW_STRIP=perhaps "$anew" small.ppm -o none.ppm
refuse 2 'none.preset: cannot open' "$anew" --preset none.preset small.ppm -o none.ppm
refuse 2 'preset none: must be one of photo|portrait|' "$anew" --preset none small.ppm -o none.ppm
absent none.ppm

# What the program has is what stands in presets/, it parses, and all of it is named.
names=$(find "$root/presets" -name '*.preset' -exec basename {} .preset \; | sort)
[ "$(echo "$names" | wc -l)" -ge 8 ] || complain "presets: $names"
for name in $names; do
    expect 0 "$anew" --preset "$name" --save-preset "one-$name.preset"
    expect 0 "$anew" --preset "$root/presets/$name.preset" --save-preset "two-$name.preset"
    cmp -s "one-$name.preset" "two-$name.preset" || complain "the program's '$name' is not presets/$name.preset"
    [ "$(grep -vc '^#' "one-$name.preset")" = "$(grep -vc '^#' "$root/presets/$name.preset")" ] ||
        complain "$name: $(cat "one-$name.preset")"
    head -1 "$root/presets/$name.preset" | grep -q "^# $name: " || complain "presets/$name.preset does not say what it is for"
    grep -q "\`$name\`" "$root/docs/presets.md" || complain "docs/presets.md does not name $name"
    expect 0 "$anew" -n --preset "$name" --format pnm --max-bytes 100M --force small.ppm -o x.ppm
done
expect 0 "$anew" --preset product -n --format pnm --max-bytes 100M small.ppm
grep -q ': 2400x1920' out || complain "product: $(cat out)"
if has WEBP; then
    expect 0 "$anew" -m photo-x4 --preset web --fit 100x100 small.ppm
    [ -s small_fit100x100.webp ] || complain "web: $(ls)"
fi

# What is saved is what was given, of the command line and its preset, and gives the same picture.
expect 0 env ANEW_THREADS=1 "$anew" --quiet --preset mine.preset --resample=mitchell --strip -q 70 --force --faithful \
    --save-preset saved.preset small.ppm -o first.ppm
printf 'scale = 1.5\nfaithful = yes\nquality = 70\nresample = mitchell\nstrip = yes\n' >want
grep -v '^#' saved.preset | sort >got
sort want | cmp -s - got || complain "saved: $(cat saved.preset)"
expect 0 "$anew" --quiet --preset saved.preset small.ppm -o second.ppm
cmp -s first.ppm second.ppm || complain "a saved preset gives another picture"
refuse 2 'saved.preset: exists; --force' "$anew" -s 2 --save-preset saved.preset
expect 0 "$anew" -s 2 --force --save-preset saved.preset
[ "$(grep -v '^#' saved.preset)" = "scale = 2" ] || complain "overwritten: $(cat saved.preset)"
refuse 2 'cannot write' "$anew" -s 2 --save-preset /no/such/folder/x.preset
finish
