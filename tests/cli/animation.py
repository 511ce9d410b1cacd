#!/usr/bin/env python3
"""make KIND FILE FOLDER | shows FILE FOLDER | same PAM PAM | facts FILE | cut FILE FOLDER: animations for animation.sh,
by the standard library alone.

make: an APNG (png), one of 16 bits (png16), one whose first picture is no frame (hidden), or a GIF (gif, gif-opaque),
with every way of clearing up and mixing, some frames that show the same as the one before; and in FOLDER what must be seen, frame
by frame, as 1.pam, 2.pam ..., composed here pixel by pixel, and `facts` as the command of that name gives.
shows: whether the frames of a PNG, animated or not, are FOLDER/1.pam and so on, composed here, too; where some are
missing there, the others.
same: whether two PAMs or PPMs show the same; one without alpha is opaque, and colours that nobody sees do not count.
facts: how often it is shown (0: for ever), and the delays of its frames in milliseconds, of a PNG, WebP or GIF.
cut: the file's beginnings, of many lengths, as FOLDER/LENGTH.ending."""
import pathlib
import random
import struct
import sys
import zlib

WIDTH, HEIGHT = 11, 7
PALETTE = [(0, 0, 0), (255, 255, 255), (200, 30, 20), (10, 180, 60), (20, 60, 220), (240, 220, 10), (120, 120, 120), (9, 9, 9)]


# ---- frames and what must be seen ------------------------------------------------------------------------------
def drawing(kind):
    """Frames: x, y, width, height, pixels [(r, g, b, a)], dispose, blend, (delay numerator, denominator)."""
    chance = random.Random(7)
    top = 65535 if kind == "png16" else 255
    frames, delays = [], [(1, 10), (4, 100), (0, 100), (33, 1000), (7, 0), (1, 1), (1, 30), (5, 100), (9, 100), (2, 50)]
    for i, delay in enumerate(delays):
        full = i == 0 or i == 5
        x, y = (0, 0) if full else (chance.randrange(0, 6), chance.randrange(0, 4))
        width, height = (WIDTH, HEIGHT) if full else (chance.randrange(1, WIDTH - x + 1), chance.randrange(1, HEIGHT - y + 1))
        pixels = []
        for _ in range(width * height):
            if kind.startswith("gif"):
                see = i == 0 and kind == "gif-opaque" or chance.random() < 0.7
                pixels.append((*chance.choice(PALETTE), 255) if see else (0, 0, 0, 0))
            else:
                alpha = chance.choice([0, top, top, chance.randrange(top)])
                pixels.append((*[chance.randrange(top + 1) for _ in range(3)], alpha))
        dispose = 0 if kind == "gif-opaque" else (0, 1, 2, 0, 2, 1, 0, 0, 2, 0)[i]
        blend = 1 if kind.startswith("gif") else (0, 1, 1, 0, 0, 1, 1, 0, 1, 1)[i]
        frames.append((x, y, width, height, pixels, dispose, blend, delay))
        if i in (3, 6):  # nothing new: stays as it is
            frames.append((2, 2, 1, 1, [(0, 0, 0, 0)], 0, 1, (3, 100)))
    return frames, top


