# SPDX-License-Identifier: LGPL-2.1-or-later
"""What network a set of tensors is: architecture, sizes, expected shapes.

    facts = describe(tensors, claims)

`tensors` maps the published names to arrays. `claims` maps metadata keys to
pairs (value, who says so), such as ("scale": (2, "--scale")): they fill in what
shapes leave open, and are checked against what shapes tell. The result maps
metadata keys (docs/model-format.md) to strings; every tensor is there with its
exact shape, and no other.
"""

import math
import re

import numpy as np

SCALES = (2, 3, 4)
ECBSR_SCALES = (1, *SCALES)
COLORS = (1, 3)
KERNEL_SIZES = (3, 5, 7)
LIMITS = {"blocks": (0, 64), "ecbsr channels": (1, 64), "channels": (1, 16),
          "depth": (1, 64), "squeeze": (1, 64)}
ACTIVATIONS = ("prelu", "relu", "rrelu", "softplus", "linear")
N_GROUPS = {"esr-max": 1, "esr-tm": 2, "esr-tr": 3, "esr-cnn": 2}
ARCHITECTURES = ("ecbsr", *N_GROUPS)

EDGE_KERNELS = {
    "sbx": ((1, 0, -1), (2, 0, -2), (1, 0, -1)),
    "sby": ((1, 2, 1), (0, 0, 0), (-1, -2, -1)),
    "lpl": ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
}


class ShapeError(ValueError):
    """What does not fit, and where."""


def describe(tensors, claims):
    architecture = find_architecture(tensors, claims)
    if architecture == "ecbsr":
        facts, shapes = describe_ecbsr(tensors, claims)
    elif architecture == "esr-cnn":
        facts, shapes = describe_esr_cnn(tensors, claims)
    else:
        facts, shapes = describe_esr_filter(tensors, claims, architecture)
    facts["architecture"] = architecture
    check_claims(facts, claims)
    check_shapes(tensors, shapes)
    return {key: str(value) for key, value in facts.items()}


def find_architecture(tensors, claims):
    claimed, source = claims.get("architecture", (None, None))
    if any(name.startswith("backbone.") for name in tensors):
        found = ("ecbsr",)
    elif "filter.0.weight" in tensors:
        found = ("esr-cnn",)
    elif "filter.weight" in tensors:
        found = ("esr-max", "esr-tm", "esr-tr")
    else:
        first = f"; its first one is {next(iter(tensors))}" if tensors else ""
        raise ShapeError(f"no known network: no tensor of {', '.join(ARCHITECTURES)} in it{first}")
    if claimed is None and len(found) > 1:
        raise ShapeError(f"--architecture is needed: the tensors fit {', '.join(found)}")
    if claimed is not None and claimed not in found:
        raise ShapeError(f"{source} says {claimed}, but the tensors are those of "
                         f"{' or '.join(found)}")
    return claimed or found[0]


def check_claims(facts, claims):
    for key, (value, source) in claims.items():
        if key not in facts:
            raise ShapeError(f"{source}: {facts['architecture']} has no {key.replace('_', ' ')}")
        if facts[key] != value:
            raise ShapeError(f"{source} says {value}, but the tensors say {facts[key]}")


def check_shapes(tensors, shapes):
    for name, shape in shapes.items():
        if name not in tensors:
            raise ShapeError(f"tensor {name} is missing, {list(shape)}")
        if tensors[name].shape != shape:
            raise ShapeError(f"tensor {name} is {list(tensors[name].shape)}, not {list(shape)}")
    for name in tensors:
        if name not in shapes:
            raise ShapeError(f"tensor {name} is no part of this network")


def limited(key, value, limits):
    low, high = limits
    if not low <= value <= high:
        raise ShapeError(f"{key}: {value}, not within {low} to {high}")
    return value


def rank4(tensors, name):
    if name not in tensors:
        raise ShapeError(f"tensor {name} is missing")
    if tensors[name].ndim != 4:
        raise ShapeError(f"tensor {name} is {list(tensors[name].shape)}, "
                         "not of four dimensions")
    return tensors[name].shape


# ------------------------------------------------------------------ edge-SR --

