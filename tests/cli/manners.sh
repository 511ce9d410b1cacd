#!/bin/sh
# How the program behaves with many pictures: folders, lists, what exists already, what fails, what is said.
. tests/cli/common.inc
cp tests/data/small.ppm "$scratch"
cd "$scratch" || exit 1
names() { # FOLDER: of the files in it, sorted, each followed by a blank
    (cd "$1" && find . -type f | sed 's/^..//' | LC_ALL=C sort | tr '\n' ' ')
}
has_json() { # NAME: the last output's lines fit the schema
    (cd "$root" && python3 tests/cli/json_lines.py "$1") <out || complain "--json: $1"
}

# A folder in, a folder out; what is no picture and what is hidden is left alone.
mkdir -p in/below
cp small.ppm in/b.ppm
cp small.ppm in/a.pnm
cp small.ppm in/below/c.ppm
cp small.ppm in/.hidden.ppm
echo notes >in/notes.txt
expect 0 "$anew" in --format=pnm
[ "$(names in_x4)" = "a_x4.pnm b_x4.pnm " ] || complain "a folder gives: $(ls in_x4)"
expect 0 "$anew" in/ -r -o deep/er --format=pnm
[ "$(names deep/er)" = "a_x4.pnm b_x4.pnm below/c_x4.pnm " ] ||
    complain "--recursive gives: $(find deep)"
cmp -s deep/er/below/c_x4.pnm in_x4/a_x4.pnm || complain "another result below"
refuse 1 'name a folder for the results' "$anew" .
refuse 1 'name a folder for the results' "$anew" in/..
refuse 2 'must be a folder for several' "$anew" in -o x.pnm
refuse 2 'must be a folder for several' "$anew" in -o -
ln -s . in/loop
expect 0 "$anew" in -r -o looped --format=pnm
[ "$(find looped -type f | wc -l)" -eq 3 ] || complain "a link to the folder itself gives: $(find looped)"
rm in/loop

# Going on: what exists is refused, left out, or done again.
rm in_x4/b_x4.pnm
expect 1 "$anew" in --format=pnm
grep -q '2 pictures: 1 done, 1 failed, 0 left out' err || complain "no summary: $(cat err)"
grep -q 'in_x4/a_x4.pnm: exists; --force overwrites it, --skip-existing leaves it' err || complain "said: $(cat err)"
rm in_x4/b_x4.pnm
echo kept >in_x4/a_x4.pnm
expect 0 "$anew" in --format=pnm --skip-existing
{ [ "$(cat in_x4/a_x4.pnm)" = kept ] && [ -s in_x4/b_x4.pnm ]; } || complain "--skip-existing: $(ls -l in_x4)"
grep -q '2 pictures: 1 done, 0 failed, 1 left out' out || complain "no summary: $(cat out)"
expect 0 "$anew" in --format=pnm --force
[ "$(cat in_x4/a_x4.pnm)" = kept ] 2>/dev/null && complain "--force did not overwrite"
refuse 2 'exclude each other' "$anew" in --force --skip-existing

# A list, from a file and from standard input, with the line ends of either system.
printf 'in/a.pnm\r\n\nin/b.ppm' >list
expect 0 "$anew" --list list -o listed --format=pnm
[ "$(find listed -type f | wc -l)" -eq 2 ] || complain "a list gives: $(ls listed)"
"$anew" --list - small.ppm -o piped --format=pnm <list >out 2>err || complain "a list from a pipe: $(cat err)"
[ "$(find piped -type f | wc -l)" -eq 3 ] || complain "a list from a pipe gives: $(ls piped)"

# Pictures that differ in their ending only do not overwrite each other.
mkdir twins
cp small.ppm twins/p.ppm
cp small.ppm twins/p.pnm
cp small.ppm twins/p-1.ppm
expect 0 "$anew" twins --format=pnm
[ "$(names twins_x4)" = "p-1_x4.pnm p_pnm_x4.pnm p_ppm_x4.pnm " ] || complain "twins give: $(ls twins_x4)"

# One bad picture among good ones: named, counted, the others done.
head -c 40 small.ppm >in/bad.ppm
expect 1 "$anew" in --format=pnm -o some
[ "$(names some)" = "a_x4.pnm b_x4.pnm " ] || complain "beside a bad picture: $(ls some)"
{ [ "$(grep -c . err)" -eq 2 ] && grep -q 'in/bad.ppm' err; } || complain "said: $(cat err)"

