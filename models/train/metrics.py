# SPDX-License-Identifier: LGPL-2.1-or-later
"""PSNR and SSIM of luma, by the protocol of docs/measuring.md.

SSIM: Wang, Bovik, Sheikh, Simoncelli, "Image Quality Assessment: From Error
Visibility to Structural Similarity", IEEE Transactions on Image Processing 2004.
Windows are Gaussian, and lie within the picture.
"""

import math

import numpy as np

PEAK = 255
WINDOW, SIGMA = 11, 1.5
C1, C2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2


def cut(picture, border):
    picture = picture.astype(np.float64)
    return picture[border:-border, border:-border] if border else picture


def psnr(picture, reference, border=0):
    error = cut(picture, border) - cut(reference, border)
    mean = np.mean(error ** 2)
    return 10 * math.log10(PEAK ** 2 / mean) if mean > 0 else math.inf


def gaussian():
    distance = np.arange(WINDOW) - WINDOW // 2
    weight = np.exp(-distance ** 2 / (2 * SIGMA ** 2))
    return weight / weight.sum()


def blur(picture):
    """Weighted mean of each window that lies within the picture."""
    height, width = (size - WINDOW + 1 for size in picture.shape)
    rows = sum(w * picture[i:i + height] for i, w in enumerate(gaussian()))
    return sum(w * rows[:, i:i + width] for i, w in enumerate(gaussian()))


def ssim(picture, reference, border=0):
    a, b = cut(picture, border), cut(reference, border)
    if min(a.shape) < WINDOW:
        raise ValueError(f"SSIM needs {WINDOW}x{WINDOW} pixels, "
                         f"not {a.shape[1]}x{a.shape[0]}")
    mean_a, mean_b = blur(a), blur(b)
    var_a, var_b = blur(a * a) - mean_a ** 2, blur(b * b) - mean_b ** 2
    covariance = blur(a * b) - mean_a * mean_b
    likeness = (2 * mean_a * mean_b + C1) * (2 * covariance + C2) \
        / ((mean_a ** 2 + mean_b ** 2 + C1) * (var_a + var_b + C2))
    return float(likeness.mean())
