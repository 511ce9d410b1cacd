"""targets.py density FILE DPI: whether a picture says so many dots an inch wherever it says any, and somewhere;
exif FROM.jpg TO.jpg: puts EXIF and XMP of 72 dots an inch into a JPEG."""
import struct
import sys

from metadata import blocks_of  # of the same folder

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:XResolution="72/1" tiff:YResolution="72/1"/></x:xmpmeta>'


def exif(dpi):
    body = struct.pack(">HHIIHHIIHHIHH", 0x11A, 5, 1, 50, 0x11B, 5, 1, 58, 0x128, 3, 1, 2, 0)
    return b"MM\0*\0\0\0\x08" + struct.pack(">H", 3) + body + bytes(4) + struct.pack(">IIII", dpi, 1, dpi, 1)


def tags(block):
    order = ">" if block[:2] == b"MM" else "<"
    at, = struct.unpack_from(order + "I", block, 4)
    count, = struct.unpack_from(order + "H", block, at)
    for i in range(count):
        tag, kind, _, value = struct.unpack_from(order + "HHII", block, at + 2 + 12 * i)
        if kind == 5:
            above, below = struct.unpack_from(order + "II", block, value)
            yield tag, above / below
        elif kind == 3:
            yield tag, struct.unpack_from(order + "H", block, at + 10 + 12 * i)[0]


def density(file, dpi):
    found = blocks_of(open(file, "rb").read())
    said = list(found["density"] or [])
    if found["exif"]:
        facts = dict(tags(found["exif"]))
        if facts.get(0x128) != 2:
            return f"{file}: the unit is {facts.get(0x128)}"
        said += [facts[0x11A], facts[0x11B]]
    for part in found["xmp"].split(b'Resolution="')[1:]:
        above, _, below = part.split(b'"')[0].partition(b"/")
        if below:
            said.append(int(above) / int(below))
    if not said or any(abs(value - dpi) > 0.01 for value in said):
        return f"{file}: says {said}"
    return None


def put_exif(source, target):
    data = open(source, "rb").read()
    segments = b""
    for body in (b"Exif\0\0" + exif(72), b"http://ns.adobe.com/xap/1.0/\0" + XMP):
        segments += b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    end = 2
    while data[end + 1] == 0xE0:  # JFIF would say something of its own
        end += 2 + struct.unpack(">H", data[end + 2:end + 4])[0]
    open(target, "wb").write(data[:2] + segments + data[end:])


problem = density(sys.argv[2], float(sys.argv[3])) if sys.argv[1] == "density" else put_exif(*sys.argv[2:])
if problem:
    sys.exit(problem)
