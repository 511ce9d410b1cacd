"""Graphs that are wrong or of no kind that is known, for graphs_hostile.sh: `CONVERT FOLDER`. Each row is a graph of ONNX or
ncnn and what the one line that refuses it must say. By the standard library alone."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from make_graph import Graph, numbers  # noqa: E402
from make_onnx import data, number  # noqa: E402

FAR = (1 << 63) - 1


def onnx(build, channels=3, side=0):
    """conv, what BUILD(graph, x) does, conv."""
    g = Graph()
    x = build(g, g.conv("picture", 3, 4, "a"))
    if x != "done":
        g.conv(x, 4, 3, "result")
    return g.file(channels, side, "result")


def op(name, *lists, **attributes):
    """One operation on the value, with lists of whole numbers as further inputs."""
    def build(g, x):
        inputs = [x] + [g.tensor(f"l{i}", [len(v)], v) if v is not None else "" for i, v in enumerate(lists)]
        return g.node(name, inputs, "b", **attributes)
    return build


def chain(*steps):
    def build(g, x):
        for i, (name, lists, attributes) in enumerate(steps):
            inputs = [x] + [g.tensor(f"l{i}_{k}", [len(v)], v) for k, v in enumerate(lists)]
            x = g.node(name, inputs, f"s{i}", **attributes)
        return x
    return build


def resize(values):
    def build(g, x):
        return g.node("Resize", [x, "", g.tensor("f", [len(values)], values)], "b")
    return build


def cubic(values, **attributes):
    def build(g, x):
        return g.node("Resize", [x, "", g.tensor("f", [len(values)], values)], "b", mode="cubic", **attributes)
    return build


def norm(name, count, **attributes):
    def build(g, x):
        return g.node(name, [x, g.tensor("w", [count], numbers(count)), g.tensor("v", [count], numbers(count))], "b",
                      **attributes)
    return build


def pair(name, dims):
    def build(g, x):
        count = 1
        for d in dims:
            count *= d
        return g.node(name, [x, g.tensor("n", dims, [0.5] * count)], "b")
    return build


def itself(g, x):
    g.node("Add", [x, "b"], "b")
    return "b"


def ring(g, x):
    g.node("Relu", ["d"], "b")
    g.node("Relu", ["b"], "d")
    return "d"


def nested(g, x):
    """An attribute that holds a graph that holds a node with an attribute, 2000 deep."""
    message = b""
    for _ in range(2000):
        message = data(5, data(1, "g") + data(6, data(1, message)))
    g.nodes.append(data(1, data(1, x) + data(2, "b") + data(4, "If") + message))
    return "b"


def huge_tensor(g, x):
    message = number(1, 4) + number(1, 1 << 40) + number(1, 3) + number(1, 3) + number(2, 1) + data(9, b"") + data(8, "w")
    g.tensors.append(message)
    g.node("Conv", [x, "w"], "b", kernel_shape=[3, 3])
    return "b"


def below_zero(g, x):
    g.tensors.append(number(1, 4) + number(1, -4) + number(1, 3) + number(1, 3) + number(2, 1) + data(9, b"") + data(8, "w"))
    g.node("Conv", [x, "w"], "b", kernel_shape=[3, 3])
    return "b"


B = "node 'node_b' "
SHAPE = B + "gives a shape that is not known"
ONNX = [
    ("a value that needs itself", itself, B + "reads 'b', which neither a node before it gives"),
    ("a ring", ring, B + "reads 'd', which neither a node before it gives"),
    ("a missing tensor", lambda g, x: g.node("Add", [x, "nowhere"], "b"), B + "reads 'nowhere'"),
    ("the same name twice", lambda g, x: g.node("Relu", [x], "a"), "gives 'a', which is there already"),
    ("no input at all", lambda g, x: g.node("Relu", [], "b"), B + "takes fewer inputs"),
    ("deep nesting", nested, "operation 'If'"),
    ("an absurd tensor", huge_tensor, "shape that no network here has"),
    ("a tensor of a size below zero", below_zero, "shape"),
    ("Reshape to a size below zero", op("Reshape", [1, -4, -1]), SHAPE),
    ("Reshape to nothing", op("Reshape", []), SHAPE),
    ("Reshape with two sizes left open", op("Reshape", [1, -1, -1]), SHAPE),
    ("Reshape to more than there is", op("Reshape", [1, 4, 5, -1, 7]), SHAPE),
    ("Reshape to a huge size", op("Reshape", [1, FAR, FAR, -1]), SHAPE),
    ("Reshape to parts that are none", op("Reshape", [1, 3, 2, -1]), SHAPE),
    ("Reshape to nine axes", op("Reshape", [1] * 9), B),
    ("Reshape by the value itself", lambda g, x: g.node("Reshape", [x, x], "b"), SHAPE),
    ("Transpose with an axis twice", op("Transpose", perm=[0, 1, 1, 2]), B + "changes the places of sides"),
    ("Transpose with an axis that is none", op("Transpose", perm=[0, 1, 2, 9]), B + "changes the places of sides"),
    ("Transpose of another rank", op("Transpose", perm=[0, 2, 1]), B + "changes the places of sides"),
    ("a convolution of turned sides", op("Transpose", perm=[0, 2, 3, 1]), "node 'node_result' takes a value whose sides are"),
    ("Unsqueeze far away", op("Unsqueeze", [99]), SHAPE),
    ("Unsqueeze of nine axes", op("Unsqueeze", [0, 1, 2, 3, 4, 5, 6, 7, 8]), B),
    ("Squeeze of rows", op("Squeeze", [2]), SHAPE),
    ("Flatten at axis 9", op("Flatten", axis=9), SHAPE),
    ("Split in uneven parts", lambda g, x: g.node("Split", [x], "b", axis=2), B + "is a split that is not known"),
    ("Split by sizes below zero", op("Split", [-4], axis=1), B),
    ("Slice outside", op("Slice", [9], [99], [1]), B + "takes the channels"),
    ("Slice of nothing", op("Slice", [3], [1], [1]), B + "takes the channels"),
    ("Slice of every other row", op("Slice", [0], [FAR], [2], [2]), B + "leaves out every other"),
    ("Slice of rows alone", op("Slice", [1], [-1], [2]), B + "takes a part that is not known"),
    ("Gather of a channel that is none", op("Gather", [7], axis=1), B + "takes a part that is not known"),
    ("Pad by less than nothing", op("Pad", [0, 0, -1, -1, 0, 0, -1, -1]), B + "pads in a way that is not known"),
    ("Pad by very much", op("Pad", [0, 0, FAR, 1, 0, 0, 1, 1]), B + "pads in a way that is not known"),
    ("Pad of the channels", op("Pad", [0, 1, 0, 0, 0, 1, 0, 0]), B + "pads in a way that is not known"),
    ("Resize to nothing", resize([1.0, 1.0, 0.0, 0.0]), B + "resizes by something else"),
    ("Resize by less than nothing", resize([1.0, 1.0, -2.0, -2.0]), B + "resizes by something else"),
    ("Resize by what is no number", resize([1.0, 1.0, float("nan"), float("nan")]), B + "resizes by something else"),
    ("Resize by different factors", resize([1.0, 1.0, 2.0, 3.0]), B + "resizes by something else"),
    ("Resize of the channels", resize([1.0, 2.0, 2.0, 2.0]), B + "resizes by something else"),
    ("Resize to sizes unknown", lambda g, x: g.node("Resize", [x], "b"), B + "resizes to what is not told"),
    ("cubics by no ratio of small numbers", cubic([1.0, 1.0, 0.77, 0.77]), B + "resizes by cubics in a way"),
    ("cubics by very much", cubic([1.0, 1.0, 1e30, 1e30]), B + "resizes by cubics in a way"),
    ("cubics that leave out what is outside", cubic([1.0, 1.0, 2.0, 2.0], exclude_outside=1), B + "resizes by cubics in a way"),
    ("cubics between corners", cubic([1.0, 1.0, 2.0, 2.0], coordinate_transformation_mode="align_corners"),
     B + "resizes by cubics in a way"),
    ("Pad by the edge, further than the kernel", chain(("Pad", [[0, 0, 4, 4, 0, 0, 4, 4]], {"mode": "edge"}), ("Relu", [], {})),
     "takes something else"),
    ("another input than the picture", lambda g, x: g.node("Add", [x, "in1"], "b"), B + "reads 'in1', which neither"),
    ("DepthToSpace by 0", op("DepthToSpace", blocksize=0), B + "rearranges by 0"),
    ("DepthToSpace by 3 of 4 channels", op("DepthToSpace", blocksize=3), B + "rearranges by 3"),
    ("a pooling of 0x0", op("MaxPool", kernel_shape=[0, 0]), B + "is a pooling that is not known"),
    ("a pooling with a stride below zero", op("AveragePool", kernel_shape=[2, 2], strides=[-1, -1]), B + "is a pooling"),
    ("a pooling padded beyond its window", op("MaxPool", kernel_shape=[3, 3], pads=[9, 9, 9, 9]), B + "is a pooling"),
    ("the largest of all", op("GlobalMaxPool"), B + "has the operation 'GlobalMaxPool'"),
    ("a mean over the rows alone", op("ReduceMean", axes=[2]), B + "is a mean that is not known"),
    ("a mean over an axis that is none", op("ReduceMean", axes=[7]), B + "is a mean that is not known"),
    ("a softmax over the rows", op("Softmax", axis=2), B + "is a softmax that is not known"),
    ("Softplus alone", op("Softplus"), "node 'node_result' takes something else"),
    ("a norm of another number of channels", norm("InstanceNormalization", 3), B + "normalises another number of channels"),
    ("groups that do not part the channels", norm("GroupNormalization", 3, num_groups=3), B + "normalises groups"),
    ("0 groups", norm("GroupNormalization", 4, num_groups=0), B + "normalises groups"),
    ("a layer norm over the rows", norm("LayerNormalization", 4), B + "normalises over sides"),
    ("numbers of each pixel", pair("Mul", [1, 4, 5, 5]), B + "takes stored numbers that are neither"),
    ("numbers of three channels", pair("Add", [3, 1, 1]), B + "takes stored numbers that are neither"),
    ("a matrix of rows", pair("MatMul", [4, 4]), B + "is a product that is not known"),
    ("a power that is no small number", pair("Pow", [1]), None),
    ("Concat along the rows", lambda g, x: g.node("Concat", [x, x], "b", axis=2), B + "joins values along another axis"),
    ("Max of three", lambda g, x: g.node("Max", [x, x, x], "b"), B + "takes another number of values"),
    ("values of different sizes", chain(("AveragePool", [], {"kernel_shape": [2, 2], "strides": [2, 2]}),
                                        ("Unsqueeze", [[0]], {}), ("Squeeze", [[0]], {}),
                                        ("Conv", [], {})), "node 'node_s3'"),
    ("a convolution with a stride of 0", lambda g, x: (g.tensor("w", [4, 4, 3, 3], numbers(144)),
                                                      g.node("Conv", [x, "w"], "b", strides=[0, 0]))[1], B),
    ("a convolution of 0 groups", lambda g, x: (g.tensor("w", [4, 4, 3, 3], numbers(144)),
                                               g.node("Conv", [x, "w"], "b", group=0))[1], B),
    ("a weight that is no number", lambda g, x: (g.tensor("w", [4, 4, 3, 3], numbers(143) + [float("nan")]),
                                                g.node("Conv", [x, "w"], "b"))[1], "has a number that is not finite"),
    ("a convolution with pads below zero", lambda g, x: (g.tensor("w", [4, 4, 3, 3], numbers(144)),
                                                        g.node("Conv", [x, "w"], "b", pads=[-1] * 4))[1], B),
]

PARAM = """7767517
4 4
Input in0 0 1 in0
Convolution first 1 1 in0 a 0=4 1=3 4=1 5=1 6=108
{}
Convolution last 1 1 b out0 0=3 1=3 4=1 5=1 6=108
"""
NCNN = [
    ("a layer that needs itself", "ReLU f 1 1 b b", "node 'f' reads 'b', which no layer before it gives"),
    ("a missing blob", "BinaryOp f 2 1 a c b 0=0", "node 'f' reads 'c', which no layer before it gives"),
    ("a name given twice", "ReLU f 1 1 a a", "node 'f' gives 'a', which another layer gives"),
    ("an unknown layer", "Frobnicate f 1 1 a b", "node 'f' has the operation 'Frobnicate'"),
    ("padding below zero", "Padding f 1 1 a b 0=-1", "node 'f' has the operation 'Padding'"),
    ("a norm of other channels", "InstanceNorm f 1 1 a b 0=5", "node 'f' is of 5 channels where 4 are there"),
    ("a norm of channels below zero", "BatchNorm f 1 1 a b 0=-4", "node 'f' is of -4 channels where 4 are there"),
    ("a norm of 3 groups", "GroupNorm f 1 1 a b 0=3 1=4", "node 'f' normalises groups"),
    ("a norm of 0 groups", "GroupNorm f 1 1 a b 0=0 1=4", "node 'f' normalises groups"),
    ("0 groups of channels", "ShuffleChannel f 1 1 a b 0=0", "node 'f' takes channels in turn"),
    ("a huge number of groups", "ShuffleChannel f 1 1 a b 0=2000000000", "node 'f' "),
    ("the mean of the channels", "Reduction f 1 1 a b 0=3 1=0 -23303=1,0 4=1", "node 'f' is a reduction"),
    ("limits in the wrong order", "Clip f 1 1 a b 0=2.0 1=1.0", "node 'f' limits values to from 2 to 1"),
    ("a softmax of rows", "Softmax f 1 1 a b 0=1 1=1", "node 'f' is a softmax"),
    ("a power of 7", "Power f 1 1 a b 0=7.0", "node 'f' is a power of 7"),
    ("numbers that are not there", "Scale f 1 1 a b 0=4", "of the .bin from byte"),
    ("a slice beyond the channels", "Slice f 1 2 a b c -23300=2,9,-233", "node 'f' is a slice"),
    ("an enlargement by 0", "Interp f 1 1 a b 0=1 1=0.0 2=0.0", "node 'f' resizes"),
    ("cubics by no ratio of small numbers", "Interp f 1 1 a b 0=3 1=0.77 2=0.77", "node 'f' resizes"),
    ("a number beyond all limits", "PixelShuffle f 1 1 a b 0=2000000000", "has 2000000000 for parameter 0, which is beyond"),
    ("a number that is not whole", "PixelShuffle f 1 1 a b 0=2.5", "has 2.5 for parameter 0, where a whole number"),
    ("a shuffle by 0", "PixelShuffle f 1 1 a b 0=0", "node 'f' does a pixel_shuffle by 0"),
    ("a crop below zero", "Crop f 1 1 a b -23309=2,-2,-2 -23310=2,-2,-2 -23311=2,1,2", "node 'f' is a crop"),
]


def main():
    convert, folder = sys.argv[1:3]
    bad = 0

    def check(name, path, wanted):
        nonlocal bad
        done = subprocess.run([convert, "--as-graph", "-q", "--force", path, "-o", f"{folder}/bad.anew"], capture_output=True,
                              text=True, timeout=60)
        lines = done.stderr.strip().split("\n")
        fine = done.returncode == 1 and len(lines) == 1 and (wanted or "") in lines[0] and len(lines[0]) < 600
        if wanted is None:
            fine = done.returncode == 0
        if not fine or os.path.exists(f"{folder}/bad.anew") != (wanted is None):
            print(f"{name}: code {done.returncode}, {done.stderr.strip()[:300]!r}, where this was expected: {wanted}")
            bad += 1
        if os.path.exists(f"{folder}/bad.anew"):
            os.remove(f"{folder}/bad.anew")

    for name, build, wanted in ONNX:
        with open(f"{folder}/bad.onnx", "wb") as file:
            file.write(onnx(build))
        check(name, f"{folder}/bad.onnx", wanted)
    g = Graph()
    x = g.conv(g.node("Add", [g.conv("picture", 3, 4, "a"), "second"], "b"), 4, 3, "result")
    with open(f"{folder}/bad.onnx", "wb") as file:
        file.write(g.file(3, 0, x, ["second"]))
    check("two inputs", f"{folder}/bad.onnx", "node 'node_b' reads 'second', another input than the picture")
    g = Graph()
    with open(f"{folder}/bad.onnx", "wb") as file:
        file.write(g.file(3, 0, g.node("Sigmoid", ["picture"], "result")))
    check("no weights", f"{folder}/bad.onnx", "the graph has no weights")
    for name, layer, wanted in NCNN:
        with open(f"{folder}/bad.param", "w") as file:
            file.write(PARAM.format(layer))
        with open(f"{folder}/bad.bin", "wb") as file:
            file.write(b"\0" * (4 + 108 * 4 + 16))
        check(name, f"{folder}/bad.param", wanted)
    # A few hundred bytes that say gigabytes: each shuffle of 2048 channels is a matrix of four million numbers.
    layers = "".join(f"ShuffleChannel f{i} 1 1 b{i} b{i + 1} 0=2\n" for i in range(60))
    with open(f"{folder}/bad.param", "w") as file:
        file.write("7767517\n63 63\nInput in0 0 1 in0\nConvolution first 1 1 in0 b0 0=2048 1=1 5=1 6=6144\n" + layers +
                   "Convolution last 1 1 b60 out0 0=3 1=1 5=1 6=6144\n")
    with open(f"{folder}/bad.bin", "wb") as file:
        file.write(b"\0" * (4 + 6144 * 4 + 2048 * 4 + 4 + 6144 * 4 + 12))
    check("a small file of many weights", f"{folder}/bad.param", "million weights, which is too much")
    with open(f"{folder}/bad.param", "w") as file:
        file.write("7767517\n2000000000 2\nInput in0 0 1 in0\n")
    check("more layers than the limit", f"{folder}/bad.param", "layers or more; the limit is 4095")
    with open(f"{folder}/bad.param", "w") as file:
        file.write("7767517\n2 2\nInput in0 0 1 in0\nPixelShuffle f 1 1000000 in0 b 0=2\n")
    check("more results than its line has", f"{folder}/bad.param", "line 4: fewer blobs than it says")
    print(f"{len(ONNX) + len(NCNN) + 5} graphs that are wrong, {bad} not refused as they should be")
    sys.exit(1 if bad else 0)


main()
