# SPDX-License-Identifier: LGPL-2.1-or-later

import sys
import unittest
from pathlib import Path

try:
    import numpy as np
except ImportError as missing:
    raise unittest.SkipTest(f"Python module {missing.name} is not installed") from None

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.soak import record  # noqa: E402


def frames(*times):
    return np.column_stack((times, range(len(times))))


class Gaps(unittest.TestCase):
    def test_in_calm(self):
        calm, rough, n = record.gaps(frames(0, 0.03, 0.2, 0.5, 0.53), [], 1)
        self.assertAlmostEqual(calm, 300)
        self.assertEqual((rough, n), (0, 2))

    def test_while_settling(self):
        """The gap that a switch falls into, and one that only begins in time, count apart."""
        times = frames(9.9, 10.1, 10.9, 11.2, 11.25, 11.4)
        calm, rough, n = record.gaps(times, [10], 1)
        self.assertAlmostEqual(calm, 150)
        self.assertAlmostEqual(rough, 800)
        self.assertEqual(n, 1)

    def test_no_frames(self):
        self.assertEqual(record.gaps(frames(), [3], 1), (0, 0, 0))


class Delays(unittest.TestCase):
    def test_later_than_the_earliest(self):
        """The second frame waits, the third is lost, the fourth has caught up."""
        rows = np.array([[5.0, 0], [5.2, 1], [5.3, 3]])
        np.testing.assert_allclose(record.delays(rows, 10), [0, 100, 0], atol=1e-9)
        self.assertEqual(len(record.delays(rows[:0], 10)), 0)


class Records(unittest.TestCase):
    def test_series(self):
        series = record.Series(2, 2)
        for row in (1, 2), (3, 4), (5, 6):
            series.add(*row)
        np.testing.assert_array_equal(series.rows(), [[1, 2], [3, 4]])

    def test_slope(self):
        times = np.arange(10.0)
        self.assertAlmostEqual(record.slope(np.column_stack((times, 7 + 0.5 * times))), 0.5)
        self.assertEqual(record.slope(np.zeros((0, 2))), 0)

    def test_resident(self):
        before = record.resident()
        block = np.ones(32 << 17)  # 32 MiB
        self.assertGreater(record.resident() - before, 30)
        del block


if __name__ == "__main__":
    unittest.main()
