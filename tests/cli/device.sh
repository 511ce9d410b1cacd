#!/bin/sh
# device.sh - --device: what is not there is told in one line, before any picture; and, where a C++ compiler has built the plug-in
# for the CPU (tests/cuda/shim.h), pictures by a device are those of --exact, whole and in tiles, in one pass and several, with
# faces, as videos and a worker's.
#
# Seen to fail by a device that is opened for every picture only (main.c); by TF32 that is float32, weights that are copied for every
# frame, and a mutex that is held while a network runs (device_engine.c: two passes never end); by a detector and a restorer of faces
# without the engine (detect.c, faces.c), a detector that gives up where the device is small (detector.c), and worker's
# jobs without it (worker_options.c).
. tests/cli/common.inc

photo=$data/small.ppm
refuse 2 "use cpu, cuda or cuda:N" "$anew" --device gpu "$photo" -o "$scratch/a.ppm"
refuse 2 "device-memory" "$anew" --device cuda --device-memory none "$photo" -o "$scratch/a.ppm"
refuse 1 "tf32 is for GPUs" "$anew" --precision tf32 "$photo" -o "$scratch/a.ppm"
refuse 1 "CUDA is off: .*nonexistent" env ANEW_PLUGIN=/nonexistent.so "$anew" --device cuda "$photo" -o "$scratch/a.ppm"
absent "$scratch/a.ppm"
expect 0 "$anew" --quiet --device cpu "$photo" -o "$scratch/cpu.ppm"

plugin=$root/$BUILD/anew-cuda-shim.so
if [ ! -f "$plugin" ]; then
    echo "SKIP pictures by a device: no C++ compiler was there to build CUDA's kernels for the CPU"
else
    ANEW_PLUGIN=$plugin
    export ANEW_PLUGIN
    "$convert" -q "$data/goldens/srvgg_tiny_x2/weights.pth" -o "$scratch/tiny.anew"
    expect 0 "$anew" --quiet --exact -m "$scratch/tiny.anew" "$photo" -o "$scratch/exact.ppm"
    expect 0 "$anew" --quiet --device cuda -m "$scratch/tiny.anew" "$photo" -o "$scratch/whole.ppm"
    cmp "$scratch/exact.ppm" "$scratch/whole.ppm" || complain "a device's picture is not that of --exact"
    expect 0 "$anew" --quiet --device cuda:1 --device-memory 400K -m "$scratch/tiny.anew" "$photo" -o "$scratch/tiles.ppm"
    cmp "$scratch/exact.ppm" "$scratch/tiles.ppm" || complain "tiles are not the whole"
    expect 0 "$anew" --quiet --device cuda --fast -m "$scratch/tiny.anew" "$photo" -o "$scratch/fast.ppm"
    expect 0 "$anew" --quiet --exact -m "$scratch/tiny.anew" "$scratch/exact.ppm" -o "$scratch/twice.ppm"
    expect 0 "$anew" --quiet --device cuda --precision tf32 -m "$scratch/tiny.anew" "$scratch/exact.ppm" -o "$scratch/tf32.ppm"
    near=$("$anew" compare --json "$scratch/twice.ppm" "$scratch/tf32.ppm" | sed -n 's/.*"psnr":\([0-9]*\).*/\1/p')
    [ "${near:-0}" -ge 60 ] || complain "TF32 is not near --exact, or is --exact itself: ${near:-no} dB"
    refuse 1 "the smallest that would do is" "$anew" --device cuda --device-memory 1K -m "$scratch/tiny.anew" "$photo" -o "$scratch/b.ppm"
    refuse 1 "int8 is for CPUs" "$anew" --device cuda --precision int8 -m "$scratch/tiny.anew" "$photo" -o "$scratch/b.ppm"
    refuse 2 "no device cuda:7; the last one is cuda:1" "$anew" --device cuda:7 "$photo" -o "$scratch/b.ppm"
    refuse 1 "CUDA is off: CUDA driver version is insufficient" env ANEW_SHIM_ABSENT=1 "$anew" --device cuda "$photo" -o "$scratch/b.ppm"
    refuse 1 "step '" env ANEW_SHIM_FAULT=3 "$anew" --device cuda -m "$scratch/tiny.anew" "$photo" -o "$scratch/b.ppm"
    absent "$scratch/b.ppm"
    . tests/cli/device_faces.inc
fi
finish
