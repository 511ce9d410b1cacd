#!/bin/sh
# Many pictures in one run, some of them bad (many.py). ANEW_MANY is how many, 500 by default; the figures of 10000 stand in
# bench/README.md.
#
# Seen to fail by: a picture that is not freed in src/cli/command_enhance.c, and a loop that ends with the first
# failure.
. tests/cli/common.inc
"$convert" -q "$root/tests/data/goldens/srvgg_tiny_x4/weights.safetensors" -o "$scratch/tiny.anew" || exit 1
cd "$scratch" || exit 1
if command -v python3 >/dev/null 2>&1; then
    python3 "$root/tests/cli/many.py" "$anew" "${ANEW_MANY:-500}" tiny.anew || complain "many pictures"
else
    echo "SKIP many pictures: python3 is absent"
fi
finish
