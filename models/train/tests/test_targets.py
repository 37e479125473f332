# SPDX-License-Identifier: LGPL-2.1-or-later

import unittest

import numpy as np

from models.train import drawn, targets


def lack(low, high, scale):
    return np.sqrt(np.mean((drawn.resize(high.astype(np.float64), 1 / scale) - low) ** 2))


class Truer(unittest.TestCase):

    def test_what_it_lacked_of_the_small_picture_is_put_on(self):
        low = np.random.default_rng(3).uniform(16, 235, (24, 32))
        for scale in (2, 3, 4):
            flat = np.full((24 * scale, 32 * scale), 128.0)
            found = targets.truer(low, flat, scale)
            self.assertLess(lack(low, found, scale), 0.5 * lack(low, flat, scale))

    def test_a_picture_that_is_reduced_to_the_small_one_stays(self):
        high = np.random.default_rng(4).uniform(16, 235, (48, 64))
        low = drawn.resize(high, 1 / 2)
        np.testing.assert_allclose(targets.truer(low, high, 2), high, atol=1e-9)


class Restrained(unittest.TestCase):

    def test_targets_are_truer_than_what_the_network_makes_and_not_steep(self):
        low = np.random.default_rng(5).choice([16, 235], (24, 32)).astype(np.uint8)
        upscale, targets.evaluate.upscale = targets.evaluate.upscale, \
            lambda net, picture, domain: np.full((48, 64), 128.0)
        self.addCleanup(setattr, targets.evaluate, "upscale", upscale)
        (same, found), = targets.restrained(None, [(low, None)], 2, None)
        self.assertIs(same, low)
        self.assertEqual(found.dtype, np.float16)
        self.assertLess(lack(low, found, 2), lack(low, np.full((48, 64), 128.0), 2))
        self.assertLessEqual(found.max(), 235 + drawn.STEEP)
        self.assertGreaterEqual(found.min(), 16 - drawn.STEEP)


if __name__ == "__main__":
    unittest.main()
