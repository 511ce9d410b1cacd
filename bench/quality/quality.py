#!/usr/bin/env python3
"""Closeness to the original on damaged pictures: PSNR on Y, 4 pixels shaved, x4.

    python3 bench/quality/quality.py [--anew build/release/anew] [--model NAME|FILE]... [--sets Set5 Urban100]

For each row the small picture is damaged in a fixed way (seeds fixed; noise before JPEG), enlarged by
Lanczos (Pillow) and by each model through the built program, and compared with the original. Pictures
come from ANEW_SHARED (default ../shared)/images/open and are not part of the project.
"""
import argparse
import io
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy
from PIL import Image, ImageFilter

ROWS = {
    "clean": {},
    "noise 5, JPEG 40": {"noise": 5, "jpeg": 40},
    "JPEG 30": {"jpeg": 30},
    "JPEG 70": {"jpeg": 70},
    "noise 15": {"noise": 15},
    "noise 25": {"noise": 25},
    "blur 1.2, noise 5, JPEG 50": {"blur": 1.2, "noise": 5, "jpeg": 50},
}


def damaged(small, number, blur=0.0, noise=0.0, jpeg=0):
    """The damage of one row; `number` seeds the noise."""
    if blur:
        small = small.filter(ImageFilter.GaussianBlur(blur))
    if noise:
        dice = numpy.random.default_rng(number)
        pixels = numpy.asarray(small, numpy.float64) + dice.normal(0, noise, (small.height, small.width, 3))
        small = Image.fromarray(pixels.clip(0, 255).round().astype(numpy.uint8))
    if jpeg:
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=jpeg)
        small = Image.open(buffer).convert("RGB")
    return small


def luma(picture):
    """Y of ITU-R BT.601 with the video range, as the literature measures it."""
    pixels = numpy.asarray(picture.convert("RGB"), numpy.float64)
    return 16 + (65.481 * pixels[..., 0] + 128.553 * pixels[..., 1] + 24.966 * pixels[..., 2]) / 255


def psnr(result, original, shave=4):
    a, b = (luma(p)[shave:-shave, shave:-shave] for p in (result, original))
    return 10 * numpy.log10(255**2 / numpy.mean((a - b) ** 2))


def enlarged(program, model, path, folder):
    target = folder / "large.png"
    command = [program, path, "-o", target, "-f", "--quiet"] + (["-m", model] if model else [])
    subprocess.run(command, check=True)
    return Image.open(target).convert("RGB")


def main():
    os.environ.setdefault("ANEW_AUTO", "off")  # the network is measured, not what a look chooses
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--anew", default="build/release/anew")
    parser.add_argument("--model", action="append", default=[])
    parser.add_argument("--sets", nargs="+", default=["Set5"])
    options = parser.parse_args()
    models = options.model or ["photo-x4"]
    open_pictures = pathlib.Path(os.environ.get("ANEW_SHARED", "../shared")) / "images" / "open"
    if not open_pictures.is_dir():
        print(f"SKIP: {open_pictures} is absent")
        return
    for name in options.sets:
        print(f"{name:30}" + "".join(f"{column[-24:]:>26}" for column in ["Lanczos"] + models))
        originals = sorted((open_pictures / name / "HR").glob("*.png"))
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            for row, damage in ROWS.items():
                sums = numpy.zeros(1 + len(models))
                for number, path in enumerate(originals):
                    original = Image.open(path).convert("RGB")
                    small = damaged(Image.open(open_pictures / name / "LRx4" / path.name).convert("RGB"), number, **damage)
                    original = original.crop((0, 0, small.width * 4, small.height * 4))
                    small.save(folder / "small.png")
                    sums[0] += psnr(small.resize(original.size, Image.LANCZOS), original)
                    for column, model in enumerate(models):
                        sums[1 + column] += psnr(enlarged(options.anew, model, folder / "small.png", folder), original)
                print(f"{row:30}" + "".join(f"{value / len(originals):26.2f}" for value in sums))


if __name__ == "__main__":
    sys.exit(main())
