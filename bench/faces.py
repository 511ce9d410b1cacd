#!/usr/bin/env python3
"""The face networks at full size, random weights of the published shapes: anew against PyTorch, f32, taking turns.

    python3 bench/faces.py                        GFPGAN and CodeFormer at 512, 2 threads
    python3 bench/faces.py --networks parsenet,bisenet --rounds 3 --threads 1

The networks are written out here once more, from their papers, as PyTorch runs them; weights are drawn where a layer
is met first, saved as a checkpoint and converted. Results are compared, memory is the processes' peak. On a machine that
others use, the ratio of processor time with one thread says more than that of wall clocks.
"""
import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

import numpy
import torch
from torch.nn import functional as f

BUILD = pathlib.Path(os.environ.get("BUILD", "build/release"))


class Weights:
    """Named tensors, drawn when they are asked for first."""

    def __init__(self):
        self.tensors, self.dice = {}, torch.Generator().manual_seed(1)

    def draw(self, name, shape, scale, middle=0.0):
        if name not in self.tensors:
            self.tensors[name] = torch.randn(shape, generator=self.dice) * scale + middle
        return self.tensors[name]

    def matrix(self, name, out, into, taps=(), gain=1.4):
        fan = into * (taps[0] * taps[1] if taps else 1)
        return self.draw(name, (out, into, *taps), gain / fan**0.5)

    def conv(self, name, x, out, kernel=3, bias=True, stride=1, pad=None, gain=1.4):
        weight = self.matrix(name + ".weight", out, x.shape[1], (kernel, kernel), gain)
        bias = self.draw(name + ".bias", (out,), 0.1) if bias else None
        return f.conv2d(x, weight, bias, stride, kernel // 2 if pad is None else pad)

    def linear(self, name, x, out, bias=True, gain=1.0):
        bias = self.draw(name + ".bias", (out,), 0.1) if bias else None
        return f.linear(x, self.matrix(name + ".weight", out, x.shape[-1], gain=gain), bias)

    def pair(self, name, channels):
        return self.draw(name + ".weight", (channels,), 0.1, 1.0), self.draw(name + ".bias", (channels,), 0.1)

    def batch_norm(self, name, x):
        weight, bias = self.pair(name, x.shape[1])
        mean = self.draw(name + ".running_mean", (x.shape[1],), 0.1)
        var = self.draw(name + ".running_var", (x.shape[1],), 0.0, 1.0)
        return f.batch_norm(x, mean, var, weight, bias)


def lrelu(x):
    return f.leaky_relu(x, 0.2, inplace=True)


def resize(x, factor):
    return f.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


# ---- GFPGAN ------------------------------------------------------------------------------------------------

UNET = {4: 256, 8: 256, 16: 256, 32: 256, 64: 256, 128: 128, 256: 64, 512: 32}


def gfpgan_block(w, name, x, channels, factor):
    y = lrelu(w.conv(name + ".conv1", x, x.shape[1]))
    y = lrelu(w.conv(name + ".conv2", resize(y, factor), channels))
    return y + w.conv(name + ".skip", resize(x, factor), channels, 1, bias=False, gain=0.7)


def modulated(w, name, x, latent, out, kernel, demodulate):
    weight = w.draw(name + ".weight", (1, out, x.shape[1], kernel, kernel), 1.0 / (x.shape[1] * kernel**2) ** 0.5)
    style = f.linear(latent, w.matrix(name + ".modulation.weight", x.shape[1], latent.shape[-1], gain=0.3),
                     w.draw(name + ".modulation.bias", (x.shape[1],), 0.1, 1.0))
    weight = weight * style.view(1, 1, -1, 1, 1)
    if demodulate:
        weight = weight * torch.rsqrt(weight.pow(2).sum([2, 3, 4]) + 1e-8).view(1, out, 1, 1, 1)
    return f.conv2d(x, weight.view(out, x.shape[1], kernel, kernel), None, 1, kernel // 2)


def style_conv(w, name, noise, x, latent, out, up):
    if up:
        x = resize(x, 2)
    x = modulated(w, name + ".modulated_conv", x, latent, out, 3, True) * 2**0.5
    plane = w.draw(f"stylegan_decoder.noises.noise{noise}", (1, 1, *x.shape[2:]), 1.0)
    x = x + w.draw(name + ".weight", (1,), 0.2) * plane
    return lrelu(x + w.draw(name + ".bias", (1, out, 1, 1), 0.1))


def to_rgb(w, name, x, latent, rgb):
    y = modulated(w, name + ".modulated_conv", x, latent, 3, 1, False) + w.draw(name + ".bias", (1, 3, 1, 1), 0.1)
    return y if rgb is None else y + resize(rgb, 2)


def gfpgan(w, x):
    sides = sorted(UNET)
    x = lrelu(w.conv("conv_body_first", x, UNET[512], 1))
    skips = []
    for i, side in enumerate(reversed(sides[:-1])):
        x = gfpgan_block(w, f"conv_body_down.{i}", x, UNET[side], 0.5)
        skips.insert(0, x)
    x = lrelu(w.conv("final_conv", x, UNET[4]))
    latent = w.linear("final_linear", x.reshape(1, -1), 16 * 512).view(1, 16, 512)
    maps = []
    for i, side in enumerate(sides[1:]):
        x = gfpgan_block(w, f"conv_body_up.{i}", x + skips[i], UNET[side], 2)
        maps.append([w.conv(f"condition_{kind}.{i}.2", lrelu(w.conv(f"condition_{kind}.{i}.0", x, UNET[side])),
                            UNET[side], gain=0.5) for kind in ("scale", "shift")])
    d = "stylegan_decoder."
    y = w.draw(d + "constant_input.weight", (1, 512, 4, 4), 1.0)
    y = style_conv(w, d + "style_conv1", 0, y, latent[:, 0], 512, False)
    rgb = to_rgb(w, d + "to_rgb1", y, latent[:, 1], None)
    for i, side in enumerate(sides[1:]):
        out = 2 * UNET[side]
        y = style_conv(w, d + f"style_convs.{2 * i}", 2 * i + 1, y, latent[:, 2 * i + 1], out, True)
        same, changed = torch.split(y, out // 2, 1)
        y = torch.cat([same, changed * maps[i][0] + maps[i][1]], 1)
        y = style_conv(w, d + f"style_convs.{2 * i + 1}", 2 * i + 2, y, latent[:, 2 * i + 2], out, False)
        rgb = to_rgb(w, d + f"to_rgbs.{i}", y, latent[:, 2 * i + 3], rgb)
    return rgb


# ---- CodeFormer --------------------------------------------------------------------------------------------

WIDTHS = [64, 128, 128, 256, 256, 512]


def norm_swish(w, name, x):
    return f.silu(f.group_norm(x, 32, *w.pair(name, x.shape[1]), 1e-6), inplace=True)


def codeformer_block(w, name, x, channels):
    y = w.conv(name + ".conv1", norm_swish(w, name + ".norm1", x), channels)
    y = w.conv(name + ".conv2", norm_swish(w, name + ".norm2", y), channels, gain=0.7)
    return y + (x if x.shape[1] == channels else w.conv(name + ".conv_out", x, channels, 1, gain=1))


def attention_block(w, name, x):
    n = f.group_norm(x, 32, *w.pair(name + ".norm", x.shape[1]), 1e-6)
    q, k, v = (w.conv(f"{name}.{part}", n, x.shape[1], 1, gain=1).flatten(2) for part in "qkv")
    weights = torch.softmax(torch.bmm(q.transpose(1, 2), k) * x.shape[1] ** -0.5, 2)
    y = torch.bmm(v, weights.transpose(1, 2)).view_as(x)
    return x + w.conv(name + ".proj_out", y, x.shape[1], 1, gain=0.7)


def middle(w, part, n, x):
    x = codeformer_block(w, f"{part}.blocks.{n}", x, 512)
    x = attention_block(w, f"{part}.blocks.{n + 1}", x)
    return codeformer_block(w, f"{part}.blocks.{n + 2}", x, 512)


def finish(w, part, n, x, channels):
    x = f.group_norm(x, 32, *w.pair(f"{part}.blocks.{n}", x.shape[1]), 1e-6)
    return w.conv(f"{part}.blocks.{n + 1}", x, channels, gain=1)


def transformer_layer(w, name, x, places):
    n = f.layer_norm(x, (512,), *w.pair(name + ".norm1", 512))
    weight = w.matrix(name + ".self_attn.in_proj_weight", 1536, 512, gain=1)
    bias = w.draw(name + ".self_attn.in_proj_bias", (1536,), 0.1)
    q, k = f.linear(n + places, weight[:1024], bias[:1024]).split(512, -1)
    v = f.linear(n, weight[1024:], bias[1024:])
    q, k, v = (t.view(1, 256, 8, 64).transpose(1, 2) for t in (q, k, v))
    y = f.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(1, 256, 512)
    x = x + w.linear(name + ".self_attn.out_proj", y, 512)
    n = f.layer_norm(x, (512,), *w.pair(name + ".norm2", 512))
    return x + w.linear(name + ".linear2", f.gelu(w.linear(name + ".linear1", n, 1024)), 512)


def fuse(w, name, features, x, fidelity):
    e = codeformer_block(w, name + ".encode_enc", torch.cat([features, x], 1), x.shape[1])
    scale, shift = (w.conv(f"{name}.{kind}.2", lrelu(w.conv(f"{name}.{kind}.0", e, x.shape[1])), x.shape[1], gain=0.5)
                    for kind in ("scale", "shift"))
    return x + fidelity * (x * scale + shift)


def adain(x, like):
    def numbers(v):
        v = v.flatten(2)
        return v.mean(2)[..., None, None], (v.var(2) + 1e-5).sqrt()[..., None, None]
    (mean, deviation), (to_mean, to_deviation) = numbers(x), numbers(like)
    return (x - mean) / deviation * to_deviation + to_mean


def codeformer(w, x, fidelity=0.5):
    n, features = 1, {}
    x = w.conv("encoder.blocks.0", x, 64)
    for level, width in enumerate(WIDTHS):
        for _ in range(2):
            x = codeformer_block(w, f"encoder.blocks.{n}", x, width)
            n += 1
            if level == 5:
                x = attention_block(w, f"encoder.blocks.{n}", x)
                n += 1
        features[level] = x
        if level < 5:
            x = w.conv(f"encoder.blocks.{n}.conv", f.pad(x, (0, 1, 0, 1)), width, stride=2, pad=0, gain=1)
            n += 1
    encoded = finish(w, "encoder", n + 3, middle(w, "encoder", n, x), 256)
    x = w.linear("feat_emb", encoded.flatten(2).transpose(1, 2), 512)
    places = w.draw("position_emb", (256, 512), 0.5)
    for i in range(9):
        x = transformer_layer(w, f"ft_layers.{i}", x, places)
    x = w.linear("idx_pred_layer.1", f.layer_norm(x, (512,), *w.pair("idx_pred_layer.0", 512)), 1024, bias=False)
    x = w.draw("quantize.embedding.weight", (1024, 256), 1.0)[x.argmax(2)]
    x = adain(x.transpose(1, 2).reshape(1, 256, 16, 16), encoded)
    x = middle(w, "generator", 1, w.conv("generator.blocks.0", x, 512, gain=1))
    n = 4
    for level in range(5, -1, -1):
        for i in range(2):
            x = codeformer_block(w, f"generator.blocks.{n}", x, WIDTHS[level])
            n += 1
            if level == 5:
                x = attention_block(w, f"generator.blocks.{n}", x)
                n += 1
            if i == 0 and 1 <= level <= 4:
                x = fuse(w, f"fuse_convs_dict.{512 >> level}", features[level], x, fidelity)
        if level > 0:
            x = f.interpolate(x, scale_factor=2.0, mode="nearest")
            x = w.conv(f"generator.blocks.{n}.conv", x, x.shape[1], gain=1)
            n += 1
    return finish(w, "generator", n, x, 3)


# ---- ParseNet ----------------------------------------------------------------------------------------------


def parse_layer(w, name, x, channels, how="same", norm=True, act=False):
    if how == "up":
        x = f.interpolate(x, scale_factor=2.0, mode="nearest")
    x = w.conv(name + ".conv2d", f.pad(x, (1, 1, 1, 1), mode="reflect"), channels, bias=not norm,
               stride=2 if how == "down" else 1, pad=0, gain=1)
    x = w.batch_norm(name + ".norm.norm", x) if norm else x
    return lrelu(x) if act else x


def parse_block(w, name, x, channels, how):
    past = x if how == "same" else parse_layer(w, name + ".shortcut_func", x, channels, how, norm=False)
    y = parse_layer(w, name + ".conv1", x, channels, "up" if how == "up" else "same", act=True)
    return past + parse_layer(w, name + ".conv2", y, channels, "down" if how == "down" else "same")


def parsenet(w, x):
    widths = [64, 128, 256, 256, 256]
    x = parse_layer(w, "encoder.0", x, 64, norm=False)
    for i in range(1, 5):
        x = parse_block(w, f"encoder.{i}", x, widths[i], "down")
    y = x
    for i in range(10):
        y = parse_block(w, f"body.{i}", y, 256, "same")
    x = x + y
    for i in range(4):
        x = parse_block(w, f"decoder.{i}", x, widths[3 - i], "up")
    return parse_layer(w, "out_mask_conv", x, 19, norm=False)


NETWORKS = {"gfpgan": gfpgan, "codeformer": codeformer, "parsenet": parsenet}


def ask(process, line):
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def compare(name, arguments, folder):
    dice = numpy.random.default_rng(1)
    y, x = numpy.mgrid[0:512, 0:512] / 512
    picture = numpy.stack([numpy.sin(9 * x + 5 * y), numpy.cos(7 * y), numpy.sin(30 * x * y)])
    picture = (0.8 * picture + dice.normal(0, 0.05, picture.shape)).astype(numpy.float32)
    picture.tofile(folder / "picture.f32")
    torch_in = torch.from_numpy(picture)[None]
    weights = Weights()
    with torch.inference_mode():
        NETWORKS[name](weights, torch_in)  # draws the weights
    state = dict(weights.tensors)
    torch.save({"params_ema": state}, folder / f"{name}.pth")
    subprocess.run([BUILD / "anew-convert", "-q", "--force", folder / f"{name}.pth", "-o", folder / f"{name}.anew"],
                   check=True)
    engine = subprocess.Popen(
        [BUILD / "bench_faces", folder / f"{name}.anew", folder / "picture.f32", "512", str(arguments.threads),
         "f32"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    packed, activations = map(int, engine.stdout.readline().split())
    ours, theirs, processor_ratios = [], [], []
    with torch.inference_mode():
        for turn in range(arguments.rounds + 1):
            seconds, used = map(float, ask(engine, "run").split())
            time.sleep(0.3)  # spinning threads of the one that has just run
            started, torch_used = time.monotonic(), time.process_time()
            result = NETWORKS[name](weights, torch_in)
            torch_seconds, torch_used = time.monotonic() - started, time.process_time() - torch_used
            time.sleep(0.3)
            if turn > 0:  # the first run warms up
                ours.append(seconds)
                theirs.append(torch_seconds)
                processor_ratios.append(torch_used / used)
                print(f"  {name}: anew {seconds:.3f} s ({used:.3f} s of processors), PyTorch {torch_seconds:.3f} s "
                      f"({torch_used:.3f} s)", flush=True)
    ask(engine, f"save {folder / 'result.f32'}")
    got = numpy.fromfile(folder / "result.f32", numpy.float32)
    want = result.numpy().ravel()
    largest, difference = numpy.abs(want).max(), numpy.abs(got - want)
    if arguments.steps:
        ask(engine, "steps")
    status = pathlib.Path(f"/proc/{engine.pid}/status").read_text()
    peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
    engine.stdin.close()
    engine.wait()
    a, t = statistics.median(ours), statistics.median(theirs)
    ratios = [p / o for o, p in zip(ours, theirs)]
    print(f"{name} at 512, {arguments.threads} threads: anew {a:.3f} s, PyTorch {t:.3f} s, ratio "
          f"{statistics.median(ratios):.2f} ({min(ratios):.2f} .. {max(ratios):.2f}), of processor time "
          f"{statistics.median(processor_ratios):.2f}; anew's weights "
          f"{packed / 2**20:.0f} MiB, activations {activations / 2**20:.0f} MiB, peak {peak / 1024:.0f} MiB; results "
          f"differ by {difference.max():.1e} at most, {difference.mean():.1e} in the mean, of {largest:.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", default="gfpgan,codeformer")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", action="store_true", help="the engine's slowest steps")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"PyTorch {torch.__version__}, {arguments.rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.networks.split(","):
            compare(name, arguments, pathlib.Path(folder))
    print(f"PyTorch's process: peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
