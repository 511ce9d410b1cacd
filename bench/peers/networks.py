"""networks.py - the three networks of the comparison, each described once as a list of operations, from which
every peer's own form is made (torch_network.py, onnx_file.py, ncnn_files.py) - and their weights.

An operation is (kind, result, sources, numbers); values have names, "in" is the picture (RGB, 0 to 1).

    conv      {"name", "in", "out", "slope"}   3x3, padding 1; then LeakyReLU where slope is not None
    prelu     {"name", "channels"}
    concat    {}
    scale_add {"factor"}                        sources[0] * factor + sources[1]
    enlarge   {"factor"}                        nearest neighbour
    shuffle   {"factor"}                        pixel shuffle
"""
import json
import pathlib
import struct

import numpy

NAMES = ("srvgg16", "srvgg32", "rrdb23")
TITLES = {"srvgg16": "SRVGG-16 (animevideov3) x4", "srvgg32": "SRVGG-32 (general-x4v3) x4", "rrdb23": "RRDB-23 x4",
          "srvgg1": "SRVGG-1 x4, for tests"}

# Where real weights are, under the folder of shared ones; RRDB's are not among them.
REAL = {"srvgg16": "weights/sr/realesr-animevideov3.safetensors",
        "srvgg32": "reference/goldens/srvgg_real/general_x4v3.f16.safetensors"}


def srvgg(layers, features=64, scale=4):
    """SRVGGNetCompact: the picture through convolutions and PReLUs, shuffled, and added to itself enlarged."""
    operations = []

    def add(kind, source, **numbers):
        operations.append((kind, f"v{len(operations)}", [source], numbers))
        return operations[-1][1]

    value = "in"
    for i in range(layers + 1):
        value = add("conv", value, name=f"body.{2 * i}", slope=None, out=features, **{"in": 3 if i == 0 else features})
        value = add("prelu", value, name=f"body.{2 * i + 1}", channels=features)
    value = add("conv", value, name=f"body.{2 * layers + 2}", slope=None, out=3 * scale * scale, **{"in": features})
    value = add("shuffle", value, factor=scale)
    large = add("enlarge", "in", factor=scale)
    operations.append(("scale_add", "out", [value, large], {"factor": 1.0}))
    return operations


def rrdb(blocks=23, features=64, grow=32, slope=0.2, beta=0.2):
    """RRDBNet x4 (ESRGAN): blocks of three dense blocks of five convolutions, then two enlargements by 2."""
    operations = []

    def add(kind, sources, **numbers):
        operations.append((kind, f"v{len(operations)}", sources, numbers))
        return operations[-1][1]

    def conv(source, name, channels, out, activation):
        return add("conv", [source], name=name, out=out, slope=slope if activation else None, **{"in": channels})

    first = conv("in", "conv_first", 3, features, False)
    value = first
    for b in range(blocks):
        start = value
        for r in range(1, 4):
            known, before = [value], value
            for i in range(1, 6):
                seen = known[0] if i == 1 else add("concat", list(known))
                known.append(conv(seen, f"body.{b}.rdb{r}.conv{i}", features + (i - 1) * grow,
                                  grow if i < 5 else features, i < 5))
            value = add("scale_add", [known[5], before], factor=beta)
        value = add("scale_add", [value, start], factor=beta)
    value = add("scale_add", [conv(value, "conv_body", features, features, False), first], factor=1.0)
    for i in (1, 2):
        value = conv(add("enlarge", [value], factor=2), f"conv_up{i}", features, features, True)
    value = conv(value, "conv_hr", features, features, True)
    operations.append(("conv", "out", [value],
                       {"name": "conv_last", "in": features, "out": 3, "slope": None}))
    return operations


def operations_of(network):
    return {"srvgg1": lambda: srvgg(1), "srvgg16": lambda: srvgg(16), "srvgg32": lambda: srvgg(32),
            "rrdb23": rrdb}[network]()


def random_weights(operations):
    """Random weights that keep the values' size from layer to layer, and an output that is a picture: what is
    compared between peers must neither vanish nor leave 0 .. 1 everywhere."""
    dice = numpy.random.default_rng(7)
    weights = {}
    for kind, result, _, numbers in operations:
        name = numbers.get("name")
        if kind == "conv":
            fan = 9 * numbers["in"]
            # Inside RRDB's blocks sums grow with every residual: a gain of 1 would make the output depend on the
            # last bit of the input.
            gain = 0.05 if result == "out" or numbers["out"] == 48 else 0.5 if "rdb" in name else 1.3
            spread = gain / numpy.sqrt(fan)
            weights[f"{name}.weight"] = dice.normal(0, spread, (numbers["out"], numbers["in"], 3, 3))
            weights[f"{name}.bias"] = dice.normal(0.5 if result == "out" else 0, 0.02, numbers["out"])
        elif kind == "prelu":
            weights[f"{name}.weight"] = dice.uniform(0.05, 0.3, numbers["channels"])
    return {name: value.astype(numpy.float32) for name, value in weights.items()}


def weights_of(network, shared):
    """(weights, where they come from): the real ones where they are found, else random ones."""
    operations = operations_of(network)
    if network in REAL and (pathlib.Path(shared) / REAL[network]).exists():
        weights = read_safetensors(pathlib.Path(shared) / REAL[network])
        wanted = {n for _, _, _, numbers in operations if "name" in numbers for n in [numbers["name"] + ".weight"]}
        if wanted <= set(weights):
            return weights, "real weights"
    return random_weights(operations), "random weights"


def flops(operations, height, width):
    """Operations of the convolutions, a multiplication and an addition counted as two."""
    scale, total = {"in": 1}, 0
    for kind, result, sources, numbers in operations:
        scale[result] = scale[sources[0]] * (numbers["factor"] if kind in ("enlarge", "shuffle") else 1)
        if kind == "conv":
            total += 2 * 9 * numbers["in"] * numbers["out"] * height * width * scale[result] ** 2
    return total


# ---- weights as a file, without a package -----------------------------------------------------------------

def read_safetensors(path):
    data = pathlib.Path(path).read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    kinds = {"F32": numpy.float32, "F16": numpy.float16}
    tensors = {}
    for name, entry in json.loads(data[8:8 + size]).items():
        if name != "__metadata__":
            first, last = (8 + size + offset for offset in entry["data_offsets"])
            values = numpy.frombuffer(data[first:last], kinds[entry["dtype"]]).astype(numpy.float32)
            tensors[name.removeprefix("params.")] = values.reshape(entry["shape"])
    return tensors


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, value in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + value.nbytes]}
        offset += value.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in tensors.values():
            file.write(numpy.ascontiguousarray(value, numpy.float32).tobytes())
