#!/usr/bin/env python3
"""One table of what each network takes and gives, by one command: operations, parameters, receptive radius, memory, speed against
PyTorch in float32, channels last, the share of time in plain C, and how near each precision is to the exact class.

    sheets.py [--networks espcn,dncnn] [--size 512] [--rounds 3] [--threads 1,2] [--again] [--results bench/results/sheets.json]

Resumable: what is measured of a network is kept in the results' file at once, and left out the next time but for --again; the
table beside it (.md) is written anew from all that is there. Networks that are published but not here have random weights of
the published shape. Speed is a ratio of seconds of the processor, both sides taking turns, the median of the rounds with
their range: on a machine that others use, too, both get the same.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests"))
try:
    import numpy
    import torch
    from torch.nn import functional as F

    import small_networks as nets
except ImportError as missing:
    print(f"SKIP: {missing}")
    sys.exit(0)


# ---- networks that tests/small_networks.py has not ------------------------------------------------------------------
def srvgg(w, x):
    y, k = x, 0
    while f"body.{k}.weight" in w:
        weight = w[f"body.{k}.weight"]
        y = F.conv2d(y, weight, w[f"body.{k}.bias"], 1, 1) if weight.dim() == 4 else F.prelu(y, weight)
        k += 1
    scale = round((y.shape[1] / 3) ** 0.5)
    return F.pixel_shuffle(y, scale) + F.interpolate(x, scale_factor=scale, mode="nearest")


def span(w, x):
    mean = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1)

    def conv(y, name):
        name += ".eval_conv" if name + ".eval_conv.weight" in w else ""
        return F.conv2d(y, w[name + ".weight"], w[name + ".bias"], 1, w[name + ".weight"].shape[2] // 2)

    y = first = conv((x - mean) * 255, "conv_1")
    b, near, inner = 1, None, None
    while f"block_{b}.c1_r.eval_conv.weight" in w:
        inner = F.silu(conv(y, f"block_{b}.c1_r"))
        third = conv(F.silu(conv(inner, f"block_{b}.c2_r")), f"block_{b}.c3_r")
        y = (third + y) * (torch.sigmoid(third) - 0.5)
        near = y if b == 1 else near
        b += 1
    y = conv(torch.cat([first, conv(y, "conv_2"), near, inner], 1), "conv_cat")
    y = conv(y, "upsampler.0")
    return F.pixel_shuffle(y, round((y.shape[1] / 3) ** 0.5))


def rrdb(w, x):
    def conv(y, name):
        return F.conv2d(y, w[name + ".weight"], w[name + ".bias"], 1, 1)

    def act(y):
        return F.leaky_relu(y, 0.2)

    y = first = conv(x, "conv_first")
    b = 0
    while f"body.{b}.rdb1.conv1.weight" in w:
        block = y
        for k in (1, 2, 3):
            dense, parts = y, [y]
            for i in range(1, 5):
                parts.append(act(conv(torch.cat(parts, 1), f"body.{b}.rdb{k}.conv{i}")))
            y = conv(torch.cat(parts, 1), f"body.{b}.rdb{k}.conv5") * 0.2 + dense
        y = y * 0.2 + block
        b += 1
    y = first + conv(y, "conv_body")
    for i in (1, 2):
        y = act(conv(F.interpolate(y, scale_factor=2), f"conv_up{i}"))
    return conv(act(conv(y, "conv_hr")), "conv_last")


# ---- random weights of published shapes ------------------------------------------------------------------------------
class Drawn(dict):
    def conv(self, name, out, into, kernel=3, gain=1.0):
        self[name + ".weight"] = torch.randn(out, into, kernel, kernel) * gain / (into * kernel * kernel) ** 0.5
        self[name + ".bias"] = torch.randn(out) * 0.02


def rrdb_weights(blocks):
    w = Drawn()
    w.conv("conv_first", 64, 3)
    for b in range(blocks):
        for k in (1, 2, 3):
            for i in range(1, 6):
                w.conv(f"body.{b}.rdb{k}.conv{i}", 64 if i == 5 else 32, 64 + 32 * (i - 1))
    for name in ("conv_body", "conv_up1", "conv_up2", "conv_hr"):
        w.conv(name, 64, 64)
    w.conv("conv_last", 3, 64, gain=0.2)
    return w


def srvgg_weights(convolutions):
    w = Drawn()
    for k in range(convolutions + 1):
        w.conv(f"body.{2 * k}", 64, 64 if k else 3, gain=1.3)
        w[f"body.{2 * k + 1}.weight"] = torch.full((64,), 0.2)
    w.conv(f"body.{2 * convolutions + 2}", 48, 64, gain=0.05)
    return w


def imdn_weights():
    w = Drawn()
    w.conv("fea_conv", 64, 3)
    for b in range(1, 7):
        for k in (1, 2, 3, 4):
            w.conv(f"IMDB{b}.c{k}", 16 if k == 4 else 64, 64 if k == 1 else 48, gain=1.2)
        w.conv(f"IMDB{b}.c5", 64, 64, 1)
        w.conv(f"IMDB{b}.cca.conv_du.0", 4, 64, 1)
        w.conv(f"IMDB{b}.cca.conv_du.2", 64, 4, 1)
    w.conv("c.0", 64, 384, 1)
    w.conv("LR_conv", 64, 64)
    w.conv("upsampler.0", 48, 64, gain=0.2)
    return w


# name: file under shared/weights or a function that draws, (weights, samples) -> result, scale
NETWORKS = {
    "espcn": ("sr/espcn_x3_epoch599.pth", lambda w, p: nets.espcn(w, p[:, :1], {}), 3),
    "span": ("sr/span_team46_ch28_x4.pth", span, 4),
    "dncnn": ("x1/dncnn_25.pth", lambda w, p: nets.by_channel(lambda x: nets.dncnn(w, x, {}), p), 1),
    "ffdnet": ("x1/ffdnet_rgb.pth", lambda w, p: nets.ffdnet(w, p, {}, 25), 1),
    "bsrn": ("sr/bsrn_team18_x4.pth", lambda w, p: nets.bsrn(w, p, {}), 4),
    "safmn": ("sr/safmn_team15_x4.pth", lambda w, p: nets.safmn(w, p, {}), 4),
    "rfdn": ("sr/rfdn_baseline_x4.pth", lambda w, p: nets.rfdn(w, p, {}, 255.0), 4),
    "imdn": (imdn_weights, lambda w, p: nets.imdn(w, p, {}), 4),
    "pan": ("sr/PANx4_DF2K.pth", lambda w, p: nets.pan(w, p, {}), 4),
    "srvgg-16": ("sr/realesr-animevideov3.pth", srvgg, 4),
    "srvgg-32": (lambda: srvgg_weights(32), srvgg, 4),
    "rrdb-6": (lambda: rrdb_weights(6), rrdb, 4),
    "rrdb-23": (lambda: rrdb_weights(23), rrdb, 4),
}


def state(path):
    class Network(torch.nn.Module):
        pass

    setattr(sys.modules["__main__"], "Network", Network)  # a whole module names its class
    loaded = torch.load(path, map_location="cpu", weights_only=False)
    loaded = loaded.state_dict() if isinstance(loaded, torch.nn.Module) else loaded
    for key in ("params_ema", "params"):
        loaded = loaded.get(key, loaded)
    return {name.removeprefix("module."): value.float() for name, value in loaded.items() if hasattr(value, "shape")}


class Engine:
    """bench_network as a process."""

    def __init__(self, build, model, file, size, threads, precision):
        self.process = subprocess.Popen([f"{build}/bench_network", model, file, str(size), str(size), str(threads), precision],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def end(self):
        peak = re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{self.process.pid}/status").read())
        self.process.stdin.close()
        self.process.wait()
        return int(peak.group(1)) / 1024


def psnr(a, b):
    error = float(((a.clip(0, 1).astype("f8") - b.clip(0, 1)) ** 2).mean())
    return "same" if error == 0 else round(float(-10 * numpy.log10(error)), 1)


def samples(arguments):
    """A photo of the shared ones, repeated to the size; a drawn picture where there is none."""
    size = arguments.size
    try:
        from PIL import Image
        picture = numpy.asarray(Image.open(f"{arguments.shared}/images/open/Set5/LRx2/woman.png").convert("RGB")) / 255
        while min(picture.shape[:2]) < size:  # mirrored, so that no edge is new
            picture = numpy.concatenate([picture, picture[::-1]], 0)
            picture = numpy.concatenate([picture, picture[:, ::-1]], 1)
        return numpy.ascontiguousarray(picture[:size, :size], dtype="f4")
    except (ImportError, OSError):
        y, x = numpy.mgrid[0:size, 0:size] / size
        return numpy.stack([0.5 + 0.4 * numpy.sin(90 * x * y), 0.5 + 0.4 * numpy.cos(70 * y), x * y], 2).astype("f4")


def measure(name, arguments, folder):
    source, forward, scale = NETWORKS[name]
    build, size = arguments.build, arguments.size
    torch.manual_seed(1)
    if callable(source):
        weights, path = source(), f"{folder}/{name}.pth"
        torch.save({"params": dict(weights)}, path)
    else:
        path = f"{arguments.shared}/weights/{source}"
        if not os.path.exists(path):
            print(f"SKIP {name}: {path} is not there")
            return None
        weights = state(path)
    model = f"{folder}/{name}.anew"
    subprocess.run([f"{build}/anew-convert", "-q", "--force", path, "-o", model], check=True)
    info = subprocess.run([f"{build}/anew", "info", model], check=True, capture_output=True, text=True).stdout
    radius = re.search(r"receptive radius: +(.+)", info).group(1)
    row = {"scale": scale, "size": size, "weights": "random" if callable(source) else "published",
           "kflop": int(re.search(r"FLOPs: +(\d+)", info).group(1)) / 1e3,
           "kparameters": int(re.search(r"parameters: +(\d+)", info).group(1)) / 1e3,
           "radius": re.match(r"\d+", radius).group(0) if re.match(r"\d+", radius) else "all"}
    picture = samples(arguments)
    file = f"{folder}/picture.f32"
    picture.tofile(file)
    weights = {key: value.to(memory_format=torch.channels_last) if value.dim() == 4 else value for key, value in weights.items()}
    given = torch.from_numpy(picture).permute(2, 0, 1)[None].contiguous(memory_format=torch.channels_last)
    for threads in map(int, arguments.threads.split(",")):
        torch.set_num_threads(threads)
        engine, ratios = Engine(build, model, file, size, threads, "f32"), []
        for turn in range(arguments.rounds + 1):  # the first one warms up
            mine = float(engine.ask("run").split()[1])
            started = time.process_time()
            with torch.inference_mode():
                forward(weights, given)
            if turn > 0:
                ratios.append((time.process_time() - started) / mine)
        row[f"memory-{threads}"] = round(engine.end())
        row[f"ratio-{threads}"] = [round(v, 2) for v in (statistics.median(ratios), min(ratios), max(ratios))]
    with open(f"{folder}/picture.ppm", "wb") as ppm:
        ppm.write(b"P6\n%d %d\n255\n" % (size, size) + (picture * 255).round().astype("u1").tobytes())
    profile = subprocess.run([f"{build}/anew", "--quiet", "--force", "--profile=json", "--passes=1", "--threads=1",
                              f"{folder}/picture.ppm", "-m", model, "-o", f"{folder}/out.ppm"], capture_output=True, text=True)
    line = [text for text in (profile.stdout + profile.stderr).splitlines() if text.startswith("{")]
    if line:
        steps = json.loads(line[-1]).get("steps", [])
        seconds = [(float(step.get("seconds", 0)), step.get("kernel", "")) for step in steps]
        everything = sum(s for s, _ in seconds)
        row["plain C"] = round(100 * sum(s for s, k in seconds if k.endswith("_c")) / everything, 1) if everything > 0 else None
    results = {}
    for precision in ("exact", "f32", "bf16"):
        engine = Engine(build, model, file, size, 2, precision)
        engine.ask("run")
        engine.ask(f"save {folder}/{precision}.f32")
        engine.end()
        results[precision] = numpy.fromfile(f"{folder}/{precision}.f32", "f4")
    row["psnr f32"] = psnr(results["f32"], results["exact"])
    offered = not numpy.array_equal(results["bf16"], results["f32"])  # float32 runs where the CPU has no AMX
    row["psnr bf16"] = psnr(results["bf16"], results["exact"]) if offered else None
    row["psnr int8"] = eight_bits(model, folder, arguments, file, size, results["exact"])
    return row


def eight_bits(model, folder, arguments, file, size, exact):
    """PSNR of a model that is rounded by this picture; None where the network has no convolutions for it."""
    done = subprocess.run([f"{arguments.build}/anew-quantize", "-q", "--force", model, f"{folder}/picture.ppm", "-o",
                           f"{folder}/int8.anew"], capture_output=True, text=True)
    if done.returncode != 0:
        return None
    engine = Engine(arguments.build, f"{folder}/int8.anew", file, size, 2, "int8")
    engine.ask("run")
    engine.ask(f"save {folder}/int8.f32")
    engine.end()
    return psnr(numpy.fromfile(f"{folder}/int8.f32", "f4"), exact)


def table(results, path):
    lines = ["# What each network takes and gives", "",
             "By `bench/sheets.py`. Operations in thousands for each pixel of the picture (a multiply-add is two); memory: the peak "
             "of the process with one thread, picture and model with it, MiB; times as fast as PyTorch in float32, channels last, by "
             "seconds of the processor, the median of rounds that take turns, with their range; plain C: share of the time; PSNR "
             "against the exact class in dB, int8 rounded by the picture itself. `random`: weights of the published shape, drawn. "
             "-: not offered by the network or the CPU (bf16 needs AMX).", "",
             "| network | weights | scale | at | kFLOP | thousand parameters | radius | memory | 1 thread | 2 threads | plain C, % "
             "| f32 | bf16 | int8 |", "|" + "---|" * 14]

    def of(row, key):
        value = row.get(key)
        return "-" if value is None else f"{value[0]} ({value[1]} to {value[2]})" if isinstance(value, list) else str(value)

    for name in [n for n in NETWORKS if n in results]:
        row = results[name]
        lines.append(f"| {name} | {row['weights']} | x{row['scale']} | {row['size']} | {row['kflop']:.0f} | {row['kparameters']:.0f} | "
                     + " | ".join(of(row, key) for key in ("radius", "memory-1", "ratio-1", "ratio-2", "plain C", "psnr f32",
                                                           "psnr bf16", "psnr int8")) + " |")
    missing = [n for n in NETWORKS if n not in results]
    lines += ["", "Not measured yet: " + (", ".join(missing) or "none") + "; the transformers have `bench/swinir.py`, the networks of "
              "faces `bench/faces.py`.", ""]
    with open(path, "w") as file:
        file.write("\n".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--shared", default=os.environ.get("ANEW_SHARED", "../shared"))
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--results", default="bench/results/sheets.json")
    arguments = parser.parse_args()
    results = {}
    if os.path.exists(arguments.results):
        with open(arguments.results) as file:
            results = json.load(file)
    for name in arguments.networks.split(","):
        if name in results and not arguments.again:
            print(f"{name}: there already")
            continue
        with tempfile.TemporaryDirectory() as folder:
            row = measure(name, arguments, folder)
        if row is not None:
            results[name] = row
            with open(arguments.results + ".new", "w") as file:
                json.dump(results, file, indent=1)
            os.replace(arguments.results + ".new", arguments.results)
            print(name, row, flush=True)
    table(results, os.path.splitext(arguments.results)[0] + ".md")


main()
