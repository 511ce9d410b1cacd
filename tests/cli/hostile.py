#!/usr/bin/env python3
"""hostile.py PART ANEW ANEW_CONVERT SEEDS: damaged and outsized files through the programs themselves, in the
present folder, which is a scratch one, with seeds of tests/fuzz/make_seeds.py. Each run must end by itself with exit code 0 or 1; a failure is one line on
standard error that names the file, and leaves nothing behind. PART is cuts, fields, bombs or sizes."""
import os
import pathlib
import resource
import struct
import subprocess
import sys
import zlib

PART, ANEW, CONVERT, SEEDS = sys.argv[1], sys.argv[2], sys.argv[3], pathlib.Path(sys.argv[4])
REGRESSIONS = pathlib.Path(__file__).parent.parent / "fuzz" / "regressions"
# Starting a sanitizer takes many times as long as a run; tests/fuzz/replay.sh has all cuts there.
STEP = 1 if os.environ.get("MODE", "release") == "release" else 13
HANG = 60  # seconds; nothing here takes two
HAS_PNG, HAS_JPEG = os.environ.get("ANEW_PNG", "1") == "1", os.environ.get("ANEW_JPEG", "1") == "1"
runs = failures = 0


def complain(text):
    global failures
    failures += 1
    print("FAILED:", text)


def run(command, named, wanted=None, pattern=""):
    """Exit code; `named` must stand in the line, `wanted` is the exit code where only one is right."""
    global runs
    runs += 1
    job = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        out, err = job.communicate(timeout=HANG)
    except subprocess.TimeoutExpired:
        job.kill()
        job.communicate()
        complain(f"does not end: {command}")
        return None
    code, lines = job.returncode, err.decode(errors="replace").splitlines()
    what = f"{' '.join(map(str, command))}: exit code {code}: {err[:300]!r}"
    if code not in ((0, 1) if wanted is None else (wanted,)):
        complain(what)
    elif code == 1 and (len(lines) != 1 or named not in lines[0] or pattern not in lines[0]):
        complain(what)
    elif code == 0 and lines:
        complain(what)
    if code == 1 and os.path.exists("x.ppm"):
        complain(f"left behind: {what}")
    for name in ("x.ppm", "x.anew"):
        if os.path.exists(name):
            os.unlink(name)
    if [name for name in os.listdir(".") if name.endswith(".tmp")]:
        complain(f"a temporary is left: {what}")
    return code


def enhance(name, **more):
    return run([ANEW, "--quiet", "-m", "tiny.anew", name, "-o", "x.ppm"], name, **more)


def convert(name, **more):
    return run([CONVERT, "--quiet", name, "-o", "x.anew"], name, **more)


def with_model(name, **more):
    return run([ANEW, "--quiet", "-m", name, "small.ppm", "-o", "x.ppm"], name, **more)


def write(name, data):
    pathlib.Path(name).write_bytes(data)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, data, interlaced=0, extra=b""):
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)) \
        + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def subjects():
    """Name, bytes, the way through a program."""
    pictures = [("pnm/P2.pgm", "cut.pgm"), ("pnm/P6.ppm", "cut.ppm"), ("pnm/P7.pam", "cut.pam")]
    pictures += [("png/3_4_interlaced.png", "cut.png")] * HAS_PNG + [("jpeg/gray.jpg", "cut.jpg")] * HAS_JPEG
    for source, name in pictures:
        yield name, (SEEDS / source).read_bytes(), enhance
    yield "cut.anew", (SEEDS / "model/compact.f16.anew").read_bytes(), with_model
    yield "cut.safetensors", (SEEDS / "safetensors/compact_gray.safetensors").read_bytes(), convert
    yield "cut.pth", (SEEDS / "pytorch/compact_gray.pth").read_bytes(), convert
    yield "legacy.pth", (SEEDS / "pytorch/compact_gray_legacy.pth").read_bytes(), convert
    param, weights = (SEEDS / "ncnn/compact_f16").read_bytes().split(b"\0", 1)
    write("cut.bin", weights)
    yield "cut.param", param, convert
    write("whole.param", param)
    yield "whole.bin", weights, lambda name, **more: convert("whole.param", **more)


def cuts():
    for name, data, way in subjects():
        write(name, data)
        way(name, wanted=0)
        # The last number of a text may lose a digit and the white space behind it, the last parameter of a layer
        # may be left out; pictures may lack what stands behind their last row.
        sure = len(data) - {".pgm": 2, ".param": 6, ".png": 12, ".jpg": 2}.get(pathlib.Path(name).suffix, 0)
        for length in range(0, len(data), STEP):
            write(name, data[:length])
            way(name, wanted=1 if length < sure else None)
        write(name, data + b"\0")
        way(name)


