# SPDX-License-Identifier: LGPL-2.1-or-later
"""One of the project's ECBSR models in the forms that the peers read."""

from dataclasses import replace

import numpy as np
import torch

from models import safetensors_io
from models.train import int8, quantise

SCALE = 2


def read_layers(path):
    tensors, metadata = safetensors_io.read(path)
    if metadata["architecture"] != "ecbsr" or metadata["scale"] != str(SCALE):
        raise ValueError(f"{path}: not an ECBSR network of scale {SCALE}")
    return int8.layers_of(tensors, metadata)


def write_plain(source, path):
    """A copy with zeros around the picture and without bounds of any kind, as the peers' graphs
    are."""
    tensors, metadata = safetensors_io.read(source)
    for key in ("padding", "overshoot"):
        metadata.pop(key, None)
    tensors = {name: tensor for name, tensor in tensors.items()
               if not name.endswith((".minimum", ".maximum"))}
    path.write_bytes(safetensors_io.serialize(tensors, metadata))


def write_colors(path, blocks, channels):
    """A network of three colours as Compact is: its weights do not matter to its speed, so
    they are drawn. It has int8 data, calibrated on noise."""
    random = np.random.default_rng(1)
    chain = [3] + [channels] * (blocks + 1) + [3 * SCALE ** 2]
    tensors = {}
    for i, (n_in, n_out) in enumerate(zip(chain, chain[1:])):
        gain = 0.05 if i > blocks else 1.3
        weight = random.normal(0, gain / np.sqrt(9 * n_in), (n_out, n_in, 3, 3))
        tensors[f"backbone.{i}.conv3x3.weight"] = weight.astype(np.float32)
        tensors[f"backbone.{i}.conv3x3.bias"] = np.zeros(n_out, np.float32)
        if i <= blocks:
            tensors[f"backbone.{i}.act.weight"] = random.uniform(0, 0.5, n_out).astype(np.float32)
    metadata = {"format": "gst-ecbsr 1", "architecture": "ecbsr", "scale": str(SCALE),
                "colors": "3", "blocks": str(blocks), "channels": str(channels),
                "activation": "prelu", "form": "plain", "luma_range": "0..255",
                "name": path.stem, "licence": "unknown", "trained_on": "unknown"}
    x = torch.from_numpy(random.integers(0, 256, (1, 3, 48, 48)).astype(np.float32))
    with torch.no_grad():
        layers = quantise.calibrate(tensors, metadata, x, 0.5)
    tensors = {**quantise.float_tensors(tensors, layers, metadata), **int8.int8_tensors(layers)}
    path.write_bytes(safetensors_io.serialize(tensors, metadata))


def is_linear(layer):
    return bool((layer.slope == 1).all())


def leaky(layers):
    """One slope for all channels: the mean of the PReLU's."""
    return [replace(layer, slope=np.full_like(layer.slope, layer.slope.mean()))
            for layer in layers]


def relu(layers):
    return [layer if is_linear(layer) else replace(layer, slope=np.zeros_like(layer.slope))
            for layer in layers]


# ------------------------------------------------------------------- ONNX --

def onnx_nodes(layers):
    """(nodes, constants, name of the last one's output) of the convolutions."""
    from onnx import helper, numpy_helper
    nodes, constants, data = [], [], "x"
    for i, layer in enumerate(layers):
        values = {f"w{i}": layer.weight, f"b{i}": layer.bias}
        nodes.append(helper.make_node("Conv", [data, f"w{i}", f"b{i}"], [f"c{i}"],
                                      kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
        data = f"c{i}"
        if not is_linear(layer):
            values[f"s{i}"] = layer.slope.reshape(-1, 1, 1)
            nodes.append(helper.make_node("PRelu", [data, f"s{i}"], [f"a{i}"]))
            data = f"a{i}"
        constants += [numpy_helper.from_array(value.astype(np.float32), name)
                      for name, value in values.items()]
    return nodes, constants, data


def write_onnx(path, layers, width, height):
    """The network for pictures of one size, which lets a runtime plan ahead."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    nodes, constants, data = onnx_nodes(layers)
    n = layers[0].weight.shape[1]
    # The input once for each sub-pixel: OpenCV adds only what has equal channels.
    if n == 1:
        nodes.append(helper.make_node("Concat", ["x"] * SCALE ** 2, ["xs"], axis=1))
    else:
        which = np.repeat(np.arange(n), SCALE ** 2)
        constants.append(numpy_helper.from_array(which, "which"))
        nodes.append(helper.make_node("Gather", ["x", "which"], ["xs"], axis=1))
    nodes += [helper.make_node("Add", [data, "xs"], ["sum"]),
              helper.make_node("DepthToSpace", ["sum"], ["y"], blocksize=SCALE, mode="CRD")]
    shapes = {"x": [1, n, height, width], "y": [1, n, SCALE * height, SCALE * width]}
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in shapes.items())
    graph = helper.make_graph(nodes, "ecbsr", [x], [y], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


# ----------------------------------------------------------------- oneDNN --

def write_flat(path, layers):
    """What runners/onednn.cpp reads: numbers, all of them float32."""
    numbers = [len(layers)]
    for layer in layers:
        n_out, n_in = layer.weight.shape[:2]
        numbers += [n_in, n_out, layer.slope[0], layer.weight, layer.bias, 0]
    save(path, numbers)


def write_flat_int8(path, layers):
    """The same from bytes(). The bias is what is added to the sums."""
    numbers = [len(layers)]
    for i, layer in enumerate(layers):
        # The input lies in the first of four channels.
        more = 4 - layer.q_weight.shape[1] if i == 0 else 0
        weight = np.pad(layer.q_weight, ((0, 0), (0, more), (0, 0), (0, 0)))
        n_out, n_in = weight.shape[:2]
        numbers += [n_in, n_out, layer.slope[0], weight, layer.q_bias, 1, layer.q_scale]
    save(path, numbers)


def save(path, numbers):
    np.concatenate([np.ravel(number) for number in numbers]).astype("<f4").tofile(path)


def to_bytes(layers, inputs):
    """ReLU layers in int8 as oneDNN has it: unsigned bytes without zero point.

    `inputs` are the layers' inputs, which the steps are taken from; the first one's
    are whole numbers already. q_scale takes sums to the next layer's bytes, or to
    values.
    """
    result = []
    steps = [1.0] + [float(x.max()) / 255 for x in inputs[1:]] + [1.0]
    for layer, step, next_step in zip(layers, steps, steps[1:]):
        unit = np.abs(layer.weight).max(axis=(1, 2, 3)) / 127
        result.append(replace(
            layer, q_weight=np.rint(layer.weight / unit.reshape(-1, 1, 1, 1)),
            q_bias=layer.bias / (unit * step), q_scale=(unit * step / next_step).astype("<f4")))
    return result
