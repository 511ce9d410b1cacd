"""ncnn_files.py - a network of networks.py as ncnn's .param and .bin, with f32 weights.

ncnn wants to be told of every value that is read more than once (Split), and fuses LeakyReLU into the
convolution before it (9=2), as its own optimiser writes it.
"""
import collections

import numpy


def write(param_path, bin_path, operations, weights):
    uses = collections.Counter(source for _, _, sources, _ in operations for source in sources)
    lines, blobs, copies = [], 0, {}

    def layer(kind, name, sources, results, numbers=""):
        nonlocal blobs
        blobs += len(results)
        lines.append(f"{kind} {name} {len(sources)} {len(results)} {' '.join(sources + results)} {numbers}".rstrip())

    def publish(value):
        """A copy for each reader of a value that has several."""
        if uses[value] > 1:
            copies[value] = [f"{value}_{i}" for i in range(uses[value])]
            layer("Split", f"split_{value}", [value], list(copies[value]))

    def read(value):
        return copies[value].pop() if value in copies else value

    layer("Input", "in", [], ["in"])
    publish("in")
    with open(bin_path, "wb") as data:
        for kind, result, sources, numbers in operations:
            sources = [read(source) for source in sources]
            if kind == "conv":
                weight, bias = weights[numbers["name"] + ".weight"], weights[numbers["name"] + ".bias"]
                activation = "" if numbers["slope"] is None else f" 9=2 -23310=1,{numbers['slope']}"
                layer("Convolution", numbers["name"], sources, [result],
                      f"0={numbers['out']} 1=3 4=1 5=1 6={weight.size}{activation}")
                data.write(bytes(4))  # the tag of f32
                data.write(weight.astype(numpy.float32).tobytes() + bias.astype(numpy.float32).tobytes())
            elif kind == "prelu":
                layer("PReLU", numbers["name"], sources, [result], f"0={numbers['channels']}")
                data.write(weights[numbers["name"] + ".weight"].astype(numpy.float32).tobytes())
            elif kind == "concat":
                layer("Concat", result, sources, [result], "0=0")
            elif kind == "scale_add":
                if numbers["factor"] == 1:
                    layer("BinaryOp", result, sources, [result], "0=0")
                else:
                    layer("Eltwise", result, sources, [result], f"0=1 -23301=2,{numbers['factor']},1.0")
            elif kind == "enlarge":
                layer("Interp", result, sources, [result], f"0=1 1={numbers['factor']}.0 2={numbers['factor']}.0")
            elif kind == "shuffle":
                layer("PixelShuffle", result, sources, [result], f"0={numbers['factor']}")
            publish(result)
    with open(param_path, "w", encoding="ascii") as file:
        file.write(f"7767517\n{len(lines)} {blobs}\n" + "\n".join(lines) + "\n")
