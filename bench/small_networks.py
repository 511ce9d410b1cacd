#!/usr/bin/env python3
"""Small published networks with their real weights: the program's pictures against those of PyTorch
(tests/small_networks.py).

    small_networks.py [--build build/release] [--shared ../shared] [--networks dncnn,pan] [--pictures A,B]

Samples in 8 bits that differ, and by how much at most. Files that are absent are named and left out.
"""
import argparse
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests"))
try:
    import numpy
    import torch
    from PIL import Image

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


# name: file, (weights, picture) -> result, (weights, samples) -> what is timed, options of the program, scale
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
}


def compare(name, build, model, weights, pictures, shared):
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
        off = abs(got - want)
        print(f"{name} {os.path.basename(path)} {picture.width}x{picture.height}: {100 * (off > 0).mean():.4f} % of samples "
              f"differ, by at most {off.max()}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--shared", default=os.environ.get("ANEW_SHARED", "../shared"))
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--pictures", default="")
    arguments = parser.parse_args()
    pictures = arguments.pictures.split(",") if arguments.pictures else [
        f"{arguments.shared}/images/open/Set5/LRx4/{name}.png" for name in ("bird", "butterfly", "head", "woman")]
    torch.set_num_threads(1)
    for name in arguments.networks.split(","):
        path = f"{arguments.shared}/weights/{NETWORKS[name][0]}"
        if not os.path.exists(path):
            print(f"SKIP {name}: {path} is not there")
            continue
        with tempfile.TemporaryDirectory() as folder:
            model = os.path.join(folder, name + ".anew")
            subprocess.run([f"{arguments.build}/anew-convert", "-q", path, "-o", model], check=True)
            compare(name, arguments.build, model, state(path), pictures, arguments.shared)


main()
