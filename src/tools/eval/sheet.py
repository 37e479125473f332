# SPDX-License-Identifier: LGPL-2.1-or-later
"""A contact sheet: of each picture the whole, and one place of it enlarged."""

import numpy as np
from PIL import Image, ImageDraw

CROP, ZOOM, GAP, TEXT = 72, 3, 6, 14
SIDE = CROP * ZOOM


def most_different(a, b, crop):
    """(x, y) of the crop in which two pictures [h, w, 3] differ most."""
    error = ((a.astype(np.float64) - b) ** 2).sum(axis=2)
    total = np.pad(error, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    height, width = (max(size - crop, 0) for size in error.shape)
    sums = total[crop:, crop:] - total[crop:, :width + 1] - total[:height + 1, crop:] \
        + total[:height + 1, :width + 1]
    y, x = np.unravel_index(sums.argmax(), sums.shape)
    return int(x), int(y)


def whole(picture, x, y):
    """The picture within SIDE x SIDE, with the crop's place marked."""
    image = Image.fromarray(picture)
    ImageDraw.Draw(image).rectangle((x, y, x + CROP - 1, y + CROP - 1), outline="red", width=2)
    image.thumbnail((SIDE, SIDE), Image.LANCZOS)
    return image


def enlarged(picture, x, y):
    return Image.fromarray(picture[y:y + CROP, x:x + CROP]).resize((SIDE, SIDE), Image.NEAREST)


def row(panels):
    """`panels`: [(label, image)], side by side, labels below."""
    image = Image.new("RGB", (len(panels) * (SIDE + GAP) - GAP, SIDE + TEXT), "white")
    draw = ImageDraw.Draw(image)
    for i, (label, panel) in enumerate(panels):
        image.paste(panel, (i * (SIDE + GAP), 0))
        draw.text((i * (SIDE + GAP) + 2, SIDE + 1), label, fill="black")
    return image


def picture_row(name, original, others):
    """`others`: [(label, picture)], the last two of which decide what is enlarged.

    A picture smaller than the crop is shown as far as it goes.
    """
    pictures = [pad(picture) for picture in (original, *(picture for _, picture in others))]
    x, y = most_different(pictures[-2], pictures[-1], CROP)
    labels = ["original", *(label for label, _ in others)]
    return row([(name, whole(pictures[0], x, y)),
                *((label, enlarged(picture, x, y)) for label, picture in zip(labels, pictures))])


def pattern_row(name, pictures):
    """`pictures`: [(label, picture)] of one size. The first one whole, and of each the
    place where the first and the last differ most.
    """
    padded = [(label, pad(picture)) for label, picture in pictures]
    x, y = most_different(padded[0][1], padded[-1][1], CROP)
    return row([(name, whole(padded[0][1], x, y)),
                *((label, enlarged(picture, x, y)) for label, picture in padded)])


def pad(picture):
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, axis=2)
    height, width = (max(CROP - size, 0) for size in picture.shape[:2])
    return np.pad(picture, ((0, height), (0, width), (0, 0)))


def sheet(rows):
    width, height = rows[0].size[0], sum(image.size[1] + GAP for image in rows) - GAP
    result = Image.new("RGB", (width, height), "white")
    y = 0
    for image in rows:
        result.paste(image, (0, y))
        y += image.size[1] + GAP
    return result
