#!/usr/bin/env python3
"""The no-reference score of `anew compare`, written once more with NumPy, and the fit of what it is measured against.

    naturalness.py PICTURE...                          the score of each
    naturalness.py --check ANEW PICTURE...             ... and that of the program beside it: they must agree
    naturalness.py --fit FOLDER --out FILE             mean and covariance of the features of a folder's sharp patches

Mittal, Soundararajan, Bovik: Making a "completely blind" image quality analyzer (NIQE), 2013. The model in
src/image/naturalness_model.inc was fitted on ../shared/images/train/photos, each made half as large first, which takes
away what its own file did to it; it holds 36 means and their covariance, no picture.
"""
import argparse
import math
import pathlib
import re
import subprocess
import sys

import numpy
from PIL import Image

PATCH = 96
MODEL = pathlib.Path(__file__).resolve().parents[2] / "src/image/naturalness_model.inc"


def luma(picture):
    rgb = numpy.asarray(picture.convert("RGB"), numpy.float64)
    return rgb @ [0.299, 0.587, 0.114]


def smoothed(plane):
    """A Gaussian of 7x7 with a deviation of 7/6; the border's pixels are repeated."""
    taps = numpy.exp(-numpy.arange(-3, 4) ** 2 / (2 * (7 / 6) ** 2))
    taps /= taps.sum()
    padded = numpy.pad(plane, 3, mode="edge")
    rows = sum(t * padded[i:i + plane.shape[0]] for i, t in enumerate(taps))
    return sum(t * rows[:, i:i + plane.shape[1]] for i, t in enumerate(taps))


def normalised(plane):
    mean = smoothed(plane)
    deviation = numpy.sqrt(numpy.maximum(smoothed(plane * plane) - mean * mean, 0))
    result = (plane - mean) / (deviation + 1)
    result[numpy.abs(result) < 1e-4] = 0  # flat areas: what rounding leaves has no sign of its own
    return result, deviation


SHAPES = numpy.arange(200, 10001) / 1000
RATIOS = numpy.array([math.exp(2 * math.lgamma(2 / s) - math.lgamma(1 / s) - math.lgamma(3 / s)) for s in SHAPES])


def asymmetric(values):
    """Shape and both scales of an asymmetric generalised Gaussian (Lasmar, Stitou, Berthoumieu 2009)."""
    below, above = values[values < 0], values[values > 0]
    left = math.sqrt((below ** 2).mean()) if below.size else 0.0
    right = math.sqrt((above ** 2).mean()) if above.size else 0.0
    square = (values ** 2).mean()
    if left == 0 or right == 0 or square == 0:
        return 10.0, left, right
    gamma = left / right
    ratio = numpy.abs(values).mean() ** 2 / square * (gamma ** 3 + 1) * (gamma + 1) / (gamma ** 2 + 1) ** 2
    shape = float(SHAPES[numpy.argmin((RATIOS - ratio) ** 2)])
    spread = math.exp(0.5 * (math.lgamma(1 / shape) - math.lgamma(3 / shape)))
    return shape, left * spread, right * spread


def features_of(patch):
    shape, left, right = asymmetric(patch.ravel())
    features = [shape, (left + right) / 2]
    height, width = patch.shape
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        # Inside of the patch, so that a patch is all that its features depend on.
        a = patch[:height - dy, max(0, -dx):width - max(0, dx)]
        b = patch[dy:, max(0, dx):width - max(0, -dx)]
        shape, left, right = asymmetric((a * b).ravel())
        mean = (right - left) * math.exp(math.lgamma(2 / shape) - math.lgamma(1 / shape))
        features += [shape, mean, left, right]
    return features


def patches_of(plane):
    """36 features and the sharpness of each patch."""
    rows, columns = plane.shape[0] // PATCH, plane.shape[1] // PATCH
    plane = plane[:rows * PATCH, :columns * PATCH]
    half = (plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]) / 4
    (large, deviation), (small, _) = normalised(plane), normalised(half)
    result, sharp = [], []
    for y in range(rows):
        for x in range(columns):
            at = numpy.s_[y * PATCH:(y + 1) * PATCH, x * PATCH:(x + 1) * PATCH]
            under = numpy.s_[y * PATCH // 2:(y + 1) * PATCH // 2, x * PATCH // 2:(x + 1) * PATCH // 2]
            result.append(features_of(large[at]) + features_of(small[under]))
            sharp.append(deviation[at].mean())
    return numpy.array(result), numpy.array(sharp)


def model():
    numbers = [float(n) for n in re.findall(r"-?\d+\.\d+e[+-]\d+", MODEL.read_text())]
    return numpy.array(numbers[:36]), numpy.array(numbers[36:]).reshape(36, 36)


def score(picture):
    plane = luma(picture)
    if min(plane.shape) < PATCH:
        return math.nan
    features, _ = patches_of(plane)
    mean, covariance = model()
    own = numpy.cov(features, rowvar=False) if len(features) > 1 else numpy.zeros((36, 36))
    far = features.mean(0) - mean
    return math.sqrt(far @ numpy.linalg.solve((covariance + own) / 2, far))


def fit(folder, out):
    kept = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in {".png", ".jpg", ".jpeg", ".webp"}):
        picture = Image.open(path).convert("RGB")
        picture = picture.resize((picture.width // 2, picture.height // 2), Image.BOX)
        if min(picture.size) < PATCH:
            continue
        features, sharp = patches_of(luma(picture))
        kept.append(features[sharp > 0.75 * sharp.max()])
    features = numpy.concatenate(kept)
    mean, covariance = features.mean(0), numpy.cov(features, rowvar=False)
    rows = [mean] + list(covariance)
    text = "".join("    " + ", ".join(f"{v:.9e}" for v in row) + ",\n" for row in rows)
    out.write_text(f"/* Made by bench/quality/naturalness.py --fit of {len(features)} sharp patches of {len(kept)} photos: the 36 "
                   "means, then their covariance. */\n" + text)
    print(f"{len(kept)} pictures, {len(features)} patches")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", nargs="*")
    parser.add_argument("--check")
    parser.add_argument("--fit", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=MODEL)
    options = parser.parse_args()
    if options.fit:
        fit(options.fit, options.out)
        return
    worst = 0.0
    for path in options.pictures:
        own = score(Image.open(path))
        line = f"{path}: {own:.3f}"
        if options.check:
            said = subprocess.run([options.check, "compare", "--json", path, path], check=True, capture_output=True, text=True)
            theirs = float(re.search(r'"naturalness":\[?([0-9.]+)', said.stdout).group(1))
            worst = max(worst, abs(theirs - own))
            line += f", the program {theirs:.3f}"
        print(line)
    if options.check and not worst < 0.01:
        sys.exit(f"they differ by {worst}")


if __name__ == "__main__":
    main()
