"""Writes one model in other containers, for tests/cli/containers.sh; needs no library.

    make_containers.py deflate IN.pth OUT.pth          the same zip, its entries deflated
    make_containers.py bomb IN.pth OUT.pth             ... with one entry that claims a gigabyte
    make_containers.py ncnn IN.safetensors OUT f32|f16 OUT.param and OUT.bin (SRVGGNetCompact, RRDBNet)
    make_containers.py legacy IN.pth OUT.pth           the form before PyTorch 1.6
"""
import json
import pickle
import struct
import sys
import zipfile


def deflate(source, target, bomb=False):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, old.read(entry))
    if bomb:
        data = bytearray(open(target, "rb").read())
        at = data.index(b"/data/0", data.index(b"PK\1\2"))
        struct.pack_into("<I", data, data.rindex(b"PK\1\2", 0, at) + 24, 1 << 30)
        open(target, "wb").write(data)


def read_safetensors(path):
    data = open(path, "rb").read()
    length = struct.unpack_from("<Q", data)[0]
    tensors = {}
    for name, facts in json.loads(data[8 : 8 + length]).items():
        if name == "__metadata__":
            continue
        assert facts["dtype"] == "F32", "only f32 here"
        begin, end = facts["data_offsets"]
        raw = data[8 + length + begin : 8 + length + end]
        name = name.removeprefix("module.").removeprefix("params.").removeprefix("params_ema.")
        tensors[name] = (facts["shape"], struct.unpack(f"<{len(raw) // 4}f", raw))
    return tensors


def ncnn(source, target, kind):
    tensors = read_safetensors(source)
    layers, weights = [], bytearray()

    def conv(name, come, go, extra=""):
        shape, values = tensors[name + ".weight"]
        bias = tensors[name + ".bias"][1]
        layers.append(f"Convolution {name} 1 1 {come} {go} 0={shape[0]} 1={shape[2]} 4={shape[2] // 2} 5=1 "
                      f"6={len(values)}{extra}")
        if kind == "f16":
            raw = struct.pack(f"<{len(values)}e", *values)
            weights.extend(struct.pack("<I", 0x01306B47) + raw + bytes(-len(raw) % 4))
        else:
            weights.extend(struct.pack("<I", 0) + struct.pack(f"<{len(values)}f", *values))
        weights.extend(struct.pack(f"<{len(bias)}f", *bias))

    layers.append("Input in 0 1 data")
    if "body.1.weight" in tensors:
        layers.append("Split s 1 2 data a b")
        last = max(int(name.split(".")[1]) for name in tensors)
        come = "a"
        for index in range(0, last + 1, 2):
            conv(f"body.{index}", come, f"c{index}")
            come = f"c{index}"
            if index < last:
                slopes = tensors[f"body.{index + 1}.weight"][1]
                layers.append(f"PReLU p{index} 1 1 {come} p{index} 0={len(slopes)}")
                weights.extend(struct.pack(f"<{len(slopes)}f", *slopes))
                come = f"p{index}"
        scale = int((tensors[f"body.{last}.weight"][0][0] / 3) ** 0.5)
        layers += [f"PixelShuffle ps 1 1 {come} shuffled 0={scale}", f"Interp up 1 1 b large 0=1 1={scale} 2={scale}",
                   "BinaryOp sum 2 1 shuffled large output"]
    else:
        names = [n[:-7] for n in tensors if n.endswith(".weight")]
        order = ["conv_first"]
        blocks = max(int(n.split(".")[1]) for n in names if n.startswith("body.")) + 1
        order += [f"body.{b}.rdb{r}.conv{k}" for b in range(blocks) for r in (1, 2, 3) for k in (1, 2, 3, 4, 5)]
        order += ["conv_body"] + [n for n in ("conv_up1", "conv_up2") if n in names] + ["conv_hr", "conv_last"]
        for index, name in enumerate(order):
            leaky = name[-5:] in ("conv1", "conv2", "conv3", "conv4") or name in ("conv_up1", "conv_up2", "conv_hr")
            conv(name, f"x{index}", f"x{index + 1}", " 9=2 -23310=1,2.000000e-01" if leaky else "")
    with open(target + ".param", "w") as file:
        file.write(f"7767517\n{len(layers)} {len(layers) + 2}\n" + "\n".join(layers) + "\n")
    open(target + ".bin", "wb").write(weights)


def legacy(source, target):
    """The object's pickle is taken over as it is; what precedes and follows it is written anew (f32 only)."""
    with zipfile.ZipFile(source) as old:
        program = next(n for n in old.namelist() if n.endswith("/data.pkl"))
        top = program[: -len("data.pkl")]
        body = old.read(program)
        keys = [n[len(top) + 5 :] for n in old.namelist() if n.startswith(top + "data/")]
        with open(target, "wb") as file:
            for head in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True}):
                file.write(pickle.dumps(head, 2))
            file.write(body)
            file.write(pickle.dumps(keys, 2))
            for key in keys:
                raw = old.read(top + "data/" + key)
                file.write(struct.pack("<q", len(raw) // 4) + raw)


if __name__ == "__main__":
    kind, arguments = sys.argv[1], sys.argv[2:]
    if kind == "deflate":
        deflate(*arguments)
    elif kind == "bomb":
        deflate(*arguments, bomb=True)
    elif kind == "ncnn":
        ncnn(*arguments)
    else:
        legacy(*arguments)
