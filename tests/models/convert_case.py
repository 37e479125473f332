# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of models/convert.py share: a folder, and running it there."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "models"), str(ROOT / "models")]

try:
    import convert
    from safetensors_io import read
except ModuleNotFoundError as error:
    raise unittest.SkipTest(f"needs Debian's python3-numpy: {error}")

SHARED = Path(os.environ.get("ECBSR_SHARED", ROOT.parent / "shared"))


class ConvertCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.canary = self.folder / "canary"
        self.output = self.folder / "out.safetensors"

    def checkpoint(self, data, name="eSR-MAX_s2_K3_C1.model"):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def convert(self, path, *options):
        """Converts in this process; returns (tensors, metadata)."""
        with contextlib.redirect_stdout(io.StringIO()):
            convert.main([str(path), str(self.output), *options])
        result = read(self.output)
        self.output.unlink()
        return result

    def assert_refused(self, data, expected, *options, name="eSR-MAX_s2_K3_C1.model"):
        """One line that says `expected`; nothing executed, nothing written."""
        path = self.checkpoint(data, name)
        with self.assertRaises(SystemExit) as caught:
            convert.main([str(path), str(self.output), *options])
        message = caught.exception.code
        self.assertIsInstance(message, str)
        self.assertTrue(message.startswith("convert.py: "), message)
        self.assertTrue(message.isprintable(), message)
        self.assertLess(len(message), 400)
        self.assertRegex(message, expected)
        self.assert_untouched(path)
        path.unlink()

    def assert_untouched(self, path):
        self.assertFalse(self.canary.exists(), "the pickle was executed")
        self.assertEqual([entry.name for entry in self.folder.iterdir()], [path.name])

    def run_program(self, *args, **options):
        return subprocess.run([sys.executable, ROOT / "models" / "convert.py", *map(str, args)],
                              capture_output=True, text=True, cwd=self.folder, check=False,
                              timeout=60, **options)