# A dry run says all and makes nothing.
expect 0 "$anew" --dry-run small.ppm -s 3
grep -qE '^small.ppm: 20x16 -> ./small_x3|^small.ppm: 20x16 -> small_x3.*: 60x48, about [0-9.]+ s, [0-9]+ MiB$' out ||
    complain "--dry-run says: $(cat out)"
[ "$(find . -name 'small_x3*' | wc -l)" -eq 0 ] || complain "--dry-run wrote a file"
expect 1 "$anew" -n in -o dry
absent dry

# For programs: lines that fit the schema.
expect 1 "$anew" --json in/a.pnm in/bad.ppm none.ppm -o some --format=pnm --skip-existing
has_json event
{ [ "$(grep -c '"event":"failed"' out)" -eq 2 ] && grep -q '"event":"skipped"' out && grep -q '"failed":2,"skipped":1' out; } ||
    complain "events: $(cat out)"
expect 0 "$anew" --json small.ppm -o json.ppm
has_json event
[ "$(wc -l <out)" -eq 2 ] || complain "events: $(cat out)"
expect 0 "$anew" --json -n small.ppm -o other.ppm
has_json event
expect 0 "$anew" --profile=json small.ppm -o profile.ppm
has_json profile
expect 0 "$anew" models --json
has_json models
expect 0 "$anew" info --json photo-x4
has_json info
expect 0 "$anew" info --json small.ppm
has_json info
expect 0 "$anew" explain --json --size 100x80
has_json explain
expect 0 "$anew" info small.ppm
grep -q '20x16 pixels' out || complain "info says: $(cat out)"

# Comparing. 1 of 255 everywhere is 48.13 dB; white against black is 0 dB.
printf 'P5\n12 12\n255\n%0144d' 0 >zeros.pgm
printf 'P5\n12 12\n255\n' >ones.pgm
printf '%0144d' 0 | tr 0 1 >>ones.pgm
expect 0 "$anew" compare zeros.pgm zeros.pgm
grep -q '^equal: all 144 samples$' out || complain "compare: $(cat out)"
expect 0 "$anew" compare zeros.pgm ones.pgm
{ grep -q 'differing:  144 of 144 samples (100 %), by 1 of 255 at most' out && grep -q '48.13 dB' out; } || complain "compare: $(cat out)"
expect 0 "$anew" compare --json zeros.pgm ones.pgm
has_json compare
expect 0 "$anew" compare --json zeros.pgm zeros.pgm
has_json compare
grep -q '"psnr":null' out || complain "compare: $(cat out)"
expect 0 "$anew" compare small.ppm ones.pgm
grep -q '^resampled:  the second picture from 12x12 to the 20x16 of the first$' out || complain "compare: $(cat out)"
expect 0 "$anew" compare --json small.ppm ones.pgm
has_json compare
grep -q '"b_size":\[12,12\],"resampled":true' out || complain "compare: $(cat out)"
expect 0 "$anew" compare small.ppm ones.pgm --sheet sheet.ppm --difference difference.ppm
[ "$(size difference.ppm)" = '20 16' ] || complain "the difference's size: $(size difference.ppm)"
[ "$(size sheet.ppm)" = '320 86' ] || complain "the sheet's size: $(size sheet.ppm)"
refuse 1 'sheet.ppm: exists; --force' "$anew" compare small.ppm ones.pgm --sheet sheet.ppm
expect 0 "$anew" compare small.ppm ones.pgm --sheet sheet.ppm --force
refuse 1 'is a picture that is compared' "$anew" compare small.ppm ones.pgm --force --difference small.ppm
refuse 1 'no format that is written' "$anew" compare small.ppm ones.pgm --sheet sheet.bmp
refuse 1 'name one file' "$anew" compare small.ppm ones.pgm --sheet both.ppm --difference both.ppm
absent both.ppm
refuse 2 'usage: anew compare' "$anew" compare small.ppm
refuse 2 'usage: anew info' "$anew" info

# Nothing of the progress in a pipe; on a terminal there is a bar, and it is wiped away.
grep -q '%' err && complain "progress in a pipe"
if command -v python3 >/dev/null; then
    python3 "$root/tests/cli/terminal.py" "$anew" >out 2>&1 || complain "on a terminal: $(cat out)"
