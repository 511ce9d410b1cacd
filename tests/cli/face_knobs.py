"""face_knobs.py WHAT ...: pictures for face_lists.sh and face_fates.sh, and looks at results; binary PPM, by the
standard library alone.

    flat FILE WIDTH HEIGHT GRAY         one gray
    stripes FILE                        800x800 gray: stripes 40 pixels apart, and a chess board of single pixels
    chess A B                           the middle of a face in B against A: stripes gone, chess board as it was
    tile FILE ONE ACROSS DOWN           a picture of ACROSS x DOWN copies
    paste FILE GROUND ONE X Y           a small picture put into a large one, as far as it fits
    list FILE WIDTH HEIGHT MEMBERS...   a list of one face after the other: its centre, eyes' distance and more members
    sides BOTH LEFT RIGHT               BOTH is the other two, side by side
    box FILE OTHER LEFT TOP RIGHT BOTTOM   the frame of that box differs in FILE, the picture around it does not
    compact                             lists of standard input, each as one line
    numbers FILE COUNT                  fates of a --json line: COUNT faces at least, all restored
"""
import json
import sys


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    fields, at = [], 0
    while len(fields) < 4:
        end = at
        while data[end:end + 1] not in (b" ", b"\n"):
            end += 1
        fields.append(data[at:end])
        at = end + 1
    if fields[0] != b"P6":
        sys.exit(f"{path} is no PPM of colours")
    return int(fields[1]), int(fields[2]), data[at:]


def write(path, width, height, samples):
    with open(path, "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % (width, height) + bytes(samples))


def flat(path, width, height, gray):
    write(path, int(width), int(height), bytes([int(gray)]) * (3 * int(width) * int(height)))


def stripes(path):
    rows = [bytes(v for x in range(800) for v in [128 + (40 if x // 20 % 2 else -40) + (12 if (x + y) % 2 else -12)] * 3)
            for y in range(2)]
    write(path, 800, 800, b"".join(rows) * 400)


def chess(a, b):
    """The parts of both patterns in the middle of the face, 160 pixels around (400, 400)."""
    parts = []
    for path in (a, b):
        width, _, data = read(path)
        fine = coarse = 0
        for y in range(320, 480):
            for x in range(320, 480):
                value = data[3 * (y * width + x)]
                fine += value if (x + y) % 2 else -value
                coarse += value if x // 20 % 2 else -value
        parts.append((fine / 25600, coarse / 25600))
    (fine, coarse), (fine_after, coarse_after) = parts
    print(f"chess board {fine:.2f} and {fine_after:.2f}, stripes {coarse:.2f} and {coarse_after:.2f}")
    if fine < 3 or abs(fine_after - fine) > 0.1 * fine:
        sys.exit("the picture's own detail is gone")
    if coarse < 30 or coarse_after > 0.5 * coarse:
        sys.exit("what the restorer knows did not change")


def tile(path, one, across, down):
    width, height, data = read(one)
    rows = [data[3 * width * y:3 * width * (y + 1)] * int(across) for y in range(height)]
    write(path, width * int(across), height * int(down), b"".join(rows) * int(down))


def paste(path, ground, one, x, y):
    width, height, data = read(ground)
    w, h, small = read(one)
    x, y, data = int(x), int(y), bytearray(data)
    for row in range(max(0, -y), min(h, height - y)):
        first, last = max(0, -x), min(w, width - x)
        at = 3 * ((y + row) * width + x + first)
        data[at:at + 3 * (last - first)] = small[3 * (row * w + first):3 * (row * w + last)]
    write(path, width, height, data)


def face(words):
    """A face that looks at the camera, "X Y EYES" and members such as strength=0.5."""
    x, y, eyes = (float(word) for word in words[:3])
    members = {"box": [x - eyes, y - 1.2 * eyes, x + eyes, y + 1.4 * eyes],
               "landmarks": [[x - eyes / 2, y - 0.3 * eyes], [x + eyes / 2, y - 0.3 * eyes], [x, y + 0.25 * eyes],
                             [x - 0.45 * eyes, y + 0.7 * eyes], [x + 0.45 * eyes, y + 0.7 * eyes]]}
    for word in words[3:]:
        name, _, value = word.partition("=")
        members[name] = json.loads(value)
    return members


def make_list(path, width, height, *faces):
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"size": [int(width), int(height)], "faces": [face(words.split()) for words in faces]}, file)


def sides(both, left, right):
    width, height, data = read(both)
    one, other = read(left), read(right)
    joined = b"".join(one[2][3 * one[0] * y:3 * one[0] * (y + 1)] + other[2][3 * one[0] * y:3 * one[0] * (y + 1)]
                      for y in range(height))
    if (width, height) != (2 * one[0], one[1]) or data != joined or one[2] == other[2]:
        sys.exit("not both pictures side by side")


def box(path, other, *numbers):
    left, top, right, bottom = (int(float(n)) for n in numbers)
    width, height, data = read(path)
    plain = read(other)[2]
    at = lambda x, y: slice(3 * (y * width + x), 3 * (y * width + x) + 3)  # noqa: E731
    on = [(x, y) for x in range(left, right) for y in (top, bottom - 1)]
    on += [(x, y) for x in (left, right - 1) for y in range(top, bottom)]
    same = sum(data[at(x, y)] == plain[at(x, y)] for x, y in on)
    if same > len(on) // 10:
        sys.exit(f"{same} of {len(on)} pixels of the frame are as they were")
    far = [(x, y) for y in range(height) for x in range(width)
           if x < left - 8 or x > right + 80 or y < top - 12 or y > bottom + 8]
    changed = sum(data[at(x, y)] != plain[at(x, y)] for x, y in far)
    if changed or not far:
        sys.exit(f"{changed} pixels far from the box are others")


def compact():
    text, decoder, at = sys.stdin.read(), json.JSONDecoder(), 0
    while at < len(text.rstrip()):
        value, at = decoder.raw_decode(text, at)
        at += len(text[at:]) - len(text[at:].lstrip())
        print(json.dumps(value))


def numbers(path, count):
    with open(path, encoding="utf-8") as file:
        faces = json.loads(file.readline())["faces"]
    fates = [one["fate"] for one in faces if one["fate"] != "doubtful"]
    if len(fates) < int(count) or set(fates) != {"restored"}:
        sys.exit(f"{len(fates)} faces: {sorted(set(fates))}")


COMMANDS = {"flat": flat, "stripes": stripes, "chess": chess, "tile": tile, "paste": paste, "list": make_list,
            "sides": sides, "box": box, "compact": compact, "numbers": numbers}
if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
