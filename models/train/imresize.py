# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bicubic resizing of 8-bit pictures, bit by bit as MATLAB's imresize does it.

The kernel is Keys' cubic with a = -1/2, widened when shrinking so that it
filters what the smaller picture cannot hold. Rows are resized first, then
columns, and each pass rounds to 8 bits, as MATLAB does on uint8.
"""

import math

import numpy as np


def cubic(x):
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0))


def taps(n_in, n_out, factor):
    """Weights and input indices of each output sample, both [n_out, n_taps]."""
    shrink = min(factor, 1)
    width = 4 / shrink
    centre = (np.arange(n_out) + 0.5) / factor - 0.5
    first = np.floor(centre - width / 2).astype(int)
    index = first[:, None] + np.arange(math.ceil(width) + 2)
    weight = cubic(shrink * (centre[:, None] - index))
    weight /= weight.sum(axis=1, keepdims=True)
    used = weight.any(axis=0)
    # Beyond the border the picture is mirrored, the border sample twice.
    index = np.mod(index, 2 * n_in)
    index = np.minimum(index, 2 * n_in - 1 - index)
    return weight[:, used], index[:, used]


def round_half_up(x):
    return np.clip(np.floor(x + 0.5), 0, 255)


def resize_rows(picture, factor):
    n_out = math.ceil(picture.shape[0] * factor)
    weight, index = taps(picture.shape[0], n_out, factor)
    shape = (n_out,) + (1,) * (picture.ndim - 1)
    total = 0
    for w, i in zip(weight.T, index.T):
        total = total + w.reshape(shape) * picture[i]
    return round_half_up(total)


def imresize(picture, factor):
    """`picture` is uint8 [height, width] or [height, width, channels]."""
    rows = resize_rows(picture, factor)
    return resize_rows(rows.swapaxes(0, 1), factor).swapaxes(0, 1).astype(np.uint8)
