#!/usr/bin/env python3
"""profile.py JSON [TEXT]: the last line of the file JSON is a profile whose numbers belong together, and the table of the
file TEXT is the same one's kind: a line for each group, and their sum."""
import json
import re
import sys


def check(what, holds):
    if not holds:
        sys.exit(f"{sys.argv[1]}: {what}")


def close(a, b, tolerance=1e-3):
    return abs(a - b) <= tolerance * max(abs(a), abs(b))


def key(step):
    return step["kernel"], step["in_channels"], step["out_channels"], tuple(step["size"])


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        profile = json.loads(file.read().splitlines()[-1])
    steps, groups = profile["steps"], profile["groups"]
    check("a step without a kernel or a name", all(step["kernel"] and step["name"] for step in steps))
    check("groups are not the kinds of steps", sorted(map(key, groups)) == sorted(set(map(key, steps))))
    check("groups are not in order", groups == sorted(groups, key=lambda group: -group["seconds"]))
    for group in groups:
        members = [step for step in steps if key(step) == key(group)]
        check(f"{key(group)} has {group['steps']} steps", group["steps"] == len(members))
        for member in ("flops", "bytes"):
            check(f"{member} of {key(group)}", close(group[member], sum(step[member] for step in members)))
        check(f"time of {key(group)}",
              abs(group["seconds"] - sum(step["seconds"] for step in members)) < 1e-6 * (1 + len(members)))
    check("the bytes are not the steps'", close(profile["bytes"], sum(step["bytes"] for step in steps)))
    check("the operations are not the steps'", close(profile["flops"], sum(step["flops"] for step in steps)))
    check("the steps took longer than the network",
          sum(step["seconds"] for step in steps) <= profile["network_seconds"] + 1e-6 * (1 + len(steps)))
    peak = profile["peak_flops_per_second"]
    check(f"a peak of {peak}", peak is not None and 1e8 < peak < 1e15)
    for step in steps:
        if step["seconds"] > 1e-4:  # seconds have six digits after the point
            check(f"share of {step['name']}",
                  abs(step["share_of_peak"] - step["flops"] / step["seconds"] / peak) <
                  1e-4 + 0.02 * step["share_of_peak"])
    # Reads 3 planes, writes 64 channels, has 27 x 64 weights; all f32, one band.
    first = steps[0]
    if (first["in_channels"], first["out_channels"]) == (3, 64) and profile["bands"] == 1:
        width, height = first["size"]
        check(f"bytes of {first['name']}: {first['bytes']}",
              first["bytes"] == 4 * (3 * width * height + 64 * width * height + 27 * 64))
    if len(sys.argv) > 2:
        with open(sys.argv[2], encoding="utf-8") as file:
            text = file.read()
        rows = re.findall(r"^ +[0-9.]+ ms +[0-9.]+ % +[0-9.]+ +[0-9.]+ % +([0-9.]+) +[0-9.]+  (\S+) +(\S+)", text, re.M)
        check(f"the table has {len(rows)} lines", len(rows) == len(groups) + 1)
        check("the table's kernels", sorted(row[1] for row in rows[:-1]) == sorted(group["kernel"] for group in groups))
        check("the table's steps", sum(int(row[2]) for row in rows[:-1]) == len(steps) and rows[-1][1:] == ("sum", "of"))
        check("the table's sum of bytes", abs(float(rows[-1][0]) - profile["bytes"] * 1e-6) < 0.06)
        check("the table says no peak", "GFLOP/s of multiply-adds" in text)


main()
