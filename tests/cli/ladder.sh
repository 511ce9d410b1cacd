#!/bin/sh
# The ladder of bench/ladder/: every rung computes the same convolution.
#
# Seen to fail by: 3.0f for one 4.0f of rung 4's transform_in, middle + 6 for the second half of rung 5, a
# tap too few in rung 2's copy.
. tests/cli/common.inc
expect 0 "$BUILD/ladder" --check
grep -E '^SKIP|6 rungs agree' "$scratch/out" || complain "the ladder says: $(cat "$scratch/out")"
finish
