#!/usr/bin/env python3
"""Writes the goldens of transformers into tests/data/goldens/ (needs PyTorch and NumPy), as make_golden_small.py does; random
weights on published names, with what the published files have and nobody needs (indices of positions).

    make_golden_transformers.py [NAME...]      all of them, or those named
"""
import os
import sys

import numpy
import torch

import transformers as nets


class Weights(dict):
    """Random weights that keep values at the size of 1."""

    def conv(self, name, outs, ins, kernel=3, bias=True, groups=1, gain=1.4):
        self[name + ".weight"] = torch.randn(outs, ins // groups, kernel, kernel) * gain / (ins // groups * kernel ** 2) ** 0.5
        if bias:
            self[name + ".bias"] = torch.randn(outs) * 0.2

    def linear(self, name, outs, ins, bias=True, gain=1.4):
        self[name + ".weight"] = torch.randn(outs, ins) * gain / ins ** 0.5
        if bias:
            self[name + ".bias"] = torch.randn(outs) * 0.2

    def norm(self, name, channels):
        self[name + ".weight"] = 1 + 0.3 * torch.randn(channels)
        self[name + ".bias"] = 0.2 * torch.randn(channels)


def hat_weights(channels, groups, depth, heads, window, hidden, compress, squeeze, features, scale):
    w = Weights()
    large = window + window // 2
    w["relative_position_index_SA"] = torch.randint(0, 9, (window ** 2, window ** 2))
    w["relative_position_index_OCA"] = torch.randint(-9, 9, (window ** 2, large ** 2))
    w.conv("conv_first", channels, 3)
    w.norm("patch_embed.norm", channels)

    def block(name, attention, side):
        w.norm(name + ".norm1", channels)
        w[attention + "relative_position_bias_table"] = torch.randn(side ** 2, heads)
        w.linear(attention + "qkv", 3 * channels, channels)
        w.linear(attention + "proj", channels, channels)
        w.norm(name + ".norm2", channels)
        w.linear(name + ".mlp.fc1", hidden, channels)
        w.linear(name + ".mlp.fc2", channels, hidden)

    for i in range(groups):
        group = f"layers.{i}.residual_group."
        for k in range(depth):
            name = f"{group}blocks.{k}"
            block(name, name + ".attn.", 2 * window - 1)
            w.conv(name + ".conv_block.cab.0", compress, channels)
            w.conv(name + ".conv_block.cab.2", channels, compress, gain=20)  # it is scaled by 0.01
            w.conv(name + ".conv_block.cab.3.attention.1", squeeze, channels, 1)
            w.conv(name + ".conv_block.cab.3.attention.3", channels, squeeze, 1)
        block(group + "overlap_attn", group + "overlap_attn.", window + large - 1)
        w.conv(f"layers.{i}.conv", channels, channels, gain=0.5)
    w.norm("norm", channels)
    w.conv("conv_after_body", channels, channels)
    w.conv("conv_before_upsample.0", features, channels)
    if scale == 3:
        w.conv("upsample.0", 9 * features, features)
    else:
        for i in range(scale.bit_length() - 1):
            w.conv(f"upsample.{2 * i}", 4 * features, features)
    w.conv("conv_last", 3, features, gain=0.3)
    return w


def hat_tiny():
    w = hat_weights(10, 2, 2, 2, 4, 14, 4, 3, 6, 2)
    group = "layers.0.residual_group."
    return w, torch.rand(1, 3, 12, 16), nets.hat, (
        group + "blocks.0.conv_block.cab.3.attention", group + "blocks.1", group + "overlap_attn", "layers.1")


def swin2sr_weights(channels, stages, depth, heads, window, hidden, scale, wide=32):
    w = Weights()
    w.conv("conv_first", channels, 3)
    w.conv("patch_embed.proj", channels, channels, 1)
    w.norm("patch_embed.norm", channels)
    offsets = torch.arange(1 - window, window) / (window - 1) * 8
    offsets = torch.sign(offsets) * torch.log2(offsets.abs() + 1) / 3
    table = torch.stack(torch.meshgrid(offsets, offsets, indexing="ij"), 2)[None]
    for i in range(stages):
        for k in range(depth):
            name = f"layers.{i}.residual_group.blocks.{k}"
            if k % 2:
                w[name + ".attn_mask"] = torch.full((4, window ** 2, window ** 2), 1e6)
            w[name + ".attn.logit_scale"] = 1 + 2.5 * torch.rand(heads, 1, 1)
            w[name + ".attn.logit_scale"][-1] = 5  # above log(100), where it is cut
            w[name + ".attn.q_bias"] = torch.randn(channels) * 0.2
            w[name + ".attn.v_bias"] = torch.randn(channels) * 0.2
            w[name + ".attn.relative_coords_table"] = table
            w[name + ".attn.relative_position_index"] = torch.randint(0, 9, (window ** 2, window ** 2))
            w.linear(name + ".attn.cpb_mlp.0", wide, 2)
            w.linear(name + ".attn.cpb_mlp.2", heads, wide, bias=False)
            w.linear(name + ".attn.qkv", 3 * channels, channels, bias=False)
            w.linear(name + ".attn.proj", channels, channels)
            w.norm(name + ".norm1", channels)
            w.norm(name + ".norm2", channels)
            w.linear(name + ".mlp.fc1", hidden, channels)
            w.linear(name + ".mlp.fc2", channels, hidden)
        w.conv(f"layers.{i}.conv", channels, channels)
        w.conv(f"layers.{i}.patch_embed.proj", channels, channels, 1)
    w.norm("norm", channels)
    w.conv("conv_after_body", channels, channels)
    w.conv("upsample.0", 3 * scale * scale, channels, gain=0.3)
    return w


def swin2sr_tiny():
    w = swin2sr_weights(10, 2, 2, 2, 4, 14, 2)
    group = "layers.0.residual_group."
    return w, torch.rand(1, 3, 12, 16), nets.swin2sr, (group + "blocks.0.attn.proj", group + "blocks.1", "layers.1")


GOLDENS = {"hat_tiny_x2": hat_tiny, "swin2sr_tiny_x2": swin2sr_tiny}


def main():
    for number, (name, make) in enumerate(GOLDENS.items()):
        torch.manual_seed(20261123 + number)
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        weights, picture, network, kept = make()
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data/goldens", name)
        os.makedirs(folder, exist_ok=True)
        seen = {}
        with torch.no_grad():
            result = network(weights, picture, seen)
        torch.save(dict(weights), os.path.join(folder, "weights.pth"))
        numpy.save(os.path.join(folder, "in.npy"), picture.numpy())
        numpy.save(os.path.join(folder, "out.npy"), result.numpy())
        for layer in kept:
            numpy.save(os.path.join(folder, f"act_{layer}.npy"), seen[layer].numpy())
        spread = ", ".join(f"{layer} {float(value.std()):.2g}" for layer, value in seen.items())
        print(f"{name}: deviations {spread}; result {float(result.std()):.2g}, largest {float(result.abs().max()):.2g}")


if __name__ == "__main__":
    main()
