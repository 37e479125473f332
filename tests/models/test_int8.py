# SPDX-License-Identifier: LGPL-2.1-or-later
"""models/train/int8.py and quantise.py, and the golden int8 cases."""

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

try:
    import numpy as np
    import torch
    from models import safetensors_io
    from models.train import int8, quantise
except ModuleNotFoundError as error:
    raise unittest.SkipTest(f"needs Debian's python3-numpy, -pil and -torch: {error}")

GOLDEN = ROOT / "tests" / "golden"
NAMES = (GOLDEN / "int8.txt").read_text(encoding="ascii").split()


def load(name):
    tensors, metadata = safetensors_io.read(GOLDEN / f"{name}.safetensors")
    pair, _ = safetensors_io.read(GOLDEN / f"{name}.io.safetensors")
    x = torch.from_numpy(pair["input"].copy())[None, None]
    return tensors, metadata, int8.layers_of(tensors, metadata), x, pair["output"]


def span(metadata):
    black, white = quantise.luma_range(metadata)
    return white - black


@torch.no_grad()
def run(function, layers, metadata, x):
    return int8.apply_head(metadata, function(layers, x), x)[0, 0].numpy()


class Golden(unittest.TestCase):
    def test_outputs_are_the_emulation_of_the_stored_data(self):
        for name in NAMES:
            with self.subTest(name):
                _, metadata, layers, x, output = load(name)
                found = run(int8.run_int8, layers, metadata, x)
                np.testing.assert_allclose(found, output, rtol=0, atol=1e-4 * span(metadata))

    def test_int8_is_near_float_but_is_not_float(self):
        for name in NAMES:
            with self.subTest(name):
                _, metadata, layers, x, output = load(name)
                exact = run(lambda *args: int8.run_float(*args)[0], layers, metadata, x)
                error = np.abs(exact - output) / span(metadata)
                self.assertGreater(error.max(), 1e-5)
                self.assertLess(error.mean(), 0.03)


class Calibration(unittest.TestCase):
    def test_equalising_does_not_change_the_network(self):
        tensors, metadata, _, x, _ = load("int8-ecbsr-x2-m4c16-prelu")
        layers = int8.layers_of(tensors, metadata)
        before = run(lambda *args: int8.run_float(*args)[0], layers, metadata, x)
        weights = layers[1].weight
        with torch.no_grad():
            quantise.equalise(layers, x, 1)
        after = run(lambda *args: int8.run_float(*args)[0], layers, metadata, x)
        self.assertFalse(np.array_equal(weights, layers[1].weight))
        np.testing.assert_allclose(after, before, rtol=0, atol=1e-4 * span(metadata))

    def test_stored_data_is_read_back(self):
        _, _, layers, _, _ = load("int8-ecbsr-x3-m4c8-prelu")
        stored = int8.int8_tensors(layers)
        self.assertEqual(len(stored), 4 * (len(layers) - 1))
        for layer in layers[1:]:
            weight = stored[f"int8.{layer.name}.weight"]
            self.assertEqual(weight.dtype, np.int8)
            np.testing.assert_array_equal(weight, layer.q_weight)

    def test_bytes_round_half_to_even_and_saturate(self):
        v = torch.tensor([-200.0, -128.5, -0.5, 0.5, 1.5, 126.5, 127.5, 1e9])
        self.assertEqual(int8.to_bytes(v).tolist(), [-128, -128, 0, 0, 2, 126, 127, 127])


if __name__ == "__main__":
    unittest.main()
