# SPDX-License-Identifier: LGPL-2.1-or-later
"""The published networks as functions of their state dictionaries.

Written for truth, not for speed: the training form of ECBSR runs its five
branches one by one, nothing is folded. `weights` maps the published names to
torch tensors, `x` is [1, 1, H, W] in the network's own domain; the result is
[1, 1, s·H, s·W], not clamped. With `colors` = 3 it is [1, 3, H, W], R, G and B.

With `padding` = `replicate` or `symmetric` the picture is continued by its border pixels,
or mirrored, as far as the network reaches, and no layer pads anything. `minimum` and `maximum` of a
layer, where there are any, bound what its activation puts out.
"""
import torch
import torch.nn.functional as F

SOBEL_X = ((1, 0, -1), (2, 0, -2), (1, 0, -1))
SOBEL_Y = ((1, 2, 1), (0, 0, 0), (-1, -2, -1))
LAPLACIAN = ((0, 1, 0), (1, -4, 1), (0, 1, 0))
EDGE_KERNELS = {"sbx": SOBEL_X, "sby": SOBEL_Y, "lpl": LAPLACIAN}


def run(metadata, weights, x):
    y = ARCHITECTURES[metadata["architecture"]](metadata, weights, x)
    return near(metadata, y, x) if "overshoot" in metadata else y


def near(metadata, y, x):
    """Within the range of the 3x3 pixels of x around each, and so much beyond."""
    black, white = map(float, metadata["luma_range"].split(".."))
    beyond = float(metadata["overshoot"]) * (white - black)
    around = F.pad(x, [1] * 4, mode="replicate").unfold(2, 3, 1).unfold(3, 3, 1)
    low, high = around.amin((-2, -1)) - beyond, around.amax((-2, -1)) + beyond
    size = y.shape[-2:]
    return torch.minimum(torch.maximum(y, F.interpolate(low, size)), F.interpolate(high, size))


def pads_zeros(metadata):
    return metadata.get("padding", "zero") == "zero"


def continued(metadata, x, radius):
    """What the first layer sees."""
    if pads_zeros(metadata):
        return x
    if metadata["padding"] == "replicate":
        return F.pad(x, [radius] * 4, mode="replicate")
    for _ in range(2):  # columns, then rows
        x = mirrored(x, radius).transpose(2, 3)
    return x


def mirrored(x, radius):
    """Columns at either end, one by one: each is as far from the edge as what it repeats."""
    columns = list(x.unbind(3))
    for i in range(radius):
        columns = [columns[2 * i], *columns, columns[-1 - 2 * i]]
    return torch.stack(columns, 3)


def conv(metadata, x, weight, bias=None):
    return F.conv2d(x, weight, bias,
                    padding=weight.shape[-1] // 2 if pads_zeros(metadata) else 0)


# ------------------------------------------------------------------ edge-SR --

def bounded(weights, layer, y):
    """What a file's bounds, where it has any, leave of a layer's output."""
    if layer + ".minimum" not in weights:
        return y
    low, high = (weights[layer + end].view(1, -1, 1, 1) for end in (".minimum", ".maximum"))
    return torch.minimum(torch.maximum(y, low), high)


def maps(metadata, weights, layer, x, n_groups):
    """Convolve, shuffle, and split the channels into `n_groups` of C maps."""
    y = bounded(weights, layer, conv(metadata, x, weights[layer + ".weight"]))
    return F.pixel_shuffle(y, int(metadata["scale"])).chunk(n_groups, dim=1)


def filter_maps(metadata, weights, x, n_groups):
    x = continued(metadata, x, weights["filter.weight"].shape[-1] // 2)
    return maps(metadata, weights, "filter", x, n_groups)


def attend(value, logits):
    return (value * logits.softmax(dim=1)).sum(dim=1, keepdim=True)


def esr_max(metadata, weights, x):
    value, = filter_maps(metadata, weights, x, 1)
    return value.amax(dim=1, keepdim=True)


def esr_tm(metadata, weights, x):
    value, key = filter_maps(metadata, weights, x, 2)
    return attend(value, key)


def esr_tr(metadata, weights, x):
    value, query, key = filter_maps(metadata, weights, x, 3)
    return attend(value, query * key)


def esr_cnn(metadata, weights, x):
    x = continued(metadata, x, 2 + 1 + 1)
    for layer in ("filter.0", "filter.2"):
        x = conv(metadata, x, weights[layer + ".weight"], weights[layer + ".bias"])
        x = bounded(weights, layer, x.tanh())
    value, key = maps(metadata, weights, "filter.4", x, 2)
    return attend(value, key * key)


# -------------------------------------------------------------------- ECBSR --

def activate(name, x, slope):
    if name == "prelu":
        return F.prelu(x, slope)
    if name == "rrelu":
        return F.rrelu(x, -0.05, 0.05, training=False)
    return {"relu": F.relu, "softplus": F.softplus, "linear": lambda y: y}[name](x)


def conv1x1_padded(metadata, x, weight, bias):
    """1x1 convolution whose border, if any, is its bias: what it gives for zeros."""
    y = F.conv2d(x, weight)
    if pads_zeros(metadata):
        y = F.pad(y, (1, 1, 1, 1))
    return y + bias.view(1, -1, 1, 1)


def expand_squeeze(metadata, weights, prefix, x):
    y = conv1x1_padded(metadata, x, weights[prefix + ".k0"], weights[prefix + ".b0"])
    return F.conv2d(y, weights[prefix + ".k1"], weights[prefix + ".b1"])


def edge_branch(metadata, weights, prefix, kernel, x):
    y = conv1x1_padded(metadata, x, weights[prefix + ".k0"], weights[prefix + ".b0"])
    scale = weights[prefix + ".scale"]
    weight = scale * torch.tensor(kernel, dtype=scale.dtype)
    return F.conv2d(y, weight, weights[prefix + ".bias"], groups=len(weight))


def ecb_branches(metadata, weights, prefix, x):
    """What the training form adds to the plain 3x3 convolution."""
    y = expand_squeeze(metadata, weights, prefix + ".conv1x1_3x3", x)
    for name, kernel in EDGE_KERNELS.items():
        y = y + edge_branch(metadata, weights, f"{prefix}.conv1x1_{name}", kernel, x)
    if metadata["identity"] == "true" and x.shape[1] == y.shape[1]:
        y = y + (x if pads_zeros(metadata) else x[:, :, 1:-1, 1:-1])
    return y


def ecb(metadata, weights, prefix, x):
    y = conv(metadata, x, weights[prefix + ".conv3x3.weight"],
             weights[prefix + ".conv3x3.bias"])
    if metadata["form"] == "training":
        y = y + ecb_branches(metadata, weights, prefix, x)
    return y


def ecbsr(metadata, weights, x):
    last = int(metadata["blocks"]) + 1
    y = continued(metadata, x, last + 1)
    for i in range(last):
        prefix = f"backbone.{i}"
        y = ecb(metadata, weights, prefix, y)
        y = activate(metadata["activation"], y,
                     weights.get(prefix + ".act.weight"))
        y = bounded(weights, prefix, y)
    prefix = f"backbone.{last}"
    scale = int(metadata["scale"])
    y = bounded(weights, prefix, ecb(metadata, weights, prefix, y))
    return F.pixel_shuffle(y + x.repeat_interleave(scale ** 2, dim=1), scale)


ARCHITECTURES = {"ecbsr": ecbsr, "esr-max": esr_max, "esr-tm": esr_tm,
                 "esr-tr": esr_tr, "esr-cnn": esr_cnn}
