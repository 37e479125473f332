#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Adds what int8 and bfloat16 need to a model file, and measures what they lose.

    models/train/quantise.py MODEL.safetensors [--out OUT.safetensors] [--pictures FOLDER]

Any ECBSR or Compact of one or three colours that models/convert.py makes: FOLDER holds
pictures of the kind it is meant for, of which every fifth is held out. Without it the photos
are those that the shipped files were trained on.

ECBSR, int8: activations are equalised per channel (folded into the weights: with a
PReLU the network's function stays the same), each channel's zero point lies where its
range wants it, weights are symmetric per output channel, biases are corrected for the
mean error that is left; then all of it is fine-tuned (finetune.py). The range of a
layer with bounds is that of the bounds, so that bytes hold whatever float32 may have, and
pictures do not depend on the precision; else it is a percentile, searched per layer.

eSR-CNN gets no int8 data: it would be no faster than float32.

The losses on the held-out photos are written into the metadata, where
`precision=auto` looks for them.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from models import safetensors_io  # noqa: E402
from models.train import data, finetune, int8, pictures  # noqa: E402
from models.train.evaluate import middle, psnr  # noqa: E402
from models.train.fold import fold  # noqa: E402
from models.train.loop import keep_memory  # noqa: E402
from models.train.patches import Patches  # noqa: E402

PERCENTILES = (99.9, 99.97, 99.99, 99.997, 99.9995, 100)
START = 99.99
N_CROPS, CROP = 64, 64
REACHED = 99.999  # percent of a channel's values that are within its bounds at least
ITERATIONS = 4000
STRENGTHS = (1, 0.75, 0.5)  # of equalising channels; the best is taken


def luma_range(metadata):
    black, white = metadata["luma_range"].split("..")
    return float(black), float(white)


def has_colors(metadata):
    return metadata.get("colors", "1") == "3"


def black_and_span(metadata):
    """Of the pictures: luma is 16..235, R, G and B are 0..255."""
    return (0, 255) if has_colors(metadata) else (16, 219)


def to_network(picture, metadata):
    """8-bit luma 16..235, [h, w] or [n, h, w], or R, G and B, [h, w, 3] or [n, h, w, 3], as
    the network sees it."""
    (black, white), (first, span) = luma_range(metadata), black_and_span(metadata)
    x = black + (picture.astype(np.float64) - first) * (white - black) / span
    x = torch.from_numpy(x.astype(np.float32))
    if has_colors(metadata):
        return x.reshape(-1, *x.shape[-3:]).permute(0, 3, 1, 2).contiguous()
    return x.reshape(-1, 1, *x.shape[-2:])


def from_network(v, metadata):
    """[1, 1 or 3, h, w] to [h, w] or [h, w, 3]."""
    (black, white), (first, span) = luma_range(metadata), black_and_span(metadata)
    picture = first + (v[0].double().numpy() - black) * span / (white - black)
    return picture.transpose(1, 2, 0) if has_colors(metadata) else picture[0]


def ranges(x, percentile):
    """[n, c, h, w] → how far each channel reaches below and above 0.

    All but a share of 1 - percentile/100 of the values; half of it at either end.
    """
    flat = x.transpose(0, 1).flatten(1).double().numpy()
    ends = np.percentile(flat, ((100 - percentile) / 2, (100 + percentile) / 2), axis=1)
    below, above = np.maximum(-ends[0], 0), np.maximum(ends[1], 0)
    return below, np.maximum(above, 1e-6 - below)


def narrow_bounds(layers, x, padding=None):
    """Narrows the bounds of channels that a few values take far beyond all others.

    Photos are hardly the worse without (M10C16 ×2: held out 0.002 dB, Set14 0.01), and bytes
    have steps that are as much smaller.
    """
    _, inputs = int8.run_float(layers, x, padding)
    for before, values in zip(layers, inputs[1:]):
        if before.minimum is None:
            continue
        below, above = ranges(values, REACHED)
        before.minimum = np.maximum(before.minimum, -below).astype(np.float32)
        before.maximum = np.minimum(before.maximum, above).astype(np.float32)


def reach(before, values, percentile):
    """ranges() of the layer `before`, of whose output `values` are samples: its bounds where
    it has some."""
    if before.minimum is None:
        return ranges(values, percentile)
    return np.maximum(-before.minimum.astype(np.float64), 0), \
        np.maximum(before.maximum.astype(np.float64), 1e-6)


def equalise(layers, x, strength, padding=None):
    """Makes the channels of each inner activation reach equally far."""
    _, inputs = int8.run_float(layers, x, padding)
    for before, after, values in zip(layers, layers[1:], inputs[1:]):
        if before.slope is None:  # tanh: all reach ±1
            continue
        width = np.add(*reach(before, values, START))
        gain = ((width.max() / width) ** strength).astype(np.float32)
        before.weight = before.weight * gain[:, None, None, None]
        before.bias = before.bias * gain
        if before.minimum is not None:
            before.minimum, before.maximum = before.minimum * gain, before.maximum * gain
        after.weight = after.weight / gain[None, :, None, None]


def turn_slopes(layers):
    """Makes slopes beyond 1, which int8 cannot have, their inverses.

    PReLU(v) with slope s is -s times PReLU(-v) with slope 1/s: the function stays.
    """
    for before, after in zip(layers, layers[1:]):
        if before.slope is None:
            continue
        factor = np.where(before.slope > 1, -before.slope, 1).astype(np.float32)
        sign = np.sign(factor)
        before.weight = before.weight * sign[:, None, None, None]
        before.bias = before.bias * sign
        before.slope = np.where(before.slope > 1, 1 / before.slope, before.slope)
        if before.minimum is not None:
            ends = before.minimum / factor, before.maximum / factor
            before.minimum, before.maximum = np.minimum(*ends), np.maximum(*ends)
        after.weight = after.weight * factor[None, :, None, None]


def quantise_weights(layer):
    reach = np.abs(layer.weight).reshape(len(layer.weight), -1).max(1)
    layer.q_scale = (np.maximum(reach, 1e-12) / 127).astype(np.float32)
    scaled = layer.weight / layer.q_scale[:, None, None, None]
    layer.q_weight = np.clip(np.rint(scaled), -127, 127).astype(np.float32)
    layer.q_bias = layer.bias.copy()


def error_of(layers, x, target, padding):
    return float(((int8.run_int8(layers, x, padding) - target) ** 2).mean())


def set_range(layer, before, values, percentile):
    """Step and zero points of the layer's input, what `before` makes, of which `values` are
    samples."""
    below, above = reach(before, values, percentile)
    layer.input_scale = float(np.float32((below + above).max() / 255))  # as it is stored
    layer.input_zero = np.rint(255 * below / (below + above)).astype(np.float32) - 128


def search_ranges(layers, x, padding=None):
    """One layer's range after the other, by the error of the network's output, where there
    are no bounds."""
    target, inputs = int8.run_float(layers, x, padding)
    parts = list(zip(layers, layers[1:], inputs[1:]))
    for before, layer, values in parts:
        set_range(layer, before, values, START)
    for before, layer, values in parts:
        if before.minimum is not None:
            continue
        errors = {}
        for percentile in PERCENTILES:
            set_range(layer, before, values, percentile)
            errors[percentile] = error_of(layers, x, target, padding)
        set_range(layer, before, values, min(errors, key=errors.get))


def correct_biases(layers, x, padding=None):
    """Takes the mean error out of each layer's values, first to last."""
    _, inputs = int8.run_float(layers, x, padding)
    q = int8.first_layer(layers[0], inputs[0], layers[1], bool(padding))
    for i, layer in enumerate(layers[1:], 1):
        exact = int8.conv(inputs[i], layer.weight, valid=bool(padding)) + int8.column(layer.bias)
        found = int8.exact_conv(q, layer.q_weight, bool(padding)) \
            * int8.column(layer.input_scale * layer.q_scale.astype(np.float64)) \
            + int8.column(layer.q_bias)
        layer.q_bias = layer.q_bias \
            + (exact.double() - found).mean((0, 2, 3)).numpy().astype(np.float32)
        if i + 1 < len(layers):
            q = int8.inner_layer(layer, q, layers[i + 1], bool(padding))


def padding_of(metadata):
    """As int8.py takes it."""
    padding = metadata.get("padding", "zero")
    return None if padding == "zero" else padding


def calibrate(tensors, metadata, x, strength):
    layers, padding = int8.layers_of(tensors, metadata), padding_of(metadata)
    turn_slopes(layers)
    narrow_bounds(layers, x, padding)
    equalise(layers, x, strength, padding)
    for layer in layers[1:]:
        quantise_weights(layer)
    search_ranges(layers, x, padding)
    correct_biases(layers, x, padding)
    return layers


def best_calibration(tensors, metadata, x, report=lambda text: None):
    padding = padding_of(metadata)
    target, _ = int8.run_float(int8.layers_of(tensors, metadata), x, padding)
    all_layers = []
    for n, strength in enumerate(STRENGTHS, 1):
        all_layers.append(calibrate(tensors, metadata, x, strength))
        report(f"int8, calibration {n} of {len(STRENGTHS)}")
    return min(all_layers, key=lambda layers: error_of(layers, x, target, padding))


def mean_psnr(run, pairs, metadata):
    scale, found = int(metadata["scale"]), []
    for low, high in pairs:
        x = to_network(low, metadata)
        y = from_network(int8.apply_head(metadata, run(x), x), metadata)
        found.append(psnr(y, high.astype(np.float64), scale))
    return float(np.mean(found))


def losses(layers, pairs, metadata):
    padding = padding_of(metadata)
    exact = mean_psnr(lambda x: int8.run_float(layers, x, padding)[0], pairs, metadata)
    runs = {"loss_bfloat16": int8.run_bfloat16}
    if layers[1].q_weight is not None:
        runs["loss_int8"] = int8.run_int8
    return {name: exact - mean_psnr(partial(run, layers, padding=padding), pairs, metadata)
            for name, run in runs.items()}


def float_tensors(tensors, layers, metadata):
    """The tensors with the layers' weights and slopes in the place of the old ones."""
    tensors = {name: t for name, t in tensors.items() if not name.startswith("int8.")}
    for layer in layers:
        conv = f"{layer.name}.conv3x3" if metadata["architecture"] == "ecbsr" else layer.name
        tensors[f"{conv}.weight"] = layer.weight.astype(np.float32)
        if f"{conv}.bias" in tensors:
            tensors[f"{conv}.bias"] = layer.bias.astype(np.float32)
        if f"{layer.name}.act.weight" in tensors:
            tensors[f"{layer.name}.act.weight"] = layer.slope.astype(np.float32)
        if layer.minimum is not None:
            tensors[f"{layer.name}.minimum"] = layer.minimum.astype(np.float32)
            tensors[f"{layer.name}.maximum"] = layer.maximum.astype(np.float32)
    return tensors


def crops(pairs, metadata, size, batch, seed, drawn=((), ())):
    """What draws batches of small and large pictures as the network sees them."""
    scale = int(metadata["scale"])
    if has_colors(metadata):
        source = pictures.Crops(pairs, scale, size, batch, seed)
    else:
        source = Patches(pairs, scale, size, batch, seed, 1, drawn=drawn)
    return lambda number: tuple(to_network(part, metadata) for part in source.draw(number))


def calibration_crops(pairs, metadata, drawn=((), ())):
    return crops(pairs, metadata, CROP, N_CROPS, 8, drawn)(0)[0]


def finetuned(layers, pairs, metadata, iterations, report, drawn=((), ())):
    draw = crops(pairs, metadata, finetune.PATCH, finetune.BATCH, 5, drawn)
    return finetune.finetune(layers, int(metadata["scale"]), draw, iterations, report,
                             padding_of(metadata))[0]


def int8_layers(tensors, metadata, train, held_out, iterations, report, drawn=((), ())):
    """Calibrated, and fine-tuned where that is better on the photos held out."""
    found = [best_calibration(tensors, metadata, calibration_crops(train, metadata, drawn), report)]
    if iterations:
        found.append(finetuned(found[0], train, metadata, iterations, report, drawn))
    run = partial(int8.run_int8, padding=padding_of(metadata))
    psnrs = [mean_psnr(partial(run, layers), held_out, metadata) for layers in found]
    report("int8, calibrated and fine-tuned: " + ", ".join(f"{p:.3f} dB" for p in psnrs))
    return found[int(np.argmax(psnrs))]


def has_inner_layers(metadata):
    return metadata["architecture"] in ("ecbsr", "esr-cnn")


@torch.no_grad()
def quantise(tensors, metadata, train, held_out, iterations=ITERATIONS, report=print, drawn=((), ())):
    """The tensors and metadata of a file that lack nothing for int8 and bfloat16.

    `train`, `held_out`: pairs of data.load_pairs, or of pictures.pairs_of; `drawn`: of
    data.drawn_pairs.
    """
    held_out = [middle(pair, int(metadata["scale"])) for pair in held_out]
    if metadata["architecture"] == "ecbsr":
        layers = int8_layers(tensors, metadata, train, held_out, iterations, report, drawn)
        stored = int8.int8_tensors(layers)
    else:
        layers, stored = int8.layers_of(tensors, metadata), {}
    found = losses(layers, held_out, metadata)
    report(" ".join(f"{name}={loss:.4f}" for name, loss in found.items()))
    found = {name: f"{max(loss, 0):.3f}" for name, loss in found.items()}
    return {**float_tensors(tensors, layers, metadata), **stored}, {**metadata, **found}


def pairs_to_use(options, metadata):
    """(pairs to calibrate with, pairs held out, drawn pairs)"""
    scale, content = int(metadata["scale"]), metadata.get("content", "clean")
    if not options.pictures and not has_colors(metadata):
        return *data.load_pairs(options.data, scale, options.work, content), \
            data.drawn_pairs(scale, options.work, content)
    paths = pictures.find(options.pictures) if options.pictures \
        else data.list_photos(options.data)
    colors = 3 if has_colors(metadata) else 1
    parts = [pictures.pairs_of(some, scale, colors, CROP) for some in paths]
    if not all(parts):
        raise ValueError(f"{options.pictures or options.data}: too few pictures of at least "
                         f"{CROP * scale}x{CROP * scale} pixels")
    return *parts, ((), ())


def quantise_file(options):
    tensors, metadata = fold(*safetensors_io.read(options.model))
    int8.layers_of(tensors, metadata)  # says what cannot be, before the pictures are read
    *pairs, drawn = pairs_to_use(options, metadata)
    result = quantise(tensors, metadata, *pairs, options.iterations,
                      lambda text: print(f"{options.model.stem}  {text}", flush=True), drawn)
    safetensors_io.write(options.out or options.model, *result)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0],
                                     formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--out", type=Path, help="default: the model itself")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER",
                        help="default: the photos that the shipped files were trained on")
    parser.add_argument("--iterations", type=int, default=ITERATIONS,
                        help="of fine-tuning; 0: calibrate only")
    parser.add_argument("--data", type=Path, default=data.DEFAULT_DATA)
    parser.add_argument("--work", type=Path, default=data.DEFAULT_WORK)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    keep_memory()
    try:
        quantise_file(options)
    except (OSError, ValueError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
