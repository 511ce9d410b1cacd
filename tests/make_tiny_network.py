#!/usr/bin/env python3
"""make_tiny_network.py OUT.safetensors [FEATURES CONVOLUTIONS SCALE [UNSHUFFLE]]: SRVGGNetCompact with random weights, by the
standard library alone; of the size that tests/embedded.sh measures memory with (24 features, 5 convolutions, x2). With
UNSHUFFLE, squares of so many pixels a side are channels at first.
"""
import json
import random
import struct
import sys


def network(features, convolutions, scale, unshuffle=1):
    dice = random.Random(20261122)
    tensors = {}

    def conv(index, ins, outs, gain):
        deviation = gain / (9 * ins) ** 0.5
        tensors[f"body.{index}.weight"] = ((outs, ins, 3, 3), [dice.gauss(0, deviation) for _ in range(9 * ins * outs)])
        tensors[f"body.{index}.bias"] = ((outs,), [dice.gauss(0, 0.02) for _ in range(outs)])

    for i in range(convolutions + 1):
        conv(2 * i, features if i else 3 * unshuffle * unshuffle, features, 1.35)
        tensors[f"body.{2 * i + 1}.weight"] = ((features,), [dice.uniform(0, 0.4) for _ in range(features)])
    conv(2 * convolutions + 2, features, 3 * (scale * unshuffle) ** 2, 0.2)
    return tensors


def main():
    numbers = [int(word) for word in sys.argv[2:]] or [24, 5, 2]
    header, data = {}, b""
    for name, (shape, values) in network(*numbers).items():
        packed = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    with open(sys.argv[1], "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


main()