fi

# Options belong to commands.
refuse 2 "is no option of 'anew models'" "$anew" models --size 3x3
refuse 2 "is no option of 'anew'" "$anew" small.ppm --size 3x3
refuse 2 'no shell that is known' "$anew" completion tcsh

# An answer that cannot be written is no answer.
# What is no file is written through and stays what it is: a file renamed over /dev/null would take its place.
mkfifo pipe
cat pipe >through &
expect 0 "$anew" small.ppm --quiet --format=pnm -o pipe
wait
expect 0 "$anew" small.ppm --quiet --format=pnm --force -o whole.pnm
{ [ -p pipe ] && cmp -s through whole.pnm; } || complain "a named pipe: $(ls -l pipe through)"
if mknod null c 1 3 2>mknod.err && : >null 2>mknod.err; then # root may, outside most containers
    expect 0 "$anew" small.ppm --quiet --format=pnm -o null --report null
    [ -c null ] || complain "a device was replaced: $(ls -l null)"
fi
[ ! -c /dev/null ] || expect 0 "$anew" small.ppm --quiet --format=pnm -o /dev/null --report /dev/null
[ -c /dev/null ] || complain "/dev/null was replaced: $(ls -l /dev/null)"
"$anew" small.ppm --quiet --format=pnm -o /dev/stdout >through 2>err || complain "/dev/stdout: $(cat err)"
cmp -s through whole.pnm || complain "/dev/stdout: other bytes"
[ -L /dev/stdout ] || complain "/dev/stdout was replaced"

# A pipe that nobody fills stops no run, however it was found; one that is named is read.
mkdir among
cp small.ppm among
mkfifo among/pipe.ppm
for words in '-r among' "'among/*.ppm'" '--list pipes'; do
    printf 'among/pipe.ppm\namong/small.ppm\n' >pipes
    rm -rf none
    sh -c "timeout 20 '$anew' $words -o none --quiet --format=pnm" >out 2>err
    { [ $? -eq 1 ] && grep -q '^anew: among/pipe.ppm: is no regular file$' err; } || complain "$words with a pipe: $(cat err)"
    [ "$(names none)" = 'small_x4.pnm ' ] || complain "$words with a pipe: $(names none)"
done
timeout 20 cat small.ppm >among/pipe.ppm &
expect 0 timeout 20 "$anew" among/pipe.ppm --quiet --format=pnm -o named.pnm
wait

# Names of as many bytes as there may be: results are shortened at a whole character, each keeps its own, and is found again.
mkdir long
stem=$(printf '%0240d' 0)
for end in aaaaaaaaaaa aaaaaaaaaab ; do
    cp small.ppm "long/$stem$end.ppm"
done
cp small.ppm "long/$(printf '%0234d' 0)üüüüüüüü.ppm"
cp small.ppm "long/$(printf '%0240d' 1)aaaa.ppm" # 255 bytes with _x4.pnm: as it is
expect 0 "$anew" -r long --quiet --format=pnm -o longer
[ "$(find longer -type f | wc -l)" -eq 4 ] || complain "long names: $(ls longer)"
[ -f "longer/$(printf '%0240d' 1)aaaa_x4.pnm" ] || complain "a name that just fits: $(ls longer)"
find longer -type f | while read -r path; do
    printf '%s' "$path" | iconv -f UTF-8 -t UTF-8 >through 2>&1 || echo "$path"
done >torn
[ ! -s torn ] || complain "torn characters: $(cat torn)"
expect 0 "$anew" -r long --format=pnm -o longer --skip-existing
grep -q ' 4 left out' out || complain "long names, again: $(cat out err)"

# What comes while a picture is on its way is as safe as what was there before.
printf mine >mine
refuse 1 'late.ppm: exists' sh -c "{ sleep 1; cp mine late.ppm; cat small.ppm; } | '$anew' --quiet - -o late.ppm"
cmp -s mine late.ppm || complain "late.ppm was overwritten"
"$anew" --quiet --force - -o late.ppm <small.ppm || complain "--force"
cmp -s mine late.ppm && complain "late.ppm was left, with --force"

if [ -c /dev/full ]; then
    expect 1 sh -c "'$anew' models >/dev/full"
    grep -q 'standard output: cannot write' err || complain "a full device: $(cat err)"
fi
finish
