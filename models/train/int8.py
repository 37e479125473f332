# SPDX-License-Identifier: LGPL-2.1-or-later
"""The engine's int8 and bfloat16 arithmetic, emulated (docs/architecture.md).

A network is a list of `Layer`s, from a model file's tensors. Inner activations are
bytes, one step per tensor, one zero point per channel; weights are signed bytes, one
step per output channel; sums are exact; each is taken to a value by one fused
multiply-add in float32, rounded half to even and saturated. The first layer's
inputs and the last one's outputs are floats.

Here a byte is what is left when its zero point is taken off.

`padding`: None, and each layer sees zeros beyond the picture; or `replicate`, `symmetric`:
the picture is continued as far as the network reaches (beyond.py). A layer may have bounds, which what it makes stays
within: bytes are bounded by the bytes of the bounds.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from models.train import beyond
from models.train.overshoot import limit

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
    minimum: np.ndarray = None  # [out], float32; None: unbounded
    maximum: np.ndarray = None
    # int8, None in the first layer
    q_weight: np.ndarray = None  # whole numbers
    q_scale: np.ndarray = None
    q_bias: np.ndarray = None
    input_scale: float = None
    input_zero: np.ndarray = None  # [in], -128 to 127


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
        bounds = (tensors.get(f"{name}.{end}") for end in ("minimum", "maximum"))
        layers.append(Layer(name, weight, bias, slope,
                            *(None if end is None else end.astype(f32) for end in bounds),
                            *_stored_int8(tensors, name)))
    return layers


def _stored_int8(tensors, name):
    prefix = f"int8.{name}"
    if f"{prefix}.weight" not in tensors:
        return ()
    weight = tensors[f"{prefix}.weight"].astype(f32)
    zero = tensors.get(f"{prefix}.input_zero", np.zeros(weight.shape[1], np.int8))
    return (weight, tensors[f"{prefix}.weight_scale"], tensors[f"{prefix}.bias"],
            float(tensors[f"{prefix}.input_scale"][0]), zero.astype(f32))


def int8_tensors(layers):
    """What is stored beside the float tensors."""
    tensors = {}
    for layer in layers[1:]:
        prefix = f"int8.{layer.name}"
        tensors[f"{prefix}.weight"] = layer.q_weight.astype(np.int8)
        tensors[f"{prefix}.weight_scale"] = layer.q_scale.astype(f32)
        tensors[f"{prefix}.bias"] = layer.q_bias.astype(f32)
        tensors[f"{prefix}.input_scale"] = np.array([layer.input_scale], f32)
        tensors[f"{prefix}.input_zero"] = layer.input_zero.astype(np.int8)
    return tensors


def radius_of(layers):
    return sum(layer.weight.shape[-1] // 2 for layer in layers)


def continued(layers, x, padding):
    """What the first layer sees of the picture x [n, 1, h, w]."""
    return beyond.pad(x, radius_of(layers), padding) if padding else x


def conv(x, weight, dtype=torch.float32, valid=False):
    """x [n, in, h, w] → [n, out, h, w], zeros around x, or what needs none of them."""
    return functional.conv2d(x.to(dtype), torch.from_numpy(weight).to(dtype),
                             padding=0 if valid else weight.shape[-1] // 2)


def exact_conv(q, weight, valid=False):
    """Whole numbers: float32 is exact, and twice as fast, while sums fit 24 bits."""
    fits = np.abs(weight).sum((1, 2, 3)).max() * 255 < 1 << 24
    return conv(q, weight, torch.float32 if fits else torch.float64, valid).double()


def column(values):
    return torch.as_tensor(values).view(1, -1, 1, 1)


def curve(v, slope):
    return torch.tanh(v) if slope is None else torch.where(v > 0, v, v * column(slope))


def bounded(v, layer):
    if layer.minimum is None:
        return v
    return torch.minimum(torch.maximum(v, column(layer.minimum)), column(layer.maximum))


def zero_point(layer):
    """The byte that stands for 0 in each channel of what a layer reads, float32."""
    return 128 + layer.input_zero.astype(f32)


def to_bytes(v, layer, before=None):
    """Values that have the zero point on them to what a layer reads, within the bounds
    of the layer `before`, which made them.

    torch.round takes ties to even.
    """
    q = v.round().clamp(0, 255)
    if before is not None and before.minimum is not None:
        low, high = byte_bounds(before, layer)
        q = torch.minimum(torch.maximum(q, low), high)
    return q - column(zero_point(layer))


def byte_bounds(before, layer):
    """The bounds of the layer `before` as bytes, zero points included, of what `layer`
    reads."""
    return tuple(scaled(torch.from_numpy(end).view(1, -1, 1, 1), layer).round().clamp(0, 255)
                 for end in (before.minimum, before.maximum))


def fused(total, multiplier, summand):
    """total · multiplier + summand of float32 (total: or double), rounded once.

    Nearly: the double product is exact, and the sum all but.
    """
    return (total.double() * column(multiplier).double() + column(summand).double()).float()


def knee(zero, slope):
    """What is added below `zero`, so that the curve's parts meet there."""
    return (zero.astype(np.float64) * (1 - slope.astype(np.float64))).astype(f32)


