#!/usr/bin/env python3
"""affinity.py ANEW PICTURE: looks at the processors that the kernel allows each thread while the program runs.

Every set of threads that keeps a thread to one processor must be seen once, and no thread ever outside the list."""
import os
import re
import subprocess
import sys
import time

ANEW, PICTURE = sys.argv[1:]
ALLOWED = sorted(os.sched_getaffinity(0))


def numbers(text):
    found = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return frozenset(found)


def threads_of(process):
    """The allowed processors of each thread that there is now."""
    found = []
    for task in os.listdir(f"/proc/{process}/task"):
        try:
            with open(f"/proc/{process}/task/{task}/status", encoding="ascii") as status:
                found += [numbers(line.split()[1]) for line in status if line.startswith("Cpus_allowed_list")]
        except OSError:
            pass
    return found


def watch(*options, pictures=1):
    """All states that were seen."""
    names = [f"{i}.ppm" for i in range(pictures)]
    for name in names:
        if not os.path.exists(name):
            os.link(PICTURE, name)
    seen = set()
    os.makedirs("watched", exist_ok=True)
    job = subprocess.Popen([ANEW, "--quiet", "--exact", "--force", "-o", "watched", *names, *options])
    while job.poll() is None:
        try:
            seen.add(tuple(sorted(threads_of(job.pid), key=sorted)))
        except OSError:
            break
        time.sleep(0.002)
    if job.wait() != 0:
        sys.exit(f"{options}: exit code {job.returncode}")
    return seen


def expect_kept(processors, *options, pictures=1, at_once=None):
    """At some time so many threads have one processor each, different ones of the list; never one of others. (Of the
    program's beginning nothing is asked: the list is not yet read.)"""
    at_once = at_once or len(processors)
    best = 0
    for state in watch(*options, pictures=pictures):
        alone = [next(iter(thread)) for thread in state if len(thread) == 1]
        if len(processors) > 1 and len(alone) != len(set(alone)):
            sys.exit(f"{options}: two threads on one processor: {state}")
        if len(state) > 1 and not set().union(*state) <= set(processors):
            sys.exit(f"{options}: outside the list: {state}")
        best = max(best, len(set(alone) & set(processors)))
    if best != at_once:
        sys.exit(f"{options}: {best} processors had a thread of their own, not {at_once}")


one, two = ALLOWED[-1], ALLOWED[:2]
expect_kept([one], "--affinity", str(one))
expect_kept([one], "--affinity", str(one), "--threads", "2")
said = subprocess.run([ANEW, "--profile", "-f", PICTURE, "-o", "watched", "--affinity", str(one)], capture_output=True, text=True)
if not re.search(r"^ *1 thread, ", said.stdout, re.M):
    sys.exit(f"one processor is not one thread: {said.stdout} {said.stderr}")
if any(len(thread) == 1 for state in watch("--affinity", "none", "--threads", "2") for thread in state) != (len(ALLOWED) == 1):
    sys.exit("none keeps a thread to a processor")
with_workers = any(len(state) > 1 for state in watch("--threads", "2"))
if not with_workers:
    print("SKIP affinity of several threads: this build has none")
elif len(two) == 2:
    # One picture after another: the processor is given back and taken again.
    kept = {thread for state in watch("--affinity", f"{two[1]},{two[0]}", "--threads", "1", pictures=4) for thread in state}
    if not {frozenset([two[1]])} <= kept or frozenset([two[0]]) in kept:
        sys.exit(f"one thread was kept to {kept}")
    expect_kept(two, "--affinity", f"{two[1]},{two[0]}")
    expect_kept(two, "--affinity", ",".join(map(str, two)), "--jobs", "2", pictures=4)
    expect_kept(ALLOWED, "--affinity", "auto", "--threads", "2", at_once=2)
    said = subprocess.run(["taskset", "-c", str(two[0]), ANEW, PICTURE, "-o", "x.ppm", "--affinity", f"{two[0]},{two[1]}"],
                          capture_output=True, text=True)
    if said.returncode != 2 or said.stderr.count("\n") != 1 or f"may not use processor {two[1]}" not in said.stderr:
        sys.exit(f"a processor that is not allowed: {said}")
else:
    print("SKIP affinity of several threads: the tests have one processor")
