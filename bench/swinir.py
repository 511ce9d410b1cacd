#!/usr/bin/env python3
"""SwinIR in its published forms, random weights: anew against PyTorch, f32, taking turns.

    python3 bench/swinir.py                                   lightweight x2 at 256x256, 2 threads
    python3 bench/swinir.py --forms classical_x4,jpeg --size 168 --rounds 3 --threads 1 --steps

The network is written out here once more, from its paper, as PyTorch runs it: convolutions channels-last, masks made once
for each size. Both get the same picture and the same weights; anew runs it as the program does, in bands. The sizes
are multiples of 8 and 7 or PyTorch would be asked for more pixels than the picture has.
"""
import argparse
import pathlib
import subprocess
import tempfile
import time

import numpy
import torch
from torch.nn import functional as f

from faces import BUILD, Weights, ask

MEAN = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1)
#        channels, stages, blocks, heads, window, upsampler, scale, three convolutions, range
FORMS = {
    "classical_x2": (180, 6, 6, 6, 8, "pixelshuffle", 2, False, 1.0),
    "classical_x4": (180, 6, 6, 6, 8, "pixelshuffle", 4, False, 1.0),
    "light_x2": (60, 4, 6, 6, 8, "pixelshuffledirect", 2, False, 1.0),
    "real_m_x4": (180, 6, 6, 6, 8, "nearest+conv", 4, False, 1.0),
    "real_l_x4": (240, 9, 6, 8, 8, "nearest+conv", 4, True, 1.0),
    "denoise": (180, 6, 6, 6, 8, "none", 1, False, 1.0),
    "jpeg": (180, 6, 6, 6, 7, "none", 1, False, 255.0),
}
masks = {}


