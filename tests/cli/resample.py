"""resample.py same SOURCE RESULT FILTER [--linear] | pattern FILE | dot FILE | centred FILE SIDE | checkers FILE |
all FILE VALUE: resampling by its definition, for resample.sh, by the standard library alone."""
import math
import struct
import sys

from metadata import read_pnm  # of the same folder

SCALE = 4  # of the network, which repeats pixels


def write(file, width, height, channels, samples):
    with open(file, "wb") as out:
        out.write(b"P%d\n%d %d\n65535\n" % (5 if channels == 1 else 6, width, height))
        out.write(struct.pack(f">{len(samples)}H", *samples))


def sinc(x):
    return 1.0 if x == 0 else math.sin(math.pi * x) / (math.pi * x)


def keys(x):
    """Keys 1981, equation 15, a = -1/2."""
    return 1.5 * x ** 3 - 2.5 * x ** 2 + 1 if x < 1 else -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2 if x < 2 else 0.0


def mitchell(x):
    """With B = C = 1/3, as the paper's figure has it."""
    return (7 * x ** 3 - 12 * x ** 2 + 16 / 3) / 6 if x < 1 else (-7 / 3 * x ** 3 + 12 * x ** 2 - 20 * x + 32 / 3) / 6 if x < 2 else 0.0


FILTERS = {"lanczos3": (3, lambda x: sinc(x) * sinc(x / 3) if x < 3 else 0.0), "cubic": (2, keys), "mitchell": (2, mitchell)}


def weights(source, target, name):
    """For each output pixel the pairs of source pixel and weight; pixels beyond an edge are the edge's."""
    ratio = source / target
    for i in range(target):
        pairs = {}
        if name == "area":
            span = range(math.floor(i * ratio), math.ceil((i + 1) * ratio))
            share = [(j, min(j + 1, (i + 1) * ratio) - max(j, i * ratio)) for j in span]
        else:
            support, value = FILTERS[name]
            wide = max(ratio, 1.0)
            middle = (i + 0.5) * ratio
            span = range(math.floor(middle - support * wide) - 1, math.ceil(middle + support * wide) + 1)
            share = [(j, value(abs(j + 0.5 - middle) / wide)) for j in span]
        total = sum(weight for _, weight in share)
        for j, weight in share:
            j = min(max(j, 0), source - 1)
            pairs[j] = pairs.get(j, 0.0) + weight / total
        yield list(pairs.items())


def to_light(v):
    return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4


def from_light(v):
    v = min(max(v, 0.0), 1.0)
    return v * 12.92 if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055


def same(source, result, name, linear):
    width, height, channels, top, pixels = read_pnm(source)
    to_width, to_height, _, to_top, got = read_pnm(result)
    across = list(weights(width * SCALE, to_width, name))
    down = list(weights(height * SCALE, to_height, name))
    worst = 0
    for c in range(channels):
        plane = [[pixels[y * width + x][c] / top for x in range(width)] for y in range(height)]
        if linear:
            plane = [[to_light(v) for v in row] for row in plane]
        rows = [[sum(row[j // SCALE] * w for j, w in pairs) for pairs in across] for row in plane]
        for y, pairs in enumerate(down):
            for x in range(to_width):
                value = sum(rows[j // SCALE][x] * w for j, w in pairs)
                value = from_light(value) if linear else min(max(value, 0.0), 1.0)
                worst = max(worst, abs(value * to_top - got[y * to_width + x][c]))
    # Rounding to 16 bits, and sums of floats; near black the curve is steep: 12.92.
    return None if worst < (2.5 if linear else 1.0) else f"{name}: off by {worst:.2f} of {to_top}"


def pattern(file):
    width, height = 21, 18
    write(file, width, height, 3,
          [(x * x * 977 + y * y * 3331 + c * 21000 + x * y * 73) % 65536 for y in range(height) for x in range(width) for c in range(3)])


def dot(file):
    side = 40
    write(file, side, side, 1, [int(60000 * math.exp(-((x - 19.5) ** 2 + (y - 19.5) ** 2) / 18)) for y in range(side) for x in range(side)])


def centred(file, side):
    width, height, _, _, pixels = read_pnm(file)
    if (width, height) != (side, side):
        return f"{width}x{height}"
    total = sum(p[0] for p in pixels)
    x = sum(p[0] * (i % side + 0.5) for i, p in enumerate(pixels)) / total
    y = sum(p[0] * (i // side + 0.5) for i, p in enumerate(pixels)) / total
    return None if abs(x - side / 2) < 0.002 and abs(y - side / 2) < 0.002 else f"the middle is at {x:.4f}, {y:.4f}"


def checkers(file):
    with open(file, "wb") as out:
        out.write(b"P5\n16 16\n255\n" + bytes(255 * ((x + y) % 2) for y in range(16) for x in range(16)))


def every(file, value):
    wrong = {p[0] for p in read_pnm(file)[4]} - {value}
    return f"{file}: {wrong}, not {value}" if wrong else None


problem = {"same": same, "pattern": pattern, "dot": dot, "checkers": checkers,
           "centred": lambda file, side: centred(file, int(side)),
           "all": lambda file, value: every(file, int(value))}[sys.argv[1]](*sys.argv[2:])
if problem:
    sys.exit(problem)
