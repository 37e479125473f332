# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checkpoints of networks that are an ECBSR by another name.

    tensors, family, names = renamed(tensors)

The result has the names of docs/model-format.md; `family` says what it was, or is
None where the names were known already; `names` maps those that a tensor now has, or
that one has which is missing, to what it is in the checkpoint. Known are

    body.N.weight                    SRVGGNetCompact ("Compact"): convolutions and the
                                     PReLUs between them, counted together
    backbone.N.weight                the same, as the layers of an ECBSR
    backbone.N.0.weight .1.weight    ECBSR in plain form, of convolution and PReLU

all of them layers of 3x3, with the input pixel added to each of its colour's outputs.
What programs put in front of all names is taken off before, and the one slope of a
PReLU that all channels share counts for each.
"""

import re

import numpy as np

from model_shapes import ShapeError

LAYER = re.compile(r"(body|backbone)\.(\d{1,3})\.(weight|bias)")
PAIR = re.compile(r"backbone\.(\d{1,3})\.([01])\.(weight|bias)")
OWN = re.compile(r"backbone\.\d{1,3}\.(conv3x3|conv1x1_|act)")
# Of DataParallel, torch.compile(), Lightning, trainers of GANs, files of flat names.
WRAPPERS = ("module.", "_orig_mod.", "model.", "net.", "net_g.", "netG.", "generator.",
            "params_ema.", "params.")
# Tensors of layers that no such network has.
FOREIGN = ((re.compile(r"\.(running_mean|running_var|num_batches_tracked)$"),
            "a batch norm, which is to be folded into its convolution first"),
           (re.compile(r"(^|\.)(attn|attention|norm\d?|relative_position\w*|qkv)\."),
            "a transformer or a normalised network"))


def without_wrappers(tensors):
    for wrapper in WRAPPERS:
        if tensors and all(name.startswith(wrapper) for name in tensors):
            return without_wrappers({name[len(wrapper):]: array
                                     for name, array in tensors.items()})
    return tensors


def renamed(tensors):
    tensors = without_wrappers(tensors)
    refuse_foreign(tensors)
    result, family, names = by_family(tensors)
    for name, array in result.items():
        if array.dtype.kind in "biu":
            raise ShapeError(f"tensor {names.get(name, name)}: of whole numbers, {array.dtype}")
    return with_shared_slopes(result), family, names


def with_shared_slopes(tensors):
    result = dict(tensors)
    for name, array in tensors.items():
        bias = tensors.get(name.removesuffix("act.weight") + "conv3x3.bias")
        if name.endswith(".act.weight") and array.shape == (1,) and bias is not None:
            result[name] = np.full(bias.shape, array[0])
    return result


def by_family(tensors):
    if any(PAIR.fullmatch(name) for name in tensors):
        result, names = by_pairs(tensors)
        return result, "ECBSR, plain (backbone.N.0, backbone.N.1)", names
    prefixes = {match[1] for match in map(LAYER.fullmatch, tensors) if match}
    if not prefixes or any(OWN.match(name) for name in tensors):
        return tensors, None, {}
    if len(prefixes) > 1:
        raise ShapeError("both body.N and backbone.N: no network that is known")
    prefix = prefixes.pop()
    families = {"body": "Compact (body.N)", "backbone": "ECBSR, plain (backbone.N)"}
    result, names = in_sequence(tensors, prefix)
    return result, families[prefix], names


def refuse_foreign(tensors):
    for name in tensors:
        for pattern, reason in FOREIGN:
            if pattern.search(name):
                raise ShapeError(f"tensor {name}: {reason}")


def refuse_rest(tensors, pattern, family):
    for name in tensors:
        if not pattern.fullmatch(name):
            raise ShapeError(f"tensor {name} is no part of {family}: a network like it with "
                             "another tail, residual or block, which is not supported")


def check_kernel(name, array):
    if array.ndim == 4 and array.shape[2:] != (3, 3):
        height, width = array.shape[2:]
        raise ShapeError(f"tensor {name}: a layer of {height}x{width}, only 3x3 is supported")


def names_of_layer(n, convolution, slopes):
    """What the tensors of layer n are called in the checkpoint."""
    return {f"backbone.{n}.conv3x3.weight": f"{convolution}.weight",
            f"backbone.{n}.conv3x3.bias": f"{convolution}.bias",
            f"backbone.{n}.act.weight": f"{slopes}.weight"}


def by_pairs(tensors):
    refuse_rest(tensors, PAIR, "a plain ECBSR")
    result, names = {}, {}
    for name, array in tensors.items():
        i, part, kind = PAIR.fullmatch(name).groups()
        check_kernel(name, array)
        names.update(names_of_layer(int(i), f"backbone.{i}.0", f"backbone.{i}.1"))
        if part == "0":
            result[f"backbone.{int(i)}.conv3x3.{kind}"] = array
        elif kind == "weight" and array.ndim == 1:
            result[f"backbone.{int(i)}.act.weight"] = array
        else:
            raise ShapeError(f"tensor {name}: not the slopes of a PReLU")
    return result, names


def in_sequence(tensors, prefix):
    """Convolutions, with the slopes that stand between two of them."""
    refuse_rest(tensors, LAYER, "such a network")
    layers = {}
    for name, array in tensors.items():
        _, i, kind = LAYER.fullmatch(name).groups()
        layers.setdefault(int(i), {})[kind] = name, array
    result, names, n = {}, {}, -1
    for i in sorted(layers):
        name, weight = layers[i].get("weight", (f"{prefix}.{i}.weight", None))
        if weight is None:
            raise ShapeError(f"tensor {name} is missing")
        check_kernel(name, weight)
        if weight.ndim == 4:
            n += 1
            names.update(names_of_layer(n, f"{prefix}.{i}", f"{prefix}.{i + 1}"))
            result[f"backbone.{n}.conv3x3.weight"] = weight
            if "bias" in layers[i]:
                result[f"backbone.{n}.conv3x3.bias"] = layers[i]["bias"][1]
        elif weight.ndim == 1 and "bias" in layers[i]:
            raise ShapeError(f"tensor {name}: a normalisation, which no such network has")
        elif weight.ndim != 1 or n < 0 or f"backbone.{n}.act.weight" in result:
            raise ShapeError(f"tensor {name} is {list(weight.shape)}, neither a layer of 3x3 nor "
                             "the slopes of a PReLU behind one")
        else:
            result[f"backbone.{n}.act.weight"] = weight
    return result, names
