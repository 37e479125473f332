#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the int8 cases beside this file: a golden network calibrated on its own
picture, and what the emulations of the engine's int8 and bfloat16 make of it.

    NAME.safetensors      the model, with int8 data
    NAME.io.safetensors   `input` and `output`, as make.py has them, and `bfloat16`
    int8.txt              the names
"""
import sys
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from models.safetensors_io import read, write  # noqa: E402
from models.train import int8, quantise  # noqa: E402

CASES = ("ecbsr-x2-m4c16-prelu", "ecbsr-x3-m4c8-prelu", "ecbsr-x4-m1c10-prelu",
         "esr-cnn-x2-c2d7s3")


def make(name):
    """(model, metadata, input and outputs) of the int8 case made of a golden one."""
    tensors, metadata = read(HERE / f"{name}.safetensors")
    image = read(HERE / f"{name}.io.safetensors")[0]["input"]
    x = torch.from_numpy(image.copy())[None, None]
    with torch.no_grad():
        layers = quantise.calibrate(tensors, metadata, x, 0.5)
        found = {name: int8.apply_head(metadata, run(layers, x), x)[0, 0].numpy()
                 for name, run in (("output", int8.run_int8), ("bfloat16", int8.run_bfloat16))}
    model = {**quantise.float_tensors(tensors, layers, metadata),
             **int8.int8_tensors(layers)}
    return model, metadata, {"input": image, **found}


def main():
    for case in CASES:
        model, metadata, pictures = make(case)
        height, width = pictures["input"].shape
        write(HERE / f"int8-{case}.safetensors", model, metadata)
        write(HERE / f"int8-{case}.io.safetensors", pictures,
              {"width": str(width), "height": str(height)})
    (HERE / "int8.txt").write_text("".join(f"int8-{case}\n" for case in CASES),
                                   encoding="ascii")


if __name__ == "__main__":
    main()
