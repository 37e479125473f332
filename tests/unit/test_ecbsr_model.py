# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tool ecbsr-model: what it prints, where, and its exit status."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOL = os.environ["ECBSR_MODEL"]
GOLDEN = Path(os.environ["ECBSR_GOLDEN"])
TRAINING = GOLDEN / "ecbsr-x2-m4c8-prelu-training-identity.safetensors"
CNN = GOLDEN / "esr-cnn-x2-c2d7s3.safetensors"
BOUNDED = GOLDEN / "ecbsr-x2-m4c16-prelu-bounded.safetensors"
COLORS = GOLDEN / "ecbsr-rgb-x2-m1c8-prelu-replicate.safetensors"
REPLICATE = GOLDEN / "ecbsr-x2-m4c16-prelu-replicate.safetensors"


def run(*arguments, env=None):
    return subprocess.run([TOOL, *map(str, arguments)], capture_output=True,
                          text=True, timeout=60, env=env)


class Show(unittest.TestCase):
    def show_json(self, *paths):
        result = run("show", "--json", *paths)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return [json.loads(line) for line in result.stdout.splitlines()]

    def test_json(self):
        ecbsr, cnn = self.show_json(TRAINING, CNN)
        self.assertEqual(ecbsr["file"], str(TRAINING))
        self.assertEqual(ecbsr["architecture"], "ecbsr")
        self.assertEqual(ecbsr["form"], "training")
        self.assertIs(ecbsr["identity"], True)
        self.assertEqual([ecbsr[key] for key in ("scale", "blocks", "channels")], [2, 4, 8])
        self.assertEqual((ecbsr["parameters"], ecbsr["macs_per_pixel"]), (2748, 2664))
        self.assertEqual(ecbsr["metadata"]["format"], "gst-ecbsr 1")
        self.assertEqual([cnn[key] for key in ("channels", "depth", "squeeze")], [2, 7, 3])
        self.assertEqual((cnn["black"], cnn["white"], cnn["macs_per_pixel"]), (0, 1, 796))
        self.assertEqual(cnn["bytes"], CNN.stat().st_size)

    def test_text(self):
        result = run("show", TRAINING)
        self.assertEqual(result.returncode, 0)
        self.assertIn("MACs per pixel  2664\n", result.stdout)
        self.assertIn("training, with identity\n", result.stdout)
        self.assertIn("trained_on", result.stdout)

    def test_padding(self):
        cnn, replicate = self.show_json(CNN, REPLICATE)
        self.assertEqual((cnn["padding"], replicate["padding"]), ("zero", "replicate"))
        self.assertIn("  padding         replicate\n", run("show", REPLICATE).stdout)

    def test_colors(self):
        cnn, colors = self.show_json(CNN, COLORS)
        self.assertEqual((cnn["colors"], colors["colors"]), (1, 3))
        self.assertIn("  colours         3\n", run("show", COLORS).stdout)

    def test_bounds(self):
        cnn, bounded = self.show_json(CNN, BOUNDED)
        self.assertEqual((cnn["bounded"], bounded["bounded"]), (False, True))
        self.assertIn("  activations     bounded\n", run("show", BOUNDED).stdout)

    def test_awkward_name(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'a "b" \\ \n.safetensors'
            path.write_bytes(CNN.read_bytes())
            shown, = self.show_json(path)
        self.assertEqual(shown["file"], str(path))

    def test_goes_on_after_a_bad_file(self):
        result = run("show", "/nowhere", CNN)
        self.assertEqual(result.returncode, 1)
        self.assertIn("/nowhere", result.stderr)
        self.assertIn("esr-cnn", result.stdout)

    def test_bad_content(self):
        result = run("show", __file__)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("not a safetensors file", result.stderr)


class Fold(unittest.TestCase):
    def test_fold(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "folded.safetensors"
            result = run("fold", TRAINING, path)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
            shown = json.loads(run("show", "--json", path).stdout)
            self.assertEqual(os.listdir(folder), [path.name])
        self.assertEqual((shown["form"], shown["identity"]), ("plain", False))
        self.assertLess(shown["bytes"], TRAINING.stat().st_size)

    def test_cannot_write(self):
        result = run("fold", TRAINING, "/nowhere/x")
        self.assertEqual(result.returncode, 1)
        self.assertIn("/nowhere/x", result.stderr)


class Usage(unittest.TestCase):
    def test_wrong(self):
        for arguments in ((), ("show",), ("fold", TRAINING), ("bend", TRAINING),
                          ("fold", TRAINING, "a", "b"), ("--frob",)):
            result = run(*arguments)
            self.assertEqual((result.returncode, result.stdout), (1, ""), arguments)
            self.assertTrue(result.stderr.startswith("ecbsr-model: "), result.stderr)

    def test_help_and_version(self):
        self.assertIn("fold IN OUT", run("--help").stdout)
        self.assertRegex(run("--version").stdout, r"^ecbsr-model [0-9.]+\n$")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
