# SPDX-License-Identifier: LGPL-2.1-or-later
"""The engine's int8 and bfloat16 arithmetic, emulated (docs/architecture.md).

A network is a list of `Layer`s, from a model file's tensors. Inner activations are
bytes with zero point 128, one step per tensor; weights are signed bytes, one step
per output channel; sums are exact; each is taken to a value by one fused
multiply-add in float32, rounded half to even and saturated. The first layer's
inputs and the last one's outputs are floats.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

f32 = np.float32

GROUP = 4  # rows that a bfloat16 layer makes at once …
FEWEST_GROUP_INPUTS = 8  # … from so many input channels on
FEWEST_INPUTS = 4  # fewer are read as float32


@dataclass
class Layer:
    name: str
    weight: np.ndarray  # [out, in, k, k], float32
    bias: np.ndarray  # [out]
    slope: np.ndarray  # [out]; None: tanh
    # int8, None in the first layer
    q_weight: np.ndarray = None  # whole numbers
    q_scale: np.ndarray = None
    q_bias: np.ndarray = None
    input_scale: float = None


def names_of(metadata):
    if metadata["architecture"] == "ecbsr":
        return [f"backbone.{i}" for i in range(int(metadata["blocks"]) + 2)]
    if metadata["architecture"] == "esr-cnn":
        return ["filter.0", "filter.2", "filter.4"]
    raise ValueError("a network of one layer has nothing to quantise")


def slope_of(tensors, metadata, name, n_out, last):
    if last:
        return np.ones(n_out, f32)
    if metadata["architecture"] == "esr-cnn":
        return None
    if metadata["activation"] == "prelu":
        return tensors[f"{name}.act.weight"].astype(f32)
    slopes = {"relu": 0, "rrelu": 0, "linear": 1}
    if metadata["activation"] not in slopes:
        raise ValueError(f"activation {metadata['activation']} has no int8 form")
    return np.full(n_out, slopes[metadata["activation"]], f32)


def layers_of(tensors, metadata):
    names = names_of(metadata)
    layers = []
    for name in names:
        conv = f"{name}.conv3x3" if metadata["architecture"] == "ecbsr" else name
        weight = tensors[f"{conv}.weight"].astype(f32)
        n_out = len(weight)
        bias = tensors.get(f"{conv}.bias", np.zeros(n_out, f32)).astype(f32)
        slope = slope_of(tensors, metadata, name, n_out, name == names[-1])
        layers.append(Layer(name, weight, bias, slope, *_stored_int8(tensors, name)))
    return layers


def _stored_int8(tensors, name):
    prefix = f"int8.{name}"
    if f"{prefix}.weight" not in tensors:
        return ()
    return (tensors[f"{prefix}.weight"].astype(f32), tensors[f"{prefix}.weight_scale"],
            tensors[f"{prefix}.bias"], float(tensors[f"{prefix}.input_scale"][0]))


def int8_tensors(layers):
    """What is stored beside the float tensors."""
    tensors = {}
    for layer in layers[1:]:
        prefix = f"int8.{layer.name}"
        tensors[f"{prefix}.weight"] = layer.q_weight.astype(np.int8)
        tensors[f"{prefix}.weight_scale"] = layer.q_scale.astype(f32)
        tensors[f"{prefix}.bias"] = layer.q_bias.astype(f32)
        tensors[f"{prefix}.input_scale"] = np.array([layer.input_scale], f32)
    return tensors


def conv(x, weight, dtype=torch.float32):
    """x [n, in, h, w] → [n, out, h, w], zero padding."""
    return functional.conv2d(x.to(dtype), torch.from_numpy(weight).to(dtype),
                             padding=weight.shape[-1] // 2)


def exact_conv(q, weight):
    """Whole numbers: float32 is exact, and twice as fast, while sums fit 24 bits."""
    fits = np.abs(weight).sum((1, 2, 3)).max() * 128 < 1 << 24
    return conv(q, weight, torch.float32 if fits else torch.float64).double()


def column(values):
    return torch.as_tensor(values).view(1, -1, 1, 1)


def curve(v, slope):
    return torch.tanh(v) if slope is None else torch.where(v > 0, v, v * column(slope))


def to_bytes(v):
    """The byte minus its zero point. torch.round takes ties to even."""
    return v.round().clamp(-128, 127)


def first_layer(layer, x, step):
    v = curve(conv(x, layer.weight) + column(layer.bias), layer.slope)
    return to_bytes(v * f32(1 / step))


def inner_layer(layer, q, step):
    """Layer on bytes (minus 128). `step` of the output, None: the last layer.

    Fused in float64 and rounded once to float32: sums have at most 24 bits and
    multipliers 24, so that the product is exact, and the sum all but.
    """
    total = exact_conv(q, layer.q_weight)
    unit = 1 if step is None or layer.slope is None else step
    multiplier = (layer.input_scale * layer.q_scale.astype(np.float64) / unit).astype(f32)
    bias = (layer.q_bias.astype(np.float64) / unit).astype(f32)
    v = (total * column(multiplier).double() + column(bias).double()).float()
    v = curve(v, layer.slope)
    if step is None:
        return v
    return to_bytes(v * f32(1 / step) if layer.slope is None else v)


def run_int8(layers, x):
    """The last convolution's output for x [n, 1, h, w], as the network sees luma."""
    steps = [f32(layer.input_scale) for layer in layers[1:]] + [None]
    q = first_layer(layers[0], x, float(steps[0]))
    for layer, step in zip(layers[1:], steps[1:]):
        q = inner_layer(layer, q, None if step is None else float(step))
    return q


