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
    x = torch.from_numpy(pair["input"].copy())
    x = x.reshape(1, -1, *x.shape[-2:])
    return tensors, metadata, int8.layers_of(tensors, metadata), x, pair["output"]


def span(metadata):
    black, white = quantise.luma_range(metadata)
    return white - black


@torch.no_grad()
def run(function, layers, metadata, x):
    y = function(layers, x, quantise.padding_of(metadata))
    y = int8.apply_head(metadata, y, x)[0].numpy()
    return y if len(y) == 3 else y[0]


def run_float(layers, x, padding):
    return int8.run_float(layers, x, padding)[0]


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
                exact = run(run_float, layers, metadata, x)
                error = np.abs(exact - output) / span(metadata)
                self.assertGreater(error.max(), 1e-5)
                self.assertLess(error.mean(), 0.03)


class Overshoot(unittest.TestCase):
    def test_heads_keep_it(self):
        for name in ("ecbsr-x2-m1c3-prelu-overshoot", "ecbsr-x4-m1c8-prelu-overshoot-replicate",
                     "ecbsr-rgb-x3-m1c8-prelu-overshoot", "esr-cnn-x2-c2d3s2-overshoot"):
            with self.subTest(name):
                _, metadata, layers, x, output = load(name)
                found = run(run_float, layers, metadata, x)
                np.testing.assert_allclose(found, output, rtol=0, atol=1e-5 * span(metadata))


class Bounds(unittest.TestCase):
    def test_bytes_are_those_of_the_bounded_values(self):
        layer = int8.Layer("", None, None, None, minimum=np.float32([-1.3, 0.26]),
                           maximum=np.float32([2.1, 0.26]))
        after = int8.Layer("", None, None, None, input_scale=0.1,
                           input_zero=np.float32([-100, 3]))
        v = torch.linspace(-30, 30, 4001).view(1, 1, -1, 1).repeat(1, 2, 1, 1)
        found = int8.to_bytes(int8.scaled(v, after), after, layer)
        wanted = int8.to_bytes(int8.scaled(int8.bounded(v, layer), after), after)
        self.assertTrue(torch.equal(found, wanted))
        self.assertEqual(found[0, 0].unique().tolist(), list(range(-13, 22)))
        self.assertEqual(found[0, 1].unique().tolist(), [3])

    def test_they_are_read_and_bite(self):
        for name in (name for name in NAMES if name.endswith("-bounded")):
            with self.subTest(name):
                tensors, metadata, layers, x, output = load(name)
                for layer in layers[:-1]:
                    np.testing.assert_array_equal(layer.minimum, tensors[f"{layer.name}.minimum"])
                    np.testing.assert_array_equal(layer.maximum, tensors[f"{layer.name}.maximum"])
                for layer in layers:
                    layer.minimum = layer.maximum = None
                for function in (int8.run_int8, int8.run_bfloat16, run_float):
                    error = np.abs(run(function, layers, metadata, x) - output)
                    self.assertGreater(error.max(), 0.01 * span(metadata))


class Calibration(unittest.TestCase):
    def test_equalising_does_not_change_the_network(self):
        tensors, metadata, _, x, _ = load("int8-ecbsr-x2-m4c16-prelu")
        layers = int8.layers_of(tensors, metadata)
        before = run(run_float, layers, metadata, x)
        weights = layers[1].weight
        with torch.no_grad():
            quantise.equalise(layers, x, 1)
        after = run(run_float, layers, metadata, x)
        self.assertFalse(np.array_equal(weights, layers[1].weight))
        np.testing.assert_allclose(after, before, rtol=0, atol=1e-4 * span(metadata))

    def test_turning_slopes_does_not_change_the_network(self):
        tensors, metadata, _, x, _ = load("int8-ecbsr-x2-m4c16-prelu")
        tensors["backbone.0.act.weight"][2] = 1.5
        tensors["backbone.3.act.weight"][:] = 4
        layers = int8.layers_of(tensors, metadata)
        before = run(run_float, layers, metadata, x)
        quantise.turn_slopes(layers)
        after = run(run_float, layers, metadata, x)
        np.testing.assert_allclose(after, before, rtol=0, atol=1e-4 * span(metadata))
        self.assertAlmostEqual(layers[0].slope[2], 1 / 1.5, 6)
        self.assertLessEqual(max(layer.slope.max() for layer in layers), 1)
        stored = quantise.float_tensors(tensors, layers, metadata)
        np.testing.assert_array_equal(stored["backbone.3.act.weight"], np.float32([0.25] * 16))

    def test_stored_data_is_read_back(self):
        _, _, layers, _, _ = load("int8-ecbsr-x3-m4c8-prelu")
        stored = int8.int8_tensors(layers)
        self.assertEqual(len(stored), 5 * (len(layers) - 1))
        for layer in layers[1:]:
            weight = stored[f"int8.{layer.name}.weight"]
            self.assertEqual(weight.dtype, np.int8)
            np.testing.assert_array_equal(weight, layer.q_weight)
            zero = stored[f"int8.{layer.name}.input_zero"]
            self.assertEqual(zero.dtype, np.int8)
            self.assertTrue(zero.any())
            np.testing.assert_array_equal(zero, layer.input_zero)

    def test_without_zero_points_they_are_in_the_middle(self):
        tensors, metadata, with_them, _, _ = load("int8-ecbsr-x3-m4c8-prelu")
        tensors = {name: t for name, t in tensors.items() if "input_zero" not in name}
        for layer, other in zip(int8.layers_of(tensors, metadata)[1:], with_them[1:]):
            np.testing.assert_array_equal(layer.input_zero, np.zeros_like(other.input_zero))

    def test_each_channel_uses_all_bytes(self):
        values = torch.tensor([[0, 10.0], [-10, 0], [-5, 5], [-2, 6]]).reshape(1, 4, 1, 2)
        layer = int8.Layer("", None, None, None)
        before = int8.Layer("", None, None, None)
        quantise.set_range(layer, before, values, 100)
        self.assertEqual(layer.input_zero.tolist(), [-128, 127, 0, -64])
        self.assertAlmostEqual(layer.input_scale, 10 / 255)
        before.minimum, before.maximum = np.float32([[0, -1, -2, -3], [4, 3, 2, 1]])
        quantise.set_range(layer, before, values, 100)  # bounds have the last word
        self.assertEqual(layer.input_zero.tolist(), [-128, -64, 0, 63])
        self.assertAlmostEqual(layer.input_scale, 4 / 255)

    def test_bytes_round_half_to_even_and_saturate(self):
        layer = int8.Layer("", None, None, None, input_zero=np.float32([0, -128, 127]))
        v = torch.tensor([-300.0, -0.5, 0.5, 1.5, 128.5, 254.5, 255.5, 1e9])
        found = int8.to_bytes(v.view(1, 1, -1, 1).repeat(1, 3, 1, 1), layer)[0, ..., 0]
        bytes_ = torch.tensor([0.0, 0, 0, 2, 128, 254, 255, 255])
        for channel, zero in zip(found, (128, 0, 255)):
            self.assertEqual(channel.tolist(), (bytes_ - zero).tolist())


if __name__ == "__main__":
    unittest.main()
