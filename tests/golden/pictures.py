# SPDX-License-Identifier: LGPL-2.1-or-later
"""Input pictures: small, deterministic, with something of everything."""
import numpy as np


def picture(rng, width, height, luma_range):
    """[height, width] float32: edges, ramps, noise, flat areas, both extremes."""
    y, x = np.mgrid[0:height, 0:width]
    grain = rng.random((height, width))
    levels = np.select(
        [_left_top(x, y, width, height), x < width // 2, y < height // 2],
        [0.2 + 0.6 * (x + y > (width + height) // 4),  # a diagonal edge
         grain,
         (x // 2 + y // 3) % 2],  # a chequer of black and white
        0.5 + 0.25 * np.sin(x * 1.3) + 0.1 * grain)  # stripes with grain
    levels[height // 3] = 0.65  # a flat line across
    levels[-1, -1], levels[0, 0] = 1.0, 0.75
    black, white = luma_range
    return (black + (white - black) * levels).astype(np.float32)


def _left_top(x, y, width, height):
    return (x < width // 2) & (y < height // 2)
