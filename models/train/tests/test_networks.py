# SPDX-License-Identifier: LGPL-2.1-or-later
"""models/train/networks.py and export.py: folding, whitening, files."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
try:
    import numpy as np
    import torch
except ImportError as error:
    raise unittest.SkipTest(f"needs {error.name}") from error
from models import safetensors_io  # noqa: E402
from models.train import (  # noqa: E402
    beyond, bounds, catalogue, evaluate, export, networks, overshoot)

ALL = [(name, scale) for name in catalogue.NAMES for scale in catalogue.SCALES]


def randomised(name, scale):
    """A network whose every parameter, biases too, is far from zero."""
    torch.manual_seed(7)
    net = networks.make(catalogue.config_of(name, scale))
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if parameter.requires_grad:
                spread = 0.01 if name.endswith("whitened") else 0.2
                parameter.add_(torch.randn_like(parameter) * spread)
    return net


class Folding(unittest.TestCase):
    def test_one_convolution_is_the_five_branches_at_borders_too(self):
        net = randomised("ecbsr-m4c8", 3).double()
        x = torch.rand(2, 1, 5, 4, dtype=torch.float64)
        for layer in net.backbone:
            one, five = layer.convolve(x), layer.convolve_by_branches(x)
            self.assertGreater(one.abs().max(), 0.1)
            self.assertLess((one - five).abs().max(), 1e-11)
            x = torch.tanh(layer(x))

    def test_every_branch_matters(self):
        layer = randomised("ecbsr-m4c8", 2).backbone[1]
        x = torch.rand(1, 8, 6, 6)
        before = layer.convolve(x)
        for name, parameter in layer.named_parameters():
            if name == "act.weight":
                continue
            saved = parameter.data.clone()
            parameter.data = saved + 0.5
            changed = layer.convolve(x)
            self.assertLess((changed - layer.convolve_by_branches(x)).abs().max(), 1e-2)
            if not (name.endswith(("sbx.b0", "sby.b0", "lpl.b0"))):
                self.assertGreater((changed - before).abs().max(), 1e-3, name)
            parameter.data = saved

    def test_names_are_the_published_ones(self):
        names = set(randomised("ecbsr-m4c8", 2).state_dict())
        for part in ("conv3x3.weight", "conv3x3.bias", "act.weight",
                     "conv1x1_3x3.k0", "conv1x1_3x3.b0", "conv1x1_3x3.k1", "conv1x1_3x3.b1",
                     *(f"conv1x1_{edge}.{what}" for edge in ("sbx", "sby", "lpl")
                       for what in ("k0", "b0", "scale", "bias", "mask"))):
            names.remove(f"backbone.0.{part}")
        self.assertFalse([name for name in names if name.startswith("backbone.0.")])


class Whitening(unittest.TestCase):
    def test_it_undoes_the_moments_it_models(self):
        basis = networks.whitening(3)
        step = 0.97 ** torch.tensor([[0., 1, 2], [1, 0, 1], [2, 1, 0]], dtype=torch.float64)
        moments = 0.2 + 0.05 * torch.kron(step, step)
        error = basis @ moments @ basis - torch.eye(9, dtype=torch.float64)
        self.assertLess(error.abs().max(), 1e-9)

    def test_kernels_start_as_published(self):
        kernel = networks.make(catalogue.config_of("esr-tm", 2)).filter.kernel()
        self.assertEqual(tuple(kernel.shape), (40, 1, 5, 5))
        self.assertLess((kernel[:, 0, 2, 2] - 1).abs().max(), 1e-4)


class PartedTasks(unittest.TestCase):
    def test_edges_see_no_brightness_and_are_not_alike(self):
        kernels = networks.edges(5).flatten(1)
        self.assertLess(kernels.sum(1).abs().max(), 1e-4)
        likeness = kernels @ kernels.T / kernels.norm(dim=1) / kernels.norm(dim=1)[:, None]
        self.assertLess((likeness - torch.eye(5)).abs().max(), 0.9)

    def test_it_starts_close_to_the_picture(self):
        """Brightness goes through, and edges do not drown it."""
        torch.manual_seed(3)
        net = networks.make(catalogue.config_of("esr-cnn", 2))
        first, _, second = net.filter[:3]
        self.assertEqual(first.kernel()[:networks.BRIGHT, 0, 2, 2].round(decimals=4).tolist(),
                         [0.5] * networks.BRIGHT)
        self.assertGreater(second.weight[0, 0, 1, 1], second.weight[1:, :].abs().max())
        x = torch.linspace(0.1, 0.5, 16).expand(1, 1, 16, 16)
        with torch.no_grad():
            y = net(x)[0, 0, 8:-8, 8:-8]
        large = torch.nn.functional.interpolate(x, scale_factor=2)[0, 0, 8:-8, 8:-8]
        self.assertGreater(torch.corrcoef(torch.stack([y.flatten(), large.flatten()]))[0, 1], 0.8)


class Padding(unittest.TestCase):
    def test_zeros_are_seen_by_no_network_of_ours(self):
        for name, scale in ALL:
            net = randomised(name, scale)
            flat = net(torch.full((1, 1, 9, 4), 0.7))
            blocks = flat.view(9, scale, 4, scale)
            self.assertLess((blocks - blocks[:1, :, :1]).abs().max(), 1e-4, name)
            net.padding = "zero"
            self.assertGreater((net(torch.full((1, 1, 9, 4), 0.7)) - flat).abs().max(), 1e-3)

    def test_what_lies_within_the_context_is_what_the_whole_gives(self):
        for name, scale in ALL:
            net, x = randomised(name, scale), torch.rand(1, 1, 40, 40)
            r = net.radius
            want = networks.inner(net(x), r * scale)
            self.assertLess((net.valid(x) - want).abs().max(), 1e-4 * want.abs().max(), name)


class Bounds(unittest.TestCase):
    def test_found_on_pictures_they_change_nothing_there_and_end_explosions(self):
        for name in ("ecbsr-m4c8", "esr-cnn", "esr-tm"):
            net = randomised(name, 2)
            domain = export.domain_of(catalogue.config_of(name, 2))
            calm = [np.full((20, 20), 100.0), np.tile(np.linspace(90, 110, 20), (20, 1))]
            wild = np.random.default_rng(1).choice([0.0, 255], (20, 20))
            before = [evaluate.upscale(net, picture, domain) for picture in (*calm, wild)]
            bounds.put(net, bounds.find(net, calm, domain))
            after = [evaluate.upscale(net, picture, domain) for picture in (*calm, wild)]
            for i in range(2):
                np.testing.assert_allclose(after[i], before[i], atol=0.02)
            self.assertGreater(np.abs(after[2] - before[2]).max(), 10, name)
            self.assertTrue(net.is_bounded())

    def test_they_only_become_tighter(self):
        net = randomised("ecbsr-m4c8", 2)
        bounds.put(net, [torch.tensor([[-9.0] * 8, [1e-3] * 8])] * 5)
        bounds.tighten(net, [np.full((9, 9), 100.0)], (0, 255))
        for layer in net.backbone[:-1]:
            self.assertLessEqual(layer.bounds[1].max(), 1.1e-3)
            self.assertGreater(layer.bounds[0].min(), -9)
        self.assertIsNone(net.backbone[-1].bounds)


class Files(unittest.TestCase):
    def test_a_file_gives_the_same_pictures(self):
        x = torch.rand(1, 1, 7, 9)
        for name, scale in ALL:
            with self.subTest(name=name, scale=scale), tempfile.TemporaryDirectory() as folder:
                net, config = randomised(name, scale), catalogue.config_of(name, scale)
                path = Path(folder) / "m.safetensors"
                domain = export.domain_of(config)
                calm = np.tile(np.linspace(90, 110, 20), (20, 1))
                bounds.put(net, bounds.find(net, [calm], domain))
                export.write(path, net, config, name, {})
                read = export.load(path, config)
                got, read.overshoot = read(x), None
                want, free = net(x), read(x)
                self.assertEqual(tuple(got.shape), (1, 1, 7 * scale, 9 * scale))
                self.assertLess((free - want).abs().max(), 1e-4 * want.abs().max() + 1e-5)
                spare = overshoot.OVERSHOOT * 219 / domain[1]
                self.assertLess((got - overshoot.limit(free, x, spare)).abs().max(), 1e-5)
                self.assertLess(got.max(), x.max() + spare + 1e-5)

    def test_shipped_ecbsr_sees_16_to_235(self):
        net = randomised("ecbsr-m4c8", 2)
        x = torch.rand(1, 1, 6, 6)
        tensors = {k: torch.from_numpy(v) for k, v in export.to_plain(net).items()}
        y = beyond.pad(x * 255, 6, "symmetric")
        for i in range(6):
            y = torch.conv2d(y, tensors[f"backbone.{i}.conv3x3.weight"],
                             tensors[f"backbone.{i}.conv3x3.bias"])
            if i < 5:
                y = torch.prelu(y, tensors[f"backbone.{i}.act.weight"])
        y = torch.pixel_shuffle(y + x * 255, 2) / 255
        want = net(x)
        self.assertLess((y - want).abs().max(), 1e-4 * want.abs().max())

    def test_another_scale_lends_its_body(self):
        two, four = randomised("ecbsr-m4c8", 2), networks.make(catalogue.config_of("ecbsr-m4c8", 4))
        last = four.backbone[5].conv3x3.weight.clone()
        plain = export.to_plain(two)
        export.load_plain(four, plain)
        export.load_plain(two, plain)
        x = torch.rand(1, 1, 6, 6)
        want, got = two.backbone[:5](x), four.backbone[:5](x)
        self.assertLess((got - want).abs().max(), 1e-4 * want.abs().max())
        self.assertTrue(torch.equal(last, four.backbone[5].conv3x3.weight))

    def test_channels_are_balanced(self):
        net = networks.make(catalogue.config_of("ecbsr-m4c8", 2))
        net.drop_branches()
        plain, factor = export.to_plain(net), np.float32(1e4) ** np.linspace(-1, 1, 8, dtype="f4")
        plain["backbone.1.conv3x3.weight"] *= factor[:, None, None, None]
        plain["backbone.1.conv3x3.bias"] *= factor
        plain["backbone.2.conv3x3.weight"] /= factor[:, None, None]
        plain["backbone.4.conv3x3.weight"][3] = 0  # a channel that does nothing
        x = torch.rand(1, 1, 6, 6)
        with torch.no_grad():
            net.backbone[4].conv3x3.weight[3] = 0
        want = net(x)
        export.load_plain(net, plain)
        self.assertLess((net(x) - want).abs().max(), 1e-5)
        reach = net.backbone[1].conv3x3.weight.flatten(1).norm(dim=1)
        self.assertLess(reach.max() / reach.min(), 4)

    def test_shapes_and_metadata_are_those_of_the_format(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "m.safetensors"
            config = catalogue.config_of("esr-cnn", 3)
            export.write(path, networks.make(config), config, "esr-cnn", {"iterations": "0"})
            tensors, metadata = safetensors_io.read(path)
        self.assertEqual({name: array.shape for name, array in tensors.items()}, {
            "filter.0.weight": (7, 1, 5, 5), "filter.0.bias": (7,),
            "filter.2.weight": (3, 7, 3, 3), "filter.2.bias": (3,),
            "filter.4.weight": (36, 3, 3, 3)})
        for key, value in {"format": "gst-ecbsr 1", "architecture": "esr-cnn", "scale": "3",
                           "channels": "2", "depth": "7", "squeeze": "3",
                           "luma_range": "0..1", "licence": "CC0-1.0",
                           "name": "esr-cnn", "iterations": "0"}.items():
            self.assertEqual(metadata[key], value)


if __name__ == "__main__":
    unittest.main()
