# SPDX-License-Identifier: LGPL-2.1-or-later
"""models/train/state.py, keep-states and history.py: what outlives an interruption."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))
try:
    import numpy as np
    import torch
    from PIL import Image
except ImportError as error:
    raise unittest.SkipTest(f"needs {error.name}") from error
from models import safetensors_io  # noqa: E402
from models.train import catalogue, export, history, networks, state  # noqa: E402
from models.train.history import History  # noqa: E402
from models.train.loop import Settings, Trainer  # noqa: E402
from models.train.soap import EVERY  # noqa: E402

PATCH = 16
KEEP = ROOT / "models" / "train" / "keep-states"


def draw(number):
    random = np.random.default_rng(number)
    return tuple(random.integers(16, 236, (2, size, size)).astype(np.uint8)
                 for size in (PATCH, 2 * PATCH))


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.addCleanup(torch.set_num_threads, torch.get_num_threads())
        torch.set_num_threads(1)

    def trainer(self, name="ecbsr-m4c8", optimizer="soap", n=160, **more):
        torch.manual_seed(3)
        config = catalogue.config_of(name, 2)
        net = networks.make(config)
        if optimizer == "soap" and isinstance(net, networks.Ecbsr):
            net.drop_branches()
        path = self.folder / f"{name}-x2.state"
        return Trainer(net, draw, export.domain_of(config), Settings(n, optimizer=optimizer),
                       "run", path, **more)

    def keep(self, *words):
        return subprocess.run([KEEP, "--work", self.folder, "--to", self.folder / "kept", *words],
                              capture_output=True, text=True, timeout=60)


class Kept(Case):
    def test_goes_on_bit_equal_from_what_was_kept(self):
        for name, optimizer, stop in (("ecbsr-m4c8", "soap", EVERY), ("ecbsr-m4c8", "soap", 117),
                                      ("esr-cnn", "soap", EVERY), ("ecbsr-m4c8", "adam", 17)):
            with self.subTest(name=name, optimizer=optimizer, stop=stop):
                whole = self.trainer(name, optimizer)
                whole.train()
                whole.path.unlink()
                self.trainer(name, optimizer).train(stop_at=stop)
                self.assertEqual(self.keep().returncode, 0)
                whole.path.unlink()
                rest = self.trainer(name, optimizer, kept=self.folder / "kept" / whole.path.name)
                self.assertEqual(rest.iteration, stop)
                rest.train()
                self.same(whole, rest)
                whole.path.unlink()

    def same(self, one, other):
        for part in ("net", "average"):
            want, got = (getattr(t, part).state_dict() for t in (one, other))
            for key, value in want.items():
                self.assertTrue(torch.equal(value, got[key]), f"{part} {key}")
        self.assertEqual(one.history.points(), other.history.points())

    def test_the_work_folder_comes_first(self):
        self.trainer().train(stop_at=3)
        self.keep()
        self.trainer().train(stop_at=5)
        kept = self.folder / "kept" / "ecbsr-m4c8-x2.state"
        self.assertEqual(self.trainer(kept=kept).iteration, 5)

    def test_another_training_is_refused_by_the_name_of_its_file(self):
        self.trainer().train(stop_at=3)
        with self.assertRaisesRegex(ValueError, "ecbsr-m4c8-x2.state is the state of another"):
            self.trainer(n=161)

    def test_only_what_was_named_is_kept(self):
        self.trainer().train(stop_at=1)
        self.trainer("esr-cnn").train(stop_at=1)
        result = self.keep("esr-cnn-x2")
        self.assertRegex(result.stdout, r"esr-cnn-x2.state: run, iteration 1, \d+ bytes")
        self.assertEqual([p.name for p in (self.folder / "kept").iterdir()], ["esr-cnn-x2.state"])

    def test_a_pickle_is_not_opened(self):
        torch.save({"run": "run"}, self.folder / "ecbsr-m4c8-x2.state")
        with self.assertRaisesRegex(safetensors_io.SafetensorsError, "ecbsr-m4c8-x2.state"):
            self.trainer()
        self.assertNotEqual(self.keep().returncode, 0)

    def test_large_networks_fit_a_mebibyte_after_a_turn(self):
        for name in ("ecbsr-m4c16", "ecbsr-m10c16"):
            trainer = self.trainer(name)
            trainer.iteration = trainer.optimizer.number = EVERY
            state.write(trainer.path, trainer)
            self.assertLess(trainer.path.stat().st_size, 1 << 20)

    def test_too_large_a_state_is_not_kept(self):
        trainer = self.trainer("ecbsr-m10c16")
        trainer.iteration = trainer.optimizer.number = EVERY + 1
        state.write(trainer.path, trainer)
        result = self.keep()
        self.assertEqual(result.returncode, 1)
        self.assertIn("too many", result.stderr)


class Curve(Case):
    def history(self, n=200):
        found = History(n, lambda net: net, self.folder / "name.png")
        for i in range(1, n + 1):
            found.add(i, 4 + 20 / i, 32 - 8 / (i + 3))  # the net is its own PSNR here
        return found

    def test_losses_are_means_and_psnr_is_measured_twenty_times(self):
        found = self.history(2000)
        self.assertEqual([i for i, _ in found.psnrs], list(range(100, 2001, 100)))
        self.assertEqual([i for i, _ in found.losses], list(range(10, 2001, 10)))
        mean = np.mean([4 + 20 / i for i in range(11, 21)])
        self.assertAlmostEqual(found.losses[1][1], mean)

    def test_the_picture_has_two_curves_that_go_the_right_way(self):
        self.history()
        with Image.open(self.folder / "name.png") as image:
            self.assertEqual(image.size, history.SIZE)
            pixels = np.asarray(image.convert("RGB")).astype(int)
        red_over_blue = pixels[..., 0] - pixels[..., 2]
        for curve, sign in ((red_over_blue > 100, 1), (red_over_blue < -100, -1)):
            y, x = np.nonzero(curve)
            self.assertGreater(x.max() - x.min(), 700)
            left, right = (y[x < x.min() + 60].mean(), y[x > x.max() - 60].mean())
            self.assertGreater(sign * (right - left), 50)  # loss falls, PSNR rises
        # Of loss above, of PSNR below.
        self.assertLess(np.nonzero(red_over_blue > 100)[0].max(),
                        np.nonzero(red_over_blue < -100)[0].min())

    def test_it_is_drawn_while_there_is_little_to_draw(self):
        for points in ([], [[1, 5.0]], [[1, 5.0], [2, 5.0]]):
            self.assertEqual(history.picture("name", 100, points, points).size, history.SIZE)

    def test_a_training_draws_it_and_goes_on_with_it(self):
        def make():
            return History(160, lambda net: 30.0, self.folder / "ecbsr.png")
        self.trainer(history=make()).train(stop_at=81)
        self.assertTrue((self.folder / "ecbsr.png").exists())
        rest = self.trainer(history=make())
        self.assertEqual(len(rest.history.psnrs), 10)
        rest.train()
        self.assertEqual([i for i, _ in rest.history.psnrs], list(range(8, 161, 8)))


if __name__ == "__main__":
    unittest.main()
