#!/usr/bin/env bash
# cuda.sh - compiles the CUDA plug-in with warnings as errors, where nvcc is found, for the oldest and the newest of its chips; no GPU
# is needed, and nothing of it is run but what it says where there is no driver.
set -euo pipefail
cd "$(dirname "$0")/.."
export BUILD=${BUILD:-build/release}

nvcc=$(command -v nvcc || true)
[ -n "$nvcc" ] || nvcc=/usr/local/cuda/bin/nvcc
if [ ! -x "$nvcc" ]; then
    echo "SKIP the CUDA plug-in: no nvcc on the search path or in /usr/local/cuda"
    exit 0
fi
# 75 shows what chips before 8.0 lack.
make -j2 NVCC="$nvcc" CUDA=1 CUDA_ARCHITECTURES="${CUDA_ARCHITECTURES:-75 90}" "$BUILD/anew-cuda.so"
if nm -D --defined-only "$BUILD/anew-cuda.so" | grep -v ' anew_device_plugin$' | grep -q ' [TDB] '; then
    echo "FAILED: the plug-in exports more than its door"
    exit 1
fi
if [ -x "$BUILD/anew" ] && ! [ -e /dev/nvidia0 ]; then
    if "$BUILD/anew" --device cuda --force tests/data/small.ppm -o "$BUILD/cuda.ppm" 2>"$BUILD/cuda.err"; then
        echo "FAILED: a picture was made without a device"
        exit 1
    fi
    grep -q '^anew: CUDA is off: ' "$BUILD/cuda.err" || {
        echo "FAILED: $(cat "$BUILD/cuda.err")"
        exit 1
    }
fi
echo "the CUDA plug-in compiles"
