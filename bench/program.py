#!/usr/bin/env python3
"""program.py [--rounds N] [--threads N] [--json FILE] [--before ANEW] [ANEW]: the program as a whole, in rounds whose
parts take turns.

- start-up: a picture of one pixel with the model that is built in, by the wall clock and by the processors' seconds;
- many small pictures: one at a time (--jobs 1) against several at once (--jobs auto), PNG to PNG;
- with --before, another build's seconds for the same, and for one picture with a large result."""
import argparse
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time

from peers import figures

PICTURES = ((64, 100), (128, 60), (256, 24), (512, 8))
LARGE = (640, 480)


def run(*command):
    """Seconds by the wall clock, and of all processors."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def make_picture(anew, path, width, height):
    """Something between a gradient and noise, so that its PNG is neither empty nor large."""
    pixels = bytes((x * y // 7 + 3 * x + y * (x % 5)) % 256 for y in range(height) for x in range(width * 3))
    with open("made.ppm", "wb") as file:
        file.write(b"P6 %d %d 255\n" % (width, height) + pixels)
    subprocess.run([anew, "--quiet", "--force", "made.ppm", "--width", str(width), "-o", path], check=True)


def in_turns(rounds, ways):
    """ways: name -> command. The seconds of each, in rounds that begin with another one each time."""
    seconds = {name: [] for name in ways}
    names = list(ways)
    for i in range(rounds):
        for name in names[i % len(names):] + names[: i % len(names)]:
            seconds[name].append(run(*ways[name]))
    return seconds


def told(name, seconds):
    walls, processors = [s[0] for s in seconds], [s[1] for s in seconds]
    print(f"  {name:24} {1e3 * statistics.median(walls):8.1f} ms (best {1e3 * min(walls):.1f}, spread "
          f"{100 * figures.spread(walls):.0f} %), processors {1e3 * statistics.median(processors):.1f} ms")


def compared(slower, faster, seconds):
    middle, low, high = figures.ratio([s[0] for s in seconds[slower]], [s[0] for s in seconds[faster]])
    print(f"  {faster} is {middle:.2f} times as fast as {slower} ({low:.2f}-{high:.2f})")


def main():
    os.environ.setdefault("ANEW_AUTO", "off")  # the network is measured, not what a look chooses
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("anew", nargs="?", default="build/release/anew")
    parser.add_argument("--before")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", default=str(len(os.sched_getaffinity(0))))
    parser.add_argument("--json")
    options = parser.parse_args()
    anew = os.path.abspath(options.anew)
    before = os.path.abspath(options.before) if options.before else None
    results = {"threads": options.threads}
    result_file = os.path.abspath(options.json) if options.json else None
    builds = {"before": before, "now": anew} if before else {"now": anew}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        print("start-up: one pixel")
        make_picture(anew, "one.png", 1, 1)
        for where, output in (("a pipe", ["-o", "-"]), ("a file", ["-o", "out.png"])):
            ways = {f"{name}, to {where}": [build, "--quiet", "--force", "one.png", "--format", "pnm", *output]
                    for name, build in builds.items()}
            results[f"start-up to {where}"] = in_turns(max(50, options.rounds), ways)
            for name, seconds in results[f"start-up to {where}"].items():
                told(name, seconds)
        for size, count in PICTURES:
            print(f"{count} pictures of {size}x{size}, {options.threads} threads")
            os.mkdir(str(size))
            for i in range(count):
                make_picture(anew, f"{size}/{i:03}.png", size, size)
            ways = {f"--jobs {jobs}": [anew, "--quiet", "--force", str(size), "-o", "out", "--threads", options.threads, "--jobs",
                                       jobs] for jobs in ("1", "auto")}
            results[f"{count} of {size}"] = seconds = in_turns(options.rounds, ways)
            for name in ways:
                told(name, seconds[name])
            compared("--jobs 1", "--jobs auto", seconds)
        if before:
            print(f"one picture of {LARGE[0]}x{LARGE[1]}, {options.threads} threads")
            make_picture(anew, "large.png", *LARGE)
            for ending in ("png", "jpg"):
                ways = {f"{name}, to {ending}": [build, "--quiet", "--force", "large.png", "-o", f"out.{ending}", "--threads",
                                                 options.threads] for name, build in builds.items()}
                results[f"large, to {ending}"] = seconds = in_turns(options.rounds, ways)
                for name in ways:
                    told(name, seconds[name])
                compared(f"before, to {ending}", f"now, to {ending}", seconds)
    if result_file:
        with open(result_file, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)


main()
