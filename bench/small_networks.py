#!/usr/bin/env python3
"""Small published networks with their real weights: the program's pictures against those of PyTorch
(tests/small_networks.py).

    small_networks.py [--build build/release] [--shared ../shared] [--networks dncnn,pan] [--pictures A,B]
                      [--limit PERCENT]
    small_networks.py --speed [--size 256] [--rounds 5] ...

Pictures: samples in 8 bits that differ, and by how much at most; with --limit, exit code 1 where more of them differ or by
more than 1. Speed: a table of operations, parameters, receptive radius, memory, and of one picture's time, from floats to
floats with one thread, against PyTorch's in float32, channels last: seconds of the processor of both, taking turns, and the
median of the rounds' ratios with their range. Files that are absent are named and left out; networks of which no published
weights are at hand (IMDN, RealPLKSR) have random ones, of which speed and agreement can be told, and nothing else.
"""
import argparse
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
    from PIL import Image

    import make_golden_small as made
    import small_networks as nets
except ImportError as missing:
    print(f"SKIP: {missing}")
    sys.exit(0)

LEVEL = 25


def state(path):
    """A state dict of any of the wrappers that these files have."""
    class Network(torch.nn.Module):
        pass

    setattr(sys.modules["__main__"], "Network", Network)  # a whole module names its class
    loaded = torch.load(path, map_location="cpu", weights_only=False)
    if isinstance(loaded, torch.nn.Module):
        loaded = loaded.state_dict()
    for key in ("params_ema", "params"):
        loaded = loaded.get(key, loaded)
    return {name.removeprefix("module."): value.float() for name, value in loaded.items() if hasattr(value, "shape")}


def continued(picture, margin, alignment):
    """Its edge repeated, to sides of a multiple of `alignment`."""
    right, below = (-(size + 2 * margin) % alignment for size in (picture.shape[3], picture.shape[2]))
    return torch.nn.functional.pad(picture, (margin, margin + right, margin, margin + below), "replicate")


# name: file, or what makes random weights of the published size; (weights, picture) -> result, (weights, samples) -> what is timed, options of the program, scale
NETWORKS = {
    "dncnn": ("x1/dncnn_25.pth", lambda w, p: nets.by_channel(lambda x: nets.dncnn(w, x, {}), p),
              lambda w, p: nets.dncnn(w, p[:, :1], {}), [], 1),
    "ffdnet": ("x1/ffdnet_rgb.pth", lambda w, p: nets.ffdnet(w, p, {}, LEVEL),
               lambda w, p: nets.ffdnet(w, p, {}, LEVEL), [f"--noise-level={LEVEL}"], 1),
    "espcn": ("sr/espcn_x3_epoch599.pth", lambda w, p: nets.by_luma(lambda x: nets.espcn(w, x, {}), p),
              lambda w, p: nets.espcn(w, p[:, :1], {}), [], 3),
    "pan": ("sr/PANx4_DF2K.pth", lambda w, p: nets.pan(w, p, {}), lambda w, p: nets.pan(w, p, {}), [], 4),
    "rfdn": ("sr/rfdn_baseline_x4.pth", lambda w, p: nets.rfdn(w, p, {}, 255.0), lambda w, p: nets.rfdn(w, p, {}, 255.0),
             [], 4),
    "bsrn": ("sr/bsrn_team18_x4.pth", lambda w, p: nets.bsrn(w, p, {}), lambda w, p: nets.bsrn(w, p, {}), [], 4),
    "safmn": ("sr/safmn_team15_x4.pth", lambda w, p: nets.safmn(w, p, {}), lambda w, p: nets.safmn(w, p, {}), [], 4),
    "cunet": (lambda: made.cunet_network(32, False, False), lambda w, p: nets.cunet(w, continued(p, 28, 4), {}),
              lambda w, p: nets.cunet(w, continued(p, 28, 4), {}), [], 1),
    "cunet_x2": (lambda: made.cunet_network(32, True, False), lambda w, p: nets.cunet(w, continued(p, 18, 2), {}),
                 lambda w, p: nets.cunet(w, continued(p, 18, 2), {}), [], 2),
    "upconv_7": (lambda: made.upconv_network([3, 16, 32, 64, 128, 128, 256], True),
                 lambda w, p: nets.upconv(w, continued(p, 7, 1), {}), lambda w, p: nets.upconv(w, continued(p, 7, 1), {}),
                 [], 2),
    "realplksr": (lambda: made.plksr_network("norm", 64, 16, 28, 17, 3, True, 4),
                  lambda w, p: nets.plksr(w, p, {}), lambda w, p: nets.plksr(w, p, {}), [], 4),
}


