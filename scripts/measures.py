#!/usr/bin/env python3
"""measures.py - the measures of src/image/measure.h in numpy, written from the papers and not from the C: prints
tests/data/measures.inc, to which tests/check_measure.c holds the program. The pictures are those of that test."""
import numpy as np

WIDTH, HEIGHT = 200, 180


def mixed(v):
    v = v.astype(np.uint64) & 0xFFFFFFFF
    v ^= v >> 16
    v = (v * 0x7FEB352D) & 0xFFFFFFFF
    v ^= v >> 15
    v = (v * 0x846CA68B) & 0xFFFFFFFF
    return v ^ (v >> 16)


def pictures(channels):
    y, x, c = np.mgrid[0:HEIGHT, 0:WIDTH, 0:channels]
    first = 30 + ((x // 23 + y // 23) & 1) * 60 + ((x * (c + 1) + y * (3 - c)) // 6) % 120
    first = first + (mixed(x + 1000 * y + 1000000 * c) % 17).astype(int)
    left = first[:, np.maximum(np.arange(WIDTH) - 1, 0)]
    noise = (mixed(7 + x + 1000 * y + 1000000 * c) % 9).astype(int)
    second = (left + first) // 2 + noise - 2 * c
    assert first.min() >= 0 and second.min() >= 0 and first.max() < 256 and second.max() < 256
    return first.astype(float), second.astype(float)


def psnr(a, b):
    return 10 * np.log10(255.0**2 / np.mean((a - b) ** 2))


def luma(p):
    return p[..., 0] if p.shape[2] == 1 else p @ np.array([0.299, 0.587, 0.114])


def smoothed(p):
    """A Gaussian of 11x11, where it lies inside."""
    taps = np.exp(-(np.arange(11) - 5.0) ** 2 / (2 * 1.5**2))
    taps /= taps.sum()
    kernel = np.outer(taps, taps)
    windows = np.lib.stride_tricks.sliding_window_view(p, (11, 11))
    return np.einsum("ijkl,kl->ij", windows, kernel)


def ssim_parts(a, b):
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    ma, mb = smoothed(a), smoothed(b)
    va, vb, cov = smoothed(a * a) - ma**2, smoothed(b * b) - mb**2, smoothed(a * b) - ma * mb
    structure = (2 * cov + c2) / (va + vb + c2)
    return ((2 * ma * mb + c1) / (ma**2 + mb**2 + c1) * structure).mean(), structure.mean()


def halved(p):
    p = p[: p.shape[0] // 2 * 2, : p.shape[1] // 2 * 2]
    return p.reshape(p.shape[0] // 2, 2, p.shape[1] // 2, 2).mean(axis=(1, 3))


def ms_ssim(a, b):
    weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
    value = 1.0
    for i, weight in enumerate(weights):
        whole, structure = ssim_parts(a, b)
        value *= (whole if i == 4 else structure) ** weight
        a, b = halved(a), halved(b)
    return value


def lab(p):
    p = np.repeat(p, 3, axis=2) if p.shape[2] == 1 else p
    v = p / 255
    linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    matrix = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                       [0.0193339, 0.1191920, 0.9503041]])
    xyz = linear @ matrix.T / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return 116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])


def ciede2000(first, second):
    """With complex numbers for hues, which the C does not use."""
    (l1, a1, b1), (l2, a2, b2) = first, second
    cm = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(cm**7 / (cm**7 + 25.0**7)))
    z1, z2 = (1 + g) * a1 + 1j * b1, (1 + g) * a2 + 1j * b2
    c1, c2 = np.abs(z1), np.abs(z2)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.angle(z2 * np.conj(z1)) / 2)
    middle = np.where(c1 * c2 == 0, z1 + z2, z1 / np.maximum(c1, 1e-300) + z2 / np.maximum(c2, 1e-300))
    h = np.degrees(np.angle(middle)) % 360
    lm, c = (l1 + l2) / 2, (c1 + c2) / 2
    cosine = lambda degrees: np.cos(np.radians(degrees))
    t = 1 - 0.17 * cosine(h - 30) + 0.24 * cosine(2 * h) + 0.32 * cosine(3 * h + 6) - 0.2 * cosine(4 * h - 63)
    sl = 1 + 0.015 * (lm - 50) ** 2 / np.sqrt(20 + (lm - 50) ** 2)
    sc, sh = 1 + 0.045 * c, 1 + 0.015 * c * t
    rotation = 30 * np.exp(-(((h - 275) / 25) ** 2))
    rt = -2 * np.sqrt(c**7 / (c**7 + 25.0**7)) * np.sin(np.radians(2 * rotation))
    l, c, h = (l2 - l1) / sl, (c2 - c1) / sc, dh / sh
    return np.sqrt(l**2 + c**2 + h**2 + rt * c * h)


def blur(p):
    """Crete et al. 2007, with pictures that are really blurred."""
    found = []
    for axis in (0, 1):
        padded = np.pad(p, [(4, 4) if k == axis else (0, 0) for k in (0, 1)], mode="edge")
        box = sum(np.take(padded, np.arange(k, k + p.shape[axis]), axis) for k in range(9)) / 9
        step, left = np.abs(np.diff(p, axis=axis)), np.abs(np.diff(box, axis=axis))
        inner = (slice(None), slice(1, None)) if axis == 0 else (slice(1, None), slice(None))
        step, left = step[inner], left[inner]
        found.append((step.sum() - np.maximum(step - left, 0).sum()) / step.sum())
    return max(found)


def noise(p):
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])
    found = []
    for y in range(0, p.shape[0] - 15, 16):
        for x in range(0, p.shape[1] - 15, 16):
            windows = np.lib.stride_tricks.sliding_window_view(p[y : y + 16, x : x + 16], (3, 3))
            sums = np.abs(np.einsum("ijkl,kl->ij", windows, mask)).sum()
            found.append(np.sqrt(np.pi / 2) * sums / (6 * 14 * 14))
    return sorted(found)[len(found) // 4]


def blocking(p):
    lines, others = [], []
    for steps in (np.abs(np.diff(p, axis=1)), np.abs(np.diff(p, axis=0)).T):
        at_line = (np.arange(steps.shape[1]) + 1) % 8 == 0
        lines.append(steps[:, at_line].ravel())
        others.append(steps[:, ~at_line].ravel())
    return np.concatenate(lines).mean() / np.concatenate(others).mean()


def main():
    print("/* Made by scripts/measures.py. */")
    for channels in (3, 1):
        a, b = pictures(channels)
        difference = ciede2000(lab(a), lab(b))
        percentile = np.sort(difference.ravel())[int(np.ceil(0.95 * difference.size)) - 1]
        values = [psnr(a, b), psnr(luma(a), luma(b)), ssim_parts(luma(a), luma(b))[0],
                  ms_ssim(luma(a), luma(b)), difference.mean(), percentile]
        pairs = [(f(luma(a)), f(luma(b))) for f in (blur, noise, blocking)]
        print("{%d, %s,\n %s}," % (channels, ", ".join("%.10f" % v for v in values),
                                   ", ".join("{%.8f, %.8f}" % p for p in pairs)))


if __name__ == "__main__":
    main()
