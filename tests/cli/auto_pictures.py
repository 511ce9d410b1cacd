#!/usr/bin/env python3
"""auto_pictures.py FOLDER: clean.ppm, noisy.ppm (the same with noise of 5), drawing.ppm, for auto.sh."""
import math
import pathlib
import random
import sys

WIDTH, HEIGHT = 112, 96


def write(path, pixels):
    path.write_bytes(b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + bytes(max(0, min(255, round(v))) for v in pixels))


def main():
    folder = pathlib.Path(sys.argv[1])
    dice = random.Random(7)
    # Hills and some sharp edges: sharp, and without noise.
    clean = []
    for y in range(HEIGHT):
        for x in range(WIDTH):
            hill = 120 + 60 * math.sin(x / 8) * math.cos(y / 9)
            edge = 40 if (x // 5 + 2 * (y // 7)) % 11 == 3 or (x * x + y * y) // 900 % 3 == 1 else 0
            clean += [hill + edge, hill * 0.8 + edge, 200 - hill * 0.7 + edge / 2]
    write(folder / "clean.ppm", clean)
    write(folder / "noisy.ppm", [v + dice.gauss(0, 5) for v in clean])
    drawing = []
    for y in range(HEIGHT):
        for x in range(WIDTH):
            inside = (x - 52) ** 2 + (y - 44) ** 2 < 900
            line = abs((x - 52) ** 2 + (y - 44) ** 2 - 900) < 80
            drawing += [0, 0, 0] if line else [250, 220, 40] if inside else [240, 240, 255]
    write(folder / "drawing.ppm", drawing)


main()
