#!/usr/bin/env python3
"""bench.py PROGRAM MODEL PPM WANTED JSON: PROGRAM (bench_network) on the picture PPM says what its protocol asks for and
saves what the program anew made of it, WANTED; the arithmetic of bench/ is right (min, median, spread, ratios, verdicts, operations counted, the
roofline), and the line of figures in the file JSON, from one round of compare.py, is complete."""
import array
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, "bench")
from peers import figures  # noqa: E402


def check(what, holds):
    if not holds:
        sys.exit(f"bench: {what}")


def read_ppm(path):
    """(width, height, samples)"""
    with open(path, "rb") as file:
        header = [file.readline() for _ in range(3)]
        width, height = map(int, header[1].split())
        return width, height, file.read()


def check_process(program, model, picture, wanted):
    width, height, samples = read_ppm(picture)
    with tempfile.TemporaryDirectory() as folder:
        path, saved = os.path.join(folder, "in"), os.path.join(folder, "out")
        with open(path, "wb") as file:
            array.array("f", [sample / 255 for sample in samples]).tofile(file)
        answers = subprocess.run([program, model, path, str(width), str(height), "1", "exact"], text=True,
                                 input=f"run\nsave {saved}\nrun\nnonsense\n", capture_output=True, check=True)
        lines = answers.stdout.splitlines()
        check(f"the process says {lines}", len(lines) == 5 and lines[0].startswith("ready ") and lines[2] == "saved"
              and lines[4].startswith("failed"))
        for line in (lines[1], lines[3]):
            wall, processors = map(float, line.split())
            check(f"seconds: {line}", 0 < wall < 5 and 0 < processors < 5)
        values = array.array("f")
        with open(saved, "rb") as file:
            values.frombytes(file.read())
    eight = bytes(min(255, max(0, round(value * 255))) for value in values)
    check("the process computes something else than the program", eight == read_ppm(wanted)[2])


def check_figures():
    check("quartiles", [figures.quartile([4, 1, 3, 2, 5], part) for part in (0, 0.25, 0.5, 1)] == [1, 2, 3, 5])
    check("a quartile between two", figures.quartile([1, 2], 0.75) == 1.75)
    check("spread", abs(figures.spread([10, 12, 11, 9, 10]) - 0.1) < 1e-12)
    middle, low, high = figures.ratio([2, 40, 6], [1, 20, 2])  # paired: 2, 2, 3
    check(f"ratio {middle} {low} {high}", (middle, low, high) == (2, 2, 3))
    check("verdict: faster", figures.verdict(1.5, 1.4, 1.6, 0.02, 9) == "anew is faster")
    check("verdict: slower", figures.verdict(0.8, 0.7, 0.9, 0.02, 9) == "anew is SLOWER")
    check("verdict: equal", figures.verdict(1.02, 0.99, 1.05, 0.02, 9) == "no difference seen")
    check("verdict: noise", figures.verdict(1.2, 1.1, 1.3, 0.1, 9) == "too noisy to say")
    check("verdict: few rounds", figures.verdict(1.02, 1.01, 1.04, 0.01, 3) == "too noisy to say")
    check("verdict: far larger than the noise", figures.verdict(2.0, 1.8, 2.2, 0.1, 9) == "anew is faster")


def check_networks():
    from peers import networks

    # 3x3: 3 -> 64, 64 -> 64, 64 -> 48 on each pixel.
    once = 2 * 9 * (3 * 64 + 64 * 64 + 64 * 48)
    check("operations of SRVGG", networks.flops(networks.srvgg(1), 10, 20) == once * 200)
    # The last convolutions of RRDB work on 4 x 4 as many pixels.
    body = 2 * 9 * (3 * 64 + 64 * 64 + 4 * 64 * 64 + 16 * (2 * 64 * 64 + 64 * 3))
    check("operations of RRDB", networks.flops(networks.rrdb(blocks=0), 1, 1) == body)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "weights")
        weights = networks.random_weights(networks.srvgg(1))
        networks.write_safetensors(path, weights)
        back = networks.read_safetensors(path)
        check("weights there and back", list(back) == list(weights) and
              all((back[name] == weights[name]).all() for name in weights))


def check_line(path):
    with open(path, encoding="utf-8") as file:
        case = json.loads(file.read())
    check("the case", case["size"] == [64, 48] and case["threads"] == 1 and case["cpu"] and case["commit"])
    rows = {row["engine"]: row for row in case["rows"]}
    check(f"engines {list(rows)}", {"anew", "anew --exact"} <= set(rows))
    for name, row in rows.items():
        check(f"seconds of {name}", len(row["wall"]) == 1 == row["rounds"] and 0 < row["min"] <= row["median"] < 5)
        check(f"operations of {name}", abs(row["gflops"] - case["flops"] / row["median"] * 1e-9) < 1e-6)
        check(f"{name} computes something else", row["largest_difference"] < 1e-4 and row["differing"] < 1e-3)


def check_roofline():
    import roofline

    check("below the ridge", roofline.attainable(2, 100, 10) == 20)
    check("above the ridge", roofline.attainable(50, 100, 10) == 100)


check_process(*sys.argv[1:5])
check_figures()
check_roofline()
try:
    import numpy  # noqa: F401
except ImportError:
    print("SKIP bench: python3 has no numpy; whole networks and weights were not tried")
    sys.exit(0)
check_networks()
check_line(sys.argv[5])
