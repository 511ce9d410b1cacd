#!/usr/bin/env python3
"""make_collection.py FOLDER >tests/data/collection.tsv: what other decoders make of the collection of pictures in
../shared/images/open/formats, for tests/check_collection.c. PNG is decoded here, by zlib alone; everything else
by Pillow. Needs Pillow and numpy; run by hand, when the collection changes.

A line: file, width, height, channels, bits, CRC-32 of the samples (16 bits: big-endian) or - for lossy formats,
and the means of the 16 cells of a 4x4 grid, over all channels but alpha. Or: file, "refused", and a part of what
anew must say; `REFUSED` below holds these, each decided by a person."""
import os
import struct
import sys
import zlib

import numpy
from PIL import Image, ImageOps

REFUSED = {
    "corrupt/pillow_broken.png": "invalid chunk type",
    "corrupt/pillow_hopper_bad_exif.jpg": "bad Huffman code",
    "corrupt/pillow_truncated_image.png": "the file is cut",
    "corrupt/pillow_truncated_jpeg.jpg": "Premature end",
    "corrupt/pngsuite_xc1n0g08.png": "Invalid IHDR data",
    "corrupt/pngsuite_xc9n2c08.png": "Invalid IHDR data",
    "corrupt/pngsuite_xcrn0g04.png": "not a PNG",
    "corrupt/pngsuite_xcsn0g01.png": "CRC error",
    "corrupt/pngsuite_xd0n2c08.png": "Invalid IHDR data",
    "corrupt/pngsuite_xd3n2c08.png": "Invalid IHDR data",
    "corrupt/pngsuite_xd9n2c08.png": "Invalid IHDR data",
    "corrupt/pngsuite_xdtn0g01.png": "out of place",
    "corrupt/pngsuite_xhdn0g08.png": "CRC error",
    "corrupt/pngsuite_xlfn0g04.png": "not a PNG",
    "corrupt/pngsuite_xs1n0g01.png": "not a PNG",
    "corrupt/pngsuite_xs2n0g01.png": "not a PNG",
    "corrupt/pngsuite_xs4n0g01.png": "not a PNG",
    "corrupt/pngsuite_xs7n0g01.png": "not a PNG",
    "corrupt/zunefuzz_6085892843070121921591_minimized_214.jpg": "Bogus sampling factors",
    "corrupt/zunefuzz_8601280367171438891916_minimized_837.jpg": "Inconsistent progression",
    "corrupt/zunefuzz_issue256.jpg": "Invalid progressive parameters",
    "pillow/12bit.cropped.tif": "12 bits a sample",
    "pillow/ultrahdr.jpg": "Premature end",
}


