#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checkpoints that others trained: the element against PyTorch.

    compare.py            test: each checkpoint in ../shared/checkpoints/esr and ecbsr
    compare.py --table    the same, as a table of PSNR on Set5

A checkpoint goes through models/convert.py into the element; PyTorch runs it as it
is. Both see the same 8-bit luma, or RGB, and round to 8 bits. They must agree to within one
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
    import torch.nn.functional as F
    import set5
    from golden import networks
    from through_element import SHARED, upscale, upscale_rgb
except ImportError as error:
    raise unittest.SkipTest(f"needs Debian's python3-numpy, -pil and -torch: {error}")

CHECKPOINTS = sorted((SHARED / "checkpoints" / "esr").glob("*.model"))
NAME = re.compile(r"eSR-(MAX|TM|TR|CNN)_s([234])_")
COLOR_NAME = re.compile(r"ECBSR_M(\d+)C\d+_x([234])")
COLOR_CHECKPOINTS = sorted((SHARED / "checkpoints" / "ecbsr").glob("*.pth"))
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


class ColorCheckpoint:
    """ECBSR of three colours."""

    def __init__(self, path, folder):
        blocks, scale = COLOR_NAME.match(path.name).groups()
        self.name, self.scale, self.n_layers = path.stem, int(scale), int(blocks) + 2
        self.state = torch.load(path, map_location="cpu")
        self.converted = Path(folder, path.stem + ".safetensors")
        subprocess.run([sys.executable, ROOT / "models" / "convert.py", path, self.converted],
                       check=True, stdout=subprocess.DEVNULL)

    def by_pytorch(self, low):
        x = torch.from_numpy(low.transpose(2, 0, 1).astype(np.float32) / 255)[None]
        y = x
        for i in range(self.n_layers):
            layer = f"backbone.{i}."
            y = F.conv2d(y, self.state[layer + "0.weight"], self.state[layer + "0.bias"], padding=1)
            if i + 1 < self.n_layers:
                y = F.prelu(y, self.state[layer + "1.weight"])
        y = F.pixel_shuffle(y + x.repeat_interleave(self.scale ** 2, dim=1), self.scale)
        return set5.to_8bit(255 * y[0].numpy().transpose(1, 2, 0))

    def by_element(self, low):
        return upscale_rgb(low, self.scale, model_location=self.converted)


def compare_colors(path, folder):
    """As compare(); PSNR is of luma, steps of R, G and B."""
    checkpoint = ColorCheckpoint(path, folder)
    scores, worst, n_differ, n_samples = [], 0, 0, 0
    for low, high in set5.color_pictures(checkpoint.scale):
        pair = [run(low) for run in (checkpoint.by_pytorch, checkpoint.by_element)]
        scores.append([set5.psnr(set5.luma_of_rgb(picture), high, checkpoint.scale)
                       for picture in pair])
        steps = np.abs(pair[0].astype(int) - pair[1])
        worst = max(worst, steps.max())
        n_differ, n_samples = n_differ + np.count_nonzero(steps), n_samples + steps.size
    return *np.mean(scores, axis=0), worst, n_differ / n_samples


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
    def test_each_of_three_colours(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in COLOR_CHECKPOINTS:
                with self.subTest(path.name):
                    pytorch, element, worst, _ = compare_colors(path, folder)
                    self.assertLessEqual(worst, 1)
                    self.assertLess(abs(pytorch - element), 0.02)
                    self.assertGreater(pytorch, 31)

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
            print_row(path, pytorch, element, worst, share)
        for path in COLOR_CHECKPOINTS:
            print_row(path, *compare_colors(path, folder))


def print_row(path, pytorch, element, worst, share):
    print(f"| {path.stem} | {pytorch:.3f} | {element:.3f} | {worst} | {1e6 * share:.0f} in a million |")


if __name__ == "__main__":
    if sys.argv[1:] == ["--table"]:
        print_table()
    else:
        unittest.main()
