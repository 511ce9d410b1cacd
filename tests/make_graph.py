#!/usr/bin/env python3
"""make_graph.py ncnn OUT [f32|f16|int8], make_graph.py onnx OUT.onnx [WHAT]: small graphs of no known network, with
random weights, by the standard library alone.

ncnn: OUT.param and OUT.bin, twice the size: convolutions without padding, channels weighed by the mean of all pixels,
strides, transposed convolutions, a crop. onnx: the same size, but for WHAT: shuffle (three times, sizes fixed, spelled
as Reshape, Transpose, Reshape), gray (one channel), foo (an unknown operation), late (a node before what it reads),
twice (a name given twice), missing (a tensor that is not there), deep (10000 nodes), external, wide (absurd channels).
"""
import random
import struct
import sys

from make_onnx import data, number, real

RANDOM = random.Random(11)


def numbers(count):
    return [RANDOM.uniform(-1, 1) * 0.4 for _ in range(count)]


# ---- ncnn ---------------------------------------------------------------------------------------------------
PARAM = """7767517
12 14
Input in0 0 1 in0
Convolution first 1 1 in0 1 0=8 1=3 5=1 6=216 9=2 -23310=1,1.000000e-01
Split copies 1 3 1 2 3 9
Pooling mean 1 1 3 4 0=1 4=1
InnerProduct weigh 1 1 4 5 0=8 1=1 2=64 9=4
BinaryOp product 2 1 2 5 6 0=2
Convolution half 1 1 6 7 0=8 1=2 3=2 5=1 6=256 9=1
Convolution small 1 1 7 8 0=8 1=3 5=1 6=576
Deconvolution double 1 1 8 10 0=8 1=2 3=2 5=1 6=256 9=2 -23310=1,2.000000e-01
Crop inside 1 1 9 11 -23309=2,2,2 -23310=2,-2,-2 -23311=2,-2,-1
BinaryOp sum 2 1 10 11 12 0=0
Deconvolution last 1 1 12 out0 0=3 1=4 3=2 4=3 5=1 6=384
"""


def ncnn(path, kind="f32"):
    tags = {"f32": 0, "f16": 0x01306b47, "int8": 0x000d4b38}
    weights = b""
    for count, biases in ((216, 8), (64, 8), (256, 8), (576, 8), (256, 8), (384, 3)):
        values = numbers(count)
        weights += struct.pack("<I", tags[kind])
        weights += struct.pack(f"<{count}e" if kind == "f16" else f"<{count}f", *values)
        weights += struct.pack(f"<{biases}f", *numbers(biases))
    with open(path + ".param", "w") as file:
        file.write(PARAM)
    with open(path + ".bin", "wb") as file:
        file.write(weights)


# ---- ONNX ---------------------------------------------------------------------------------------------------
class Graph:
    def __init__(self, external=False):
        self.nodes, self.tensors, self.external = [], [], external

    def tensor(self, name, dims, values):
        message = b"".join(number(1, d) for d in dims)
        if all(isinstance(v, int) for v in values):
            message += number(2, 7) + data(9, struct.pack(f"<{len(values)}q", *values))
        else:
            message += number(2, 1) + data(9, struct.pack(f"<{len(values)}f", *values))
        self.tensors.append(message + data(8, name) + (number(14, 1) if self.external else b""))
        return name

    def node(self, op, inputs, out, **attributes):
        message = b"".join(data(1, i) for i in inputs) + data(2, out) + data(3, "node_" + out) + data(4, op)
        for name, value in attributes.items():
            body = data(1, name)
            if isinstance(value, list):
                body += b"".join(number(8, v) for v in value) + number(20, 7)
            elif isinstance(value, float):
                body += real(2, value) + number(20, 1)
            else:
                body += number(3, value) + number(20, 2)
            message += data(5, body)
        self.nodes.append(data(1, message))
        return out

    def conv(self, x, ic, oc, out):
        weights = [self.tensor(out + "_w", [oc, ic, 3, 3], numbers(oc * ic * 9)),
                   self.tensor(out + "_b", [oc], numbers(oc))]
        return self.node("Conv", [x, *weights], out, kernel_shape=[3, 3], pads=[1] * 4)

    def file(self, channels, side, result):
        def dim(value):
            return data(1, number(1, value) if value else data(2, "any"))
        shape = data(2, b"".join(dim(v) for v in (1, channels, side, side)))
        picture = data(1, "picture") + data(2, data(1, number(1, 1) + shape))
        graph = b"".join(self.nodes) + b"".join(data(5, t) for t in self.tensors)
        graph += data(11, picture) + data(12, data(1, result))
        return number(1, 8) + data(2, "test") + data(7, graph) + data(8, number(2, 13))


def onnx(what="plain"):
    g = Graph(what == "external")
    if what == "shuffle":
        x = g.conv("picture", 3, 27, "a")
        x = g.node("Reshape", [x, g.tensor("s", [6], [-1, 3, 3, 3, 32, 32])], "b")
        x = g.node("Transpose", [x], "c", perm=[0, 1, 4, 2, 5, 3])
        g.node("Reshape", [x, g.tensor("t", [4], [-1, 3, 96, 96])], "result")
        return g.file(3, 32, "result")
    if what == "gray":
        g.conv(g.node("Relu", [g.conv("picture", 1, 6, "a")], "b"), 6, 1, "result")
        return g.file(1, 0, "result")
    if what == "deep":
        x = "picture"
        for i in range(10000):
            x = g.node("Relu", [x], f"v{i}")
        return g.file(3, 0, x)
    if what == "wide":
        g.tensor("w", [1 << 28, 3, 1, 1], [1.0])
        g.node("Conv", ["picture", "w"], "result", kernel_shape=[1, 1])
        return g.file(3, 0, "result")
    x = g.conv("picture", 3, 8, "a")
    if what == "late":
        g.node("Relu", ["c"], "b")
        g.node("Relu", ["b"], "c")
        x = "c"
    elif what == "twice":
        g.node("Relu", [x], "a")
    elif what == "foo":
        x = g.node("Foo", [x], "b")
    else:
        x = g.node("LeakyRelu", [x], "b", alpha=0.2)
    g.conv(x, 8, 3, "c1")
    if what == "missing":
        g.node("Add", ["c1", "nowhere"], "result")
    else:
        g.node("Add", ["c1", "picture"], "result")
    return g.file(3, 0, "result")


if __name__ == "__main__":
    if sys.argv[1] == "ncnn":
        ncnn(*sys.argv[2:])
    else:
        with open(sys.argv[2], "wb") as target:
            target.write(onnx(*sys.argv[3:]))
