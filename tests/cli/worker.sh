#!/bin/sh
# anew worker: sessions, requests, limits and signals (worker.py); what it does not take.
#
# Seen to fail by: a picture that is not asked whether it goes on (src/cli/one_picture.c), an id that is taken twice
# (src/cli/worker_request.c), a signal of a client that went away (src/cli/worker_session.c), jobs of
# one that are done all the same, SIGTERM that cancels, a socket for everybody (src/cli/command_worker.c), a time that
# does not run, a restoring model for all jobs (src/cli/worker_jobs.c), options of the worker that count before a request's, a row of the
# table that requests lose, dots an inch of the worker's that count before a request's paper (src/cli/options_agree.c), a mask that
# is a pipe (src/cli/worker_jobs.c), a
# look that takes any memory (src/cli/look_first.c), a file that takes the place of one made meanwhile (src/core/file.c).
. tests/cli/common.inc
"$convert" -q "$root/tests/data/goldens/srvgg_tiny_x4/weights.safetensors" -o "$scratch/tiny.anew" || exit 1
if command -v python3 >/dev/null 2>&1; then # for --auto
    python3 tests/make_tiny_network.py "$scratch/tiny.safetensors" 8 2 1 2 || exit 1
    expect 0 "$convert" -q "$scratch/tiny.safetensors" -o "$scratch/restorer.anew"
    python3 tests/make_tiny_network.py "$scratch/tiny.safetensors" 8 2 4 || exit 1
    expect 0 "$convert" -q "$scratch/tiny.safetensors" -o "$scratch/drawer.anew"
fi
cp tests/data/small.ppm "$scratch"
cd "$scratch" || exit 1
if command -v python3 >/dev/null 2>&1; then
    mkdir jobs
    (cd jobs && python3 "$root/tests/cli/worker.py" "$anew" ../tiny.anew) || complain "worker.py"
    (cd "$root" && python3 tests/cli/json_lines.py answer) <jobs/said || complain "answers do not fit the schema"
    (cd "$root" && python3 tests/cli/json_lines.py request) <jobs/requests || complain "requests do not fit the schema"
else
    echo "SKIP jobs: python3 is absent"
fi
expect 0 sh -c "printf '{\"id\":7,\"input\":\"small.ppm\",\"output\":\"x.ppm\"}' | '$anew' worker -m tiny.anew"
grep -q '"event":"done","id":7,"input":"small.ppm","output":"x.ppm","input_size":\[20,16\],"output_size":\[80,64\]' out ||
    complain "a line without an end: $(cat out)"
expect 0 sh -c "'$anew' worker </dev/null"
refuse 2 'exists and is no socket' "$anew" worker --socket small.ppm
refuse 2 'must be shorter than' "$anew" worker --socket "$(printf '%0200d' 1)"
refuse 1 'cannot listen: No such file' "$anew" worker --socket none/s
refuse 1 'none.anew' "$anew" worker -m none.anew
refuse 2 'usage: anew worker' "$anew" worker small.ppm
refuse 2 "is no option of 'anew worker'" "$anew" worker --output x.ppm
finish
