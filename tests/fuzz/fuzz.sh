#!/bin/sh
# fuzz.sh - runs clang's fuzzer on every target for SECONDS in all, from the seeds, the regressions and what
# earlier runs found to be new. An input that fails is left in build/fuzz/found, and belongs into
# tests/fuzz/regressions/TARGET once what it found is mended. An input counts as endless after a minute by the clock:
# where other work fills the machine, one that takes a millisecond may wait for ten seconds.
#
#   tests/fuzz/fuzz.sh SECONDS [TARGET...]
set -u
seconds=$1
shift
[ $# -gt 0 ] || set -- model safetensors pytorch pickle ncnn onnx png jpeg pnm webp bmp animation video metadata provenance options json
folder=build/fuzz
each=$((seconds / $#))
[ "$each" -ge 3 ] || each=3
export ASAN_OPTIONS="allocator_may_return_null=1:${ASAN_OPTIONS:-}"
mkdir -p "$folder/found"
python3 tests/fuzz/make_seeds.py "$folder/anew-convert" "$folder/seeds" || exit 1
failed=0
for target in "$@"; do
    corpus=$folder/corpus/$target
    log=$folder/fuzz_$target.log
    words=tests/fuzz/dictionaries/$target.dict
    mkdir -p "$corpus"
    regressions=tests/fuzz/regressions/$target
    [ -d "$regressions" ] || regressions=
    [ -f "$words" ] && words=-dict=$words || words=
    # shellcheck disable=SC2086 # words that may be absent
    if "$folder/fuzz_$target" $words -max_total_time="$each" -timeout=60 -rss_limit_mb=2048 -max_len=65536 \
        -print_final_stats=1 -artifact_prefix="$folder/found/$target-" "$corpus" "$folder/seeds/$target" $regressions \
        >"$log" 2>&1; then
        printf '%-12s %s\n' "$target" "$(grep -E '^#[0-9]+.*DONE' "$log")"
    else
        failed=1
        printf '%-12s FAILED; %s\n' "$target" "$(grep -E 'ERROR|Test unit written' "$log" | tail -n 2 | tr '\n' ' ')"
    fi
done
exit "$failed"
