# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random weights that make every branch of a network work.

Gains are chosen so that outputs span a good part of the luma range, attention
is neither flat nor one-hot, tanh leaves its linear part, both sides of an
activation are taken, and borders matter (biases far from 0).
"""
import numpy as np

from golden.networks import EDGE_KERNELS


def make(case):
    """Name → float64 array, by the published names and shapes."""
    rng = case.rng("weights")
    if case.metadata["architecture"] == "ecbsr":
        weights = ecbsr(case, rng)
    elif case.metadata["architecture"] == "esr-cnn":
        weights = esr_cnn(case.metadata, rng)
    else:
        weights = esr_filter(case.metadata, rng)
    return {**weights, **(bounds(case, weights) if case.bounded else {})}


def bounds(case, weights):
    """Of every layer; an output has a good part of its values beyond them, some all."""
    rng = case.rng("bounds")
    span = case.luma_range[1] - case.luma_range[0]
    found = {}
    for name in [n for n in weights if n.endswith((".conv3x3.weight", "filter.weight"))
                 or n in ("filter.0.weight", "filter.2.weight", "filter.4.weight")]:
        layer = name.removesuffix(".weight").removesuffix(".conv3x3")
        n_out = len(weights[name])
        inner = 0.02 if case.metadata.get("activation") == "softplus" else 1.0
        low = rng.uniform(-0.2, 0.05, n_out) * span * inner
        found[layer + ".minimum"] = low
        found[layer + ".maximum"] = low + rng.choice([0.0, 1.0], n_out, p=[0.1, 0.9]) \
            * rng.uniform(0.3, 0.9, n_out) * span * inner
    return found


def conv(rng, n_out, n_in, size, gain=1.0):
    std = gain / np.sqrt(n_in * size * size)
    return rng.standard_normal((n_out, n_in, size, size)) * std


# ------------------------------------------------------------------ edge-SR --

def centred(rng, n_out, n_in, size):
    """Values: mostly the centre pixel, as upscalers are."""
    weight = conv(rng, n_out, n_in, size, 0.5)
    weight[:, 0, size // 2, size // 2] += rng.uniform(0.3, 1.0, n_out)
    return weight


def esr_filter(metadata, rng):
    size = int(metadata["kernel_size"])
    n_maps = int(metadata["channels"]) * int(metadata["scale"]) ** 2
    gains = {"esr-max": (), "esr-tm": (4.0,), "esr-tr": (3.0, 3.0)}
    logits = [conv(rng, n_maps, 1, size, gain) for gain in gains[metadata["architecture"]]]
    return {"filter.weight": np.concatenate([centred(rng, n_maps, 1, size)] + logits)}


def esr_cnn(metadata, rng):
    depth, squeeze = int(metadata["depth"]), int(metadata["squeeze"])
    n_maps = int(metadata["channels"]) * int(metadata["scale"]) ** 2
    return {
        "filter.0.weight": conv(rng, depth, 1, 5, 3.0),
        "filter.0.bias": rng.uniform(-0.7, 0.7, depth),
        "filter.2.weight": conv(rng, squeeze, depth, 3, 2.0),
        "filter.2.bias": rng.uniform(-0.7, 0.7, squeeze),
        "filter.4.weight": np.concatenate([centred(rng, n_maps, squeeze, 3),
                                           conv(rng, n_maps, squeeze, 3, 3.0)]),
    }


# -------------------------------------------------------------------- ECBSR --

def ecbsr(case, rng):
    blocks, channels = int(case.metadata["blocks"]), int(case.metadata["channels"])
    chain = [case.colors] + [channels] * (blocks + 1) \
        + [case.colors * int(case.metadata["scale"]) ** 2]
    span = case.luma_range[1] - case.luma_range[0]
    # Softplus bends only near 0: bring the layers in between down to there.
    inner = 0.02 if case.metadata["activation"] == "softplus" else 1.0
    weights = {}
    for i, (n_in, n_out) in enumerate(zip(chain, chain[1:])):
        last = i == blocks + 1
        gain = (inner if i == 0 else 1.0) * (0.2 / inner if last else 1.2)
        level = 0.1 * span * (1.0 if last else inner)
        weights.update(layer(case, rng, i, n_in, n_out, gain, level))
    return weights


def layer(case, rng, i, n_in, n_out, gain, level):
    prefix = f"backbone.{i}"
    weights = {prefix + ".conv3x3.weight": conv(rng, n_out, n_in, 3, gain),
               prefix + ".conv3x3.bias": rng.normal(0, level, n_out)}
    if case.metadata["form"] == "training":
        weights.update(branches(case, rng, prefix, n_in, n_out, gain / 2, level))
    last = i == int(case.metadata["blocks"]) + 1
    if case.metadata["activation"] == "prelu" and not last:
        # Slopes below 0 and above 1 tell a true PReLU from max (x, slope·x).
        weights[prefix + ".act.weight"] = rng.uniform(-0.3, 1.2, n_out)
    return weights


def branches(case, rng, prefix, n_in, n_out, gain, level):
    name = prefix + ".conv1x1_3x3"
    weights = {name + ".k0": conv(rng, 2 * n_out, n_in, 1),
               name + ".b0": rng.normal(0, level, 2 * n_out),
               name + ".k1": conv(rng, n_out, 2 * n_out, 3, gain),
               name + ".b1": rng.normal(0, level, n_out)}
    for suffix, kernel in EDGE_KERNELS.items():
        name = f"{prefix}.conv1x1_{suffix}"
        weights[name + ".k0"] = conv(rng, n_out, n_in, 1)
        weights[name + ".b0"] = rng.normal(0, level, n_out)
        weights[name + ".scale"] = rng.normal(0, gain / 3, (n_out, 1, 1, 1))
        weights[name + ".bias"] = rng.normal(0, level, n_out)
        if case.with_masks:
            weights[name + ".mask"] = np.tile(np.array(kernel, float), (n_out, 1, 1, 1))
    return weights
