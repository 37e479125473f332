# SPDX-License-Identifier: LGPL-2.1-or-later
"""How a picture goes on beyond its borders (`padding` in docs/model-format.md)."""

import numpy as np
import torch

MODES = {"replicate": "edge", "symmetric": "symmetric"}  # as numpy.pad calls them


def pad(x, radius, padding):
    """x [n, c, h, w], `radius` larger at each side."""
    for axis in (2, 3):
        repeated = np.pad(np.arange(x.shape[axis]), radius, mode=MODES[padding])
        x = x.index_select(axis, torch.from_numpy(repeated))
    return x
