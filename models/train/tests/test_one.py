# SPDX-License-Identifier: LGPL-2.1-or-later
"""models/train/one from photos to a model file, with a handful of small ones."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))
try:
    import numpy as np
    import torch  # noqa: F401
    from PIL import Image
except ImportError as error:
    raise unittest.SkipTest(f"needs {error.name}") from error
from models import safetensors_io  # noqa: E402
from models.train import data  # noqa: E402

ONE = ROOT / "models" / "train" / "one"


def make_photos(folder):
    random = np.random.default_rng(1)
    for number in range(3 * len(data.FOLDERS)):
        path = folder / "train" / data.FOLDERS[number % len(data.FOLDERS)] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        small = Image.fromarray(random.integers(0, 256, (40, 40, 3), np.uint8))
        small.resize((320, 320), Image.Resampling.BICUBIC).save(path)


class One(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        make_photos(cls.folder)

    def one(self, name, *words):
        result = subprocess.run(
            [ONE, name, "--scale", "2", "--patch", "30", "--batch", "2", "--threads", "1",
             "--optimizer", "soap", "--drawings", "6", "--data", self.folder, "--work", self.folder,
             "--out", self.folder, *words], capture_output=True, text=True, timeout=120,
            env={**os.environ, "OMP_NUM_THREADS": "1"})
        self.assertEqual(result.returncode, 0, result.stderr)
        return safetensors_io.read(self.folder / f"{name}-x2.safetensors")

    def test_ecbsr_comes_with_int8_data(self):
        tensors, metadata = self.one("ecbsr-m4c8", "--iterations", "20", "--finetune", "5")
        self.assertIn("int8.backbone.5.weight", tensors)
        self.assertGreaterEqual(float(metadata["loss_int8"]), 0)
        self.assertGreaterEqual(float(metadata["loss_bfloat16"]), 0)
        log = (self.folder / "ecbsr-m4c8-x2.log").read_text(encoding="utf-8")
        self.assertIn("calibrated and fine-tuned", log)
        with Image.open(self.folder / "ecbsr-m4c8-x2.png") as image:
            self.assertEqual(image.format, "PNG")
        self.assertEqual(list(self.folder.glob("*.state")), [])

    def test_unless_told_not_to(self):
        tensors, metadata = self.one("esr-cnn", "--iterations", "3", "--no-int8")
        self.assertEqual([name for name in tensors if name.startswith("int8.")], [])
        self.assertNotIn("loss_bfloat16", metadata)

    def test_mixed_with_what_it_began_with(self):
        """Weights between the start's and the trained ones; a share of 0 is the start."""
        start, _ = safetensors_io.read(ROOT / "models" / "esr-cnn-x2.safetensors")
        words = ["esr-cnn", "--iterations", "12", "--peak", "1e-2", "--no-int8",
                 "--start", "esr-cnn-x2"]

        def weights(*more):
            (self.folder / "esr-cnn-x2.safetensors").unlink(missing_ok=True)
            return self.one(*words, *more)[0]["filter.2.weight"]
        trained, none, half = weights(), weights("--mix", "0"), weights("--mix", "0.5")
        np.testing.assert_allclose(none, start["filter.2.weight"], rtol=1e-6)
        self.assertGreater(np.abs(trained - none).max(), 1e-3)
        np.testing.assert_allclose(half, (none + trained) / 2, atol=1e-6)

    def test_one_layer_has_nothing_to_quantise(self):
        _, metadata = self.one("esr-max", "--iterations", "3")
        self.assertNotIn("loss_bfloat16", metadata)


if __name__ == "__main__":
    unittest.main()
