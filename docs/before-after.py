#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes docs/before-after.png: a photo halved, then doubled again.

    docs/before-after.py kodim21.png X,Y,WIDTH,HEIGHT [MODEL]

The crop is in the photo's pixels. Left cubic, in the middle the network, right the
photo itself, enlarged so that pixels are seen.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from models.train.imresize import imresize  # noqa: E402
from through_element import environment  # noqa: E402

SCALE, ZOOM, GAP = 2, 2, 6
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


def upscale(picture, model):
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small.png"), Path(folder, "large.png")
        picture.save(small)
        subprocess.run(["gst-launch-1.0", "-q", "filesrc", f"location={small}", "!", "pngdec", "!",
                        "ecbsr", f"scale={SCALE}", f"model={model}", "!", "pngenc", "!",
                        "filesink", f"location={large}"], env=environment(), check=True)
        return Image.open(large).convert("RGB")


def panel(picture, box, label):
    picture = picture.crop(box)
    picture = picture.resize([ZOOM * size for size in picture.size], Image.NEAREST)
    draw = ImageDraw.Draw(picture)
    draw.text((8, 6), label, fill="white", stroke_width=2, stroke_fill="black",
              font=ImageFont.truetype(FONT, 20))
    return picture


def main(path, crop, model="auto"):
    x, y, width, height = map(int, crop.split(","))
    box = x, y, x + width, y + height
    photo = Image.open(path).convert("RGB")
    small = Image.fromarray(imresize(np.asarray(photo), 1 / SCALE).astype(np.uint8))
    panels = [panel(upscale(small, "bicubic"), box, "cubic"),
              panel(upscale(small, model), box, "ecbsr"),
              panel(photo, box, "original")]
    width, height = panels[0].size
    sheet = Image.new("RGB", (3 * width + 2 * GAP, height), "white")
    for i, picture in enumerate(panels):
        sheet.paste(picture, (i * (width + GAP), 0))
    sheet.save(ROOT / "docs" / "before-after.png", optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
