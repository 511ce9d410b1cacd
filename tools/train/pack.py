"""Cuts a folder of pictures into square crops and stores them in one file that is small enough to travel.

    python pack.py --out crops.npz FOLDER [FOLDER ...]

First stage of the recipe (README.md here). The crops are JPEGs (4:4:4; their own blocks are far below what training adds),
or lossless WebP where that is no larger, as it is for drawings, one after the other in `bytes`, from `starts` on; crops.py
reads them. Crops with hardly any detail (sky, blank paper) are thinned out, since a network learns nothing from them.
"""
import argparse
import io
import pathlib
import random

import numpy
from PIL import Image

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp"}


def crops_of(path, size, most, dice):
    """Up to `most` crops of one picture on a grid with a random origin, the detailed ones kept."""
    picture = numpy.asarray(Image.open(path).convert("RGB"))
    height, width = picture.shape[:2]
    if height < size or width < size:
        return
    places = []
    top, left = dice.randrange((height - size) % size + 1), dice.randrange((width - size) % size + 1)
    for y in range(top, height - size + 1, size):
        for x in range(left, width - size + 1, size):
            places.append((y, x))
    dice.shuffle(places)
    for y, x in places[:most]:
        crop = picture[y : y + size, x : x + size]
        detail = numpy.abs(numpy.diff(crop.astype(numpy.int16), axis=1)).mean()
        if detail > 2.0 or dice.random() < 0.3:
            yield crop


def packed(crop, quality):
    """The crop as a file, lossless where that costs nothing."""
    files = []
    for settings in ({"format": "WEBP", "lossless": True, "quality": 50},
                     {"format": "JPEG", "quality": quality, "subsampling": 0, "optimize": True}):
        buffer = io.BytesIO()
        Image.fromarray(crop).save(buffer, **settings)
        files.append(buffer.getvalue())
    return min(files, key=len)


def save(path, data, starts):
    with open(path, "wb") as file:
        numpy.savez(file, bytes=numpy.frombuffer(bytes(data), numpy.uint8), starts=numpy.array(starts))


def pictures_of(folder, left_out):
    """Its pictures in the order of their names, less each so-manyth (0: none), to be measured on."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    return [path for number, path in enumerate(paths) if left_out == 0 or number % left_out != 0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--out", required=True)
    parser.add_argument("--size", type=int, default=288, help="side of a crop in pixels")
    parser.add_argument("--most", type=int, default=8, help="crops of one picture at most")
    parser.add_argument("--quality", type=int, default=90, help="of the crops' JPEGs")
    parser.add_argument("--leave-out", type=int, default=0, help="7: the first of each seven pictures of a folder stays out")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice = random.Random(options.seed)
    data, starts = bytearray(), [0]
    for folder in options.folders:
        for path in pictures_of(folder, options.leave_out):
            for crop in crops_of(path, options.size, options.most, dice):
                data += packed(crop, options.quality)
                starts.append(len(data))
    if len(starts) == 1:
        raise SystemExit(f"no picture of {options.size} pixels a side in {', '.join(map(str, options.folders))}")
    save(options.out, data, starts)
    print(f"{len(starts) - 1} crops of {options.size} pixels, {len(data) / 1e6:.1f} MB, in {options.out}")


if __name__ == "__main__":
    main()
