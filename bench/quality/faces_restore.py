"""Is a restored face nearer to the original than the enlargement without it: in pixels, and in where its features lie.

    python bench/quality/faces_restore.py --detector retinaface.anew --restorer weights/face-256.anew [--labels labels.json]

Portraits are made smaller until the aligned square of the face (src/faces/similarity.h) has --sides pixels, damaged in fixed
ways, enlarged by four with photo-x4, with and without the restorer. For each: PSNR on Y inside the middle of that square, and
the mean distance of the detector's five points from those that it finds in the original, as a share of the distance of the
eyes ("-": not found). The pictures are ../shared/images/open/faces_gt, and of --labels (tools/train/detector_labels.py) the
portraits that were held out. --sheet writes the crops side by side.
"""
import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy
from PIL import Image, ImageDraw

import faces_detect
import measures

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "train"))
import face_pack  # noqa: E402

SHARED = pathlib.Path(os.environ.get("ANEW_SHARED", "../shared"))
SCALE = 4
DAMAGES = {"none": {}, "noise 5, JPEG 40": {"noise": 5, "jpeg": 40}, "JPEG 70": {"jpeg": 70}, "noise 15": {"noise": 15},
           "blur 1.2, noise 5, JPEG 50": {"blur": 1.2, "noise": 5, "jpeg": 50}}
WAYS = ("Lanczos", "photo-x4", "with faces")


def found(options, files):
    """The surest face of each file, or None."""
    rows = faces_detect.faces_of(options.anew, options.detector, 0.5, [str(file) for file in files])
    return [max(faces, key=lambda face: face["score"]) if faces else None for faces in rows]


def portraits(options):
    paths = sorted((SHARED / "images/open/faces_gt").glob("*.png"))
    if options.labels:
        rows = json.load(open(options.labels))
        paths += [pathlib.Path(row["path"]) for row in rows if row["held_out"] and "/faces/" in row["path"]]
    return paths[: options.most]


def square(face):
    """Left, top, side of the upright square around the aligned one's middle half: eyes to chin."""
    matrix = face_pack.similarity(numpy.array(face["landmarks"]), face_pack.TEMPLATE)
    across = 512 / math.hypot(*matrix[0, :2])
    x, y = numpy.linalg.solve(matrix[:, :2], numpy.array([256, 300]) - matrix[:, 2])
    return x, y, across


def cut(picture, face):
    x, y, across = square(face)
    half = across * 0.27
    return picture.crop([round(value) for value in (x - half, y - half, x + half, y + half)])


def run(options, folder, side, damage, sheet):
    """Means of PSNR and distance for each way, over all portraits."""
    originals, results = [], {way: [] for way in WAYS}
    paths = portraits(options)
    faces = found(options, paths)
    for number, (path, face) in enumerate(zip(paths, faces)):
        whole = Image.open(path).convert("RGB")
        part = side / square(face)[2]
        small_size = [max(16, round(length * part)) for length in whole.size]
        original = whole.resize([length * SCALE for length in small_size], Image.BICUBIC)
        small = measures.damaged(whole.resize(small_size, Image.BICUBIC), number, **damage)
        file = folder / f"{number}.png"
        small.save(file)
        plain = [options.anew, str(file), "-s", str(SCALE), "--auto=off", "--quiet", "--force", "--no-config", "-m", options.model]
        mend = ["--faces", "--face-model", options.restorer, "--detector", options.detector, "--face-strength", str(options.strength)]
        names = [folder / f"{number}_{way}.png" for way in ("original", *WAYS)]
        original.save(names[0])
        small.resize(original.size, Image.LANCZOS).save(names[1])
        subprocess.run([*plain, "-o", names[2]], check=True)
        subprocess.run([*plain, *mend, "-o", names[3]], check=True)
        originals.append(names[0])
        for way, name in zip(WAYS, names[1:]):
            results[way].append(name)
    truth = found(options, originals)
    answer = []
    for way in WAYS:
        seen = found(options, results[way])
        near, far, missed = [], [], 0
        for file, original, face, wanted in zip(results[way], originals, seen, truth):
            if wanted is None:
                continue
            near.append(measures.psnr(cut(Image.open(file).convert("RGB"), wanted), cut(Image.open(original), wanted)))
            if face is None:
                missed += 1
            else:
                far.append(faces_detect.distance(face, wanted))
        answer.append((numpy.mean(near), numpy.mean(far) if far else math.nan, missed))
    if sheet:
        count = min(len(originals), 8)
        cell = 2 * round(SCALE * side * 0.27)
        page = Image.new("RGB", ((cell + 4) * count, (cell + 4) * 4 + 14), "white")
        ImageDraw.Draw(page).text((4, 1), "Lanczos, photo-x4, with faces, original", fill="black")
        for column in range(count):
            for row, name in enumerate([*(results[way][column] for way in WAYS), originals[column]]):
                crop = cut(Image.open(name).convert("RGB"), truth[column])
                page.paste(crop, ((cell + 4) * column, 14 + (cell + 4) * row))
        page.save(sheet)
    return answer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--anew", default=str(ROOT / "build/release/anew"))
    parser.add_argument("--model", default="photo-x4")
    parser.add_argument("--detector", required=True)
    parser.add_argument("--restorer", required=True)
    parser.add_argument("--strength", type=float, default=1.0)
    parser.add_argument("--labels")
    parser.add_argument("--sides", type=int, nargs="+", default=[48, 64, 96])
    parser.add_argument("--most", type=int, default=1000)
    parser.add_argument("--sheet", type=pathlib.Path, help="a folder")
    options = parser.parse_args()
    if not (SHARED / "images/open/faces_gt").is_dir():
        print(f"SKIP: {SHARED / 'images/open/faces_gt'} is absent")
        return
    print("| face of | damage | " + " | ".join(WAYS) + " |\n|---|---" + "|---" * len(WAYS) + "|")
    for side in options.sides:
        for name, damage in DAMAGES.items():
            with tempfile.TemporaryDirectory() as folder:
                sheet = options.sheet / f"{side}_{name.replace(' ', '_').replace(',', '')}.png" if options.sheet else None
                answer = run(options, pathlib.Path(folder), side, damage, sheet)
            print(f"| {side} | {name} | " + " | ".join(
                f"{near:.2f} dB, {100 * far:.1f} %" + (f", - {missed}" if missed else "") for near, far, missed in answer) + " |", flush=True)


if __name__ == "__main__":
    main()
