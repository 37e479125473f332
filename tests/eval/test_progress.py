# SPDX-License-Identifier: LGPL-2.1-or-later
"""Progress of ecbsr-eval: a changing line on a terminal, nothing in a log or a pipe."""

import io
import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src" / "tools" / "eval"))
import progress  # noqa: E402


class Screen(io.StringIO):
    def isatty(self):
        return True


class Steps(unittest.TestCase):
    def run_steps(self, file, seconds_a_step):
        times = iter(range(0, 10**6, seconds_a_step))
        with mock.patch("time.monotonic", lambda: next(times)):
            bar = progress.Progress(100, "pictures", file)
            for _ in range(30):
                bar.step()
        bar.clear()
        return file.getvalue()

    def test_terminal(self):
        said = self.run_steps(Screen(), 2)
        self.assertEqual(said.count("\n"), 0)
        self.assertIn("\r1 of 100 pictures, 3:18 left\033[K", said)
        self.assertIn("\r30 of 100 pictures, 2:20 left\033[K", said)
        self.assertTrue(said.endswith("\r\033[K"))

    def test_log(self):
        self.assertEqual(self.run_steps(io.StringIO(), 20), "")

    def test_clock(self):
        self.assertEqual([progress.clock(seconds) for seconds in (0, 59.6, 3599, 3661)],
                         ["0:00", "1:00", "59:59", "1:01:01"])


if __name__ == "__main__":
    unittest.main()
