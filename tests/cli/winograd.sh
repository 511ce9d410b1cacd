#!/bin/sh
# The matrices of the Winograd convolutions, in kernels/ and in bench/ladder/, are those that follow from their
# interpolation points.
#
# Seen to fail by: another digit in kernels/winograd_matrices.h, -2.5f made -2.6f in the body's transform_source,
# `2 * B` made `B` in transform_product, 1.0 / 12 made 1.0 / 6 and 5.0f made 4.0f in rung 4, and by a
# derivation whose row of G is not divided (the proof in the script fails).
# shellcheck disable=SC2016 # nothing to expand
. tests/cli/common.inc
if ! command -v python3 >/dev/null 2>&1; then
    echo "SKIP Winograd matrices: there is no python3"
else
    expect 0 python3 scripts/winograd_matrices.py --check
    expect 0 python3 scripts/winograd_matrices.py --outputs 2 --points=0,1,-1
    grep -q 'verified: F(2, 3)' "$scratch/out" || complain "F(2, 3): $(cat "$scratch/out")"
    expect 1 python3 scripts/winograd_matrices.py --outputs 2 --points=0,1,1
fi
finish
