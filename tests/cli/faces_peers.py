"""faces_peers.py ANEW KIND MODEL.onnx DETECTOR.anew PICTURES...: what onnxruntime makes of the file itself, decoded
here by formulas of its own, against what `anew faces` says of the same pictures."""
import json
import os
import subprocess
import sys
import tempfile

import numpy
import onnxruntime
from PIL import Image

anew, kind, model, detector = sys.argv[1:5]
CONFIDENCE = 0.45
SIDE = 640  # of the square that SCRFD's file is for


def picture(path):
    """RGB: for YuNet of any size, for SCRFD on a black square."""
    image = Image.open(path).convert("RGB")
    if kind == "yunet":
        return numpy.asarray(image)
    canvas = numpy.zeros((SIDE, SIDE, 3), numpy.uint8)
    part = numpy.asarray(image)[:SIDE, :SIDE]
    canvas[:part.shape[0], :part.shape[1]] = part
    return canvas


def cells(count, stride, width):
    index = numpy.arange(count)
    across = width // stride
    return numpy.stack([index % across, index // across], 1) * float(stride)


def yunet(session, rgb):
    height, width = (-(-side // 32) * 32 for side in rgb.shape[:2])
    padded = numpy.zeros((height, width, 3), numpy.float32)
    padded[:rgb.shape[0], :rgb.shape[1]] = rgb[:, :, ::-1]
    names = [o.name for o in session.get_outputs()]
    out = dict(zip(names, session.run(None, {session.get_inputs()[0].name: padded.transpose(2, 0, 1)[None]})))
    found = []
    for stride in (8, 16, 32):
        score = numpy.sqrt(out[f"cls_{stride}"][0, :, 0] * out[f"obj_{stride}"][0, :, 0])
        corner, box = cells(len(score), stride, width), out[f"bbox_{stride}"][0]
        middle, size = corner + box[:, :2] * stride, numpy.exp(box[:, 2:]) * stride
        points = (out[f"kps_{stride}"][0].reshape(-1, 5, 2) * stride + corner[:, None]).reshape(-1, 10)
        found.append(numpy.concatenate([score[:, None], middle - size / 2, middle + size / 2, points], 1))
    return numpy.concatenate(found)


def scrfd(session, rgb):
    blob = ((rgb.astype(numpy.float32) - 127.5) / 128).transpose(2, 0, 1)[None]
    out = [o[0] for o in session.run([f"out{i}" for i in range(9)], {session.get_inputs()[0].name: blob})]
    found = []
    for level, stride in enumerate((8, 16, 32)):
        score, box, points = out[level][:, 0], out[3 + level] * stride, out[6 + level] * stride
        corner = numpy.repeat(cells(len(score) // 2, stride, SIDE), 2, 0)
        found.append(numpy.concatenate([score[:, None], corner - box[:, :2], corner + box[:, 2:],
                                        (points.reshape(-1, 5, 2) + corner[:, None]).reshape(-1, 10)], 1))
    return numpy.concatenate(found)


def strongest(rows, overlap):
    rows = rows[rows[:, 0] > CONFIDENCE]
    rows = rows[numpy.argsort(-rows[:, 0], kind="stable")]
    kept = []
    for row in rows:
        for other in kept:
            common = numpy.prod(numpy.maximum(0, numpy.minimum(row[3:5], other[3:5]) - numpy.maximum(row[1:3], other[1:3])))
            areas = numpy.prod(row[3:5] - row[1:3]) + numpy.prod(other[3:5] - other[1:3])
            if common / (areas - common) > overlap:
                break
        else:
            kept.append(row)
    return kept


def main():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    total, worst, worst_score = 0, 0.0, 0.0
    for path in sys.argv[5:]:
        rgb = picture(path)
        want = strongest((yunet if kind == "yunet" else scrfd)(session, rgb), 0.3 if kind == "yunet" else 0.4)
        with tempfile.NamedTemporaryFile(suffix=".ppm") as file:
            file.write(b"P6\n%d %d\n255\n" % (rgb.shape[1], rgb.shape[0]) + numpy.ascontiguousarray(rgb).tobytes())
            file.flush()
            said = subprocess.run([anew, "faces", "--json", f"--face-confidence={CONFIDENCE}", "--detector", detector,
                                   file.name], check=True, capture_output=True, text=True)
        faces = json.loads(said.stdout)["faces"]
        name = os.path.basename(path)
        if len(faces) != len(want):
            sys.exit(f"{kind}, {name}: {len(faces)} faces, not {len(want)}")
        for face, row in zip(faces, want):
            numbers = face["box"] + [v for point in face["landmarks"] for v in point]
            worst = max(worst, float(numpy.abs(numpy.array(numbers) - row[1:]).max()))
            worst_score = max(worst_score, abs(face["score"] - float(row[0])))
        total += len(want)
    print(f"{kind}: {total} faces in {len(sys.argv) - 5} pictures, at most {worst:.4f} pixels and {worst_score:.6f} apart")
    if worst > 0.05 or worst_score > 0.0005 or total == 0:
        sys.exit("too far apart")


main()
