# SPDX-License-Identifier: LGPL-2.1-or-later
"""models/train/imresize.py, data.py, patches.py, evaluate.py: some against pictures that
others made."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(PROJECT))
try:
    import torch  # noqa: F401
    from PIL import Image
except ImportError as error:
    raise unittest.SkipTest(f"needs {error.name}") from error
from models.train import camera, data, evaluate, h264, patches  # noqa: E402
from models.train.imresize import imresize  # noqa: E402

SHARED = Path(os.environ.get("ECBSR_SHARED", PROJECT.parent / "shared")) / "data"
BICUBIC = {("Set5", 2): 33.66, ("Set5", 3): 30.39, ("Set5", 4): 28.42,
           ("Set14", 2): 30.23, ("Set14", 3): 27.54, ("Set14", 4): 26.00}


def needs(folder):
    return unittest.skipUnless((SHARED / folder).is_dir(), f"needs {SHARED / folder}")


class Resize(unittest.TestCase):
    @needs("benchmark")
    def test_bit_exact_with_matlab(self):
        n_checked = 0
        for path in sorted((SHARED / "benchmark").glob("*/LR_bicubic/X*/*.png")):
            scale = int(path.parent.name[1:])
            high = data.load_rgb(path.parents[2] / f"{path.stem[:-2]}.png")
            height, width = (size - size % scale for size in high.shape[:2])
            got = imresize(high[:height, :width], 1 / scale)
            np.testing.assert_array_equal(got, data.load_rgb(path), err_msg=str(path))
            n_checked += 1
        self.assertEqual(n_checked, 57)

    def test_constant_and_ramp(self):
        flat = np.full((9, 12), 77, np.uint8)
        np.testing.assert_array_equal(imresize(flat, 1 / 3), np.full((3, 4), 77))
        ramp = np.tile(np.arange(0, 240, 2, dtype=np.uint8), (8, 1))
        np.testing.assert_array_equal(imresize(ramp, 1 / 2)[0, 4:-4], np.arange(17, 225, 4))

    @needs("benchmark")
    def test_bicubic_has_the_figures_of_the_papers(self):
        for (name, scale), want in BICUBIC.items():
            folder = SHARED / "benchmark" / name
            figures = []
            for path in sorted(folder.glob("*.png")):
                high = data.luma(data.load_rgb(path))
                high = high[tuple(slice(size - size % scale) for size in high.shape)]
                # As in those papers, luma is shrunk and enlarged without rounding.
                figures.append(evaluate.psnr(_resize(_resize(high, 1 / scale), scale).round(),
                                             high.round(), scale))
            self.assertAlmostEqual(np.mean(figures), want, delta=0.015, msg=f"{name} x{scale}")


def _resize(picture, factor):
    from models.train.imresize import taps
    for _ in range(2):
        weight, index = taps(picture.shape[0], round(picture.shape[0] * factor), factor)
        picture = np.einsum("ot,otw->ow", weight, picture[index]).T
    return picture


class Pairs(unittest.TestCase):
    def test_luma_of_black_and_white(self):
        ends = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
        np.testing.assert_allclose(data.luma(ends), [[16, 235]])
        np.testing.assert_array_equal(data.luma(np.uint8([[3]])), [[3]])

    @needs("train")
    def test_held_out_photos_are_a_tenth_and_apart(self):
        train, held_out = data.list_photos(SHARED)
        self.assertFalse(set(train) & set(held_out))
        self.assertEqual((len(train), len(held_out)), (207, 23))
        self.assertEqual({path.parent.name for path in train}, set(data.FOLDERS))
        self.assertFalse([path for path in train + held_out if "benchmark" in path.parts])

    def test_patches_fit_and_come_again(self):
        random = np.random.default_rng(0)
        high = random.integers(0, 256, (90, 120), np.uint8)
        pair = high[1::3, 1::3], high
        drawer = patches.Patches([pair], 3, patch=16, batch=64, steep=None)
        low, high = drawer.draw(5)
        self.assertEqual((low.shape, high.shape), ((64, 16, 16), (64, 48, 48)))
        # The centre of each 3x3 block is the small pixel, turned or not, stretched or not.
        np.testing.assert_array_equal(high[:, 1::3, 1::3], low)
        np.testing.assert_array_equal(drawer.draw(5)[0], low)
        self.assertFalse(np.array_equal(drawer.draw(6)[0], low))

    def test_half_of_the_patches_are_of_one_colour(self):
        picture = np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)
        drawn = patches.Patches([(picture, picture)], 1, patch=48, batch=600).draw(0)
        np.testing.assert_array_equal(*drawn)
        wanted = [data.luma(picture), *(16 + picture[..., i] * (219 / 255) for i in range(3))]
        means = np.array([mean for w in wanted for mean in (w.mean(), patches.stretch(w).mean())])
        nearest = np.abs(drawn[0].mean((1, 2))[:, None] - means)
        self.assertLess(nearest.min(1).max(), 0.01)
        shares = np.bincount(nearest.argmin(1) // 2, minlength=4) / 600
        np.testing.assert_allclose(shares, [1 / 2, 1 / 6, 1 / 6, 1 / 6], atol=0.07)

    def test_patches_may_all_be_of_luma(self):
        picture = np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)
        low, _ = patches.Patches([(picture, picture)], 1, batch=50, luma_share=1).draw(0)
        means = [data.luma(picture).mean(), patches.stretch(data.luma(picture)).mean()]
        self.assertLess(np.abs(low.mean((1, 2))[:, None] - means).min(1).max(), 0.01)

    def test_dull_patches_are_rare(self):
        picture = np.full((64, 256), 128, np.uint8)
        picture[:, 128:] = np.random.default_rng(0).integers(0, 256, (64, 128))
        low, _ = patches.Patches([(picture, picture)], 1, patch=8, batch=400).draw(0)
        dull = np.mean([patches.details(patch, 8)[0, 0] < patches.DETAIL for patch in low])
        self.assertGreater(dull, 0.005)
        self.assertLess(dull, 0.25)

    def test_some_patches_go_beyond_black_and_white(self):
        picture = np.random.default_rng(0).choice([16, 235], (64, 64))
        low, high = patches.Patches([(picture, picture)], 1, patch=8, batch=400).draw(0)
        ends = low.reshape(400, -1).min(1), high.reshape(400, -1).max(1)
        self.assertEqual(set(zip(*ends)), {(16, 235), (0, 255)})
        self.assertAlmostEqual(np.mean(ends[0] == 0), patches.STRETCHED, delta=0.05)

    def test_detail_is_the_mean_difference_of_neighbours(self):
        picture = np.random.default_rng(0).integers(0, 256, (9, 7))
        found = patches.details(picture, 4)
        self.assertEqual(found.shape, (6, 4))
        down, right = picture[4:8, 1:5] - picture[3:7, 1:5], picture[3:7, 2:6] - picture[3:7, 1:5]
        self.assertAlmostEqual(found[3, 1], (np.abs(down) + np.abs(right)).sum() / 16, 4)

    def test_a_missing_folder_is_named(self):
        with self.assertRaisesRegex(FileNotFoundError, "nowhere.*Kodak24"):
            data.list_photos("nowhere")


class Camera(unittest.TestCase):
    def setUp(self):
        y, x = np.mgrid[0:96, 0:128]
        self.picture = np.stack([x + 40, 2 * y, 200 - x], axis=2).astype(np.uint8)

    def test_the_same_seed_gives_the_same_picture(self):
        first, again, other = (camera.photograph(self.picture, 2, np.random.default_rng(seed))
                               for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        self.assertTrue((first != other).any())

    def test_it_is_noisy_but_the_same_scene(self):
        clean = imresize(self.picture, 1 / 4).astype(float)
        errors = [camera.photograph(self.picture, 4, np.random.default_rng(seed)) - clean
                  for seed in range(30)]
        self.assertEqual(errors[0].shape, (24, 32, 3))
        self.assertLess(abs(np.mean(errors)), 0.5)
        self.assertGreater(np.std(errors), 1.5)
        self.assertLess(np.std(errors), 12)

    def test_blur_keeps_the_mean_and_flattens(self):
        picture = np.zeros((9, 9))
        picture[4, 4] = 1
        blurred = camera.blur(picture, 0.6)
        self.assertAlmostEqual(blurred.sum(), 1)
        self.assertLess(blurred.max(), 0.6)

    def test_grey_pictures_stay_grey(self):
        low, high = data.make_pair(self.picture[:, :, 0], 2, seed=3)
        self.assertEqual((low.shape, high.shape), ((48, 64), (96, 128)))

    def test_pairs_for_cameras_share_their_large_pictures(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in data.FOLDERS:
                (Path(folder) / "train" / name).mkdir(parents=True)
                for i in range(4):
                    Image.fromarray(np.roll(self.picture, 9 * i, 1)).save(
                        Path(folder) / "train" / name / f"{i}.png")
            train, held_out = data.load_pairs(folder, 2, Path(folder) / "work", "camera")
        n = 64
        self.assertEqual([high.shape for _, high in train[:2]], [(48, 64), (32, 42)],
                         "photos at half and a third of their size")
        self.assertEqual((len(train), len(held_out)), (n * 6, 8))
        for i, (low, high) in enumerate(train):
            np.testing.assert_array_equal(high, train[i % n][1])
            self.assertEqual((low == train[i % n][0]).all(), i < n * 3)

    def test_clean_pairs_are_rgb_at_more_sizes(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in data.FOLDERS:
                (Path(folder) / "train" / name).mkdir(parents=True)
                for i in range(2):
                    Image.fromarray(self.picture).save(
                        Path(folder) / "train" / name / f"{i}.png")
            train, held_out = data.load_pairs(folder, 2, Path(folder) / "work")
            again = data.load_pairs(folder, 2, Path(folder) / "work")[0]
            x4 = data.load_pairs(folder, 4, Path(folder) / "work")[0]
        self.assertEqual((len(train), len(held_out)), (16 * 5, 4))
        self.assertEqual([low.shape for low, _ in train[:5]],
                         [(24, 32, 3), (16, 21, 3), (26, 35, 3), (20, 27, 3), (13, 18, 3)])
        self.assertEqual(len(x4), 16 * 6)
        self.assertEqual(x4[2][1].shape, (64, 88, 3), "0.7 of its own size")
        self.assertEqual(train[0][0].dtype, np.uint8)
        self.assertEqual(held_out[0][1].shape, (48, 64))
        for pair, other in zip(train, again):
            for part, same in zip(pair, other):
                np.testing.assert_array_equal(part, same)


class H264(unittest.TestCase):
    """A picture of odd sides, through an encoder and a decoder."""

    def setUp(self):
        y, x = np.mgrid[0:61, 0:83]
        texture = 40 * np.sin(x / 3) + 30 * np.cos(y / 2)
        self.picture = np.stack([128 + texture, x + y, 200 - x], axis=2).astype(np.uint8)

    def distance(self, quantizer, step):
        sent = h264.send(self.picture, quantizer, step).astype(float)
        self.assertEqual(sent.shape, self.picture.shape)
        return np.abs(sent - self.picture).mean()

    def test_same_scene_and_coarser_is_worse(self):
        for step in (0, 0), (2, -1):
            fine, coarse = self.distance(18, step), self.distance(40, step)
            self.assertLess(fine, 4, step)
            self.assertGreater(coarse, fine + 1, step)

    def test_the_scene_ends_in_place(self):
        pictures = list(h264.pan(self.picture, (2, -1)))
        self.assertEqual(len(pictures), h264.N_FRAMES)
        np.testing.assert_array_equal(pictures[-1], self.picture)
        np.testing.assert_array_equal(pictures[-2][:-2, 1:], self.picture[2:, :-1])

    def test_grey_stays_grey(self):
        grey = self.picture[:, :, 1]
        sent = h264.send(grey, 20, (0, 0))
        self.assertEqual(sent.shape, grey.shape)
        self.assertLess(np.abs(sent.astype(float) - grey).mean(), 4)


class Figures(unittest.TestCase):
    def test_psnr_cuts_the_border(self):
        reference = np.zeros((8, 8))
        picture = np.full((8, 8), 255.0)
        picture[2:-2, 2:-2] = 25.5
        self.assertAlmostEqual(evaluate.psnr(picture, reference, 2), 20)


if __name__ == "__main__":
    unittest.main()
