"""face_memory.py ANEW IDENTITY RESTORER: what --memory allows is what a run with faces takes, by the standard library alone.

Faces of a list, so that no detector is needed, more and fewer: with each budget a run is refused with a word of --memory, or
stays within it (the largest resident set, less that of a run without faces on a picture of a few pixels). The smallest
of these budgets that is enough is not above twice what is taken.
"""
import json
import os
import pathlib
import subprocess
import sys

MIB = 1 << 20


def run(*words):
    """Exit code, standard error, and the largest resident set in bytes."""
    with open("said", "wb") as said:
        child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, pathlib.Path("said").read_text(), usage.ru_maxrss * 1024


def picture(path, width, height):
    pathlib.Path(path).write_bytes(b"P6\n%d %d\n255\n" % (width, height) +
                                   bytes((x * 7 + y * 3 + c * 50) % 251 for y in range(height) for x in range(width) for c in range(3)))


def face(x, y, eyes):
    points = [[-0.5, -0.5], [0.5, -0.5], [0, 0.1], [-0.4, 0.6], [0.4, 0.6]]
    return {"box": [x - eyes, y - eyes, x + eyes, y + eyes], "landmarks": [[x + eyes * a, y + eyes * b] for a, b in points]}


def main():
    anew, identity, restorer = sys.argv[1:]
    same = [anew, "--auto=off", "--quiet", "--force", "-m", identity, "-s", "2", "--threads", "2"]
    picture("tiny.ppm", 16, 16)
    picture("people.ppm", 480, 360)
    code, said, base = run(*same, "tiny.ppm", "-o", "out.ppm")
    failures = [] if code == 0 else [f"without faces: {said}"]
    for count, budgets in ((2, (128, 192)), (30, (192, 384))):
        faces = [face(60 + 60 * (i % 7), 60 + 50 * (i // 7), 30) for i in range(count)]
        pathlib.Path("faces.json").write_text(json.dumps({"faces": faces}))
        refused, enough = 0, None
        for budget in budgets:
            code, said, most = run(*same, "people.ppm", "-o", "out.ppm", "--face-model", restorer, "--face-list", "faces.json",
                                   "--face-guard", "off", "--memory", f"{budget}M")
            taken = (most - base) / MIB
            if code != 0:
                refused += 1
                if "--memory" not in said:
                    failures.append(f"{count} faces, {budget} MiB: {said}")
            elif taken > budget:
                failures.append(f"{count} faces: {taken:.0f} MiB taken of {budget}")
            if code == 0 and enough is None:
                enough = budget
                print(f"{count} faces: {budget} MiB are enough, {taken:.0f} are taken")
                if budget > 2 * taken:
                    failures.append(f"{count} faces: {taken:.0f} MiB are taken, and {budget} asked for")
        if refused == 0 or enough is None:
            failures.append(f"{count} faces: refused {refused} times")
    print("\n".join(failures))
    sys.exit(bool(failures))


main()
