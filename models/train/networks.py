# SPDX-License-Identifier: LGPL-2.1-or-later
"""The networks, with the parameter names of their published PyTorch definitions.

ECBSR: Zhang, Zeng, Zhang, "Edge-oriented Convolution Block for Real-time Super
Resolution on Mobile Devices", ACM MM 2021. Edge-SR: Navarrete Michelini, Lu,
Jiang, "edge-SR: Super-Resolution For The Masses", WACV 2022.

All map luma [n, 1, h, w] to [n, 1, s*h, s*w]. ECBSR sees luma 16..235 divided
by 255, edge-SR sees 0..1 from black to white.

Beyond its border a picture is continued by its outermost pixels, as far as the network
reaches, and no convolution sees zeros; `padding` = "zero" is how the published networks
were trained. What an activation makes may be bounded, channel by channel.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from models.train import beyond
from models.train.overshoot import limit

SOBEL_X = ((1, 0, -1), (2, 0, -2), (1, 0, -1))
SOBEL_Y = ((1, 2, 1), (0, 0, 0), (-1, -2, -1))
LAPLACE = ((0, 1, 0), (1, -4, 1), (0, 1, 0))


class Bounded(nn.Module):
    """A layer that keeps its channels between `bounds` [2, channels], where there are
    any, and notes how far they reach in `seen` while that is not None."""

    def __init__(self):
        super().__init__()
        self.register_buffer("bounds", None)
        self.seen = None

    def bound(self, y):
        if self.seen is not None:
            flat = y.detach().transpose(0, 1).flatten(1)
            self.seen.append(torch.stack((flat.min(1)[0], flat.max(1)[0])))
        if self.bounds is None:
            return y
        low, high = self.bounds.view(2, 1, -1, 1, 1)
        return torch.minimum(torch.maximum(y, low), high)


class Network(nn.Module):
    """`radius`: how far it reaches. `body(x, same)`: the upscaled picture of all of x,
    zeros around it, or of the part that is `radius` from the border."""

    padding = "symmetric"
    overshoot = None

    def forward(self, x):
        if self.padding == "zero":
            y = self.body(x, True)
        else:
            y = self.valid(beyond.pad(x, self.radius, self.padding))
        return limit(y, x, self.overshoot)

    def valid(self, x):
        """x [n, 1, h + 2 radius, w + 2 radius], the context included."""
        return self.body(x, False)

    def bounded_layers(self):
        """{name in a model file: layer}"""
        return {name: layer for name, layer in self.named_modules()
                if isinstance(layer, Bounded)}

    def is_bounded(self):
        return any(layer.bounds is not None for layer in self.bounded_layers().values())


class Pointwise3x3(nn.Module):
    """A 1x1 convolution to `middle` channels, then a 3x3 convolution."""

    def __init__(self, n_in, n_out):
        super().__init__()
        first, second = nn.Conv2d(n_in, 2 * n_out, 1), nn.Conv2d(2 * n_out, n_out, 3)
        self.k0, self.b0 = first.weight, first.bias
        self.k1, self.b1 = second.weight, second.bias

    def second(self):
        return self.k1, self.b1, 1

    def fold(self):
        weight = torch.einsum("omyx,mi->oiyx", self.k1, self.k0[:, :, 0, 0])
        return weight, self.k1.sum((2, 3)) @ self.b0 + self.b1


class PointwiseEdge(nn.Module):
    """A 1x1 convolution, then one fixed edge filter a channel, scaled."""

    def __init__(self, n_in, n_out, mask):
        super().__init__()
        first = nn.Conv2d(n_in, n_out, 1)
        self.k0, self.b0 = first.weight, first.bias
        self.scale = nn.Parameter(torch.randn(n_out, 1, 1, 1) * 1e-3)
        self.bias = nn.Parameter(torch.randn(n_out) * 1e-3)
        mask = torch.tensor(mask, dtype=torch.float32).expand(n_out, 1, 3, 3)
        self.mask = nn.Parameter(mask.clone(), requires_grad=False)

    def second(self):
        return self.scale * self.mask, self.bias, self.k0.shape[0]

    def fold(self):
        kernel = self.scale * self.mask
        return kernel * self.k0[:, :, 0, 0, None, None], \
            kernel.sum((1, 2, 3)) * self.b0 + self.bias


class Ecb(Bounded):
    """Five parallel branches that are one 3x3 convolution; then PReLU or nothing."""

    def __init__(self, n_in, n_out, activation):
        super().__init__()
        self.conv3x3 = nn.Conv2d(n_in, n_out, 3, padding=1)
        self.conv1x1_3x3 = Pointwise3x3(n_in, n_out)
        self.conv1x1_sbx = PointwiseEdge(n_in, n_out, SOBEL_X)
        self.conv1x1_sby = PointwiseEdge(n_in, n_out, SOBEL_Y)
        self.conv1x1_lpl = PointwiseEdge(n_in, n_out, LAPLACE)
        self.act = nn.PReLU(n_out) if activation else None

    def drop_branches(self):
        """Leaves the one convolution that they are."""
        with torch.no_grad():
            weight, bias = self.fold()
            self.conv3x3.weight.copy_(weight)
            self.conv3x3.bias.copy_(bias)
        del self.conv1x1_3x3, self.conv1x1_sbx, self.conv1x1_sby, self.conv1x1_lpl

    def pairs(self):
        if not hasattr(self, "conv1x1_3x3"):
            return ()
        return self.conv1x1_3x3, self.conv1x1_sbx, self.conv1x1_sby, self.conv1x1_lpl

    def fold(self):
        """Weight and bias of the one convolution. Cheap, and differentiable."""
        folded = [pair.fold() for pair in self.pairs()]
        return self.conv3x3.weight + sum(weight for weight, _ in folded), \
            self.conv3x3.bias + sum(bias for _, bias in folded)

    def convolve(self, x, padding=1):
        return functional.conv2d(x, *self.fold(), padding=padding)

    def convolve_by_branches(self, x):
        """As published: the 1x1 output is bordered by its bias before the 3x3."""
        total = self.conv3x3(x)
        for pair in self.pairs():
            y = functional.pad(functional.conv2d(x, pair.k0), (1, 1, 1, 1))
            weight, bias, groups = pair.second()
            y = y + pair.b0.view(1, -1, 1, 1)
            total = total + functional.conv2d(y, weight, bias, groups=groups)
        return total

    def forward(self, x, padding=1):
        x = self.convolve(x, padding)
        if self.act is None:
            return self.bound(x)
        # PReLU, whose own gradient takes PyTorch three times as long on a CPU.
        return self.bound(functional.relu(x)
                          - self.act.weight.view(1, -1, 1, 1) * functional.relu(-x))


class Ecbsr(Network):
    def __init__(self, scale, blocks, channels):
        super().__init__()
        self.scale = scale
        layers = [Ecb(1, channels, True)]
        layers += [Ecb(channels, channels, True) for _ in range(blocks)]
        self.backbone = nn.Sequential(*layers, Ecb(channels, scale * scale, False))
        self.radius = len(self.backbone)
        self.shrink_last_layer()

    def shrink_last_layer(self):
        """Starts close to nearest neighbour, so that high learning rates hold."""
        with torch.no_grad():
            for name, parameter in self.backbone[-1].named_parameters():
                if name.split(".")[-1] in ("weight", "bias", "k1", "b1", "scale"):
                    parameter *= 0.1

    def drop_branches(self):
        """For an optimiser that finds the directions that they stretch by itself."""
        for layer in self.backbone:
            layer.drop_branches()

    def body(self, x, same):
        y = x
        for layer in self.backbone:
            y = layer(y, 1 if same else 0)
        return functional.pixel_shuffle(y + (x if same else inner(x, self.radius)), self.scale)


def inner(tensor, margin):
    return tensor[..., margin:-margin, margin:-margin] if margin else tensor


def attend(value, score):
    return (value * functional.softmax(score, dim=1)).sum(dim=1)


def split_maps(channels, scale, n_kinds):
    """Values, then queries and keys: each [n, maps, sub-pixels, h, w].

    Maps are joined before they are shuffled: the same, and less to move.
    """
    return channels.unflatten(1, (-1, scale * scale)).chunk(n_kinds, dim=1)


def whitening(size):
    """The inverse root of the second moments of photos' `size` x `size` patches.

    Neighbouring pixels are nearly equal, so that gradients along fine detail
    vanish beside those along brightness, and Adam, which scales single weights,
    cannot help: after 3,000 iterations eSR-TM x2 is 0.5 dB worse without. The
    moments are those of the usual model of photos: a mean, and correlation that
    falls with distance.
    """
    position = torch.arange(size, dtype=torch.float64)
    correlation = 0.97 ** (position[:, None] - position).abs()
    moments = 0.2 + 0.05 * torch.kron(correlation, correlation)
    values, vectors = torch.linalg.eigh(moments)
    return vectors @ torch.diag(values ** -0.5) @ vectors.T


class WhitenedConv(Bounded):
    """A convolution of one channel, trained in whitened coordinates of its kernel.

    Initialised as its authors do: Xavier, and 1 at the centre tap.
    """

    def __init__(self, n_out, size, bias):
        super().__init__()
        conv = edge_conv(1, n_out, size, bias)
        basis = whitening(size)
        self.register_buffer("basis", basis.float(), persistent=False)
        self.register_buffer("inverse", basis.inverse().float(), persistent=False)
        self.size, self.out_channels = size, n_out
        self.whitened = nn.Parameter(torch.empty(n_out, size * size))
        self.bias = conv.bias
        self.set_kernel(conv.weight.detach())

    def kernel(self):
        return (self.whitened @ self.basis).view(-1, 1, self.size, self.size)

    def set_kernel(self, kernel):
        with torch.no_grad():
            self.whitened.copy_(kernel.flatten(1) @ self.inverse)

    def forward(self, x, same):
        return functional.conv2d(x, self.kernel(), self.bias,
                                 padding=self.size // 2 if same else 0)


class Conv(Bounded):
    def __init__(self, n_in, n_out, size, bias):
        super().__init__()
        conv = edge_conv(n_in, n_out, size, bias)
        self.weight, self.bias = conv.weight, conv.bias
        self.size, self.out_channels = size, n_out

    def forward(self, x, same):
        return functional.conv2d(x, self.weight, self.bias,
                                 padding=self.size // 2 if same else 0)


def edge_conv(n_in, n_out, size, bias):
    conv = nn.Conv2d(n_in, n_out, size, padding=size // 2, bias=bias)
    nn.init.xavier_normal_(conv.weight)
    with torch.no_grad():
        conv.weight[:, 0, size // 2, size // 2] = 1
    return conv


class EdgeSr(Network):
    """eSR-MAX, eSR-TM and eSR-TR: one convolution, `n_kinds` maps a channel."""

    def __init__(self, scale, kernel_size, channels, n_kinds):
        super().__init__()
        self.scale, self.n_kinds = scale, n_kinds
        n_out = n_kinds * channels * scale * scale
        self.filter = WhitenedConv(n_out, kernel_size, bias=False)
        self.radius = kernel_size // 2

    def body(self, x, same):
        y = self.filter.bound(self.filter(x, same))
        value, *keys = split_maps(y, self.scale, self.n_kinds)
        if not keys:
            joined = value.max(dim=1)[0]
        else:
            joined = attend(value, keys[0] if len(keys) == 1 else keys[0] * keys[1])
        return functional.pixel_shuffle(joined, self.scale)


BRIGHT = 2  # units of eSR-CNN's first layer that start as the picture itself


def center(n, size, value):
    kernel = torch.zeros(n, 1, size, size)
    kernel[..., size // 2, size // 2] = value
    return kernel


def edges(n):
    """[n, 1, 5, 5]: first and second derivatives in turn, all around, not too regular."""
    y, x = torch.meshgrid(torch.arange(-2.0, 3), torch.arange(-2.0, 3), indexing="ij")
    window = torch.exp(-(x ** 2 + y ** 2) / 1.6)
    kernels = []
    for i in range(n):
        across = x * math.cos(math.pi * i / n) + y * math.sin(math.pi * i / n)
        kernel = window * (across ** (1 + i % 2) + 0.3 * torch.randn(5, 5))
        kernel -= kernel.mean()
        kernels.append(6 * kernel / kernel.norm())
    return torch.stack(kernels)[:, None]


class EdgeSrCnn(Network):
    def __init__(self, scale, channels, depth, squeeze):
        super().__init__()
        self.scale = scale
        n_out = 2 * channels * scale * scale
        self.filter = nn.Sequential(
            WhitenedConv(depth, 5, bias=True), nn.Tanh(),
            Conv(depth, squeeze, 3, bias=True), nn.Tanh(),
            Conv(squeeze, n_out, 3, bias=False))
        self.radius = 4
        self.part_tasks()

    def part_tasks(self):
        """Starts with brightness and edges in units of their own.

        All units alike, as its authors start, stay alike: brightness fills them,
        and edges are where tanh is straight. Parted, 2,500 iterations of ×2 are
        better than 30,000 without.
        """
        first, second, last = (self.filter[i] for i in (0, 2, 4))
        n_values = last.out_channels // 2
        with torch.no_grad():
            first.set_kernel(torch.cat([center(BRIGHT, 5, 0.5), edges(first.out_channels - BRIGHT)]))
            first.bias.zero_()
            second.weight.normal_(0, 0.05)
            second.weight[:, :BRIGHT] *= 0.1
            second.weight[0] *= 0.1
            second.weight[0, :BRIGHT, 1, 1] = 0.5
            second.bias.zero_()
            last.weight.normal_(0, 0.02)
            last.weight[:n_values, 0, 1, 1] += 2
            last.weight[n_values:].normal_(0, 0.6)

    def body(self, x, same):
        first, tanh, second, _, last = self.filter
        y = first.bound(tanh(first(x, same)))
        y = last.bound(last(second.bound(tanh(second(y, same))), same))
        value, key = split_maps(y, self.scale, 2)
        return functional.pixel_shuffle(attend(value, key * key), self.scale)


def make(config):
    """The network of a configuration (models/train/catalogue.py)."""
    config = dict(config)
    architecture, scale = config.pop("architecture"), config.pop("scale")
    if architecture == "ecbsr":
        return Ecbsr(scale, **config)
    if architecture == "esr-cnn":
        return EdgeSrCnn(scale, **config)
    n_kinds = {"esr-max": 1, "esr-tm": 2, "esr-tr": 3}[architecture]
    return EdgeSr(scale, n_kinds=n_kinds, **config)
