"""Scenes to train a face detector with: a photo as the ground, other photos' faces laid over it at random sizes, and damage.

A scene is a square of pixels with, for each place of the network's three levels, what it should answer. Faces that are doubtful,
too small, cut off or covered are neither asked for nor punished.
"""
import io
import json
import math
import random

import numpy
from PIL import Image, ImageDraw, ImageFilter

from detector_labels import MIRRORED_POINTS
from detector_network import STRIDES

SMALLEST = 11  # pixels, of a face that is asked for
# Sides of the faces that each level answers for; a level next to that is not punished for one.
LEVELS = ((0, 44), (36, 100), (80, 1e9))


class Picture:
    """Pixels at its own size, a half, a quarter, ...; and its faces."""

    def __init__(self, path, faces):
        image = Image.open(path).convert("RGB")
        self.views = [image]
        while min(self.views[-1].size) >= 48:
            self.views.append(self.views[-1].reduce(2))
        self.faces = faces
        self.sure = [face for face in faces if face["sure"]]

    def laid(self, side, scale, angle, mirrored, source, target):
        """The picture turned and scaled so that its point `source` lies at `target`; with a mask of where it is, and the way of
        its points."""
        level = 0
        while level + 1 < len(self.views) and scale * 2 ** (level + 1) <= 1:
            level += 1
        view = self.views[level]
        c, s, m = math.cos(angle) * scale, math.sin(angle) * scale, -1 if mirrored else 1
        forward = numpy.array([[c * m, -s], [s * m, c]])
        offset = numpy.array(target) - forward @ numpy.array(source)
        inverse = numpy.linalg.inv(forward)
        start = -inverse @ offset
        ratio = numpy.array(view.size) / numpy.array(self.views[0].size)
        rows = [*(inverse[0] * ratio[0]), start[0] * ratio[0], *(inverse[1] * ratio[1]), start[1] * ratio[1]]
        pixels = view.transform((side, side), Image.AFFINE, rows, Image.BILINEAR)
        mask = Image.new("L", view.size, 255).transform((side, side), Image.AFFINE, rows, Image.NEAREST)
        return pixels, mask, lambda point: forward @ numpy.asarray(point).T + offset[:, None]


def moved(face, way, angle, mirrored):
    """A face of a picture that was laid: its points go along; the box keeps its proportions, upright as the teacher's are."""
    points = way(face["landmarks"]).T
    if mirrored:
        points = points[MIRRORED_POINTS]
    left, top, right, bottom = face["box"]
    corners = way([[left, top], [right, top], [right, bottom], [left, bottom]])
    # A turned box's hull is too large: a face is more of an ellipse, whose hull this is.
    middle = corners.mean(1)
    across = numpy.linalg.norm(corners[:, 1] - corners[:, 0]) / 2
    down = numpy.linalg.norm(corners[:, 3] - corners[:, 0]) / 2
    c, s = math.cos(angle), math.sin(angle)
    half = numpy.array([math.hypot(across * c, down * s), math.hypot(across * s, down * c)])
    return {"sure": face["sure"], "box": numpy.concatenate([middle - half, middle + half]), "points": points}


def side_of(box):
    return math.sqrt(max(0.0, (box[2] - box[0]) * (box[3] - box[1])))


def share_inside(mask, box):
    """How much of a box is white in a mask; what lies outside the square counts as black."""
    left, top, right, bottom = box
    area = max(1e-6, (right - left) * (bottom - top))
    part = mask[max(0, int(top)) : max(0, int(bottom) + 1), max(0, int(left)) : max(0, int(right) + 1)]
    return min(1.0, float(part.sum()) / area) if part.size else 0.0


