#!/usr/bin/env python3
"""anew alone: what a second thread brings, whether a large picture runs as fast for each pixel as a small one, and what
--exact costs. SRVGG-16, the runs taking turns, ratios of rounds (README.md here).

    python3 bench/scaling.py [--rounds 7] [--small 512] [--large 2048] [--clock wall|cpu]
"""
import argparse
import os
import pathlib
import statistics
import sys
import tempfile

import compare
from peers import figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--small", type=int, default=512)
    parser.add_argument("--large", type=int, default=2048)
    parser.add_argument("--network", default="srvgg16")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--shared", default=os.environ.get("ANEW_SHARED", "../shared"))
    options = parser.parse_args()
    options.engines = ["anew"]
    # Name, side, threads, --exact.
    kinds = [("1 thread", options.small, 1, False), ("2 threads", options.small, 2, False),
             ("2 threads, --exact", options.small, 2, True), ("2 threads, large", options.large, 2, False)]
    runs = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, side, threads, exact in kinds:
            below = pathlib.Path(folder) / name
            below.mkdir()
            job, _, _ = compare.prepare(below, options.network, compare.picture(side, side), options)
            runs[name] = compare.Process(name, dict(job, engine="anew", threads=threads, exact=exact), {}, None)
            if runs[name].state != "ready":
                sys.exit(f"scaling.py: {name}: {runs[name].version}")
        for _ in range(options.rounds):
            for run in runs.values():
                wall, processors = map(float, run.ask("run").split())
                run.seconds.append(processors if options.clock == "cpu" else wall)
        for run in runs.values():
            run.end()
    print(f"{options.network}, {options.rounds} rounds, "
          f"{'seconds of all processors' if options.clock == 'cpu' else 'wall clock'}, load {os.getloadavg()[0]:.1f}")
    for name, side, _, _ in kinds:
        run = runs[name]
        middle = statistics.median(run.seconds)
        print(f"  {name:20} {side:4}x{side:<4} min {min(run.seconds):8.4f} median {middle:8.4f} "
              f"spread {100 * figures.spread(run.seconds):5.1f} %  {side * side / middle * 1e-6:6.2f} megapixels/s of input")

    def say(what, slow, fast, factor=1.0):
        middle, low, high = figures.ratio(runs[slow].seconds, runs[fast].seconds)
        print(f"  {what}: {middle * factor:.2f} ({low * factor:.2f} - {high * factor:.2f})")

    say("two threads against one", "1 thread", "2 threads")
    say("price of --exact", "2 threads, --exact", "2 threads")
    # Seconds of the small picture, as often as it goes into the large one, against those of the large one.
    say(f"rate at {options.large}x{options.large} against {options.small}x{options.small}", "2 threads",
        "2 threads, large", (options.large / options.small) ** 2)


if __name__ == "__main__":
    sys.exit(main())
