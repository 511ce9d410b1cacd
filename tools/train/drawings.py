"""Draws crops of our own for the model of drawings: figures with outlines, line art, screentone, text, screens, charts.

    python drawings.py --out FOLDER [--count 600] [--size 288] [--seed 1] [--fonts FOLDER]

pack.py takes the folder as it takes photos. Each is drawn two to four times as large and made smaller, so that edges are
smooth as a renderer leaves them; one in six is drawn at its own size, with the steps of old screens. Text is set in
Pillow's own face and in what --fonts has.
"""
import argparse
import math
import pathlib
import random
import string

from PIL import Image, ImageDraw, ImageFont

WORDS = ("light water paper river window garden morning silver engine letter table winter answer bridge colour market "
         "stone yellow circle number forest signal travel mirror copper butter summer school island pocket").split()


class Sheet:
    """A canvas, what draws on it, chance, and how many of its pixels make one of the crop."""

    def __init__(self, size, factor, dice, fonts):
        self.side, self.factor, self.dice, self.fonts = size * factor, factor, dice, fonts
        self.palette = [self.any_colour() for _ in range(dice.randint(3, 7))]
        self.picture = Image.new("RGB", (self.side, self.side), self.paper())
        self.draw = ImageDraw.Draw(self.picture)
        self.draw.fontmode = "1" if factor == 1 else "L"

    def any_colour(self):
        if self.dice.random() < 0.2:
            return (self.dice.randint(0, 255),) * 3
        return tuple(self.dice.randint(0, 255) for _ in range(3))

    def paper(self):
        kind = self.dice.random()
        if kind < 0.45:
            return (self.dice.randint(235, 255),) * 3
        return self.dice.choice(self.palette) if kind < 0.8 else (self.dice.randint(0, 40),) * 3

    def ink(self):
        dark = self.dice.random() < 0.7
        return (self.dice.randint(0, 40),) * 3 if dark else self.dice.choice(self.palette)

    def place(self):
        return self.dice.uniform(-0.1, 1.1) * self.side, self.dice.uniform(-0.1, 1.1) * self.side

    def width(self, most):
        """Of a stroke, in canvas pixels: mostly thin."""
        return max(1, round(self.factor * (0.7 + most * self.dice.random() ** 2)))

    def font(self, size):
        if self.fonts and self.dice.random() < 0.8:
            return ImageFont.truetype(self.dice.choice(self.fonts), size)
        return ImageFont.load_default(size)


def curve(points, steps=24):
    """Catmull-Rom's spline through the points (Catmull and Rom 1974), closed."""
    path, n = [], len(points)
    for i in range(n):
        p = [points[(i + k - 1) % n] for k in range(4)]
        for step in range(steps):
            t = step / steps
            path.append(tuple(0.5 * (2 * p[1][a] + (p[2][a] - p[0][a]) * t
                                     + (2 * p[0][a] - 5 * p[1][a] + 4 * p[2][a] - p[3][a]) * t * t
                                     + (3 * p[1][a] - p[0][a] - 3 * p[2][a] + p[3][a]) * t**3) for a in (0, 1)))
    return path


def blob(sheet):
    """A closed, smooth outline somewhere on the sheet."""
    (x, y), radius = sheet.place(), sheet.side * sheet.dice.uniform(0.04, 0.45)
    count, stretch = sheet.dice.randint(3, 9), sheet.dice.uniform(0.5, 1)
    points = []
    for i in range(count):
        angle, far = 2 * math.pi * i / count, radius * sheet.dice.uniform(0.5, 1.2)
        points.append((x + far * math.cos(angle), y + stretch * far * math.sin(angle)))
    return curve(points) if sheet.dice.random() < 0.75 else points


def outline(sheet, path, width, colour):
    closed = path + path[:2]
    sheet.draw.line(closed, fill=colour, width=width, joint="curve")


