"""Cuts aligned faces out of labelled pictures and stores them in one file, as pack.py does with crops.

    python face_pack.py --labels labels.json --out faces.npz        # --held-out: those that no training sees

`labels.json` is what detector_labels.py wrote. Each certain face is carried to the places where FFHQ's alignment has eyes,
nose and mouth, as the engine does it (src/faces/similarity.c), with a margin around the square, from which the training takes
squares that lie a little wrong. Faces whose square is smaller than the crop's are left out: nothing clean is to be had of them.
"""
import argparse
import json

import numpy
from PIL import Image

import pack

SIDE, MARGIN = 256, 16
# Left eye, right eye, nose, corners of the mouth at 512 pixels (facexlib).
TEMPLATE = numpy.array([[192.98138, 239.94708], [318.90277, 240.1936], [256.63416, 314.01935], [201.26117, 371.41043],
                        [313.08905, 371.15118]])


def similarity(points, to):
    """[2][3] that carries `points` to `to` with the least sum of squares (Umeyama 1991)."""
    middle, to_middle = points.mean(0), to.mean(0)
    a, b = points - middle, to - to_middle
    along = (a * b).sum() / (a * a).sum()
    across = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / (a * a).sum()
    turn = numpy.array([[along, -across], [across, along]])
    return numpy.hstack([turn, (to_middle - turn @ middle)[:, None]])


def aligned(picture, landmarks, side=SIDE, margin=MARGIN):
    """The square and its margin, uint8 [side + 2 margin][side + 2 margin][3], and the pixels of the picture across `side`.

    Taken at twice the size by bicubic interpolation and halved, so that nothing is finer than a pixel."""
    to = TEMPLATE * (2 * side / 512) + 2 * margin
    forth = similarity(numpy.array(landmarks), to)
    back = numpy.linalg.inv(numpy.vstack([forth, [0, 0, 1]]))[:2]
    whole = 2 * (side + 2 * margin)
    large = picture.transform((whole, whole), Image.AFFINE, back.flatten().tolist(), Image.BICUBIC)
    across = 2 * side * numpy.hypot(*back[0, :2])
    return numpy.asarray(large.resize((whole // 2, whole // 2), Image.BOX)), across


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--held-out", action="store_true", help="the held out pictures' faces in place of the others'")
    parser.add_argument("--quality", type=int, default=95, help="of the crops' JPEGs")
    options = parser.parse_args()
    data, starts = bytearray(), [0]
    for row in json.load(open(options.labels)):
        if row["held_out"] != options.held_out:
            continue
        picture = Image.open(row["path"]).convert("RGB")
        for face in row["faces"]:
            crop, across = aligned(picture, face["landmarks"])
            if face["sure"] and across >= SIDE:
                data += pack.packed(crop, options.quality)
                starts.append(len(data))
    if len(starts) == 1:
        raise SystemExit(f"no certain face of {SIDE} pixels in {options.labels}")
    pack.save(options.out, data, starts)
    print(f"{len(starts) - 1} faces, {len(data) / 1e6:.1f} MB, in {options.out}")


if __name__ == "__main__":
    main()
