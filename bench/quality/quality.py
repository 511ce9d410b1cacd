#!/usr/bin/env python3
"""How good the results are: one command makes the tables, and contact sheets to look at.

    quality.py enlarge [--scale 4] [--sets Set5 Urban100 art] [--model NAME|FILE]...   closeness to originals, by damage
    quality.py restore [--sets Set5 Urban100 gb82] [--model NAME|FILE]...          the same at the picture's own size
    quality.py real [--model NAME|FILE]...                                         photos without an original
    quality.py sheet --out FOLDER [--model NAME|FILE]...                           100 % crops side by side
    quality.py all --out FOLDER                                                    all of it, for the models that are here

A model may have a title: --model "half=weights/a.anew:0.5,weights/b.anew:0.5". Lanczos is Pillow's. PSNR and SSIM are on Y with 4 pixels shaved (measures.py); the small pictures of Set5 and Urban100 at
x4 are the published ones, others are Pillow's bicubic. `real` gives the naturalness of `anew compare` (NIQE; less is
better), how far large areas changed their colour, and on gb82 the energy above the small picture's Nyquist frequency in
parts of the original's. Pictures come from ANEW_SHARED (default ../shared)/images/open, the third-party models to
measure against from its weights; neither is part of the project.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from PIL import Image, ImageDraw

import measures

SHARED = pathlib.Path(os.environ.get("ANEW_SHARED", "../shared"))
OPEN = SHARED / "images" / "open"
ART = SHARED / "images" / "train" / "art"
BICUBIC, LANCZOS = Image.Resampling.BICUBIC, Image.Resampling.LANCZOS
PEERS = {  # what others made, by scale; converted into the temporary folder
    4: {"general-x4v3": "sr/ncnn/RealESRGAN_General_x4_v3.param", "animevideov3": "sr/realesr-animevideov3.pth",
        "span": "sr/span_team46_ch28_x4.pth", "rfdn": "sr/rfdn_baseline_x4.pth", "safmn": "sr/safmn_team15_x4.pth"},
    1: {"dncnn_25": "x1/dncnn_25.pth"},
}


class Bench:
    """The program, and a folder that goes away."""

    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)

    def convert(self, file):
        target = self.folder / (pathlib.Path(file).stem + ".anew")
        if not target.exists():
            subprocess.run([f"{self.program}-convert", file, "-o", target], check=True, stdout=subprocess.DEVNULL)
        return target

    def run(self, picture, model, *options):
        source, target = self.folder / "in.png", self.folder / "out.png"
        picture.save(source)
        subprocess.run([self.program, source, "-o", target, "-f", "--quiet", "--auto=off", "-m", model, *options], check=True)
        return Image.open(target).convert("RGB")

    def naturalness(self, picture):
        path = self.folder / "score.png"
        picture.save(path)
        answer = subprocess.run([self.program, "compare", "--json", path, path], check=True, capture_output=True)
        return json.loads(answer.stdout)["quality"][0]["naturalness"]


def originals(name):
    """The pictures of a set; of "art", the drawings that pack.py left out of training (--leave-out 7)."""
    if name == "art":
        return sorted(ART.iterdir())[::7]
    folder = OPEN / name / "HR" if (OPEN / name / "HR").is_dir() else OPEN / name
    return sorted(folder.glob("*.png"))


def pairs(name, scale, most):
    """Small and original pictures of a set; at scale 1 the original twice. Large ones are cut to 512 pixels a side."""
    for path in originals(name)[:most]:
        original = Image.open(path).convert("RGB")
        published = OPEN / name / f"LRx{scale}" / path.name
        if scale > 1 and published.exists():
            small = Image.open(published).convert("RGB")
            original = original.crop((0, 0, small.width * scale, small.height * scale))
        else:
            side = (min(original.width, 512) // scale * scale, min(original.height, 512) // scale * scale)
            left, top = (original.width - side[0]) // 2, (original.height - side[1]) // 2
            original = original.crop((left, top, left + side[0], top + side[1]))
            small = original.resize((side[0] // scale, side[1] // scale), BICUBIC) if scale > 1 else original
        yield small, original


def table(bench, scale, sets, models, rows, most):
    plain = "Lanczos" if scale > 1 else "as it is"
    names = [plain] + list(models)
    for name in sets:
        print(f"\n| {name}, x{scale}: dB / SSIM | " + " | ".join(names) + " |\n|---" + "|---" * len(names) + "|")
        pictures = list(pairs(name, scale, most))
        for row, damage in rows.items():
            sums = [[0.0, 0.0] for _ in names]
            for number, (small, original) in enumerate(pictures):
                small = measures.damaged(small, number, **damage)
                results = [small.resize(original.size, LANCZOS) if scale > 1 else small]
                results += [bench.run(small, models[model], "-s", str(scale)) for model in models]
                for total, result in zip(sums, results):
                    total[0] += measures.psnr(result, original) / len(pictures)
                    total[1] += measures.ssim(result, original) / len(pictures)
            print(f"| {row} | " + " | ".join(f"{p:.2f} / {s:.3f}" for p, s in sums) + " |", flush=True)


def real(bench, models, most):
    names = ["Lanczos"] + list(models)
    print("\n| photos at x4 | " + " | ".join(names) + " |\n|---" + "|---" * len(names) + "|")
    scores, shifts, energies = ([0.0] * len(names) for _ in range(3))
    photos = sorted((OPEN / "real").iterdir())[:most]
    for path in photos:
        small = Image.open(path).convert("RGB")
        small = small.crop((0, 0, min(small.width, 256), min(small.height, 256)))
        plain = small.resize((small.width * 4, small.height * 4), LANCZOS)
        for column, result in enumerate([plain] + [bench.run(small, m, "-s", "4") for m in models.values()]):
            scores[column] += bench.naturalness(result) / len(photos)
            shifts[column] += measures.colour_shift(result, plain) / len(photos)
    sharp = list(pairs("gb82", 4, most))
    for small, original in sharp:
        whole = measures.energy_above(original, 1 / 4)
        results = [small.resize(original.size, LANCZOS)] + [bench.run(small, m, "-s", "4") for m in models.values()]
        for column, result in enumerate(results):
            energies[column] += measures.energy_above(result, 1 / 4) / whole / len(sharp)
    for title, values in (("naturalness (NIQE)", scores), ("colour of large areas", shifts),
                          ("energy above Nyquist, gb82", energies)):
        print(f"| {title} | " + " | ".join(f"{value:.3f}" for value in values) + " |")


def sheet(bench, models, folder, most):
    """One picture a photo: a crop of 96 pixels enlarged to 384 by each, beside each other, at 100 %."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((OPEN / "real").iterdir())[:most]:
        small = Image.open(path).convert("RGB")
        left, top = max(0, small.width // 2 - 48), max(0, small.height // 2 - 48)
        small = small.crop((left, top, left + 96, top + 96))
        results = {"Lanczos": small.resize((384, 384), LANCZOS)}
        results.update({name: bench.run(small, model, "-s", "4") for name, model in models.items()})
        page = Image.new("RGB", (392 * len(results), 408), "white")
        for column, (name, result) in enumerate(results.items()):
            page.paste(result, (392 * column, 20))
            ImageDraw.Draw(page).text((392 * column + 4, 4), name, fill="black")
        page.save(folder / f"{path.stem}.png")
    print(f"contact sheets in {folder}")


def ends(name):
    """A model of ours as it is used, and where it is mixed with a partner, --crisp 0 and --crisp 1."""
    file, partner = f"weights/{name}.anew", f"weights/{name}-crisp.anew"
    models = {name: file} if pathlib.Path(file).exists() else {}
    if models and pathlib.Path(partner).exists():
        models |= {f"{name}, crisp 0": f"{file}:1", f"{name}, crisp 1": partner}
    return models


def chosen(bench, wishes, own, scale):
    """What was wished, else our own models of this scale and the peers that are here."""
    if wishes:
        return {wish.partition("=")[0] if "=" in wish else pathlib.Path(wish).stem: wish.rpartition("=")[2] for wish in wishes}
    models = {}
    for name in own:
        models |= ends(name)
    for name, file in PEERS.get(scale, {}).items():
        if (SHARED / "weights" / file).exists():
            models[name] = bench.convert(SHARED / "weights" / file)
    return models


def main():
    os.environ.setdefault("ANEW_AUTO", "off")  # the network is measured, not what a look chooses
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["enlarge", "restore", "real", "sheet", "all"])
    parser.add_argument("--anew", default="build/release/anew")
    parser.add_argument("--model", action="append", default=[])
    parser.add_argument("--scale", type=int, default=4)
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("--most", type=int, default=100, help="pictures of a set at most")
    parser.add_argument("--out", type=pathlib.Path)
    options = parser.parse_args()
    if not OPEN.is_dir():
        print(f"SKIP: {OPEN} is absent")
        return
    if options.what in ("sheet", "all") and options.out is None:
        parser.error("--out: a folder for the contact sheets")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.anew, folder)
        everything = options.what == "all"
        for scale in ([2, 4] if everything else [options.scale] if options.what == "enlarge" else []):
            models = chosen(bench, options.model, [f"photo-x{scale}", f"photo-x{scale}-clean", f"art-x{scale}", f"tiny-x{scale}"], scale)
            table(bench, scale, options.sets or ["Set5", "Urban100"], models, measures.ENLARGED_ROWS, options.most)
        if everything or options.what == "restore":
            models = chosen(bench, options.model, ["restore-x1"], 1)
            table(bench, 1, options.sets or ["Set5", "Urban100", "gb82"], models, measures.RESTORED_ROWS, options.most)
        if everything or options.what == "real":
            real(bench, chosen(bench, options.model, ["photo-x4"], 4), options.most)
        if everything or options.what == "sheet":
            sheet(bench, chosen(bench, options.model, ["photo-x4"], 4), options.out, options.most)


if __name__ == "__main__":
    sys.exit(main())
