#!/bin/sh
# --memory with faces: networks, crops, masks and what is pasted count, face by face (face_memory.py says how).
# Seen to fail by: faces left out of what is counted (whole_pictures.c).
. tests/cli/common.inc
if ! command -v python3 >/dev/null 2>&1; then
    echo "SKIP face_memory: no python3"
    exit 0
fi
case ${MODE:-release} in
asan | tsan)
    echo "SKIP face_memory: a sanitizer's own memory would be measured"
    exit 0
    ;;
esac
cd "$scratch" || exit 1
python3 "$root/tests/cli/metadata.py" identity "$data/goldens/srvgg_tiny_x4/weights.safetensors" identity.safetensors || exit 1
python3 "$root/tests/make_face_network.py" other.safetensors 512 -1 0 || exit 1
expect 0 "$convert" -q identity.safetensors -o identity.anew
expect 0 "$convert" -q other.safetensors -o other.anew
python3 "$root/tests/cli/face_memory.py" "$anew" ./identity.anew ./other.anew >memory || complain "$(cat memory)"
cat memory
finish
