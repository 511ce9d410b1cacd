#!/usr/bin/env python3
"""terminal.py ANEW: runs the program on a pseudo-terminal and looks at what it shows while it works."""
import os
import pty
import re
import subprocess
import sys
import tempfile

anew = sys.argv[1]
with tempfile.TemporaryDirectory() as folder:
    picture = os.path.join(folder, "noise.ppm")
    # Large enough for the bar to be drawn several times; a build with sanitizers is slow enough on less.
    side = 400 if os.environ.get("MODE", "release") == "release" else 120
    with open(picture, "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % (side, side) + os.urandom(side * side * 3))

    def show(*options):
        leader, follower = pty.openpty()
        # Plain C kernels: slow enough for the bar to be drawn several times.
        program = subprocess.Popen([anew, picture, "-f", "-o", os.path.join(folder, "out.ppm"), *options],
                                   stdout=subprocess.DEVNULL, stderr=follower, env={**os.environ, "ANEW_CPU": "cfma"}
                                   if "cfma" in subprocess.run([anew, "--help"], capture_output=True, text=True).stdout
                                   else dict(os.environ))
        os.close(follower)
        text = b""
        while True:
            try:
                part = os.read(leader, 4096)
            except OSError:
                break
            if not part:
                break
            text += part
        os.close(leader)
        if program.wait() != 0:
            sys.exit(f"exit code {program.returncode}: {text!r}")
        return text.decode()

    text = show()
    lines = re.findall(r"\r([^\r\x1b]+)\x1b\[K", text)
    if not lines:
        sys.exit(f"no progress on a terminal: {text!r}")
    shares = []
    for line in lines:
        found = re.fullmatch(r".*noise\.ppm  \[#*\.*\] +(\d+) %  \d+:\d\d:\d\d left  \d+\.\d\d MP/s", line)
        if not found:
            sys.exit(f"not understood: {line!r}")
        if len(line) > 79:
            sys.exit(f"wider than the terminal: {line!r}")
        shares.append(int(found[1]))
    if shares != sorted(shares) or shares[-1] > 100:
        sys.exit(f"goes backwards: {shares}")
    if not text.endswith("\r\x1b[K"):
        sys.exit(f"the line stays: {text[-80:]!r}")
    for option in ("--quiet", "--json"):
        if show(option):
            sys.exit(f"{option} shows progress")