def figures(sheet):
    """Flat areas with outlines of one width, as cartoons have them, some with a shadow side or a sheen."""
    width, ink = sheet.width(4), sheet.ink()
    for _ in range(sheet.dice.randint(4, 22)):
        path = blob(sheet)
        sheet.draw.polygon(path, fill=sheet.dice.choice(sheet.palette))
        if sheet.dice.random() < 0.35:
            shift = sheet.dice.uniform(0.01, 0.05) * sheet.side
            mask = Image.new("1", sheet.picture.size)
            ImageDraw.Draw(mask).polygon(path, fill=1)
            ImageDraw.Draw(mask).polygon([(x - shift, y - shift) for x, y in path], fill=0)
            shade = sheet.picture.point(lambda value, part=sheet.dice.uniform(0.6, 1.3): int(min(255, value * part)))
            sheet.picture.paste(shade, mask=mask)
        if sheet.dice.random() < 0.8:
            outline(sheet, path, width, ink)


def lines(sheet):
    """Line art: strokes that swell and end thin, hatching, long arcs."""
    ink = sheet.ink()
    for _ in range(sheet.dice.randint(8, 40)):
        (x, y), angle, bend = sheet.place(), sheet.dice.uniform(0, 2 * math.pi), sheet.dice.gauss(0, 0.02)
        count, thick = sheet.dice.randint(15, 90), sheet.width(3.5)
        stride = sheet.side / 120
        for i in range(count):
            half = max(0.5, thick * math.sin(math.pi * (i + 1) / (count + 1)) / 2)
            sheet.draw.ellipse((x - half, y - half, x + half, y + half), fill=ink)
            nx, ny = x + stride * math.cos(angle), y + stride * math.sin(angle)
            sheet.draw.line((x, y, nx, ny), fill=ink, width=max(1, round(2 * half)))
            x, y, angle = nx, ny, angle + bend
    if sheet.dice.random() < 0.4:
        (x, y), apart = sheet.place(), sheet.factor * sheet.dice.uniform(3, 8)
        slope, long = sheet.dice.uniform(-1, 1), sheet.side * sheet.dice.uniform(0.1, 0.4)
        for i in range(sheet.dice.randint(8, 40)):
            sheet.draw.line((x + i * apart, y, x + i * apart + slope * long, y + long), fill=ink, width=sheet.width(0.6))


def screentone(sheet):
    """Dots or stripes in areas of a printed page."""
    figures(sheet)
    ink = sheet.ink()
    for _ in range(sheet.dice.randint(1, 3)):
        mask = Image.new("1", sheet.picture.size)
        ImageDraw.Draw(mask).polygon(blob(sheet), fill=1)
        dots = sheet.picture.copy()
        pen, apart = ImageDraw.Draw(dots), sheet.factor * sheet.dice.uniform(4, 10)
        radius = apart * sheet.dice.uniform(0.15, 0.42)
        rows = int(sheet.side / apart) + 1
        for row in range(rows):
            for column in range(rows):
                x, y = (column + 0.5 * (row % 2)) * apart, row * apart
                pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)
        sheet.picture.paste(dots, mask=mask)


def say(sheet, words):
    if sheet.dice.random() < 0.25:
        return "".join(sheet.dice.choice(string.ascii_letters + string.digits + ".,;:!?()[]{}+-*/=<>#%&") for _ in range(6 * words))
    text = " ".join(sheet.dice.choice(WORDS) for _ in range(words))
    return text.upper() if sheet.dice.random() < 0.15 else text.capitalize() if sheet.dice.random() < 0.3 else text


def text(sheet):
    """A page, with lines of one or several sizes."""
    y = sheet.side * sheet.dice.uniform(-0.05, 0.1)
    size, ink = sheet.dice.uniform(13, 36), sheet.ink()
    while y < sheet.side:
        if sheet.dice.random() < 0.15:
            size, ink = sheet.dice.uniform(10, 70), sheet.ink()
        pixels = max(8, round(size * sheet.factor))
        sheet.draw.text((sheet.side * sheet.dice.choice([-0.2, 0.02, 0.05]), y), say(sheet, 12), fill=ink, font=sheet.font(pixels))
        y += pixels * sheet.dice.uniform(1.1, 1.6)