def round_bfloat16(v):
    bits = v.numpy().astype(f32).view(np.uint32).astype(np.uint64)
    bits = (bits + 0x7fff + (bits >> 16 & 1)) >> 16 << 16
    return torch.from_numpy(bits.astype(np.uint32).view(f32).copy())


def round_weight(weight):
    return round_bfloat16(torch.from_numpy(weight.copy())).numpy()


def components(d):
    """The engine's F(4,3), src/kernels/kernels.h: [..., 6] rows to as many components."""
    d0, d1, d2, d3, d4, d5 = d.unbind(-1)
    c, e = d4 - d2, d3 - d1
    a, b = d4 - 4 * d2, d3 - 4 * d1
    return torch.stack((a + b, a - b, c + 2 * e, c - 2 * e, c + 4 * (d0 - d2),
                        (d5 - d3) - 4 * e))


def component_weights(weight):
    """[out, in, 3, 3] to [6, out, in, 3], rounded to float32."""
    g0, g1, g2 = (weight[:, :, ky].astype(np.float64) for ky in range(3))
    return np.stack((-(g0 + g1 + g2) / 6, -(g0 - g1 + g2) / 6, (g0 + 2 * g1 + 4 * g2) / 24,
                     (g0 - 2 * g1 + 4 * g2) / 24, g0 / 4, g2)).astype(f32)


def conv_in_groups(x, weight, n_after):
    """conv() in groups of four rows, factors rounded to bfloat16.

    A group ends with the row that the `n_after` layers that follow need for theirs.
    """
    height = x.shape[2]
    above = -n_after % GROUP  # rows of the first group that are above the picture
    n_groups = -(-(height + above) // GROUP)
    x = functional.pad(x, (1, 1, 1 + above, 1 + n_groups * GROUP - height - above))
    v = round_bfloat16(components(x.unfold(2, 6, GROUP)))
    u = round_weight(component_weights(weight))
    m = [functional.conv2d(part, torch.from_numpy(kernel)[:, :, None])
         for part, kernel in zip(v, u)]
    total, difference = m[0] + m[1], m[0] - m[1]
    p, q = m[2] + m[3], m[2] - m[3]
    rows = (total + p + m[4], difference + 2 * q, total + 4 * p, difference + 8 * q + m[5])
    return torch.stack(rows, 3).flatten(2, 3)[:, :, above:above + height]


def goes_in_groups(layer):
    """src/plan_layers.c's choice."""
    return layer.weight.shape[1] >= FEWEST_GROUP_INPUTS and layer.weight.shape[2] == 3 \
        and layer.slope is not None


def run_bfloat16(layers, x, groups=True):
    """The same in bfloat16, sums in float32. Orders of summation differ."""
    for i, layer in enumerate(layers):
        if i == 0 or layer.weight.shape[1] < FEWEST_INPUTS:
            total = conv(x, layer.weight)
        elif groups and goes_in_groups(layer):
            total = conv_in_groups(round_bfloat16(x), layer.weight, len(layers) - 1 - i)
        else:
            total = conv(round_bfloat16(x), round_weight(layer.weight))
        x = curve(total + column(layer.bias), layer.slope)
    return x


def run_float(layers, x):
    """The last convolution's output, and every layer's input."""
    inputs = []
    for layer in layers:
        inputs.append(x)
        x = curve(conv(x, layer.weight) + column(layer.bias), layer.slope)
    return x, inputs


def apply_head(metadata, y, x):
    """The upscaled luma from the last convolution's output and the input."""
    scale = int(metadata["scale"])
    if metadata["architecture"] == "ecbsr":
        return functional.pixel_shuffle(y + x, scale)
    value, key = functional.pixel_shuffle(y, scale).chunk(2, dim=1)
    return (value * functional.softmax(key * key, dim=1)).sum(dim=1, keepdim=True)
