# SPDX-License-Identifier: LGPL-2.1-or-later
"""models/train/finetune.py, and what quantise.py makes of it."""

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

try:
    import numpy as np
    import torch
    from PIL import Image
    from models import safetensors_io
    from models.train import data, finetune, int8, quantise
    from models.train.patches import Patches
except ModuleNotFoundError as error:
    raise unittest.SkipTest(f"needs Debian's python3-numpy, -pil and -torch: {error}")

M4C8 = ROOT / "models" / "ecbsr-m4c8-x2.safetensors"
ESR_CNN = ROOT / "models" / "esr-cnn-x2.safetensors"


def scene(seed, size=192):
    """Blots with sharp edges, bright on dark, and a little noise."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.random((size // 8, size // 8)).astype(np.float32))
    level = np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC))
    picture = 60 + 120 * (level > 0.5) + 40 * level + random.normal(0, 2, level.shape)
    return np.clip(picture, 16, 235).astype(np.uint8)


def pairs(n, scale=2):
    return [data.make_pair(scene(seed), scale) for seed in range(n)]


def batch(metadata, n=2, number=0):
    patches = Patches(pairs(3), 2, 48, n, seed=3)
    return tuple(quantise.to_network(part, metadata) for part in patches.draw(number))


def unfitted(tensors, metadata):
    """A shipped network's channels as far apart as a training leaves them."""
    random, tensors = np.random.default_rng(4), dict(tensors)
    names = [f"{name}.conv3x3" for name in int8.names_of(metadata)]
    for before, after in zip(names, names[1:]):
        gain = np.exp(random.normal(0, 0.7, len(tensors[f"{before}.bias"]))).astype(np.float32)
        tensors[f"{before}.weight"] = tensors[f"{before}.weight"] * gain[:, None, None, None]
        tensors[f"{before}.bias"] = tensors[f"{before}.bias"] * gain
        tensors[f"{after}.weight"] = tensors[f"{after}.weight"] / gain[None, :, None, None]
    return tensors


def unbounded(tensors, metadata):
    """A network without bounds and with zeros around it: tests add what they are about."""
    tensors = {name: t for name, t in tensors.items()
               if not name.endswith((".minimum", ".maximum"))}
    return tensors, {key: value for key, value in metadata.items()
                     if key not in ("padding", "overshoot")}


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        tensors, cls.metadata = unbounded(*safetensors_io.read(M4C8))
        cls.tensors = unfitted(tensors, cls.metadata)

    def setUp(self):
        self.addCleanup(torch.set_num_threads, torch.get_num_threads())
        torch.set_num_threads(1)

    def calibrated(self, strength=1):
        with torch.no_grad():
            crops = quantise.calibration_crops(pairs(3), self.metadata)
            return quantise.calibrate(self.tensors, self.metadata, crops, strength)

    def shaken(self, layers=None, padding=None):
        """A network all of whose trained numbers have moved."""
        net = finetune.Int8Net(layers or self.calibrated(), padding)
        torch.manual_seed(1)
        with torch.no_grad():
            for name, parameter in net.named_parameters():
                spread = 1 if name.endswith(("weight", "shift")) else 0.1
                parameter += spread * torch.randn_like(parameter)
        return net

    def loss(self, layers, run=int8.run_int8):
        low, _ = batch(self.metadata, 4, number=99)
        target = int8.run_float(int8.layers_of(self.tensors, self.metadata), low)[0]
        return float((run(layers, low) - target).square().mean())