def over(above, below, top):
    if above[3] == 0:
        return below
    alpha = above[3] * top + below[3] * (top - above[3])
    colour = [(2 * (a * above[3] * top + b * below[3] * (top - above[3])) + alpha) // (2 * alpha)
              for a, b in zip(above[:3], below[:3])]
    return (*colour, (2 * alpha + top) // (2 * top))


def seen(frames, top):
    """The canvas after each frame."""
    canvas, pictures = {}, []
    nothing = (0, 0, 0, 0)
    for number, (x, y, width, height, pixels, dispose, blend, _) in enumerate(frames):
        before = dict(canvas)
        area = [(x + i % width, y + i // width) for i in range(width * height)]
        for place, pixel in zip(area, pixels):
            canvas[place] = over(pixel, canvas.get(place, nothing), top) if blend else pixel
        pictures.append([canvas.get((i % WIDTH, i // WIDTH), nothing) for i in range(WIDTH * HEIGHT)])
        if dispose == 1 or (dispose == 2 and number == 0):
            for place in area:
                canvas[place] = nothing
        elif dispose == 2:
            canvas = before
    return pictures


def write_pam(file, pixels, top):
    body = b"".join(struct.pack(">4H" if top > 255 else "4B", *p) for p in pixels)
    file.write_bytes(b"P7\nWIDTH %d\nHEIGHT %d\nDEPTH 4\nMAXVAL %d\nTUPLTYPE RGB_ALPHA\nENDHDR\n" % (WIDTH, HEIGHT, top) + body)


def expected(frames, top, folder):
    pictures, delays, last = seen(frames, top), [], None
    for pixels, frame in zip(pictures, frames):
        numerator, denominator = frame[7]
        delay = 1000 * numerator / (denominator or 100)
        if pixels == last:
            delays[-1] += delay
        else:
            delays.append(delay)
            write_pam(folder / f"{len(delays)}.pam", pixels, top)
        last = pixels
    return delays


# ---- files ----------------------------------------------------------------------------------------------------
def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def packed(width, pixels, top):
    sample = ">4H" if top > 255 else "4B"
    rows = [b"\0" + b"".join(struct.pack(sample, *p) for p in pixels[i:i + width]) for i in range(0, len(pixels), width)]
    return zlib.compress(b"".join(rows))


def apng(frames, top, plays, hidden):
    xmp = b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">moves</x:xmpmeta>"
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16 if top > 255 else 8, 6, 0, 0, 0))
    data += chunk(b"acTL", struct.pack(">II", len(frames), plays)) + chunk(b"iTXt", xmp)
    sequence = 0
    if hidden:
        data += chunk(b"IDAT", packed(WIDTH, [(1, 2, 3, top)] * (WIDTH * HEIGHT), top))
    for number, (x, y, width, height, pixels, dispose, blend, (numerator, denominator)) in enumerate(frames):
        data += chunk(b"fcTL", struct.pack(">IIIIIHHBB", sequence, width, height, x, y, numerator, denominator, dispose, blend))
        sequence += 1
        body = packed(width, pixels, top)
        if number == 0 and not hidden:
            data += chunk(b"IDAT", body)
            continue
        for at in range(0, len(body), 200):  # several chunks of one frame
            data += chunk(b"fdAT", struct.pack(">I", sequence) + body[at:at + 200])
            sequence += 1
    return data + chunk(b"IEND", b"")


def lzw(indices, bits):
    """Codes of one pixel each, all of the same length: often enough a code that begins anew."""
    clear, codes = 1 << bits, []
    for i, index in enumerate(indices):
        if i % ((1 << bits) - 2) == 0:
            codes.append(clear)
        codes.append(index)
    number = sum(code << (bits + 1) * i for i, code in enumerate(codes + [clear + 1]))
    data = number.to_bytes(((bits + 1) * (len(codes) + 1) + 7) // 8, "little")
    blocks = b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255))
    return bytes([bits]) + blocks + b"\0"


def gif(frames, plays):
    data = b"GIF89a" + struct.pack("<HHBBB", WIDTH, HEIGHT, 0x80 | 2, 0, 0) + b"".join(bytes(c) for c in PALETTE)
    data += b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", plays - 1 if plays else 0) + b"\0"
    for x, y, width, height, pixels, dispose, _, (numerator, denominator) in frames:
        own = len(PALETTE) * [None]
        indices = [8 if p[3] == 0 else PALETTE.index(p[:3]) for p in pixels]
        delay = 100 * numerator // (denominator or 100)
        data += b"\x21\xf9\x04" + struct.pack("<BHB", (1, 2, 3)[dispose] << 2 | 1, delay, len(own)) + b"\0"
        data += b"\x2c" + struct.pack("<HHHHB", x, y, width, height, 0x80 | 3)
        data += b"".join(bytes(c) for c in PALETTE) + bytes(24) + lzw(indices, 4)
    return data + b"\x3b"


def make(kind, file, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    frames, top = drawing(kind)
    if kind.startswith("gif"):
        frames = [(*f[:7], (100 * f[7][0] // (f[7][1] or 100), 100)) for f in frames]
        data = gif(frames, 3)
    else:
        data = apng(frames, top, 3, kind == "hidden")
    pathlib.Path(file).write_bytes(data)
    delays = expected(frames, top, folder)
    (folder / "facts").write_text(told(3, delays) + "\n")


# ---- results --------------------------------------------------------------------------------------------------
def told(plays, delays):
    return f"{plays}: " + " ".join(f"{d:.2f}" for d in delays)


def facts(file):
    data = pathlib.Path(file).read_bytes()
    plays, delays = 1, []
    if data[:4] == b"\x89PNG":
        at = 8
        while at < len(data):
            length, name = struct.unpack(">I4s", data[at:at + 8])
            body = data[at + 8:at + 8 + length]
            assert zlib.crc32(name + body) == struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0], name
            if name == b"acTL":
                count, plays = struct.unpack(">II", body)
            if name == b"fcTL":
                numerator, denominator = struct.unpack(">HH", body[20:24])
                delays.append(1000 * numerator / (denominator or 100))
            at += 12 + length
        assert count == len(delays), (count, len(delays))
    elif data[:4] == b"RIFF":
        at = 12
        while at < len(data):
            name, length = struct.unpack("<4sI", data[at:at + 8])
            if name == b"ANIM":
                plays = struct.unpack("<H", data[at + 12:at + 14])[0]
            if name == b"ANMF":
                delays.append(int.from_bytes(data[at + 20:at + 23], "little"))
            at += 8 + length + length % 2
    else:
        at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
        while data[at] != 0x3b:
            if data[at] == 0x21:
                if data[at + 1] == 0xf9:
                    delays.append(10 * struct.unpack("<H", data[at + 4:at + 6])[0])
                if data[at + 2:at + 14] == b"\x0bNETSCAPE2.0":
                    more = struct.unpack("<H", data[at + 16:at + 18])[0]
                    plays = more + 1 if more else 0
                at += 2
            else:
                at += 11 + (3 << (data[at + 9] & 7) + 1 if data[at + 9] & 0x80 else 0)
            while data[at] != 0:
                at += 1 + data[at]
            at += 1
        assert at == len(data) - 1
    print(told(plays, delays))


def visible(pixels, top):
    return [p if p[3] else (0, 0, 0, 0) for p in (p if len(p) == 4 else (*p, top) for p in pixels)]


def read_pam(file):
    data = pathlib.Path(file).read_bytes()
    if data[:2] == b"P7":
        head, body = data.split(b"ENDHDR\n", 1)
        words = head.split()
        width, height, depth, top = (int(words[words.index(name) + 1]) for name in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"))
    else:
        kind, width, height, top = (data.split(None, 4)[i] for i in range(4))
        width, height, top, depth = int(width), int(height), int(top), 3 if kind == b"P6" else 1
        body = data[-width * height * depth * (2 if top > 255 else 1):]
    samples = struct.unpack(f">{len(body) // 2}H", body) if top > 255 else body
    return width, height, visible([tuple(samples[i:i + depth]) for i in range(0, len(samples), depth)], top)


def same(one, other):
    a, b = read_pam(one), read_pam(other)
    if a != b:
        wrong = sum(p != q for p, q in zip(a[2], b[2]))
        sys.exit(f"{one} and {other}: {a[:2]} and {b[:2]}, {wrong} pixels differ")


def unpacked(data, width, height, channels, bits):
    step, plain = channels * bits // 8, zlib.decompress(data)
    row, before, rows = width * step, bytes(width * step), b""
    for y in range(height):
        kind, line = plain[y * (row + 1)], bytearray(plain[y * (row + 1) + 1:(y + 1) * (row + 1)])
        for i in range(row):
            left, corner = (line[i - step], before[i - step]) if i >= step else (0, 0)
            p = left + before[i] - corner
            nearest = min((abs(p - left), 0, left), (abs(p - before[i]), 1, before[i]), (abs(p - corner), 2, corner))[2]
            line[i] = line[i] + (0, left, before[i], (left + before[i]) // 2, nearest)[kind] & 255
        before = bytes(line)
        rows += before
    samples = struct.unpack(f">{len(rows) // 2}H", rows) if bits == 16 else rows
    return [tuple(samples[i:i + channels]) for i in range(0, len(samples), channels)]


def shows(file, folder):
    global WIDTH, HEIGHT
    data, at, frames, sequence = pathlib.Path(file).read_bytes(), 8, [], 0
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if name == b"IHDR":
            WIDTH, HEIGHT, bits, colour = struct.unpack(">IIBB", body[:10])
        if name in (b"fcTL", b"fdAT"):
            assert struct.unpack(">I", body[:4])[0] == sequence, "numbers of sequence"
            sequence += 1
        if name == b"fcTL":
            width, height, x, y, _, _, dispose, blend = struct.unpack(">IIIIHHBB", body[4:])
            frames.append([x, y, width, height, b"", dispose, blend, None])
        if name in (b"IDAT", b"fdAT"):
            frames[-1][4] += body if name == b"IDAT" else body[4:]
        at += 12 + length
    channels, top = {0: 1, 2: 3, 4: 2, 6: 4}[colour], 65535 if bits == 16 else 255
    for frame in frames:
        frame[4] = visible(unpacked(frame[4], frame[2], frame[3], channels, bits), top)
    pictures, folder = seen(frames, top), pathlib.Path(folder)
    wanted = sorted(int(f.stem) for f in folder.glob("*.pam"))
    for number in wanted:
        width, height, pixels = read_pam(folder / f"{number}.pam")
        if (width, height) != (WIDTH, HEIGHT) or number > len(pictures):
            sys.exit(f"{file}: {len(pictures)} frames of {WIDTH}x{HEIGHT}, not {wanted[-1]} of {width}x{height}")
        wrong = sum(p != q for p, q in zip(visible(pictures[number - 1], top), pixels))
        if wrong:
            sys.exit(f"{file}: frame {number} has {wrong} other pixels")
    if (folder / "facts").exists() and len(pictures) != len(wanted):
        sys.exit(f"{file}: {len(pictures)} frames, not {len(wanted)}")


def cut(file, folder):
    data, path = pathlib.Path(file).read_bytes(), pathlib.Path(folder)
    path.mkdir(exist_ok=True)
    for part in (1, 4, 7, 9, 11):
        (path / f"{part}{pathlib.Path(file).suffix}").write_bytes(data[:len(data) * part // 12])
    (path / f"last{pathlib.Path(file).suffix}").write_bytes(data[:-1])


if __name__ == "__main__":
    {"make": make, "shows": shows, "same": same, "facts": facts, "cut": cut}[sys.argv[1]](*sys.argv[2:])
