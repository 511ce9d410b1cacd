#!/bin/sh
# The recipe of tools/train from end to end on small pictures of its own: pack, train, stop and go on, a critic, export, convert,
# enlarge; a restorer of old prints; and what the damage on devices is held to (training.py). PYTHON names a Python that has
# numpy, Pillow and torch.
#
# Seen to fail by: the chroma table in place of luma's in jpeg.py, a kernel that is not turned round in kernels.py, averaged
# weights that never move in loop.py, a bilinear filter for --damage none, drawings packed as JPEG, a skip left out of
# src/nets/face_unet.c, doubtful faces packed.
. tests/cli/common.inc
PYTHON=${PYTHON:-python3}
if ! "$PYTHON" -c 'import numpy, torch, PIL' 2>/dev/null; then
    echo "SKIP training: no numpy, torch or Pillow in $PYTHON"
    finish
    exit
fi
tools=$root/tools/train
"$PYTHON" -W ignore tests/cli/training.py "$tools" "$scratch" || complain "training.py"
cd "$scratch" || exit 1
step() {
    script=$1
    shift
    "$PYTHON" -W ignore "$tools/$script" "$@" >said 2>&1 || complain "$script: $(tail -n 3 said)"
}
small="--features 8 --convolutions 2 --batch 4 --threads 1 --device cpu"
step pack.py pictures --out crops.npz --size 224
# shellcheck disable=SC2086 # words on purpose
{
    step train.py --crops crops.npz --out run $small --patch 24 --minutes 0.05 --loss decibel --frequency 0.1
    step train.py --crops crops.npz --out run $small --patch 24 --minutes 0.1 --resume
    step adversarial.py --crops crops.npz --out crisp $small --patch 40 --minutes 0.1 --start run/average.pt --sharper
    step drawings.py --out drawn --count 12 --size 224
    step pack.py drawn --out drawn.npz --size 224 --leave-out 4
    step train.py --crops drawn.npz --out clean $small --patch 24 --minutes 0.05 --start run/average.pt --damage none
    step train.py --crops crops.npz --out restorer $small --scale 1 --unshuffle 2 --patch 32 --minutes 0.05 --old 0.5
}
for name in run crisp clean restorer; do
    step export.py --state $name/average.pt --out $name.safetensors --name $name --source "tests/cli/training.sh"
    expect 0 "$convert" -q $name.safetensors -o $name.anew --dtype f16
    cp "$data/small.ppm" .
    expect 0 "$anew" -m $name.anew small.ppm -o $name.ppm
done
cmp -s run.ppm crisp.ppm && complain "the critic's training changed nothing"
[ "$(size crisp.ppm)" = "$(size run.ppm)" ] || complain "sizes: $(size crisp.ppm), $(size run.ppm)"
[ "$(size restorer.ppm)" = "$(size small.ppm)" ] || complain "a restorer gave $(size restorer.ppm)"
expect 0 "$anew" -m run.anew:0.5,crisp.anew small.ppm -o half.ppm

# A restorer of faces, of squares that a list names; what the engine makes of one is what PyTorch does.
"$PYTHON" - >labels.json <<'END'
import json
face = [[220 + x / 1.9, 140 + y / 1.9] for x, y in ((-63, -16), (63, -16), (0, 58), (-55, 115), (56, 115))]
rows = [{"path": f"pictures/{n}.png", "size": [460, 300], "held_out": n == 2,
         "faces": [{"sure": n != 1, "score": 0.9, "box": [0, 0, 9, 9], "landmarks": face}]} for n in range(3)]
print(json.dumps(rows))
END
step face_pack.py --labels labels.json --out faces.npz
grep -q '^1 faces' said || complain "one certain face to learn from: $(cat said)"
step face_pack.py --labels labels.json --out held.npz --held-out
step face.py --crops faces.npz --enlargers run.anew crisp.anew --out face --batch 2 --threads 1 --device cpu --minutes 0.1
step export.py --architecture face_unet --state face/average.pt --out face.safetensors --name face --source "tests/cli/training.sh"
expect 0 "$convert" -q face.safetensors -o face.anew
"$PYTHON" -W ignore "$root/tests/cli/training_face.py" "$tools" write || complain "training_face.py"
expect 0 "$anew" crop.ppm --aligned --face-model face.anew -o restored.ppm
"$PYTHON" -W ignore "$root/tests/cli/training_face.py" "$tools" compare || complain "the engine's face is not PyTorch's"
expect 1 "$PYTHON" "$tools/pack.py" pictures --out none.npz --size 4000
absent none.npz
finish
