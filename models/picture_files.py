# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which files are pictures, by their names."""

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm")


def is_picture(path):
    return path.suffix.lower() in SUFFIXES
