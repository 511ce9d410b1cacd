"""How well a detector of faces does against the two detectors that it was taught by.

    python bench/quality/faces_detect.py --teachers retinaface.anew yunet.anew --labels labels.json
    python bench/quality/faces_detect.py --teachers retinaface.anew yunet.anew FOLDER...

With --labels (of tools/train/detector_labels.py) the pictures that were held out, at several sizes; else the pictures of the
folders, labelled in the same way first: certain faces are those that both teachers agree on, doubtful ones count neither
way. Only faces of 24 pixels and more (the shorter side) are asked for. For each detector: how many of the certain faces it
found, how many of its own are neither certain nor doubtful, and how far its points are from the first teacher's, as a
share of the distance of the eyes. The last column asks more: how many of all the faces that the first teacher finds by
itself, in one look with its own confidence.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "train"))
import detector_labels  # noqa: E402

SMALLEST = 24
SAME = 0.4  # overlap of two boxes of one face


def faces_of(anew, detector, confidence, files):
    """One list of faces for each file."""
    command = [anew, "faces", "--json", "--no-config", "--threads", "1"]
    command += ["--detector", detector] if detector else []
    command += ["--face-confidence", str(confidence)] if confidence else []
    said = subprocess.run([*command, *files], check=True, capture_output=True, text=True).stdout
    return [row["faces"] for row in map(json.loads, said.splitlines())]


def pair(faces, others):
    """For each face the index of the other that it lies on, or None; none is taken twice."""
    near = sorted(((detector_labels.overlap(a["box"], b["box"]), i, k)
                   for i, a in enumerate(faces) for k, b in enumerate(others)), reverse=True)
    mine, taken = [None] * len(faces), set()
    for overlap, i, k in near:
        if overlap >= SAME and mine[i] is None and k not in taken:
            mine[i] = k
            taken.add(k)
    return mine


def side(face):
    left, top, right, bottom = face["box"]
    return min(right - left, bottom - top)


def distance(face, truth):
    """Mean distance of the five points as a share of the distance of the eyes."""
    points, wanted = numpy.array(face["landmarks"]), numpy.array(truth["landmarks"])
    return float(numpy.linalg.norm(points - wanted, axis=1).mean() / numpy.linalg.norm(wanted[0] - wanted[1]))


def measure(found, truth, plain):
    """Counts over all pictures: asked for, found, told of, extra, points' distances; and of the first teacher's own."""
    counts, far, missed, wrong = dict.fromkeys(("asked", "found", "told", "extra", "plain", "plain_found"), 0), [], [], []
    for index, (faces, wanted, first) in enumerate(zip(found, truth, plain)):
        sure = [face for face in wanted if face["sure"] and side(face) >= SMALLEST]
        rest = [face for face in wanted if not (face["sure"] and side(face) >= SMALLEST)]
        mine = pair(sure, faces)
        counts["asked"] += len(sure)
        counts["found"] += sum(one is not None for one in mine)
        far += [distance(faces[one], face) for face, one in zip(sure, mine) if one is not None]
        missed += [(index, face) for face, one in zip(sure, mine) if one is None]
        left = [face for k, face in enumerate(faces) if k not in mine and side(face) >= SMALLEST]
        more = [face for face, one in zip(left, pair(left, rest)) if one is None]
        counts["told"] += sum(side(face) >= SMALLEST for face in faces)
        counts["extra"] += len(more)
        wrong += [(index, face) for face in more]
        first = [face for face in first if side(face) >= SMALLEST]
        counts["plain"] += len(first)
        counts["plain_found"] += sum(one is not None for one in pair(first, faces))
    return counts, far, missed, wrong


def share(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"


def table(options, files, truth):
    plain = faces_of(options.anew, options.teachers[0], None, files)
    print("| detector | found | extra | points, mean | points, worst tenth | of the first teacher's own |")
    print("|---|---|---|---|---|---|")
    for name in [*options.detector, *([] if options.alone else options.teachers)]:
        confidence = options.confidence if name in options.detector else None
        counts, far, missed, wrong = measure(faces_of(options.anew, name, confidence, files), truth, plain)
        print(f"| {pathlib.Path(name).stem} | {counts['found']} of {counts['asked']}, {share(counts['found'], counts['asked'])} "
              f"| {counts['extra']} of {counts['told']}, {share(counts['extra'], counts['told'])} "
              f"| {100 * numpy.mean(far or [0]):.2f} % | {100 * numpy.quantile(far or [0], 0.9):.2f} % "
              f"| {counts['plain_found']} of {counts['plain']}, {share(counts['plain_found'], counts['plain'])} |")
        if options.tell and name in options.detector:
            for what, faces in (("missed", missed), ("extra", wrong)):
                for index, face in faces:
                    print(f"{what}: {pathlib.Path(files[index]).name} {[round(value) for value in face['box']]} {face['score']}",
                          file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--anew", default=str(ROOT / "build/release/anew"))
    parser.add_argument("--detector", nargs="+", default=["face-detector"], help="those measured, by name or file")
    parser.add_argument("--confidence", type=float, help="of those measured (their own by default)")
    parser.add_argument("--teachers", nargs=2, required=True)
    parser.add_argument("--labels", type=pathlib.Path)
    parser.add_argument("--sizes", type=float, nargs="+", default=[1, 0.5, 0.25])
    parser.add_argument("--alone", action="store_true", help="leave out the teachers' own rows")
    parser.add_argument("--tell", action="store_true", help="say which faces were missed and which are extra")
    parser.add_argument("folders", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    if (options.labels is None) == (not options.folders):
        parser.error("either --labels or folders")
    if options.folders:
        paths = sorted(path for folder in options.folders for path in folder.iterdir()
                       if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp"))
        rows, options.sizes = detector_labels.label(options.anew, options.teachers, paths), [1]
    else:
        rows = [row for row in json.loads(options.labels.read_text()) if row["held_out"]]
    with tempfile.TemporaryDirectory() as folder:
        for size in options.sizes:
            files, truth = [], []
            for row in rows:
                picture = Image.open(row["path"]).convert("RGB")
                if size != 1:
                    picture = picture.resize([round(length * size) for length in picture.size], Image.LANCZOS)
                files.append(f"{folder}/{len(files)}-{pathlib.Path(row['path']).stem}.ppm")
                picture.save(files[-1])
                ratio = picture.width / row["size"][0]
                truth.append([{**face, "box": [value * ratio for value in face["box"]],
                               "landmarks": [[x * ratio, y * ratio] for x, y in face["landmarks"]]} for face in row["faces"]])
            print(f"\n{len(files)} pictures at {size:g} of their size\n")
            table(options, files, truth)


if __name__ == "__main__":
    main()
