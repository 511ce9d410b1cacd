"""Writes a trained network's weights as .safetensors, which anew-convert turns into .anew.

    python export.py --state run/average.pt --out photo-x4.safetensors --name photo-x4 --source "..."
    anew-convert photo-x4.safetensors -o weights/photo-x4.anew --dtype f16

The container is eight bytes of length, a JSON header, and the raw values: simple enough to write here.
"""
import argparse
import json
import struct

import torch

import anew_file


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--state", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--architecture", default="srvgg")
    parser.add_argument("--doubt", type=float, default=0.0, help="of a detector: taken off the two scores before their sigmoids")
    parser.add_argument("--start", help="an .anew file that the training began with, to be mixed with")
    parser.add_argument("--share", type=float, default=1.0, help="so much of the state, the rest of --start")
    parser.add_argument("--license", default="CC0-1.0")
    options = parser.parse_args()
    state = torch.load(options.state, map_location="cpu")
    if options.start:
        start = anew_file.read(options.start)
        state = {name: options.share * tensor + (1 - options.share) * start[name] for name, tensor in state.items()}
    header = {"__metadata__": {"architecture": options.architecture, "name": options.name, "source": options.source,
                               "license": options.license}}
    data = b""
    for name, tensor in state.items():
        if not tensor.dtype.is_floating_point:  # a normalisation's count of batches
            continue
        if name.startswith(("bbox_head.multi_level_cls", "bbox_head.multi_level_obj")) and name.endswith("conv2.bias"):
            tensor = tensor - options.doubt
        values = tensor.detach().float().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(options.out, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
    print(options.out, len(state), "tensors")


if __name__ == "__main__":
    main()