def unfilter(data, rows, row_bytes, step):
    out, before, at = [], bytearray(row_bytes), 0
    for _ in range(rows):
        kind, line = data[at], bytearray(data[at + 1:at + 1 + row_bytes])
        at += 1 + row_bytes
        for i in range(row_bytes):
            a = line[i - step] if i >= step else 0
            b, c = before[i], before[i - step] if i >= step else 0
            p = a + b - c
            nearest = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            line[i] = line[i] + (0, a, b, (a + b) // 2, nearest)[kind] & 255
        out.append(bytes(line))
        before = line
    return out, at


def decode_png(data):
    """Samples as [height][width][channels], bits of 8 or 16."""
    at, packed, palette, transparency = 8, b"", None, None
    while at + 12 <= len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        at += 12 + length
        if kind == b"IHDR":
            width, height, bits, colour, _, _, interlace = struct.unpack(">IIBBBBB", body)
        elif kind == b"PLTE":
            palette = numpy.frombuffer(body, numpy.uint8).reshape(-1, 3)
        elif kind == b"tRNS":
            transparency = body
        elif kind == b"IDAT":
            packed += body
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    samples = numpy.zeros((height, width, channels), numpy.uint16)
    plain, at = zlib.decompress(packed), 0
    passes = [(0, 0, 1, 1)] if not interlace else [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4),
                                                    (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    for y0, x0, dy, dx in passes:
        rows, columns = -(-(height - y0) // dy), -(-(width - x0) // dx)
        if rows <= 0 or columns <= 0:
            continue
        row_bytes = (columns * channels * bits + 7) // 8
        lines, used = unfilter(plain[at:], rows, row_bytes, max(1, channels * bits // 8))
        at += used
        for y, line in enumerate(lines):
            raw = numpy.frombuffer(line, numpy.uint8)
            if bits == 16:
                values = raw.reshape(-1, 2).astype(numpy.uint16) @ numpy.array([256, 1], numpy.uint16)
            elif bits == 8:
                values = raw
            else:
                values = numpy.unpackbits(raw).reshape(-1, bits) @ (1 << numpy.arange(bits)[::-1])
            samples[y0 + dy * y, x0::dx] = values[:columns * channels].reshape(columns, channels)
    full = 65535 if bits == 16 else 255
    alpha = None
    if colour == 3:
        index = samples[:, :, 0]
        if transparency is not None:
            table = numpy.full(256, 255, numpy.uint16)
            table[:len(transparency)] = list(transparency)
            alpha = table[index]
        table = numpy.zeros((256, 3), numpy.uint16)
        table[:len(palette)] = palette
        samples, bits = table[index], 8
    elif transparency is not None:
        key = numpy.frombuffer(transparency, ">u2")
        alpha = numpy.where((samples == key).all(axis=2), 0, full).astype(numpy.uint16)
    if bits < 8:
        samples = samples * (255 // ((1 << bits) - 1))
    if alpha is not None:
        samples = numpy.concatenate([samples, alpha[:, :, None]], axis=2)
    return samples.astype(numpy.uint16), 16 if bits == 16 else 8


def turned(samples, path, data):
    """As the EXIF asks that Pillow finds, in a chunk of its own or in ImageMagick's text. (Pillow also heeds XMP
    alone, which anew does not.)"""
    if b"eXIf" not in data and b"Raw profile type" not in data:
        return samples
    orientation = Image.open(path).getexif().get(0x0112, 1)
    if orientation >= 5:
        samples = samples.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    return samples


def decode_other(path):
    picture = Image.open(path)
    picture = ImageOps.exif_transpose(picture)
    if picture.mode == "CMYK":
        ink = numpy.asarray(picture).astype(numpy.int64)
        ink = 255 - ink  # Pillow has turned Adobe's inverted inks; both ways 255 is none now
        return ((ink[:, :, :3] * ink[:, :, 3:] + 127) // 255).astype(numpy.uint16), 8
    if picture.mode == "1":
        picture = picture.convert("L")
    if picture.mode == "P":
        picture = picture.convert(picture.palette.mode)
    if picture.mode.startswith("I"):
        samples, bits = numpy.asarray(picture.convert("I")).astype(numpy.uint16), 16
    else:
        samples, bits = numpy.asarray(picture).astype(numpy.uint16), 8
    samples = samples if samples.ndim == 3 else samples[:, :, None]
    if path.endswith(".bmp") and samples.shape[2] == 3 and (samples == samples[:, :, :1]).all():
        samples = samples[:, :, :1]  # a palette of grays only
    if path.endswith("V3_A1_R5_G5_B5_Top_Down.bmp"):  # Pillow leaves its alpha out: the top bit
        data = open(path, "rb").read()
        words = numpy.frombuffer(data[struct.unpack("<I", data[10:14])[0]:], "<u2")
        alpha = (words[:samples.shape[0] * samples.shape[1]] >> 15).reshape(samples.shape[:2])
        samples = numpy.dstack([samples, alpha * 255]).astype(numpy.uint16)
    return samples, bits


def main(folder):
    for place, folders, names in sorted(os.walk(folder)):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(place, name)
            file = os.path.relpath(path, folder)
            if file in REFUSED:
                print(file, "refused", REFUSED[file], sep="\t")
                continue
            data = open(path, "rb").read()
            try:
                if data[:4] == b"\x89PNG":
                    samples, bits = decode_png(data)
                    samples = turned(samples, path, data)
                else:
                    samples, bits = decode_other(path)
            except Exception as problem:
                print(f"{file}: {problem!r}", file=sys.stderr)
                continue
            height, width, channels = samples.shape
            lossy = data[:3] == b"\xff\xd8\xff" or data[12:16] == b"VP8 " or (data[8:12] == b"WEBP" and b"VP8 " in data[:4096])
            if file == "pillow/tiff_16bit_RGB.tiff":  # of which Pillow reads 8 bits
                samples, bits, lossy = samples * 257, 16, True
            stored = samples.astype(">u2" if bits == 16 else "u1").tobytes()
            colours = samples[:, :, :channels - 1 if channels in (2, 4) else channels].mean(axis=2)
            means = [colours[height * i // 4:max(height * (i + 1) // 4, height * i // 4 + 1),
                             width * k // 4:max(width * (k + 1) // 4, width * k // 4 + 1)].mean()
                     for i in range(4) for k in range(4)]
            print(file, width, height, channels, bits, "-" if lossy else f"{zlib.crc32(stored):08x}",
                  " ".join(f"{mean:.2f}" for mean in means), sep="\t")


main(sys.argv[1])
