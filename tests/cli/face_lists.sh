#!/bin/sh
# --face-list, --face-exclude, --face-max-size, --aligned, --save-crops, --draw-faces, --face-strength: with faces that a
# list names and with networks that are known by hand (make_face_network.py), so that neither a detector nor published
# weights are needed.
#
# Seen to fail by: samples that go to the network as 0 .. 1, and that go and come back so (pipeline/faces.c); a list's
# strength, and --face-strength, not handed on; excluded areas and largest sizes not looked at (face_choice.c); a crop that
# is pasted in place of what changed in it; lists read without a look at members, at the picture's size, at where boxes are
# (face_lists.c); depth, and numbers that are infinite, not looked at (json_read.c); crops written over those that are
# there, and begun where one is in the way (face_files.c); nothing drawn (one_picture.c).
. tests/cli/common.inc
command -v python3 >/dev/null 2>&1 || {
    echo "SKIP python3 is absent"
    exit 0
}
python="python3 $root/tests/cli/face_knobs.py"
cd "$scratch" || exit 1
python3 "$root/tests/cli/metadata.py" identity "$data/goldens/srvgg_tiny_x4/weights.safetensors" identity.safetensors || exit 1
for network in "gray 0 0" "half 0.5 0.25" "other -1 0"; do
    # shellcheck disable=SC2086 # words on purpose
    set -- $network
    python3 "$root/tests/make_face_network.py" "$1.safetensors" 64 "$2" "$3" || complain "no network $1"
    expect 0 "$convert" -q "$1.safetensors" -o "$1.anew"
done
expect 0 "$convert" -q identity.safetensors -o identity.anew
same="-m identity.anew -s 1 --face-guard off"

# What the network gets and gives are samples from -1 to 1: half of that and a quarter more, by hand.
for pair in 0:96 200:196 255:223; do
    $python flat crop.ppm 64 64 ${pair%:*}
    expect 0 "$anew" --quiet --aligned --face-model half.anew crop.ppm -o mapped.ppm --force
    [ "$(tail -c 3 mapped.ppm | od -An -tu1 | tr -d ' \n')" = "${pair#*:}${pair#*:}${pair#*:}" ] ||
        complain "a gray of ${pair%:*} became $(tail -c 3 mapped.ppm | od -An -tu1), not ${pair#*:}"
done
# Of any size; as strongly as is asked for.
$python flat crop.ppm 300 300 200
expect 0 "$anew" --aligned --face-model half.anew --format pnm crop.ppm
[ "$(size crop_restored.ppm 2>/dev/null || size crop_restored.pnm)" = "64 64" ] || complain "aligned: $(cat out)"
expect 0 "$anew" --quiet --aligned --face-strength 0.5 --face-model half.anew crop.ppm -o mapped.ppm --force
[ "$(tail -c 1 mapped.ppm | od -An -tu1 | tr -d ' \n')" = 198 ] || complain "half of the way: $(tail -c 1 mapped.ppm | od -An -tu1)"
expect 0 "$anew" --json --aligned --face-model half.anew crop.ppm -o mapped.ppm --force
(cd "$root" && python3 tests/cli/json_lines.py event) <out || complain "--aligned --json: $(cat out)"
$python flat oblong.ppm 64 60 200
refuse 1 "oblong.ppm: has 64x60 pixels; an aligned crop is a square" "$anew" --aligned --face-model half.anew oblong.ppm -o no.ppm
refuse 2 "aligned needs --face-model" "$anew" --aligned crop.ppm -o no.ppm
refuse 2 "aligned and --faces exclude" "$anew" --aligned --faces --face-model half.anew crop.ppm -o no.ppm
refuse 2 "aligned and --scale exclude" "$anew" --aligned -s 2 --face-model half.anew crop.ppm -o no.ppm
refuse 2 "aligned and --sharpen exclude" "$anew" --aligned --sharpen 1 --face-model half.anew crop.ppm -o no.ppm
refuse 1 "restores no faces" "$anew" --aligned --face-model photo-x4 crop.ppm -o no.ppm

