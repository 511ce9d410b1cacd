#!/usr/bin/env python3
"""training_face.py TOOLS write|compare, for training.sh: `write` takes a face of held.npz for crop.ppm and what the network of
face/average.pt makes of it for wanted.ppm; `compare` holds restored.ppm to that: a step of 8 bits in one sample of a thousand."""
import sys

import numpy
import torch
from PIL import Image

sys.path.insert(0, sys.argv[1])
import crops  # noqa: E402
import face_network  # noqa: E402


def write():
    crop = crops.read(["held.npz"])[:1, :, 16:-16, 16:-16]
    crop = (crop.float() + 9 * torch.randn(crop.shape, generator=torch.Generator().manual_seed(1))).clamp(0, 255).round()
    network = face_network.FaceUnet()
    network.load_state_dict(torch.load("face/average.pt", map_location="cpu"))
    with torch.no_grad():
        wanted = (network(crop / 127.5 - 1) + 1).mul(127.5).clamp(0, 255).round()
    for name, picture in (("crop", crop), ("wanted", wanted)):
        Image.fromarray(picture[0].byte().permute(1, 2, 0).numpy()).save(f"{name}.ppm")


def compare():
    crop, wanted, restored = (numpy.asarray(Image.open(f"{name}.ppm")).astype(int) for name in ("crop", "wanted", "restored"))
    apart = abs(restored - wanted)
    changed = abs(crop - wanted).mean()
    print(f"{apart.max()} at most, {(apart > 0).mean():.5f} of all; the network changed {changed:.3f} on average")
    if apart.max() > 1 or (apart > 0).mean() > 0.001 or changed < 0.05:
        sys.exit(1)


{"write": write, "compare": compare}[sys.argv[2]]()
