#!/bin/sh
# --profile: a table that a person can read, and the same numbers for programs.
#
# Seen to fail by: groups that ignore the output channels, bytes without the weights, a list without the last group, a
# step that the report does not describe, and one row too few for the steps, and a
# sum without the first line.
. tests/cli/common.inc
if ! command -v python3 >/dev/null 2>&1; then
    echo "SKIP profile: python3 is absent"
    exit 0
fi
cp tests/data/small.ppm "$scratch"
"$convert" -q tests/data/goldens/rrdb_tiny_x4/weights.pth -o "$scratch/rrdb.anew" || complain "no RRDB"
cd "$scratch" || exit 1

# FILE ARGUMENTS...: both forms of one run.
profiles() {
    expect 0 "$anew" --force --profile "$@" small.ppm -o p.ppm
    cp out table
    expect 0 "$anew" --force --profile=json "$@" small.ppm -o p.ppm
    tail -n 1 out >json
    (cd "$root" && python3 tests/cli/json_lines.py profile) <json || complain "the schema: $*"
    python3 "$root/tests/cli/profile.py" json table || complain "$*: $(cat table)"
}
profiles
profiles -m ./rrdb.anew
profiles -m ./rrdb.anew --band 2
profiles -m ./rrdb.anew --band 4 --strip-width 8 --threads 1
profiles --exact --plan=nofuse

# Where no network is run, there is none to tell of.
for how in --verbose --profile; do
    expect 0 "$anew" --force $how --strength 0 small.ppm -o p.ppm
    { grep -q 'no network was run' out && ! grep -q 'null' out; } || complain "$how --strength 0: $(cat out)"
done
expect 0 "$anew" --force --profile=json --strength 0 small.ppm -o p.ppm
tail -n 1 out | (cd "$root" && python3 tests/cli/json_lines.py profile) || complain "--profile=json --strength 0: $(cat out)"

# Every step by itself.
expect 0 "$anew" -v small.ppm -o v.ppm
[ "$(grep -c ' 1   *64 -> 64 ' out)" -eq 16 ] || complain "--verbose does not name each step: $(cat out)"
finish
