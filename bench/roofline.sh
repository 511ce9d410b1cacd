#!/bin/sh
# roofline.sh PREFIX PYTHON BUILD [THREADS] - profiles a picture of SIZE=256 pixels a side with two networks and draws
# PREFIX-roofline.png from that and PREFIX-kernels.csv, and PREFIX-kernels.png from the latter alone.
set -eu
prefix=$1 python=$2 BUILD=$3 threads=${4:-$(nproc)}
here=$(dirname "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$here" && "$python" - "$folder" "${ANEW_SHARED:-../shared}" "${SIZE:-256}" <<'PROGRAM'
import os, sys
import numpy, compare
from peers import networks
folder, shared, size = sys.argv[1], os.path.join("..", sys.argv[2]), int(sys.argv[3])
pixels = numpy.rint(compare.picture(size, size) * 255).astype(numpy.uint8)
with open(folder + "/in.ppm", "wb") as file:
    file.write(b"P6\n%d %d\n255\n" % (size, size) + pixels.tobytes())
for name in ("srvgg16", "rrdb23"):
    networks.write_safetensors(f"{folder}/{name}.safetensors", networks.weights_of(name, shared)[0])
PROGRAM
)
for name in srvgg16 rrdb23; do
    "$BUILD/anew-convert" -q "$folder/$name.safetensors" -o "$folder/$name.anew"
    for _ in 1 2 3; do
        "$BUILD/anew" --force --profile=json --threads "$threads" -m "$folder/$name.anew" "$folder/in.ppm" \
            -o "$folder/$name.ppm" | tail -n 1 >>"$folder/$name.json"
    done
done
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
"$python" "$here/roofline.py" --kernels "$prefix-kernels.csv" --profile "SRVGG-16=$folder/srvgg16.json" \
    --profile "RRDB-23=$folder/rrdb23.json" --title "$cpu, $(date -u +%F), commit $(git describe --always --dirty), $threads threads" \
    "$prefix-roofline.png"
"$python" "$here/roofline.py" --kernels "$prefix-kernels.csv" \
    --title "$cpu, $(date -u +%F), commit $(git describe --always --dirty), kernels, 1 thread" "$prefix-kernels.png"
echo "$prefix-roofline.png $prefix-kernels.png"
