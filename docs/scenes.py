# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pictures for docs/gallery.md that no camera took: text, fine lines, flat areas."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, FINER = 208, 160, 4
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


def canvas(colour):
    image = Image.new("RGB", (WIDTH * FINER, HEIGHT * FINER), colour)
    return image, ImageDraw.Draw(image)


def shrunk(image):
    return image.resize((WIDTH, HEIGHT), Image.BOX)


def text():
    image, draw = canvas("white")
    y = 12  # below the label
    for size in (9, 11, 14, 18):
        font = ImageFont.truetype(FONT, size * FINER)
        draw.text((6 * FINER, y * FINER), "Quartz 0123", fill=(20, 20, 20), font=font)
        y += size + 6
    draw.rectangle((110 * FINER, 0, *image.size), fill=(30, 50, 90))
    draw.text((116 * FINER, 24 * FINER), "white 456", fill="white",
              font=ImageFont.truetype(FONT, 14 * FINER))
    return shrunk(image)


def lines():
    """Rays one pixel thin, and a grid."""
    image, draw = canvas((235, 235, 225))
    centre = np.array((60, 80)) * FINER
    for angle in np.linspace(0, 2 * np.pi, 48, endpoint=False):
        ray = np.array((np.cos(angle), np.sin(angle))) * FINER
        draw.line((*(centre + 14 * ray), *(centre + 72 * ray)), fill=(20, 30, 60), width=FINER)
    for i in range(8):
        draw.line(((140 + 8 * i) * FINER, 0, (140 + 8 * i) * FINER, 80 * FINER),
                  fill="black", width=FINER)
        draw.line((140 * FINER, 10 * i * FINER, image.size[0], 10 * i * FINER),
                  fill="black", width=FINER)
    for i in range(12):
        draw.arc(((140 - 4 * i) * FINER, (90 - 4 * i) * FINER, (200 + 4 * i) * FINER,
                  (150 + 4 * i) * FINER), 0, 80, fill=(160, 30, 30), width=FINER)
    return shrunk(image)


def flat():
    """Gradients and discs of one colour, where ringing and bands would show."""
    x, y = np.meshgrid(np.linspace(0, 1, WIDTH * FINER), np.linspace(0, 1, HEIGHT * FINER))
    picture = np.stack([90 + 60 * x, 120 + 50 * y, 180 - 40 * x * y], 2)
    image = Image.fromarray(np.round(picture).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for i, colour in enumerate(((250, 250, 250), (15, 15, 15), (200, 60, 50))):
        centre = (40 + 60 * i) * FINER
        draw.ellipse((centre - 22 * FINER, 50 * FINER, centre + 22 * FINER, 94 * FINER),
                     fill=colour)
    return shrunk(image)


SCENES = {"text": text, "lines": lines, "flat": flat}
