# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is asked of a network for pictures that are no reduction of anything."""

import numpy as np

from models.train import drawn, evaluate

STEPS = 2


def truer(low, high, scale):
    """`high` with what it lacks of `low`, when it is made small again, put on it
    (back-projection: Irani, Peleg, "Improving Resolution by Image Registration", 1991)."""
    low = low.astype(np.float64)
    for _ in range(STEPS):
        high = high + drawn.resize(low - drawn.resize(high, 1 / scale), scale)
    return high


def restrained(net, pairs, scale, domain):
    """The pictures, and what the network that is started from makes of them within its
    bounds, but true to them and not too steep."""
    return [(low, drawn.limit(low.astype(np.float64),
                              truer(low, evaluate.upscale(net, low, domain), scale),
                              drawn.STEEP).astype(np.float16)) for low, _ in pairs]
