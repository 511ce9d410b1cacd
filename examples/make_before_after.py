"""Draws before-after.png: a part of photo.jpg, left enlarged four times with Lanczos, right by anew.

    python3 examples/make_before_after.py [PROGRAM]        (needs Pillow)
"""
import pathlib
import subprocess
import sys
import tempfile

from PIL import Image

HERE = pathlib.Path(__file__).parent
LEFT, TOP, WIDTH, HEIGHT = 70, 15, 100, 105  # of photo.jpg


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "build/release/anew"
    photo = Image.open(HERE / "photo.jpg").convert("RGB")
    with tempfile.TemporaryDirectory() as folder:
        large = pathlib.Path(folder) / "large.png"
        subprocess.run([program, "--quiet", str(HERE / "photo.jpg"), "-o", str(large)], check=True)
        after = Image.open(large).convert("RGB")
    before = photo.resize(after.size, Image.LANCZOS)
    box = (4 * LEFT, 4 * TOP, 4 * (LEFT + WIDTH), 4 * (TOP + HEIGHT))
    both = Image.new("RGB", (8 * WIDTH + 8, 4 * HEIGHT), "white")
    both.paste(before.crop(box), (0, 0))
    both.paste(after.crop(box), (4 * WIDTH + 8, 0))
    both.save(HERE / "before-after.png", optimize=True)


if __name__ == "__main__":
    main()