def compare(name, build, model, weights, pictures, limit):
    """Whether a picture is beyond the limit."""
    bad = False
    file, whole, _, options, scale = NETWORKS[name]
    for path in pictures:
        picture = Image.open(path).convert("RGB")
        if picture.width * picture.height > 500 * 500:
            picture = picture.crop((0, 0, 500, 400))
        if name == "ffdnet":  # continued by reflection here, by repetition there
            picture = picture.crop((0, 0, picture.width // 2 * 2, picture.height // 2 * 2))
        with tempfile.TemporaryDirectory() as folder:
            small, large = os.path.join(folder, "in.png"), os.path.join(folder, "out.png")
            picture.save(small)
            subprocess.run([f"{build}/anew", small, "-o", large, "-m", model, "--quiet", "--precision=f32", *options], check=True)
            got = numpy.asarray(Image.open(large).convert("RGB")).astype(int)
        samples = torch.from_numpy(numpy.asarray(picture).copy()).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            want = whole(weights, samples)[0].clamp(0, 1).permute(1, 2, 0).mul(255).round().numpy().astype(int)
        off = abs(got - want[:got.shape[0], :got.shape[1]])  # what was continued for the sake of whole sizes is cut
        print(f"{name} {os.path.basename(path)} {picture.width}x{picture.height}: {100 * (off > 0).mean():.4f} % of samples "
              f"differ, by at most {off.max()}", flush=True)
        bad |= limit is not None and (100 * (off > 0).mean() > limit or off.max() > 1)
    return bad


def facts(build, model, size):
    """Of `anew info` and `anew explain`: operations of a pixel, parameters, radius, bytes of the activations."""
    info = subprocess.run([f"{build}/anew", "info", model], check=True, capture_output=True, text=True).stdout
    plan = subprocess.run([f"{build}/anew", "explain", model, "--size", f"{size}x{size}"], check=True, capture_output=True,
                          text=True).stdout
    number = {key: re.search(pattern, text).group(1) for key, pattern, text in (
        ("flops", r"FLOPs: +(\d+)", info), ("parameters", r"parameters: +(\d+)", info),
        ("radius", r"receptive radius: +(\d+)", info), ("memory", r"activations ([\d.]+)", plan))}
    return number


def speed(name, build, model, weights, size, rounds):
    _, whole, _, _, scale = NETWORKS[name]
    weights = {key: value.to(memory_format=torch.channels_last) if value.dim() == 4 else value for key, value in weights.items()}
    picture = torch.rand(1, 3, size, size).to(memory_format=torch.channels_last)
    with tempfile.NamedTemporaryFile(suffix=".f32") as file:
        file.write(picture[0].permute(1, 2, 0).contiguous().numpy().tobytes())
        file.flush()
        ours = subprocess.Popen([f"{build}/bench_network", model, file.name, str(size), str(size), "1", "f32"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        mine, theirs = [], []
        ours.stdout.readline()
        for turn in range(rounds + 1):  # the first one warms up
            ours.stdin.write("run\n")
            ours.stdin.flush()
            seconds = float(ours.stdout.readline().split()[1])
            started = time.process_time()
            with torch.no_grad():
                whole(weights, picture)
            if turn > 0:
                mine.append(seconds)
                theirs.append(time.process_time() - started)
        ours.stdin.close()
        ours.wait()
    ratios = sorted(b / a for a, b in zip(mine, theirs))
    about = facts(build, model, size)
    print(f"| {name} | x{scale} | {int(about['flops']) / 1e3:.0f} | {int(about['parameters']) / 1e3:.0f} | {about['radius']} | "
          f"{about['memory']} | {statistics.median(mine):.3f} | {statistics.median(theirs):.3f} | "
          f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) |", flush=True)


def main():
    os.environ.setdefault("ANEW_AUTO", "off")  # the network is measured, not what a look chooses
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--shared", default=os.environ.get("ANEW_SHARED", "../shared"))
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--pictures", default="")
    parser.add_argument("--limit", type=float)
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    pictures = arguments.pictures.split(",") if arguments.pictures else [
        f"{arguments.shared}/images/open/Set5/LRx4/{name}.png" for name in ("bird", "butterfly", "head", "woman")]
    torch.set_num_threads(1)
    bad = False
    if arguments.speed:
        print(f"{arguments.size} x {arguments.size}, one thread, {arguments.rounds} rounds\n")
        print("| network | scale | kFLOP a pixel | thousand parameters | radius | activations, MiB | anew, s | PyTorch, s | "
              "times as fast |\n|---|---|---|---|---|---|---|---|---|")
    for name in arguments.networks.split(","):
        file = NETWORKS[name][0]
        path = f"{arguments.shared}/weights/{file}"
        if not callable(file) and not os.path.exists(path):
            print(f"SKIP {name}: {path} is not there")
            continue
        with tempfile.TemporaryDirectory() as folder:
            if callable(file):
                torch.manual_seed(1)
                path = os.path.join(folder, name + ".pth")
                torch.save(dict(file()), path)
            model = os.path.join(folder, name + ".anew")
            subprocess.run([f"{arguments.build}/anew-convert", "-q", path, "-o", model], check=True)
            if arguments.speed:
                speed(name, arguments.build, model, state(path), arguments.size, arguments.rounds)
            else:
                bad |= compare(name, arguments.build, model, state(path), pictures, arguments.limit)
    sys.exit(1 if bad else 0)


main()
