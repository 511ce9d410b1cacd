"""metadata.py identity FROM TO | pattern KIND FILE | enlarged FILE FILE FACTOR | png FILE PLACE |
check FILE WHAT | texts FILE KIND | told FILE KIND | comment FROM TO TEXT...: makes and looks through pictures for metadata.sh, by the standard library alone."""
import json
import re
import struct
import sys
import zlib

WIDTH, HEIGHT = 10, 7
XMP = (b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="%d" '
       b'exif:PixelXDimension="%d" exif:PixelYDimension="%d"/></x:xmpmeta>')


def exif(orientation):
    return b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + struct.pack(">HHI", orientation, 0, 0)


def profile():
    tag = b"text\0\0\0\0" + bytes(i * i * 7 % 251 for i in range(300))
    body = b"cprt" + struct.pack(">II", 144, len(tag)) + tag
    head = bytearray(132)
    head[8] = 2
    head[12:24] = b"mntrRGB XYZ "
    head[36:40] = b"acsp"
    head[68:80] = b"\0\0\xf6\xd6\0\1\0\0\0\0\xd3\x2d"
    head[128:132] = struct.pack(">I", 1)
    head[0:4] = struct.pack(">I", 132 + len(body))
    return bytes(head) + body


def identity(source, target):
    """The body of an SRVGG network whose weights are 0 adds nothing to the enlarged picture."""
    data = open(source, "rb").read()
    length = struct.unpack("<Q", data[:8])[0]
    json.loads(data[8:8 + length])
    open(target, "wb").write(data[:8 + length] + bytes(len(data) - 8 - length))


def identity_x1(target):
    """A network of SRVGG's form at x1 whose weights are 0: the picture itself."""
    shapes = {"body.0": (4, 3), "body.2": (4, 4), "body.4": (3, 4)}
    head, at = {}, 0
    for name, (outputs, inputs) in shapes.items():
        for part, shape in ((".weight", [outputs, inputs, 3, 3]), (".bias", [outputs])):
            bytes_ = 4 * (outputs * inputs * 9 if part == ".weight" else outputs)
            head[name + part] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + bytes_]}
            at += bytes_
    for name in ("body.1", "body.3"):
        head[name + ".weight"] = {"dtype": "F32", "shape": [4], "data_offsets": [at, at + 16]}
        at += 16
    text = json.dumps(head).encode()
    open(target, "wb").write(struct.pack("<Q", len(text)) + text + bytes(at))


def pattern(kind, file):
    wide, name = kind.endswith("16"), kind.removesuffix("16")
    channels = ["gray", "gray-alpha", "rgb", "rgb-alpha"].index(name) + 1
    top = 65535 if wide else 255
    samples = [(i * 7919 + i * i * 31) % (top + 1) for i in range(WIDTH * HEIGHT * channels)]
    if channels % 2 == 0:  # opaque: colours under transparency are the resampling's own business
        samples[channels - 1::channels] = [top] * (WIDTH * HEIGHT)
    with open(file, "wb") as out:
        out.write(b"P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\nENDHDR\n" % (WIDTH, HEIGHT, channels, top))
        out.write(struct.pack(f">{len(samples)}{'H' if wide else 'B'}", *samples))


