#!/usr/bin/env python3
"""The roofline of a machine as a picture: what a step can reach at most, by how many operations it does for each byte
that it moves, and where the convolution kernels are, and the steps of a network.

    build/release/bench_kernels --csv >kernels.csv
    python3 bench/roofline.py --kernels kernels.csv --title 'CPU, COMMIT' roofline.png

and with a network's steps

    build/release/anew --profile=json -m MODEL PICTURE -o OUT | grep '^{' >profile.json
    python3 bench/roofline.py --kernels kernels.csv --profile 'NAME=profile.json' --title 'CPU, COMMIT' roofline.png

The picture is drawn here, with Pillow for the letters and the file.
"""
import argparse
import csv
import json
import math
import sys

WIDTH, HEIGHT = 1100, 720
LEFT, RIGHT, TOP, BOTTOM = 90, 30, 60, 70
X_RANGE, Y_RANGE = (0.5, 1024.0), (8.0, 2048.0)  # operations for a byte, Gop/s
COLOURS = [(200, 60, 40), (30, 110, 190), (40, 140, 60), (150, 80, 170)]


def attainable(intensity, peak, bandwidth):
    """What the arithmetic units or the memory allow, whichever is less."""
    return min(peak, intensity * bandwidth)


def column(value, ends, first, last):
    low, high = (math.log2(end) for end in ends)
    return first + (math.log2(min(max(value, ends[0]), ends[1])) - low) / (high - low) * (last - first)


def place(intensity, rate):
    return column(intensity, X_RANGE, LEFT, WIDTH - RIGHT), column(rate, Y_RANGE, HEIGHT - BOTTOM, TOP)


def read_rows(path):
    """Of bench_kernels --csv."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader([line for line in file if not line.startswith("#")]))


def peaks_of(rows, threads):
    """{name: rate} with so many threads."""
    wanted = "1 thread" if threads == 1 else f"{threads} threads"
    return {row["shape"]: float(row["best"]) for row in rows if row["kernel"] == "peak" and row["bound"] == wanted}


def kernels_of(rows, level):
    """{kernel: [(operations for a byte, Gop/s, share, kernel, channels)]} of the convolutions of a CPU level."""
    found = {}
    for row in rows:
        if row["kernel"].startswith("conv") and row["kernel"].endswith("_" + level):
            size, inputs, _, outputs, _, width = row["shape"].split()
            label = f"{size} {inputs}->{outputs}" + ("" if width == "256" else f" w{width}")
            found.setdefault(row["kernel"], []).append(
                (float(row["operations_per_byte"]), float(row["best"]), 0.01, row["kernel"], label))
    return found


def read_steps(path):
    """Of a file of profiles, a line for each run: [(operations for a byte, Gop/s, share of the time, kernel, channels)]
    and the threads. Each step's time is the shortest of the runs: what else runs on the machine only makes it longer."""
    with open(path, encoding="utf-8") as file:
        profiles = [json.loads(line) for line in file if line.startswith("{")]
    best = {}
    for profile in profiles:
        for group in profile["groups"]:
            key = group["kernel"], group["in_channels"], group["out_channels"], tuple(group["size"])
            if group["flops"] > 0 and group["seconds"] > 0 and (
                    key not in best or group["seconds"] < best[key]["seconds"]):
                best[key] = group
    whole = sum(group["seconds"] for group in best.values())
    steps = [(group["flops"] / group["bytes"], group["flops"] / group["seconds"] * 1e-9, group["seconds"] / whole,
              group["kernel"], f"{group['in_channels']}->{group['out_channels']}") for group in best.values()]
    return sorted(steps, key=lambda step: -step[2]), profiles[0]["threads"]


