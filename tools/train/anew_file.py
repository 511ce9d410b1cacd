"""Reads the tensors of an .anew file (weights/FORMAT.md), so that a training can begin where committed weights ended."""
import struct

import numpy
import torch


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, layout):
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values[0] if len(values) == 1 else values

    def text(self, length_layout):
        length = self.take(length_layout)
        self.at += length
        return self.data[self.at - length : self.at].decode()


def read(path):
    """{name: float32 tensor}, the names as they stand in the file. Files of f32 and f16 only: what is trained here."""
    with open(path, "rb") as file:
        reader = Reader(file.read())
    magic, version = reader.take("8sI")
    if magic != b"\x89ANEW\r\n\x1a" or version != 1:
        raise SystemExit(f"{path}: is no .anew file of version 1")
    reader.at = 28
    fields, tensors = reader.take("II")
    reader.at = 64
    for _ in range(fields):
        kind = reader.take("B")
        reader.text("B")
        if kind in (1, 4):
            reader.text("H")
        else:
            reader.take("q")
    found = {}
    for _ in range(tensors):
        name, dtype, packed, rank = reader.text("B"), reader.take("B"), reader.text("B"), reader.take("B")
        if dtype > 1 or packed:
            raise SystemExit(f"{path}: {name}: neither f32 nor f16 in plain order")
        dims = [reader.take("Q") for _ in range(rank)]
        offset, size, _ = reader.take("QQI")
        values = numpy.frombuffer(reader.data, ["<f4", "<f2"][dtype], size // [4, 2][dtype], offset)
        found[name] = torch.from_numpy(values.reshape(dims).astype(numpy.float32))
    return found
