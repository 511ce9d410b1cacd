#!/usr/bin/env python3
"""make_onnx.py NETWORK OUT [STYLE...]: a tiny YuNet or SCRFD with random weights as ONNX, by the standard library alone.

Styles, which all say the same network: floats (values in the field of floats, packed) or unpacked (one field each) in
place of raw bytes; half (as float16, to which all values are rounded in any case); doubles; norm (batch
normalisation left behind the convolutions); shuffled (nodes in another order); listed (tensors among the inputs, as old
files have it); half_pixel (the other way of counting in enlargements); opset10 (Resize with two inputs); upsample
(the operation before Resize); sizes (enlargements to computed sizes). Styles that say another one: extra (a convolution
more), tanh (in place of a ReLU), linear (enlargements), stride (of a pooling), external (values in
another file).
"""
import random
import struct
import sys


# ---- protobuf -----------------------------------------------------------------------------------------------
def varint(value):
    out = b""
    value &= (1 << 64) - 1
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def real(field, value):
    return varint(field << 3 | 5) + struct.pack("<f", value)


# ---- ONNX ---------------------------------------------------------------------------------------------------
class Graph:
    def __init__(self, styles):
        self.styles, self.nodes, self.tensors, self.inputs, self.results = set(styles), [], [], [], []
        self.count, self.random = 0, random.Random(7)

    def name(self):
        self.count += 1
        return f"v{self.count}"

    def tensor(self, name, dims, values, exact=False):
        if not exact:
            values = [struct.unpack("<e", struct.pack("<e", v))[0] for v in values]
        message = b"".join(number(1, d) for d in dims)
        if "half" in self.styles:
            message += number(2, 10) + data(9, b"".join(struct.pack("<e", v) for v in values))
        elif "doubles" in self.styles:
            message += number(2, 11) + data(10, struct.pack(f"<{len(values)}d", *values))
        elif "floats" in self.styles:
            message += number(2, 1) + data(4, struct.pack(f"<{len(values)}f", *values))
        elif "unpacked" in self.styles:
            message += number(2, 1) + b"".join(real(4, v) for v in values)
        else:
            message += number(2, 1) + data(9, struct.pack(f"<{len(values)}f", *values))
        if "external" in self.styles:
            message += number(14, 1)
        self.tensors.append(message + data(8, name))
        if "listed" in self.styles:
            self.inputs.append(data(1, name))
        return name

    def node(self, op, inputs, **attributes):
        out = self.name()
        message = b"".join(data(1, i) for i in inputs) + data(2, out) + data(4, op)
        for name, value in attributes.items():
            body = data(1, name)
            if isinstance(value, list):
                body += b"".join(number(8, v) for v in value) + number(20, 7)
            elif isinstance(value, str):
                body += data(4, value) + number(20, 3)
            elif isinstance(value, float):
                body += real(2, value) + number(20, 1)
            else:
                body += number(3, value) + number(20, 2)
            message += data(5, body)
        self.nodes.append(data(1, message))
        return out

    def conv(self, x, ic, oc, kernel, stride=1, depthwise=False, norm=False):
        each = 1 if depthwise else ic
        weights = [self.random.uniform(-1, 1) for _ in range(oc * each * kernel * kernel)]
        biases = [self.random.uniform(-1, 1) for _ in range(oc)]
        name = self.name()
        inputs = [x, self.tensor(name + "w", [oc, each, kernel, kernel], weights), self.tensor(name + "b", [oc], biases)]
        y = self.node("Conv", inputs, dilations=[1, 1], group=oc if depthwise else 1, kernel_shape=[kernel] * 2,
                      pads=[kernel // 2] * 4, strides=[stride] * 2)
        if norm and "norm" in self.styles:
            unit = [[1.0] * oc, [0.0] * oc, [0.0] * oc, [0.9999899864196777] * oc]  # with the epsilon 1, nearly
            parts = [self.tensor(f"{name}n{i}", [oc], values, True) for i, values in enumerate(unit)]
            y = self.node("BatchNormalization", [y, *parts], epsilon=1e-5)
        return y

    def relu(self, x):
        op = "Tanh" if "tanh" in self.styles and self.count > 60 else "Relu"
        return self.node(op, [x])

    def pool(self, x):
        stride = 1 if "stride" in self.styles else 2
        return self.node("MaxPool", [x], kernel_shape=[2, 2], pads=[0] * 4, strides=[stride] * 2)

    def double(self, x):
        factors = self.name()
        self.tensors.append(b"".join((number(1, 4), number(2, 1), data(9, struct.pack("<4f", 1, 1, 2, 2)), data(8, factors))))
        if "upsample" in self.styles:
            return self.node("Upsample", [x, factors], mode="nearest")
        if "opset10" in self.styles:
            return self.node("Resize", [x, factors], mode="nearest")
        mode = "linear" if "linear" in self.styles else "nearest"
        ways = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        if "half_pixel" in self.styles:
            ways = {"coordinate_transformation_mode": "half_pixel"}
        if "sizes" in self.styles:
            return self.node("Resize", [x, "", "", self.node("Shape", [x])], mode=mode, **ways)
        return self.node("Resize", [x, "", factors], mode=mode, **ways)

    def add(self, a, b):
        return self.node("Add", [a, b])

    def result(self, x, sigmoid):
        x = self.node("Reshape", [self.node("Transpose", [x], perm=[0, 2, 3, 1]), self.node("Shape", [x])])
        self.results.append(self.node("Sigmoid", [x]) if sigmoid else x)

    def file(self):
        nodes = self.nodes[:]
        if "shuffled" in self.styles:
            self.random.shuffle(nodes)
        graph = b"".join(nodes) + data(2, "graph") + b"".join(data(5, t) for t in self.tensors)
        graph += b"".join(data(11, i) for i in self.inputs) + data(11, data(1, "picture"))
        graph += b"".join(data(12, data(1, r)) for r in self.results)
        opset = 9 if "upsample" in self.styles else 10 if "opset10" in self.styles else 12
        return number(1, 6) + data(2, "test") + data(7, graph) + data(8, number(2, opset))


# ---- networks -----------------------------------------------------------------------------------------------
def yunet(g, width):
    def unit(x, ic, oc, norm=True):
        return g.conv(g.conv(x, ic, oc, 1), oc, oc, 3, depthwise=True, norm=norm)
    x = g.relu(g.conv("picture", 3, width, 3, 2, norm=True))
    x = g.pool(g.relu(unit(x, width, width)))
    levels = []
    for i in range(1, 6):
        x = g.relu(unit(g.relu(unit(x, width, width)), width, width))
        if i >= 3:
            levels.append(x)
        if 2 <= i <= 4:
            x = g.pool(x)
    for i in (2, 1, 0):
        if i < 2:
            levels[i] = g.add(levels[i], g.double(levels[i + 1]))
        levels[i] = g.relu(unit(levels[i], width, width))
    for x in levels:
        x = g.relu(unit(x, width, width))
        for channels, sigmoid in ((1, True), (1, True), (4, False), (10, False)):
            g.result(unit(x, width, channels, False), sigmoid)


def scrfd(g, width):
    def block(x, ic, oc, stride=1):
        return g.relu(g.conv(g.relu(g.conv(x, ic, ic, 3, stride, True, True)), ic, oc, 1, norm=True))
    x, levels, wide = g.relu(g.conv("picture", 3, width, 3, 2, norm=True)), [], width
    for i in range(5):
        x = block(x, wide, wide + 1, 2 if i else 1)
        wide += 1
        if i % 2:
            x = block(x, wide, wide)
        if i >= 2:
            levels.append((x, wide))
    levels = [g.conv(x, wide, width, 1) for x, wide in levels]
    for i in (1, 0):
        levels[i] = g.add(levels[i], g.double(levels[i + 1]))
    levels = [g.conv(x, width, width, 3) for x in levels]
    for i in (0, 1):
        levels[i + 1] = g.add(levels[i + 1], g.conv(levels[i], width, width, 3, 2))
    for i in (1, 2):
        levels[i] = g.conv(levels[i], width, width, 3)
    for x in levels:
        x = block(block(x, width, 3), 3, 3)
        for channels, sigmoid in ((2, True), (8, False), (20, False)):
            g.result(g.conv(x, 3, channels, 3), sigmoid)


def make(network, styles, width=2):
    graph = Graph(styles)
    {"yunet": yunet, "scrfd": scrfd}[network](graph, width)
    if "extra" in graph.styles:
        graph.conv("picture", 3, 1, 1)
    return graph.file()


if __name__ == "__main__":
    with open(sys.argv[2], "wb") as file:
        file.write(make(sys.argv[1], sys.argv[3:]))