def draw_axes(draw, font):
    for i in range(-1, 11):
        x = place(2.0 ** i, Y_RANGE[0])[0]
        draw.line([(x, TOP), (x, HEIGHT - BOTTOM)], fill=(228, 228, 228))
        draw.text((x, HEIGHT - BOTTOM + 8), f"{2.0 ** i:g}", fill="black", font=font, anchor="ma")
    for i in range(3, 12):
        y = place(X_RANGE[0], 2.0 ** i)[1]
        draw.line([(LEFT, y), (WIDTH - RIGHT, y)], fill=(228, 228, 228))
        draw.text((LEFT - 8, y), f"{2 ** i}", fill="black", font=font, anchor="rm")
    draw.text(((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 24), "operations for each byte moved", fill="black", font=font,
              anchor="mm")
    draw.text((LEFT, TOP - 12), "Gop/s", fill="black", font=font, anchor="lb")


def draw_roofs(draw, font, peaks):
    """Each bandwidth's slope up to the highest peak, and each peak's ceiling from the fastest memory on."""
    slopes = [("reading memory", "memory"), ("reading the second-level cache", "second-level cache")]
    ceilings = [(name, rate) for name, rate in peaks.items() if "AVX" in name or "AMX" in name]
    top = max(rate for _, rate in ceilings)
    fastest = max(peaks[name] for name, _ in slopes)
    for name, label in slopes:
        bandwidth = peaks[name]
        points = [place(2 ** (i / 8), attainable(2 ** (i / 8), top, bandwidth)) for i in range(-8, 81)
                  if attainable(2 ** (i / 8), top, bandwidth) >= Y_RANGE[0] and 2 ** (i / 8) * bandwidth <= top * 1.09]
        draw.line(points, fill=(90, 90, 90), width=3)
        x, y = points[len(points) // 6]
        draw.text((x + 10, y + 4), f"{label}, {bandwidth:.0f} GB/s", fill=(90, 90, 90), font=font)
    for name, rate in ceilings:
        draw.line([place(rate / fastest, rate), place(X_RANGE[1], rate)], fill=(90, 90, 90), width=2)
        draw.text((WIDTH - RIGHT - 4, place(1, rate)[1] - 3), f"{name}, {rate:.0f}", fill=(90, 90, 90), font=font,
                  anchor="rb")


def draw_steps(draw, font, number, label, steps):
    """Circles whose area is the step's share of the time, and beside them numbers that a list explains."""
    colour = COLOURS[number % len(COLOURS)]
    listed = [step for step in steps if step[2] >= 0.01]
    draw.text((LEFT + 280 + 330 * number, HEIGHT - BOTTOM - 20 * (len(listed) + 1) - 8), label, fill=colour, font=font)
    for i, (intensity, rate, share, _, channels) in enumerate(listed):
        draw.text((LEFT + 280 + 330 * number, HEIGHT - BOTTOM - 20 * (len(listed) - i) - 8),
                  f"{i + 1}: {channels}, {rate:.0f} Gop/s", fill=colour, font=font)
    for i, (intensity, rate, share, _, _) in enumerate(steps):
        x, y = place(intensity, rate)
        radius = 4 + 26 * math.sqrt(share)
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], outline=colour, width=3)
        if share >= 0.01:
            draw.text((x + radius + 2, y - 7 + 14 * (i % 2)), str(i + 1), fill=colour, font=font, anchor="lm")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernels", required=True)
    parser.add_argument("--profile", action="append", default=[], help="NAME=FILE; several are allowed")
    parser.add_argument("--level", default="avx512", help="CPU level of the kernels (default: avx512)")
    parser.add_argument("--title", default="")
    parser.add_argument("output")
    options = parser.parse_args()
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(14)
    rows = read_rows(options.kernels)
    profiles = [(word.split("=", 1)[0], *read_steps(word.split("=", 1)[1])) for word in options.profile]
    kernels = [] if profiles else [(name, steps, 1) for name, steps in kernels_of(rows, options.level).items()]
    draw_axes(draw, font)
    draw_roofs(draw, font, peaks_of(rows, profiles[0][2] if profiles else 1))
    for number, (label, steps, _) in enumerate(profiles + kernels):
        draw_steps(draw, font, number, label, steps)
    draw.text((WIDTH / 2, 16), options.title, fill="black", font=ImageFont.load_default(17), anchor="ma")
    image.save(options.output)


if __name__ == "__main__":
    sys.exit(main())
