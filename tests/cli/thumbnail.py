"""thumbnail.py ANEW FORMAT...: makes pictures with thumbnails in EXIF, has them done, and looks at those of the results,
for thumbnail.sh, by the standard library alone; the present folder has same.anew (x1) and large.anew (x4), which change
no pixel."""
import math
import os
import struct
import subprocess
import sys
import zlib

from metadata import blocks_of, chunk, read_pnm

OLD = bytes(range(200, 100, -1)) * 12  # the thumbnail of the source; no JPEG, so that nothing may look at it
DIRECTORY = [(0x0103, 3, 6), (0x011A, 5, (72, 1)), (0x011B, 5, (72, 1)), (0x0128, 3, 2), (0x0201, 4, None), (0x0202, 4, None)]
# Of 255: JPEG's loss in colours at half their resolution, and that of the result's own format.
MEAN, MOST = 2, 20

anew, formats = sys.argv[1], sys.argv[2:]
failures = 0


def complain(text):
    global failures
    failures += 1
    print("FAILED:", text)


def run(*words, code=0, to=None):
    done = subprocess.run([anew, *map(str, words)], stdout=open(to, "wb") if to else subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != code:
        complain(f"exit code {done.returncode}, not {code}: {words} {done.stderr}")
    return (done.stdout or b"").decode()


# ---- sources -------------------------------------------------------------------------------------------------

def exif(order="<", orientation=1, kind="jpeg", notes=0):
    """EXIF with a maker's note and a second directory of a kind; "late": the note stands behind the thumbnail."""
    def pack(form, *values):
        return struct.pack(order + form, *values)

    head = pack("HH", 0x4949 if order == "<" else 0x4D4D, 42) + pack("I", 8)
    note = b"note" * (notes // 4)
    second = 8 + 2 + 36 + 4
    entries = {"jpeg": [(0x0103, 3, 6), (0x0201, 4, -1), (0x0202, 4, len(OLD))],
               "late": [(0x0103, 3, 6), (0x0201, 4, -1), (0x0202, 4, len(OLD))],
               "strips": [(0x0100, 4, 20), (0x0101, 4, 20), (0x0103, 3, 1), (0x0111, 4, -1), (0x0117, 4, len(OLD))],
               "none": [], "outside": [(0x0103, 3, 6), (0x0201, 4, 1 << 30), (0x0202, 4, 1 << 30)]}[kind]
    size = 2 + 12 * len(entries) + 4 if entries else 0
    at = second + size
    old = OLD if entries and kind != "outside" else b""
    note_at = at + (len(old) if kind == "late" else 0)
    at = at if kind == "late" else at + len(note)
    first = pack("H", 3)
    for tag, type_, count, value in ((0x0112, 3, 1, orientation), (0x8769, 4, 1, 0), (0x927C, 7, len(note), note_at)):
        first += pack("HHI", tag, type_, count) + (pack("HH", value, 0) if type_ == 3 else pack("I", value))
    first += pack("I", second if entries else 0)
    body = pack("H", len(entries)) if entries else b""
    for tag, type_, value in entries:
        value = at if value == -1 else value
        body += pack("HHI", tag, type_, 1) + (pack("HH", value, 0) if type_ == 3 else pack("I", value))
    body += pack("I", 0) if entries else b""
    return head + first + body + (old + note if kind == "late" else note + old)


def sample(x, y, c, frame=0):
    """Smooth, other in each corner, and with one sharp edge."""
    value = 128 + 70 * math.sin(x / 19 + c + frame) * math.cos(y / 23 - c) + (25 if x + y < 150 else -25)
    return max(0, min(255, int(value)))


def rows_of(width, height, kind, frame=0):
    wide, name = kind.endswith("16"), kind.removesuffix("16")
    colours = 1 if name.startswith("gray") else 3
    rows = []
    for y in range(height):
        row = []
        for x in range(width):
            pixel = [sample(x, y, c, frame) for c in range(colours)]
            if name.endswith("alpha"):
                pixel.append(max(0, min(255, 2 * x - y + 60)))
            row += [v * 257 for v in pixel] if wide else pixel
        rows.append(b"\0" + struct.pack(f">{len(row)}{'H' if wide else 'B'}", *row))
    return b"".join(rows)


def png(file, block, width=226, height=144, kind="rgb", moving=False):
    colour = {"gray": 0, "gray-alpha": 4, "rgb": 2, "rgb-alpha": 6}[kind.removesuffix("16")]
    first = chunk(b"IDAT", zlib.compress(rows_of(width, height, kind)))
    before, behind = b"", b""
    if moving:
        def control(n):
            return chunk(b"fcTL", struct.pack(">IIIIIHHBB", n, width, height, 0, 0, 1, 10, 0, 0))
        before = chunk(b"acTL", struct.pack(">II", 2, 0)) + control(0)
        behind = control(1) + chunk(b"fdAT", struct.pack(">I", 2) + zlib.compress(rows_of(width, height, kind, 2)))
    with open(file, "wb") as out:
        out.write(b"\x89PNG\r\n\x1a\n" +
                  chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16 if kind.endswith("16") else 8, colour, 0, 0, 0)) +
                  (chunk(b"eXIf", block) if block else b"") + before + first + behind + chunk(b"IEND", b""))


