"""Writes one model in other containers, for tests/cli/containers.sh; needs no library.

    make_containers.py deflate IN.pth OUT.pth          the same zip, its entries deflated
    make_containers.py flip IN.pth OUT.pth             ... with one wrong byte that inflates all the same
    make_containers.py bomb IN.pth OUT.pth             ... with one entry that claims a gigabyte
    make_containers.py ncnn IN.safetensors OUT f32|f16|scaled [fused]
                                                       OUT.param and OUT.bin (SRVGGNetCompact, RRDBNet)
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


def flip(source, target):
    """Blocks without compression, so that a changed byte of the data is only seen by its checksum."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=0) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, old.read(entry))
        raw = new.read(next(n for n in new.namelist() if n.endswith("/data/0")))
    data = bytearray(open(target, "rb").read())
    data[data.index(raw[:16]) + 5] ^= 1
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


class Ncnn:
    """Layers and weights in the order of computation. `fused` writes activations into the convolutions and sums
    with factors as one layer, as ncnnoptimize does; else each is a layer."""

    def __init__(self, tensors, kind, fused):
        self.tensors, self.kind, self.fused = tensors, kind, fused
        self.layers, self.weights, self.uses, self.made = [], bytearray(), {}, 0

    def layer(self, kind, inputs, parameters=""):
        self.made += 1
        name = f"v{self.made}"
        self.layers.append((kind, list(inputs), name, parameters))
        for used in inputs:
            self.uses[used] = self.uses.get(used, 0) + 1
        return name

    def conv(self, name, x, leaky=None):
        shape, values = self.tensors[name + ".weight"]
        bias = self.tensors[name + ".bias"][1]
        fused = f" 9=2 -23310=1,{leaky:e}" if self.fused and leaky else ""
        x = self.layer("Convolution", [x], f"0={shape[0]} 1={shape[2]} 4={shape[2] // 2} 5=1 6={len(values)}{fused}")
        if self.kind == "f16":
            raw = struct.pack(f"<{len(values)}e", *values)
            self.weights.extend(struct.pack("<I", 0x01306B47) + raw + bytes(-len(raw) % 4))
        else:
            tag = 0x0002C056 if self.kind == "scaled" else 0
            self.weights.extend(struct.pack("<I", tag) + struct.pack(f"<{len(values)}f", *values))
        self.weights.extend(struct.pack(f"<{len(bias)}f", *bias))
        return self.layer("ReLU", [x], f"0={leaky:e}") if leaky and not self.fused else x

    def prelu(self, name, x):
        slopes = self.tensors[name + ".weight"][1]
        self.weights.extend(struct.pack(f"<{len(slopes)}f", *slopes))
        return self.layer("PReLU", [x], f"0={len(slopes)}")

    def residual(self, x, y):
        if self.fused:
            return self.layer("Eltwise", [x, y], "0=1 -23301=2,2.000000e-01,1.000000e+00")
        return self.layer("BinaryOp", [self.layer("BinaryOp", [x], "0=2 1=1 2=2.000000e-01"), y], "0=0")

    def write(self, target):
        """A value that several layers read is copied by a Split, one copy for each."""
        lines, copies, blobs = [], {}, 0
        for kind, inputs, name, parameters in self.layers:
            come = [copies[x].pop() if x in copies else x for x in inputs]
            lines.append(" ".join([f"{kind:16} l{len(lines)} {len(come)} 1", *come, name, parameters]))
            blobs += 1
            if self.uses.get(name, 0) > 1:
                copies[name] = [f"{name}_{i}" for i in range(self.uses[name])]
                lines.append(" ".join([f"{'Split':16} l{len(lines)} 1 {len(copies[name])}", name, *copies[name]]))
                blobs += len(copies[name])
        with open(target + ".param", "w") as file:
            file.write(f"7767517\n{len(lines)} {blobs}\n" + "\n".join(lines) + "\n")
        open(target + ".bin", "wb").write(self.weights)


def ncnn(source, target, kind, style="layers"):
    net = Ncnn(read_safetensors(source), kind, style == "fused")
    names = net.tensors
    picture = x = net.layer("Input", [])
    if "body.1.weight" in names:
        last = max(int(name.split(".")[1]) for name in names)
        for index in range(0, last, 2):
            x = net.prelu(f"body.{index + 1}", net.conv(f"body.{index}", x))
        scale = int((names[f"body.{last}.weight"][0][0] / 3) ** 0.5)
        x = net.layer("PixelShuffle", [net.conv(f"body.{last}", x)], f"0={scale}")
        net.layer("BinaryOp", [x, net.layer("Interp", [picture], f"0=1 1={scale:e} 2={scale:e}")], "0=0")
    else:
        fold = int((names["conv_first.weight"][0][1] / 3) ** 0.5)
        if fold > 1:
            x = net.layer("Reorg", [x], f"0={fold}")
        first = x = net.conv("conv_first", x)
        for block in range(max(int(n.split(".")[1]) for n in names if n.startswith("body.")) + 1):
            whole = x
            for rdb in (1, 2, 3):
                seen = [x]
                for k in (1, 2, 3, 4):
                    joined = net.layer("Concat", seen, "0=0") if k > 1 else x
                    seen.append(net.conv(f"body.{block}.rdb{rdb}.conv{k}", joined, 0.2))
                x = net.residual(net.conv(f"body.{block}.rdb{rdb}.conv5", net.layer("Concat", seen, "0=0")), x)
            x = net.residual(x, whole)
        x = net.layer("BinaryOp", [first, net.conv("conv_body", x)], "0=0")
        for up in ("conv_up1", "conv_up2"):
            if up + ".weight" in names:
                x = net.conv(up, net.layer("Interp", [x], "0=1 1=2.000000e+00 2=2.000000e+00"), 0.2)
        net.conv("conv_last", net.conv("conv_hr", x, 0.2))
    net.write(target)


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
    elif kind == "flip":
        flip(*arguments)
    elif kind == "ncnn":
        ncnn(*arguments)
    else:
        legacy(*arguments)
