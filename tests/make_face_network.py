#!/usr/bin/env python3
"""make_face_network.py OUT.safetensors SIDE GAIN OFFSET: a GFPGAN that is known by hand, by the standard library alone.

Its weights are all 0 but for one way through it: each pair of rows and columns is averaged, enlarged again linearly,
multiplied by GAIN, and OFFSET is added, all in the network's own units from -1 to 1. GAIN 0 gives one gray. SIDE is
a power of two, 8 at least.
"""
import json
import struct
import sys

COLOURS = 3


def network(side, gain, offset):
    """Names and shapes of the clean architecture as it is published, and what is not 0."""
    levels = side.bit_length() - 2  # sizes from 4 up
    last = levels - 1
    wide = 2 * COLOURS
    decoder = "stylegan_decoder"
    tensors = {}

    def zeros(name, *shape):
        count = 1
        for length in shape:
            count *= length
        tensors[name] = (shape, [0.0] * count)
        return tensors[name][1]

    def conv(name, inputs, outputs, kernel, bias=True):
        weight = zeros(f"{name}.weight", outputs, inputs, kernel, kernel)
        return weight, zeros(f"{name}.bias", outputs) if bias else None

    def pass_on(weight, kernel, factor=1.0):
        """Each channel as it is: the middle of a kernel of as many channels on both sides."""
        for c in range(COLOURS):
            weight[(c * COLOURS + c) * kernel * kernel + kernel * kernel // 2] = factor

    weight, bias = conv("conv_body_first", COLOURS, COLOURS, 1)
    pass_on(weight, 1)
    bias[:] = [1.0] * COLOURS  # from 0 to 2, where no activation changes anything
    conv("final_conv", COLOURS, COLOURS, 3)
    zeros("final_linear.weight", 2 * levels, COLOURS * 16)
    zeros("final_linear.bias", 2 * levels)
    for i in range(last):
        for way in ("down", "up"):
            block = f"conv_body_{way}.{i}"
            conv(f"{block}.conv1", COLOURS, COLOURS, 3)
            conv(f"{block}.conv2", COLOURS, COLOURS, 3)
            weight, _ = conv(f"{block}.skip", COLOURS, COLOURS, 1, False)
            if (way == "down" and i == 0) or (way == "up" and i == last - 1):
                pass_on(weight, 1)
        for what in ("scale", "shift"):
            first, _ = conv(f"condition_{what}.{i}.0", COLOURS, COLOURS, 3)
            second, _ = conv(f"condition_{what}.{i}.2", COLOURS, COLOURS, 3)
            if what == "shift" and i == last - 1:
                pass_on(first, 3)
                pass_on(second, 3)

    def modulated(name, outputs, kernel):
        layer = f"{decoder}.{name}"
        weight = zeros(f"{layer}.modulated_conv.weight", 1, outputs, wide, kernel, kernel)
        zeros(f"{layer}.modulated_conv.modulation.weight", wide, 1)
        zeros(f"{layer}.modulated_conv.modulation.bias", wide)[:] = [1.0] * wide
        return weight, zeros(f"{layer}.bias", 1, outputs, 1, 1)

    zeros(f"{decoder}.constant_input.weight", 1, wide, 4, 4)
    zeros(f"{decoder}.style_mlp.1.weight", 1, 1)
    for i in range(2 * last + 1):
        name = "style_conv1" if i == 0 else f"style_convs.{i - 1}"
        weight, _ = modulated(name, wide, 3)
        zeros(f"{decoder}.{name}.weight", 1)  # of the noise
        size = 4 << ((i + 1) // 2)
        zeros(f"{decoder}.noises.noise{i}", 1, 1, size, size)
        if i == 2 * last:
            for c in range(wide):
                weight[(c * wide + c) * 9 + 4] = 1.0
    for i in range(levels):
        weight, bias = modulated("to_rgb1" if i == 0 else f"to_rgbs.{i - 1}", COLOURS, 1)
        if i == last:
            # A convolution before it multiplies by the root of 2; the second half of the channels was shifted.
            for c in range(COLOURS):
                weight[c * wide + COLOURS + c] = gain / 2**0.5
                bias[c] = offset - gain
    return tensors


def main():
    out, side, gain, offset = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    header, data = {}, b""
    for name, (shape, values) in network(side, gain, offset).items():
        raw = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    with open(out, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


if __name__ == "__main__":
    main()
