"""faces.py turned UPRIGHT TURNED | same A B PIXELS | photos ANEW DETECTOR GOLDEN FOLDER |
own ANEW GOLDEN FOLDER: what faces.sh cannot do
itself, by the standard library alone."""
import json
import os
import struct
import subprocess
import sys
import zlib


def png(path, width, height, rows, orientation):
    """8-bit gray rows with EXIF's orientation."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + struct.pack(">HHI", orientation, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
                   + chunk(b"eXIf", exif) + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + r for r in rows)))
                   + chunk(b"IEND", b""))


def turned(upright, other):
    """One picture twice: upright, and lying on its side with the orientation that puts it right (6)."""
    width, height = 90, 61
    rows = [bytes((x * x + 7 * y * y + x * y // 3) % 256 for x in range(width)) for y in range(height)]
    png(upright, width, height, rows, 1)
    # Orientation 6: the viewer turns it by a right angle clockwise, so it is stored turned the other way.
    png(other, height, width, [bytes(rows[y][x] for y in range(height)) for x in range(width - 1, -1, -1)], 6)


def numbers(face):
    return face["box"] + [v for point in face["landmarks"] for v in point]


def compare(faces, want, pixels):
    """A fault as a text, or None; faces in any order of equal rank are those that lie nearest."""
    if len(faces) != len(want):
        return f"{len(faces)} faces, not {len(want)}"
    for face, other in zip(faces, want):
        off = max(abs(a - b) for a, b in zip(numbers(face), numbers(other)))
        if off > pixels or abs(face["score"] - other["score"]) > 0.005:
            return f"{off} pixels off, score {face['score']}, not {other['score']}"
    return None


def same(a, b, pixels):
    with open(a, encoding="utf-8") as one, open(b, encoding="utf-8") as two:
        left, right = json.load(one), json.load(two)
    if left["size"] != right["size"] or not left["faces"]:
        sys.exit(f"sizes {left['size']} and {right['size']}, {len(left['faces'])} faces")
    fault = compare(left["faces"], right["faces"], float(pixels))
    if fault:
        sys.exit(fault)


def photos(anew, detector, golden, folder):
    with open(golden, encoding="utf-8") as file:
        wanted = json.load(file)["photos"]
    total = 0
    for name, want in wanted.items():
        if name.endswith(".jpg") and os.environ.get("ANEW_JPEG", "1") != "1":
            continue
        if name.endswith(".png") and os.environ.get("ANEW_PNG", "1") != "1":
            continue
        said = subprocess.run([anew, "faces", "--json", "--face-confidence", "0.3", "--detector", detector,
                               os.path.join(folder, name)], check=True, capture_output=True, text=True)
        answer = json.loads(said.stdout)
        fault = compare(answer["faces"], want["faces"], 0.5)
        if fault or answer["size"] != [want["width"], want["height"]]:
            sys.exit(f"{name}: {fault or answer['size']}")
        total += len(want["faces"])
    print(f"{total} faces in {len(wanted)} photos are where they should be")


def shared_part(a, b):
    """The boxes' intersection over their union."""
    width, height = (min(a[k + 2], b[k + 2]) - max(a[k], b[k]) for k in (0, 1))
    if width <= 0 or height <= 0:
        return 0
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return width * height / (areas - width * height)


def own(anew, golden, folder):
    """The program's own detector finds most of what RetinaFace is sure of from 24 pixels on, and little else."""
    with open(golden, encoding="utf-8") as file:
        wanted = json.load(file)["photos"]
    asked = found = told = extra = 0
    for name, want in wanted.items():
        if os.environ.get("ANEW_JPEG" if name.endswith(".jpg") else "ANEW_PNG", "1") != "1":
            continue
        said = subprocess.run([anew, "faces", "--json", "--detector", "face-detector", os.path.join(folder, name)], check=True,
                              capture_output=True, text=True)
        faces = json.loads(said.stdout)["faces"]
        for face in want["faces"]:
            box = face["box"]
            if face["score"] >= 0.8 and min(box[2] - box[0], box[3] - box[1]) >= 24:
                asked += 1
                found += any(shared_part(box, one["box"]) >= 0.4 for one in faces)
        told += len(faces)
        extra += sum(all(shared_part(face["box"], one["box"]) < 0.4 for face in want["faces"]) for one in faces)
    print(f"{found} of {asked} faces found, {extra} of {told} are none")
    if found < LEAST_FOUND * asked or extra > MOST_EXTRA * told:
        sys.exit("the program's own detector does worse than it did")


LEAST_FOUND, MOST_EXTRA = 0.9, 0.12
{"turned": turned, "same": same, "photos": photos, "own": own}[sys.argv[1]](*sys.argv[2:])
