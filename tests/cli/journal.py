#!/usr/bin/env python3
"""journal.py ANEW MODEL: runs with --journal that are killed at random moments, again and again until one ends by
itself, give the files of an undisturbed run; what is done is not done again, and only what changed is.

The present folder is a scratch one. Kill moments come from a printed seed (ANEW_SEED)."""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

ANEW, MODEL = sys.argv[1], sys.argv[2]
PICTURES, BAD = 40, 2
ROUNDS = int(os.environ.get("ANEW_KILLS", "12"))
SEED = int(os.environ.get("ANEW_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 30)
failures = 0


def complain(text):
    global failures
    failures += 1
    print("FAILED:", text)


def make_pictures():
    os.mkdir("in")
    os.mkdir("in/below")
    for i in range(PICTURES):
        width, height = 20 + 7 * (i % 5), 12 + 11 * (i % 3)
        pixels = bytes((x * 3 + y * 5 + i * 17) % 256 for y in range(height) for x in range(width * 3))
        # A name that is not UTF-8, and one with quotes and a line's end in it.
        name = {3: b"in/\xff\xfe.ppm", 5: 'in/ "quoted",\n\\ und\u00e4hnlich.ppm'.encode()}.get(i, b"in/%sp%02d.ppm" % (b"below/" * (i % 2), i))
        pathlib.Path(os.fsdecode(name)).write_bytes(b"P6 %d %d 255\n" % (width, height) + pixels)
    for i in range(BAD):
        pathlib.Path(f"in/bad{i}.ppm").write_bytes(b"P6 9 9 255\nabc")


def command(out, *more):
    return [ANEW, "--json", "-m", MODEL, "in", "-r", "--format=pnm", "-o", out, *more]


def run(out, *more):
    """Exit code and the summary."""
    job = subprocess.run(command(out, *more), capture_output=True)
    lines = job.stdout.decode(errors="replace").splitlines()
    return job.returncode, json.loads(lines[-1]) if lines else {}


def tree(folder):
    """Names and bytes; not the temporary names that a kill between naming and renaming may leave."""
    files = {}
    for path, _, names in os.walk(folder):
        for name in names:
            if not name.endswith(".tmp"):
                files[os.path.relpath(os.path.join(path, name), folder)] = pathlib.Path(path, name).read_bytes()
    return files


def lines_of(journal):
    """Whole lines that are JSON."""
    found = []
    for line in pathlib.Path(journal).read_bytes().split(b"\n")[:-1]:
        try:
            found.append(json.loads(line))
        except ValueError:
            pass
    return found


def output_of(line):
    return bytes.fromhex(line["output_hex"]) if "output_hex" in line else line["output"].encode()


def want(what, seen, wanted):
    if seen != wanted:
        complain(f"{what}: {seen}, not {wanted}")


def counts(summary):
    return summary.get("done"), summary.get("failed"), summary.get("skipped")


def kill_and_go_on(number, whole, longest):
    """One folder, killed until a run ends by itself."""
    out, journal, kills = f"killed{number}", f"killed{number}.jsonl", 0
    jobs = random.choice(["1", "2", "3"])
    while True:
        job = subprocess.Popen(command(out, "--journal", journal, "--jobs", jobs), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0, longest) if kills < 8 else 0)
        if kills < 8:
            job.send_signal(signal.SIGKILL)
        code = job.wait()
        if code != -signal.SIGKILL and kills == 0 and os.path.isdir(out):
            longest /= 2  # done before the first kill: once more, sooner
            shutil.rmtree(out)
            os.unlink(journal)
            continue
        if code != -signal.SIGKILL:
            break
        kills += 1
        if os.path.isdir(out):
            for name, data in tree(out).items():
                if whole.get(name) != data:
                    complain(f"round {number}: {name!r} is not whole after kill {kills}")
    want(f"round {number}: exit code", code, 1)
    if tree(out) != whole:
        complain(f"round {number}: other files after {kills} kills: {sorted(set(tree(out)) ^ set(whole))}")
    return kills


def main():
    print("seed", SEED)
    random.seed(SEED)
    make_pictures()
    started = time.monotonic()
    want("undisturbed", run("whole")[0], 1)
    longest = 1.2 * (time.monotonic() - started)
    whole = tree("whole")
    want("results", len(whole), PICTURES)

    kills = sum(kill_and_go_on(i, whole, longest) for i in range(ROUNDS))
    print(f"{kills} kills in {ROUNDS} rounds")
    if kills < ROUNDS:
        complain(f"only {kills} kills in {ROUNDS} rounds")

    # Again: nothing is done, no file is touched, the bad ones are tried and told again.
    run("again", "--journal", "j")
    times = {name: os.stat(os.path.join("again", name)).st_mtime_ns for name in tree("again")}
    code, summary = run("again", "--journal", "j")
    want("again", (code, *counts(summary)), (1, 0, BAD, PICTURES))
    want("files touched", {n: os.stat(os.path.join("again", n)).st_mtime_ns for n in times}, times)
    events = [line.get("event") for line in lines_of("j")]
    want("lines", (events.count("writing"), events.count("done"), events.count("failed")), (PICTURES, PICTURES, 2 * BAD))
    want("hex", sum("output_hex" in line for line in lines_of("j")), 2)

    # A picture that changed, a result that is gone: these are done again, and the others are not.
    pathlib.Path("in/p00.ppm").write_bytes(pathlib.Path("in/p00.ppm").read_bytes()[:-1] + b"x")
    os.utime("in/p02.ppm")
    first = sorted(name for name in whole if "p04" in name)[0]
    os.unlink(os.path.join("again", first))
    code, summary = run("again", "--journal", "j")
    want("changed", (code, *counts(summary)), (1, 3, BAD, PICTURES - 3))
    want("a result that was gone", pathlib.Path("again", first).exists(), True)

    # Other settings: all of them, over the old results.
    code, summary = run("again", "--journal", "j", "--exact", "--plan=ref")
    want("other settings", (code, *counts(summary)), (1, PICTURES, BAD, 0))

    # What somebody else made of a result is not overwritten, but by --force.
    pathlib.Path("again", first).write_bytes(b"mine")
    code, summary = run("again", "--journal", "j")
    want("a result that is somebody's", counts(summary), (PICTURES - 1, BAD + 1, 0))
    want("its bytes", pathlib.Path("again", first).read_bytes(), b"mine")
    code, summary = run("again", "--journal", "j", "--force")
    want("--force", counts(summary), (1, BAD, PICTURES - 1))

    # Cut at many places, as by a machine that stopped while it wrote. Results that the journal no longer knows go, too:
    # they would be somebody else's.
    run("torn", "--journal", "t")
    whole = tree("torn")
    data = pathlib.Path("t").read_bytes()
    header = data.index(b"\n") + 1
    end_of_failed = data.index(b"\n", data.index(b'"event":"failed"'))
    for length in [0, 1, header - 1, header, len(data) - 1, end_of_failed] + [random.randrange(header, len(data)) for _ in range(6)]:
        pathlib.Path("t").write_bytes(data[:length])
        known = {output_of(line) for line in lines_of("t") if "output" in line}
        done = {output_of(line) for line in lines_of("t") if line.get("event") == "done"}
        # A line that lacks only its end says nothing to the run that finds it, but is whole once that has ended it.
        pathlib.Path("t").write_bytes(data[:length] + b"\n")
        failed = sum(line.get("event") == "failed" for line in lines_of("t"))
        pathlib.Path("t").write_bytes(data[:length])
        for name in tree("torn"):
            if os.fsencode(os.path.join("torn", name)) not in known:
                os.unlink(os.path.join("torn", name))
        code, summary = run("torn", "--journal", "t")
        want(f"cut after {length} of {len(data)} bytes", (code, *counts(summary)),
             (1, PICTURES - len(done), BAD, len(done)))
        if tree("torn") != whole:
            complain(f"cut after {length} of {len(data)} bytes: other files")
        want("once more", counts(run("torn", "--journal", "t")[1]), (0, BAD, PICTURES))
        outputs = [{output_of(line) for line in lines_of("t") if line.get("event") == event} for event in ("writing", "done")]
        want("lines before and after", (outputs[0] == outputs[1], len(outputs[1])), (True, PICTURES))
        want("failures told", sum(line.get("event") == "failed" for line in lines_of("t")), failed + 2 * BAD)
        want("the header", pathlib.Path("t").read_bytes()[:header], data[:header])
    return failures > 0


sys.exit(main())
