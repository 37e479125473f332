# SPDX-License-Identifier: LGPL-2.1-or-later
"""How far a network's channels reach on pictures it is meant for, and no further.

A network of a few layers, trained on photos, may take a black dot on white to values a
hundred times beyond those it was trained with, and paint a blot of noise. Kept within
what they reached in training, channels cost photos nothing and end that.
"""

import torch

from models.train.evaluate import upscale


def activated(net):
    """The layers with an activation, and those of a network that has but one layer."""
    layers = list(net.bounded_layers().values())
    return layers[:-1] or layers


def find(net, pictures, domain):
    """[[2, channels]] of the activated layers; `pictures`: small luma, [h, w]."""
    layers = activated(net)
    for layer in layers:
        layer.seen = []
    for picture in pictures:
        upscale(net, picture, domain)
    found = []
    for layer in layers:
        seen, layer.seen = torch.stack(layer.seen), None
        found.append(torch.stack((seen[:, 0].min(0)[0], seen[:, 1].max(0)[0])))
    return found


def put(net, found, headroom=0.0):
    """Bounds of what find() found, wider by that share of the range at either end."""
    for layer, (low, high) in zip(activated(net), found):
        spare = headroom * (high - low)
        layer.bounds = torch.stack((low - spare, high + spare))


def tighten(net, pictures, domain):
    """Takes away what is never reached within the bounds there are."""
    found = find(net, pictures, domain)
    for layer, seen in zip(activated(net), found):
        if layer.bounds is not None:
            low, high = layer.bounds
            seen = torch.stack((seen[0].maximum(low), seen[1].minimum(high)))
        layer.bounds = seen
