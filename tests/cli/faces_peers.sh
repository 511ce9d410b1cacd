#!/bin/sh
# YuNet and SCRFD, converted from published ONNX files, against onnxruntime on the files themselves; of YuNet also the
# PyTorch file with its normalisation apart. PYTHON names a Python that has onnxruntime, numpy and Pillow.
#
# Seen to fail by YuNet's sizes without the exponential and by SCRFD's colours in the other order.
. tests/cli/common.inc
PYTHON=${PYTHON:-python3}
shared=$(cd "${ANEW_SHARED:-../shared}" 2>/dev/null && pwd)
weights=$shared/weights/face_det photos=$shared/images/open/faces
if [ ! -f "$weights/yunet_n_dynamic.onnx" ] || [ ! -f "$weights/scrfd_500m_kps.onnx" ] || [ ! -d "$photos" ]; then
    echo "SKIP detectors against onnxruntime: no weights or photos in ${ANEW_SHARED:-../shared}"
    exit 0
fi
expect 0 "$convert" "$weights/yunet_n_dynamic.onnx" -o "$scratch/yunet.anew"
expect 0 "$convert" "$weights/yunet_n_320_320.onnx" -o "$scratch/yunet_320.anew"
expect 0 "$convert" "$weights/yunet_n.pth" -o "$scratch/yunet_pth.anew"
expect 0 "$convert" "$weights/scrfd_500m_kps.onnx" -o "$scratch/scrfd.anew"
if ! "$PYTHON" -c 'import onnxruntime, numpy, PIL' 2>/dev/null; then
    echo "SKIP detectors against onnxruntime: no onnxruntime, numpy or Pillow in $PYTHON"
    finish
    exit
fi
for pair in yunet:yunet_n_dynamic.onnx:yunet yunet:yunet_n_dynamic.onnx:yunet_320 \
    yunet:yunet_n_dynamic.onnx:yunet_pth scrfd:scrfd_500m_kps.onnx:scrfd; do
    kind=${pair%%:*} rest=${pair#*:}
    "$PYTHON" tests/cli/faces_peers.py "$anew" "$kind" "$weights/${rest%%:*}" "$scratch/${rest#*:}.anew" \
        "$photos"/group__*.jpg "$photos"/group__*.png "$photos"/whole__*.jpg || complain "$pair"
done
finish
