"""Makes small, damaged pictures from clean ones: what the network learns to undo.

After Wang et al. 2021 (Real-ESRGAN, section 3), milder, so that a small network can still learn to be
faithful: blur, downsampling by mixed kernels, Gaussian, Poisson and gray noise, JPEG. About one
picture in seven is only downsampled, so that clean sources stay clean.
"""
import io
import math
import random

import numpy
import torch
import torch.nn.functional as functional
from PIL import Image


def gaussian_taps(sigma, power, radius):
    """A generalised Gaussian exp(-(|x| / sigma)^(2 * power) / 2), normalised; power 1 is Gauss."""
    x = torch.arange(-radius, radius + 1, dtype=torch.float32).abs()
    taps = torch.exp(-0.5 * (x / sigma) ** (2 * power))
    return taps / taps.sum()


def blur(picture, dice, strongest):
    """Separable blur with its own width along each axis."""
    wide = dice.uniform(0.2, strongest)
    high = wide if dice.random() < 0.5 else dice.uniform(0.2, strongest)
    power = 1.0 if dice.random() < 0.7 else dice.uniform(0.6, 2.5)
    radius = max(10, math.ceil(3 * strongest))
    channels = picture.shape[1]
    for sigma, shape, pad in ((high, (-1, 1), (0, 0, radius, radius)), (wide, (1, -1), (radius, radius, 0, 0))):
        taps = gaussian_taps(sigma, power, radius).reshape(1, 1, *shape).repeat(channels, 1, 1, 1)
        picture = functional.conv2d(functional.pad(picture, pad, mode="reflect"), taps, groups=channels)
    return picture


def shrink(picture, size, dice):
    mode = dice.choice(["area", "bicubic", "bicubic", "bilinear"])
    if mode == "area":
        return functional.interpolate(picture, size=size, mode="area")
    return functional.interpolate(picture, size=size, mode=mode, antialias=True, align_corners=False)


def noise(picture, dice, generator, strongest):
    """Gaussian (in colour or gray) or Poisson noise; strengths in steps of 1/255, mostly weak."""
    kind = dice.random()
    sigma = strongest * dice.random() ** 2 / 255
    shape = list(picture.shape)
    if kind < 0.35:
        shape[1] = 1
    grain = torch.randn(shape, generator=generator)
    if kind > 0.75:
        grain = grain * picture.clamp(0, 1).sqrt() * 1.5
    return picture + grain * sigma


def jpeg(picture, quality, subsampling):
    """Through the real codec; picture [1][3][h][w] in 0..1."""
    pixels = (picture[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    decoded = numpy.asarray(Image.open(buffer).convert("RGB"))
    return torch.from_numpy(decoded.copy()).permute(2, 0, 1)[None].float() / 255


def degrade(clean, scale, dice, generator):
    """clean: [1][3][H][W] in 0..1, H and W multiples of scale. Returns [1][3][H/scale][W/scale]."""
    size = (clean.shape[2] // scale, clean.shape[3] // scale)
    if dice.random() < 0.15:
        small = functional.interpolate(clean, size=size, mode="bicubic", antialias=True, align_corners=False)
        return small.clamp(0, 1)
    picture = clean
    if dice.random() < 0.75:
        picture = blur(picture, dice, (0.55 if dice.random() < 0.55 else 1.6) * scale)
    if dice.random() < 0.25:
        middle = dice.uniform(1.2, scale / 1.2)
        between = tuple(math.ceil(side / middle) for side in clean.shape[2:])
        picture = shrink(picture, between, dice)
        if dice.random() < 0.5:
            picture = noise(picture, dice, generator, 10)
    small = shrink(picture, size, dice)
    if dice.random() < 0.75:
        small = noise(small, dice, generator, 40)
    if dice.random() < 0.75:
        small = jpeg(small, dice.randint(30, 95), dice.choice([0, 2]))
        if dice.random() < 0.15:
            small = jpeg(small, dice.randint(50, 95), dice.choice([0, 2]))
    else:
        small = (small.clamp(0, 1) * 255).round() / 255
    return small.clamp(0, 1)


def source(crop, dice):
    """A clean picture of a crop: mostly made smaller first, which takes away what noise and blocks it has itself."""
    if dice.random() < 0.75:
        side = int(crop.shape[2] / dice.uniform(1.5, 2.4)) // 8 * 8
        crop = shrink(crop, (side, side), dice)
    return crop.clamp(0, 1)


def damage(clean, dice, generator):
    """For a network that keeps the size: [1][3][H][W] in 0..1 to the same shape.

    One picture in eight stays as it is and one in twelve nearly so: what is clean must be let alone, and only pictures
    that are clean teach that."""
    picture = clean
    kind = dice.random()
    if kind < 0.12:
        return picture
    if kind < 0.20:
        if dice.random() < 0.5:
            return (noise(picture, dice, generator, 3).clamp(0, 1) * 255).round() / 255
        return jpeg(picture, dice.randint(92, 99), dice.choice([0, 2]))
    if dice.random() < 0.2:
        picture = blur(picture, dice, 1.3)
    if dice.random() < 0.1:
        part = dice.uniform(0.5, 0.85)
        between = tuple(math.ceil(side * part) for side in clean.shape[2:])
        picture = shrink(shrink(picture, between, dice), tuple(clean.shape[2:]), dice)
    if kind < 0.45 or kind > 0.70:
        picture = noise(picture, dice, generator, 50)
    if kind > 0.45:
        picture = jpeg(picture, dice.randint(15, 95), dice.choice([0, 2]))
        if dice.random() < 0.1:
            picture = jpeg(picture, dice.randint(40, 95), dice.choice([0, 2]))
    return (picture.clamp(0, 1) * 255).round() / 255
