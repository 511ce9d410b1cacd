#!/bin/sh
# --report and --retry: counts, causes and names in both forms; what may pass is tried again, what may not is not; and
# where results go that cannot be written.
#
# Seen to fail by: a report's place that is tried at the end only, and a pipe that is opened for a trial (src/cli/final_report.c);
# ENOSPC that is no cause to try again, and a bad picture that is one (src/cli/cause.c).
. tests/cli/common.inc
"$convert" -q "$root/tests/data/goldens/srvgg_tiny_x4/weights.safetensors" -o "$scratch/tiny.anew" || exit 1
cp tests/data/small.ppm "$scratch"
cd "$scratch" || exit 1
schema() { # NAME: the lines of standard input fit it
    if command -v python3 >/dev/null 2>&1; then
        (cd "$root" && python3 tests/cli/json_lines.py "$1") || complain "$2"
    fi
}
has_line() { # FILE LINE
    grep -qx -- "$2" "$1" || complain "no '$2' in $(cat "$1")"
}

# Every cause that can be made here.
mkdir -p in results
for i in 1 2 3 4 5; do
    cp small.ppm in/p$i.ppm
done
head -c 40 small.ppm >in/cut.ppm
printf 'P6 99999 99999 255\n' >in/huge.ppm
echo mine >results/p5_x4.pnm
printf 'in/p%s.ppm\n' 1 2 3 4 5 >list
printf 'in/cut.ppm\nin/huge.ppm\nin/none.ppm\nin/cut.ppm/x.ppm\n' >>list
expect 1 "$anew" -m tiny.anew --list list -o results --format=pnm --report report.txt --retry 3
for line in 'pictures  *9' 'done  *4' 'failed  *5' 'left out  *0' 'pictures per second  *[0-9.]*' 'failed by bad picture 1' \
    'failed by too large  1' 'failed by not found  2' 'failed by argument  *1' 'failed: in/cut.ppm: .*cut.*'; do
    has_line report.txt "$line"
done
expect 1 "$anew" -m tiny.anew --list list -o results --format=pnm --report report.json --skip-existing
schema report "the report" <report.json
for part in '"pictures":9,"done":0,"failed":4,"skipped":5,"undone":0,"retries":0,"interrupted":false' \
    '"causes":{"bad picture":1,"too large":1,"not found":2}' '{"input":"in/none.ppm","cause":"not found","error":"in/none.ppm: cannot open'; do
    grep -qF -- "$part" report.json || complain "no '$part' in $(cat report.json)"
done
expect 0 "$anew" -m tiny.anew in/p1.ppm -o x.ppm --report report.json # replaces its own
grep -q '"pictures":1,"done":1' report.json || complain "a report on a report: $(cat report.json)"
cp small.ppm kept.txt
refuse 2 'kept.txt: exists and is no report' "$anew" -m tiny.anew in/p1.ppm -o y.ppm --report kept.txt
cmp -s kept.txt small.ppm || complain "something else was taken for a report"
absent y.ppm
expect 0 "$anew" -m tiny.anew in/p1.ppm -o y.ppm --report kept.txt --force
has_line kept.txt 'done  *1'
refuse 2 'must be a file' "$anew" -m tiny.anew in/p1.ppm -o z.ppm --report -
# Before any work: not after hours of it.
refuse 2 'report none/r.txt: cannot write: No such file' "$anew" --quiet -m tiny.anew in/p1.ppm -o z.ppm --report none/r.txt
refuse 2 'report in: is a folder' "$anew" --quiet -m tiny.anew in/p1.ppm -o z.ppm --report in
absent z.ppm
expect 0 "$anew" --quiet -m tiny.anew in/p1.ppm -o /dev/null --format pnm --report /dev/null
mkfifo waiting # whoever reads it gets the report, not the end of a trial
timeout 20 cat waiting >through &
expect 0 timeout -s KILL 20 "$anew" --quiet -m tiny.anew in/p1.ppm -o /dev/null --format pnm --report waiting
wait
has_line through 'done  *1'
refuse 2 'retry 101: must be a whole number from 0 to 100' "$anew" small.ppm --retry 101
refuse 2 'retry x: must be' "$anew" small.ppm --retry x

