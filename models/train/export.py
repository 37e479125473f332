# SPDX-License-Identifier: LGPL-2.1-or-later
"""Networks to model files (docs/model-format.md) and back."""

import copy

import torch

from models import safetensors_io
from models.train.data import FOLDERS
from models.train.networks import Ecbsr, WhitenedConv, make
from models.train.overshoot import OVERSHOOT

# What 8-bit luma is lessened and divided by before a network sees it. Shipped
# ECBSR sees 16..235 itself: PReLU keeps factors, so only biases differ, by 255.
ECBSR_DOMAIN = (0, 255)
EDGE_SR_DOMAIN = (16, 219)
LUMA_SPAN = 219  # from black to white
BALANCE_SWEEPS = 4


def overshoot_of(config, metadata):
    """In what the network sees, or None."""
    share = metadata.get("overshoot")
    return None if share is None else float(share) * LUMA_SPAN / domain_of(config)[1]


def domain_of(config):
    return ECBSR_DOMAIN if config["architecture"] == "ecbsr" else EDGE_SR_DOMAIN


def to_plain(net):
    """{name: float32 array}: the shipped form. ECBSR is folded in double precision."""
    net = copy.deepcopy(net).double()
    tensors = ecbsr_tensors(net) if isinstance(net, Ecbsr) else edge_sr_tensors(net)
    tensors.update(bounds_tensors(net))
    return {name: tensor.detach().float().numpy() for name, tensor in tensors.items()}


def ecbsr_tensors(net):
    tensors = {}
    for i, layer in enumerate(net.backbone):
        weight, bias = layer.fold()
        tensors[f"backbone.{i}.conv3x3.weight"] = weight
        tensors[f"backbone.{i}.conv3x3.bias"] = bias * ECBSR_DOMAIN[1]
        if layer.act is not None:
            tensors[f"backbone.{i}.act.weight"] = layer.act.weight
    return tensors


def unit_of(net):
    """What 1 in a network of ours is in a model file."""
    return ECBSR_DOMAIN[1] if isinstance(net, Ecbsr) else 1


def bounds_tensors(net):
    return {f"{name}.{end}": layer.bounds[i] * unit_of(net)
            for name, layer in net.bounded_layers().items() if layer.bounds is not None
            for i, end in enumerate(("minimum", "maximum"))}


def load_bounds(net, tensors):
    for name, layer in net.bounded_layers().items():
        ends = [tensors.get(f"{name}.{end}") for end in ("minimum", "maximum")]
        layer.bounds = None if ends[0] is None else \
            torch.stack([torch.from_numpy(end) for end in ends]) / unit_of(net)


def edge_sr_layers(net):
    return net.bounded_layers()


def edge_sr_tensors(net):
    tensors = {}
    for name, layer in edge_sr_layers(net).items():
        whitened = isinstance(layer, WhitenedConv)
        tensors[f"{name}.weight"] = layer.kernel() if whitened else layer.weight
        if layer.bias is not None:
            tensors[f"{name}.bias"] = layer.bias
    return tensors


def load_plain(net, tensors):
    """Makes `net` compute what `tensors` say, but for their bounds. Layers of another
    shape are left.

    A file of another scale thus lends its body.
    """
    tensors = {name: torch.from_numpy(array) for name, array in tensors.items()}
    with torch.no_grad():
        if isinstance(net, Ecbsr):
            load_ecbsr(net, tensors)
        else:
            load_edge_sr(net, tensors)


def balance(tensors, n_layers):
    """Gives each inner channel as large weights after it as before.

    PReLU keeps factors: the function stays. quantise.py makes all channels reach
    equally far, with weights beyond 1,000 before those that hardly do anything, and
    steps of one size then throw a training far back.
    """
    for i in range(n_layers - 1):
        before, after = (f"backbone.{j}.conv3x3" for j in (i, i + 1))
        sizes = tensors[f"{before}.weight"].flatten(1).norm(dim=1), \
            tensors[f"{after}.weight"].transpose(0, 1).flatten(1).norm(dim=1)
        ratio = sizes[1] / sizes[0]
        gain = torch.where((ratio > 0) & ratio.isfinite(), ratio, torch.ones(())).sqrt()
        tensors[f"{before}.weight"] = tensors[f"{before}.weight"] * gain.view(-1, 1, 1, 1)
        tensors[f"{before}.bias"] = tensors[f"{before}.bias"] * gain
        tensors[f"{after}.weight"] = tensors[f"{after}.weight"] / gain.view(1, -1, 1, 1)


def load_ecbsr(net, tensors):
    """The other branches stay as they were initialised; the 3x3 takes up the rest."""
    for _ in range(BALANCE_SWEEPS):
        balance(tensors, len(net.backbone))
    for i, layer in enumerate(net.backbone):
        weight = tensors[f"backbone.{i}.conv3x3.weight"]
        own_weight, own_bias = layer.fold()
        if weight.shape != own_weight.shape:
            continue
        layer.conv3x3.weight += weight - own_weight
        bias = tensors[f"backbone.{i}.conv3x3.bias"] / ECBSR_DOMAIN[1]
        layer.conv3x3.bias += bias - own_bias
        if layer.act is not None:
            layer.act.weight.copy_(tensors[f"backbone.{i}.act.weight"])


def load_exactly(net, tensors):
    """Not balanced, so that bounds fit."""
    net.drop_branches()
    with torch.no_grad():
        for i, layer in enumerate(net.backbone):
            for part, name in ((layer.conv3x3.weight, "conv3x3.weight"),
                               (layer.conv3x3.bias, "conv3x3.bias")):
                part.copy_(torch.from_numpy(tensors[f"backbone.{i}.{name}"]))
            layer.conv3x3.bias /= ECBSR_DOMAIN[1]
            if layer.act is not None:
                layer.act.weight.copy_(torch.from_numpy(tensors[f"backbone.{i}.act.weight"]))


def load_edge_sr(net, tensors):
    for name, layer in edge_sr_layers(net).items():
        weight = tensors[f"{name}.weight"]
        if weight.shape[0] != layer.out_channels:
            continue
        if isinstance(layer, WhitenedConv):
            layer.set_kernel(weight)
        else:
            layer.weight.copy_(weight)
        if layer.bias is not None:
            layer.bias.copy_(tensors[f"{name}.bias"])


def metadata_of(config, name, notes):
    """All keys of docs/model-format.md for `config`, and `notes`."""
    ecbsr = config["architecture"] == "ecbsr"
    metadata = {key: str(value) for key, value in config.items()}
    metadata.update({
        "format": "gst-ecbsr 1", "name": name, "content": "clean",
        "luma_range": "16..235" if ecbsr else "0..1",
        "licence": "CC0-1.0", "trained_on": ", ".join(FOLDERS)})
    metadata.update({"padding": "symmetric", "overshoot": str(OVERSHOOT)})
    if ecbsr:
        metadata.update({"activation": "prelu", "form": "plain", "identity": "false"})
    return {**metadata, **notes}


def write(path, net, config, name, notes):
    safetensors_io.write(path, to_plain(net), metadata_of(config, name, notes))


def load(path, config):
    """The network in the file at `path`, which is one of `config`."""
    net = make(config)
    tensors, metadata = safetensors_io.read(path)
    if isinstance(net, Ecbsr):
        load_exactly(net, tensors)
    else:
        load_plain(net, tensors)
    load_bounds(net, tensors)
    net.padding = metadata.get("padding", "zero")
    net.overshoot = overshoot_of(config, metadata)
    return net
