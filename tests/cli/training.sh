#!/bin/sh
# The recipe of tools/train from end to end on small pictures of its own: pack, train, stop and go on, a critic, export, convert,
# enlarge; a restorer of old prints; and what the damage on devices is held to (training.py). PYTHON names a Python that has
# numpy, Pillow and torch.
#
# Seen to fail by: the chroma table in place of luma's in jpeg.py, a kernel that is not turned round in kernels.py, averaged
# weights that never move in loop.py, a bilinear filter for --damage none, drawings packed as JPEG.
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
expect 1 "$PYTHON" "$tools/pack.py" pictures --out none.npz --size 4000
absent none.npz
finish
