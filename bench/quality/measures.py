"""What quality.py measures with, and how it damages pictures; seeds are fixed."""
import io

import numpy
from PIL import Image, ImageFilter

# Damage of a row, in the order blur, noise, JPEG; blur and noise as standard deviations in pixels and in 1/255.
ENLARGED_ROWS = {
    "clean": {},
    "noise 5, JPEG 40": {"noise": 5, "jpeg": 40},
    "JPEG 30": {"jpeg": 30},
    "JPEG 50": {"jpeg": 50},
    "JPEG 70": {"jpeg": 70},
    "noise 5": {"noise": 5},
    "noise 15": {"noise": 15},
    "noise 25": {"noise": 25},
    "blur 1.2, noise 5, JPEG 50": {"blur": 1.2, "noise": 5, "jpeg": 50},
}
RESTORED_ROWS = {
    "clean": {},
    "noise 2": {"noise": 2},
    "noise 5": {"noise": 5},
    "noise 15": {"noise": 15},
    "noise 25": {"noise": 25},
    "JPEG 30": {"jpeg": 30},
    "JPEG 50": {"jpeg": 50},
    "JPEG 70": {"jpeg": 70},
    "JPEG 90": {"jpeg": 90},
    "blur 1.2": {"blur": 1.2},
    "noise 5, JPEG 50": {"noise": 5, "jpeg": 50},
    "blur 1.2, noise 5, JPEG 50": {"blur": 1.2, "noise": 5, "jpeg": 50},
}


def damaged(picture, number, blur=0.0, noise=0.0, jpeg=0):
    """The damage of one row; `number` seeds the noise."""
    if blur:
        picture = picture.filter(ImageFilter.GaussianBlur(blur))
    if noise:
        dice = numpy.random.default_rng(number)
        pixels = numpy.asarray(picture, numpy.float64) + dice.normal(0, noise, (picture.height, picture.width, 3))
        picture = Image.fromarray(pixels.clip(0, 255).round().astype(numpy.uint8))
    if jpeg:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=jpeg)
        picture = Image.open(buffer).convert("RGB")
    return picture


def luma(picture):
    """Y of ITU-R BT.601 with the video range, as the literature measures it."""
    pixels = numpy.asarray(picture.convert("RGB"), numpy.float64)
    return 16 + (65.481 * pixels[..., 0] + 128.553 * pixels[..., 1] + 24.966 * pixels[..., 2]) / 255


def psnr(result, original, shave=4):
    """On Y, in dB; two equal pictures are given 99."""
    a, b = (luma(p)[shave:-shave, shave:-shave] for p in (result, original))
    error = numpy.mean((a - b) ** 2)
    return 99.0 if error == 0 else 10 * numpy.log10(255**2 / error)


def windowed(plane):
    """A Gaussian of 11x11 with a deviation of 1.5, where it lies whole within the plane."""
    taps = numpy.exp(-numpy.arange(-5, 6) ** 2 / (2 * 1.5**2))
    taps /= taps.sum()
    rows = sum(t * plane[i:plane.shape[0] - 10 + i] for i, t in enumerate(taps))
    return sum(t * rows[:, i:rows.shape[1] - 10 + i] for i, t in enumerate(taps))


def ssim(result, original, shave=4):
    """On Y, after Wang et al. 2004 (Image quality assessment: from error visibility to structural similarity)."""
    a, b = (luma(p)[shave:-shave, shave:-shave] for p in (result, original))
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    ma, mb = windowed(a), windowed(b)
    va, vb, both = windowed(a * a) - ma * ma, windowed(b * b) - mb * mb, windowed(a * b) - ma * mb
    return float(numpy.mean((2 * ma * mb + c1) * (2 * both + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2))))


def energy_above(picture, part):
    """The energy of Y's frequencies past `part` of its own Nyquist frequency along either axis: of a picture that was
    enlarged s times, what is past 1 / s was not in the small one."""
    plane = luma(picture)
    plane = plane - plane.mean()
    window = numpy.outer(numpy.hanning(plane.shape[0]), numpy.hanning(plane.shape[1]))
    spectrum = numpy.abs(numpy.fft.fft2(plane * window)) ** 2
    y, x = (numpy.abs(numpy.fft.fftfreq(n)) * 2 for n in plane.shape)
    return float(spectrum[(y[:, None] > part) | (x[None, :] > part)].sum())


def colour_shift(result, original):
    """The mean CIE 1976 distance of the two after a blur of 8 pixels: whether large areas changed their colour."""
    a, b = (numpy.asarray(p.filter(ImageFilter.GaussianBlur(8)), numpy.float64) / 255 for p in (result, original))
    return float(numpy.mean(numpy.linalg.norm(lab(a) - lab(b), axis=-1)))


def lab(rgb):
    """CIE L*a*b* of sRGB in 0..1, white point D65 (IEC 61966-2-1, CIE 15)."""
    linear = numpy.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    matrix = numpy.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                          [0.0193339, 0.1191920, 0.9503041]])
    xyz = linear @ matrix.T / [0.95047, 1.0, 1.08883]
    f = numpy.where(xyz > (6 / 29) ** 3, numpy.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return numpy.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)
