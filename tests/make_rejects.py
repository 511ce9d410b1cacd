#!/usr/bin/env python3
"""Makes tests/data/reject/: one small model file for each rule of weights/FORMAT.md, "Readers must
reject", and valid.anew, which breaks none. An implementation of the format of its own, so that the
reader is not only tested against our writer.

    python3 tests/make_rejects.py tests/data/reject
"""
import pathlib
import struct
import sys


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def pad(data):
    return data + b"\0" * (-len(data) % 64)


def name(text):
    raw = text if isinstance(text, bytes) else text.encode()
    return bytes([len(raw)]) + raw


def header_text(key, value):
    return b"\1" + name(key) + struct.pack("<H", len(value)) + value.encode()


def integer(key, value):
    return b"\2" + name(key) + struct.pack("<q", value)


def real(key, value):
    return b"\3" + name(key) + struct.pack("<d", value)


FIELDS = [header_text("architecture", "srvgg"), header_text("name", "tiny"), integer("num_feat", 2)]
TENSORS = [("body.0.weight", 0, (2, 3), struct.pack("<6f", 1, 2, 3, 4, 5, 6)),
           ("body.0.bias", 1, (2,), struct.pack("<2e", 0.5, -0.5))]


def build(fields=FIELDS, tensors=TENSORS, *, magic=b"\x89ANEW\r\n\x1a", version=1, flags=0, reserved=b"\0" * 20,
          file_bytes=None, field_count=None, tensor_count=None, directory_checksum=None, header_checksum=None,
          directory_bytes=None, layout=b"", rank=None, shift=0, wrong_size=0, wrong_checksum=0, padding=b"\0",
          directory_tail=b"", tail=b""):
    def directory(start):
        out, at, data = b"".join(fields), start, b""
        for number, (key, dtype, dims, values) in enumerate(tensors):
            data = data + values
            out += name(key) + bytes([dtype]) + name(layout) + bytes([len(dims) if rank is None else rank])
            out += b"".join(struct.pack("<Q", dim) for dim in dims)
            out += struct.pack("<QQI", at + shift * number, len(values) + wrong_size, crc32c(values) ^ wrong_checksum)
            at += len(values) + (-len(values) % 64)
            data += padding * (-len(data) % 64)
        return pad(out + directory_tail), data

    size = len(directory(0)[0])
    entries, data = directory(64 + size)
    total = 64 + len(entries) + len(data) + len(tail)
    head = magic + struct.pack(
        "<IIQIIII", version, flags, total if file_bytes is None else file_bytes,
        len(entries) if directory_bytes is None else directory_bytes,
        len(fields) if field_count is None else field_count,
        len(tensors) if tensor_count is None else tensor_count,
        crc32c(entries) if directory_checksum is None else directory_checksum) + reserved
    head += struct.pack("<I", crc32c(head) if header_checksum is None else header_checksum)
    return head + entries + data + tail


def one(dims, dtype=0, count=6):
    return [("w", dtype, dims, b"\0" * (4 * count))]


CASES = {
    "R01-magic": build(magic=b"\x89ANEX\r\n\x1a"),
    "R01-text-mode": build().replace(b"\r\n", b"\n", 1),
    "R02-header-cut": build()[:40],
    "R03-header-checksum": build(header_checksum=1),
    "R04-version": build(version=2),
    "R05-flags": build(flags=1),
    "R05-reserved": build(reserved=b"\0" * 19 + b"\1"),
    "R06-file-size-short": build(file_bytes=100),
    "R06-file-size-long": build(file_bytes=1 << 60),
    "R06-data-cut": build()[:-64],
    "R07-directory-beyond-file": build(directory_bytes=0xFFFFFFC0),
    "R07-directory-not-64": build(directory_bytes=65),
    "R08-directory-checksum": build(directory_checksum=0),
    "R09-no-tensors": build(tensors=[], tensor_count=0),
    "R09-too-many-tensors": build(tensor_count=0xFFFFFFFF),
    "R09-too-many-fields": build(field_count=257),
    "R10-more-fields-than-there-are": build(field_count=40),
    "R10-more-tensors-than-there-are": build(tensor_count=9),
    "R11-unknown-field-kind": build(fields=FIELDS + [b"\x09" + name("x") + b"\0" * 8]),
    "R12-empty-name": build(fields=FIELDS + [integer("", 1)]),
    "R12-name-too-long": build(fields=FIELDS + [integer("x" * 201, 1)]),
    "R12-name-with-control": build(fields=FIELDS + [integer(b"a\nb", 1)]),
    "R12-name-not-ascii": build(fields=FIELDS + [integer(b"caf\xe9", 1)]),
    "R13-unknown-header-text": build(fields=FIELDS + [header_text("colour", "red")]),
    "R13-no-architecture": build(fields=FIELDS[1:]),
    "R14-duplicate-field": build(fields=FIELDS + [integer("num_feat", 3)]),
    "R15-text-with-control": build(fields=FIELDS + [header_text("source", "a\x1b[2J")]),
    "R16-real-nan": build(fields=FIELDS + [real("slope", float("nan"))]),
    "R16-real-infinite": build(fields=FIELDS + [real("slope", float("inf"))]),
    "R17-unknown-dtype": build(tensors=one((2, 3), dtype=9)),
    "R18-unknown-layout": build(layout=b"winograd_avx2"),
    "R19-rank-too-high": build(tensors=one((1, 1, 1, 1, 1, 1, 6))),
    "R19-rank-beyond-record": build(rank=200),
    "R20-dimension-zero": build(tensors=one((0, 3), count=0)),
    "R20-product-overflow": build(tensors=one((1 << 33, 1 << 33))),
    "R20-dimension-huge": build(tensors=one((1 << 63, 2))),
    "R21-size-not-from-shape": build(wrong_size=4),
    "R22-tensors-overlap": build(shift=-64),
    "R22-gap-between-tensors": build(shift=64),
    "R22-misaligned": build(shift=4),
    "R23-tensor-checksum": build(wrong_checksum=1),
    "R24-padding-not-zero": build(padding=b"\1"),
    "R25-bytes-after-directory": build(directory_tail=b"\1"),
    "R25-empty-64-after-directory": build(directory_tail=b"\0" * 128),
    "R26-bytes-after-data": build(tail=b"\0" * 64),
    "R27-duplicate-tensor": build(tensors=[TENSORS[0], TENSORS[0]]),
    "R28-empty-file": b"",
}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for case, data in CASES.items():
        (folder / f"{case}.anew").write_bytes(data)
    (folder.parent / "valid.anew").write_bytes(build())
    print(len(CASES), "files, largest", max(map(len, CASES.values())), "bytes")


if __name__ == "__main__":
    main()