# Nothing at strength 0, farther the stronger; the list's strength in place of the option's.
photo_here
[ "$photo" = photo.ppm ] || expect 0 "$anew" --quiet -m identity.anew -s 1 "$photo" -o photo.ppm --force
$python list one.json 226 150 "110 75 40"
# shellcheck disable=SC2086
expect 0 "$anew" --quiet $same photo.ppm -o none.ppm
before=200
for strength in 0 0.25 0.5 0.75 1; do
    # shellcheck disable=SC2086
    expect 0 "$anew" --quiet $same --face-list one.json --face-model other.anew --face-strength $strength photo.ppm -o "$strength.ppm"
    expect 0 "$anew" compare none.ppm "$strength.ppm"
    psnr=$(sed -n 's/^PSNR: *\([0-9.]*\).*/\1/p' out)
    [ $strength = 0 ] && psnr=100
    awk "BEGIN { exit !(${psnr:-999} < $before) }" || complain "strength $strength is no farther than the one before: $(cat out)"
    before=$psnr
    $python list strong.json 226 150 "110 75 40 strength=$strength"
    # shellcheck disable=SC2086
    expect 0 "$anew" --quiet $same --face-list strong.json --face-model other.anew photo.ppm -o list.ppm --force
    cmp -s "$strength.ppm" list.ppm || complain "strength $strength of a list is another one"
done
cmp -s none.ppm 0.ppm || complain "strength 0 changes the picture"

# A face that is larger than the network's square keeps what the network cannot know.
$python stripes stripes.ppm
$python list large.json 800 800 "400 400 200"
# shellcheck disable=SC2086
expect 0 "$anew" --quiet $same stripes.ppm -o before.ppm
# shellcheck disable=SC2086
expect 0 "$anew" --quiet $same --face-list large.json --face-model gray.anew stripes.ppm -o after.ppm
$python chess before.ppm after.ppm || complain "a large face"

# Who is left alone, and why.
$python list three.json 226 150 "60 60 20" "150 70 40" "60 110 16 restore=false"
fates() {
    told=$1
    shift
    # shellcheck disable=SC2086
    expect 0 "$anew" --json $same --face-list three.json --face-model other.anew photo.ppm -o fates.ppm --force "$@"
    got=$(grep -o '"fate":"[a-z ]*"' out | cut -d'"' -f4 | tr '\n' ',')
    [ "$got" = "$told" ] || complain "$*: fates $got not $told"
    (cd "$root" && python3 tests/cli/json_lines.py event) <out || complain "--json: $(cat out)"
}
fates "restored,restored,not asked for,"
fates "restored,excluded,not asked for," --face-exclude 140,60,20,20
fates "excluded,excluded,excluded," --face-exclude 140,60,20,20 --face-exclude=0,0,100,150
fates "restored,too large,not asked for," --face-max-size 60
fates "too small,restored,too small," --face-min-size 60
cmp -s none.ppm fates.ppm && complain "nothing was restored"
fates "excluded,excluded,excluded," --face-exclude 0,0,226,150
cmp -s none.ppm fates.ppm || complain "excluded faces were changed"
refuse 2 "must be left, top, width and height" "$anew" --faces --face-exclude 1,2,3 photo.ppm
refuse 2 "must be left, top, width and height" "$anew" --faces --face-exclude 1,2,nan,4 photo.ppm
refuse 2 "must be left, top, width and height" "$anew" --faces --face-exclude 1,2,0,4 photo.ppm
refuse 2 "face-exclude needs --faces" "$anew" --face-exclude 1,2,3,4 photo.ppm
refuse 2 "face-max-size 0: must be a number from 1" "$anew" --faces --face-max-size 0 photo.ppm

