"""stories.py WHAT ...: pictures for stories.sh, and looks at results; binary PPM, by the standard library alone.

    scene FILE WIDTH HEIGHT NOISE     a sky that darkens over blocks with edges; noise of that sigma in every sample
    sky FILE MOST                     the sky's samples are spread by at most MOST around their rows' means
    edges FILE LEAST                  the steepest step of the blocks is at least LEAST
    night FILE WIDTH HEIGHT NOISE     a dark sky that brightens evenly to the horizon, and windows with light below it; noise
    crowd FILE WIDTH HEIGHT COUNT     a list of that many faces, in rows
    icon FILE SIDE                    a disc on white
"""
import random
import sys

from face_knobs import make_list, read, write

SKY = 0.4  # of the height


def scene(path, width, height, noise):
    width, height, noise = int(width), int(height), float(noise)
    chance = random.Random(7)
    # So many samples of noise are drawn once, and taken from another place in each row.
    drawn = [chance.gauss(0, noise) for _ in range(30011)]
    rows = []
    for y in range(height):
        at = chance.randrange(len(drawn))
        row = bytearray()
        for x in range(width):
            light = 40 + 30 * y / height if y < SKY * height else (180 if (x // 37 + y // 53) % 2 else 60)
            for tint in (0.8, 0.9, 1.2):
                v = light * tint + drawn[at]
                at = at + 1 if at + 1 < len(drawn) else 0
                row.append(max(0, min(255, round(v))))
        rows.append(bytes(row))
    write(path, width, height, b"".join(rows))


def night(path, width, height, noise):
    width, height, noise = int(width), int(height), float(noise)
    chance = random.Random(8)
    rows = []
    for y in range(height):
        row = bytearray()
        for x in range(width):
            lit = x % 48 in range(8, 30) and y % 64 in range(20, 56) and (x // 48 * 7 + y // 64 * 5) % 3 == 0
            light = 34 + 30 * y / height if y < SKY * height else 190 if lit else 24
            for tint in (1.0, 0.85, 0.7) if lit and y >= SKY * height else (0.8, 0.9, 1.2):
                row.append(max(0, min(255, round(light * tint + chance.gauss(0, noise)))))
        rows.append(bytes(row))
    write(path, width, height, b"".join(rows))


def sky(path, most):
    width, height, data = read(path)
    total = count = 0
    for y in range(10, int(SKY * height) - 20, 7):
        row = data[3 * width * y + 1:3 * width * (y + 1):3]
        mean = sum(row) / width
        total += sum((v - mean) ** 2 for v in row)
        count += width
    spread = (total / count) ** 0.5
    print(f"the sky's spread is {spread:.2f}")
    if spread > float(most):
        sys.exit(f"more than {most}")


def edges(path, least):
    width, height, data = read(path)
    y = int(0.9 * height)
    row = data[3 * width * y + 1:3 * width * (y + 1):3]
    steep = max(abs(a - b) for a, b in zip(row, row[2:]))
    print(f"the steepest step is {steep}")
    if steep < float(least):
        sys.exit(f"less than {least}")


def crowd(path, width, height, count):
    across, down = 8, 4
    step, drop = int(width) / across, int(height) / down
    make_list(path, width, height, *(f"{(i % across + 0.5) * step} {(i // across + 0.5) * drop} {step / 4}"
                                     for i in range(int(count))))


def icon(path, side):
    side = int(side)
    rows = []
    for y in range(side):
        inside = [(x - side / 2) ** 2 + (y - side / 2) ** 2 < (side * 0.4) ** 2 for x in range(side)]
        rows.append(b"".join(b"\x20\x60\xc0" if i else b"\xff\xff\xff" for i in inside))
    write(path, side, side, b"".join(rows))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
