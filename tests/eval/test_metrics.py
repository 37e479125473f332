# SPDX-License-Identifier: LGPL-2.1-or-later
"""models/train/metrics.py against closed forms, plain loops and published figures."""

import math
import os
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "models" / "train"), str(ROOT / "tests")]

try:
    import numpy as np
    from PIL import Image
except ImportError as error:
    raise unittest.SkipTest(f"needs Debian's python3-numpy, -pil: {error}")

import metrics  # noqa: E402
from imresize import imresize, taps  # noqa: E402

SHARED = Path(os.environ.get("ECBSR_SHARED", ROOT.parent / "shared"))
BENCHMARK = SHARED / "data" / "benchmark"

# Bicubic on Set5 as papers print it, ×2, ×3, ×4.
PUBLISHED = {2: (33.66, 0.9299), 3: (30.39, 0.8682), 4: (28.42, 0.8104)}


def texture(seed, shape=(24, 31)):
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def window_ssim(a, b):
    """SSIM of one 11x11 window, written out."""
    weights = [[math.exp(-((y - 5) ** 2 + (x - 5) ** 2) / (2 * 1.5 ** 2)) for x in range(11)]
               for y in range(11)]
    total = sum(map(sum, weights))
    samples = [(weights[y][x] / total, float(a[y, x]), float(b[y, x]))
               for y in range(11) for x in range(11)]
    mean_a = sum(w * p for w, p, _ in samples)
    mean_b = sum(w * q for w, _, q in samples)
    var_a = sum(w * (p - mean_a) ** 2 for w, p, _ in samples)
    var_b = sum(w * (q - mean_b) ** 2 for w, _, q in samples)
    both = sum(w * (p - mean_a) * (q - mean_b) for w, p, q in samples)
    c1, c2 = 2.55 ** 2, 7.65 ** 2
    return (2 * mean_a * mean_b + c1) * (2 * both + c2) \
        / ((mean_a ** 2 + mean_b ** 2 + c1) * (var_a + var_b + c2))


class Psnr(unittest.TestCase):
    def test_one_step(self):
        a = texture(1) // 2
        self.assertAlmostEqual(metrics.psnr(a, a + np.uint8(1)), 48.1308, places=4)
        self.assertEqual(metrics.psnr(a, a), math.inf)

    def test_border_does_not_count(self):
        a, b = texture(1), texture(1)
        b[:3] = b[-3:] = 0
        b[:, :3] = b[:, -3:] = 0
        self.assertEqual(metrics.psnr(a, b, 3), math.inf)
        self.assertLess(metrics.psnr(a, b, 2), 40)


class Ssim(unittest.TestCase):
    def test_every_window(self):
        a, b = texture(2), texture(3) // 3 + texture(2) // 2
        windows = [window_ssim(a[y:y + 11, x:x + 11], b[y:y + 11, x:x + 11])
                   for y in range(a.shape[0] - 10) for x in range(a.shape[1] - 10)]
        self.assertAlmostEqual(metrics.ssim(a, b), sum(windows) / len(windows), places=12)

    def test_flat_pictures(self):
        a, b = np.full((16, 16), 100.0), np.full((16, 16), 150.0)
        self.assertAlmostEqual(metrics.ssim(a, b), (2 * 100 * 150 + 2.55 ** 2)
                               / (100 ** 2 + 150 ** 2 + 2.55 ** 2))
        self.assertAlmostEqual(metrics.ssim(a, a), 1)

    def test_border_does_not_count(self):
        a, b = texture(4), texture(4)
        b[:2] = 0
        self.assertAlmostEqual(metrics.ssim(a, b, 2), 1)
        self.assertLess(metrics.ssim(a, b, 1), 0.9999)

    def test_too_small(self):
        with self.assertRaisesRegex(ValueError, "11x11 pixels, not 20x10"):
            metrics.ssim(texture(1, (14, 24)), texture(1, (14, 24)), 2)


@unittest.skipUnless(BENCHMARK.is_dir(), f"needs {BENCHMARK}")
class Published(unittest.TestCase):
    def test_bicubic_on_set5(self):
        for scale, expected in PUBLISHED.items():
            found = np.mean([self.measure(path, scale)
                             for path in sorted((BENCHMARK / "Set5").glob("*.png"))], axis=0)
            self.assertAlmostEqual(found[0], expected[0], delta=0.01)
            self.assertAlmostEqual(found[1], expected[1], delta=0.0005)

    @staticmethod
    def measure(path, scale):
        rgb = np.asarray(Image.open(path).convert("RGB"))
        height, width = (size - size % scale for size in rgb.shape[:2])
        rgb = rgb[:height, :width]
        low = np.round(luma(imresize(rgb, 1 / scale)))
        found = np.round(enlarge(enlarge(low, scale).T, scale).T)
        return metrics.psnr(found, luma(rgb), scale), metrics.ssim(found, luma(rgb), scale)


def luma(rgb):
    return 16 + rgb @ np.array([65.481, 128.553, 24.966]) / 255


def enlarge(rows, scale):
    """imresize() without its rounding."""
    weight, index = taps(len(rows), len(rows) * scale, scale)
    return sum(w[:, None] * rows[i] for w, i in zip(weight.T, index.T))


if __name__ == "__main__":
    unittest.main()