# ---- results -------------------------------------------------------------------------------------------------

def boxes(data, at=0, end=None):
    """Kind and body of the boxes of ISO/IEC 14496-12, section 4.2."""
    end = len(data) if end is None else end
    while at + 8 <= end:
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        head = 8
        if size == 1:
            size, head = struct.unpack(">Q", data[at + 8:at + 16])[0], 16
        size = size or end - at
        yield kind, data[at + head:at + size]
        at += size


def avif_exif(data):
    """The item of kind Exif (ISO/IEC 14496-12, sections 8.11.3 and 8.11.6)."""
    meta = next(body for kind, body in boxes(data) if kind == b"meta")[4:]
    parts = dict(boxes(meta))
    infos = parts[b"iinf"]
    found = [struct.unpack(">H", body[4:6])[0] for kind, body in boxes(infos, 6 if infos[0] == 0 else 8)
             if kind == b"infe" and body[8:12] == b"Exif"]
    if not found:
        return b""
    iloc, sizes = parts[b"iloc"], parts[b"iloc"][4:6]
    offset_size, length_size, base_size, index_size = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4, sizes[1] & 15
    at = 6

    def take(count):
        nonlocal at
        at += count
        return int.from_bytes(iloc[at - count:at], "big")

    for _ in range(take(2 if iloc[0] < 2 else 4)):
        item = take(2 if iloc[0] < 2 else 4)
        take(2 if iloc[0] > 0 else 0)
        take(2)
        base = take(base_size)
        for _ in range(take(2)):
            take(index_size if iloc[0] > 0 else 0)
            start, length = base + take(offset_size), take(length_size)
            if item == found[0]:
                return data[start + 4:start + length]
    return b""


def exif_of(file):
    data = open(file, "rb").read()
    if data[:2] == b"\xff\x0a":
        return b""
    if data[4:8] == b"JXL ":
        return next((body[4:] for kind, body in boxes(data) if kind == b"Exif"), b"")
    if data[4:8] == b"ftyp":
        return avif_exif(data)
    if data[:4] in (b"II*\0", b"MM\0*"):
        return data
    if data[:4] == b"\x89PNG":
        data = without(data, (b"fcTL", b"fdAT", b"acTL"))
    return blocks_of(data)["exif"]


def without(data, kinds):
    kept, at = data[:8], 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind not in kinds and not (kind == b"iTXt" and not data[at + 8:].startswith(b"XML:com")):
            kept += data[at:at + 12 + length]
        at += 12 + length
    return kept


