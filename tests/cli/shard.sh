#!/bin/sh
# --shard: shards share a list out, each picture to one of them, the same one on every machine and in every folder;
# numbers of Slurm's and Kubernetes' variables; patterns that no shell has expanded.
#
# Seen to fail by: a hash that is not mixed in src/cli/shard.c, and whole paths in place of those below the folder in
# src/cli/inputs.c.
. tests/cli/common.inc
"$convert" -q "$root/tests/data/goldens/srvgg_tiny_x4/weights.safetensors" -o "$scratch/tiny.anew" || exit 1
cp tests/data/small.ppm "$scratch"
cd "$scratch" || exit 1
anew_tiny() {
    "$anew" --json -m tiny.anew --format=pnm "$@"
}
inputs() { # of the last output's pictures
    sed -n 's/^.*"event":"\(done\|planned\)","input":"\([^"]*\)".*/\2/p' "$scratch/out" | LC_ALL=C sort
}

mkdir -p in/below
for i in $(seq 1 60); do
    cp small.ppm "in/$([ $((i % 3)) -eq 0 ] && echo below/)p$i.ppm"
done
cp small.ppm in/p1.pnm # beside p1.ppm: both keep their ending, in whatever shard they are
(cd in && find . -type f | sed 's/^..//' | LC_ALL=C sort) >names
expect 0 anew_tiny in -r -o whole
[ "$(find whole -type f | wc -l)" -eq 61 ] || complain "all: $(find whole -type f | wc -l)"
: >together
for i in 1 2 3 4 5; do
    expect 0 anew_tiny in -r -o shards --shard $i/5
    inputs | sed 's/^in.//' >shard.$i
    cat shard.$i >>together
    [ "$(wc -l <shard.$i)" -ge 4 ] || complain "shard $i/5 has $(wc -l <shard.$i) of 61"
done
LC_ALL=C sort together | cmp -s - names || complain "five shards are not all, each once"
diff -r whole shards >differences || complain "shards: $(head -n 3 differences)"
if command -v python3 >/dev/null 2>&1; then
    # shellcheck disable=SC2046 # words on purpose
    python3 "$root/tests/cli/shard.py" 5 $(cat names) | sed -n 's/^2 //p' | cmp -s - shard.2 || complain "shard 2 is not what docs/batch.md says"
else
    echo "SKIP the definition: python3 is absent"
fi
# The folder's own name and place say nothing; nor does a point before a word.
mkdir -p else/where
cp -r in else/where/pictures
expect 0 anew_tiny -n "$scratch/else/where/pictures/" -r -o x --shard 2/5
inputs | sed 's/.*pictures.//' | cmp -s - shard.2 || complain "another folder: $(inputs)"
sed 's/^/.\//' names >names.2
cp names names.1
(cd in && for i in 1 2; do
    # shellcheck disable=SC2046 # words on purpose
    expect 0 "$anew" --json -n -m ../tiny.anew $(cat ../names.$i) -o x --shard 2/5
    inputs | sed 's/^\.\///' | cmp -s - ../shard.2 || complain "words: $(inputs)"
done
[ "$failures" -eq 0 ]) || failures=$((failures + 1))
sed 's/^/in\//' names >list
for i in 1 2 3; do
    expect 0 anew_tiny -n --list list -o x --shard $i/3
    inputs
done | LC_ALL=C sort | cmp -s - list || complain "a list in three shards"
expect 0 anew_tiny small.ppm -o x.ppm --shard 1/1
[ -e x.ppm ] || complain "the only shard"

# Numbers from the surroundings.
automatic() { # SHARD VARIABLE=VALUE...
    shard=$1
    shift
    expect 0 env "$@" "$anew" --json -n -m tiny.anew in -r -o x --shard auto
    inputs | sed 's/^in.//' | cmp -s - "shard.$shard" || complain "$*: not shard $shard"
}
automatic 1 SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_COUNT=5
automatic 5 SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=5
automatic 3 SLURM_ARRAY_TASK_ID=30 SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_STEP=10 SLURM_ARRAY_TASK_COUNT=5
automatic 4 JOB_COMPLETION_INDEX=3 JOB_COMPLETION_COUNT=5
automatic 2 SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=5 JOB_COMPLETION_INDEX=3
refuse 2 'neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX' "$anew" small.ppm --shard auto
refuse 2 'number the array without gaps' env SLURM_ARRAY_TASK_ID=9 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=5 "$anew" small.ppm --shard auto
refuse 2 'number the array without gaps' env SLURM_ARRAY_TASK_ID=9 "$anew" small.ppm --shard auto
refuse 2 'SLURM_ARRAY_TASK_ID=x: must be a whole number' env SLURM_ARRAY_TASK_ID=x "$anew" small.ppm --shard auto
refuse 2 'set JOB_COMPLETION_COUNT' env JOB_COMPLETION_INDEX=3 "$anew" small.ppm --shard auto
for wrong in 0/3 4/3 3 1/ /3 1/3x -1/3 1/0 x ''; do
    refuse 2 'must be which of how many, such as 3/16' "$anew" small.ppm --shard "$wrong"
done

# Patterns: as a shell would have expanded them; a file of that very name comes first; what matches nothing is told.
mkdir globs
cp small.ppm globs/a1.ppm
cp small.ppm globs/a2.ppm
cp small.ppm 'globs/b[1].ppm'
cp small.ppm globs/.hidden.ppm
expect 0 anew_tiny 'globs/a?.ppm' -o x
[ "$(inputs | tr '\n' ' ')" = "globs/a1.ppm globs/a2.ppm " ] || complain "a pattern: $(cat out)"
expect 0 anew_tiny -n 'globs/*.ppm' -o y
[ "$(inputs | wc -l)" -eq 3 ] || complain "a pattern: $(cat out)"
expect 0 anew_tiny -n 'globs/b[1].ppm' -o y
[ "$(inputs)" = "globs/b[1].ppm" ] || complain "a name with brackets: $(cat out)"
expect 0 anew_tiny -n '[g]lobs' -o y
[ "$(inputs | wc -l)" -eq 3 ] || complain "a pattern of folders: $(cat out)"
printf 'globs/b[1].ppm\n' >list
expect 0 anew_tiny -n --list list -o y
refuse 1 'globs/c\*.ppm: cannot open: No such file' "$anew" 'globs/c*.ppm' --quiet
finish
