# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fine-tuning of a calibrated ECBSR network's int8 data, by the arithmetic of int8.py.

Trained are the bytes of the weights, their steps, the biases and, where activations have
no bounds, the steps of these and, by gains that cancel out, how far each of their channels
reaches: of what is rounded, the gradient is that of the value before, where it is not cut
off. Bytes go on holding whatever lies within bounds.
Slopes and the function of the float tensors stay. The gain of the first layer's
channels, which is float, goes into the float weights of the first two layers.
"""

import copy
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from models.train import int8

PEAK = 0.05  # learning rate, in steps of the weights, with Adam
WARM_UP = 100
BATCH, PATCH, MARGIN = 4, 48, 3  # four patches' activations fit the cache

# What the output is drawn to: the float network's, and by this share the photo.
# The photo alone would be a noisy guide; without it int8 can only lose.
SHARE_OF_PHOTO = 0.3

# As PSNR weighs pictures: a patch counts by 1 / (the float network's squared error +
# FLOOR). Noise matters most where that network errs least.
FLOOR = 2.0  # squared steps of 8 bits

# Learning rates beside that of the weights. Steps and gains are logarithms, biases
# in steps of the layer's input.
RATES = {"weight": 1, "log_scale": 0.02, "shift": 0.2, "log_step": 0.02, "log_gain": 0.2}


def column(values):
    return values.view(1, -1, 1, 1)


class Round(torch.autograd.Function):
    """Half to even, saturated."""

    @staticmethod
    def forward(ctx, v, lowest, highest):
        ctx.save_for_backward((v >= lowest - 0.5) & (v <= highest + 0.5))
        return v.round().clamp_(lowest, highest)

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.saved_tensors[0], None, None


def multiply_add(total, multiplier, bias):
    """int8.fused, in place where it can be."""
    v = total.double().mul_(column(multiplier).double()).add_(column(bias).double())
    return v.float()


def curve(v, slope):
    return v.clamp(max=0).mul_(column(slope)).add_(v.clamp(min=0))


class Bytes(torch.autograd.Function):
    """Sums to the bytes of the next layer. In one piece it takes half of the time.

    The zero points of these are in `bias`, and come off at the end. `low` and `high` bound
    the bytes.
    """

    @staticmethod
    def forward(ctx, total, multiplier, bias, slope, zero, low, high):
        v = multiply_add(total, multiplier, bias)
        below = multiply_add(v, slope, torch.from_numpy(int8.knee(zero.numpy(), slope.numpy())))
        is_above = v > below
        v = torch.maximum(v, below)
        low, high = column(low), column(high)
        inside = (v >= low - 0.5) & (v <= high + 0.5)
        ctx.save_for_backward(total, is_above, inside, multiplier, slope)
        return torch.minimum(torch.maximum(v.round_(), low), high).sub_(column(zero))

    @staticmethod
    def backward(ctx, gradient):
        total, is_above, inside, multiplier, slope = ctx.saved_tensors
        steepness = is_above.float().mul_(column(1 - slope)).add_(column(slope))
        gradient = (gradient * inside).mul_(steepness)
        return gradient * column(multiplier), (gradient * total).sum((0, 2, 3)), \
            gradient.sum((0, 2, 3)), None, None, None, None


class Int8Layer(nn.Module):
    """What is trained of one layer, as differences from an int8.Layer."""

    def __init__(self, layer, before):
        super().__init__()
        n_out, n_in = layer.weight.shape[:2]
        self.first_scale = torch.from_numpy(layer.q_scale.copy())
        self.first_bias = torch.from_numpy(layer.q_bias.copy())
        self.first_step = float(layer.input_scale)
        self.slope = torch.from_numpy(layer.slope.copy())
        self.zero = torch.from_numpy(int8.zero_point(layer))  # of the input
        scaled = torch.from_numpy(layer.weight.copy()) / self.first_scale.view(-1, 1, 1, 1)
        self.weight = nn.Parameter(scaled)  # in steps
        self.log_scale, self.shift = (nn.Parameter(torch.zeros(n_out)) for _ in range(2))
        self.log_step = nn.Parameter(torch.zeros(()))
        self.log_gain = nn.Parameter(torch.zeros(n_in))  # of the input's channels
        for parameter in (self.log_step, self.log_gain):
            parameter.requires_grad_(before.minimum is None)

    def step(self):
        return self.first_step * self.log_step.exp()

    def gain(self):
        return self.log_gain.exp()

    def q_weight(self):
        return Round.apply(self.weight / self.gain().view(1, -1, 1, 1), -127, 127)

    def q_scale(self, gain):
        """`gain` of the channels of the output."""
        return self.first_scale * self.log_scale.exp() * gain

    def q_bias(self, gain):
        return (self.first_bias + self.shift * self.first_step) * gain


class Int8Net(nn.Module):
    """int8.run_int8, to the bit, differentiable."""

    def __init__(self, layers, padding=None):
        super().__init__()
        self.layers, self.padding = layers, padding
        self.inner = nn.ModuleList(map(Int8Layer, layers[1:], layers))
        self.first_slope = torch.from_numpy(layers[0].slope.copy())

    def gain_after(self, i):
        """That of the channels that inner layer `i` writes."""
        return self.inner[i + 1].gain() if i + 1 < len(self.inner) else torch.ones(1)

    def first_tensors(self):
        gain = self.inner[0].gain()
        return torch.from_numpy(self.layers[0].weight) * gain.view(-1, 1, 1, 1), \
            torch.from_numpy(self.layers[0].bias) * gain

    @torch.no_grad()
    def byte_bounds(self, i):
        """Of what inner layer `i` reads, as int8.byte_bounds."""
        before, zero = self.layers[i], self.inner[i].zero
        if before.minimum is None:
            return torch.zeros(()).expand(len(zero)), torch.tensor(255.0).expand(len(zero))
        gain = self.inner[i].gain()
        unit = (1 / self.inner[i].step().double()).float().expand(len(zero))
        return tuple(multiply_add(column(torch.from_numpy(end) * gain), unit, zero)
                     .round().clamp(0, 255).flatten() for end in (before.minimum, before.maximum))

    def conv(self, x, weight):
        return functional.conv2d(x, weight,
                                 padding=0 if self.padding else weight.shape[-1] // 2)

    def first_layer(self, x):
        weight, bias = self.first_tensors()
        v = self.conv(int8.continued(self.layers, x, self.padding), weight) + column(bias)
        zero = self.inner[0].zero
        gain = (1 / self.inner[0].step().double()).float().expand(len(zero))
        return Bytes.apply(v, gain, zero, self.first_slope, zero, *self.byte_bounds(0))

    def forward(self, x):
        """The last convolution's output for x [n, 1 or 3, h, w], as int8.run_int8."""
        q = self.first_layer(x)
        for i, layer in enumerate(self.inner):
            last = i + 1 == len(self.inner)
            unit = 1 if last else self.inner[i + 1].step().double()
            gain = self.gain_after(i)
            multiplier = (layer.step().double() * layer.q_scale(gain).double() / unit).float()
            zero = 0 if last else self.inner[i + 1].zero
            bias = (layer.q_bias(gain).double() / unit + zero).float()
            # Exact in float32 while sums have no more than 24 bits: of 32 channels always.
            total = self.conv(q, layer.q_weight())
            q = (total.double() * column(multiplier) + column(bias)).float() if last \
                else Bytes.apply(total, multiplier, bias, layer.slope, zero,
                                 *self.byte_bounds(i + 1))
        return q

    @torch.no_grad()
    def to_layers(self):
        layers = copy.deepcopy(self.layers)
        layers[0].weight, layers[0].bias = (part.numpy() for part in self.first_tensors())
        layers[1].weight = layers[1].weight / self.inner[0].gain().view(1, -1, 1, 1).numpy()
        for i, (layer, tuned) in enumerate(zip(layers[1:], self.inner)):
            gain = self.gain_after(i)
            layer.q_weight = tuned.q_weight().numpy()
            layer.q_scale = tuned.q_scale(gain).numpy()
            layer.q_bias = tuned.q_bias(gain).numpy()
            layer.input_scale = float(tuned.step())
        for layer, tuned in zip(layers, self.inner):
            if layer.minimum is not None:
                gain = tuned.gain().numpy()
                layer.minimum, layer.maximum = layer.minimum * gain, layer.maximum * gain
        return layers