class Arithmetic(Case):
    @torch.no_grad()
    def test_it_is_the_int8_contract_to_the_bit(self):
        net, x = self.shaken(), batch(self.metadata)[0]
        found, wanted = net(x), int8.run_int8(net.to_layers(), x)
        self.assertTrue(torch.equal(found, wanted))
        self.assertFalse(torch.equal(found, int8.run_int8(net.layers, x)))

    @torch.no_grad()
    def test_also_with_bounds_and_pictures_that_go_on(self):
        layers, x = self.calibrated(), batch(self.metadata)[0]
        _, inputs = int8.run_float(layers, x, "replicate")
        for layer, values in zip(layers, inputs[1:]):  # tight: most channels are cut off
            layer.minimum, layer.maximum = (0.5 * end.numpy() for end in (
                values.amin((0, 2, 3)), values.amax((0, 2, 3))))
        net = self.shaken(layers, "replicate")
        found, tuned = net(x), net.to_layers()
        self.assertTrue(torch.equal(found, int8.run_int8(tuned, x, "replicate")))
        self.assertFalse(torch.equal(found, int8.run_int8(tuned, x)))
        for layer in tuned:
            layer.minimum = layer.maximum = None
        self.assertGreater((found - int8.run_int8(tuned, x, "replicate")).abs().max(), 1)

    def bounded(self, share):
        """(tensors, x): of a file whose channels are bounded by that share of what they reach
        on x."""
        layers, x = int8.layers_of(self.tensors, self.metadata), batch(self.metadata)[0]
        ends = {}
        for layer, values in zip(layers, int8.run_float(layers, x, "replicate")[1][1:]):
            ends[f"{layer.name}.minimum"] = share * values.amin((0, 2, 3)).numpy()
            ends[f"{layer.name}.maximum"] = share * values.amax((0, 2, 3)).numpy()
        return {**self.tensors, **ends}, x

    def assert_bytes_hold_the_bounds(self, layers):
        for before, after in zip(layers, layers[1:]):
            zero, step = int8.zero_point(after), after.input_scale
            self.assertLessEqual(np.max(-zero * step - before.minimum), 0.51 * step)
            self.assertLessEqual(np.max(before.maximum - (255 - zero) * step), 0.51 * step)

    @torch.no_grad()
    def test_bounds_that_few_values_reach_are_narrowed(self):
        tensors, x = self.bounded(1)
        tensors["backbone.1.maximum"][3] *= 50
        layers = int8.layers_of(tensors, self.metadata)
        _, above = quantise.ranges(int8.run_float(layers, x, "replicate")[1][2], quantise.REACHED)
        quantise.narrow_bounds(layers, x, "replicate")
        self.assertAlmostEqual(layers[1].maximum[3], above[3], delta=1e-3 * above[3])
        wide = int8.layers_of(tensors, self.metadata)[0]
        self.assertTrue((layers[0].maximum <= wide.maximum).all())
        self.assertTrue((layers[0].minimum >= wide.minimum).all())

    def test_bytes_hold_the_bounds(self):
        tensors, x = self.bounded(0.6)
        for strength in (0, 0.5, 1):
            with torch.no_grad():
                layers = quantise.calibrate(tensors, self.metadata, x, strength)
            self.assert_bytes_hold_the_bounds(layers)
        tuned, _ = finetune.finetune(layers, 2, lambda number: batch(self.metadata, number=number),
                                     20, padding="replicate")
        self.assertFalse(np.array_equal(tuned[2].q_bias, layers[2].q_bias))
        self.assert_bytes_hold_the_bounds(tuned)

    @torch.no_grad()
    def test_also_through_a_file(self):
        net, x = self.shaken(), batch(self.metadata)[0]
        layers = net.to_layers()
        stored = {**quantise.float_tensors(self.tensors, layers, self.metadata),
                  **int8.int8_tensors(layers)}
        read, metadata = safetensors_io.parse(safetensors_io.serialize(stored, self.metadata))
        self.assertTrue(torch.equal(net(x), int8.run_int8(int8.layers_of(read, metadata), x)))

    @torch.no_grad()
    def test_the_float_network_stays_and_bytes_are_bytes(self):
        layers = self.shaken().to_layers()
        low, _ = batch(self.metadata)
        before = int8.run_float(int8.layers_of(self.tensors, self.metadata), low)[0]
        np.testing.assert_allclose(int8.run_float(layers, low)[0], before, rtol=0, atol=2e-3)
        for layer in layers[1:]:
            self.assertLessEqual(np.abs(layer.q_weight).max(), 127)
            np.testing.assert_array_equal(layer.q_weight, np.rint(layer.q_weight))
            self.assertGreater(layer.q_scale.min(), 0)
            self.assertEqual(layer.q_bias.dtype, np.float32)

    def test_gradients_pass_where_nothing_is_cut_off(self):
        v = torch.tensor([-200.0, -128.4, 0.5, 127.4, 127.6], requires_grad=True)
        finetune.Round.apply(v, -128, 127).sum().backward()
        self.assertEqual(v.grad.tolist(), [0, 1, 1, 1, 0])

    def test_gradients_of_the_fused_piece_are_those_of_its_parts(self):
        torch.manual_seed(2)
        total = torch.randn(2, 3, 5, 5).mul(400).round()
        multiplier, bias = torch.rand(3) * 0.2 + 0.2, torch.randn(3)
        slope, weight = torch.tensor([0.2, -0.3, 1.0]), torch.randn(2, 3, 5, 5)
        zero = torch.tensor([128.0, 0, 225])
        low, high = torch.tensor([0.0, 20, 0]), torch.tensor([255.0, 200, 230])

        def by_parts(total, multiplier, bias):
            v = total * finetune.column(multiplier) + finetune.column(bias)
            v = torch.where(v > 0, v, v * finetune.column(slope)) + finetune.column(zero)
            v = finetune.Round.apply(v, 0, 255)
            v = v.clamp(finetune.column(low), finetune.column(high))
            return v - finetune.column(zero)

        def fused(total, multiplier, bias):
            return finetune.Bytes.apply(total, multiplier, bias + zero, slope, zero, low, high)
        results = []
        for function in (by_parts, fused):
            inputs = [t.clone().requires_grad_() for t in (total, multiplier, bias)]
            (function(*inputs) * weight).sum().backward()
            results.append([t.grad for t in inputs])
        for want, got in zip(*results):
            torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-4)


