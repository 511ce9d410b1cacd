#!/bin/sh
# What anew-convert takes a file for follows from its tensors: every architecture under the name of another one's file, and
# the published files where they are here; what a file leaves open is said, with the option that settles it.
#
# Seen to fail by SAFMN's tensors taken for no network's (recognise_safmn.c) and by a note without its option (recognise_rfdn.c).
. tests/cli/common.inc
if command -v python3 >/dev/null 2>&1; then
    python3 tests/cli/recognition.py "$convert" "$scratch" "$data/goldens" "${ANEW_SHARED:-../shared}" || complain "recognition"
else
    echo "SKIP recognition: python3 is absent"
fi
finish