def read_pnm(file):
    data = open(file, "rb").read()
    if data[:2] == b"P7":
        head, body = data.split(b"ENDHDR\n", 1)
        facts = dict(line.split()[:2] for line in head.split(b"\n")[1:] if line)
        width, height, channels, top = (int(facts[k]) for k in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"))
    else:
        kind, width, height, top = data.split(None, 4)[:4]
        body = data[len(data) - int(width) * int(height) * (3 if kind == b"P6" else 1) * (2 if int(top) > 255 else 1):]
        width, height, top, channels = int(width), int(height), int(top), 3 if kind == b"P6" else 1
    count = width * height * channels
    samples = struct.unpack(f">{count}{'H' if top > 255 else 'B'}", body[:count * (2 if top > 255 else 1)])
    return width, height, channels, top, [samples[i:i + channels] for i in range(0, count, channels)]


def enlarged(small, large, factor):
    a, b = read_pnm(small), read_pnm(large)
    if (a[0] * factor, a[1] * factor) != b[:2]:
        return f"{a[:4]} became {b[:4]}"
    for i, pixel in enumerate(b[4]):
        y, x = divmod(i, b[0])
        want = a[4][y // factor * a[0] + x // factor]
        if len(want) < 3 <= len(pixel):  # WebP has no gray ...
            want = want[:1] * 3 + want[1:]
        want = want[:len(pixel)]  # ... and no alpha where all is opaque
        if pixel != want:
            return f"pixel {x},{y} is {pixel}, not {want}"
    return None


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def raw_profiles(kind, orientation):
    """EXIF and XMP as ImageMagick writes them without eXIf: "Raw profile type ..." in hexadecimal."""
    chunks = b""
    for name, body in ((b"exif", b"Exif\0\0" + exif(orientation)),
                       (b"APP1", b"http://ns.adobe.com/xap/1.0/\0" + XMP % (orientation, WIDTH, HEIGHT))):
        digits = body.hex().encode()
        digits = digits if kind == b"zTXt" else digits.upper()
        text = b"\n%s\n%8d\n" % (name, len(body))
        text += b"".join(digits[i:i + 72] + b"\n" for i in range(0, len(digits), 72))
        chunks += chunk(kind, b"Raw profile type " + name + b"\0" + (b"\0" + zlib.compress(text) if kind == b"zTXt" else text))
    return chunks


def png(file, place):
    """PLACE: before or behind the pixels; as raw profiles, packed before or plain behind them; in both ways, of which
    the raw profiles are wrong; behind more than are looked at."""
    rows = b"".join(b"\0" + bytes((x * 20 + y * 5 + c) % 256 for x in range(WIDTH) for c in range(3)) for y in range(HEIGHT))
    beside = chunk(b"eXIf", exif(6)) + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP % (6, WIDTH, HEIGHT))
    before, behind = {"before": (beside, b""), "behind": (b"", beside), "raw-packed": (raw_profiles(b"zTXt", 6), b""),
                      "raw-plain": (b"", raw_profiles(b"tEXt", 6)),
                      "late": (8 * chunk(b"tEXt", b"Raw profile type exif\0no"), raw_profiles(b"zTXt", 6)),
                      "both": (raw_profiles(b"zTXt", 3), beside + raw_profiles(b"tEXt", 3))}[place]
    with open(file, "wb") as out:
        out.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)))
        out.write(chunk(b"iCCP", b"p\0\0" + zlib.compress(profile())))
        out.write(chunk(b"pHYs", struct.pack(">IIB", 11811, 5906, 1)))
        out.write(before)
        out.write(chunk(b"IDAT", zlib.compress(rows)))
        out.write(behind + chunk(b"IEND", b""))


LONG = "a line of a long text\n" * 3000  # 66 kB
TEXTS = [("Title", "A title"), ("Author", "J\u00f6rg"), ("Copyright", "\u00a9 2024"), ("Description", ""),
         ("Comment", "one, gr\u00fcn"), ("Comment", "two"), ("Comment", LONG), ("parameters", "steps: 20\nseed: 1"),
         ("Gr\u00f6\u00dfe", "wide"), ("Japanese", "\u5199\u771f"), ("Packed", "p" * 5000), ("Packed too", "\u20ac" * 500)]


def text_chunk(key, value):
    """In the three ways of PNG in turn: packed where the key says so, as iTXt where Latin-1 is too small."""
    name, packed = key.encode("latin-1") + b"\0", "Packed" in key
    try:
        body = value.encode("latin-1")
        return chunk(b"zTXt", name + b"\0" + zlib.compress(body)) if packed else chunk(b"tEXt", name + body)
    except UnicodeEncodeError:
        body = value.encode()
        return chunk(b"iTXt", name + bytes([packed, 0]) + b"de\0Wort\0" + (zlib.compress(body) if packed else body))