def directories(block):
    """Lists of the entries of all directories that are linked: tag, type, value."""
    order = "<" if block[:2] == b"II" else ">"
    found, at = [], struct.unpack(order + "I", block[4:8])[0]
    while at != 0 and len(found) < 9:
        entries = []
        count = struct.unpack(order + "H", block[at:at + 2])[0]
        for i in range(count):
            tag, type_, number, value = struct.unpack(order + "HHII", block[at + 2 + 12 * i:at + 14 + 12 * i])
            if type_ == 3:
                value = struct.unpack(order + "H", block[at + 10 + 12 * i:at + 12 + 12 * i])[0]
            elif type_ == 5:
                numerator, denominator = struct.unpack(order + "II", block[value:value + 8])
                divisor = math.gcd(numerator, denominator)
                value = (numerator // divisor, denominator // divisor)
            entries.append((tag, type_, value))
        found.append(entries)
        at = struct.unpack(order + "I", block[at + 2 + 12 * count:at + 6 + 12 * count])[0]
    return found


def thumbnail_of(file):
    """The JPEG, whose directory is as it must be; None: there is none."""
    block = exif_of(file)
    found = directories(block) if block else []
    if len(found) < 2:
        return None
    second = {tag: value for tag, _, value in found[1]}
    if len(found) > 2 or [(tag, type_, None if tag in (0x0201, 0x0202) else value) for tag, type_, value in found[1]] != DIRECTORY:
        complain(f"{file}: its directories are {found}")
        return None
    jpeg = block[second[0x0201]:second[0x0201] + second[0x0202]]
    if len(jpeg) != second[0x0202] or jpeg[-2:] != b"\xff\xd9" or any(block[second[0x0201] + len(jpeg):]):
        complain(f"{file}: the thumbnail of {second[0x0202]} bytes is not whole")
    at, markers = 2, []
    while jpeg[at + 1] != 0xDA:
        markers.append(jpeg[at + 1])
        if jpeg[at + 1] == 0xC0 and jpeg[at + 9] != 3:
            complain(f"{file}: the thumbnail has {jpeg[at + 9]} components")
        at += 2 + struct.unpack(">H", jpeg[at + 2:at + 4])[0]
    if 0xC0 not in markers or any(0xE0 <= marker <= 0xEF or marker == 0xFE for marker in markers):
        complain(f"{file}: the thumbnail's markers are {markers}")
    return jpeg


def areas(have, total):
    """For each of `have` pixels, those of `total` that it covers, and how much of them."""
    scale, found = total / have, []
    for i in range(have):
        start, end, shares = i * scale, (i + 1) * scale, []
        for x in range(int(start), min(total, math.ceil(end - 1e-9))):
            shares.append((x, min(end, x + 1) - max(start, x)))
        found.append(shares)
    return found


def downsized(picture, width, height):
    """Averages over white, by the book."""
    w, h, channels, top, pixels = picture
    colours = 1 if channels <= 2 else 3
    seen = []
    for pixel in pixels:
        alpha = pixel[-1] / top if channels % 2 == 0 else 1
        seen.append([v / top * alpha + 1 - alpha for v in pixel[:colours]])
    across = areas(width, w)
    rows = [[[sum(row[x][c] * share for x, share in shares) for c in range(colours)] for shares in across]
            for row in (seen[y * w:y * w + w] for y in range(h))]
    area = w / width * h / height
    return [[[255 * sum(rows[y][x][c] * share for y, share in shares) / area for c in range(colours)] for x in range(width)]
            for shares in areas(height, h)]


def shows(file, frames=False, mean=MEAN, most=MOST):
    """The file has a thumbnail, and it shows the result, or its first frame."""
    block = exif_of(file)
    if OLD[:50] in open(file, "rb").read():
        complain(f"{file}: the source's thumbnail is still there")
    jpeg = thumbnail_of(file)
    if jpeg is None:
        complain(f"{file}: has no thumbnail; {len(block)} bytes of EXIF")
        return
    open("small.jpg", "wb").write(jpeg)
    run("-m", "same.anew", "--quiet", "--force", "small.jpg", "-o", "small.ppm")
    run("-m", "same.anew", "--quiet", "--force", *(["--frame", "1"] if frames else []), file, "-o", "whole.pam")
    small, whole = read_pnm("small.ppm"), read_pnm("whole.pam")
    side = max(whole[:2])
    want = tuple(max(1, math.floor(v * min(1, 160 / side) + 0.5)) for v in whole[:2])
    if small[:2] != want:
        complain(f"{file}: the thumbnail has {small[:2]} pixels, not {want}")
        return
    off = [abs(small[4][y * want[0] + x][c if small[2] == 3 else 0] - value[c if len(value) == 3 else 0])
           for y, row in enumerate(downsized(whole, *want)) for x, value in enumerate(row) for c in range(3)]
    told = f"off by {sum(off) / len(off):.2f}, at most {max(off):.1f}"
    print(f"{file}: {want[0]}x{want[1]}, {len(jpeg)} bytes, {len(block)} of EXIF, {told}")
    if sum(off) / len(off) > mean or max(off) > most:
        complain(f"{file}: the thumbnail is {told}")


def has_none(file):
    if OLD[:50] in open(file, "rb").read():
        complain(f"{file}: the source's thumbnail is still there")
    if thumbnail_of(file) is not None:
        complain(f"{file}: has a thumbnail")


def same(a, b):
    if open(a, "rb").read() != open(b, "rb").read():
        complain(f"{a} and {b} differ")


def go(source, result, *words):
    run("-m", "same.anew", "--quiet", "--force", source, "-o", result, *words)


def main():
    names = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "AVIF": "avif", "JXL": "jxl"}
    endings = [names[f] for f in formats if f in names]
    if "JPEG" not in formats:  # nobody can make one: they are taken out
        png("source.png", exif())
        for ending in endings:
            go("source.png", "bare." + ending)
            has_none("bare." + ending)
            if not exif_of("bare." + ending):
                complain(f"bare.{ending}: has no EXIF")
        return
    png("turned.png", exif("<", 6))
    png("big.png", exif(">", 1))
    png("wide.png", exif(kind="strips"), 500, 3)
    png("none.png", exif(kind="none"))
    png("outside.png", exif(kind="outside"))
    png("late.png", exif(kind="late", notes=400))
    for ending in endings:
        for name in ("turned", "big", "wide"):
            go(name + ".png", f"{name}.out.{ending}", "--quality", "97")
            shows(f"{name}.out.{ending}")
        for kind in ("gray", "rgb-alpha", "rgb16") if ending != "png" else ("gray", "gray-alpha", "rgb-alpha", "rgb16", "gray16", "rgb-alpha16"):
            if not (ending == "jpg" and "alpha" in kind):
                png("kind.png", exif(), 100, 170, kind)
                go("kind.png", f"{kind}.{ending}", "--quality", "97")
                shows(f"{kind}.{ending}")
        go("none.png", "none.out." + ending)
        has_none("none.out." + ending)
        go("turned.png", "stripped." + ending, "--strip")
        has_none("stripped." + ending)
        go("turned.png", "unsaid." + ending, "--no-provenance")
        shows("unsaid." + ending)
        go("outside.png", "outside.out." + ending)
        shows("outside.out." + ending)
        go("late.png", "late.out." + ending)
        shows("late.out." + ending)
        block = exif_of("late.out." + ending)
        if block.count(b"note" * 100) != 1 or block.index(b"note" * 100) != exif(kind="late", notes=400).index(b"note"):
            complain(f"late.out.{ending}: the maker's note is at another place")
        # Once more: the room is where it was, and no larger.
        go(f"big.out.{ending}", f"again.{ending}")
        shows(f"again.{ending}")
        if abs(len(exif_of(f"again.{ending}")) - len(exif_of(f"big.out.{ending}"))) > (0 if ending in ("png", "jpg") else 2000):
            complain(f"{ending}: EXIF grows from file to file")
        # As it is when all is done, whoever did what; smaller pictures have thumbnails of their size.
        go("big.png", "toned." + ending, "--white-balance", "auto", "--restore-tone", "1", "--width", "120", "--quality", "97")
        shows("toned." + ending, mean=4, most=50)  # sharp colours in full size
        png("tiny.png", exif(), 23, 14)
        run("-m", "large.anew", "--quiet", "--force", "--quality", "97", "tiny.png", "-o", "tiny.out." + ending)
        shows("tiny.out." + ending)
        # The same bytes for any number of threads, of rows at a time, and in tiles.
        png("some.png", exif("<", 7), 60, 40)
        run("-m", "large.anew", "--quiet", "--force", "some.png", "-o", "one." + ending, "-t", "1")
        for words in (("-t", "2"), ("-t", "2", "--band", "3"), ("-t", "1", "--band", "64")):
            run("-m", "large.anew", "--quiet", "--force", "some.png", "-o", "other." + ending, *words)
            same("one." + ending, "other." + ending)
        shows("one." + ending)
        size = max(os.path.getsize(f"turned.out.{ending}"), 20000)
        if ending != "png":
            run("-m", "same.anew", "--quiet", "--force", "turned.png", "-o", "most." + ending, "--max-bytes", size)
            shows("most." + ending)
            if os.path.getsize("most." + ending) > size:
                complain(f"most.{ending}: {os.path.getsize('most.' + ending)} bytes, and it may have {size}")
        # On a pipe nothing can be filled in later; replay makes the file that was made.
        run("replay", "-m", "same.anew", "turned.out." + ending, "turned.png", "-o", "once." + ending)
        run("-m", "same.anew", "turned.png", "--format", names[formats[endings.index(ending)]], "-o", "-", to="piped." + ending)
        (has_none if ending in ("png", "jpg") else shows)("piped." + ending)
        run("replay", "-m", "same.anew", "piped." + ending, "turned.png", "-o", "twice." + ending)
    if "TIFF" in formats:
        go("turned.png", "turned.tif")
        has_none("turned.tif")
    # A file that may have few bytes has none beside the picture.
    png("few.png", exif(), 60, 40)
    go("few.png", "bare.jpg", "--strip", "--no-provenance")
    go("few.png", "few.jpg", "--max-bytes", "4000")
    has_none("few.jpg")
    # A marker has 65,533 bytes: the thumbnail gets what is left, or there is none; the rest of EXIF stays.
    for notes, wanted in ((40000, shows), (61600, shows), (64000, has_none), (65200, has_none)):
        png("notes.png", exif(kind="jpeg", notes=notes))
        go("notes.png", f"notes{notes}.jpg")
        wanted(f"notes{notes}.jpg")
        if len(exif_of(f"notes{notes}.jpg")) < notes:
            complain(f"notes{notes}.jpg: no EXIF")
        go("notes.png", f"notes{notes}.png")
        shows(f"notes{notes}.png")
    # The first frame of what moves.
    png("moving.png", exif(">"), 200, 130, "rgb-alpha", True)
    for ending in set(endings) & {"png", "webp"}:
        go("moving.png", "moved." + ending, "--quality", "97")
        shows("moved." + ending, True)
    # Of a JPEG, too.
    data = open("bare.jpg", "rb").read()
    block = b"Exif\0\0" + exif(">", 8)
    open("source.jpg", "wb").write(data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:])
    go("source.jpg", "result.jpg")
    shows("result.jpg")


main()
sys.exit(failures > 0)