def bend(v, slope, zero):
    """The curve, of values that have the zero point on them."""
    return torch.maximum(v, fused(v, slope, knee(zero, slope)))


def scaled(v, layer):
    """Values to what becomes bytes that `layer` reads."""
    gain = np.full(v.shape[1], f32(1 / float(f32(layer.input_scale))))
    return fused(v, gain, zero_point(layer))


def first_layer(layer, x, after, valid=False):
    """The first layer. Its output is the input of layer `after`."""
    v = conv(x, layer.weight, valid=valid) + column(layer.bias)
    if layer.slope is None:
        return to_bytes(scaled(curve(v, None), after), after, layer)
    return to_bytes(bend(scaled(v, after), layer.slope, zero_point(after)), after, layer)


def inner_layer(layer, q, after, valid=False):
    """Layer on bytes, to those of layer `after`; None: the last layer, to floats.

    Sums are rounded to float32. With a slope, steps and zero points of the output are
    in the multiplier and the bias.
    """
    total = exact_conv(q, layer.q_weight, valid).float()
    to_slope = after is not None and layer.slope is not None
    unit, zero = (float(f32(after.input_scale)), zero_point(after)) if to_slope else (1, 0)
    scale = layer.input_scale * layer.q_scale.astype(np.float64) / unit
    bias = layer.q_bias.astype(np.float64) / unit + zero
    v = fused(total, scale.astype(f32), bias.astype(f32))
    if to_slope:
        return to_bytes(bend(v, layer.slope, zero), after, layer)
    v = curve(v, layer.slope)
    return bounded(v, layer) if after is None else to_bytes(scaled(v, after), after, layer)


def run_int8(layers, x, padding=None):
    """The last convolution's output for x [n, 1, h, w], as the network sees luma."""
    q = first_layer(layers[0], continued(layers, x, padding), layers[1], bool(padding))
    for layer, after in zip(layers[1:], [*layers[2:], None]):
        q = inner_layer(layer, q, after, bool(padding))
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


def conv_in_groups(x, weight, n_after, valid=False):
    """conv() in groups of four rows, factors rounded to bfloat16.

    A group ends with the row that the `n_after` layers that follow need for theirs. What
    needs no zeros begins so many rows above the picture.
    """
    x = x if valid else functional.pad(x, (1, 1, 1, 1))
    height = x.shape[2] - 2
    above = -n_after * (2 if valid else 1) % GROUP  # rows of the first group before the first
    n_groups = -(-(height + above) // GROUP)
    x = functional.pad(x, (0, 0, above, n_groups * GROUP - height - above))
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


def run_bfloat16(layers, x, padding=None, groups=True):
    """The same in bfloat16, sums in float32. Orders of summation differ."""
    x = continued(layers, x, padding)
    for i, layer in enumerate(layers):
        if i == 0 or layer.weight.shape[1] < FEWEST_INPUTS:
            total = conv(x, layer.weight, valid=bool(padding))
        elif groups and goes_in_groups(layer):
            total = conv_in_groups(round_bfloat16(x), layer.weight, len(layers) - 1 - i,
                                   bool(padding))
        else:
            total = conv(round_bfloat16(x), round_weight(layer.weight), valid=bool(padding))
        x = bounded(curve(total + column(layer.bias), layer.slope), layer)
    return x


def run_float(layers, x, padding=None):
    """The last convolution's output, and every layer's input."""
    inputs, x = [], continued(layers, x, padding)
    for layer in layers:
        inputs.append(x)
        v = curve(conv(x, layer.weight, valid=bool(padding)) + column(layer.bias), layer.slope)
        x = bounded(v, layer)
    return x, inputs


def beyond_of(metadata):
    """The overshoot in the network's own unit, or None."""
    if "overshoot" not in metadata:
        return None
    black, white = map(float, metadata["luma_range"].split(".."))
    return float(metadata["overshoot"]) * (white - black)


def apply_head(metadata, y, x):
    """The upscaled luma, or colours, from the last convolution's output and the input."""
    scale = int(metadata["scale"])
    if metadata["architecture"] == "ecbsr":
        y = functional.pixel_shuffle(y + x.repeat_interleave(scale ** 2, dim=1), scale)
        return limit(y, x, beyond_of(metadata))
    value, key = functional.pixel_shuffle(y, scale).chunk(2, dim=1)
    y = (value * functional.softmax(key * key, dim=1)).sum(dim=1, keepdim=True)
    return limit(y, x, beyond_of(metadata))