def windows(x, w):
    """[1][H][W][C] to [windows][w * w][C]."""
    _, height, width, channels = x.shape
    x = x.view(height // w, w, width // w, w, channels)
    return x.transpose(1, 2).reshape(-1, w * w, channels)


def mask_of(height, width, w, shift):
    key = height, width, w, shift
    if key not in masks:
        label = torch.zeros(height, width)
        for i, rows in enumerate((slice(-w), slice(-w, -shift), slice(-shift, None))):
            for k, columns in enumerate((slice(-w), slice(-w, -shift), slice(-shift, None))):
                label[rows, columns] = 3 * i + k
        part = windows(label.view(1, height, width, 1), w).squeeze(2)
        masks[key] = torch.where(part[:, None] == part[:, :, None], 0.0, -100.0)[:, None]
    return masks[key]


def places(w):
    at = torch.stack(torch.meshgrid(torch.arange(w), torch.arange(w), indexing="ij")).flatten(1)
    apart = (at[:, :, None] - at[:, None, :]) + w - 1
    return apart[0] * (2 * w - 1) + apart[1]


def norm(w, name, x):
    weight, bias = w.pair(name, x.shape[-1])
    return f.layer_norm(x, (x.shape[-1],), weight, bias)


def attention(w, name, x, heads, side, shift):
    _, height, width, channels = x.shape
    if shift:
        x = torch.roll(x, (-shift, -shift), (1, 2))
    x = windows(x, side)
    q, k, v = w.linear(name + ".qkv", x, 3 * channels).view(*x.shape[:2], 3, heads, -1).permute(2, 0, 3, 1, 4)
    table = w.draw(name + ".relative_position_bias_table", ((2 * side - 1) ** 2, heads), 0.5)
    bias = table[places(side).flatten()].view(side * side, side * side, heads).permute(2, 0, 1)[None]
    if shift:
        bias = bias + mask_of(height, width, side, shift)
    x = f.scaled_dot_product_attention(q, k, v, bias).transpose(1, 2).reshape(x.shape)
    x = w.linear(name + ".proj", x, channels)
    x = x.view(height // side, width // side, side, side, channels).transpose(1, 2).reshape(1, height, width, channels)
    return torch.roll(x, (shift, shift), (1, 2)) if shift else x


def convolution(w, name, x, three):
    channels = x.shape[1]
    if not three:
        return w.conv(name, x, channels)
    x = f.leaky_relu(w.conv(name + ".0", x, channels // 4), 0.2)
    x = f.leaky_relu(w.conv(name + ".2", x, channels // 4, 1), 0.2)
    return w.conv(name + ".4", x, channels)


def swinir(w, picture, form):
    channels, stages, blocks, heads, side, upsampler, scale, three, largest = FORMS[form]
    x = (picture - MEAN) * largest
    shallow = w.conv("conv_first", x, channels)
    tokens = norm(w, "patch_embed.norm", shallow.permute(0, 2, 3, 1))
    for i in range(stages):
        before = tokens
        for k in range(blocks):
            name = f"layers.{i}.residual_group.blocks.{k}"
            shift = side // 2 if k % 2 else 0
            tokens = tokens + attention(w, name + ".attn", norm(w, name + ".norm1", tokens), heads, side, shift)
            y = f.gelu(w.linear(name + ".mlp.fc1", norm(w, name + ".norm2", tokens), 2 * channels))
            tokens = tokens + w.linear(name + ".mlp.fc2", y, channels)
        y = convolution(w, f"layers.{i}.conv", tokens.permute(0, 3, 1, 2), three)
        tokens = before + y.permute(0, 2, 3, 1)
    y = convolution(w, "conv_after_body", norm(w, "norm", tokens).permute(0, 3, 1, 2), three) + shallow
    if upsampler == "none":
        y = x + w.conv("conv_last", y, 3)
    elif upsampler == "pixelshuffledirect":
        y = f.pixel_shuffle(w.conv("upsample.0", y, 3 * scale * scale), scale)
    else:
        y = f.leaky_relu(w.conv("conv_before_upsample.0", y, 64), 0.01)
        for i in range(scale // 2):
            if upsampler == "pixelshuffle":
                y = f.pixel_shuffle(w.conv(f"upsample.{2 * i}", y, 256), 2)
            else:
                y = f.leaky_relu(w.conv(f"conv_up{i + 1}", f.interpolate(y, scale_factor=2), 64), 0.2)
        if upsampler != "pixelshuffle":
            y = f.leaky_relu(w.conv("conv_hr", y, 64), 0.2)
        y = w.conv("conv_last", y, 3, gain=0.5)
    return y / largest + MEAN


def compare(form, arguments, folder):
    size = arguments.size
    y, x = numpy.mgrid[0:size, 0:size] / size
    picture = numpy.stack([0.5 + 0.4 * numpy.sin(9 * x + 5 * y), 0.5 + 0.4 * numpy.cos(7 * y), x * y], 2)
    picture.astype(numpy.float32).tofile(folder / "picture.f32")
    given = torch.from_numpy(picture.astype(numpy.float32)).permute(2, 0, 1)[None]
    given = given.contiguous(memory_format=torch.channels_last)
    weights = Weights()
    ours, theirs, ratios = [], [], []
    with torch.inference_mode():
        small = FORMS[form][4] * 2
        swinir(weights, given[:, :, :small, :small], form)  # draws the weights
        torch.save({"params": weights.tensors}, folder / f"{form}.pth")
        model = folder / f"{form}.anew"
        subprocess.run([BUILD / "anew-convert", "-q", "--force", folder / f"{form}.pth", "-o", model], check=True)
        for name, tensor in weights.tensors.items():
            if tensor.dim() == 4:
                weights.tensors[name] = tensor.contiguous(memory_format=torch.channels_last)
        engine = subprocess.Popen(
            [BUILD / "bench_network", model, folder / "picture.f32", str(size), str(size), str(arguments.threads),
             arguments.precision], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        engine.stdout.readline()
        for turn in range(arguments.rounds + 1):
            seconds, used = map(float, ask(engine, "run").split())
            time.sleep(0.3)  # spinning threads of the one that has just run
            started, torch_used = time.monotonic(), time.process_time()
            result = swinir(weights, given, form)
            torch_seconds, torch_used = time.monotonic() - started, time.process_time() - torch_used
            time.sleep(0.3)
            if turn > 0:  # the first run warms up
                ours.append(seconds)
                theirs.append(torch_seconds)
                ratios.append(torch_used / used)
                print(f"  {form}: anew {seconds:.3f} s ({used:.3f} s of processors), PyTorch {torch_seconds:.3f} s "
                      f"({torch_used:.3f} s)", flush=True)
    ask(engine, f"save {folder / 'result.f32'}")
    status = pathlib.Path(f"/proc/{engine.pid}/status").read_text()
    peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
    engine.stdin.close()
    engine.wait()
    got = numpy.fromfile(folder / "result.f32", numpy.float32)
    difference = numpy.abs(got - result[0].permute(1, 2, 0).clamp(0, 1).numpy().ravel()).max()
    walls = [p / o for o, p in zip(ours, theirs)]
    print(f"{form} at {size}x{size}, {arguments.threads} threads, {arguments.precision}: anew {numpy.median(ours):.3f} s, PyTorch "
          f"{numpy.median(theirs):.3f} s, ratio {numpy.median(walls):.2f} ({min(walls):.2f} .. {max(walls):.2f}), of processor time "
          f"{numpy.median(ratios):.2f}; peak {peak / 1024:.0f} MiB; results differ by {difference:.1e}", flush=True)
    if arguments.steps:
        subprocess.run([BUILD / "anew", "explain", "-m", model, "--size", f"{size}x{size}"], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forms", default="light_x2", help=", ".join(FORMS))
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="f32", choices=["exact", "f32"])
    parser.add_argument("--steps", action="store_true", help="anew's steps as `anew explain` has them")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"PyTorch {torch.__version__}, {arguments.rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        for form in arguments.forms.split(","):
            compare(form, arguments, pathlib.Path(folder))


if __name__ == "__main__":
    main()
