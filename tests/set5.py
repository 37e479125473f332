# SPDX-License-Identifier: LGPL-2.1-or-later
"""Set5 as pairs of luma, and PSNR, by the protocol of docs/measuring.md."""

import math

import numpy as np
from PIL import Image

from through_element import SHARED

FOLDER = SHARED / "data" / "benchmark" / "Set5"


def luma(path):
    """BT.601 luma of a picture, 16 to 235, not rounded."""
    with Image.open(path) as image:
        return luma_of_rgb(np.asarray(image.convert("RGB")))


def to_bits(values, depth):
    """Luma on the scale of 8 bits as whole samples of `depth` bits."""
    samples = np.floor(values * 2 ** (depth - 8) + 0.5)
    return np.clip(samples, 0, 2 ** depth - 1).astype(np.uint16)


def to_8bit(values):
    return to_bits(values, 8).astype(np.uint8)


def pictures(scale):
    """(small, 8 bits; large, not rounded) luma of each picture."""
    for low, high in unrounded_pictures(scale):
        yield to_8bit(low), high


def unrounded_pictures(scale):
    for path in sorted(FOLDER.glob("*.png")):
        low = luma(FOLDER / "LR_bicubic" / f"X{scale}" / f"{path.stem}x{scale}.png")
        height, width = (scale * size for size in low.shape)
        yield low, luma(path)[:height, :width]


def color_pictures(scale):
    """(small RGB, 8 bits; large luma, not rounded) of each picture."""
    for path in sorted(FOLDER.glob("*.png")):
        with Image.open(FOLDER / "LR_bicubic" / f"X{scale}" / f"{path.stem}x{scale}.png") as image:
            low = np.asarray(image.convert("RGB"))
        height, width = (scale * size for size in low.shape[:2])
        yield low, luma(path)[:height, :width]


def luma_of_rgb(rgb):
    return 16 + rgb.astype(np.float64) @ np.array([65.481, 128.553, 24.966]) / 255


def psnr(picture, reference, border):
    inner = slice(border, -border)
    error = picture[inner, inner].astype(np.float64) - reference[inner, inner]
    return 10 * math.log10(255 ** 2 / np.mean(error ** 2))
