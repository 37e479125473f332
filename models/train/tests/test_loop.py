# SPDX-License-Identifier: LGPL-2.1-or-later
"""models/train/loop.py: it resumes, it refuses, and it learns."""

import copy
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
try:
    import torch
    from PIL import Image, ImageDraw
except ImportError as error:
    raise unittest.SkipTest(f"needs {error.name}") from error
from models.train import catalogue, data, evaluate, export, networks  # noqa: E402
from models.train.imresize import imresize  # noqa: E402
from models.train.loop import Settings, Trainer, learning_rate  # noqa: E402
from models.train.networks import inner  # noqa: E402
from models.train.patches import Patches  # noqa: E402


def draw_picture(seed, size=240):
    """Discs over one another, drawn four times as large: edges like photos have."""
    random = np.random.default_rng(seed)
    image = Image.new("L", (4 * size, 4 * size), 128)
    pen = ImageDraw.Draw(image)
    for _ in range(400):
        x, y = random.integers(0, 4 * size, 2)
        r = int(4 * size * 0.02 / random.random() ** 0.7)
        pen.ellipse((x - r, y - r, x + r, y + r), fill=int(random.integers(16, 236)))
    return np.asarray(image.resize((size, size), Image.Resampling.BOX))


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = str(Path(folder.name) / "state")
        threads = torch.get_num_threads()
        self.addCleanup(torch.set_num_threads, threads)
        torch.set_num_threads(1)

    def trainer(self, name, settings, run="run", n_pictures=1, patch=20):
        torch.manual_seed(3)
        config = catalogue.config_of(name, 2)
        pairs = [data.make_pair(draw_picture(seed), 2) for seed in range(n_pictures)]
        net = networks.make(config)
        patches = Patches(pairs, 2, patch, batch=8, context=net.radius)
        return Trainer(net, patches.draw, export.domain_of(config),
                       settings, run, self.state)


class Resume(Case):
    def test_interrupted_training_ends_bit_equal(self):
        for name, optimizer, patch in (("ecbsr-m4c8", "adam", 20), ("ecbsr-m4c8", "adam", 48),
                                       ("esr-cnn", "soap", 20)):
            settings = Settings(40, optimizer=optimizer)
            whole = self.trainer(name, settings, patch=patch)
            whole.train()
            Path(self.state).unlink()
            self.trainer(name, settings, patch=patch).train(stop_at=17)
            rest = self.trainer(name, settings, patch=patch)
            self.assertEqual(rest.iteration, 17)
            before = rest.seconds
            self.assertGreater(before, 0)
            rest.train()
            self.assertGreater(rest.seconds, before)
            self.assertEqual(rest.iteration, 40)
            for part in ("net", "average"):
                want, got = (getattr(t, part).state_dict() for t in (whole, rest))
                for key, value in want.items():
                    self.assertTrue(torch.equal(value, got[key]), f"{name} {part} {key}")
            Path(self.state).unlink()

    def test_state_of_another_training_is_refused(self):
        self.trainer("esr-max", Settings(4)).train()
        with self.assertRaisesRegex(ValueError, "another training"):
            self.trainer("esr-max", Settings(4), run="other")
        with self.assertRaisesRegex(ValueError, "another training"):
            self.trainer("esr-max", Settings(5))


class Step(Case):
    def test_a_loss_that_is_not_finite_ends_it(self):
        trainer = self.trainer("esr-max", Settings(4))
        with torch.no_grad():
            trainer.net.filter.whitened.fill_(float("nan"))
        with self.assertRaisesRegex(ArithmeticError, "iteration 0: the loss is nan"):
            trainer.train()

    def test_average_follows_the_weights(self):
        trainer = self.trainer("esr-max", Settings(2))
        start = copy.deepcopy(trainer.average.filter.whitened)
        trainer.train(stop_at=1)
        want = 0.1 * start + 0.9 * trainer.net.filter.whitened
        self.assertLess((trainer.average.filter.whitened - want).abs().max(), 1e-6)

    def test_learning_rate_rises_then_falls(self):
        settings = Settings(10_000, peak=2.0)
        rates = [learning_rate(settings, i) for i in range(10_000)]
        self.assertEqual(max(rates), 2.0)
        self.assertEqual(rates.index(2.0), 499)
        self.assertLess(rates[0], 0.01)
        self.assertLess(rates[-1], 1e-6)
        self.assertAlmostEqual(rates[5250], 1.0)
        self.assertTrue(all(a >= b for a, b in zip(rates[500:], rates[501:])))

    def test_margin_is_cut_on_all_sides(self):
        tensor = torch.arange(36).view(1, 1, 6, 6)
        self.assertEqual(inner(tensor, 2).flatten().tolist(), [14, 15, 20, 21])
        self.assertTrue(torch.equal(inner(tensor, 0), tensor))


class Learning(Case):
    def test_a_short_training_beats_bicubic_on_a_picture_it_has_not_seen(self):
        picture = draw_picture(99)
        low, high = data.make_pair(picture, 2)
        bicubic = evaluate.psnr(imresize(low, 2).astype(float), high.astype(float), 2)
        trainer = self.trainer("esr-tm", Settings(250, peak=1e-2),
                               n_pictures=4, patch=28)
        trainer.train()
        domain = export.domain_of({"architecture": "esr-tm"})
        ours = evaluate.mean_psnr(trainer.average, [(low, high)], 2, domain)
        self.assertGreater(ours, bicubic + 0.2)


if __name__ == "__main__":
    unittest.main()