# A full disk: each try is told, then the failure; once there is room, it passes. A bad picture has one try.
mkdir full
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=64k none full 2>/dev/null; then
    dd if=/dev/zero of=full/filler bs=1024 count=60 2>/dev/null
    expect 1 "$anew" --json -m tiny.anew small.ppm in/cut.ppm --format=pnm -o full --retry 2 --report report.json
    schema event "events" <out
    [ "$(grep -c '"event":"retrying".*"cause":"disk full"' out)" -eq 2 ] || complain "tries: $(cat out)"
    [ "$(grep -c '"event":"retrying"' out)" -eq 2 ] || complain "tries: $(cat out)"
    grep -q '"retries":2.*"causes":{"bad picture":1,"disk full":1}' report.json || complain "report: $(cat report.json)"
    "$anew" --json -m tiny.anew small.ppm in/cut.ppm --format=pnm -o full --retry 9 --journal journal >out 2>err &
    job=$!
    sleep 0.6
    rm full/filler
    wait $job && complain "a bad picture beside it was done"
    grep -q '"event":"done","input":"small.ppm"' out || complain "no room is no room for ever: $(cat out)"
    [ "$(size full/small_x4.pnm)" = "80 64" ] || complain "what was tried again: $(ls -l full)"
    [ "$(ls -A full)" = small_x4.pnm ] || complain "left on a full disk: $(ls -A full)"
    # A journal on a full disk: the picture is not done without being written down.
    dd if=/dev/zero of=full/filler bs=1024 count=60 2>/dev/null
    dd if=/dev/zero of=full/filler2 bs=512 count=60 2>/dev/null
    refuse 1 'full/j: cannot write: No space' "$anew" --quiet -m tiny.anew small.ppm -o nowhere.ppm --journal full/j
    absent nowhere.ppm
    rm -f full/filler full/filler2
    expect 0 "$anew" -m tiny.anew small.ppm -o nowhere.ppm --journal full/j
    umount full
else
    echo "SKIP a full disk: no right to mount one"
fi
# Without a mount: a limit on files is a failure that does not pass by waiting.
refuse 1 'x2.ppm: cannot write: File too large' sh -c "ulimit -f 4; exec '$anew' -m tiny.anew small.ppm -o x2.ppm --retry 5"
if [ -c /dev/full ]; then
    expect 1 sh -c "'$anew' -m tiny.anew small.ppm --format=pnm -o - >/dev/full --retry 1"
    grep -q 'standard output: cannot write: No space left' err || complain "/dev/full: $(cat err)"
fi

# Names: not ASCII, not UTF-8, with a line's end, as long as a name may be, in a tree of long names; links round in a
# circle; folders that may not be written.
mkdir -p tree/a
cp small.ppm "$(printf 'tree/gr\337e.ppm')"
cp small.ppm 'tree/größe 写真.ppm'
cp small.ppm 'tree/a/two
lines.ppm'
long=$(printf '%0200d' 7)
mkdir -p "tree/$long/$long"
cp small.ppm "tree/$long/$long/$long.ppm"
ln -s ../a tree/a/round
ln -s loop tree/loop
ln -s ../small.ppm tree/link.ppm
expect 0 "$anew" -m tiny.anew tree -r --format=pnm -o mirrored --journal names --report report.txt
[ "$(find mirrored -type f -exec printf x \; | wc -c)" -eq 5 ] || complain "names: $(find mirrored -type f) $(cat err)"
[ -f "mirrored/$long/$long/${long}_x4.pnm" ] || complain "long names: $(find mirrored)"
[ -f "mirrored/a/two
lines_x4.pnm" ] || complain "a line's end in a name: $(find mirrored)"
grep -q 'tree/loop' err && complain "a link to itself has no ending of a picture: $(cat err)"
expect 0 "$anew" -m tiny.anew tree -r --format=pnm -o mirrored --journal names
grep -q '5 pictures: 0 done, 0 failed, 5 left out' out || complain "names in a journal: $(cat out)"
longer=$(printf '%0250d' 7).ppm
cp small.ppm "$longer"
expect 0 "$anew" -m tiny.anew "$longer" --format=pnm
[ "$(find . -name '000*~*_x4.pnm' | wc -l)" -eq 1 ] || complain "a name of 254 bytes: $(ls)"
finish
