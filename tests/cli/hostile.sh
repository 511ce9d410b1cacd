#!/bin/sh
# Hostile input and hostile surroundings: damaged files cut at every byte and with numbers at their extremes, bombs,
# pictures of one row; full disks, folders that may not be written, inputs that shrink or vanish, kills and signals.
#
# Seen to fail by: SIGXFSZ left to kill in src/core/file.c, the limit on scans taken
# out of src/image/image_jpeg.c, the size check taken out of src/image/image_pnm.c, control characters and long names
# left as they are in src/core/status.c, files that are read whole whatever their kind, texts of a PNG that are inflated to their end, and outputs that have a name
# from the beginning.
. tests/cli/common.inc
cp tests/data/small.ppm "$scratch"
model=$root/tests/data/goldens/srvgg_tiny_x4/weights.safetensors
cd "$scratch" || exit 1
"$convert" -q "$model" -o tiny.anew || exit 1

# ---- files ----
if command -v python3 >/dev/null 2>&1; then
    python3 "$root/tests/fuzz/make_seeds.py" "$convert" seeds || complain "no seeds"
    for part in cuts fields bombs sizes; do
        mkdir "$part"
        (cd "$part" && python3 "$root/tests/cli/hostile.py" "$part" "$anew" "$convert" ../seeds) || complain "$part"
    done
else
    echo "SKIP damaged files: python3 is absent"
fi
printf 'P6 1 1 255\nabc' >"line
two.ppm"
refuse 1 'line?two.ppm: damaged' sh -c "printf 'P6 9 9 255\n' >'line
two.ppm'; '$anew' 'line
two.ppm' -o x.ppm"
long=$(printf '%0240d' 1)
mkdir -p "$long/$long/$long"
refuse 1 'No such file' "$anew" "$long/$long/$long/none.ppm" -o x.ppm
[ "$(wc -c <err)" -lt 600 ] || complain "a line of $(wc -c <err) bytes"

# Files without an end are not read to the end of memory.
if [ -c /dev/zero ]; then
    refuse 1 '/dev/zero: not a PNG' "$anew" /dev/zero -o x.ppm
    refuse 1 '/dev/zero: not a model' "$anew" -m /dev/zero small.ppm -o x.ppm
    refuse 1 '/dev/zero: neither' "$convert" /dev/zero -o x.anew
    refuse 1 'anew: standard input: not a PNG' sh -c "yes | '$anew' - -o x.ppm"
fi

# ---- where results go ----
mkdir full
expect 0 "$anew" --quiet small.ppm -s 16 -o big.ppm
expect 0 "$anew" --quiet -m tiny.anew big.ppm -o whole.ppm
blocks=$(($(wc -c <whole.ppm) / 1024))
refuse 1 'full/x.ppm: cannot write: File too large' sh -c "ulimit -f $blocks; '$anew' -m tiny.anew big.ppm -o full/x.ppm"
refuse 1 'full/x.anew: cannot write: File too large' sh -c "ulimit -f 4; '$convert' '$model' -o full/x.anew"
[ -z "$(ls -A full)" ] || complain "a limit on files left $(ls -A full)"
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=64k none full 2>/dev/null; then
    # What is known before work starts, and what is found out while writing.
    refuse 1 'full/x.ppm: 1280x1024 pixels take 3.9 MB, and its disk has 0.1 MB left' "$anew" -m tiny.anew big.ppm -o full/x.ppm
    has PNG && refuse 1 'full/x.png: .* take at least about 0.8 MB' "$anew" -m tiny.anew big.ppm -o full/x.png
    has JPEG && refuse 1 'full/x.jpg: cannot write: No space left' "$anew" -m tiny.anew big.ppm -q 100 -o full/x.jpg
    mount -o remount,size=1m full
    has PNG && refuse 1 'full/x.png: cannot write: No space left' "$anew" -m tiny.anew big.ppm -o full/x.png
    [ -z "$(ls -A full)" ] || complain "a full disk left $(ls -A full)"
    umount full
else
    echo "SKIP a full disk: no right to mount one"
fi