def wrong_texts():
    """What must be passed over: ours, the source's maker, keys that PNG forbids, bytes that are not what they should be."""
    return (chunk(b"tEXt", b"Software\0Another program") + chunk(b"tEXt", b"Software\0anew 0.0 old=1") + chunk(b"tEXt", b"no end") +
            chunk(b"tEXt", b"\0no key") + chunk(b"tEXt", b" blank\0x") + chunk(b"tEXt", b"two  blanks\0x") +
            chunk(b"tEXt", b"k" * 80 + b"\0x") + chunk(b"tEXt", b"") + chunk(b"zTXt", b"Cut") + chunk(b"zTXt", b"Cut\0") +
            chunk(b"zTXt", b"Damaged\0\0no zlib") + chunk(b"iTXt", b"Not UTF-8\0\0\0\0\0\xff\xfe") +
            chunk(b"iTXt", b"Cut\0") + chunk(b"iTXt", b"Cut\0\0\0de") + chunk(b"tEXt", b"Raw profile type 8bim\0no"))


def bare_png(before, behind=b""):
    rows = b"".join(b"\0" + bytes((x * 20 + y * 5 + c) % 256 for x in range(WIDTH) for c in range(3)) for y in range(HEIGHT))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)) + before +
            chunk(b"IDAT", zlib.compress(rows)) + behind + chunk(b"IEND", b""))


def texts(file, kind):
    """A PNG with TEXTS before and behind its pixels; with 10,000 texts; with ones that inflate to much more than they are."""
    if kind == "some":
        chunks = [text_chunk(*pair) for pair in TEXTS]
        data = bare_png(wrong_texts() + b"".join(chunks[:6]), b"".join(chunks[6:]) + chunk(b"tEXt", b"L\0x"))
    elif kind == "many":
        data = bare_png(b"".join(chunk(b"tEXt", b"Key %d\0value %d" % (i, i)) for i in range(10000)))
    else:
        bomb = zlib.compress(bytes([65]) * (64 << 20), 9)
        data = bare_png(b"".join(chunk(b"zTXt", b"Bomb\0\0" + bomb) for _ in range(100)) +
                        b"".join(chunk(b"tEXt", b"Long\0" + b"x" * 400000) for _ in range(9)))
    open(file, "wb").write(data)


def texts_of(data):
    """The pairs of a PNG or a JPEG, less anew's own; all of those a JPEG can have are comments."""
    found, at = [], 8
    if data[:2] == b"\xff\xd8":
        at = 2
        while data[at + 1] != 0xDA:
            length = struct.unpack(">H", data[at + 2:at + 4])[0]
            if data[at + 1] == 0xFE:
                found.append(("Comment", data[at + 4:at + 2 + length].decode()))
            at += 2 + length
    while data[:4] == b"\x89PNG" and at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        at += 12 + length
        if kind in (b"tEXt", b"iTXt", b"zTXt"):
            key, rest = body.split(b"\0", 1)
            if kind == b"iTXt":
                assert max(map(ord, rest[4:].decode())) > 255  # a tEXt were enough
            found.append((key.decode("latin-1"), rest[4:].decode() if kind == b"iTXt" else rest.decode("latin-1")))
    return found


def told(file, kind):
    """The file has the texts that it must have, and at most one line on how it was made."""
    found = texts_of(open(file, "rb").read())
    made = [pair for pair in found if pair[1].startswith("anew ")]
    found = [pair for pair in found if pair not in made]
    comments = [pair for pair in TEXTS if pair[0] == "Comment" and pair[1] != LONG]
    want = {"none": [], "some": TEXTS + [("L", "x")], "comments": comments, "latin": [("Comment", "gr\u00fcn")],
            "many": [(f"Key {i}", f"value {i}") for i in range(64)]}.get(kind, found)
    if found != want or len(made) > 1 or any("old=1" in pair[1] for pair in made):
        return f"{file}: the texts are {str(found)[:600]!r}, and {made}"
    if kind == "bounded" and sum(len(value) for _, value in found) > 1 << 20:
        return f"{file}: more than 1 MiB of texts"
    return None


