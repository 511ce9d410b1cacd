#!/usr/bin/env python3
"""make_graph.py ncnn OUT [f32|f16|int8], make_graph.py onnx OUT.onnx [WHAT]: small graphs of no known network, with
random weights, by the standard library alone.

ncnn: OUT.param and OUT.bin, twice the size: convolutions without padding, channels weighed by the mean of all pixels,
strides, transposed convolutions, a crop. onnx: the same size, but for WHAT: shuffle (three times, sizes fixed, spelled
as Reshape, Transpose, Reshape), gray (one channel), foo (an unknown operation), late (a node before what it reads),
twice (a name given twice), views, norms, sides (axes that change places, normalisations, sizes; views gives twice the size),
missing (a tensor that is not there), deep (10000 nodes), external, wide (absurd channels).
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
            elif isinstance(value, str):
                body += data(4, value) + number(20, 3)
            else:
                body += number(3, value) + number(20, 2)
            message += data(5, body)
        self.nodes.append(data(1, message))
        return out

    def conv(self, x, ic, oc, out):
        weights = [self.tensor(out + "_w", [oc, ic, 3, 3], numbers(oc * ic * 9)),
                   self.tensor(out + "_b", [oc], numbers(oc))]
        return self.node("Conv", [x, *weights], out, kernel_shape=[3, 3], pads=[1] * 4)

    def file(self, channels, side, result, others=()):
        def dim(value):
            return data(1, number(1, value) if value else data(2, "any"))
        shape = data(2, b"".join(dim(v) for v in (1, channels, side, side)))
        picture = data(1, "picture") + data(2, data(1, number(1, 1) + shape))
        graph = b"".join(self.nodes) + b"".join(data(5, t) for t in self.tensors)
        graph += data(11, picture) + b"".join(data(11, data(1, other)) for other in others) + data(12, data(1, result))
        return number(1, 8) + data(2, "test") + data(7, graph) + data(8, number(2, 13))


def views(g, x):
    """Channels last and back, rows of pixels, an unshuffle cut in several, channels in turn."""
    x = g.node("Transpose", [x], "v1", perm=[0, 2, 3, 1])
    x = g.node("MatMul", [x, g.tensor("m", [4, 4], numbers(16))], "v2")
    x = g.node("Transpose", [x], "v3", perm=[0, 3, 1, 2])
    g.node("Shape", [x], "shape")
    x = g.node("Reshape", [x, g.tensor("s4", [3], [0, 4, -1])], "v4")
    x = g.node("Reshape", [x, "shape"], "v5")
    x = g.node("Reshape", [x, g.tensor("s7", [4], [1, 2, 2, -1])], "v7")
    x = g.node("Transpose", [x], "v8", perm=[0, 2, 1, 3])
    x = g.node("Reshape", [x, "shape"], "v9")
    x = g.node("DepthToSpace", [x], "v11", blocksize=2)
    return g.node("Concat", [x] * 4, "v12", axis=1)


def norms(g, x):
    """A layer norm that is spelled out, one of an instance, Mish, limits, the mean of channels."""
    def two(name):
        return [g.tensor(name + "_w", [4], numbers(4)), g.tensor(name + "_b", [4], numbers(4))]
    g.node("ReduceMean", [x], "n1", axes=[1])
    g.node("Sub", [x, "n1"], "n2")
    g.node("Mul", ["n2", "n2"], "n3")
    g.node("ReduceMean", ["n3"], "n4", axes=[1])
    g.node("Add", ["n4", g.tensor("epsilon", [1], [1e-5])], "n5")
    g.node("Sqrt", ["n5"], "n6")
    g.node("Div", ["n2", "n6"], "n7")
    g.node("InstanceNormalization", ["n7", *two("n8")], "n8")
    g.node("Softplus", ["n8"], "n9")
    g.node("Tanh", ["n9"], "n10")
    g.node("Mul", ["n10", "n8"], "n11")
    g.node("Clip", ["n11", g.tensor("low", [1], [-0.5]), g.tensor("high", [1], [0.5])], "n12")
    g.node("ReduceMean", ["n12"], "n13", axes=[1])
    return g.node("Mul", ["n13", "n12"], "n14")


def sides(g, x):
    """Half the size and back, windows, pads that PyTorch turns out of its own order."""
    g.node("ConstantOfShape", [g.tensor("four", [1], [4])], "p0")
    g.node("Concat", [g.tensor("one", [4], [1, 1, 1, 1]), "p0"], "p1", axis=0)
    g.node("Reshape", ["p1", g.tensor("two", [2], [-1, 2])], "p2")
    g.node("Slice", ["p2", g.tensor("p3a", [1], [-1]), g.tensor("p3b", [1], [-9]), g.tensor("p3c", [1], [0]),
                     g.tensor("p3d", [1], [-1])], "p3")
    g.node("Transpose", ["p3"], "p4", perm=[1, 0])
    g.node("Reshape", ["p4", g.tensor("p5s", [1], [-1])], "p5")
    g.node("Pad", [x, "p5"], "p6")
    x = g.node("Conv", ["p6", g.tensor("p7w", [4, 4, 3, 3], numbers(144))], "p7", kernel_shape=[3, 3])
    x = g.node("Resize", [x, "", g.tensor("half", [4], [1.0, 1.0, 0.5, 0.5])], "p8")
    x = g.node("AveragePool", [x], "p9", kernel_shape=[3, 3], pads=[1] * 4)
    x = g.node("MaxPool", [x], "p10", kernel_shape=[3, 3], pads=[1] * 4)
    return g.node("Resize", [x, "", g.tensor("double", [4], [1.0, 1.0, 2.0, 2.0])], "p11")


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
    if what in ("views", "norms", "sides"):
        x = {"views": views, "norms": norms, "sides": sides}[what](g, g.conv("picture", 3, 4, "a"))
        g.conv(x, 4, 3, "result")
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
