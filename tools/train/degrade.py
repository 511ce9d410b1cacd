"""Makes small, damaged pictures from clean ones: what a network learns to undo. For batches, on any device.

After Wang et al. 2021 (Real-ESRGAN, section 3), milder, so that a small network can still learn to be
faithful: blur, downsampling by mixed kernels, Gaussian, Poisson, gray and colour noise, sharpening, ringing, JPEG, and most
of it a second time now and then. About one picture in seven is only downsampled, so that clean sources stay clean.

Which steps are taken, and sizes, are the same for a whole batch; how strong they are is each picture's own. So a batch that
is learned from is put together of several (batches.py).
"""
import math

import torch.nn.functional as functional

import jpeg
import kernels
import old_photos


def blur(pictures, dice, strongest):
    """`strongest`: the largest width in pixels."""
    return kernels.filtered(pictures, kernels.gaussians(pictures.shape[0], strongest, dice))


def shrink(pictures, size, dice):
    mode = dice.choice(["area", "bicubic", "bicubic", "bilinear"])
    if mode == "area":
        return functional.interpolate(pictures, size=size, mode="area")
    return functional.interpolate(pictures, size=size, mode=mode, antialias=True, align_corners=False)


def noise(pictures, dice, strongest):
    """Gaussian (in colour, in gray, or in coarse colour alone) or Poisson noise; strengths in 1/255, mostly weak."""
    n, channels, height, width = pictures.shape
    sigma = strongest * dice.each(n) ** 2 / 255
    kind = dice.uniform(0, 1)
    if kind < 0.30:
        grain = dice.normal(n, 1, height, width)
    elif kind < 0.40:
        grain = dice.normal(n, channels, math.ceil(height / 2), math.ceil(width / 2))
        grain = functional.interpolate(grain, size=(height, width), mode="bilinear", align_corners=False)
        grain = 1.5 * (grain - grain.mean(dim=1, keepdim=True))
    else:
        grain = dice.normal(n, channels, height, width)
        if kind > 0.75:
            grain = grain * pictures.clamp(0, 1).sqrt() * 1.5
    return pictures + grain * sigma


def sharpened(pictures, dice):
    """Unsharp masking, as cameras and people do it, halos and all."""
    soft = kernels.filtered(pictures, kernels.gaussians(pictures.shape[0], 1.6, dice))
    return pictures + dice.each(pictures.shape[0], 0.1, 1.0) * (pictures - soft)


def compressed(pictures, dice, worst, best):
    quality = dice.each(pictures.shape[0], worst, best).flatten()
    return jpeg.compress(pictures, quality, halved=dice.chance(0.5))


def in_bytes(pictures):
    return (pictures.clamp(0, 1) * 255).round() / 255


def only_smaller(clean, scale):
    """What the benchmarks of closeness do: bicubic (a = -0.5), widened by the factor, rounded to bytes."""
    size = (clean.shape[2] // scale, clean.shape[3] // scale)
    return in_bytes(functional.interpolate(clean, size=size, mode="bicubic", antialias=True, align_corners=False))


def degrade(clean, scale, dice):
    """clean: [n][3][H][W] in 0..1, H and W multiples of scale. Returns [n][3][H/scale][W/scale]."""
    size = (clean.shape[2] // scale, clean.shape[3] // scale)
    if dice.chance(0.15):
        return only_smaller(clean, scale)
    picture = clean
    if dice.chance(0.75):
        picture = blur(picture, dice, (0.55 if dice.chance(0.55) else 1.6) * scale)
    if dice.chance(0.25):
        middle = dice.uniform(1.2, scale / 1.2)
        picture = shrink(picture, tuple(math.ceil(side / middle) for side in clean.shape[2:]), dice)
        if dice.chance(0.5):
            picture = noise(picture, dice, 10)
        if dice.chance(0.2):
            picture = compressed(picture, dice, 60, 95)
    small = shrink(picture, size, dice)
    if dice.chance(0.12):
        small = sharpened(small, dice)
    if dice.chance(0.08):
        small = kernels.filtered(small, kernels.low_passes(small.shape[0], math.pi / 2, dice))
    if dice.chance(0.75):
        small = noise(small, dice, 40)
    if dice.chance(0.75):
        small = compressed(small, dice, 30, 95)
        if dice.chance(0.15):
            small = compressed(small, dice, 50, 95)
    return in_bytes(small)


def source(crops, dice):
    """Clean pictures of crops: mostly made smaller first, which takes away what noise and blocks they have themselves."""
    if dice.chance(0.75):
        side = int(crops.shape[2] / dice.uniform(1.5, 2.4)) // 8 * 8
        crops = shrink(crops, (side, side), dice)
    return crops.clamp(0, 1)


def sharper(crops, scale, least, dice):
    """An enlarger's clean pictures: three in four made smaller first, by up to what leaves patches of `least` small pixels.
    Photos are soft at their own size, and a network that should be crisp needs to see what crisp is."""
    if dice.chance(0.75):
        most = crops.shape[2] / (scale * (least + 4))
        side = int(crops.shape[2] / dice.uniform(min(1.15, most), most)) // scale * scale
        crops = shrink(crops, (side, side), dice)
    return crops.clamp(0, 1)


def damage(clean, dice, old=0.0):
    """For a network that keeps the size: [n][3][H][W] in 0..1 to the same shape. `old`: the share that becomes an old print.

    One picture in eight stays as it is and one in twelve nearly so: what is clean must be let alone, and only pictures
    that are clean teach that."""
    picture = clean
    kind = dice.uniform(0, 1)
    if kind < 0.12:
        return picture
    if kind < 0.20:
        if dice.chance(0.5):
            return in_bytes(noise(picture, dice, 3))
        return compressed(picture, dice, 92, 99)
    if dice.chance(0.2):
        picture = blur(picture, dice, 1.3)
    if dice.chance(0.1):
        part = dice.uniform(0.5, 0.85)
        between = tuple(math.ceil(side * part) for side in clean.shape[2:])
        picture = shrink(shrink(picture, between, dice), tuple(clean.shape[2:]), dice)
    if dice.chance(0.1):
        picture = sharpened(picture, dice)
    if dice.chance(old):
        picture = old_photos.aged(picture, dice)
    if kind < 0.45 or kind > 0.70:
        picture = noise(picture, dice, 50)
    if kind > 0.45:
        picture = compressed(picture, dice, 15, 95)
        if dice.chance(0.1):
            picture = compressed(picture, dice, 40, 95)
    return in_bytes(picture)
