#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets: OUT/TARGET/*, small files that the parsers accept, and some that they refuse.

    python3 tests/fuzz/make_seeds.py ANEW_CONVERT OUT
"""
import io
import json
import pathlib
import pickle
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent / "cli"))
import animation  # noqa: E402
import make_graph  # noqa: E402
import make_onnx  # noqa: E402

TESTS = HERE.parent


# ---- networks -----------------------------------------------------------------------------------------------
def convolution(name, inputs, outputs, kernel=3, bias=True):
    tensors = {f"{name}.weight": (outputs, inputs, kernel, kernel)}
    if bias:
        tensors[f"{name}.bias"] = (outputs,)
    return tensors


def compact(colours, features, convolutions, scale, prelu):
    tensors = {}
    for i in range(convolutions + 1):
        tensors |= convolution(f"body.{2 * i}", features if i else colours, features)
        if prelu:
            tensors[f"body.{2 * i + 1}.weight"] = (features,)
    return tensors | convolution(f"body.{2 * convolutions + 2}", features, colours * scale * scale)


def rrdb(features, grow, plus):
    tensors = convolution("conv_first", 3, features)
    for block in range(1, 4):
        name = f"body.0.rdb{block}"
        for k in range(1, 6):
            tensors |= convolution(f"{name}.conv{k}", features + (k - 1) * grow, features if k == 5 else grow)
        if plus:
            tensors |= convolution(f"{name}.conv1x1", features, grow, 1, False)
    for name in ("conv_body", "conv_up1", "conv_hr"):
        tensors |= convolution(name, features, features)
    return tensors | convolution("conv_last", features, 3)


def normed(name, inputs, outputs):
    tensors = convolution(f"{name}.conv2d", inputs, outputs, bias=False)
    for part in ("weight", "bias", "running_mean", "running_var"):
        tensors[f"{name}.norm.norm.{part}"] = (outputs,)
    return tensors


def parsenet():
    tensors = convolution("encoder.0.conv2d", 3, 1) | convolution("out_mask_conv.conv2d", 1, 2)
    for name, inputs, outputs in (("encoder.1", 1, 2), ("body.0", 2, 2), ("decoder.0", 2, 1)):
        tensors |= normed(f"{name}.conv1", inputs, outputs) | normed(f"{name}.conv2", outputs, outputs)
        if inputs != outputs:
            tensors |= convolution(f"{name}.shortcut_func.conv2d", inputs, outputs)
    return tensors


def gfpgan():
    """Sizes 4x4 and 8x8, one channel in the U-Net, two in the generator, latent vectors of one number."""
    tensors = convolution("conv_body_first", 3, 1, 1) | convolution("final_conv", 1, 1)
    tensors |= {"final_linear.weight": (4, 16), "final_linear.bias": (4,)}
    for name in ("conv_body_down.0", "conv_body_up.0"):
        tensors |= convolution(f"{name}.conv1", 1, 1) | convolution(f"{name}.conv2", 1, 1)
        tensors |= convolution(f"{name}.skip", 1, 1, 1, False)
    for name in ("condition_scale.0", "condition_shift.0"):
        tensors |= convolution(f"{name}.0", 1, 1) | convolution(f"{name}.2", 1, 1)
    decoder = "stylegan_decoder"
    tensors |= {f"{decoder}.constant_input.weight": (1, 2, 4, 4), f"{decoder}.style_mlp.1.weight": (1, 1)}
    for i, (name, outputs, kernel) in enumerate((("style_conv1", 2, 3), ("style_convs.0", 2, 3), ("style_convs.1", 2, 3),
                                                 ("to_rgb1", 3, 1), ("to_rgbs.0", 3, 1))):
        layer = f"{decoder}.{name}"
        tensors |= {f"{layer}.modulated_conv.weight": (1, outputs, 2, kernel, kernel),
                    f"{layer}.modulated_conv.modulation.weight": (2, 1),
                    f"{layer}.modulated_conv.modulation.bias": (2,), f"{layer}.bias": (1, outputs, 1, 1)}
        if i < 3:
            side = 8 if i else 4
            tensors |= {f"{layer}.weight": (1,), f"{decoder}.noises.noise{i}": (1, 1, side, side)}
    return tensors


def codeformer_part():
    """What it is told by, and no layers: refused when the graph is built. A whole one has 32 channels at least."""
    tensors = {"position_emb": (4, 2), "quantize.embedding.weight": (3, 2), "feat_emb.weight": (2, 2),
               "ft_layers.0.self_attn.in_proj_weight": (6, 2), "ft_layers.0.self_attn.in_proj_bias": (6,),
               "ft_layers.0.linear1.weight": (4, 2)}
    tensors |= convolution("encoder.blocks.1.conv2", 1, 1) | convolution("encoder.blocks.2.conv", 1, 1)
    return tensors | convolution("encoder.blocks.3.conv2", 1, 1) | convolution("fuse_convs_dict.8.scale.0", 1, 1)


def span_branches():
    """One box, one feature, every convolution as the branches of a training."""
    tensors = convolution("conv_cat", 4, 1, 1) | convolution("upsampler.0", 1, 3)
    for name in ("conv_1", "block_1.c1_r", "block_1.c2_r", "block_1.c3_r", "conv_2"):
        inputs = 3 if name == "conv_1" else 1
        tensors |= convolution(f"{name}.sk", inputs, 1, 1) | convolution(f"{name}.conv.0", inputs, inputs, 1)
        tensors |= convolution(f"{name}.conv.1", inputs, 1) | convolution(f"{name}.conv.2", 1, 1, 1)
    return tensors | convolution("conv_2.eval_conv", 1, 1)


def values_of(shapes):
    out, state = {}, 1
    for name, shape in shapes.items():
        count = 1
        for dim in shape:
            count *= dim
        values = []
        for _ in range(count):
            state = (state * 1103515245 + 12345) % 2**31
            values.append(state / 2**31 - (0.0 if name.endswith("running_var") else 0.5))
        out[name] = struct.pack(f"<{count}f", *values)
    return out


def safetensors(shapes, metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, raw in values_of(shapes).items():
        header[name] = {"dtype": "F32", "shape": list(shapes[name]), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


NETWORKS = {"compact": compact(3, 2, 1, 2, True), "compact_gray": compact(1, 1, 0, 1, False), "rrdb": rrdb(2, 1, False),
            "rrdb_plus": rrdb(1, 1, True), "parsenet": parsenet(), "gfpgan": gfpgan(),
            "codeformer_part": codeformer_part(), "span_branches": span_branches()}


def networks(convert, out):
    for name, shapes in NETWORKS.items():
        file = out / "safetensors" / f"{name}.safetensors"
        file.write_bytes(safetensors(shapes, {"name": "a", "licence": "b"} if name == "compact" else None))
        kinds = ("f32", "f16", "bf16") if name.startswith(("compact", "rrdb")) else ("f32",)
        for dtype in () if name.endswith("_part") else kinds:
            subprocess.run([convert, "-q", "--force", "--dtype", dtype, file, "-o", out / "model" / f"{name}.{dtype}.anew"],
                           check=True)
    for file in (TESTS / "data" / "reject").glob("*.anew"):
        if file.stat().st_size > 0:
            shutil.copy(file, out / "model")
    shutil.copy(TESTS / "data" / "valid.anew", out / "model")
    shutil.copy(TESTS / "data" / "formats" / "odd.safetensors", out / "safetensors")
    (out / "safetensors" / "escapes.safetensors").write_bytes(
        b"\x6e\0\0\0\0\0\0\0" + rb'{ "\u00e9\"\\\/\b\n\u20ac" : {"shape": [ 1 , 2], "dtype":"I16", "data_offsets":[0,4]}}'.ljust(0x6e) + b"\1\2\3\4")
    ncnn(convert, out)
    onnx(out)
    graphs(convert, out)


# Written as PyTorch does: storages by persistent ids, tensors by _rebuild_tensor_v2.
class Storage:
    def __init__(self, key, count):
        self.id = ("storage", FloatStorage, key, "cpu", count)


class FloatStorage:
    pass


class Tensor:
    def __init__(self, storage, shape):
        strides, step = [], 1
        for dim in reversed(shape):
            strides.insert(0, step)
            step *= dim
        self.arguments = (storage, 0, tuple(shape), tuple(strides), False, None)

    def __reduce__(self):
        return rebuild, self.arguments


def rebuild(*arguments):
    return arguments


FloatStorage.__module__, FloatStorage.__qualname__, FloatStorage.__name__ = "torch", "FloatStorage", "FloatStorage"
rebuild.__module__, rebuild.__qualname__, rebuild.__name__ = "torch._utils", "_rebuild_tensor_v2", "_rebuild_tensor_v2"


class Fake:
    """Modules that pickle looks names up in."""

    def __init__(self, **names):
        self.__dict__.update(names)


sys.modules["torch"] = Fake(FloatStorage=FloatStorage)
sys.modules["torch._utils"] = Fake(_rebuild_tensor_v2=rebuild)


class Pickler(pickle._Pickler):
    def persistent_id(self, what):
        return what.id if isinstance(what, Storage) else None


def pickled(what, protocol=2):
    buffer = io.BytesIO()
    Pickler(buffer, protocol).dump(what)
    return buffer.getvalue()


def state_dict(shapes):
    raw = values_of(shapes)
    return {name: Tensor(Storage(str(i), len(raw[name]) // 4), shape) for i, (name, shape) in enumerate(shapes.items())}


def zipped(path, shapes, method):
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("archive/data.pkl", pickled({"params": state_dict(shapes)}))
        for i, raw in enumerate(values_of(shapes).values()):
            archive.writestr(f"archive/data/{i}", raw)


def legacy(path, shapes):
    raw = list(values_of(shapes).values())
    parts = [pickled(what) for what in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, state_dict(shapes),
                                        [str(i) for i in range(len(raw))])]
    path.write_bytes(b"".join(parts) + b"".join(struct.pack("<Q", len(r) // 4) + r for r in raw))


def pytorch(out):
    for name in ("compact", "compact_gray", "rrdb_plus"):
        zipped(out / "pytorch" / f"{name}.pth", NETWORKS[name], zipfile.ZIP_STORED)
        legacy(out / "pytorch" / f"{name}_legacy.pth", NETWORKS[name])
        for protocol in (0, 2, 4):
            (out / "pickle" / f"{name}.{protocol}.pkl").write_bytes(pickled(state_dict(NETWORKS[name]), protocol))
    zipped(out / "pytorch" / "deflated.pth", NETWORKS["compact_gray"], zipfile.ZIP_DEFLATED)
    for file in (TESTS / "data" / "formats").glob("*.pth"):
        if file.stem == "module_doubling":
            continue  # takes milliseconds a run; check_convert.c has it
        shutil.copy(file, out / "pytorch")
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                name = next(n for n in archive.namelist() if n.endswith("data.pkl"))
                (out / "pickle" / f"{file.stem}.pkl").write_bytes(archive.read(name))


def spans(convert, out):
    """SPAN, as small as the tests have it."""
    weights = TESTS / "data" / "goldens" / "span_tiny_x2" / "weights.pth"
    shutil.copy(weights, out / "pytorch" / "span.pth")
    subprocess.run([convert, "-q", "--force", weights, "-o", out / "model" / "span.anew"], check=True)


def onnx(out):
    for network, styles in (("yunet", "raw floats unpacked half sizes extra external"), ("scrfd", "raw doubles norm listed upsample")):
        for style in styles.split():
            (out / "onnx" / f"{network}_{style}").write_bytes(make_onnx.make(network, [style], 1))
    for what in ("plain", "shuffle", "gray", "foo", "late", "twice", "missing", "wide", "views", "norms", "sides"):
        (out / "onnx" / f"graph_{what}").write_bytes(make_graph.onnx(what))


def graphs(convert, out):
    """A graph of ncnn, and the model that it becomes."""
    for kind in ("f32", "f16", "int8"):
        base = out / f"graph_{kind}"
        make_graph.ncnn(str(base), kind)
        param, weights = base.with_suffix(".param"), base.with_suffix(".bin")
        (out / "ncnn" / base.name).write_bytes(param.read_bytes() + b"\0" + weights.read_bytes())
        if kind != "int8":
            subprocess.run([convert, "-q", "--force", param, "-o", out / "model" / f"{base.name}.anew"], check=True)
        param.unlink()
        weights.unlink()


def ncnn(convert, out):
    for name, kind, style in (("compact", "f32", []), ("compact", "f16", []), ("rrdb", "f32", []),
                              ("rrdb", "f16", ["fused"])):
        base = out / f"{name}_{kind}"
        subprocess.run([sys.executable, TESTS / "make_containers.py", "ncnn", out / "safetensors" / f"{name}.safetensors",
                        base, kind, *style], check=True)
        param, weights = base.with_suffix(".param"), base.with_suffix(".bin")
        (out / "ncnn" / base.name).write_bytes(param.read_bytes() + b"\0" + weights.read_bytes())
        param.unlink()
        weights.unlink()


# ---- pictures -----------------------------------------------------------------------------------------------
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def png(width, height, depth, colour, interlaced=False, extra=b""):
    def rows(w, h):
        bytes_a_row = (w * CHANNELS[colour] * depth + 7) // 8
        return b"".join(bytes([y % 5]) + bytes((x * 7 + y * 3) % 4 if colour == 3 else (x * 31 + y * 17) % 256
                                               for x in range(bytes_a_row)) for y in range(h)) if w and h else b""

    if interlaced:
        data = b"".join(rows((width - x + dx - 1) // dx, (height - y + dy - 1) // dy) for x, y, dx, dy in PASSES)
    else:
        data = rows(width, height)
    palette = chunk(b"PLTE", bytes(range(0, 3 * 2 ** min(depth, 8)) if depth < 8 else bytes(i % 256 for i in range(768)))) \
        if colour == 3 else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)) \
        + (palette + extra if colour == 3 else extra) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def pngs(out):
    for colour, depths in ((0, (1, 2, 4, 8, 16)), (2, (8, 16)), (3, (1, 2, 4, 8)), (4, (8, 16)), (6, (8, 16))):
        for depth in depths:
            for interlaced in (False, True):
                name = f"{colour}_{depth}{'_interlaced' if interlaced else ''}.png"
                (out / "png" / name).write_bytes(png(5, 6, depth, colour, interlaced))
    transparent = {0: b"\0\1", 2: b"\0\1\0\2\0\3", 3: b"\0\x80"}
    for colour, value in transparent.items():
        (out / "png" / f"{colour}_trns.png").write_bytes(png(5, 6, 8, colour, extra=chunk(b"tRNS", value)))
    (out / "png" / "chunks.png").write_bytes(png(3, 3, 8, 2, extra=b"".join((
        chunk(b"gAMA", struct.pack(">I", 45455)), chunk(b"sRGB", b"\0"), chunk(b"pHYs", struct.pack(">IIB", 2835, 2835, 1)),
        chunk(b"tEXt", b"Comment\0text"), chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"text" * 9)),
        chunk(b"iTXt", b"Comment\0\1\0en\0C\0" + zlib.compress(b"text" * 9)), chunk(b"tIME", b"\x07\xea\1\1\0\0\0"),
        chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(132))), chunk(b"eXIf", b"II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"),
        chunk(b"bKGD", bytes(6)), chunk(b"prVt", b"private")))))
    for name, kind, body in (("exif", b"exif", b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"),
                             ("xmp", b"APP1", b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>")):
        text = b"\n%s\n%8d\n%s\n" % (kind, len(body), body.hex().encode())
        for packed, data in ((b"tEXt", text), (b"zTXt", b"\0" + zlib.compress(text))):
            (out / "png" / f"raw_{name}_{packed.decode()}.png").write_bytes(
                png(3, 3, 8, 2, extra=chunk(packed, b"Raw profile type " + kind + b"\0" + data)))
    (out / "png" / "large.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 65535, 65535, 16, 6, 0, 0, 0))
                                            + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))


PNM = {"P2.pgm": b"P2 # gray\n3 2\n15\n0 1 2\n13 14 15\n", "P3.ppm": b"P3\n2 1\n65535\n0 1 65535 99999 7 8\n",
       "P5.pgm": b"P5 3 2 255\n\0\1\2\xfd\xfe\xff", "P5_16.pgm": b"P5 1 2 1023\n\0\1\3\xff", "P6.ppm": b"P6\n#a\n#b\n2 1\n#c\n255\nabcdef",
       "P6_16.ppm": b"P6 1 1 65535\nabcdef",
       "P7.pam": b"P7\nWIDTH 2\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nabcdefgh",
       "P7_2.pam": b"P7\nDEPTH 2\n# x\nWIDTH 1\nMAXVAL 65535\nHEIGHT 1\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\nabcd",
       "large.pgm": b"P5 65535 65535 65535\n", "huge.pgm": b"P5 999999999 999999999 255\n"}

def moving(out):
    """The first frames of what tests/cli/animation.sh looks at."""
    for kind in ("png", "png16", "hidden", "gif"):
        frames, top = animation.drawing(kind)
        frames = frames[1:5] if kind == "gif" else [frames[0], *frames[3:6]]
        data = animation.gif(frames, 2) if kind == "gif" else animation.apng(frames, top, 0, kind == "hidden")
        (out / f"{kind}.{'gif' if kind == 'gif' else 'png'}").write_bytes(data)


OPTIONS = ["photo.jpg\n-o\nout.png\n-s\n2", "--scale=0.5\n--width\n100\n--height=7\na", "-m\na.anew:0.7,b.anew:0.3\n--denoise=0.5\nx.png",
           "info\nx.anew", "models\n--json", "explain\nphoto-x4\n--size\n640x480\n--memory\n256M", "compare\na.png\nb.png",
           "--memory=1.5g\n--threads=3\n--band=7\n--strip-width=99\n--strip\n--exact\n--plan=ref\n-v\nx", "--profile=json\n--quiet\n--force\nx",
           "--max-pixels\n1e6\n-q\n90\n--chroma=420\n--format=jpeg\n--\n-odd-name", "completion\nbash", "manual", "-h", "--version",
           "--list\n-\n-r\n-n\n--skip-existing", "upscale=2", "act_type=relu", "value_range=255", "denoise_partner=other",
           "--denoise=nan", "--width=0x10", "--size=1x", "--scale=1e400", "\n\n", "-", "--", "--=", "-s", "--wid\x1b[31mth=5"]


FACE = '{"box":[80,40,140,120],"landmarks":[[90,60],[130,60],[110,80],[95,100],[125,100]]'
JSON = ['{"faces":[]}', '{"schema":1,"path":"photo.jpg","size":[640,480],"detector":"x","faces":[%s,"score":0.9}]}' % FACE,
        '{"faces":[%s,"restore":false,"reason":"too small","strength":0.5,"fidelity":1},\n%s}]}' % (FACE, FACE),
        '{"path":"b.jpg","faces":[%s}]}\n{"path":"photo.jpg","faces":[]}' % FACE,
        '["\\u00e9\\ud83d\\ude00\\n\\"", -1.5e-3, 0, true, false, null, [], {}, "\u20ac"]', "1", '""', "[[[[]]]]",
        '{"a":{"b":{"c":[1,2,{"d":"e"}]}}}', '{"faces":[{"box":[1,2,1e39,4]}]}', '{"faces":', "[" * 40]


def make_bitmaps(folder):
    """Every depth and every kind of compression, headers of four ages."""
    def bitmap(name, bits, compression, header_bytes, pixels, colours=0, height=3, extra=b""):
        core = struct.pack("<IHHHH", 12, 4, abs(height), 1, bits)
        full = struct.pack("<IiiHHIIiiII", header_bytes, 4, height, 1, bits, compression, len(pixels), 2835, 2835,
                           colours, 0) + extra
        head = core if header_bytes == 12 else full + bytes(max(0, header_bytes - len(full)))
        palette = bytes(i * 37 % 256 for i in range((3 if header_bytes == 12 else 4) << bits)) if bits <= 8 else b""
        start = 14 + len(head) + len(palette)
        data = b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + head + palette + pixels
        (folder / f"{name}.bmp").write_bytes(data)

    def rows(bits):
        return bytes(i * 29 % 256 for i in range(3 * ((bits * 4 + 31) // 32 * 4)))

    for bits in (1, 4, 8, 24):
        bitmap(f"core_{bits}", bits, 0, 12, rows(bits))
    for bits in (2, 8, 16, 24, 32):
        bitmap(f"plain_{bits}", bits, 0, 40, rows(bits))
    bitmap("top_down", 24, 0, 40, rows(24), height=-3)
    bitmap("runs_8", 8, 1, 40, b"\x04\x05\0\0\0\x03abc\0\x01\x07\0\0\0\x02\x01\0\x02\x06\0\x01")
    bitmap("runs_4", 4, 2, 40, b"\x04\x5a\0\0\0\x03\x12\x30\x01\x70\0\0\0\x02\x01\0\x02\x60\0\x01")
    masks = struct.pack("<IIII", 0x7c00, 0x3e0, 0x1f, 0x8000)
    bitmap("masks_16", 16, 3, 40, rows(16), extra=masks[:12])
    bitmap("masks_alpha", 16, 3, 56, rows(16), extra=masks)
    profile = struct.pack("<I", 132) + bytes(128)
    bitmap("profile", 24, 0, 124, rows(24) + profile,
           extra=struct.pack("<IIIII", 0, 0, 0, 0, 0x4D424544) + bytes(48) + struct.pack("<IIII", 4, 124 + 36, 132, 0))


def encoded(convert, out):
    """Small pictures by anew itself, of the formats that its build writes."""
    anew = pathlib.Path(convert).with_name("anew")
    for kind, letters in (("gray", b"P5"), ("rgb", b"P6")):
        for most in (255, 65535):
            samples = 20 * (3 if kind == "rgb" else 1) * (2 if most > 255 else 1)
            source = out / f"{kind}{most}.pnm"
            source.write_bytes(letters + b" 5 4 %d\n" % most + bytes(i * 37 % 256 for i in range(samples)))
            for format in ("tiff", "avif", "jxl"):
                subprocess.run([anew, "--quiet", "--force", "-s", "1", "--format", format, source, "-o",
                                out / format / f"{kind}{most}.{format}"], stderr=subprocess.DEVNULL)
            source.unlink()
    for name, photometric, bits, extra in (("palette", 3, 4, [(320, 3, 48, 200)]), ("white0", 0, 1, []),
                                           ("cmyk", 5, 8, []), ("planes", 2, 8, [(284, 3, 1, 2)]),
                                           ("tiles", 1, 8, [(322, 4, 1, 16), (323, 4, 1, 16), (324, 4, 1, 400), (325, 4, 1, 256)])):
        fields = sorted([(256, 3, 1, 5), (257, 3, 1, 4), (258, 3, 1, bits), (259, 3, 1, 1), (262, 3, 1, photometric),
                         (273, 4, 1, 400), (277, 3, 1, {5: 4, 2: 3}.get(photometric, 1)), (278, 3, 1, 4), (279, 4, 1, 256)] + extra)
        data = b"II*\0\x08\0\0\0" + struct.pack("<H", len(fields)) + b"".join(struct.pack("<HHII", *f) for f in fields) + bytes(4)
        (out / "tiff" / f"{name}.tif").write_bytes(data.ljust(200, b"\0") + bytes(range(256)) * 2)


def beside(out):
    """Blocks for fuzz_metadata.c: which of them in the first byte."""
    exif = (b"II*\0\x08\0\0\0\x03\0\x0f\x01\x02\0\x06\0\0\0\x32\0\0\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x69\x87\x04\0\x01\0\0\0"
            b"\x38\0\0\0\0\0\0\0Maker\0\x02\0\x01\xa0\x03\0\x01\0\0\0\xff\xff\0\0\x05\xa0\x04\0\x01\0\0\0\x56\0\0\0\0\0\0\0"
            b"\x01\0\x01\0\x02\0\x04\0\0\0R03\0\0\0\0\0")
    xmp = (b'<x:xmpmeta><rdf:RDF><rdf:Description tiff:Orientation="6" exif:ColorSpace="2"><xmp:Thumbnails>x'
           b'</xmp:Thumbnails></rdf:Description></rdf:RDF></x:xmpmeta>')
    iptc = b"8BIM\x04\x04\0\0\0\0\0\x05hello\0" b"8BIM\x04\x0c\x03abc\0\0\0\x02xy" b"8BIM\x04\x0a\0\0\0\0\0\x01z"
    for i, block in enumerate((exif, xmp, iptc, b"anew 1 model=a%20b")):
        for flag in (0, 128):
            (out / f"{i}_{flag}").write_bytes(bytes([i + flag]) + block)
    # Thumbnails: a JPEG, and two strips.
    first = b"\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\1\0\0\0\x1a\0\0\0"
    jpeg = b"\2\0\1\2\4\0\1\0\0\0\x38\0\0\0\2\2\4\0\1\0\0\0\4\0\0\0\0\0\0\0tiny"
    strips = (b"\2\0\x11\1\4\0\2\0\0\0\x38\0\0\0\x17\1\3\0\2\0\0\0\3\0\4\0\0\0\0\0"
              b"\x40\0\0\0\x43\0\0\0abcdefg")
    for name, block in (("jpeg", jpeg), ("strips", strips)):
        (out / f"thumbnail_{name}").write_bytes(b"\0II*\0" + first + block)


def main():
    convert, out = sys.argv[1], pathlib.Path(sys.argv[2])
    for target in ("model", "safetensors", "pytorch", "pickle", "ncnn", "onnx", "png", "jpeg", "pnm", "webp", "bmp", "options",
                   "tiff", "avif", "jxl", "metadata", "provenance", "video", "json", "animation"):
        (out / target).mkdir(parents=True, exist_ok=True)
    networks(convert, out)
    pytorch(out)
    spans(convert, out)
    pngs(out)
    for name, data in PNM.items():
        (out / "pnm" / name).write_bytes(data)
    for i, text in enumerate(OPTIONS):
        (out / "options" / f"{i:02}").write_bytes(text.encode())
    for i, text in enumerate(JSON):
        (out / "json" / f"{i:02}").write_bytes(text.encode())
    moving(out / "animation")
    for kind in ("jpeg", "webp", "animation"):
        for file in (HERE / "seeds" / kind).iterdir():
            shutil.copy(file, out / kind)
    make_bitmaps(out / "bmp")
    encoded(convert, out)
    beside(out / "metadata")
    for i, words in enumerate((b"C420jpeg Ip A1:1", b"F30:1 C422 XCOLORRANGE=FULL", b"C444p10", b"Cmono16", b"C420mpeg2", b"It")):
        (out / "video" / f"{i}.y4m").write_bytes(b"YUV4MPEG2 W5 H3 " + words + b"\n" + bytes(i * 41 % 256 for i in range(60)))
    (out / "provenance" / "line").write_bytes(b"anew 0.1.0 cpu=avx512 model=a%20b sha256=00 scale=2 exact")
    (out / "video" / "raw").write_bytes(b"6x4:yuv420p\nabc")


if __name__ == "__main__":
    main()