def fields():
    """Every 1, 2 and 4 bytes of a header at their extremes."""
    places = {"cut.png": range(8, 33), "cut.jpg": range(2, 60), "cut.anew": range(8, 64), "cut.safetensors": range(0, 12),
              "cut.pth": range(0, 30), "legacy.pth": range(0, 40)}
    for name, data, way in subjects():
        for at in places.get(name, range(0))[::STEP]:
            for size in (1, 2, 4):
                for value in (b"\0" * size, b"\xff" * size, b"\x7f" + b"\xff" * (size - 1), b"\xff" * (size - 1) + b"\x7f"):
                    changed = bytearray(data)
                    changed[at : at + size] = value
                    if name == "cut.png":
                        changed[29:33] = struct.pack(">I", zlib.crc32(changed[12:29]))
                    write(name, changed)
                    way(name)


def jpeg_of_size(width, height):
    data = bytearray((SEEDS / "jpeg/gray.jpg").read_bytes())
    at = next(i for i in range(len(data)) if data[i] == 0xFF and data[i + 1] in (0xC0, 0xC2))
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def bombs():
    """Much is claimed, little is there. What the limit allows must not be paid for before the data come."""
    few = zlib.compress(bytes(4096))
    zeros = zlib.compress(bytes(1 << 26), 9)
    pack = zlib.compressobj(9)
    text = pack.compress(b"\nexif\n9999\n") + b"".join(pack.compress(b"0" * (1 << 24)) for _ in range(32)) + pack.flush()
    limit = "more than the limit of 256000000"
    for name, data, pattern in (
            ("b.png", png(65535, 65535, 16, 6, few), limit), ("b.png", png(0x7FFFFFFF, 0x7FFFFFFF, 8, 2, few), ""),
            ("b.png", png(16000, 16000, 16, 6, few, 1), ""), ("b.png", png(1000000, 1, 1, 0, b""), ""),
            ("b.png", png(3, 3, 8, 2, few[:-9], extra=chunk(b"iCCP", b"a\0\0" + zeros) + chunk(b"zTXt", b"a\0\0" + zeros)), ""),
            ("b.png", png(3, 3, 8, 2, few[:-9], extra=chunk(b"zTXt", b"Raw profile type exif\0\0" + text)), ""),
            ("b.jpg", jpeg_of_size(65500, 65500), limit), ("b.jpg", jpeg_of_size(65500, 3900), ""),
            ("b.jpg", jpeg_of_size(65535, 65535), ""),
            ("b.pgm", b"P5 65535 65535 255\n1", limit), ("b.pgm", b"P2 15000 15000 65535\n" + b"1 " * 99, "the file is cut"),
            ("b.ppm", b"P6 999999999 999999999 255\n", limit)):
        if (name == "b.png" and HAS_PNG) or (name == "b.jpg" and HAS_JPEG) or name[-1] == "m":
            write(name, data)
            enhance(name, wanted=1, pattern=pattern)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"{most} MiB at most")
    if os.environ.get("MODE", "release") == "release" and most > 300:
        complain(f"a small file took {most} MiB")
    if HAS_JPEG:
        write("many_scans.jpg", (REGRESSIONS / "jpeg/many_scans.jpg").read_bytes())
        enhance("many_scans.jpg", wanted=1, pattern="scans")


def sizes():
    """The default model on pictures of one pixel, one row, one column."""
    for width, height in ((1, 1), (1, 30000), (30000, 1)):
        write("s.ppm", b"P6 %d %d 255\n" % (width, height) + bytes(i * 7 % 256 for i in range(width * height * 3)))
        job = subprocess.run([ANEW, "--quiet", "s.ppm", "-o", "y.ppm"], capture_output=True, timeout=600)
        head = pathlib.Path("y.ppm").read_bytes()[:40].split()[:4] if job.returncode == 0 else job.stderr
        if head != [b"P6", b"%d" % (4 * width), b"%d" % (4 * height), b"255"]:
            complain(f"{width}x{height}: {head}")
        elif os.path.getsize("y.ppm") < 48 * width * height:
            complain(f"{width}x{height}: rows are missing")
        pathlib.Path("y.ppm").unlink(missing_ok=True)
    write("s.ppm", b"P6 65535 65535 255\n")
    enhance("s.ppm", wanted=1, pattern="more than the limit")


write("tiny.anew", (SEEDS / "model/compact.f32.anew").read_bytes())
write("small.ppm", (SEEDS / "pnm/P6.ppm").read_bytes())
{"cuts": cuts, "fields": fields, "bombs": bombs, "sizes": sizes}[PART]()
print(f"{PART}: {runs} runs, {failures} failed")
sys.exit(failures > 0)
