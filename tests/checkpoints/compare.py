#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checkpoints that others trained: the element against PyTorch.

    compare.py            test: each checkpoint in ../shared/checkpoints/esr
    compare.py --table    the same, as a table of PSNR on Set5

A checkpoint goes through models/convert.py into the element; PyTorch runs it as it
is. Both see the same 8-bit luma and round to 8 bits. They must agree to within one
step everywhere and 0.02 dB on the set.
"""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

try:
    import numpy as np
    import torch
    import set5
    from golden import networks
    from through_element import SHARED, upscale
except ImportError as error:
    raise unittest.SkipTest(f"needs Debian's python3-numpy, -pil and -torch: {error}")

CHECKPOINTS = sorted((SHARED / "checkpoints" / "esr").glob("*.model"))
NAME = re.compile(r"eSR-(MAX|TM|TR|CNN)_s([234])_")
BLACK, WHITE = 16, 235


class Checkpoint:
    def __init__(self, path, folder):
        family, scale = NAME.match(path.name).groups()
        self.name, self.scale = path.stem, int(scale)
        self.metadata = {"architecture": "esr-" + family.lower(), "scale": scale}
        state = torch.load(path, map_location="cpu")
        self.weights = {name: tensor.double() for name, tensor in state.items()}
        self.converted = Path(folder, path.stem + ".safetensors")
        subprocess.run([sys.executable, ROOT / "models" / "convert.py", path, self.converted],
                       check=True)

    def by_pytorch(self, low):
        x = torch.from_numpy((low.astype(np.float64) - BLACK) / (WHITE - BLACK))
        y = networks.run(self.metadata, self.weights, x[None, None])[0, 0].numpy()
        return set5.to_8bit(y * (WHITE - BLACK) + BLACK)

    def by_element(self, low):
        return upscale(low, self.scale, model_location=self.converted)


def compare(path, folder):
    """(PSNR of PyTorch, PSNR of the element, largest step, share of pixels that differ)."""
    checkpoint = Checkpoint(path, folder)
    scores, worst, n_differ, n_pixels = [], 0, 0, 0
    for low, high in set5.pictures(checkpoint.scale):
        pair = [run(low) for run in (checkpoint.by_pytorch, checkpoint.by_element)]
        scores.append([set5.psnr(picture, high, checkpoint.scale) for picture in pair])
        steps = np.abs(pair[0].astype(int) - pair[1])
        worst = max(worst, steps.max())
        n_differ, n_pixels = n_differ + np.count_nonzero(steps), n_pixels + steps.size
    return *np.mean(scores, axis=0), worst, n_differ / n_pixels


@unittest.skipUnless(CHECKPOINTS and set5.FOLDER.is_dir(), f"no checkpoints or Set5 in {SHARED}")
class Agreement(unittest.TestCase):
    def test_each_checkpoint(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in CHECKPOINTS:
                with self.subTest(path.name):
                    pytorch, element, worst, _ = compare(path, folder)
                    self.assertLessEqual(worst, 1)
                    self.assertLess(abs(pytorch - element), 0.02)
                    self.assertGreater(pytorch, 28)  # it did upscale


def print_table():
    print("| checkpoint | PyTorch, dB | element, dB | largest step | pixels that differ |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for path in CHECKPOINTS:
            pytorch, element, worst, share = compare(path, folder)
            print(f"| {path.stem} | {pytorch:.3f} | {element:.3f} | {worst} | {1e6 * share:.0f} in a million |")


if __name__ == "__main__":
    if sys.argv[1:] == ["--table"]:
        print_table()
    else:
        unittest.main()
