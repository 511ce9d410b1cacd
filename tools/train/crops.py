"""Reads what pack.py wrote: all crops of one or several packs, unpacked, as one tensor of bytes."""
import io

import numpy
import torch
from PIL import Image


def read(paths):
    """uint8 [crops][3][side][side]."""
    pictures = []
    for path in paths:
        with numpy.load(path) as pack:
            data, starts = pack["bytes"].tobytes(), pack["starts"]
        for first, end in zip(starts[:-1], starts[1:]):
            picture = numpy.asarray(Image.open(io.BytesIO(data[first:end])).convert("RGB"))
            pictures.append(torch.from_numpy(picture.transpose(2, 0, 1).copy()))
    return torch.stack(pictures)