class Finetuning(Case):
    def test_a_short_one_is_nearer_to_float_than_calibration(self):
        layers, patches = self.calibrated(0), Patches(pairs(3), 2, 32, 2, seed=5)

        def draw(number):  # no photo to be drawn to, only the float network
            low = quantise.to_network(patches.draw(number)[0], self.metadata)
            return low, int8.apply_head(self.metadata, int8.run_float(layers, low)[0], low)
        tuned, losses = finetune.finetune(layers, 2, draw, 300)
        self.assertEqual(len(losses), 300)
        with torch.no_grad():
            before, after = self.loss(layers), self.loss(tuned)
        self.assertLess(after, 0.85 * before)

    @torch.no_grad()
    def test_a_patch_counts_by_the_float_networks_error(self):
        layers = self.calibrated()
        low, _ = batch(self.metadata)
        exact = int8.apply_head(self.metadata, int8.run_float(layers, low)[0], low)
        off = torch.tensor([0.0, 2.0]).view(2, 1, 1, 1)
        _, weight = finetune.wanted(layers, low, exact + off, 2)
        expected = [1 / finetune.FLOOR, 1 / (4 + finetune.FLOOR)]
        np.testing.assert_allclose(weight.flatten(), expected, rtol=1e-3)

    def test_quantise_keeps_what_is_better_and_says_what_it_loses(self):
        photos, lines = pairs(4), []
        tensors, metadata = quantise.quantise(self.tensors, self.metadata, photos[:3],
                                              photos[3:], 20, lines.append)
        self.assertEqual(set(tensors), set(self.tensors))
        self.assertLess(float(metadata["loss_int8"]), 0.1)
        self.assertLess(float(metadata["loss_bfloat16"]), 0.02)
        self.assertIn("calibrated and fine-tuned", lines[-2])


class EdgeSrCnn(unittest.TestCase):
    def setUp(self):
        self.tensors, self.metadata = safetensors_io.read(ESR_CNN)

    def test_edge_cnn_gets_no_int8_data_but_its_loss(self):
        photos = pairs(2)
        tensors, metadata = quantise.quantise(self.tensors, self.metadata, photos, photos,
                                              report=lambda text: None)
        self.assertEqual(set(tensors), set(self.tensors))
        self.assertNotIn("loss_int8", metadata)
        self.assertLess(float(metadata["loss_bfloat16"]), 0.02)


if __name__ == "__main__":
    unittest.main()
