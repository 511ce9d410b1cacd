#!/usr/bin/env python3
"""One table of what each network takes and gives, by one command: operations, parameters, receptive radius, memory, speed against
PyTorch in float32, channels last, the share of time in plain C, and how near each precision is to the exact class.

    sheets.py [--networks espcn,dncnn] [--size 512] [--rounds 3] [--threads 1] [--again] [--profile] [--results bench/results/sheets.json]

Resumable: what is measured of a network is kept in the results' file at once, and left out the next time but for --again; the
table beside it (.md) is written anew from all that is there. Networks that are published but not here have random weights of
the published shape. Speed is a ratio of seconds of the processor, both sides taking turns, the median of the rounds with
their range: on a machine that others use, too, both get the same. The table says at what size; --size
counts for all. Of two threads of PyTorch the one that waits does so in a loop, which
counts as work: --threads 1,2 is for a machine that nobody else uses.

The share of plain C is measured at 512x512 whatever the size, --profile measures it alone again. Precision is a matter of 64x64
pixels of the same picture.
"""
import argparse
import json
import os
import re
import shutil
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

    import make_golden_small as drawn
    import make_golden_transformers as drawn_transformers
    import small_networks as nets
    import transformers

    from swinir import FORMS as SWINIR, swinir
    from faces import Weights as DrawnByUse
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


def milder(weights):
    """28 blocks of drawn weights without a norm reach 10^7; these stay near 1."""
    return {name: value * 0.3 if value.dim() == 4 else value for name, value in weights.items()}


def swinir_weights(form):
    """What the network itself draws when it asks for a weight for the first time."""
    w, side = DrawnByUse(), 2 * SWINIR[form][4]
    with torch.inference_mode():
        swinir(w, torch.rand(1, 3, side, side), form)
    return w.tensors


def swinir_of(form):
    def forward(weights, picture):
        w = DrawnByUse()
        w.tensors = weights
        return swinir(w, picture, form)
    return forward


def continued(picture, margin, alignment):
    """Its edge repeated, to sides of a multiple of `alignment`: for networks that do not pad."""
    right, below = (-(size + 2 * margin) % alignment for size in (picture.shape[3], picture.shape[2]))
    return F.pad(picture, (margin, margin + right, margin, margin + below), "replicate")


class Entry:
    """source: file under shared/weights, or a function that draws. forward(weights, samples) gives the result."""

    def __init__(self, source, forward, scale, size=256, rounds=3):
        self.source, self.forward, self.scale, self.size, self.rounds = source, forward, scale, size, rounds


def page(name):
    return lambda w, p: getattr(nets, name)(w, p, {})


