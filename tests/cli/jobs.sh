#!/bin/sh
# Several pictures at once (--jobs): the files, messages, events and exit code of one at a time.
#
# Seen to fail by: no order of pictures that share a name, no second try alone where a part of the memory is too small,
# the threads' part left at all of them and memory_parts at 1 (src/cli/batch.c, checked by tests/check_jobs.c too), an
# event printed without the screen's mutex, a loop over pictures that ends with the first failure.
. tests/cli/common.inc
cp tests/data/small.ppm "$scratch"
cd "$scratch" || exit 1

# Pictures of several sizes and formats, two of them bad.
mkdir -p in/below
photo_here
for i in 1 2 3 4 5 6; do
    expect 0 "$anew" --quiet small.ppm --width $((7 + 23 * i)) --height $((60 - 7 * i)) -o "in/p$i.ppm"
    cp small.ppm "in/below/s$i.ppm"
done
cp $photo in/
head -c 60 small.ppm >in/cut.ppm
echo no picture >in/below/text.ppm
printf 'P7\nWIDTH 2\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nabc\377def\377' >in/alpha.pam

# What was said, in one order and without times.
told() { # FILE
    sed 's/, [0-9.]* s$//; s/; [0-9.]* s$//; s/"seconds":[0-9.]*/"seconds":0/' "$1" | LC_ALL=C sort
}
expect 1 "$anew" in -r -o one --format pnm --jobs 1 --threads 2
told out >out.one
told err >err.one
expect 1 "$anew" --json in -r -o one --format pnm --jobs 1 --force
told out >json.one
[ "$(find one -type f | wc -l)" -eq 14 ] || complain "one at a time gives $(find one -type f)"
for jobs in 2 3 7 auto; do
    expect 1 "$anew" in -r -o many --format pnm --jobs $jobs --threads 2
    sed 's/many/one/' out >renamed
    told renamed | cmp -s - out.one || complain "--jobs $jobs says: $(cat out)"
    told err | sed 's/many/one/' | cmp -s - err.one || complain "--jobs $jobs complains: $(cat err)"
    diff -r one many >differences 2>&1 || complain "--jobs $jobs: $(head -n 3 differences)"
    expect 1 "$anew" --json in -r -o many --format pnm -j $jobs --force
    sed 's/many/one/' out >renamed
    told renamed | cmp -s - json.one || complain "--json --jobs $jobs says: $(cat out)"
    (cd "$root" && python3 tests/cli/json_lines.py event) <out || complain "--json --jobs $jobs: no events"
    tail -n 1 out | grep -q '"event":"summary"' || complain "--json --jobs $jobs: the summary is not last"
    diff -r one many >differences 2>&1 || complain "--json --jobs $jobs: $(head -n 3 differences)"
    rm -r many
done

# Pictures that have to do with one another go in their order: the second one's result exists by then, a result is the
# next picture, by another spelling of its folder and through a link.
mkdir ordered linked
for i in 1 2 3 4 5; do
    rm -rf ordered/*
    cp in/p6.ppm ordered/a.ppm
    expect 1 "$anew" -s 2 --format pnm ordered/a.ppm ordered/a.ppm ordered/../ordered/a_x2.pnm --jobs 3
    { [ "$(wc -l <err)" -eq 2 ] && grep -q 'ordered/a_x2.pnm: exists' err; } || complain "the same twice: $(cat err)"
    [ "$(size ordered/a_x2_x2.pnm)" = "580 72" ] || complain "a result as picture: $(ls -l ordered)"
    rm ordered/*_x2.pnm
    ln -sf ../ordered/a_x2.pnm linked/b.pnm
    expect 0 "$anew" -s 2 --format pnm ordered/a.ppm linked/b.pnm --jobs 2
    [ "$(size linked/b_x2.pnm)" = "580 72" ] || complain "a result through a link: $(cat err)"
    rm linked/*
done

# A budget of which a part is too small for a picture: it is done alone. One that is too small at all is told as ever.
"$anew" --memory 1K --exact $photo -o none.ppm 2>err && complain "1 KB was enough"
least=$(sed -n 's/.*smallest that would do is \([0-9]*\) MiB.*/\1/p' err)
cp $photo "2$photo"
for jobs in 1 2; do
    expect 0 "$anew" --memory "${least}M" --exact $photo "2$photo" small.ppm -o "budget$jobs" --format pnm --jobs $jobs --threads 2
    expect 1 "$anew" --memory 1K --exact $photo "2$photo" small.ppm -o "budget$jobs" --format pnm --jobs $jobs --force --threads 2
    told err >"err.$jobs"
done
diff -r budget1 budget2 >differences 2>&1 || complain "with little memory: $(cat differences)"
diff err.1 err.2 >differences || complain "with too little memory: $(cat differences)"

# A stream among others; what cannot be.
expect 0 sh -c "'$anew' - in/p1.ppm in/p2.ppm -o streamed --format pnm --jobs 2 <small.ppm"
cmp -s streamed/stdin_x4.pnm one/below/s1_x4.pnm || complain "a stream beside others: $(ls streamed)"
refuse 2 'jobs 0: must be a whole number from 1 to 64, or auto' "$anew" small.ppm --jobs 0
refuse 2 'jobs few: must be' "$anew" small.ppm --jobs few
refuse 2 'jobs 2 and --profile exclude each other' "$anew" small.ppm --jobs 2 --profile

# A large result is encoded by a thread of its own where the network has several: the same bytes, the same failures.
formats=pnm
has PNG && formats="$formats png"
has JPEG && formats="$formats jpg"
has WEBP && formats="$formats webp"
for format in $formats; do
    for threads in 1 2; do
        expect 0 "$anew" $photo --width 1500 --threads $threads -o "large$threads.$format"
    done
    cmp -s "large1.$format" "large2.$format" || complain "an encoder behind gives another $format"
    for threads in 1 2; do
        # shellcheck disable=SC3045 # dash and bash have it
        (ulimit -f 20 && exec "$anew" $photo --width 1500 --threads $threads --force -o "full.$format") 2>"full.$threads" &&
            complain "$format: no failure where the disk is full"
        absent "full.$format"
    done
    cmp -s full.1 full.2 || complain "$format: a full disk is told as $(cat full.2), not $(cat full.1)"
done

# Stopped in the middle: whole results or none, no temporary file, and nothing is said of it.
for i in 1 2 3 4 5 6; do
    cp $photo "in/more$i.${photo#photo.}"
done
expect 1 "$anew" --exact in -o whole --format pnm --jobs 1
for signal in INT TERM; do
    for pause in 0.02 0.15 0.4; do
        rm -rf stopped
        "$anew" --quiet --exact in -o stopped --format pnm --jobs 3 2>err &
        job=$!
        sleep $pause
        kill -$signal $job 2>/dev/null || echo "SKIP $signal after $pause s: done already"
        wait $job
        code=$?
        case $code in 1 | 130 | 143) ;; *) complain "$signal after $pause s: exit code $code" ;; esac
        [ $code -eq 1 ] || ! grep -v 'in/cut.ppm' err || complain "$signal after $pause s: $(cat err)"
        mkdir -p stopped
        (cd stopped && find . -type f) >left
        while read -r name; do
            cmp -s "stopped/$name" "whole/$name" || complain "$signal after $pause s: $name is not whole"
        done <left
    done
done
finish