def run_float(layers, x, padding=None):
    """int8.run_float's output, faster."""
    x = int8.continued(layers, x, padding)
    for layer in layers:
        x = functional.conv2d(x, torch.from_numpy(layer.weight), torch.from_numpy(layer.bias),
                              padding=0 if padding else layer.weight.shape[-1] // 2)
        if layer is not layers[-1]:
            x = int8.bounded(curve(x, torch.from_numpy(layer.slope)), layer)
    return x


def wanted(layers, low, high, scale, padding=None):
    """What the last convolution should give, and how much each patch counts."""
    photo = functional.pixel_unshuffle(high, scale) - low.repeat_interleave(scale ** 2, dim=1)
    exact = run_float(layers, low, padding)
    weight = 1 / ((exact - photo).square().mean((1, 2, 3), keepdim=True) + FLOOR)
    return exact.lerp(photo, SHARE_OF_PHOTO), weight


def learning_rate(iteration, iterations):
    warm_up = min(1, (iteration + 1) / WARM_UP)
    return PEAK * warm_up * 0.5 * (1 + math.cos(math.pi * iteration / iterations))


def make_optimizer(net):
    groups = [{"params": [p for n, p in net.named_parameters() if n.endswith("." + name)],
               "factor": factor} for name, factor in RATES.items()]
    return torch.optim.Adam(groups, lr=PEAK, betas=(0.9, 0.99))


def finetune(layers, scale, draw, iterations, report=lambda text: None, padding=None):
    """The layers fine-tuned, and the loss at each iteration.

    `layers` have int8 data already (quantise.py). `draw(i)` gives batch i: small
    and large pictures as the network sees them, float [n, 1 or 3, h, w].
    """
    net = Int8Net(layers, padding)
    optimizer, losses = make_optimizer(net), []
    for iteration in range(iterations):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(iteration, iterations) * group["factor"]
        low, high = draw(iteration)
        low = low.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)  # channels last: faster
        with torch.no_grad():
            target, weight = wanted(layers, low, high, scale, padding)
        with torch.enable_grad():
            error = (net(low) - target)[..., MARGIN:-MARGIN, MARGIN:-MARGIN]
            loss = (weight * error.square()).mean()
            optimizer.zero_grad()
            loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if (iteration + 1) % 500 == 0:
            report(f"{iteration + 1}/{iterations}  loss {np.mean(losses[-500:]):.4f}")
    return net.to_layers(), losses
