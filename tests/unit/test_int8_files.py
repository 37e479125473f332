# SPDX-License-Identifier: LGPL-2.1-or-later
"""Model files with int8 data, good and broken, through ecbsr-model."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "models"))

try:
    import numpy as np
    import safetensors_io
except ModuleNotFoundError as error:
    raise unittest.SkipTest(f"needs Debian's python3-numpy: {error}")

TOOL = os.environ["ECBSR_MODEL"]
GOOD = Path(os.environ["ECBSR_GOLDEN"]) / "int8-ecbsr-x2-m4c16-prelu.safetensors"
LAYER = "int8.backbone.2"


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "model.safetensors"
        self.tensors, self.metadata = safetensors_io.read(GOOD)

    def show(self, path):
        return subprocess.run([TOOL, "show", str(path)], capture_output=True, text=True,
                              timeout=60)

    def refused(self, *pieces):
        safetensors_io.write(self.path, self.tensors, self.metadata)
        result = self.show(self.path)
        self.assertEqual(result.returncode, 1)
        for piece in (self.path.name, *pieces):
            self.assertIn(piece, result.stderr)

    def test_good(self):
        self.assertEqual(self.show(GOOD).returncode, 0)

    def test_each_missing_tensor(self):
        for part in ("weight_scale", "bias", "input_scale"):
            kept = self.tensors.pop(f"{LAYER}.{part}")
            self.refused(f"{LAYER}.{part}", "missing")
            self.tensors[f"{LAYER}.{part}"] = kept

    def test_zero_points_may_be_missing(self):
        del self.tensors[f"{LAYER}.input_zero"]
        safetensors_io.write(self.path, self.tensors, self.metadata)
        self.assertEqual(self.show(self.path).returncode, 0)
        folded = self.path.with_name("folded.safetensors")
        subprocess.run([TOOL, "fold", str(self.path), str(folded)], check=True, timeout=60)
        zero = safetensors_io.read(folded)[0][f"{LAYER}.input_zero"]
        np.testing.assert_array_equal(zero, np.zeros(16, np.int8))

    def test_zero_points_of_another_shape(self):
        self.tensors[f"{LAYER}.input_zero"] = np.zeros(8, np.int8)
        self.refused(f"{LAYER}.input_zero", "[8]", "[16]")

    def test_a_layer_without(self):
        del self.tensors[f"{LAYER}.weight"]
        self.refused(f"{LAYER}.weight", "missing")

    def test_first_layer_with(self):
        self.tensors["int8.backbone.0.bias"] = np.zeros(16, np.float32)
        self.refused("int8.backbone.0.bias", "not part of this network")

    def test_floats_for_bytes(self):
        self.tensors[f"{LAYER}.weight"] = self.tensors[f"{LAYER}.weight"].astype(np.float32)
        self.refused(f"{LAYER}.weight", "F32", "expected I8")

    def test_bytes_for_floats(self):
        self.tensors["backbone.1.conv3x3.bias"] = np.zeros(16, np.int8)
        self.refused("backbone.1.conv3x3.bias", "I8")

    def test_steps_of_nothing(self):
        for value in (0, -1):
            self.tensors[f"{LAYER}.input_scale"] = np.array([value], np.float32)
            self.refused(f"{LAYER}.input_scale", "not above 0")

    def test_slopes_beyond_1(self):
        self.tensors["backbone.2.act.weight"][5] = 1.25
        self.refused("int8", "layer 2", "output 5", "1.25")

    def test_values_beyond_32_bits(self):
        self.tensors[f"{LAYER}.bias"][3] = 1e30
        self.refused("layer 2", "output 3", "input_scale")
        self.tensors[f"{LAYER}.bias"][3] = 0
        self.tensors["backbone.2.act.weight"][3] = -1e9
        self.refused("layer 2", "output 3", "input_scale")

    def test_shape(self):
        self.tensors[f"{LAYER}.weight"] = self.tensors[f"{LAYER}.weight"][:8]
        self.refused(f"{LAYER}.weight", "[8, 16, 3, 3]", "[16, 16, 3, 3]")

    def test_loss(self):
        for key in ("loss_int8", "loss_bfloat16"):
            for value in ("-0.1", "much", "nan", ""):
                self.metadata[key] = value
                self.refused(key)
            del self.metadata[key]

    def test_fold_keeps_it(self):
        subprocess.run([TOOL, "fold", str(GOOD), str(self.path)], check=True, timeout=60)
        tensors, metadata = safetensors_io.read(self.path)
        self.assertEqual(metadata, {**self.metadata, "form": "plain"})
        self.assertEqual(set(tensors), set(self.tensors))
        for name, array in self.tensors.items():
            np.testing.assert_array_equal(tensors[name], array, name)
            self.assertEqual(tensors[name].dtype, array.dtype)


if __name__ == "__main__":
    unittest.main()
