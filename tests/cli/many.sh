#!/bin/sh
# Many pictures in one run, some of them bad (many.py). ANEW_MANY is how many, 120 by default.
#
# Seen to fail by: a picture that is not freed in src/cli/command_enhance.c, and a loop that ends with the first
# failure.
. tests/cli/common.inc
cd "$scratch" || exit 1
if command -v python3 >/dev/null 2>&1; then
    python3 "$root/tests/cli/many.py" "$anew" "${ANEW_MANY:-120}" || complain "many pictures"
else
    echo "SKIP many pictures: python3 is absent"
fi
finish
