"""Blur kernels of the usual families, one for each picture, and their application by Fourier transforms.

After Wang et al. 2021 (Real-ESRGAN, sections 3.1 and 3.2): Gaussians with a width along each of two turned axes, the same
with a flat top or a sharp peak, and the ideal low-pass filter, whose ripples are those of pictures that were enlarged or
sharpened too much.
"""
import math

import torch
import torch.nn.functional as functional


def grid(radius, device):
    """x and y of a kernel's samples, [1][2r+1][2r+1] each."""
    axis = torch.arange(-radius, radius + 1, dtype=torch.float32, device=device)
    return axis[None, None, :].expand(1, axis.numel(), -1), axis[None, :, None].expand(1, -1, axis.numel())


def gaussians(count, strongest, dice):
    """exp(-d ** power / 2), d the distance in widths along turned axes; power 1 is Gauss. [count][k][k], sums of 1."""
    wide = dice.each(count, 0.2, strongest)[:, 0]
    high = wide if dice.chance(0.5) else dice.each(count, 0.2, strongest)[:, 0]
    turn = dice.each(count, 0, math.pi)[:, 0]
    power = 1.0 if dice.chance(0.7) else dice.each(count, 0.6, 2.5)[:, 0]
    x, y = grid(max(4, math.ceil(3 * strongest)), wide.device)
    along, across = x * turn.cos() + y * turn.sin(), y * turn.cos() - x * turn.sin()
    kernel = torch.exp(-0.5 * ((along / wide) ** 2 + (across / high) ** 2 + 1e-12) ** power)
    return kernel / kernel.sum(dim=(1, 2), keepdim=True)


def low_passes(count, sharpest, dice):
    """The ideal circular low-pass w J1(w r) / (2 pi r), cut off between `sharpest` and pi radians a pixel. [count][k][k]."""
    cut = dice.each(count, sharpest, math.pi)[:, 0]
    x, y = grid(10, cut.device)
    distance = (x**2 + y**2).sqrt()
    kernel = cut * torch.special.bessel_j1(cut * distance) / (2 * math.pi * distance.clamp(min=1e-6))
    kernel = torch.where(distance > 0, kernel, cut**2 / (4 * math.pi))
    return kernel / kernel.sum(dim=(1, 2), keepdim=True)


def filtered(pictures, kernels):
    """pictures [n][c][h][w], kernels [n][k][k], k odd; edges mirrored. The same shape."""
    radius = kernels.shape[1] // 2
    height, width = pictures.shape[2:]
    wide = functional.pad(pictures, (radius,) * 4, mode="reflect")
    sides = [math.ceil(side / 32) * 32 for side in wide.shape[2:]]  # what transforms are fast at
    spectrum = torch.fft.rfft2(wide, s=sides) * torch.fft.rfft2(kernels, s=sides)[:, None]
    return torch.fft.irfft2(spectrum, s=sides)[:, :, 2 * radius : 2 * radius + height, 2 * radius : 2 * radius + width]