# Nonsense in a list: one line that names file, place and cause, and no result.
bad() { # PATTERN TEXT
    printf '%s' "$2" >bad.json
    # shellcheck disable=SC2086
    refuse 1 "$1" "$anew" $same --face-list bad.json --face-model other.anew photo.ppm -o no.ppm
}
marks='"landmarks":[[90,60],[130,60],[110,80],[95,100],[125,100]]'
box='"box":[80,40,140,120]'
bad "bad.json: line 1, column 1: a value wanted, found 'x'" "x"
bad "bad.json: line 2, column 12: a value wanted, found 'N'" "{\"faces\":
 [{\"score\":NaN}]}"
bad "line 1, column 13: a value wanted, found ']'" '{"faces":[1,]}'
bad "line 1, column 13: ',' or '}' wanted, found the end" '{"faces":[]'" "
bad "a second member of the name \"faces\"" '{"faces":[],"faces":[]}'
bad "there is no member \"strenght\"; known are box|score" "{\"faces\":[{\"strenght\":1,$box,$marks}]}"
bad "strength is 2; it must be from 0 to 1" "{\"faces\":[{\"strength\":2,$box,$marks}]}"
bad "fidelity must be a number, not a string" "{\"faces\":[{\"fidelity\":\"1\",$box,$marks}]}"
bad "restore must be true or false, not null" "{\"faces\":[{\"restore\":null,$box,$marks}]}"
bad "a face without \"landmarks\"" "{\"faces\":[{$box}]}"
bad "landmarks has 4 points" "{\"faces\":[{$box,\"landmarks\":[[1,1],[2,2],[3,3],[4,4]]}]}"
bad "a landmark has 3 elements; it must have 2" "{\"faces\":[{$box,\"landmarks\":[[1,1],[2,2],[3,3],[4,4],[5,5,5]]}]}"
bad "the number is too large" "{\"faces\":[{$marks,\"box\":[1,2,3,1e999]}]}"
bad "box is 1e+300" "{\"faces\":[{$marks,\"box\":[1,2,3,1e300]}]}"
bad "and this one is empty" "{\"faces\":[{$marks,\"box\":[30,2,3,40]}]}"
bad "line 1, column 11: the box of face 1 lies outside of photo.ppm, which has 226x150" \
    "{\"faces\":[{$marks,\"box\":[230,2,240,40]}]}"
bad "these are faces of a picture of 640x480 pixels; photo.ppm has 226x150" '{"size":[640,480],"faces":[]}'
bad "bad.json: has no faces of photo.ppm" '{"path":"other.ppm","faces":[]}'
bad "schema is 2" '{"schema":2,"faces":[]}'
bad "more than 32 values within each other" "$(awk 'BEGIN { for (i = 0; i < 100000; i++) printf "[" }')"
bad "a character of UTF-8 wanted, found byte ff" "$(printf '{"path":"\377"}')"
bad "a value wanted, found byte 01" "$(printf '\001')"
head -c 20000000 /dev/zero | tr '\0' ' ' >bad.json
# shellcheck disable=SC2086
refuse 1 "bad.json: .*16777216" "$anew" $same --face-list bad.json --face-model other.anew photo.ppm -o no.ppm
# shellcheck disable=SC2086
refuse 1 "none.json" "$anew" $same --face-list none.json --face-model other.anew photo.ppm -o no.ppm
refuse 2 "face-list says itself which faces" "$anew" --faces=1 --face-list one.json --face-model other.anew photo.ppm
refuse 2 "faces=list and --output exclude" "$anew" --faces=list -o no.ppm photo.ppm
absent no.ppm

# Points that make no face, or one as large as a town, or all outside, do no harm.
for points in '[[4e6,4e6],[3999990,4e6],[3999995,3999995],[3999991,3999990],[3999999,3999990]]' \
    '[[-4e6,-4e6],[4e6,-4e6],[0,0],[-4e6,4e6],[4e6,4e6]]' '[[9,9],[9.00001,9],[9,9],[9,9],[9,9]]' \
    '[[9,9],[9,9],[9,9],[9,9],[9,9]]' '[[-1e5,100],[1e5,100],[0,1000],[-5000,30000],[5000,30000]]'; do
    echo "{\"faces\":[{\"landmarks\":$points,$box}]}" >odd.json
    # shellcheck disable=SC2086
    expect 0 "$anew" $same --face-list odd.json --face-model other.anew photo.ppm -o odd.ppm --force
    grep -Eq ' 1 face: 1 (restored|no clear face)$' out || complain "odd points: $(cat out)"
done

# By path, by name, or for any; one list for several pictures.
mkdir there
cp photo.ppm there/second.ppm
$python compact <three.json | sed 's/^{/{"path":"elsewhere\/second.ppm",/' >several.json
$python compact <one.json >>several.json
# shellcheck disable=SC2086
expect 0 "$anew" $same --face-list several.json --face-model other.anew photo.ppm there/second.ppm -o there --format pnm
grep -q '^photo.ppm.* 1 face: 1 restored' out || complain "several lists: $(cat out)"
grep -q '^there/second.ppm.* 3 faces: 2 restored, 1 not asked for' out || complain "several lists: $(cat out)"

# Crops: named after picture and number, side by side, never over others.
crops="--face-list three.json --face-model other.anew --save-crops crops"
# shellcheck disable=SC2086
expect 0 "$anew" --quiet $same $crops photo.ppm -o with.ppm
[ "$(find crops -type f | wc -l)" -eq 6 ] || complain "crops: $(ls crops)"
if has PNG; then
    for number in 1 2; do
        for kind in crop restored both; do # four times as large: each pixel repeated, and no other
            expect 0 "$anew" --quiet -m identity.anew crops/photo_${number}_$kind.png -o $kind.ppm --force
        done
        $python sides both.ppm crop.ppm restored.ppm || complain "crops of face $number"
    done
fi
# shellcheck disable=SC2086
refuse 1 "crops/photo_1_crop.$extension: exists; --force overwrites it" "$anew" $same $crops photo.ppm -o again.ppm
absent again.ppm
# shellcheck disable=SC2086
expect 0 "$anew" --quiet $same $crops photo.ppm -o with.ppm --force
# Nothing is begun where the last one of them is in the way.
mkdir late && cp crops/photo_2_both.* late
# shellcheck disable=SC2086
refuse 1 "late/photo_2_both.$extension: exists" "$anew" $same $crops --save-crops late photo.ppm -o again.ppm
[ "$(find late -type f | wc -l)" -eq 1 ] || complain "begun: $(ls late)"
rm crops/photo_2_both.*
echo kept >crops/photo_1_crop.$extension
# shellcheck disable=SC2086
expect 0 "$anew" --quiet $same $crops photo.ppm -o skipped.ppm --skip-existing
[ "$(cat crops/photo_1_crop.$extension)" = kept ] || complain "--skip-existing wrote over a crop"
[ -f crops/photo_2_both.$extension ] || complain "--skip-existing left out a crop that was not there"
refuse 2 "save-crops needs --faces" "$anew" --save-crops crops photo.ppm

# What is drawn is drawn beside the result.
# shellcheck disable=SC2086
expect 0 "$anew" --quiet $same --face-list one.json --face-model other.anew photo.ppm -o plain.ppm
# shellcheck disable=SC2086
expect 0 "$anew" --quiet $same --face-list one.json --face-model other.anew --draw-faces drawn.ppm photo.ppm -o result.ppm
cmp -s plain.ppm result.ppm || complain "--draw-faces draws into the result"
$python box drawn.ppm plain.ppm 70 27 150 131 || complain "--draw-faces"
# shellcheck disable=SC2086
refuse 1 "drawn.ppm: exists" "$anew" $same --face-list one.json --face-model other.anew --draw-faces drawn.ppm photo.ppm -o no.ppm
# shellcheck disable=SC2086
refuse 1 "the name tells no format" "$anew" $same --face-list one.json --face-model other.anew --draw-faces drawn photo.ppm -o no.ppm
if has JPEG; then
    printf 'P7\nWIDTH 2\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n' >clear.pam
    head -c 16 /dev/zero >>clear.pam
    echo '{"faces":[]}' >nobody.json
    # shellcheck disable=SC2086
    refuse 1 "drawn.jpg" "$anew" $same --face-list nobody.json --face-model other.anew --draw-faces drawn.jpg clear.pam -o no.ppm
fi
absent no.ppm
finish