class Scenes:
    def __init__(self, rows, seed):
        self.dice = random.Random(seed)
        self.noise = numpy.random.default_rng(seed)
        pictures = [Picture(row["path"], row["faces"]) for row in rows]
        self.peopled = [picture for picture in pictures if picture.sure]
        self.crowds = [picture for picture in self.peopled if len(picture.sure) >= 2] or self.peopled
        self.empty = [picture for picture in pictures if not picture.faces]

    def lay(self, picture, side, size, face=None):
        """Where a picture goes whose face (or, without one, middle) gets so many pixels."""
        dice = self.dice
        angle = dice.gauss(0, 0.2) if dice.random() < 0.9 else dice.uniform(-1.2, 1.2)
        mirrored = dice.random() < 0.5
        if face is not None:
            left, top, right, bottom = face["box"]
            source, scale = ((left + right) / 2, (top + bottom) / 2), size / side_of(face["box"])
            margin = min(side / 2, size * 0.55)
        else:
            source = [dice.uniform(0.2, 0.8) * length for length in picture.views[0].size]
            scale, margin = size, side / 2
        target = (dice.uniform(margin, side - margin), dice.uniform(margin, side - margin))
        pixels, mask, way = picture.laid(side, scale, angle, mirrored, source, target)
        return pixels, mask, [moved(one, way, angle, mirrored) for one in picture.faces]

    def size(self, side, most):
        largest = min(most, 0.9 * side)
        if self.dice.random() < 0.3:  # more large ones than their share of all sizes
            return self.dice.uniform(12, largest)
        return math.exp(self.dice.uniform(math.log(12), math.log(largest)))

    def scene(self, side):
        """Pixels (side, side, 3) as uint8, and the faces."""
        dice, faces = self.dice, []
        if dice.random() < 0.1:
            canvas = Image.new("RGB", (side, side), tuple(dice.randrange(256) for _ in range(3)))
        else:  # at least one layer that covers nearly all
            picture = dice.choice(self.empty)
            smallest = side / min(picture.views[0].size)
            canvas, _, _ = self.lay(picture, side, max(smallest * 1.3, dice.uniform(0.3, 1.5)))
        layers = dice.choices((0, 1, 2, 3, 5, 9), (3, 20, 24, 25, 18, 10))[0]
        most = (0, 700, 300, 160, 90, 48)[(0, 1, 2, 3, 5, 9).index(layers)]
        for index in range(layers):
            if dice.random() < 0.2:  # what is laid over is not always a face
                spot = numpy.array([dice.uniform(0, side), dice.uniform(0, side)])
                half = self.size(side, most) / 2
                pixels, mask, _ = self.lay(dice.choice(self.empty), side, dice.uniform(0.1, 1))
                shape = self.around(side, numpy.concatenate([spot - half, spot + half]))
                mask = Image.composite(mask, Image.new("L", mask.size), shape)
                canvas.paste(pixels, (0, 0), mask)
                self.cover(faces, numpy.asarray(mask) > 127)
                continue
            # The first one often is a whole photo with all that is around its faces.
            picture = dice.choice(self.crowds if dice.random() < 0.3 else self.peopled)
            whole = index == 0 and dice.random() < 0.7
            face = dice.choice(picture.sure)
            pixels, mask, found = self.lay(picture, side, self.size(side, most), face)
            if not whole:
                shape = self.around(side, found[picture.faces.index(face)]["box"])
                mask = Image.composite(mask, Image.new("L", mask.size), shape)
            canvas.paste(pixels, (0, 0), mask)
            solid = numpy.asarray(mask) > 127
            self.cover(faces, solid)
            for one in found:
                seen = share_inside(solid, one["box"])
                if seen < 0.15:
                    continue
                one["sure"] = one["sure"] and seen > 0.7
                faces.append(one)
        return numpy.asarray(self.damage(canvas)), [one for one in faces if "gone" not in one]

    @staticmethod
    def cover(faces, solid):
        """What lies under a new layer is doubtful, or gone."""
        for one in faces:
            hidden = share_inside(solid, one["box"])
            if hidden > 0.1:
                one["sure"] = False
            if hidden > 0.9:
                one["gone"] = True

    def around(self, side, box):
        """The surroundings of a face: a soft or sharp ellipse or rectangle."""
        dice, mask = self.dice, Image.new("L", (side, side))
        grown = dice.uniform(1.25, 2.0)
        middle, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2 * grown
        shape = [*(middle - half), *(middle + half)]
        draw = ImageDraw.Draw(mask)
        (draw.ellipse if dice.random() < 0.5 else draw.rectangle)(shape, fill=255)
        if dice.random() < 0.5:
            return mask
        return mask.filter(ImageFilter.BoxBlur(dice.uniform(1, 0.12 * float(half[0]) + 1)))

    def damage(self, image):
        dice = self.dice
        side = image.width
        if dice.random() < 0.3:
            if dice.random() < 0.5:
                image = image.filter(ImageFilter.GaussianBlur(math.exp(dice.uniform(math.log(0.4), math.log(2.2)))))
            else:
                small = int(side / dice.uniform(1.2, 3))
                image = image.resize((small, small), Image.BILINEAR)
                image = image.resize((side, side), dice.choice((Image.BILINEAR, Image.BICUBIC)))
        pixels = numpy.asarray(image).astype(numpy.float32)
        if dice.random() < 0.2:
            pixels = numpy.repeat(pixels @ numpy.array([[0.299], [0.587], [0.114]], numpy.float32), 3, 2)
            if dice.random() < 0.4:
                pixels *= numpy.array([1.08, 1.0, dice.uniform(0.7, 0.95)], numpy.float32)
        elif dice.random() < 0.5:
            pixels *= self.noise.uniform(0.85, 1.15, 3).astype(numpy.float32)
        if dice.random() < 0.6:
            gain, lift = dice.uniform(0.5, 1.35), dice.uniform(-35, 35)
            pixels = (pixels - 110) * gain + 110 + lift
        if dice.random() < 0.35:
            grain = 1 if dice.random() < 0.4 else 3
            strength = math.exp(dice.uniform(0, math.log(30)))
            pixels = pixels + self.noise.standard_normal((side, side, grain), numpy.float32) * strength
        image = Image.fromarray(pixels.clip(0, 255).astype(numpy.uint8))
        if dice.random() < 0.3:
            packed = io.BytesIO()
            image.save(packed, "JPEG", quality=dice.randrange(20, 92))
            image = Image.open(packed)
        return image


