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
from models.train.networks import LAPLACE, SOBEL_X, SOBEL_Y


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


def folded(tensors, metadata):
    """The tensors of an ECBSR's plain form."""
    if metadata.get("form") != "training":
        return tensors
    plain = {}
    for name in int8.names_of(metadata):
        part = {key[len(name) + 1:]: array.astype(np.float64) for key, array in tensors.items()
                if key.startswith(f"{name}.")}
        weight, bias = _folded_layer(part, metadata.get("identity") == "true")
        plain[f"{name}.conv3x3.weight"], plain[f"{name}.conv3x3.bias"] = weight, bias
        if "act.weight" in part:
            plain[f"{name}.act.weight"] = part["act.weight"]
    return {name: array.astype(np.float32) for name, array in plain.items()}


def _folded_layer(part, identity):
    get = part.__getitem__
    k0, k1 = get("conv1x1_3x3.k0")[:, :, 0, 0], get("conv1x1_3x3.k1")
    weight = get("conv3x3.weight") + np.einsum("omyx,mi->oiyx", k1, k0)
    bias = get("conv3x3.bias") + k1.sum((2, 3)) @ get("conv1x1_3x3.b0") + get("conv1x1_3x3.b1")
    for edge, mask in (("sbx", SOBEL_X), ("sby", SOBEL_Y), ("lpl", LAPLACE)):
        prefix = f"conv1x1_{edge}"  # masks add up to zero, and so .b0 does not matter
        weight += get(f"{prefix}.scale") * np.array(mask, float) * get(f"{prefix}.k0")
        bias += get(f"{prefix}.bias")
    if identity and weight.shape[0] == weight.shape[1]:
        channels = np.arange(len(weight))
        weight[channels, channels, 1, 1] += 1
    return weight, bias


@torch.no_grad()
def of_file(tensors, metadata, paths, report=lambda done: None):
    """{name of a tensor: array}: the bounds of a model file's activated layers on the
    pictures at `paths`. ValueError where the network has no such layers."""
    layers = int8.layers_of(folded(tensors, metadata), metadata)
    found = None
    for i, path in enumerate(paths):
        x = quantise.to_network(_middle(luma(load_rgb(path))), metadata)
        _, inputs = int8.run_float(layers, x, quantise.is_replicated(metadata))
        ends = [np.stack((v.amin((0, 2, 3)).numpy(), v.amax((0, 2, 3)).numpy()))
                for v in inputs[1:]]
        found = ends if found is None else [
            np.stack((np.minimum(a[0], b[0]), np.maximum(a[1], b[1])))
            for a, b in zip(found, ends)]
        report(i + 1)
    return {f"{layer.name}.{end}": np.ascontiguousarray(ends[j]) for layer, ends
            in zip(layers, found) for j, end in enumerate(("minimum", "maximum"))}


def _middle(picture):
    y, x = (max(0, (n - CROP) // 2) for n in picture.shape)
    return picture[y:y + CROP, x:x + CROP]
