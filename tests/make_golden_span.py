#!/usr/bin/env python3
"""Writes tests/data/goldens/span_tiny_x2 (needs PyTorch and NumPy), or, given a checkpoint of SPAN, prints what
check_span.c expects of it.

    make_golden_span.py                                   the golden, with random weights
    make_golden_span.py span_team46_ch28_x4.pth           sixteen samples of the result, and their mean

SPAN as its paper has it (src/nets/span.c says it in words), on the names of published checkpoints.
"""
import os
import sys

import numpy
import torch
from torch.nn.functional import conv2d, pixel_shuffle, silu

MEAN = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1)
FEATURES, MIXED, SCALE, BLOCKS = 8, 6, 2, 6


def span(weights, picture, seen):
    def conv(x, name, stored, pad=1):
        result = conv2d(x, weights[stored + ".weight"], weights[stored + ".bias"], padding=pad)
        seen[name] = result
        return result

    def reparametrised(x, name):
        return conv(x, name, name + ".eval_conv")

    shuffle = round((weights["upsampler.0.weight"].shape[0] / 3) ** 0.5)
    first = reparametrised((picture - MEAN) * 255.0, "conv_1")
    x = first
    for b in range(1, BLOCKS + 1):
        inner = silu(reparametrised(x, f"block_{b}.c1_r"))
        third = reparametrised(silu(reparametrised(inner, f"block_{b}.c2_r")), f"block_{b}.c3_r")
        x = (third + x) * (torch.sigmoid(third) - 0.5)
        seen[f"block_{b}"] = x
        if b == 1:
            near = x
    x = reparametrised(x, "conv_2")
    x = conv(torch.cat([first, x, near, inner], 1), "conv_cat", "conv_cat", 0)
    return pixel_shuffle(conv(x, "upsampler", "upsampler.0"), shuffle)


def random_weights():
    torch.manual_seed(20261121)
    shapes = {"conv_1.eval_conv": (FEATURES, 3, 3)}
    for b in range(1, BLOCKS + 1):
        for k in range(1, 4):
            shapes[f"block_{b}.c{k}_r.eval_conv"] = (FEATURES, FEATURES, 3)
    shapes["conv_cat"] = (MIXED, 4 * FEATURES, 1)
    shapes["conv_2.eval_conv"] = (FEATURES, FEATURES, 3)
    shapes["upsampler.0"] = (3 * SCALE * SCALE, MIXED, 3)
    weights = {}
    for name, (outs, ins, kernel) in shapes.items():
        gain = 0.02 if name.startswith("conv_1.") else 1.4
        weights[name + ".weight"] = torch.randn(outs, ins, kernel, kernel) * gain / (ins * kernel * kernel) ** 0.5
        weights[name + ".bias"] = torch.randn(outs) * 0.2
    return weights


def main():
    seen = {}
    with torch.no_grad():
        if len(sys.argv) > 1:
            weights = torch.load(sys.argv[1], map_location="cpu", weights_only=True)["params_ema"]
            height, width = 20, 24
            index = torch.arange(3 * height * width, dtype=torch.float64)
            picture = ((index * 7919) % 1021 / 1020 * 0.25 + (index % width) / width * 0.7)
            result = span(weights, picture.float().view(1, 3, height, width), seen).double().flatten()
            step = result.numel() // 16
            print(", ".join(f"{float(v):.7f}" for v in result[step // 2 :: step]))
            print(f"{float(result.mean()):.9f}")
            return
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data/goldens/span_tiny_x2")
        os.makedirs(folder, exist_ok=True)
        weights = random_weights()
        picture = torch.rand(1, 3, 13, 18)
        result = span(weights, picture, seen)
        torch.save({"params_ema": weights}, os.path.join(folder, "weights.pth"))
        numpy.save(os.path.join(folder, "in.npy"), picture.numpy())
        numpy.save(os.path.join(folder, "out.npy"), result.numpy())
        for name in ("conv_1", "block_1", "block_6.c3_r", "block_6", "conv_cat"):
            numpy.save(os.path.join(folder, f"act_{name}.npy"), seen[name].numpy())
        for name, value in seen.items():
            print(f"{name}: deviation {float(value.std()):.3g}, largest {float(value.abs().max()):.3g}")
        print(f"result: deviation {float(result.std()):.3g}, largest {float(result.abs().max()):.3g}")


main()