def screen(sheet):
    """Windows, buttons and lists with words on them."""
    for _ in range(sheet.dice.randint(3, 12)):
        x, y = sheet.place()
        box = (x, y, x + sheet.side * sheet.dice.uniform(0.08, 0.7), y + sheet.side * sheet.dice.uniform(0.05, 0.4))
        round_by = sheet.dice.choice([0, 3, 8]) * sheet.factor
        rim = sheet.ink() if sheet.dice.random() < 0.6 else None
        sheet.draw.rounded_rectangle(box, round_by, fill=sheet.dice.choice(sheet.palette), outline=rim, width=sheet.width(1))
        size = round(sheet.factor * sheet.dice.uniform(10, 26))
        for line in range(sheet.dice.randint(1, 4)):
            place = (x + 6 * sheet.factor, y + 4 * sheet.factor + 1.3 * line * size)
            sheet.draw.text(place, say(sheet, 2), fill=sheet.ink(), font=sheet.font(size))


def chart(sheet):
    """Axes, grid, bars, curves, points and numbers."""
    ink, count = sheet.ink(), sheet.dice.randint(4, 16)
    for i in range(count):
        at = sheet.side * (i + 0.5) / count
        sheet.draw.line((0, at, sheet.side, at), fill=(200, 200, 200), width=sheet.width(0.3))
        number = f"{sheet.dice.uniform(0, 100):.1f}"
        sheet.draw.text((at, sheet.side * 0.93), number, fill=ink, font=sheet.font(round(13 * sheet.factor)))
        if sheet.dice.random() < 0.5:
            high = sheet.side * sheet.dice.uniform(0.1, 0.85)
            bar = (at - sheet.side / count * 0.35, high, at + sheet.side / count * 0.35, sheet.side * 0.92)
            sheet.draw.rectangle(bar, fill=sheet.dice.choice(sheet.palette), outline=ink)
    for _ in range(sheet.dice.randint(1, 4)):
        colour, path = sheet.dice.choice(sheet.palette), []
        for i in range(count + 1):
            path.append((sheet.side * i / count, sheet.side * sheet.dice.uniform(0.1, 0.9)))
        sheet.draw.line(path, fill=colour, width=sheet.width(2))
        for x, y in path:
            half = 2.5 * sheet.factor
            sheet.draw.ellipse((x - half, y - half, x + half, y + half), fill=colour)


def drawn(size, dice, fonts):
    factor = 1 if dice.random() < 1 / 6 else dice.randint(2, 4)
    sheet = Sheet(size, factor, dice, fonts)
    if dice.random() < 0.25:  # a slope of colour behind it all
        other = Image.new("RGB", sheet.picture.size, sheet.any_colour())
        slope = Image.linear_gradient("L").rotate(90 * dice.randint(0, 3)).resize(sheet.picture.size)
        sheet.picture.paste(other, mask=slope)
    for kind in dice.sample([figures, figures, lines, screentone, text, text, screen, chart], dice.choice([1, 1, 2])):
        kind(sheet)
    return sheet.picture.resize((size, size), Image.Resampling.BOX if factor > 1 else Image.Resampling.NEAREST)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--size", type=int, default=288)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fonts", type=pathlib.Path, help="a folder with .ttf files")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    fonts = sorted(map(str, options.fonts.rglob("*.ttf"))) if options.fonts else []
    for number in range(options.count):
        dice = random.Random(options.seed * 100000 + number)
        drawn(options.size, dice, fonts).save(options.out / f"drawing{number:04}.png")


if __name__ == "__main__":
    main()
