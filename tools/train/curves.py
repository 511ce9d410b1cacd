"""Draws a training's log as a picture: the loss (dark, averaged over ten rows) and the learning rate (pale).

    python curves.py run/log.csv --out curves.png
"""
import argparse
import csv

from PIL import Image, ImageDraw

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 900, 360, 70, 40, 30


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    with open(options.log) as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    rows = rows[1:]  # the first hundred steps start at the error of a gray picture and would flatten the rest
    if len(rows) < 2:
        raise SystemExit(f"{options.log}: fewer than three rows")
    losses = [row["loss"] for row in rows]
    smooth = [sum(losses[max(0, i - 9) : i + 1]) / len(losses[max(0, i - 9) : i + 1]) for i in range(len(losses))]
    low, high = min(losses), sorted(losses)[int(0.98 * (len(losses) - 1))]
    last, fastest = rows[-1]["step"], max(row["rate"] for row in rows)

    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)

    def place(step, part):
        part = min(max(part, 0.0), 1.0)
        return (LEFT + step / last * (WIDTH - LEFT - 20), HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - TOP))

    def curve(values, colour, width):
        draw.line([place(row["step"], value) for row, value in zip(rows, values)], fill=colour, width=width)

    for part in (0, 0.25, 0.5, 0.75, 1):
        draw.line([place(0, part), place(last, part)], fill=(225, 225, 225))
        draw.text((8, place(0, part)[1] - 6), f"{low + part * (high - low):.4f}", fill="black")
        draw.text((place(part * last, 0)[0] - 14, HEIGHT - BOTTOM + 8), f"{part * last:.0f}", fill="black")
    curve([row["rate"] / fastest for row in rows], (240, 190, 120), 2)
    curve([(loss - low) / (high - low) for loss in losses], (190, 200, 220), 1)
    curve([(loss - low) / (high - low) for loss in smooth], (30, 60, 130), 2)
    draw.text((LEFT, 8), f"loss over steps; orange: learning rate (top = {fastest:.1e})", fill="black")
    picture.save(options.out)


if __name__ == "__main__":
    main()