NETWORKS = {
    "espcn": Entry("sr/espcn_x3_epoch599.pth", lambda w, p: nets.espcn(w, p[:, :1], {}), 3, 512),
    "span": Entry("sr/span_team46_ch28_x4.pth", span, 4, 512),
    "bsrn": Entry("sr/bsrn_team18_x4.pth", page("bsrn"), 4),
    "safmn": Entry("sr/safmn_team15_x4.pth", page("safmn"), 4),
    "rfdn": Entry("sr/rfdn_baseline_x4.pth", lambda w, p: nets.rfdn(w, p, {}, 255.0), 4),
    "imdn": Entry(imdn_weights, page("imdn"), 4),
    "pan": Entry("sr/PANx4_DF2K.pth", page("pan"), 4),
    "dncnn": Entry("x1/dncnn_25.pth", lambda w, p: nets.by_channel(lambda x: nets.dncnn(w, x, {}), p), 1),
    "ffdnet": Entry("x1/ffdnet_rgb.pth", lambda w, p: nets.ffdnet(w, p, {}, 25), 1, 512),
    "waifu2x-upconv_7": Entry(lambda: drawn.upconv_network([3, 16, 32, 64, 128, 128, 256], True),
                              lambda w, p: nets.upconv(w, continued(p, 7, 1), {}), 2),
    "waifu2x-vgg_7": Entry(lambda: drawn.upconv_network([3, 32, 32, 64, 64, 128, 128], False),
                           lambda w, p: nets.upconv(w, continued(p, 7, 1), {}), 1),
    "waifu2x-cunet-x1": Entry(lambda: drawn.cunet_network(32, False, False), lambda w, p: nets.cunet(w, continued(p, 28, 4), {}), 1),
    "waifu2x-cunet-x2": Entry(lambda: drawn.cunet_network(32, True, False), lambda w, p: nets.cunet(w, continued(p, 18, 2), {}), 2),
    "cunet-x2 at 128": Entry(lambda: drawn.cunet_network(32, True, False), lambda w, p: nets.cunet(w, continued(p, 18, 2), {}), 2,
                             128, 7),
    "srvgg-16": Entry("sr/realesr-animevideov3.pth", srvgg, 4),
    "srvgg-32": Entry(lambda: srvgg_weights(32), srvgg, 4),
    "rrdb-6": Entry(lambda: rrdb_weights(6), rrdb, 4, 128, 2),
    "rrdb-23": Entry(lambda: rrdb_weights(23), rrdb, 4, 96, 2),
    "plksr": Entry(lambda: milder(drawn.plksr_network("", 64, 16, 28, 17, 1, True, 4)), page("plksr"), 4, 96, 2),
    "realplksr": Entry(lambda: drawn.plksr_network("norm", 64, 16, 28, 17, 3, True, 4), page("plksr"), 4, 96, 2),
    "swinir-light": Entry(lambda: swinir_weights("light_x2"), swinir_of("light_x2"), 2, 128, 2),
    "swinir-classical": Entry(lambda: swinir_weights("classical_x4"), swinir_of("classical_x4"), 4, 64, 2),
    "swinir-real-m": Entry(lambda: swinir_weights("real_m_x4"), swinir_of("real_m_x4"), 4, 64, 2),
    "swinir-jpeg": Entry(lambda: swinir_weights("jpeg"), swinir_of("jpeg"), 1, 56, 2),
    "swin2sr-light": Entry(lambda: drawn_transformers.swin2sr_weights(60, 4, 6, 6, 8, 120, 2, 512),
                           lambda w, p: transformers.swin2sr(w, p, {}), 2, 128, 2),
    "hat-s": Entry(lambda: drawn_transformers.hat_weights(144, 6, 6, 6, 16, 288, 6, 6, 64, 4),
                   lambda w, p: transformers.hat(w, p, {}), 4, 64, 1),
    "hat": Entry(lambda: drawn_transformers.hat_weights(180, 6, 6, 6, 16, 360, 60, 6, 64, 4),
                 lambda w, p: transformers.hat(w, p, {}), 4, 64, 1),
}
PRECISION_SIZE = 64
WHOLE = 1 << 20  # the radius where a value of the whole picture goes into every pixel


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

    def __init__(self, build, model, file, size, threads, precision, level=None, recorder=()):
        command = list(recorder) + [f"{build}/bench_network", model, file, str(size), str(size), str(threads), precision] + ([level] if level else [])
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        first = self.process.stdout.readline()
        if not first.startswith("ready"):
            raise RuntimeError(first.strip())

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


def samples(arguments, size):
    """A photo of the shared ones, repeated to the size; a drawn picture where there is none."""
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


