#!/bin/sh
# --affinity: which lists are understood, and that the kernel keeps the threads to them (affinity.py).
#
# Seen to fail by: no call of anew_affinity_take by workers (src/core/parallel.c), a leader that does not give its
# processor back, a list that is neither set for the first thread (src/core/affinity.c) nor counted (processors.c).
. tests/cli/common.inc
cp tests/data/small.ppm "$scratch"
cd "$scratch" || exit 1
if [ "$(uname -s)" != Linux ]; then
    refuse 2 'a program cannot choose its processors' "$anew" small.ppm --affinity auto
    finish
    exit
fi
for bad in '' x '0,' ',0' '0-' 3-2 0x1 -1 0,99999999999999999999 auto,0; do
    refuse 2 "--affinity $bad: must be none, auto, or processors like 0,2-3" "$anew" small.ppm "--affinity=$bad"
done
refuse 2 'may not use processor 1023' "$anew" small.ppm --affinity 1023,0
refuse 2 "is no option of 'anew info'" "$anew" info small.ppm --affinity auto
expect 0 "$anew" small.ppm -o plain.ppm
expect 0 "$anew" small.ppm -o none.ppm --affinity none
expect 0 "$anew" small.ppm -o auto.ppm --affinity auto
for name in none auto; do
    cmp -s plain.ppm $name.ppm || complain "--affinity $name changes the picture"
done
if command -v python3 >/dev/null 2>&1; then
    expect 0 "$anew" --quiet small.ppm --width 300 --height 280 -o large.ppm
    python3 "$root/tests/cli/affinity.py" "$anew" large.ppm || complain "threads and processors"
else
    echo "SKIP threads and processors: python3 is absent"
fi
finish
