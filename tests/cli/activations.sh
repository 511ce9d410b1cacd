#!/bin/sh
# explain --dump-activations: a sheet for each value of the graph; the picture and the result on them have the right
# values; refusals, and failures midway, which leave nothing; no more than 64 channels.
#
# Seen to fail by: folders that a failure leaves, with their files or without; a dump before the explanation; 72
# channels on a sheet; a range over all channels.
. tests/cli/common.inc
cp tests/data/small.ppm "$scratch"
cd "$scratch" || exit 1
expect 0 "$convert" -q "$data/goldens/srvgg_tiny_x1/weights.pth" -o x1.anew
expect 0 "$anew" explain x1.anew small.ppm --dump-activations sheets
grep -q '(srvgg) on 20x16 pixels' out || complain "no explanation beside the sheets: $(cat out)"
[ "$(grep -vc '^#' sheets/index.txt)" = "$(find sheets -name '0*' | wc -l)" ] || complain "not a line for each sheet"
grep -q "^0001-body.0.*	conv	" sheets/index.txt || complain "no first layer: $(cat sheets/index.txt)"
expect 0 "$anew" --exact -m x1.anew small.ppm -o result.ppm
python3 - small.ppm result.ppm <<'EOF' || complain "the sheets are wrong"
import struct, sys, zlib

def pnm(path):
    data = open(path, "rb").read().split(b"\n", 3)
    width, height = map(int, data[1].split())
    return width, height, data[3]

def png(path):
    data, at, packed = open(path, "rb").read(), 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR":
            width, height = struct.unpack(">II", data[at + 8:at + 16])
        packed += data[at + 8:at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    raw, above, out = zlib.decompress(packed), bytes(width), b""
    for y in range(height):
        kind, row = raw[y * (width + 1)], bytearray(raw[y * (width + 1) + 1:(y + 1) * (width + 1)])
        for x in range(width):
            a, b, c = row[x - 1] if x else 0, above[x], above[x - 1] if x else 0
            near = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            row[x] = (row[x] + (0, a, b, (a + b) // 2, near)[kind]) % 256
        above, out = bytes(row), out + bytes(row)
    return width, height, out

lines = [line.split("\t") for line in open("sheets/index.txt") if line[0] != "#"]
for line, picture in (lines[0], sys.argv[1]), (lines[-1], sys.argv[2]):
    width, height, colours = pnm(picture)
    path = "sheets/" + line[0]
    sheet_width, sheet_height, gray = png(path) if path.endswith("png") else pnm(path)
    assert (sheet_width, sheet_height) == (3 * width + 2, height), (path, sheet_width, sheet_height)
    low, high = float(line[5]), float(line[6])
    for y in range(height):
        for x in range(width):
            for c in range(3):
                value = low + gray[y * sheet_width + c * (width + 1) + x] / 255 * (high - low)
                value = min(max(value, 0), 1) * 255
                wanted = colours[3 * (y * width + x) + c]
                assert abs(value - wanted) <= 0.51 + 0.51 * (high - low), (path, x, y, c, value, wanted)
EOF
refuse 1 'new folder' "$anew" explain x1.anew small.ppm --dump-activations sheets
refuse 1 'new folder' "$anew" explain x1.anew small.ppm --dump-activations no/sheets
refuse 1 'smallest that would do' "$anew" explain x1.anew small.ppm --memory 1K --dump-activations more
refuse 1 'nothing.ppm' "$anew" explain x1.anew nothing.ppm --dump-activations more
refuse 2 'needs a model and a picture' "$anew" explain x1.anew --dump-activations more
absent more

# A picture beyond the bounds: its middle, and every so many pixels of the result.
python3 -c 'import sys; sys.stdout.buffer.write(b"P5\n300 140\n255\n" + bytes(i * 7 % 251 for i in range(300 * 140)))' >wide.pgm
expect 0 "$convert" -q "$data/goldens/srvgg_tiny_x4/weights.pth" -o x4.anew
expect 0 "$anew" explain x4.anew wide.pgm --dump-activations wide
grep -q '^0001-body.0.*x128x128	[0-9]*	1	' wide/index.txt || complain "not the middle of the picture: $(cat wide/index.txt)"
tail -n 1 wide/index.txt | grep -q '	3x512x512	3	4	' || complain "the result is shown whole: $(cat wide/index.txt)"

# A sheet in the middle cannot be written: what was written before it goes, too.
largest=0
for sheet in wide/0*; do
    bytes=$(wc -c <"$sheet")
    [ "$bytes" -le "$largest" ] || largest=$bytes
done
first=$(cat wide/0000* | wc -c)
[ $((2 * first)) -lt "$largest" ] || complain "the first sheet has $first bytes, the largest $largest: no way to fail between"
refuse 1 'File too large' sh -c "ulimit -f $((largest / 1024 - 1)); '$anew' explain x4.anew wide.pgm --dump-activations half"
absent half

# 70 channels of which the number c has the value c everywhere: 64 of them are shown, and they make the range.
python3 - <<'EOF'
import json, struct
shapes = {"body.0.weight": [70, 3, 3, 3], "body.0.bias": [70], "body.1.weight": [70], "body.2.weight": [3, 70, 3, 3], "body.2.bias": [3]}
head, data = {}, b""
for name, shape in shapes.items():
    count = 1
    for side in shape:
        count *= side
    values = range(70) if name == "body.0.bias" else [0] * count
    head[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + 4 * count]}
    data += struct.pack(f"<{count}f", *values)
text = json.dumps(head).encode()
open("many.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + data)
EOF
expect 0 "$convert" -q many.safetensors -o many.anew
expect 0 "$anew" explain many.anew small.ppm --dump-activations many
grep -q '^0001-body.0.*	conv	70x16x20	64	1	0	63	0$' many/index.txt || complain "not 64 of 70 channels: $(cat many/index.txt)"
expect 0 "$anew" info many/0001*
grep -q '167x135' out || complain "not 8 rows of 8 channels of 20x16 pixels: $(cat out)"
finish
