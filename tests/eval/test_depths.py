#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What 8, 10 and 12 bits cost: the element against PyTorch, which rounds nothing.

    test_depths.py            test: ecbsr-m4c8 on Set5
    test_depths.py --table    built-in models, as a table of PSNR on Set5

The small pictures are luma computed in floats, rounded to so many bits and no
further.
"""

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

try:
    import numpy as np
    import torch
    import set5
    from golden import networks
    from models import safetensors_io
    from through_element import FORMATS, SHARED, upscale
except ImportError as error:
    raise unittest.SkipTest(f"needs Debian's python3-numpy, -pil and -torch: {error}")

SCALE = 2
MODELS = ("esr-max", "esr-tm", "esr-tr", "esr-cnn", "ecbsr-m4c8", "ecbsr-m4c16")
PRECISIONS = ("float32", "bfloat16", "int8")


class Network:
    """A built-in model as a function of luma on the scale of 8 bits."""

    def __init__(self, name):
        tensors, metadata = safetensors_io.read(
            ROOT / "models" / f"{name}-x{SCALE}.safetensors")
        self.metadata = metadata
        self.weights = {key: torch.from_numpy(np.array(value)).double()
                        for key, value in tensors.items() if not key.startswith("int8.")}
        self.black, self.white = map(float, metadata["luma_range"].split(".."))

    def __call__(self, low):
        span = (self.white - self.black) / 219
        x = torch.from_numpy(self.black + (low - 16) * span)
        y = networks.run(self.metadata, self.weights, x[None, None])[0, 0].numpy()
        return 16 + (y - self.black) / span


def rounded(luma, depth):
    return set5.to_bits(luma, depth) / 2.0 ** (depth - 8)


def mean_psnr(run):
    return np.mean([set5.psnr(run(low), high, SCALE)
                    for low, high in set5.unrounded_pictures(SCALE)])


def by_element(name, depth, precision):
    def run(low):
        out = upscale(set5.to_bits(low, depth), SCALE, depth, model=name, content="clean",
                      precision=precision)
        return out / 2.0 ** (depth - 8)
    return mean_psnr(run)


@unittest.skipUnless(set5.FOLDER.is_dir(), f"no Set5 in {SHARED}")
class Depths(unittest.TestCase):
    def test_only_samples_are_rounded(self):
        network = Network("ecbsr-m4c8")
        for depth in FORMATS:
            with self.subTest(f"{depth} bits"):
                expected = mean_psnr(lambda low: rounded(network(rounded(low, depth)), depth))
                found = by_element("ecbsr-m4c8", depth, "float32")
                self.assertLess(abs(found - expected), 0.002)

    def test_deep_samples_cost_nothing(self):
        exact = mean_psnr(Network("ecbsr-m4c8"))
        costs = {depth: exact - by_element("ecbsr-m4c8", depth, "float32") for depth in FORMATS}
        self.assertGreater(costs[8], 0.03)  # or this shows nothing
        self.assertLess(abs(costs[10]), 0.01)
        self.assertLess(abs(costs[12]), 0.002)


def print_table():
    print("| model | PyTorch | small 8 bits | result 8 bits | both |"
          + "".join(f" {depth} bits, {p} |" for depth in FORMATS for p in PRECISIONS))
    print("|---" * (5 + len(FORMATS) * len(PRECISIONS)) + "|")
    for name in MODELS:
        network = Network(name)
        row = [mean_psnr(network), mean_psnr(lambda low: network(rounded(low, 8))),
               mean_psnr(lambda low: rounded(network(low), 8)),
               mean_psnr(lambda low: rounded(network(rounded(low, 8)), 8))]
        row += [by_element(name, depth, p) for depth in FORMATS for p in PRECISIONS]
        print(f"| {name} | " + " | ".join(f"{dB:.3f}" for dB in row) + " |")


if __name__ == "__main__":
    if sys.argv[1:] == ["--table"]:
        print_table()
    else:
        unittest.main()
