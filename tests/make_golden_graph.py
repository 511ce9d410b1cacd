#!/usr/bin/env python3
"""Writes tests/data/goldens/graph_sizes_tiny (needs PyTorch, onnx, onnxruntime and NumPy): a U-Net with random weights that
halves in every way and comes back to the size of what it left, as PyTorch's exporter writes it with open rows and columns;
a picture of odd sides, and what onnxruntime makes of it.

    make_golden_graph.py
"""
import os
import warnings

import numpy
import onnxruntime
import torch
from torch import nn
from torch.nn import functional

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "goldens", "graph_sizes_tiny")


def back(x, like, mode, **more):
    return functional.interpolate(x, size=like.shape[2:], mode=mode, **more)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, 1, 1)
        self.strided = nn.Conv2d(6, 6, 3, 2, 1)
        self.even = nn.Conv2d(6, 6, 4, 2, 1)
        self.pooled = nn.Conv2d(6, 6, 3, 1, 1)
        self.deep = nn.Conv2d(6, 6, 3, 2, 1)
        self.last = nn.Conv2d(30, 3, 3, 1, 1)

    def forward(self, picture):
        x = functional.relu(self.first(picture))
        strided = functional.relu(self.strided(x))
        deep = back(functional.relu(self.deep(strided)), strided, "bilinear", align_corners=False)
        corners = back(functional.relu(self.even(x)), x, "bilinear", align_corners=True)
        largest = back(self.pooled(functional.max_pool2d(x, 2)), x, "nearest")
        upwards = back(functional.max_pool2d(x, 2, ceil_mode=True), x, "bilinear", align_corners=False)
        means = back(functional.avg_pool2d(x, 4), x, "nearest")
        there = back(strided + deep, x, "nearest")
        return picture + 0.3 * self.last(torch.cat([there, corners, largest, upwards, means], 1))


def main():
    warnings.filterwarnings("ignore")
    torch.manual_seed(2026)
    network = Network().eval()
    picture = torch.rand(1, 3, 19, 26)[:, :, :, :25].contiguous()
    os.makedirs(FOLDER, exist_ok=True)
    name = os.path.join(FOLDER, "weights.onnx")
    sides = {2: "rows", 3: "columns"}
    torch.onnx.export(network, (picture,), name, opset_version=17, input_names=["picture"], output_names=["result"],
                      dynamic_axes={"picture": sides, "result": sides}, dynamo=False)
    result = onnxruntime.InferenceSession(name).run(None, {"picture": picture.numpy()})[0]
    numpy.save(os.path.join(FOLDER, "in.npy"), picture.numpy())
    numpy.save(os.path.join(FOLDER, "out.npy"), result)


main()
