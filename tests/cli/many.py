#!/usr/bin/env python3
"""many.py ANEW COUNT MODEL: COUNT pictures of all formats in one run, one in a hundred (two at least) of them bad. Every
good one must be done, every bad one be named in one line, and memory be flat: one picture at a time from the tenth to
the last, two at a time, which meet in every pair of sizes, from the middle on.

Memory is the resident size of the program as the kernel tells it while the program says that a picture is done; the
peak is that of the process, which at the end may be no more than a quarter above the one of a tenth of the way."""
import json
import os
import pathlib
import random
import subprocess
import sys

ANEW, COUNT, MODEL = sys.argv[1], int(sys.argv[2]), sys.argv[3]
FORMATS = ["ppm"] + ["png"] * (os.environ.get("ANEW_PNG", "1") == "1") + ["jpg"] * (os.environ.get("ANEW_JPEG", "1") == "1")
FORMATS += ["webp"] * (os.environ.get("ANEW_WEBP", "1") == "1")
# What a run may grow by: pages that are touched late, a block of the allocator's (0.9 to 1.3 MiB from picture 10 on were seen, in
# 4000 pictures no more than in 500), not a picture a time. A sanitizer
# keeps what was freed, and tells leaks itself.
SLACK_KIB = {1: 2048, 2: 4096} if os.environ.get("MODE", "release") == "release" else {1: 1 << 30, 2: 1 << 30}


def make_sources():
    """Pictures of several sizes in each format; the largest ones are among the first ten."""
    for number, (width, height) in enumerate(((61, 47), (96, 80), (33, 90), (17, 5))):
        pixels = bytes((x * 3 + y * (x % 5)) % 256 for y in range(height) for x in range(width * 3))
        pathlib.Path(f"source{number}.ppm").write_bytes(b"P6 %d %d 255\n" % (width, height) + pixels)
        for ending in FORMATS[1:]:
            subprocess.run([ANEW, "--quiet", f"source{number}.ppm", "-s", "1", "-o", f"source{number}.{ending}"], check=True)


def damaged(data, kind):
    return (data[: len(data) // 2], data[:9], b"this is no picture\n", b"")[kind % 4]


def make_pictures():
    """The names of the good ones and of the bad ones."""
    random.seed(1)
    bad = set(random.sample(range(COUNT), max(2, COUNT // 100)))
    names = ([], [])
    for i in range(COUNT):
        ending = FORMATS[i % len(FORMATS)]
        data = pathlib.Path(f"source{i // len(FORMATS) % 4}.{ending}").read_bytes()
        name = f"in/{i:04}.{ending}"
        pathlib.Path(name).write_bytes(damaged(data, i) if i in bad else data)
        names[i in bad].append(name)
    return names


def resident(process):
    """KiB now, and the peak; nothing of a program that has ended meanwhile."""
    with open(f"/proc/{process}/status") as status:
        found = {line.split(":")[0]: int(line.split()[1]) for line in status if line.startswith(("VmRSS", "VmHWM"))}
    return [(found["VmRSS"], found["VmHWM"])] if found else []


def run(jobs, good, bad):
    """What is wrong with a run of so many jobs."""
    failures, out = [], f"out{jobs}"
    with open("errors", "wb") as errors:
        job = subprocess.Popen([ANEW, "--json", "-m", MODEL, "--jobs", str(jobs), "in", "-o", out], stdout=subprocess.PIPE, stderr=errors,
                               text=True)
        done, sizes, summary = [], [], {}
        for line in job.stdout:
            event = json.loads(line)
            if event["event"] == "done":
                done.append(event["input"])
                sizes += resident(job.pid)
            elif event["event"] == "summary":
                summary = event
        code = job.wait()
    lines = pathlib.Path("errors").read_text().splitlines()
    if code != 1:
        failures.append(f"exit code {code}")
    if sorted(done) != good or len(os.listdir(out)) != len(good):
        failures.append(f"{len(done)} done, {len(os.listdir(out))} results of {len(good)} good ones")
    if len(lines) != len(bad) or any(sum(name in line for line in lines) != 1 for name in bad):
        failures.append(f"{len(bad)} bad ones, but {len(lines)} lines: {lines[:5]}")
    if summary.get("done") != len(good) or summary.get("failed") != len(bad):
        failures.append(f"summary: {summary}")
    settled = 10 if jobs == 1 else COUNT // 2
    now = [size for size, _ in sizes]
    most = max(now[:settled], default=0)
    grown = max(now[settled:], default=0) - most
    if grown > SLACK_KIB[jobs]:
        failures.append(f"grew by {grown} KiB from picture {settled} on")
    early, late = sizes[min(COUNT // 10, len(sizes) - 1)][1], sizes[-1][1]
    if late > early * 5 // 4 and SLACK_KIB[jobs] < 1 << 30:
        failures.append(f"the peak was {early} KiB at picture {COUNT // 10}, and is {late} KiB")
    print(f"{COUNT} pictures, {len(bad)} bad, {jobs} at a time; {most} KiB, {grown:+} KiB from picture {settled} on; peak "
          f"{early} KiB at picture {COUNT // 10}, {late} KiB at the end; {len(done) / summary.get('seconds', 1):.0f} a second")
    return failures


def main():
    os.mkdir("in")
    make_sources()
    good, bad = make_pictures()
    failures = run(1, good, bad) + run(2, good, bad)
    for failure in failures:
        print("FAILED:", failure)
    sys.exit(bool(failures))


main()
