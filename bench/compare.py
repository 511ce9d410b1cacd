#!/usr/bin/env python3
"""Whole networks side by side: anew and the peers that are installed, in one run, interleaved.

    python3 bench/compare.py [--size 256] [--threads 2] [--rounds 9] [--anew build/release/anew]

Peers come from PyPI (see README.md here); one that is not installed is said to be absent. The weights
are real ones, found under ANEW_SHARED (default ../shared); without them nothing is compared. Every
engine gets the same picture and its output is compared with ours, so that nobody wins by being wrong.
anew's figure is the `network_seconds` of --profile=json: from packed input to pixels, like the peers'.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy


def write_ppm(path, pixels):
    with open(path, "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % (pixels.shape[1], pixels.shape[0]) + pixels.tobytes())


def read_ppm(path):
    data = pathlib.Path(path).read_bytes()
    header = data.split(b"\n", 3)
    width, height = map(int, header[1].split())
    return numpy.frombuffer(header[3], numpy.uint8).reshape(height, width, 3)


def picture(size):
    """Smooth shapes with noise: denormals and constant areas would flatter or punish somebody."""
    dice = numpy.random.default_rng(1)
    y, x = numpy.mgrid[0:size, 0:size] / size
    waves = numpy.stack([numpy.sin(9 * x + 5 * y), numpy.cos(7 * y), numpy.sin(30 * x * y)], 2)
    return numpy.clip(127 + 90 * waves + dice.normal(0, 6, (size, size, 3)), 0, 255).astype(numpy.uint8)


class Anew:
    def __init__(self, program, model, path, threads, cpu=None):
        self.name = "anew" + (f" ({cpu})" if cpu else "")
        self.output = path.with_suffix(f".{cpu or 'best'}.out.ppm")
        self.command = [program, "-m", model, str(path), "-o", str(self.output), "-f",
                        "--profile=json", "--threads", str(threads)]
        self.environment = dict(os.environ, **({"ANEW_CPU": cpu} if cpu else {}))

    def run(self):
        printed = subprocess.run(self.command, capture_output=True, text=True, check=True,
                                 env=self.environment).stdout
        return json.loads(printed.splitlines()[-1])["network_seconds"]

    def result(self):
        return read_ppm(self.output)


class Ncnn:
    """f32 as asked of both, and as ncnn chooses by itself ("best": fp16 or bf16 storage allowed)."""

    def __init__(self, param, weights, pixels, threads, best):
        import ncnn

        self.ncnn, self.name = ncnn, f"ncnn {ncnn.__version__}" + (" (its own choice)" if best else " (f32)")
        self.net = ncnn.Net()
        self.net.opt.num_threads = threads
        self.net.opt.use_vulkan_compute = False
        if not best:
            for option in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage"):
                setattr(self.net.opt, option, False)
        self.net.load_param(str(param))
        self.net.load_model(str(weights))
        self.threads = threads
        # A Mat borrows the array; clone() makes it own its data.
        planes = numpy.ascontiguousarray(pixels.transpose(2, 0, 1).astype(numpy.float32) / 255)
        self.input = ncnn.Mat(planes).clone()

    def run(self):
        extractor = self.net.create_extractor()
        started = time.perf_counter()
        extractor.input(self.net.input_names()[0], self.input)
        _, output = extractor.extract(self.net.output_names()[0])
        seconds = time.perf_counter() - started
        self.output = numpy.array(output).copy()
        return seconds

    def result(self):
        return numpy.clip(numpy.rint(self.output.transpose(1, 2, 0) * 255), 0, 255).astype(numpy.uint8)


class Torch:
    def __init__(self, model, pixels, threads):
        import torch

        self.torch, self.name = torch, f"PyTorch {torch.__version__.split('+')[0]} (f32, channels-last)"
        torch.set_num_threads(threads)
        self.net = model.to(memory_format=torch.channels_last).eval()
        self.input = (torch.from_numpy(pixels.transpose(2, 0, 1).copy())[None].float() / 255).to(
            memory_format=torch.channels_last)

    def run(self):
        with self.torch.inference_mode():
            started = time.perf_counter()
            self.output = self.net(self.input)
            return time.perf_counter() - started

    def result(self):
        pixels = self.output[0].permute(1, 2, 0).numpy()
        return numpy.clip(numpy.rint(pixels * 255), 0, 255).astype(numpy.uint8)


def torch_compact(path):
    """SRVGGNetCompact with the tensors of a checkpoint, as plain PyTorch modules."""
    import torch

    state = torch.load(path, map_location="cpu")
    state = state.get("params", state)
    layers = [name.split(".")[1] for name in state if name.endswith("weight")]
    body = []
    for index in sorted(set(map(int, layers))):
        weight = state[f"body.{index}.weight"].float()
        if weight.dim() == 4:
            layer = torch.nn.Conv2d(weight.shape[1], weight.shape[0], 3, 1, 1)
            layer.bias.data = state[f"body.{index}.bias"].float()
        else:
            layer = torch.nn.PReLU(weight.shape[0])
        layer.weight.data = weight
        body.append(layer)

    class Compact(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = torch.nn.Sequential(*body)
            self.shuffle = torch.nn.PixelShuffle(4)

        def forward(self, x):
            large = torch.nn.functional.interpolate(x, scale_factor=4, mode="nearest")
            return self.shuffle(self.body(x)) + large

    return Compact()


def peak(anew_root):
    """GFLOP/s of one thread, from the kernel benchmark where it is built."""
    program = anew_root / "bench_kernels"
    if not program.exists():
        return None
    return subprocess.run([program, "--peak"], capture_output=True, text=True, check=True).stdout.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--anew", default="build/release/anew")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    weights = pathlib.Path(os.environ.get("ANEW_SHARED", "../shared")) / "weights" / "sr"
    if not weights.is_dir():
        print(f"SKIP: {weights} is absent; nothing to compare with")
        return
    print("machine:", next((line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                            if line.startswith("model name")), "unknown"))
    print("peak:", peak(pathlib.Path(options.anew).parent))
    pixels = picture(options.size)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "in.ppm"
        model = pathlib.Path(folder) / "model.anew"
        write_ppm(path, pixels)
        checkpoint = weights / "realesr-animevideov3.pth"
        subprocess.run([pathlib.Path(options.anew).parent / "anew-convert", "-q", checkpoint, "-o", model], check=True)
        engines = [Anew(options.anew, str(model), path, options.threads),
                   Anew(options.anew, str(model), path, options.threads, "avx2")]
        for make in (
            lambda: Ncnn(weights / "ncnn/realesr-animevideov3-x4.param",
                         weights / "ncnn/realesr-animevideov3-x4.bin", pixels, options.threads, False),
            lambda: Ncnn(weights / "ncnn/realesr-animevideov3-x4.param",
                         weights / "ncnn/realesr-animevideov3-x4.bin", pixels, options.threads, True),
            lambda: Torch(torch_compact(checkpoint), pixels, options.threads),
        ):
            try:
                engines.append(make())
            except ImportError as error:
                print(f"absent: {error.name}")
        seconds = {engine.name: [] for engine in engines}
        for number in range(options.rounds + 1):
            for engine in engines:
                spent = engine.run()
                if number > 0:  # the first round warms up
                    seconds[engine.name].append(spent)
        ours = engines[0].result().astype(int)
        print(f"animevideov3, {options.size}x{options.size}, {options.threads} threads, "
              f"{options.rounds} rounds interleaved")
        print(f"{'engine':42} {'min':>8} {'median':>8} {'max':>8}  {'anew is faster by':>18}  8-bit difference")
        first = seconds[engines[0].name]
        for engine in engines:
            mine = seconds[engine.name]
            ratio = statistics.median(other / own for other, own in zip(mine, first))
            difference = numpy.abs(engine.result().astype(int) - ours)
            print(f"{engine.name:42} {min(mine):8.4f} {statistics.median(mine):8.4f} {max(mine):8.4f}"
                  f"  {ratio:17.2f}x  max {difference.max()}, {100 * (difference > 0).mean():.3f} % differ")


if __name__ == "__main__":
    sys.exit(main())
