# SPDX-License-Identifier: LGPL-2.1-or-later
"""models/train/step.py against PyTorch, and soap.py where its answer is known."""

import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
try:
    import torch
except ImportError as error:
    raise unittest.SkipTest(f"needs {error.name}") from error
from models.train import networks, soap  # noqa: E402
from models.train.loop import loss_of, to_tensor  # noqa: E402
from models.train.networks import inner  # noqa: E402
from models.train.step import Step  # noqa: E402


def trained(net):
    return {name: p for name, p in net.named_parameters() if p.requires_grad}


def random_patches(n, height, width, scale):
    random = np.random.default_rng(5)
    return (random.integers(0, 256, (n, height, width), np.uint8),
            random.integers(0, 256, (n, scale * height, scale * width), np.uint8))


class Gradients(unittest.TestCase):
    def compare(self, channels, scale, height, width, margin, threads, branches=True,
                bounded=False):
        torch.manual_seed(7)
        net = networks.Ecbsr(scale, 2, channels).double()
        net.padding = "zero"
        if not branches:
            net.drop_branches()
        for name, parameter in trained(net).items():
            if name.endswith(("bias", "b0", "b1", "scale", "act.weight")):
                torch.nn.init.normal_(parameter, std=0.3)
        if bounded:
            for layer in net.backbone[:-1]:
                layer.bounds = torch.stack((torch.full((channels,), -0.1),
                                            torch.linspace(0.05, 0.6, channels))).double()
        low, high = random_patches(3, height, width, scale)
        want = loss_of(inner(net(to_tensor(low, (0, 255)).double())
                             - to_tensor(high, (0, 255)).double(), margin))
        want.backward()
        gradients = {name: p.grad for name, p in trained(net).items()}
        net.zero_grad(set_to_none=True)
        net.float()
        got = Step(net, threads).loss(low, high, margin)
        (2 * got).backward()
        self.assertAlmostEqual(got.item(), want.item(), 6)
        # In float32 a sample may lie on the other side of PReLU's bend.
        for name, parameter in trained(net).items():
            difference = (parameter.grad.double() / 2 - gradients[name]).norm().item()
            self.assertLess(difference, 5e-3 * gradients[name].norm().item() + 1e-9, name)

    def test_all_scales(self):
        for scale in (2, 3, 4):
            self.compare(8, scale, 48, 48, 3 * scale, 1)

    def test_16_channels_wide_patches_two_threads_no_margin(self):
        self.compare(16, 2, 19, 96, 0, 2)

    def test_odd_numbers_of_channels(self):
        for channels in (1, 3, 5, 13):
            self.compare(channels, 2, 9, 48, 1, 1)

    def test_within_a_margin_as_wide_as_the_network_reaches_zeros_are_not_seen(self):
        for scale in (2, 3):
            self.compare(8, scale, 24, 48, 4 * scale, 1)
            self.compare(8, scale, 24, 48, 5 * scale, 1)
            torch.manual_seed(7)
            net = networks.Ecbsr(scale, 2, 8)
            net.drop_branches()
            low, high = random_patches(5, 24, 48, scale)
            want = loss_of(net.valid(to_tensor(low, (0, 255)))
                           - inner(to_tensor(high, (0, 255)), 4 * scale))
            self.assertAlmostEqual(Step(net, 1).loss(low, high, 4 * scale).item(), want.item(), 6)

    def test_bounds(self):
        for scale, margin in ((2, 0), (4, 16)):
            self.compare(8, scale, 24, 48, margin, 1, bounded=True)

    def test_without_branches(self):
        self.compare(8, 3, 20, 48, 2, 1, branches=False)

    def test_suits(self):
        self.assertTrue(Step.suits(networks.Ecbsr(2, 1, 16)))
        self.assertFalse(Step.suits(networks.Ecbsr(2, 1, 17)))
        self.assertFalse(Step.suits(networks.EdgeSr(2, 5, 2, 1)))
        self.assertTrue(Step.takes(np.empty((1, 5, 96))))
        self.assertFalse(Step.takes(np.empty((1, 48, 47))))


class Bfloat16(unittest.TestCase):
    def gradients(self, net, step, patches, bfloat16):
        step.bfloat16 = bfloat16
        net.zero_grad(set_to_none=True)
        loss = step.loss(*patches, 2)
        loss.backward()
        return loss.item(), {name: p.grad for name, p in trained(net).items()}

    def compare(self, blocks, channels, scale, height, width):
        torch.manual_seed(3)
        net = networks.Ecbsr(scale, blocks, channels)
        net.drop_branches()
        for name, parameter in trained(net).items():
            if name.endswith("bias"):
                torch.nn.init.normal_(parameter, std=0.05)
        step, patches = Step(net, 1), random_patches(3, height, width, scale)
        if not step.narrow:
            self.skipTest("needs a CPU with AVX-512 BF16")
        loss, want = self.gradients(net, step, patches, False)
        near, got = self.gradients(net, step, patches, True)
        self.assertFalse(all(torch.equal(got[name], want[name]) for name in want),
                         "both were computed alike")
        self.assertAlmostEqual(loss, near, 4)
        for name, gradient in want.items():
            difference = (got[name] - gradient).norm().item()
            self.assertLess(difference, 0.06 * gradient.norm().item(), name)

    def test_all_scales(self):
        for scale in (2, 3, 4):
            self.compare(1, 8, scale, 48, 48)

    def test_deep_and_16_channels(self):
        self.compare(4, 16, 2, 48, 48)

    def test_other_shapes(self):
        self.compare(2, 6, 2, 20, 96)
        self.compare(1, 2, 3, 2, 144)

    def test_what_it_has_no_form_for_is_float32(self):
        for channels, height in (5, 48), (8, 47):
            net = networks.Ecbsr(2, 1, channels)
            step = Step(net, 1)
            step.bfloat16 = True
            self.assertIs(step.function(height), step.exact)


class Soap(unittest.TestCase):
    def distance_after(self, make, n):
        """Linear regression with inputs of very different size along turned axes."""
        torch.manual_seed(1)
        turn = torch.linalg.qr(torch.randn(20, 20))[0]
        spread = turn @ torch.diag(torch.logspace(-1.5, 0, 20)) @ turn.T
        vector = torch.ones(20)
        optimizer = make(vector)
        for i in range(n):
            optimizer.param_groups[0]["lr"] = 0.05 * (1 - i / n)
            inputs = torch.randn(64, 20) @ spread
            vector.grad = inputs.T @ (inputs @ vector) / 64
            optimizer.step()
        return vector.norm().item()

    def test_turned_valley(self):
        adam = self.distance_after(lambda v: torch.optim.Adam([v]), 1000)
        for rows in (1, 4):
            ours = self.distance_after(lambda v, rows=rows: soap.Soap(v, [(20, rows)]), 1000)
            self.assertLess(ours, 0.3 * adam)

    def test_blocks_are_apart(self):
        whole, first = torch.ones(5), torch.ones(3)
        optimizers = soap.Soap(whole, [(3, 1), (2, 2)]), soap.Soap(first, [(3, 1)])
        for i in range(12):
            whole.grad = torch.arange(5.0) + i % 3
            first.grad = whole.grad[:3].clone()
            for optimizer in optimizers:
                optimizer.step()
        self.assertLess((whole[:3] - first).abs().max().item(), 1e-6)