def targets(faces, side):
    """For each place: 1 a face, 0 none, -1 not asked; box; points. (places, 15)."""
    parts = []
    for stride, (low, high) in zip(STRIDES, LEVELS):
        count = side // stride
        out = numpy.zeros((count, count, 15), numpy.float32)
        middle = (numpy.arange(count) + 0.5) * stride
        x, y = numpy.meshgrid(middle, middle)
        taken = numpy.full((count, count), numpy.inf)
        for face in sorted(faces, key=lambda face: not face["sure"]):
            left, top, right, bottom = face["box"]
            size = side_of(face["box"])
            across, down = abs(x - (left + right) / 2), abs(y - (top + bottom) / 2)
            inside = (across < (right - left) / 2) & (down < (bottom - top) / 2)
            reach = max(min(1.5 * stride, 0.35 * size), 0.71 * stride)
            core = numpy.maximum(across, down) <= reach
            middle_seen = 0 <= (left + right) / 2 < side and 0 <= (top + bottom) / 2 < side
            if not face["sure"] or size < SMALLEST or not middle_seen or not low <= size < high:
                # A face of another level: its middle would do here, too. A doubtful one: all of it.
                off = inside | core if not face["sure"] or size < SMALLEST else \
                    core if low * 0.6 <= size < high * 1.7 else numpy.zeros_like(core)
                out[..., 0][off & (out[..., 0] == 0)] = -1
                continue
            ring = (numpy.maximum(across, down) <= reach * 1.7) & inside & ~core
            out[..., 0][ring & (out[..., 0] == 0)] = -1
            distance = numpy.maximum(across, down) / size
            mine = core & (distance < taken)
            taken[mine] = distance[mine]
            out[mine] = numpy.concatenate([[1], face["box"], face["points"].ravel()])
        parts.append(out.reshape(-1, 15))
    return numpy.concatenate(parts)


def read_rows(path, held_out=False):
    with open(path) as file:
        return [row for row in json.load(file) if row["held_out"] == held_out]
