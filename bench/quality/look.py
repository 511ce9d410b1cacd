#!/usr/bin/env python3
"""How well `anew look` sees what has been done to a picture.

    python3 bench/quality/look.py [--anew build/release/anew] [--half tune|held|both] [--only NAME]... [--worst]

Clean pictures are damaged in a known way (seeds fixed), and what `anew look --json` says is held against it. Pictures come
from ANEW_SHARED (default ../shared)/images/open and are not part of the project: gb82, faces_gt, Set5 and Urban100
(HR), the larger ones reduced to half by an area mean, so that they are sharp and nearly free of noise and coding marks.
Every second picture, by name, is held out: the estimators' constants were chosen on the first half ("tune") only.

What is held against the answer is the noise that was added, before it is cut off at the ends of the range; a picture's own
noise, which is little in these, is not known. Where grain was added first, variances add up.

For each damage: the share of pictures within the bound, and the worst error; of factors also the share of wrong ones (where
none is said, it is not known).
"""
import argparse
import io
import json
import os
import pathlib
import subprocess
import tempfile

import numpy
from PIL import Image, ImageFilter

FOLDERS = ["gb82", "faces_gt", "Set5/HR", "Urban100/HR"]
LANCZOS, BICUBIC, BILINEAR = Image.Resampling.LANCZOS, Image.Resampling.BICUBIC, Image.Resampling.BILINEAR


def originals(half):
    root = pathlib.Path(os.environ.get("ANEW_SHARED", "../shared")) / "images" / "open"
    files = sorted(path for folder in FOLDERS for path in (root / folder).glob("*.png"))
    for number, path in enumerate(files):
        if half == "both" or (half == "held") == (number % 2 == 1):
            yield path, Image.open(path).convert("RGB")


def clean(picture):
    """Half the size where that leaves 256 pixels: noise and coding marks go down, sharpness up."""
    if min(picture.size) >= 512:
        picture = picture.reduce(2)
    return picture


def ycc(pixels):
    r, g, b = (pixels[..., c].astype(numpy.float64) for c in range(3))
    y = 0.299 * r + 0.587 * g + 0.114 * b
    return y, (b - y) / 1.772, (r - y) / 1.402


def jpeg(picture, quality, **more):
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, **more)
    return Image.open(buffer).convert("RGB")


def noisy(picture, sigma, gray, number):
    """The picture with noise, the same in all channels or independent, rounded and clipped; and the standard
    deviations that this noise has in luma and (both taken together) in the colour differences."""
    dice = numpy.random.default_rng(number)
    before = numpy.asarray(picture)
    shape = before.shape[:2] + ((1,) if gray else (3,))
    noise = numpy.broadcast_to(dice.normal(0, sigma, shape), before.shape)
    after = (before + noise).clip(0, 255).round().astype(numpy.uint8)
    luma, blue, red = (part.std() for part in ycc(noise))
    return Image.fromarray(after), luma, numpy.sqrt((blue**2 + red**2) / 2)


def larger(picture, factor, method):
    return picture.resize([max(1, round(side * factor)) for side in picture.size], method)


