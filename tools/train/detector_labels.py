"""Labels for detector.py: the faces that two detectors find in a folder of pictures.

    python detector_labels.py --anew ../../build/release/anew --teachers retinaface.anew yunet.anew --out labels.json PHOTOS FACES

Each picture is looked at as it is, mirrored, and smaller, by both detectors. A face that the first one finds in at least half
of these views (score 0.8) and the second one in at least one (0.6) is certain; its box and points are the median of the first
one's. What was found otherwise is kept as doubtful: a training neither asks for it nor punishes it. The pictures are split
by a fixed seed: one in seven is held out for measuring.
"""
import argparse
import json
import pathlib
import random
import subprocess
import tempfile

import numpy
from PIL import Image

VIEWS = [(1.0, False), (1.0, True), (0.6, False), (0.75, True)]  # scale, mirrored
SURE = (0.8, 0.6)
DOUBTFUL = 0.6
MIRRORED_POINTS = [1, 0, 2, 4, 3]


def overlap(a, b):
    """The boxes' intersection over their union."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


def find(anew, teacher, files):
    """{file name: faces}, of many pictures in one call."""
    answer = subprocess.run([anew, "faces", "--json", "--no-config", "--threads", "1", "--detector", teacher, "--face-confidence",
                             str(DOUBTFUL), *files], check=True, capture_output=True, text=True).stdout
    return {pathlib.Path(row["path"]).name: row["faces"] for row in map(json.loads, answer.splitlines())}


def back(face, scale, mirrored, width):
    """A face of a view, in pixels of the picture: box, points."""
    box = [value / scale for value in face["box"]]
    points = [[x / scale, y / scale] for x, y in face["landmarks"]]
    if mirrored:
        box[0], box[2] = width - box[2], width - box[0]
        points = [[width - x, y] for x, y in (points[k] for k in MIRRORED_POINTS)]
    return box, points


def merge(found):
    """Of (teacher, score, box, points) of all views the faces, certain or not."""
    groups = []
    for one in sorted(found, key=lambda one: -one[1]):
        for group in groups:
            if overlap(one[2], group[0][2]) > 0.4:
                group.append(one)
                break
        else:
            groups.append([one])
    faces = []
    for group in groups:
        hits = [[one for one in group if one[0] == teacher and one[1] >= SURE[teacher]] for teacher in (0, 1)]
        sure = len(hits[0]) >= len(VIEWS) // 2 and len(hits[1]) >= 1
        used = hits[0] if sure else group
        faces.append({"sure": sure, "score": round(max(one[1] for one in group), 3),
                      "box": numpy.median([one[2] for one in used], 0).round(2).tolist(),
                      "landmarks": numpy.median([one[3] for one in used], 0).round(2).tolist()})
    return faces


def label(anew, teachers, paths):
    with tempfile.TemporaryDirectory() as folder:
        found, sizes = {path: [] for path in paths}, {}
        for view, (scale, mirrored) in enumerate(VIEWS):
            files, scales = [], {}
            for index, path in enumerate(paths):
                picture = Image.open(path).convert("RGB")
                sizes[path] = picture.size
                if scale != 1:
                    picture = picture.resize([max(1, round(side * scale)) for side in picture.size], Image.LANCZOS)
                if mirrored:
                    picture = picture.transpose(Image.FLIP_LEFT_RIGHT)
                file = pathlib.Path(folder) / f"{index}.ppm"
                picture.save(file)
                files.append(str(file))
                scales[file.name] = (path, picture.width / sizes[path][0])
            for teacher, model in enumerate(teachers):
                for name, faces in find(anew, model, files).items():
                    path, exact = scales[name]
                    for face in faces:
                        box, points = back(face, exact, mirrored, sizes[path][0])
                        found[path].append((teacher, face["score"], box, points))
        return [{"path": str(path.resolve()), "size": sizes[path], "faces": merge(found[path])} for path in paths]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--anew", required=True)
    parser.add_argument("--teachers", nargs=2, required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    dice, rows = random.Random(options.seed), []
    for folder in options.folders:
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp"))
        held = set(dice.sample(paths, len(paths) // 7))
        for first in range(0, len(paths), 32):
            part = label(options.anew, options.teachers, paths[first : first + 32])
            for path, row in zip(paths[first : first + 32], part):
                rows.append({**row, "held_out": path in held})
            print(folder, min(first + 32, len(paths)), "of", len(paths), flush=True)
    options.out.write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n")
    for held_out in (False, True):
        faces = [face for row in rows if row["held_out"] == held_out for face in row["faces"]]
        print("held out:" if held_out else "to train:", sum(row["held_out"] == held_out for row in rows), "pictures,",
              sum(face["sure"] for face in faces), "faces,", sum(not face["sure"] for face in faces), "doubtful ones")


if __name__ == "__main__":
    main()
