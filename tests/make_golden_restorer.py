#!/usr/bin/env python3
"""Writes tests/data/goldens/srvgg_tiny_squares (needs PyTorch and NumPy): SRVGGNetCompact on squares of 2x2 pixels, at
the picture's own size, with random weights: what src/nets/srvgg.c calls `unshuffle`.
"""
import os

import numpy
import torch
from torch.nn.functional import conv2d, pixel_shuffle, pixel_unshuffle, prelu

FEATURES, CONVOLUTIONS = 8, 2


def restorer(weights, picture, seen):
    x = pixel_unshuffle(picture, 2)
    for i in range(CONVOLUTIONS + 1):
        x = conv2d(x, weights[f"body.{2 * i}.weight"], weights[f"body.{2 * i}.bias"], padding=1)
        seen[f"body.{2 * i}"] = x
        x = prelu(x, weights[f"body.{2 * i + 1}.weight"])
    last = 2 * CONVOLUTIONS + 2
    x = conv2d(x, weights[f"body.{last}.weight"], weights[f"body.{last}.bias"], padding=1)
    seen[f"body.{last}"] = x
    return picture + pixel_shuffle(x, 2)


def main():
    torch.manual_seed(20261122)
    weights, seen = {}, {}
    for i in range(CONVOLUTIONS + 2):
        ins = 12 if i == 0 else FEATURES
        outs = 12 if i == CONVOLUTIONS + 1 else FEATURES
        weights[f"body.{2 * i}.weight"] = torch.randn(outs, ins, 3, 3) * 1.2 / (9 * ins) ** 0.5
        weights[f"body.{2 * i}.bias"] = torch.randn(outs) * 0.1
        if i <= CONVOLUTIONS:
            weights[f"body.{2 * i + 1}.weight"] = torch.rand(outs) * 0.4
    picture = torch.rand(1, 3, 14, 18)
    with torch.no_grad():
        result = restorer(weights, picture, seen)
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data/goldens/srvgg_tiny_squares")
    os.makedirs(folder, exist_ok=True)
    torch.save({"params": weights}, os.path.join(folder, "weights.pth"))
    numpy.save(os.path.join(folder, "in.npy"), picture.numpy())
    numpy.save(os.path.join(folder, "out.npy"), result.numpy())
    for name in ("body.0", "body.6"):
        numpy.save(os.path.join(folder, f"act_{name}.npy"), seen[name].numpy())


main()
