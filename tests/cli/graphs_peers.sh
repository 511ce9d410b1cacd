#!/bin/sh
# ONNX graphs of one operation each against onnxruntime, to two 65535ths; layers of ncnn against ncnn, to one 255th; Real-CUGAN's ncnn graph against PyTorch in
# float64 and ncnn, to one 255th; ncnn files of known networks by their page and by their graph, to the bit. PYTHON names a Python that has
# numpy, onnx and onnxruntime (or torch, ncnn).
#
# Seen to fail by taps of a transposed convolution in the other order (nodes_conv.c) and by the channels of DepthToSpace
# taken as a pixel shuffle's; the layers of ncnn by a mean left out of its batch normalisation (ncnn_functions.c).
. tests/cli/common.inc
PYTHON=${PYTHON:-python3}
ncnn=$(cd "${ANEW_SHARED:-../shared}/weights/sr/ncnn" 2>/dev/null && pwd)
if "$PYTHON" -c 'import numpy, onnx, onnxruntime' 2>/dev/null; then
    "$PYTHON" tests/cli/graphs_peers.py onnx "$BUILD" "$scratch" || complain "operations against onnxruntime"
else
    echo "SKIP graphs against onnxruntime: no numpy, onnx or onnxruntime in $PYTHON"
fi
if "$PYTHON" -c 'import numpy, ncnn' 2>/dev/null; then
    "$PYTHON" tests/cli/graphs_ncnn.py "$BUILD" "$scratch" || complain "layers against ncnn"
else
    echo "SKIP layers against ncnn: no numpy or ncnn in $PYTHON"
fi
if [ ! -f "$ncnn/realcugan-se-up2x-no-denoise.param" ]; then
    echo "SKIP graphs against ncnn: no weights in ${ANEW_SHARED:-../shared}"
    finish
    exit
fi
"$anew" --quiet examples/photo.jpg --width 121 --height 80 -o "$scratch/photo.pnm" 2>/dev/null ||
    "$anew" --quiet tests/data/small.ppm --width 121 --height 80 -o "$scratch/photo.pnm"
for known in realesr-animevideov3-x4 RealESRGAN_General_x4_v3; do
    expect 0 "$convert" --force "$ncnn/$known.param" -o "$scratch/page.anew"
    expect 0 "$convert" --force --as-graph "$ncnn/$known.param" -o "$scratch/graph.anew"
    for model in page graph; do
        expect 0 "$anew" --quiet --force --exact "$scratch/photo.pnm" -m "$scratch/$model.anew" -o "$scratch/$model.pnm"
    done
    cmp -s "$scratch/page.pnm" "$scratch/graph.pnm" || complain "$known: the graph gives another picture than the page"
done
expect 0 "$convert" --force "$ncnn/realcugan-se-up2x-no-denoise.param" -o "$scratch/cugan.anew"
expect 0 "$anew" --quiet --exact "$scratch/photo.pnm" -m "$scratch/cugan.anew" -o "$scratch/cugan.pnm"
for peer in torch ncnn; do
    if "$PYTHON" -c "import numpy, $peer" 2>/dev/null; then
        "$PYTHON" tests/cli/graphs_peers.py $peer "$ncnn/realcugan-se-up2x-no-denoise" "$scratch/photo.pnm" "$scratch/cugan.pnm" ||
            complain "Real-CUGAN against $peer"
    else
        echo "SKIP Real-CUGAN against $peer: no numpy or $peer in $PYTHON"
    fi
done
finish