def split_maps(claims, n_out, n_groups):
    """(C, s) of a last layer of n·C·s² channels: one of them has to be claimed."""
    n_maps = n_out // n_groups
    fitting = [(n_maps // s ** 2, s) for s in SCALES
               if n_out % n_groups == 0 and n_maps % s ** 2 == 0]
    claimed = {key: claims[key][0] for key in ("channels", "scale") if key in claims}
    if not claimed and len(fitting) > 1:
        raise ShapeError("--scale is needed: it can be "
                         + " or ".join(str(s) for _, s in fitting))
    for channels, scale in fitting:
        if claimed.items() <= {"channels": channels, "scale": scale}.items():
            return limited("channels", channels, LIMITS["channels"]), scale
    asked = ", ".join(f"{source} {value}" for key, (value, source) in claims.items()
                      if key in claimed)
    raise ShapeError(f"{n_out} channels of the last layer do not fit {asked or 'any scale'}")


def describe_esr_filter(tensors, claims, architecture):
    n_out, _, size, _ = rank4(tensors, "filter.weight")
    if size not in KERNEL_SIZES:
        raise ShapeError(f"tensor filter.weight: a filter of {size}, not 3, 5 or 7")
    channels, scale = split_maps(claims, n_out, N_GROUPS[architecture])
    facts = {"scale": scale, "channels": channels, "kernel_size": size}
    return facts, {"filter.weight": (n_out, 1, size, size)}


def describe_esr_cnn(tensors, claims):
    depth = limited("depth", rank4(tensors, "filter.0.weight")[0], LIMITS["depth"])
    squeeze = limited("squeeze", rank4(tensors, "filter.2.weight")[0], LIMITS["squeeze"])
    n_out = rank4(tensors, "filter.4.weight")[0]
    channels, scale = split_maps(claims, n_out, N_GROUPS["esr-cnn"])
    facts = {"scale": scale, "channels": channels, "depth": depth, "squeeze": squeeze}
    return facts, {
        "filter.0.weight": (depth, 1, 5, 5), "filter.0.bias": (depth,),
        "filter.2.weight": (squeeze, depth, 3, 3), "filter.2.bias": (squeeze,),
        "filter.4.weight": (n_out, squeeze, 3, 3),
    }


# -------------------------------------------------------------------- ECBSR --

def describe_ecbsr(tensors, claims):
    layers = {int(match[1]) for match in map(re.compile(r"backbone\.(\d{1,3})\.").match, tensors)
              if match}
    blocks = limited("blocks", max(layers, default=0) - 1, LIMITS["blocks"])
    channels, colors = rank4(tensors, "backbone.0.conv3x3.weight")[:2]
    if colors not in COLORS:
        raise ShapeError(f"tensor backbone.0.conv3x3.weight: a network for {colors} colours, only "
                         "1 (luma) and 3 are supported")
    limited("channels", channels, LIMITS["ecbsr channels"])
    facts = {
        "scale": scale_of(rank4(tensors, f"backbone.{blocks + 1}.conv3x3.weight")[0], colors),
        "blocks": blocks, "channels": channels, "activation": activation_of(tensors, claims),
        "form": "training" if any(".conv1x1_" in name for name in tensors) else "plain",
    }
    facts["identity"] = identity_of(facts["form"], claims)
    if colors != 1:
        facts["colors"] = colors
    return facts, ecbsr_shapes(facts, tensors)


def scale_of(n_out, colors):
    scale = math.isqrt(n_out // colors)
    if scale not in ECBSR_SCALES or colors * scale ** 2 != n_out:
        times = "" if colors == 1 else f"{colors} times "
        raise ShapeError(f"the last layer has {n_out} channels, which is {times}the square of no "
                         "supported scale (1, 2, 3, 4)")
    return scale


def activation_of(tensors, claims):
    claimed, source = claims.get("activation", (None, None))
    if any(name.endswith(".act.weight") for name in tensors):
        return "prelu"
    if claimed is None:
        raise ShapeError("--activation is needed (relu, rrelu, softplus, linear or "
                         "leaky-relu:SLOPE): there are no slopes, so it is not prelu")
    if claimed == "prelu":
        raise ShapeError(f"{source} says prelu, but there is no act.weight")
    return claimed


def identity_of(form, claims):
    """"true" has to be claimed: a state dictionary does not tell."""
    claimed, source = claims.get("identity", ("false", None))
    if claimed == "true" and form == "plain":
        raise ShapeError(f"{source}: the plain form has the identity in its weights already")
    return claimed


def ecbsr_shapes(facts, tensors):
    last = facts["blocks"] + 1
    colors = facts.get("colors", 1)
    chain = [colors] + [facts["channels"]] * last + [colors * facts["scale"] ** 2]
    shapes = {}
    for i in range(last + 1):
        prefix, n_in, n_out = f"backbone.{i}", chain[i], chain[i + 1]
        shapes[prefix + ".conv3x3.weight"] = (n_out, n_in, 3, 3)
        shapes[prefix + ".conv3x3.bias"] = (n_out,)
        if facts["activation"] == "prelu" and i < last:
            shapes[prefix + ".act.weight"] = (n_out,)
        if facts["form"] == "training":
            shapes.update(branch_shapes(prefix, n_in, n_out, tensors))
    return shapes


def branch_shapes(prefix, n_in, n_out, tensors):
    name = prefix + ".conv1x1_3x3"
    shapes = {name + ".k0": (2 * n_out, n_in, 1, 1), name + ".b0": (2 * n_out,),
              name + ".k1": (n_out, 2 * n_out, 3, 3), name + ".b1": (n_out,)}
    for suffix, kernel in EDGE_KERNELS.items():
        name = f"{prefix}.conv1x1_{suffix}"
        shapes.update({name + ".k0": (n_out, n_in, 1, 1), name + ".b0": (n_out,),
                       name + ".scale": (n_out, 1, 1, 1), name + ".bias": (n_out,)})
        if name + ".mask" in tensors:
            check_mask(name + ".mask", tensors[name + ".mask"], kernel)
            shapes[name + ".mask"] = (n_out, 1, 3, 3)
    return shapes


def check_mask(name, mask, kernel):
    if mask.shape[-2:] != (3, 3) or not np.all(mask == np.array(kernel)):
        raise ShapeError(f"tensor {name} is not the {name.split('_')[-1][:3]} kernel")
