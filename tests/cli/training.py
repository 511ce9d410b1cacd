#!/usr/bin/env python3
"""training.py TOOLS FOLDER: makes FOLDER/pictures, and holds the damage that training does to other people's: JPEG to
libjpeg's, filters to a convolution done directly, and everything to its range, shape and seed."""
import io
import os
import random
import sys

import numpy
import torch
import torch.nn.functional as functional
from PIL import Image

tools, folder = sys.argv[1:3]
sys.path.insert(0, tools)
import crops  # noqa: E402
import degrade  # noqa: E402
import dice as chance  # noqa: E402
import drawings  # noqa: E402
import jpeg  # noqa: E402
import kernels  # noqa: E402
import old_photos  # noqa: E402
import pack  # noqa: E402

failures = 0


def check(what, good):
    global failures
    if not good:
        failures += 1
        print("FAILED:", what)


def make_pictures():
    """Coloured waves, edges and grain."""
    os.mkdir(os.path.join(folder, "pictures"))
    noise = numpy.random.default_rng(7)
    for number in range(3):
        y, x = numpy.mgrid[0:300, 0:460]
        waves = [128 + 70 * numpy.sin(x * x / (900 + 300 * c) + y / (7 + c + number)) + 40 * (x + 2 * y > 500) for c in range(3)]
        pixels = numpy.stack(waves, axis=2) + noise.normal(0, 6, (300, 460, 3))
        Image.fromarray(pixels.clip(0, 255).astype(numpy.uint8)).save(os.path.join(folder, "pictures", f"{number}.png"))


def decibels(a, b):
    return -10 * torch.log10((a - b).pow(2).mean() + 1e-12).item()


def check_jpeg():
    """Nearer to what libjpeg gives than the loss itself by 6 dB and more; the seeds of rounding are all that differs."""
    picture = torch.from_numpy(numpy.asarray(Image.open(os.path.join(folder, "pictures", "0.png"))).copy())
    picture = picture[:283, :285].permute(2, 0, 1)[None].float() / 255
    for quality in (30, 50, 75, 95):
        for subsampling in (0, 2):
            ours = jpeg.compress(picture.repeat(2, 1, 1, 1), torch.tensor([float(quality), 40.0]), subsampling == 2)[0]
            buffer = io.BytesIO()
            Image.fromarray((picture[0] * 255).round().byte().permute(1, 2, 0).numpy()).save(
                buffer, "JPEG", quality=quality, subsampling=subsampling)
            theirs = torch.from_numpy(numpy.asarray(Image.open(buffer)).copy()).permute(2, 0, 1).float() / 255
            apart, lost = decibels(ours, theirs), decibels(theirs, picture[0])
            check(f"JPEG {quality}, chroma {subsampling}: {apart:.1f} dB from libjpeg's, which lost {lost:.1f}", apart > lost + 6)


def check_filters(dice):
    pictures = torch.rand(2, 3, 50, 61)
    made = kernels.gaussians(2, 3.0, dice)
    made[1] = made[1].roll(2, 1) * torch.linspace(0, 1, made.shape[2])  # a lopsided one tells what is turned round
    radius = made.shape[1] // 2
    wide = functional.pad(pictures, (radius,) * 4, mode="reflect")
    for number in range(2):
        flipped = made[number].flip(0, 1)[None, None]
        direct = functional.conv2d(wide[number][:, None], flipped)[:, 0]
        apart = (kernels.filtered(pictures, made)[number] - direct).abs().max().item()
        check(f"filter {number}: {apart} from a convolution done directly", apart < 1e-5)
    sums = kernels.low_passes(5, 1.5, dice).sum(dim=(1, 2))
    check(f"low passes sum to {sums}", (sums - 1).abs().max() < 1e-5)


def check_damage():
    stock = torch.rand(4, 3, 288, 288).round(decimals=3)
    for number in range(40):
        results = []
        for _ in range(2):
            dice = chance.Dice(100 + number)
            clean = degrade.sharper(stock, 4, 40, dice)
            small = degrade.degrade(clean, 4, dice)
            source = degrade.source(stock[:2], dice)
            results.append((small, degrade.damage(source, dice, old=0.3), old_photos.aged(stock[:2], dice)))
        check(f"size {small.shape} of {clean.shape}", [4 * side for side in small.shape[2:]] == list(clean.shape[2:]))
        check("patches of 40 fit", small.shape[2] >= 40)
        for first, second in zip(*results):
            check(f"seed {number} gives two results", torch.equal(first, second))
            check(f"seed {number} out of range", first.isfinite().all() and first.min() >= 0 and first.max() <= 1)
        check(f"size {results[0][1].shape} of {source.shape}", results[0][1].shape == source.shape)
    theirs = Image.fromarray((stock[0] * 255).round().byte().permute(1, 2, 0).numpy()).resize((72, 72), Image.Resampling.BICUBIC)
    theirs = torch.from_numpy(numpy.asarray(theirs).copy()).permute(2, 0, 1).float()
    apart = (degrade.only_smaller(stock[:1], 4)[0] * 255 - theirs).abs().max().item()
    check(f"only made smaller: {apart} off Pillow's bicubic", apart <= 1)


def check_drawings():
    """Of ten one may be hardly more than paper; the same seed draws the same."""
    made = [numpy.asarray(drawings.drawn(96, random.Random(9000 + number), [])) for number in range(10)]
    again = [numpy.asarray(drawings.drawn(96, random.Random(9000 + number), [])) for number in range(10)]
    check("seeds draw two pictures", all((first == second).all() for first, second in zip(made, again)))
    check("shapes", all(picture.shape == (96, 96, 3) for picture in made))
    check("hardly anything is drawn", sum(picture.astype(float).std() > 10 for picture in made) >= 8)
    check("all the same", len({picture.tobytes() for picture in made}) == 10)


def check_pack():
    data = [io.BytesIO() for _ in range(2)]
    made = numpy.random.default_rng(1).integers(0, 255, (2, 16, 16, 3), dtype=numpy.uint8)
    for buffer, picture in zip(data, made):
        Image.fromarray(picture).save(buffer, "JPEG", quality=100, subsampling=0)
    joined = b"".join(buffer.getvalue() for buffer in data)
    path = os.path.join(folder, "two.npz")
    numpy.savez(path, bytes=numpy.frombuffer(joined, numpy.uint8), starts=numpy.array([0, data[0].tell(), len(joined)]))
    read = crops.read([path])
    check(f"pack of shape {read.shape}", read.shape == (2, 3, 16, 16))
    check("two packs are not joined", torch.equal(crops.read([path, path]), torch.cat([read, read])))
    apart = (read.permute(0, 2, 3, 1).float() - torch.from_numpy(made).float()).abs().mean()
    check(f"pack is {apart} off", apart < 2)
    drawn = numpy.zeros((64, 64, 3), numpy.uint8)
    drawn[20:40, 8:50] = (200, 30, 90)
    kept = numpy.asarray(Image.open(io.BytesIO(pack.packed(drawn, 60))).convert("RGB"))
    check("a drawing is not packed without loss", (kept == drawn).all())
    grain = numpy.random.default_rng(2).integers(0, 255, (64, 64, 3), dtype=numpy.uint8)
    check("grain is packed without loss", pack.packed(grain, 60)[:2] == b"\xff\xd8")


torch.set_num_threads(1)
torch.manual_seed(3)
random.seed(3)
make_pictures()
check_jpeg()
check_filters(chance.Dice(5))
check_damage()
check_drawings()
check_pack()
sys.exit(failures > 0)