def write_ppm(path, picture):
    with open(path, "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % picture.shape[1::-1] + (picture * 255).round().astype("u1").tobytes())


def convert(name, arguments, folder):
    """Weights for PyTorch, and the model's file; None where the published file is absent."""
    source = NETWORKS[name].source
    torch.manual_seed(1)
    if callable(source):
        weights, path = dict(source()), f"{folder}/drawn.pth"
        torch.save({"params": weights}, path)
    else:
        path = f"{arguments.shared}/weights/{source}"
        if not os.path.exists(path):
            print(f"SKIP {name}: {path} is not there")
            return None, None
        weights = state(path)
    model = f"{folder}/network.anew"
    subprocess.run([f"{arguments.build}/anew-convert", "-q", "--force", path, "-o", model], check=True)
    return weights, model


def facts(name, arguments, model):
    info = subprocess.run([f"{arguments.build}/anew", "info", model], check=True, capture_output=True, text=True).stdout
    radius = re.search(r"receptive radius: +(.+)", info).group(1)
    number = re.match(r"\d+", radius)
    return {"scale": NETWORKS[name].scale, "weights": "random" if callable(NETWORKS[name].source) else "published",
            "kflop": int(re.search(r"FLOPs: +(\d+)", info).group(1)) / 1e3,
            "kparameters": int(re.search(r"parameters: +(\d+)", info).group(1)) / 1e3,
            "radius": number.group(0) if number and int(number.group(0)) < WHOLE else "all"}


def speed(name, arguments, folder, weights, model, picture):
    """Ratios of seconds of the processor; the peak of our process."""
    entry, size, row = NETWORKS[name], picture.shape[0], {}
    picture.tofile(f"{folder}/picture.f32")
    weights = {key: value.to(memory_format=torch.channels_last) if value.dim() == 4 else value for key, value in weights.items()}
    given = torch.from_numpy(picture).permute(2, 0, 1)[None].contiguous(memory_format=torch.channels_last)
    for threads in map(int, arguments.threads.split(",")):
        torch.set_num_threads(threads)
        engine, ratios = Engine(arguments.build, model, f"{folder}/picture.f32", size, threads, "f32"), []
        for turn in range((arguments.rounds or entry.rounds) + 1):  # the first one warms up
            mine = float(engine.ask("run").split()[1])
            started = time.process_time()
            with torch.inference_mode():
                entry.forward(weights, given)
            if turn > 0:
                ratios.append((time.process_time() - started) / mine)
        row[f"memory-{threads}"] = round(engine.end())
        row[f"ratio-{threads}"] = [round(v, 2) for v in (statistics.median(ratios), min(ratios), max(ratios))]
    return row


LEVELS = ("_cfma", "_sse2", "_avx2", "_avx512", "_vnni", "_amx", "_neon", "_dotprod", "_i8mm", "_bf16", "_fp16")
PROFILED_SIZE, PROFILED_SECONDS = 512, 4.0


def plain_c(arguments, folder, model):
    """Percent of the program's own time in functions that are not built for a CPU level (their names end with it), and the
    names of those above 0.5 %, by `perf`, over some seconds of runs; None where perf is absent. Loading and planning are in it."""
    if shutil.which("perf") is None:
        return {"plain C": None, "plain C functions": {}}
    size, file = PROFILED_SIZE, f"{folder}/profiled.f32"
    samples(arguments, size).tofile(file)
    recorder = ["perf", "record", "-q", "-F", "1000", "-o", f"{folder}/perf.data"]
    engine, seconds = Engine(arguments.build, model, file, size, 1, "f32", recorder=recorder), 0.0
    while seconds < PROFILED_SECONDS:
        seconds += float(engine.ask("run").split()[1])
    engine.end()
    report = subprocess.run(["perf", "report", "-i", f"{folder}/perf.data", "--stdio", "--sort", "dso,symbol", "-q"],
                            capture_output=True, text=True, check=True).stdout
    everything, plain = 0.0, {}
    for share, object_file, place, function in re.findall(r"^ *([0-9.]+)% +(\S+) +\[(.)\] (\S+)", report, re.M):
        if place == "k":  # the system's: pages, clocks, other processes
            continue
        everything += float(share)
        if object_file.startswith("bench_network") and not re.sub(r"\.(part|constprop|isra|cold).*", "", function).endswith(LEVELS):
            plain[function] = plain.get(function, 0) + float(share)
    return {"plain C": round(100 * sum(plain.values()) / everything, 1),
            "plain C functions": {name: round(100 * share / everything, 1) for name, share in plain.items()
                                  if share > everything / 200}}


def precision(arguments, folder, model):
    picture, size = samples(arguments, PRECISION_SIZE), PRECISION_SIZE
    file, results, row = f"{folder}/small.f32", {}, {}
    picture.tofile(file)

    def run(model, precision, level=None):
        engine = Engine(arguments.build, model, file, size, 1, precision, level)
        engine.ask(f"save {folder}/result.f32")  # it has run once to get ready
        engine.end()
        return numpy.fromfile(f"{folder}/result.f32", "f4")

    results["exact"], results["f32"] = run(model, "exact"), run(model, "f32")
    row["psnr f32"] = psnr(results["f32"], results["exact"])
    results["bf16"] = run(model, "bf16")
    if numpy.array_equal(results["bf16"], results["f32"]):  # the CPU has no matrix products of bfloat16
        results["bf16"] = None
    row["psnr bf16"] = None if results["bf16"] is None else psnr(results["bf16"], results["exact"])
    write_ppm(f"{folder}/small.ppm", picture)
    done = subprocess.run([f"{arguments.build}/anew-quantize", "-q", "--force", model, f"{folder}/small.ppm", "-o",
                           f"{folder}/int8.anew"], capture_output=True, text=True)
    row["psnr int8"] = psnr(run(f"{folder}/int8.anew", "int8"), results["exact"]) if done.returncode == 0 else None
    return row


def measure(name, arguments, folder):
    weights, model = convert(name, arguments, folder)
    if model is None:
        return None
    size = arguments.size or NETWORKS[name].size
    picture = samples(arguments, size)
    about = facts(name, arguments, model)
    return {"size": size, **about, **speed(name, arguments, folder, weights, model, picture),
            **plain_c(arguments, folder, model), **precision(arguments, folder, model)}


ABOUT = """# What each network takes and gives

By `bench/sheets.py`, on a machine that others used at the same time (2 processors, AVX-512 with VNNI, no AMX): only ratios of
runs that took turns are given. Operations in thousands for each pixel of the picture (a multiply-add is two). Radius: how far,
in pixels of the picture, one pixel of the result sees; all: a mean of everything goes into it. Memory: the peak of the process
with one thread, picture and model with it, MiB. Speed: times as fast as PyTorch in float32, channels last, at the size of the
column "at", by seconds of the processor, the median of rounds that take turns,
with their range. Plain C: share of the program's own time at 512x512, by `perf`, in functions that are not built for a CPU
level: loading and packing weights, planning, where rows lie (names and shares: `sheets.json`). PSNR: against the exact class at 64x64, in
dB; f32 is the default, bf16 needs AMX, which was not there; int8 rounded by the picture itself, so that it is the best that
`anew-quantize` gives. `random`: weights of the published shape, drawn, whose differences are not those of trained ones; -: not
offered by the network, or not measured.
"""


def table(results, path):
    threads = [key for key in ("ratio-1", "ratio-2") if any(key in row for row in results.values())]
    heads = ["network", "weights", "scale", "kFLOP", "thousand parameters", "radius", "at", "memory"] + [
        f"{key[-1]} thread{'s' if key[-1] != '1' else ''}" for key in threads] + ["plain C, %", "f32", "bf16", "int8"]
    lines = [ABOUT, "| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]

    def of(row, key):
        value = row.get(key)
        return "-" if value is None else f"{value[0]} ({value[1]} to {value[2]})" if isinstance(value, list) else str(value)

    for name in [n for n in NETWORKS if n in results]:
        row = results[name]
        lines.append(f"| {name} | {row['weights']} | x{row['scale']} | {row['kflop']:.0f} | {row['kparameters']:.0f} | "
                     + " | ".join(of(row, key) for key in ["radius", "size", "memory-1", *threads, "plain C", "psnr f32",
                                                           "psnr bf16", "psnr int8"]) + " |")
    missing = [n for n in NETWORKS if n not in results]
    lines += ["", "Not measured yet: " + (", ".join(missing) or "none") + ". The networks of faces have `bench/faces.py`.", ""]
    with open(path, "w") as file:
        file.write("\n".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--shared", default=os.environ.get("ANEW_SHARED", "../shared"))
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--size", type=int, help="for all of them")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--threads", default="1")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--profile", action="store_true", help="of rows that are there, the share of plain C again")
    parser.add_argument("--results", default="bench/results/sheets.json")
    arguments = parser.parse_args()
    os.environ["ANEW_AUTO"] = "off"  # the network is measured, not what a look chooses
    results = {}
    if os.path.exists(arguments.results):
        with open(arguments.results) as file:
            results = json.load(file)
    for name in arguments.networks.split(","):
        if name in results and not arguments.again and not arguments.profile:
            print(f"{name}: there already")
            continue
        with tempfile.TemporaryDirectory() as folder:
            if name in results and arguments.profile:
                _, model = convert(name, arguments, folder)
                row = model and {**results[name], **plain_c(arguments, folder, model)}
            else:
                row = measure(name, arguments, folder)
        if row is not None:
            results[name] = row
            with open(arguments.results + ".new", "w") as file:
                json.dump(results, file, indent=1)
            os.replace(arguments.results + ".new", arguments.results)
            print(name, row, flush=True)
        table(results, os.path.splitext(arguments.results)[0] + ".md")


if __name__ == "__main__":
    main()