# A user who is not root, since root may write everywhere.
mkdir locked && cp small.ppm tiny.anew locked && chmod 755 "$scratch" locked && chmod 644 locked/* small.ppm
user=
[ "$(id -u)" -ne 0 ] || user="setpriv --reuid=65534 --regid=65534 --clear-groups"
[ -n "$user" ] || chmod 555 locked
# shellcheck disable=SC2086 # words on purpose
if [ "$(id -u)" -ne 0 ] || { command -v setpriv && $user "$anew" --version; } >/dev/null 2>&1; then
    refuse 1 'locked/x.ppm: cannot write: Permission denied' $user "$anew" -m tiny.anew small.ppm -o locked/x.ppm
    refuse 1 'locked/small_x4.*: cannot write: Permission denied' $user "$anew" -m locked/tiny.anew locked/small.ppm
    chmod 000 locked/small.ppm
    refuse 1 'locked/small.ppm: cannot open: Permission denied' $user "$anew" -m tiny.anew locked/small.ppm -o x.ppm
    [ "$(find locked -type f | wc -l)" -eq 2 ] || complain "left in a locked folder: $(ls locked)"
else
    echo "SKIP a folder that may not be written: no way to be another user than root"
fi
[ "$(id -u)" -eq 0 ] || chmod 755 locked

# ---- inputs that change while they are read ----
expect 0 "$anew" --quiet -m tiny.anew big.ppm -s 8 -o wide.ppm
for how in ": >changing.ppm" "truncate -s 100000 changing.ppm" "rm changing.ppm" "mv small_copy.ppm changing.ppm"; do
    for pause in 0 0.002 0.01; do
        cp wide.ppm changing.ppm
        cp small.ppm small_copy.ppm
        "$anew" --quiet --force -m tiny.anew changing.ppm -s 1 -o y.ppm 2>err &
        job=$!
        sleep "$pause"
        sh -c "$how"
        wait $job
        code=$?
        if [ "$code" -eq 1 ]; then
            [ "$(wc -l <err)" -eq 1 ] || complain "$how after $pause s: $(cat err)"
            grep -q 'changing.ppm: ' err || complain "$how after $pause s: $(cat err)"
        elif [ "$code" -ne 0 ]; then
            complain "$how after $pause s: exit code $code: $(cat err)"
        fi
        rm -f y.ppm
    done
done

# ---- kills and signals in the middle ----
# What is written meanwhile is not yet called x.ppm; a kill that nobody can catch does not hinder the next run.
mkdir killed
"$anew" --quiet --exact --threads 1 wide.ppm -o killed/x.ppm &
job=$!
sleep 0.5
kill -9 $job
wait $job 2>/dev/null
absent killed/x.ppm
if python3 -c 'import os; os.open("killed", os.O_TMPFILE | os.O_WRONLY)' 2>/dev/null; then
    [ -z "$(ls -A killed)" ] || complain "a kill left $(ls -A killed)"
else
    echo "SKIP what a kill leaves: this file system has no files without names"
    rm -f killed/*.tmp
fi
expect 0 "$anew" --quiet -m tiny.anew big.ppm -o killed/x.ppm
cmp -s killed/x.ppm whole.ppm || complain "a run after a kill gives something else"
rm -rf killed
for signal in TERM INT HUP PIPE; do
    mkdir stopped
    "$anew" --quiet --exact --threads 1 wide.ppm -o stopped/x.ppm 2>err &
    job=$!
    sleep 0.4
    kill -$signal $job
    wait $job
    code=$?
    [ "$code" -ge 129 ] || complain "SIG$signal: exit code $code"
    [ -z "$(ls -A stopped)" ] || complain "SIG$signal left $(ls -A stopped)"
    rm -rf stopped
done
# A reader of standard output that goes away.
"$anew" --quiet -m tiny.anew wide.ppm --format=pnm -o - 2>err | head -c 100 >/dev/null
[ "$(wc -l <err)" -le 1 ] || complain "a pipe that breaks: $(cat err)"
[ -z "$(find . -name '*.tmp')" ] || complain "left: $(find . -name '*.tmp')"

finish
