#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the golden cases beside this file, with PyTorch.

    NAME.safetensors      the model (docs/model-format.md)
    NAME.io.safetensors   `input` [H, W] and `output` [s·H, s·W], float32, in the
                          network's own domain, the output not clamped; [3, H, W]
                          and [3, s·H, s·W] of networks of three colours
    list.txt              the names

Weights and inputs are what the files hold, outputs are computed in float64.
"""
import sys
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "models")]

from golden import networks, weights  # noqa: E402
from golden.cases import CASES  # noqa: E402
from golden.pictures import picture  # noqa: E402
from safetensors_io import BF16, bf16_to_float32, write  # noqa: E402

torch.set_num_threads(1)  # small pictures: threads only wait for each other


def store(array, dtype):
    if dtype == "BF16":  # cut, not rounded: they are random anyway
        bits = array.astype("<f4").view("<u4") >> 16
        return bits.astype("<u2").view(BF16)
    return array.astype({"F32": "<f4", "F16": "<f2"}[dtype])


def widen(array):
    floats = bf16_to_float32(array) if array.dtype == BF16 else array
    return torch.from_numpy(floats.astype(np.float64))


def model_of(case):
    return {name: store(array, case.dtype) for name, array in weights.make(case).items()}


def input_of(case):
    if case.colors == 1:
        return picture(case.rng("picture"), *case.size, case.luma_range)
    return np.stack([picture(case.rng(f"picture of {color}"), *case.size, case.luma_range)
                     for color in ("red", "green", "blue")])


def output_of(case, model, image, precision=torch.float64):
    tensors = {name: widen(array).to(precision) for name, array in model.items()}
    height, width = image.shape[-2:]
    x = torch.from_numpy(image).to(precision).reshape(1, case.colors, height, width)
    with torch.no_grad():
        y = networks.run(case.metadata, tensors, x)[0].numpy().astype("<f4")
    return y if image.ndim == 3 else y[0]


def write_case(case):
    model, image = model_of(case), input_of(case)
    pair = {"input": image, "output": output_of(case, model, image)}
    write(HERE / f"{case.name}.safetensors", model, case.metadata)
    height, width = image.shape[-2:]
    write(HERE / f"{case.name}.io.safetensors", pair,
          {"case": case.name, "width": str(width), "height": str(height)})


def main():
    for case in CASES:
        write_case(case)
    names = "".join(case.name + "\n" for case in CASES)
    (HERE / "list.txt").write_text(names, encoding="ascii")


if __name__ == "__main__":
    main()
