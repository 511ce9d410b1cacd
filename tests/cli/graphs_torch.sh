#!/bin/sh
# Graphs as PyTorch's exporter writes them, with open rows and columns, versions 10 to 18 taking turns: small random networks
# of the layers that people use, and published ones, against onnxruntime: at most one 255th off, on at most 0.1 % of the
# samples. GRAPHS=all: each at every version. PYTHON names a Python that has numpy, torch, onnx and onnxruntime.
#
# Seen to fail by factors of the channels put together in another order (onnx_rearrange.c).
. tests/cli/common.inc
PYTHON=${PYTHON:-python3}
if "$PYTHON" -c 'import numpy, torch, onnx, onnxruntime' 2>/dev/null; then
    "$PYTHON" -W ignore tests/cli/graphs_torch.py "$BUILD" "$scratch" "${ANEW_SHARED:-../shared}" "${GRAPHS:-turns}" ||
        complain "PyTorch's graphs against onnxruntime"
else
    echo "SKIP graphs of PyTorch's exporter: no numpy, torch, onnx or onnxruntime in $PYTHON"
fi
finish
