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


# --------------------------------------------------- drawn as small pictures --

def chart():
    """A dot, lines and checkers of one to three pixels, gratings, text."""
    picture = np.full((40, 52), 255, np.uint8)
    picture[4, 4] = 0
    for i, width in enumerate((1, 2, 3)):
        picture[2:18, 9 + 6 * i:9 + 6 * i + width] = 0
    y, x = np.mgrid[:10, :10]
    for i, period in enumerate((1, 2, 3)):
        picture[21:31, 2 + 12 * i:12 + 12 * i] = 255 * ((y // period + x // period) % 2)
    x = np.arange(20)
    picture[2:9, 30:50] = 255 * (x % 3 == 0)
    picture[10:18, 30:50] = np.round(127.5 + 127.5 * np.sin(2 * np.pi * x / 2.6))
    picture[20:32, 38:] = 30
    image = Image.fromarray(picture).convert("RGB")
    draw, font = ImageDraw.Draw(image), ImageFont.truetype(FONT, 8)
    draw.text((2, 30), "Level 42", fill="black", font=font)
    draw.text((40, 20), "ok", fill="white", font=font)
    return image


def noise():
    """A field of noise in black, and snow in grey."""
    random = np.random.default_rng(1)
    picture = np.zeros((40, 52), np.uint8)
    picture[9:31, 4:22] = random.integers(0, 256, (22, 18))
    picture[:, 26:] = np.where(random.random((40, 26)) < 0.08, random.integers(0, 256, (40, 26)), 110)
    return Image.fromarray(picture).convert("RGB")


SCENES = {"text": text, "lines": lines, "flat": flat, "chart": chart, "noise": noise}
