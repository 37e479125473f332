# SPDX-License-Identifier: LGPL-2.1-or-later
"""PSNR by the protocol of the papers.

Luma 16..235 of BT.601, not rounded, neither of the small picture nor of the
result; small pictures as MATLAB's bicubic makes them; a border of `scale` pixels
cut off; mean over the pictures of the set. A grey picture is its own luma.
"""

from pathlib import Path

import numpy as np
import torch

from models.train.data import load_rgb, luma
from models.train.metrics import psnr

SETS = ("Set5", "Set14")
HELD_OUT_SIZE = 360  # pixels of the small picture: photos are cut to their middle


def upscale(net, low, domain):
    """`low` and the result are [h, w] on the scale of 8-bit luma."""
    black, span = domain
    x = torch.from_numpy((low.astype(np.float64) - black) / span).float()[None, None]
    with torch.no_grad():
        return net(x)[0, 0].double().numpy() * span + black


def mean_psnr(net, pairs, scale, domain):
    return float(np.mean([psnr(upscale(net, low, domain), high.astype(np.float64), scale)
                          for low, high in pairs]))


def held_out_psnr(net, pairs, scale, domain):
    return mean_psnr(net, [middle(pair, scale) for pair in pairs], scale, domain)


def middle(pair, scale):
    low, high = pair
    y, x = (max(0, (size - HELD_OUT_SIZE) // 2) for size in low.shape[:2])
    n = HELD_OUT_SIZE
    return low[y:y + n, x:x + n], high[y * scale:(y + n) * scale, x * scale:(x + n) * scale]


def benchmark_pairs(data, name, scale):
    """(small, large) luma of the test set `name`; None where it is not at hand."""
    folder = Path(data) / "benchmark" / name
    pairs = []
    for path in sorted(folder.glob("*.png")):
        low = load_rgb(folder / "LR_bicubic" / f"X{scale}" / f"{path.stem}x{scale}.png")
        height, width = (size * scale for size in low.shape[:2])
        pairs.append((luma(low), luma(load_rgb(path)[:height, :width])))
    return pairs or None


def benchmark(net, data, scale, domain):
    """{set: dB} of the test sets at hand."""
    pairs = {name: benchmark_pairs(data, name, scale) for name in SETS}
    return {name: mean_psnr(net, some, scale, domain)
            for name, some in pairs.items() if some}
