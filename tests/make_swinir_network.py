#!/usr/bin/env python3
"""make_swinir_network.py OUT.safetensors FORM [FLAW]: a small SwinIR with weights drawn here, by the standard library alone.

FORM is one of those below. Tensors that the published files have and nobody needs, masks and indices of a size of
picture, are there, too, full of numbers that would spoil all. FLAW: "quiet" sets the last convolution to 0 (a network that does
not enlarge then changes nothing), "uneven" gives the second stage one block more, "positions" adds learned positions,
"without NAME" leaves a tensor out.
"""
import json
import random
import struct
import sys

#       channels, stages, blocks, heads, window, colours, end, scale, three convolutions
FORMS = {
    "classical_x2": (12, 2, 2, 2, 8, 3, "pixelshuffle", 2, False),
    "classical_x3": (12, 1, 2, 2, 8, 3, "pixelshuffle", 3, False),
    "classical_x8": (12, 1, 2, 3, 8, 3, "pixelshuffle", 8, False),
    "light_x3": (10, 1, 2, 2, 8, 3, "pixelshuffledirect", 3, False),
    "light_x4": (10, 1, 2, 2, 8, 3, "pixelshuffledirect", 4, False),
    "real_l_x4": (16, 1, 2, 2, 8, 3, "nearest+conv", 4, True),
    "denoise": (12, 1, 2, 2, 8, 3, "none", 1, False),
    "denoise_gray": (12, 1, 2, 2, 8, 1, "none", 1, False),
    "jpeg": (12, 1, 2, 2, 7, 3, "none", 1, False),
    "four_colours": (12, 1, 2, 2, 8, 4, "none", 1, False),
}
FEATURES = 16
tensors = {}


def draw(name, shape, scale, middle=0.0):
    count = 1
    for side in shape:
        count *= side
    tensors[name] = shape, [random.gauss(middle, scale) for _ in range(count)]


def conv(name, out, into, kernel=3, scale=1.0):
    draw(name + ".weight", [out, into, kernel, kernel], scale / (into * kernel * kernel) ** 0.5)
    draw(name + ".bias", [out], 0.05)


def linear(name, out, into):
    draw(name + ".weight", [out, into], into ** -0.5)
    draw(name + ".bias", [out], 0.05)


def norm(name, channels):
    draw(name + ".weight", [channels], 0.1, 1.0)
    draw(name + ".bias", [channels], 0.1)


def block(name, channels, heads, window, moved):
    norm(name + ".norm1", channels)
    norm(name + ".norm2", channels)
    linear(name + ".attn.qkv", 3 * channels, channels)
    linear(name + ".attn.proj", channels, channels)
    draw(name + ".attn.relative_position_bias_table", [(2 * window - 1) ** 2, heads], 0.5)
    draw(name + ".attn.relative_position_index", [window ** 2, window ** 2], 1e6)
    if moved:
        draw(name + ".attn_mask", [4, window ** 2, window ** 2], 1e6)
    linear(name + ".mlp.fc1", 2 * channels, channels)
    linear(name + ".mlp.fc2", channels, 2 * channels)


def stage_conv(name, channels, three):
    if not three:
        conv(name, channels, channels)
        return
    conv(name + ".0", channels // 4, channels)
    conv(name + ".2", channels // 4, channels // 4, 1)
    conv(name + ".4", channels, channels // 4)


def make(form, flaw):
    channels, stages, blocks, heads, window, colours, end, scale, three = FORMS[form]
    conv("conv_first", channels, colours)
    norm("patch_embed.norm", channels)
    for i in range(stages):
        for k in range(blocks + (flaw == "uneven" and i == 1)):
            block(f"layers.{i}.residual_group.blocks.{k}", channels, heads, window, k % 2 == 1)
        stage_conv(f"layers.{i}.conv", channels, three)
    norm("norm", channels)
    stage_conv("conv_after_body", channels, three)
    if end == "pixelshuffledirect":
        conv("upsample.0", colours * scale * scale, channels, scale=0.1)
        return
    if end == "none":
        conv("conv_last", colours, channels, scale=0 if flaw == "quiet" else 0.1)
        if flaw == "quiet":
            draw("conv_last.bias", [colours], 0)
        return
    conv("conv_before_upsample.0", FEATURES, channels)
    if end == "nearest+conv":
        for i in range(1, scale.bit_length()):
            conv(f"conv_up{i}", FEATURES, FEATURES)
        conv("conv_hr", FEATURES, FEATURES)
    elif scale == 3:
        conv("upsample.0", 9 * FEATURES, FEATURES)
    else:
        for i in range(scale.bit_length() - 1):
            conv(f"upsample.{2 * i}", 4 * FEATURES, FEATURES)
    conv("conv_last", colours, FEATURES, scale=0.1)


def write(path):
    head, values = {}, []
    for name, (shape, numbers) in tensors.items():
        head[name] = {"dtype": "F32", "shape": shape, "data_offsets": [4 * len(values), 4 * (len(values) + len(numbers))]}
        values += numbers
    text = json.dumps(head).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + struct.pack(f"<{len(values)}f", *values))


def main():
    form, flaw = sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else ""
    random.seed(1)
    make(form, flaw)
    if flaw == "positions":
        draw("absolute_pos_embed", [1, 64, 12], 0.1)
    if flaw == "without":
        del tensors[sys.argv[4]]
    write(sys.argv[1])


if __name__ == "__main__":
    main()
