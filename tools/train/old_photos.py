"""Faults of old prints, for batches on any device: fading, yellowing, grain, dust and scratches."""
import torch
import torch.nn.functional as functional


def faded(pictures, dice):
    """Less contrast, black lifted, and a tint from nearly none to sepia: yellow paper reflects less blue."""
    n = pictures.shape[0]
    black, white = dice.each(n, 0, 0.25), dice.each(n, 0.7, 1)
    tint = torch.cat([dice.each(n, 0.95, 1), dice.each(n, 0.85, 0.97), dice.each(n, 0.6, 0.92)], dim=1)
    if dice.chance(0.4):
        luma = (pictures * pictures.new_tensor([0.299, 0.587, 0.114])[None, :, None, None]).sum(dim=1, keepdim=True)
        share = dice.each(n, 0.5, 1)
        pictures = pictures + share * (luma - pictures)
    return (black + (white - black) * pictures) * tint


def grain(pictures, dice):
    """Film grain: noise of some pixels' width, strongest in the middle tones, the same in all colours."""
    n, _, height, width = pictures.shape
    size = dice.uniform(1, 2.5)
    coarse = dice.normal(n, 1, round(height / size), round(width / size))
    noise = functional.interpolate(coarse, size=(height, width), mode="bicubic", align_corners=False)
    middle = 4 * pictures.clamp(0, 1) * (1 - pictures.clamp(0, 1))
    return pictures + dice.each(n, 0, 0.12) * noise * (0.3 + 0.7 * middle)


def distance_to_line(x, y, dice, n, height, width):
    """Of each pixel from a gently bent line of some length; far away beyond its ends."""
    middle_x, middle_y = dice.each(n, 0, width)[:, 0], dice.each(n, 0, height)[:, 0]
    turn, bend = dice.each(n, -1.6, 1.6)[:, 0], dice.each(n, -0.002, 0.002)[:, 0]
    length = dice.each(n, 0.05, 1)[:, 0] ** 2 * max(height, width)
    along = (x - middle_x) * turn.cos() + (y - middle_y) * turn.sin()
    across = (y - middle_y) * turn.cos() - (x - middle_x) * turn.sin() + bend * along**2
    return across.abs() + (along.abs() - length / 2).clamp(min=0)


def scratched(pictures, dice):
    """Up to six lines and twelve specks, nearly white or nearly black, with soft edges."""
    n, _, height, width = pictures.shape
    y = torch.arange(height, device=pictures.device, dtype=torch.float32)[None, :, None]
    x = torch.arange(width, device=pictures.device, dtype=torch.float32)[None, None, :]
    for number in range(dice.integer(1, 18)):
        if number < 6:
            far = distance_to_line(x, y, dice, n, height, width)
            half = dice.each(n, 0.3, 1.6)[:, 0]
        else:
            far = ((x - dice.each(n, 0, width)[:, 0]) ** 2 + (y - dice.each(n, 0, height)[:, 0]) ** 2).sqrt()
            half = dice.each(n, 0.5, 3)[:, 0]
        cover = (half + 0.5 - far).clamp(0, 1)[:, None] * dice.each(n, 0.4, 1)
        colour = (dice.each(n) > 0.3).float() * dice.each(n, 0.75, 1)
        pictures = pictures + cover * (colour - pictures)
    return pictures


def aged(pictures, dice):
    """[n][3][h][w] in 0..1 to the same; each fault in about half of the calls."""
    for fault in (scratched, faded, grain):
        if dice.chance(0.6):
            pictures = fault(pictures, dice)
    return pictures.clamp(0, 1)
