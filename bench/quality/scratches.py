#!/usr/bin/env python3
"""What `anew --scratches auto` finds: how much of clean photographs, and how much of the damage that is drawn into them.

    python3 bench/quality/scratches.py [--anew build/release/anew] [--half tune|held] [--worst]

Pictures come from ANEW_SHARED (default ../shared)/images/open and are not part of the project; prints that are damaged
already are left out, and what is larger than a megapixel is cropped. Every second picture of a folder is held out: the
weights of light_lines.c were fitted to the other half ("tune"), to which Urban100's img_045 was added after it had been
looked at. Clean pictures are also measured at half their size and as JPEG 75, damaged ones as JPEG 75.

Drawn, with a fixed seed for each picture: two to four long scratches, straight or slightly bent; a crack that branches, in
every fifth picture four to seven; two hairs; dust. An object counts where the drawing changed at least half of its pixels
by 0.08, and is found where half of those are in the mask. Stray is what is marked 4 pixels and more from any drawing.
"""
import argparse
import io
import json
import math
import os
import pathlib
import subprocess
import tempfile

import numpy
from PIL import Image, ImageDraw

FOLDERS = ["Set5/HR", "Urban100/HR", "gb82", "faces_gt", "real", "pairs_realdeg_x4/gt"]
FINER = 4  # drawn so many times larger


def originals(half):
    root = pathlib.Path(os.environ.get("ANEW_SHARED", "../shared")) / "images" / "open"
    for folder in FOLDERS:
        for number, path in enumerate(sorted((root / folder).iterdir())):
            tune = number % 2 == 0 or path.stem == "img_045"
            if path.stem.startswith("oldphoto_old") or tune != (half == "tune"):
                continue
            picture = Image.open(path)
            if picture.mode == "RGBA":
                picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
            if picture.width * picture.height > 1100000:
                picture = picture.crop((0, 0, 1024, 1024))
            yield f"{folder}/{path.name}", numpy.array(picture.convert("RGB"))


def luma(samples):
    return samples.astype(float) @ [0.299, 0.587, 0.114] / 255


