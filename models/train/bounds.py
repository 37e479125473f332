# SPDX-License-Identifier: LGPL-2.1-or-later
"""How far a network's channels reach on pictures it is meant for, and no further.

A network of a few layers, trained on photos, may take a black dot on white to values a
hundred times beyond those it was trained with, and paint a blot of noise. Kept within
what they reached in training, channels cost photos nothing and end that.
"""

import numpy as np
import torch

from models.train import int8, quantise
from models.train.data import load_rgb, luma
from models.train.evaluate import upscale
from models.train.fold import fold
from models.train.pictures import as_rgb


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


# --------------------------------------------------------------- model files --

CROP = 512  # pixels of a picture's middle that are looked at


@torch.no_grad()
def of_file(tensors, metadata, paths, report=lambda done: None):
    """{name of a tensor: array}: the bounds of a model file's activated layers on the
    pictures at `paths`. ValueError where the network has no such layers."""
    layers = int8.layers_of(*fold(tensors, metadata))
    found = None
    for i, path in enumerate(paths):
        x = quantise.to_network(_middle(path, metadata), metadata)
        _, inputs = int8.run_float(layers, x, quantise.padding_of(metadata))
        ends = [np.stack((v.amin((0, 2, 3)).numpy(), v.amax((0, 2, 3)).numpy()))
                for v in inputs[1:]]
        found = ends if found is None else [
            np.stack((np.minimum(a[0], b[0]), np.maximum(a[1], b[1])))
            for a, b in zip(found, ends)]
        report(i + 1)
    return {f"{layer.name}.{end}": np.ascontiguousarray(ends[j]) for layer, ends
            in zip(layers, found) for j, end in enumerate(("minimum", "maximum"))}


def _middle(path, metadata):
    picture = load_rgb(path)
    y, x = (max(0, (n - CROP) // 2) for n in picture.shape[:2])
    picture = picture[y:y + CROP, x:x + CROP]
    return as_rgb(picture) if quantise.has_colors(metadata) else luma(picture)
