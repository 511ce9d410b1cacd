#!/bin/sh
# run_one.sh - runs one test, a program or a script, for run.sh: what it says goes into a log of its own, and how it ended
# onto the terminal in one piece (several run at once) and into BUILD/results.
#
#   tests/run_one.sh TEST     with run.sh's environment; LIMIT, for emulators: after so many seconds it is given up, as a
#                             test that is skipped
set -u
name=$(basename "$1")
log=$BUILD/logs/$name.log
before=$(date +%s)
case $1 in
*.sh) ${LIMIT:+timeout "$LIMIT"} sh "$1" >"$log" 2>&1 ;;
*) ${LIMIT:+timeout "$LIMIT"} "$1" >"$log" 2>&1 ;;
esac
code=$?
if [ -n "${LIMIT:-}" ] && [ "$code" -eq 124 ]; then
    echo "SKIP $name: more than $LIMIT s in the emulator (LIMIT)" >"$log"
    code=0
fi
echo "$(($(date +%s) - before)) $name" >>"$BUILD/seconds"
word=ok skipped=
[ "$code" -eq 0 ] || word=FAIL
grep -q '^SKIP' "$log" && skipped=skipped
said="$word $1"
[ "$word" = ok ] || said="$said
$(tail -n 40 "$log")"
[ -z "$skipped" ] || said="$said
$(grep '^SKIP' "$log")"
printf '%s\n' "$said"
echo "$word $1 $skipped" >>"$BUILD/results"