def cases(only):
    """name, what of the answer, bound (share: of the truth), and the damage: (picture, number) -> (picture, truth)"""
    for quality in (10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90):
        yield f"JPEG {quality}", "jpeg_quality", 5, False, lambda p, n, q=quality: (jpeg(p, q), q)
    for quality in (30, 60, 85):
        yield (f"JPEG {quality}, 8x8 grid moved", "jpeg_grid", 0, False,
               lambda p, n, q=quality: (jpeg(p, q).crop((n % 7 + 1, n % 5, p.width, p.height)), [(8 - n % 7 - 1) % 8, (8 - n % 5) % 8]))
    yield "no JPEG", "jpeg_quality", 0, False, lambda p, n: (p, 0)
    for sigma in (0, 2, 5, 10, 15, 25, 40):
        def gray_noise(p, n, s=sigma):
            picture, luma, _ = noisy(p, s, True, n)
            return picture, luma
        yield f"gray noise {sigma}: luma", "noise_luma", 1, False, gray_noise
    for sigma in (2, 5, 10, 15, 25, 40):
        def luma_noise(p, n, s=sigma):
            picture, luma, _ = noisy(p, s, False, n)
            return picture, luma

        def chroma_noise(p, n, s=sigma):
            picture, _, chroma = noisy(p, s, False, n)
            return picture, chroma
        yield f"RGB noise {sigma}: luma", "noise_luma", 1, False, luma_noise
        yield f"RGB noise {sigma}: chroma", "noise_chroma", 1, False, chroma_noise
    def grainy(p, n):
        """Grain of 4, rounded, and then noise of 3: what is in the picture is 5."""
        return noisy(noisy(p, 4, True, n)[0], 3, True, n + 1000)[0], 5
    yield "grain 4 and noise 3: luma", "noise_luma", 1, False, grainy
    for name, method in (("bilinear", BILINEAR), ("bicubic", BICUBIC), ("Lanczos", LANCZOS)):
        for factor in (1.5, 1.8, 2, 2.5, 3, 4):
            yield (f"enlarged x{factor} {name}", "enlarged", 0.1, True,
                   lambda p, n, f=factor, m=method: (larger(p, f, m), f))
    for factor in (1.5, 1.8, 2, 2.5, 3, 4):
        for quality in (95, 90, 75, 50):
            yield (f"enlarged x{factor} bicubic, then JPEG {quality}", "enlarged", 0.1, True,
                   lambda p, n, f=factor, q=quality: (jpeg(larger(p, f, BICUBIC), q), f))
    for factor in (2, 4):
        for name, method in (("bilinear", BILINEAR), ("Lanczos", LANCZOS)):
            yield (f"enlarged x{factor} {name}, then JPEG 75", "enlarged", 0.1, True,
                   lambda p, n, f=factor, m=method: (jpeg(larger(p, f, m), 75), f))
    for factor in (1.5, 2, 3):
        yield (f"JPEG 75, then x{factor} bicubic, then JPEG 90", "enlarged", 0.1, True,
               lambda p, n, f=factor: (jpeg(larger(jpeg(p, 75), f, BICUBIC), 90), f))
        yield (f"enlarged x{factor} bicubic, then noise 2", "enlarged", 0.1, True,
               lambda p, n, f=factor: (noisy(larger(p, f, BICUBIC), 2, False, n)[0], f))
    for factor in (2, 3):
        yield (f"enlarged x{factor} nearest", "enlarged", 0.1, True,
               lambda p, n, f=factor: (larger(p, f, Image.Resampling.NEAREST), f))
    for factor in (2, 3):
        yield (f"noise 5, then enlarged x{factor} bicubic", "enlarged", 0.1, True,
               lambda p, n, f=factor: (larger(noisy(p, 5, False, n)[0], f, BICUBIC), f))
    for factor in (1.5, 2, 3):
        yield (f"JPEG 50, then enlarged x{factor} bicubic", "enlarged", 0.1, True,
               lambda p, n, f=factor: (larger(jpeg(p, 50), f, BICUBIC), f))
    yield "not enlarged", "enlarged", 0.1, True, lambda p, n: (p, 1)
    yield "not enlarged, JPEG 75", "enlarged", 0.1, True, lambda p, n: (jpeg(p, 75), 1)
    for quality in (95, 50):
        yield (f"not enlarged, JPEG {quality}", "enlarged", 0.1, True, lambda p, n, q=quality: (jpeg(p, q), 1))
    yield "not enlarged, noise 10", "enlarged", 0.1, True, lambda p, n: (noisy(p, 10, False, n)[0], 1)
    yield ("not enlarged, blur 1.5", "enlarged", 0.1, True,
           lambda p, n: (p.filter(ImageFilter.GaussianBlur(1.5)), 1))
    yield ("not enlarged, blur 1, then JPEG 85", "enlarged", 0.1, True,
           lambda p, n: (jpeg(p.filter(ImageFilter.GaussianBlur(1)), 85), 1))
    for blur, quality in ((1.5, 75), (2.5, 90)):
        yield (f"not enlarged, blur {blur}, then JPEG {quality}", "enlarged", 0.1, True,
               lambda p, n, b=blur, q=quality: (jpeg(p.filter(ImageFilter.GaussianBlur(b)), q), 1))
    for blur in (1, 2, 3):
        yield (f"Gaussian blur {blur}", "blur", 0.5, False,
               lambda p, n, b=blur: (p.filter(ImageFilter.GaussianBlur(b)), b))


def answers(program, folder, names):
    lines = subprocess.run([program, "look", "--json"] + names, cwd=folder, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in lines.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--anew", default="build/release/anew")
    parser.add_argument("--half", default="both", choices=["tune", "held", "both"])
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--worst", action="store_true", help="name the pictures that are beyond the bound")
    options = parser.parse_args()
    program = str(pathlib.Path(options.anew).resolve())
    halves = ["tune", "held"] if options.half == "both" else [options.half]
    sets = {half: [(path, clean(picture)) for path, picture in originals(half)] for half in halves}
    if not any(sets.values()):
        print("SKIP: the pictures are absent")
        return
    print(f"{'damage':44}" + "".join(f"{half + f' ({len(sets[half])})':>14}{'worst':>9}" for half in halves))
    for name, member, bound, relative, damage in cases(options.only):
        if options.only and not any(word in name for word in options.only):
            continue
        line, bad = f"{name:44}", []
        for half in halves:
            with tempfile.TemporaryDirectory() as folder:
                truths, names = [], []
                for number, (path, picture) in enumerate(sets[half]):
                    damaged, truth = damage(picture, number)
                    names.append(f"{number}.ppm")
                    damaged.save(pathlib.Path(folder) / names[-1])
                    truths.append(truth)
                seen = [answer[member] for answer in answers(program, folder, names)]
            errors = []
            for value, truth, (path, _) in zip(seen, truths, sets[half]):
                if isinstance(truth, list):
                    error = 0 if value == truth else 1
                else:
                    error = (value - truth) / (truth if relative else 1)
                errors.append(error)
                if abs(error) > bound:
                    bad.append(f"    {half} {path.parent.name}/{path.name}: {value}, not {truth}")
            within = sum(abs(error) <= bound for error in errors) / len(errors)
            if member == "enlarged":  # what is not known is no wrong figure
                wrong = sum(abs(error) > bound and value != 1 for error, value in zip(errors, seen)) / len(errors)
            worst = max(errors, key=abs)
            line += f"{within:13.0%} {worst:+9.0%}" if relative else f"{within:13.0%} {worst:+9.2f}"
            line += f" ({wrong:.0%} wrong)" if member == "enlarged" else ""
        print(line, flush=True)
        if options.worst and bad:
            print("\n".join(bad))


if __name__ == "__main__":
    main()
