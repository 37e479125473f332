# SPDX-License-Identifier: LGPL-2.1-or-later
"""The plain form of an ECBSR that is in its training form: five branches as one 3x3."""

import numpy as np

from models.train.networks import LAPLACE, SOBEL_X, SOBEL_Y


def fold(tensors, metadata):
    """(tensors, metadata) of the plain form; what is plain already stays."""
    if metadata.get("form") != "training":
        return tensors, metadata
    has_identity = metadata.get("identity") == "true"
    plain = {}
    for i in range(int(metadata["blocks"]) + 2):
        name = f"backbone.{i}"
        part = {key[len(name) + 1:]: array.astype(np.float64) for key, array in tensors.items()
                if key.startswith(f"{name}.")}
        weight, bias = _fold_layer(part, has_identity)
        plain[f"{name}.conv3x3.weight"], plain[f"{name}.conv3x3.bias"] = weight, bias
        for rest in ("act.weight", "minimum", "maximum"):
            if rest in part:
                plain[f"{name}.{rest}"] = part[rest]
    return {name: array.astype(np.float32) for name, array in plain.items()}, \
        {**metadata, "form": "plain", "identity": "false"}


def _fold_layer(part, has_identity):
    get = part.__getitem__
    k0, k1 = get("conv1x1_3x3.k0")[:, :, 0, 0], get("conv1x1_3x3.k1")
    weight = get("conv3x3.weight") + np.einsum("omyx,mi->oiyx", k1, k0)
    bias = get("conv3x3.bias") + k1.sum((2, 3)) @ get("conv1x1_3x3.b0") + get("conv1x1_3x3.b1")
    for edge, mask in (("sbx", SOBEL_X), ("sby", SOBEL_Y), ("lpl", LAPLACE)):
        prefix = f"conv1x1_{edge}"  # masks add up to zero, and so .b0 does not matter
        weight += get(f"{prefix}.scale") * np.array(mask, float) * get(f"{prefix}.k0")
        bias += get(f"{prefix}.bias")
    if has_identity and weight.shape[0] == weight.shape[1]:
        channels = np.arange(len(weight))
        weight[channels, channels, 1, 1] += 1
    return weight, bias
