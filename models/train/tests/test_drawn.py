# SPDX-License-Identifier: LGPL-2.1-or-later
"""models/train/drawn.py: each kind draws what it says, again and again the same."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
try:
    import numpy as np
    import torch  # noqa: F401
    from PIL import Image  # noqa: F401
except ImportError as error:
    raise unittest.SkipTest(f"needs {error.name}") from error
from models.train import drawn, patches  # noqa: E402
from models.train.imresize import imresize  # noqa: E402

FONTS = bool(drawn.fonts()) and bool(drawn.fonts(True))
NEED_FONTS = {drawn.text, drawn.screen}


def draw(kind, seed, size=64, scale=2):
    return kind(np.random.default_rng(seed), size, scale)


class Kinds(unittest.TestCase):
    def kinds(self):
        for kind in {**drawn.KINDS, **drawn.SMALL_KINDS}:
            if FONTS or kind not in NEED_FONTS:
                yield kind

    def test_each_is_a_picture_that_comes_again_and_is_another_with_another_seed(self):
        for kind in self.kinds():
            for scale in (1, 2, 4):
                first, again, *others = (draw(kind, seed, scale=scale) for seed in (1, 1, 2, 3))
                self.assertEqual((first.shape, first.dtype), ((64, 64), np.uint8), kind.__name__)
                np.testing.assert_array_equal(first, again, kind.__name__)
                self.assertTrue(any((first != other).any() for other in others), kind.__name__)

    def test_hardly_any_is_empty(self):
        for kind in self.kinds():
            if kind is drawn.flat:
                continue
            spans = [np.ptp(draw(kind, seed).astype(int)) for seed in range(20)]
            self.assertGreater(np.mean(np.array(spans) >= 15), 0.7, kind.__name__)

    def test_thin_lines_and_dots_are_there(self):
        """Of one, two and three pixels."""
        widths = set()
        for seed in range(40):
            picture = draw(drawn.grid_of_dots, seed, 96)
            ink = picture != np.bincount(picture.ravel()).argmax()
            for line in (*ink, *ink.T):
                edges = np.flatnonzero(np.diff(np.concatenate(([0], line, [0]))))
                widths.update(edges[1::2] - edges[::2])
        self.assertLessEqual({1, 2, 3}, widths)

    def test_checkers_have_every_period(self):
        first = [draw(drawn.checkers, seed, 64, 1)[0] for seed in range(80)]
        runs = {int(np.diff(np.flatnonzero(np.diff(row.astype(int)))).min(initial=99))
                for row in first}
        self.assertLessEqual({1, 2, 3, 4}, runs)

    @unittest.skipUnless(FONTS, "needs fonts")
    def test_text_is_of_both_polarities_and_its_fonts_are_apart(self):
        self.assertFalse(set(drawn.fonts()) & set(drawn.fonts(True)))
        means = [draw(drawn.text, seed).mean() for seed in range(40)]
        self.assertGreater(max(means), 200)
        self.assertLess(min(means), 60)


class Pairs(unittest.TestCase):
    def test_large_ones_are_reduced_as_photos_are(self):
        seeds = [(1, i) for i in range(30)]
        small = [drawn.is_small(seed) for seed in seeds]
        self.assertTrue(any(small) and not all(small))
        for seed, is_small in zip(seeds, small):
            if not FONTS:
                self.skipTest("needs fonts")
            low, high = drawn.pair(seed, 2, size=32)
            self.assertEqual((low.shape, high.shape), ((32, 32), (64, 64)))
            if not is_small:
                np.testing.assert_array_equal(low, imresize(high, 1 / 2))

    def test_plausible_pictures_are_smooth_consistent_and_not_steep(self):
        dot = np.full((32, 32), 255.0)
        dot[16, 16] = 0
        flat = drawn.plausible(np.full((8, 8), 77.0), 3)
        np.testing.assert_allclose(flat, np.full((24, 24), 77))
        high = drawn.plausible(dot, 2)
        self.assertLessEqual(high.max(), 255 + drawn.STEEP)
        self.assertLess(np.abs(drawn.resize(high, 1 / 2) - dot)[4:-4, 4:-4].max(), 60)

    def test_what_is_nearby(self):
        low = np.zeros((2, 9, 11), np.float32)
        low[1, 4, 5] = 7
        least, largest = drawn.surroundings(low)
        self.assertFalse(least.any() or largest[0].any())
        self.assertEqual((largest[1] == 7).sum(), 49)
        self.assertTrue((largest[1, 1:8, 2:9] == 7).all())
        high = np.full((2, 18, 22), 99.0)
        limited = drawn.limit(low, high, 10)
        self.assertEqual(set(limited[0].ravel()), {10})
        self.assertEqual(limited[1, 8, 10], 17)
        self.assertEqual(limited[1, 0, 0], 10)


class Contexts(unittest.TestCase):
    """patches.py: what surrounds a patch, and where pictures end."""

    def setUp(self):
        y, x = np.mgrid[:40, :50]
        self.low = (2 * y + x).astype(np.float32)
        self.high = self.low.repeat(2, 0).repeat(2, 1)

    def test_pictures_go_on_mirrored(self):
        found = patches.continued(self.low, -3, 45, 10)
        want = np.pad(self.low, 10, mode="symmetric")[7:17, 55:65]
        np.testing.assert_array_equal(found, want)

    def test_many_patches_end_with_the_picture_and_all_count_inside(self):
        drawer = patches.Patches([(self.low, self.high)], 2, 20, 200, context=4, steep=None)
        drawer.details = [np.full_like(drawer.details[0], 99)]
        low, high = drawer.draw(0)
        np.testing.assert_allclose(high[:, ::2, ::2], low)
        # A border shows in the context: the last rows or columns inside come again.
        same = [(patch[3] == patch[4]).all() or (patch[-4] == patch[-5]).all()
                or (patch[:, 3] == patch[:, 4]).all() or (patch[:, -4] == patch[:, -5]).all()
                for patch in low]
        self.assertGreater(np.mean(same), 0.4)
        self.assertLess(np.mean(same), 0.9)
        inside = low[:, 4:-4, 4:-4]
        self.assertTrue((np.abs(np.diff(inside, axis=1)) > 0).all())

    def test_drawn_pictures_are_a_share_and_steep_targets_are_cut(self):
        bright = [(np.full((40, 40), 300, np.float16), np.full((80, 80), 500, np.float16))]
        drawer = patches.Patches([(self.low, self.high)], 2, 20, 400, context=2,
                                 drawn=(bright, bright))
        low, high = drawer.draw(0)
        is_drawn = low.min((1, 2)) > 250
        self.assertAlmostEqual(is_drawn.mean(), patches.DRAWN_SHARE, delta=0.06)
        over = high[is_drawn].max((1, 2)) - low[is_drawn].max((1, 2))
        np.testing.assert_allclose(over, patches.STEEP, atol=0.1)


if __name__ == "__main__":
    unittest.main()
