#!/usr/bin/env python3
"""coverage.py OBJECTS...: lines run and lines there are, by folder and in all, from gcov's notes beside the
objects. Sources that are compiled for several instruction sets count once, a line as run where any of them ran
it. Exit code 1 below 85 %."""
import json
import os
import subprocess
import sys
from collections import defaultdict

LEAST = 85.0
lines = defaultdict(dict)  # file -> line -> was run
for folder in sys.argv[1:]:
    for place, _, names in os.walk(folder):
        for name in names:
            if not name.endswith(".gcda"):
                continue
            text = subprocess.run(["gcov", "--stdout", "--json-format", os.path.join(place, name)],
                                  capture_output=True, text=True, check=True).stdout
            for document in text.splitlines():
                for file in json.loads(document)["files"]:
                    path = os.path.normpath(file["file"])
                    if path.split("/")[0] not in ("src", "kernels", "tools"):
                        continue
                    for line in file["lines"]:
                        number = line["line_number"]
                        lines[path][number] = lines[path].get(number, False) or line["count"] > 0
folders = defaultdict(lambda: [0, 0])
for path, found in sorted(lines.items()):
    run, there = sum(found.values()), len(found)
    for key in (os.path.dirname(path), "all"):
        folders[key][0] += run
        folders[key][1] += there
    if there and run / there < 0.75:
        print(f"{100 * run / there:6.1f} %  {run:5} of {there:5}  {path}")
for key, (run, there) in sorted(folders.items(), key=lambda item: (item[0] == "all", item[0])):
    print(f"{100 * run / there:6.1f} %  {run:5} of {there:5}  {key}/" if key != "all" else
          f"{100 * run / there:6.1f} %  {run:5} of {there:5}  in all")
run, there = folders["all"]
sys.exit(0 if there and 100 * run / there >= LEAST else 1)