class Damage:
    """Draws into a picture; `objects` are the names of what is drawn, `label` says for each pixel which (from 1 on)."""

    def __init__(self, picture, seed):
        self.random = numpy.random.default_rng(seed)
        self.height, self.width = picture.shape[:2]
        self.longer = max(self.width, self.height)
        self.scale = max(1.0, self.longer / 512)
        self.clean, self.samples = picture, picture / 255
        self.label, self.objects = numpy.zeros((self.height, self.width), int), []
        for _ in range(self.random.integers(2, 5)):
            self.scratch()
        for _ in range(self.random.integers(4, 8) if self.random.uniform() < 0.2 else 1):
            self.crack()
        for _ in range(2):
            self.hair()
        for _ in range(max(4, self.width * self.height // 30000)):
            self.dust()

    def place(self, margin):
        return self.random.uniform(margin, 1 - margin, 2) * [self.width, self.height]

    def put(self, name, strokes, width, low, opacity):
        """Lines or, with a width of None, polygons; worn: its opacity goes down to `low` here and there."""
        sheet = Image.new("L", (self.width * FINER, self.height * FINER))
        draw = ImageDraw.Draw(sheet)
        for points, factor in strokes:
            points = [tuple(p * FINER) for p in points]
            if width is None:
                draw.polygon(points, fill=255)
            else:
                draw.line(points, fill=255, width=max(1, round(min(4, width) * factor * FINER)), joint="curve")
        cover = numpy.array(sheet.reduce(FINER)) / 255 * opacity
        coarse = self.random.uniform(low, 1, (self.height // 4 + 2, self.width // 4 + 2)).astype(numpy.float32)
        worn = Image.fromarray(coarse).resize((self.width, self.height), Image.Resampling.BICUBIC)
        cover = cover * numpy.clip(numpy.array(worn), 0, 1)
        light, yellow = self.random.uniform(0.75, 0.99), self.random.uniform() ** 2
        paper = light * numpy.array([1, 1 - 0.06 * yellow, 1 - 0.2 * yellow])
        self.samples = self.samples * (1 - cover[..., None]) + paper * cover[..., None]
        self.objects.append(name)
        self.label[cover > 0.3] = len(self.objects)

    def scratch(self):
        length, turn = self.random.uniform(0.25, 1) * self.longer, self.random.uniform(0, math.pi)
        middle, bend = self.place(0.1), self.random.uniform(-0.05, 0.05) * length
        along, across = numpy.array([math.cos(turn), math.sin(turn)]), numpy.array([-math.sin(turn), math.cos(turn)])
        points = [middle + length * t * along + bend * (1 - 4 * t * t) * across for t in numpy.linspace(-0.5, 0.5, 60)]
        self.put("scratch", [(points, 1)], self.random.uniform(1, 2) * self.scale, self.random.uniform(0.7, 1),
                 self.random.uniform(0.65, 1))

    def crack(self):
        strokes = []

        def walk(at, turn, steps, factor, depth):
            points = [at]
            for _ in range(steps):
                turn += self.random.normal(0, 0.25)
                at = at + self.random.uniform(2, 4) * self.scale * numpy.array([math.cos(turn), math.sin(turn)])
                points.append(at)
                if depth < 2 and self.random.uniform() < 0.06:
                    side = self.random.choice([-1, 1]) * self.random.uniform(0.5, 1.1)
                    walk(at, turn + side, int(steps * self.random.uniform(0.2, 0.5)), factor * 0.8, depth + 1)
            strokes.append((points, factor))

        walk(self.place(0.1), self.random.uniform(0, 2 * math.pi), int(0.15 * self.longer / self.scale), 1, 0)
        self.put("crack", strokes, self.random.uniform(1.2, 2) * self.scale, self.random.uniform(0.35, 0.9),
                 self.random.uniform(0.75, 1))

    def hair(self):
        step, at = self.random.uniform(25, 60) * self.scale / 30, self.place(0.05)
        turn, bend, points = self.random.uniform(0, 2 * math.pi), self.random.uniform(-3.5, 3.5) / 30, [at]
        for _ in range(30):
            turn += bend
            at = at + step * numpy.array([math.cos(turn), math.sin(turn)])
            points.append(at)
        self.put("hair", [(points, 1)], min(3, self.random.uniform(1, 1.6) * self.scale), 1, self.random.uniform(0.65, 1))

    def dust(self):
        radius, flat = self.random.uniform(0.8, 1.6) * min(self.scale, 2), self.random.uniform(0.7, 1.3)
        middle = self.place(0.02)
        points = [middle + radius * numpy.array([flat * math.cos(t), math.sin(t) / flat])
                  for t in numpy.linspace(0, 2 * math.pi, 24)]
        self.put("dust", [(points, 1)], None, 1, self.random.uniform(0.8, 1))

    def result(self):
        """The picture, and the labels of what can be seen."""
        picture = numpy.clip(numpy.rint(self.samples * 255), 0, 255).astype(numpy.uint8)
        seen = numpy.where(luma(picture) - luma(self.clean) >= 0.08, self.label, 0)
        return picture, seen


def jpeg(picture):
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "JPEG", quality=75)
    return numpy.array(Image.open(data))


def halved(picture):
    image = Image.fromarray(picture)
    return numpy.array(image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS))


def found(anew, picture):
    """The mask and how many pieces it is of."""
    with tempfile.TemporaryDirectory() as folder:
        file, mask = f"{folder}/in.ppm", f"{folder}/mask.pgm"
        Image.fromarray(picture).save(file)
        run = subprocess.run([anew, "--json", "-m", "tiny-x2", "-s", "1", "--scratches", "auto", "--scratch-mask", mask, file,
                              "-o", f"{folder}/out.ppm"], capture_output=True, text=True, check=True)
        answers = [json.loads(line) for line in run.stdout.splitlines()]
        count = next(answer["repaired"]["scratches"] for answer in answers if "repaired" in answer)
        return numpy.array(Image.open(mask)) > 0, count


def grown(mask, by):
    padded = numpy.pad(mask, by)
    height, width = mask.shape
    return numpy.any([padded[y:y + height, x:x + width] for y in range(2 * by + 1) for x in range(2 * by + 1)], axis=0)


def tell_clean(name, pictures, anew, worst):
    results = [(100 * mask.mean(), count, mask.size, title)
               for title, picture in pictures for mask, count in [found(anew, picture)]]
    shares = numpy.array([result[0] for result in results])
    print(f"{name:13} marked: median {numpy.median(shares):.2f} %, mean {shares.mean():.3f} %, worst {shares.max():.2f} %, "
          f"above 0.3 %: {(shares > 0.3).sum()} of {len(shares)}; found in a picture: "
          f"{numpy.mean([result[1] for result in results]):.1f}, in a megapixel: "
          f"{1e6 * sum(result[1] for result in results) / sum(result[2] for result in results):.0f}")
    for share, count, _, title in sorted(results, reverse=True)[:5] if worst else []:
        print(f"    {share:6.2f} %  {count:4}  {title}")


def tell_damaged(name, pictures, anew):
    objects, pixels, stray = {}, [0, 0], []
    for picture, seen, damage in pictures:
        mask, _ = found(anew, picture)
        stray.append(100 * (mask & ~grown(damage.label > 0, 3)).mean())
        pixels[0] += (mask & (seen > 0)).sum()
        pixels[1] += (seen > 0).sum()
        for index, kind in enumerate(damage.objects, 1):
            here = seen == index
            if here.sum() < max(2, 0.5 * (damage.label == index).sum()):
                continue
            known = objects.setdefault(kind, [0, 0])
            known[0] += (mask & here).sum() >= 0.5 * here.sum()
            known[1] += 1
    print(f"{name:13} found: {100 * pixels[0] / pixels[1]:.0f} % of the pixels; "
          + ", ".join(f"{kind} {100 * hit / of:.0f} % of {of}" for kind, (hit, of) in objects.items())
          + f"; stray: {numpy.mean(stray):.2f} % of a picture")


def main():
    parser = argparse.ArgumentParser(description="what anew --scratches auto finds")
    parser.add_argument("--anew", default="build/release/anew")
    parser.add_argument("--half", choices=["tune", "held"], default="held")
    parser.add_argument("--worst", action="store_true", help="name the clean pictures of which most is marked")
    options = parser.parse_args()
    clean = list(originals(options.half))
    for name, change in [("clean", lambda p: p), ("half the size", halved), ("JPEG 75", jpeg)]:
        tell_clean(name, [(title, change(picture)) for title, picture in clean], options.anew, options.worst)
    damages = [Damage(picture, [7, number]) for number, (_, picture) in enumerate(clean)]
    damaged = [(*damage.result(), damage) for damage in damages]
    tell_damaged("damaged", damaged, options.anew)
    tell_damaged("and JPEG 75", [(jpeg(picture), seen, damage) for picture, seen, damage in damaged], options.anew)


if __name__ == "__main__":
    main()
