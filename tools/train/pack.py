"""Cuts a folder of pictures into square crops and stores them as one uint8 array.

    python pack.py --out crops.npy FOLDER [FOLDER ...]

First stage of the recipe (README.md here). The array has the shape [crops][3][size][size]; crops with
hardly any detail (sky, blank paper) are thinned out, since a network learns nothing from them.
"""
import argparse
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
            yield crop.transpose(2, 0, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--out", required=True)
    parser.add_argument("--size", type=int, default=288, help="side of a crop in pixels")
    parser.add_argument("--most", type=int, default=8, help="crops of one picture at most")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice = random.Random(options.seed)
    crops = []
    for folder in options.folders:
        for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES):
            crops.extend(crops_of(path, options.size, options.most, dice))
    numpy.save(options.out, numpy.stack(crops))
    print(f"{len(crops)} crops of {options.size} pixels in {options.out}")


if __name__ == "__main__":
    main()
