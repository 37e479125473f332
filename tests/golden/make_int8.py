#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the int8 cases beside this file: a golden network calibrated on its own
picture, and what the emulations of the engine's int8 and bfloat16 make of it.

    NAME.safetensors      the model, with int8 data, and bounds in the cases so called
    NAME.io.safetensors   `input` and `output`, as make.py has them, and `bfloat16`
    int8.txt              the names
"""
import sys
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from models.safetensors_io import read, write  # noqa: E402
from models.train import beyond, int8, quantise  # noqa: E402

BOUNDED = "-bounded"
CASES = ("ecbsr-x2-m4c16-prelu", "ecbsr-x3-m4c8-prelu", "ecbsr-x4-m1c10-prelu",
         "esr-cnn-x2-c2d7s3", "ecbsr-x3-m4c8-prelu-replicate",
         "ecbsr-x2-m4c16-prelu" + BOUNDED, "ecbsr-x3-m4c8-prelu-replicate" + BOUNDED,
         "ecbsr-x3-m4c8-prelu-symmetric",
         "esr-cnn-x2-c2d7s3" + BOUNDED, "ecbsr-rgb-x3-m1c40-prelu",
         "ecbsr-rgb-x1-m1c8-prelu", "ecbsr-rgb-x2-m1c8-prelu-replicate" + BOUNDED)


def bound(layers, x):
    """Bounds that most of a channel's values are within, some beyond."""
    for layer, values in zip(layers, int8.run_float(layers, x)[1][1:]):
        flat = values.transpose(0, 1).flatten(1).numpy()
        layer.minimum, layer.maximum = np.percentile(flat, (3, 94), axis=1).astype(np.float32)


def bound_tensors(layers):
    return {f"{layer.name}.{end}": getattr(layer, end) for layer in layers
            if layer.minimum is not None for end in ("minimum", "maximum")}


def output_of(metadata, run, layers, x):
    """A picture that goes on is continued beforehand here, so far that no zero reaches
    what is cut out again, not even by way of a group of rows; and by whole groups, which
    begin at the same rows of the picture then.
    """
    if "padding" in metadata:
        margin = int8.GROUP * (len(layers) + 1)
        y = run(layers, beyond.pad(x, margin, metadata["padding"]))
        y = y[:, :, margin:-margin, margin:-margin]
    else:
        y = run(layers, x)
    y = int8.apply_head(metadata, y, x)[0].numpy()
    return y if len(y) == 3 else y[0]


def make(case):
    """(model, metadata, input and outputs) of the int8 case made of a golden one."""
    name = case.removesuffix(BOUNDED)
    tensors, metadata = read(HERE / f"{name}.safetensors")
    image = read(HERE / f"{name}.io.safetensors")[0]["input"]
    x = torch.from_numpy(image.copy()).reshape(1, -1, *image.shape[-2:])
    with torch.no_grad():
        layers = quantise.calibrate(tensors, metadata, x, 0.5)
        if case != name:
            bound(layers, x)
        found = {name: output_of(metadata, run, layers, x)
                 for name, run in (("output", int8.run_int8), ("bfloat16", int8.run_bfloat16))}
    model = {**quantise.float_tensors(tensors, layers, metadata), **bound_tensors(layers),
             **int8.int8_tensors(layers)}
    return model, metadata, {"input": image, **found}


def main():
    for case in CASES:
        model, metadata, pictures = make(case)
        height, width = pictures["input"].shape[-2:]
        write(HERE / f"int8-{case}.safetensors", model, metadata)
        write(HERE / f"int8-{case}.io.safetensors", pictures,
              {"width": str(width), "height": str(height)})
    (HERE / "int8.txt").write_text("".join(f"int8-{case}\n" for case in CASES),
                                   encoding="ascii")


if __name__ == "__main__":
    main()