def comment(source, target, *values):
    """A JPEG with comments, each a text in which \\xNN is a byte, before all else that it has."""
    data = open(source, "rb").read()
    bodies = [value.encode().decode("unicode_escape").encode("latin-1") for value in values]
    markers = b"".join(b"\xff\xfe" + struct.pack(">H", len(body) + 2) + body for body in bodies)
    open(target, "wb").write(data[:2] + markers + data[2:])


def blocks_of(data):
    """Size and metadata of a file: width, height, icc, exif, xmp, density."""
    found = {"icc": b"", "exif": b"", "xmp": b"", "density": None}
    if data[:4] == b"\x89PNG":
        at = 8
        while at < len(data):
            length, kind = struct.unpack(">I4s", data[at:at + 8])
            body = data[at + 8:at + 8 + length]
            assert zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0]
            at += 12 + length
            if kind == b"IHDR":
                found["size"] = struct.unpack(">II", body[:8])
            elif kind == b"iCCP":
                found["icc"] = zlib.decompress(body[body.index(0) + 2:])
            elif kind == b"eXIf":
                found["exif"] = body
            elif kind == b"iTXt":
                assert body.startswith(b"XML:com.adobe.xmp\0\0\0\0\0")
                found["xmp"] = body[22:]
            elif kind == b"pHYs":
                x, y, unit = struct.unpack(">IIB", body)
                found["density"] = (round(x * 0.0254), round(y * 0.0254)) if unit == 1 else None
    elif data[:2] == b"\xff\xd8":
        at = 2
        while data[at + 1] != 0xDA:
            kind, length = data[at + 1], struct.unpack(">H", data[at + 2:at + 4])[0]
            body = data[at + 4:at + 2 + length]
            at += 2 + length
            if kind == 0xE0 and body[:5] == b"JFIF\0" and body[7] == 1:
                found["density"] = struct.unpack(">HH", body[8:12])
            elif kind == 0xE1 and body[:6] == b"Exif\0\0":
                found["exif"] = body[6:]
            elif kind == 0xE1 and body[:29] == b"http://ns.adobe.com/xap/1.0/\0":
                found["xmp"] = body[29:]
            elif kind == 0xE2 and body[:12] == b"ICC_PROFILE\0":
                found["icc"] += body[14:]
            elif 0xC0 <= kind <= 0xC2:
                height, width = struct.unpack(">HH", body[1:5])
                found["size"] = (width, height)
    else:
        assert data[:4] == b"RIFF" and data[8:12] == b"WEBP" and struct.unpack("<I", data[4:8])[0] + 8 == len(data)
        at = 12
        while at < len(data):
            kind, length = struct.unpack("<4sI", data[at:at + 8])
            body = data[at + 8:at + 8 + length]
            at += 8 + length + length % 2
            name = {b"ICCP": "icc", b"EXIF": "exif", b"XMP ": "xmp"}.get(kind)
            if name:
                found[name] = body
            elif kind == b"VP8X":
                found["size"] = (1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little"))
    return found


def check(file, what):
    found = blocks_of(open(file, "rb").read())
    width, height = HEIGHT * 4, WIDTH * 4  # turned, and enlarged
    want = {"icc": profile(), "exif": exif(1), "xmp": XMP % (1, width, height), "density": (150, 300),
            "size": (width, height)}
    if what == "stripped":
        want.update(exif=b"", xmp=b"", density=None)
    if file.endswith("webp") or what.endswith("webp"):  # which has no place for it
        want["density"] = None
    # How the result was made stands in XMP where the format has no words of its own (formats.sh looks at it).
    found["xmp"] = re.sub(rb'<rdf:Description rdf:about="" xmlns:anew=[^>]*/>', b"", found["xmp"])
    if found["xmp"].endswith(b"<rdf:RDF></rdf:RDF></x:xmpmeta>") or b"-rdf-syntax-ns#\"></rdf:RDF>" in found["xmp"]:
        found["xmp"] = b""
    for name, value in want.items():
        if found.get(name) != value:
            return f"{file}: {name} is {found.get(name)!r}, not {value!r}"
    return None


def png_of(file, kind, orientation):
    """A PNG of a kind as `pattern` knows them, with a profile, and turned by EXIF."""
    wide, name = kind.endswith("16"), kind.removesuffix("16")
    colour = {"gray": 0, "gray-alpha": 4, "rgb": 2, "rgb-alpha": 6}[name]
    channels = {0: 1, 4: 2, 2: 3, 6: 4}[colour]
    top = 65535 if wide else 255
    samples = [(i * 7919 + i * i * 31) % (top + 1) for i in range(WIDTH * HEIGHT * channels)]
    if channels % 2 == 0:
        samples[channels - 1::channels] = [top] * (WIDTH * HEIGHT)
    row = WIDTH * channels
    rows = b"".join(b"\0" + struct.pack(f">{row}{'H' if wide else 'B'}", *samples[y * row:y * row + row])
                    for y in range(HEIGHT))
    with open(file, "wb") as out:
        out.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16 if wide else 8, colour, 0, 0, 0)))
        if colour in (2, 6):
            out.write(chunk(b"iCCP", b"p\0\0" + zlib.compress(profile())))
        out.write(chunk(b"eXIf", exif(int(orientation))))
        out.write(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP % (int(orientation), WIDTH, HEIGHT)))
        out.write(chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def unfiltered(data):
    """Rows of a PNG without interlacing: width, height, bytes a pixel, all bytes."""
    width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
    step = {0: 1, 4: 2, 2: 3, 6: 4}[colour] * depth // 8
    packed, at = b"", 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        packed += data[at + 8:at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    raw, rows, before = zlib.decompress(packed), [], bytes(width * step)
    for y in range(height):
        kind, row = raw[y * (width * step + 1)], bytearray(raw[y * (width * step + 1) + 1:(y + 1) * (width * step + 1)])
        for x in range(width * step):
            a, b, c = row[x - step] if x >= step else 0, before[x], before[x - step] if x >= step else 0
            nearest = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            row[x] = (row[x] + (0, a, b, (a + b) // 2, nearest)[kind]) & 255
        rows.append(bytes(row))
        before = rows[-1]
    return width, height, step, rows


def turned(source, result, orientation):
    """The result is the source as seen, bit for bit, and says so; everything else beside it is as it was."""
    a, b, o = open(source, "rb").read(), open(result, "rb").read(), int(orientation)
    width, height, step, stored = unfiltered(a)
    seen = unfiltered(b)
    pixels = [[row[x * step:x * step + step] for x in range(width)] for row in stored]
    if o >= 5:
        pixels = [list(column) for column in zip(*pixels)]
    if o in (2, 3, 6, 7):
        pixels = [row[::-1] for row in pixels]
    if o in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if seen[:3] != (len(pixels[0]), len(pixels), step) or [b"".join(row) for row in pixels] != seen[3]:
        return f"{source}, orientation {o}: other pixels in {result}"
    was, now = blocks_of(a), blocks_of(b)
    want = dict(was, exif=exif(1), xmp=XMP % (1, len(pixels[0]), len(pixels)), size=(len(pixels[0]), len(pixels)))
    for name, value in want.items():
        if now.get(name) != value:
            return f"{source}, orientation {o}: {name} is {now.get(name)!r}, not {value!r}"
    return None


if __name__ == "__main__":
    problem = {"identity": identity, "identity_x1": identity_x1, "png_of": png_of, "turned": turned, "texts": texts, "told": told, "comment": comment,
               "pattern": pattern, "png": png, "check": check,
               "enlarged": lambda a, b, factor: enlarged(a, b, int(factor))}[sys.argv[1]](*sys.argv[2:])
    if problem:
        sys.exit(problem)
