# SPDX-License-Identifier: LGPL-2.1-or-later
"""What each contender must put out, computed by PyTorch, and whether it did."""

import numpy as np
import torch

from models.train import int8
from tests.bench.comparison import network

HEAD = {"architecture": "ecbsr", "scale": str(network.SCALE)}


class Disagreement(Exception):
    """A contender did not compute what it should have."""


def picture(width, height):
    """Luma 16 to 235, whole numbers: rings that become finer, and noise."""
    y, x = np.mgrid[:height, :width]
    noise = np.random.default_rng(1).normal(0, 8, (height, width))
    rings = 125 + 80 * np.sin((x * x + y * y) * (1.5 / (width + height)))
    return np.clip(np.rint(rings + noise), 16, 235).astype(np.float32)


def colors(width, height):
    """R, G and B 0 to 255, whole numbers: the picture, turned and mirrored."""
    luma = (picture(width, height) - 16) * np.float32(255 / 219)
    return np.rint(np.stack([luma, luma[::-1], luma[:, ::-1]]))


def as_tensor(planes):
    """Of luma, [h, w], or of R, G and B, [3, h, w]."""
    return torch.from_numpy(planes).reshape(1, -1, *planes.shape[-2:])


def finish(y, x):
    y = int8.apply_head(HEAD, y, x)[0].float().numpy()
    return y if len(y) == 3 else y[0]


def float32(layers, luma):
    x = as_tensor(luma)
    return finish(int8.run_float(layers, x)[0], x)


def to_bytes(output):
    return np.clip(np.floor(output + 0.5), 0, 255)


def inputs(layers, luma):
    """Each layer's."""
    return int8.run_float(layers, as_tensor(luma))[1]


def engine_bfloat16(layers, luma):
    x = as_tensor(luma)
    return finish(int8.run_bfloat16(layers, x), x)


def engine_int8(layers, luma):
    x = as_tensor(luma)
    return finish(int8.run_int8(layers, x), x)


def all_bfloat16(layers, luma):
    """As oneDNN: all products are direct, the first layer's weights bfloat16 too."""
    rounded = int8.round_bfloat16(torch.from_numpy(layers[0].weight.copy())).numpy()
    first = network.replace(layers[0], weight=rounded)
    x = as_tensor(luma)
    return finish(int8.run_bfloat16([first, *layers[1:]], x, groups=False), x)


def unsigned_int8(layers, luma):
    """`layers` from network.to_bytes(). Sums are exact and become values in float32, as oneDNN
    has it: in double precision some bytes are rounded the other way, and what they are
    spread to deep in a simplified network is many levels."""
    x = as_tensor(luma)
    q = x
    for i, layer in enumerate(layers):
        total = int8.exact_conv(q, layer.q_weight.astype(np.float32)).float()
        value = (total + int8.column(layer.q_bias).float()) * int8.column(layer.q_scale).float()
        if i + 1 < len(layers):
            q = value.clamp(min=0).round().clamp(max=255).float()
    return finish(value.float(), x)


def check(name, output, expected, limit):
    """The largest difference; raises Disagreement where it is beyond `limit`.

    Differences of rounding are rare and large in 8 and 16 bits, so there the mean
    is limited: (largest, mean). Limits are for values of 0..255: where a simplified
    network's go far beyond, so do their differences.
    """
    if output.shape != expected.shape:
        raise Disagreement(f"{name}: {output.size} values, not {expected.size}")
    reach = max(1, float(np.abs(expected).max()) / 255)
    difference = np.abs(output.astype(np.float64) - expected) / reach
    largest, mean = float(difference.max()), float(difference.mean())
    if not (largest <= limit[0] and mean <= limit[1]):
        raise Disagreement(f"{name}: differs from PyTorch's result by {largest:.3g} at most "
                           f"and {mean:.3g} on average, of 255; allowed are {limit[0]} and {limit[1]}")
    return largest
