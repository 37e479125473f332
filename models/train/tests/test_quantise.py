# SPDX-License-Identifier: LGPL-2.1-or-later
"""models/train/quantise.py on files that others trained: of three colours, in training
form, with any pictures."""

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
    from models import safetensors_io
    from models.train import finetune, fold, int8, pictures, quantise
except ModuleNotFoundError as error:
    raise unittest.SkipTest(f"needs Debian's python3-numpy, -pil and -torch: {error}")

GOLDEN = ROOT / "tests" / "golden"


def scene(seed, size=(216, 200)):
    """Coloured blots with sharp edges."""
    random = np.random.default_rng(seed)
    coarse = random.random((size[1] // 8, size[0] // 8, 3)).astype(np.float32)
    level = np.stack([np.asarray(Image.fromarray(part).resize(size, Image.Resampling.BICUBIC))
                      for part in coarse.transpose(2, 0, 1)], axis=2)
    return np.clip(40 + 130 * (level > 0.5) + 60 * level, 0, 255).astype(np.uint8)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.pictures = self.folder / "pictures"
        (self.pictures / "more").mkdir(parents=True)
        for i in range(4):
            Image.fromarray(scene(i)).save(self.pictures / f"{i}.png")
        Image.fromarray(scene(4)[..., 0]).save(self.pictures / "more" / "grey.PNG")
        self.addCleanup(torch.set_num_threads, torch.get_num_threads())
        torch.set_num_threads(1)

    def run_on(self, name, *arguments):
        self.out = self.folder / "out.safetensors"
        return subprocess.run(
            [ROOT / "models" / "train" / "quantise.py", GOLDEN / f"{name}.safetensors",
             "--out", self.out, "--pictures", self.pictures, "--iterations", "0", *arguments],
            capture_output=True, text=True, check=False)

    def quantised(self, name, *arguments):
        done = self.run_on(name, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return safetensors_io.read(self.out)

    def refuse(self, name, reason, *arguments):
        done = self.run_on(name, *arguments)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertRegex(done.stderr.splitlines()[-1], reason)
        self.assertFalse(self.out.exists())


class Files(Case):
    def test_three_colours(self):
        for name in ("ecbsr-rgb-x2-m1c8-prelu-replicate", "ecbsr-rgb-x1-m1c8-prelu",
                     "ecbsr-rgb-x3-m1c40-prelu"):
            with self.subTest(name):
                tensors, metadata = self.quantised(name)
                layers = int8.layers_of(tensors, metadata)
                self.assertEqual(layers[-1].q_weight.shape[0], 3 * int(metadata["scale"]) ** 2)
                self.assertLess(float(metadata["loss_int8"]), 1)  # weights are random
                self.assertLess(float(metadata["loss_bfloat16"]), 0.1)
                x = quantise.to_network(scene(9), metadata)
                exact, coarse = (int8.apply_head(metadata, y, x) for y in (
                    int8.run_float(layers, x)[0], int8.run_int8(layers, x)))
                black, white = quantise.luma_range(metadata)
                self.assertLess((exact - coarse).abs().mean(), 0.03 * (white - black))

    def test_training_form_is_folded(self):
        name = "ecbsr-rgb-x2-m1c12-prelu-training-identity"
        tensors, metadata = self.quantised(name)
        self.assertEqual((metadata["form"], metadata["identity"]), ("plain", "false"))
        image, output = (safetensors_io.read(GOLDEN / f"{name}.io.safetensors")[0][part]
                         for part in ("input", "output"))
        x = torch.from_numpy(image.copy())[None]
        y = int8.apply_head(metadata, int8.run_float(int8.layers_of(tensors, metadata), x)[0], x)
        np.testing.assert_allclose(y[0].numpy(), output, rtol=0, atol=1e-5 * np.ptp(output))

    def test_luma_with_pictures_of_ones_own(self):
        tensors, metadata = self.quantised("ecbsr-x2-m1c3-prelu")
        self.assertIn("int8.backbone.1.weight", tensors)
        self.assertIn("loss_int8", metadata)

    def test_what_cannot_be_is_said(self):
        self.refuse("ecbsr-rgb-x4-m0c8-softplus", "activation softplus has no int8 form")
        self.refuse("esr-max-x2-k5c2-replicate", "one layer has nothing to quantise")
        self.refuse("ecbsr-rgb-x2-m1c8-prelu-replicate", "too few pictures of at least 128x128", "--pictures",
                    self.small_pictures())
        self.refuse("ecbsr-rgb-x2-m1c8-prelu-replicate", "1 pictures .*at least two", "--pictures",
                    self.pictures / "more")
        self.refuse("ecbsr-rgb-x2-m1c8-prelu-replicate", "0 pictures", "--pictures", self.folder / "none")

    def small_pictures(self):
        folder = self.folder / "small"
        folder.mkdir()
        for i in range(3):
            Image.fromarray(scene(i, (120, 200))).save(folder / f"{i}.png")
        return folder


class Colors(Case):
    def load(self, name):
        return fold.fold(*safetensors_io.read(GOLDEN / f"{name}.safetensors"))

    def test_pictures_there_and_back(self):
        _, metadata = self.load("ecbsr-rgb-x2-m1c8-prelu-replicate")
        x = quantise.to_network(scene(1), metadata)
        black, white = quantise.luma_range(metadata)
        self.assertEqual(x.shape, (1, 3, 200, 216))
        self.assertAlmostEqual(float(x[0, 2, 7, 9]),
                               black + scene(1)[7, 9, 2] * (white - black) / 255, 5)
        np.testing.assert_allclose(quantise.from_network(x, metadata), scene(1), atol=1e-4)

    @torch.no_grad()
    def test_fine_tuning_sees_what_the_engine_does(self):
        tensors, metadata = self.load("ecbsr-rgb-x2-m1c8-prelu-replicate")
        pairs = pictures.pairs_of(sorted(self.pictures.glob("*.png")), 2, 3, 64)
        low = quantise.crops(pairs, metadata, finetune.PATCH, finetune.BATCH, 5)(0)[0]
        layers = quantise.calibrate(tensors, metadata, low, 1)
        net = finetune.Int8Net(layers, "replicate")
        self.assertTrue(torch.equal(net(low), int8.run_int8(layers, low, "replicate")))
        exact, _ = int8.run_float(layers, low, "replicate")
        off = torch.tensor([0.0, 2, 0, 0]).view(4, 1, 1, 1)
        high = int8.apply_head(metadata, exact + off, low)
        target, weight = finetune.wanted(layers, low, high, 2, "replicate")
        wanted = exact + off * finetune.SHARE_OF_PHOTO
        self.assertLess((target - wanted).abs().max(), 1e-4 * exact.abs().max())
        expected = [1 / finetune.FLOOR, 1 / (4 + finetune.FLOOR)]
        np.testing.assert_allclose(weight.flatten()[:2], expected, rtol=1e-3)

    def test_crops_are_cut_from_the_same_place(self):
        pairs = [(scene(0)[::2, ::2], scene(0))]
        source = pictures.Crops(pairs, 2, 32, 3, seed=1)
        low, high = source.draw(5)
        self.assertEqual((low.shape, high.shape), ((3, 32, 32, 3), (3, 64, 64, 3)))
        # Turned pictures begin at other pixels of the larger one's 2x2.
        near = [np.all(high[:, y::2, x::2] == low, axis=(1, 2, 3)) for y in (0, 1) for x in (0, 1)]
        self.assertTrue(np.any(near, axis=0).all())
        np.testing.assert_array_equal(source.draw(5)[0], low)


if __name__ == "__main__":
    unittest.main()
