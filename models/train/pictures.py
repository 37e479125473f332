# SPDX-License-Identifier: LGPL-2.1-or-later
"""Any folder of pictures as pairs of small and large, for a network of luma or of R, G, B.

The large ones are the middles of the pictures, the small ones what bicubic reduction
makes of them. Three colours stay 8-bit RGB, [height, width, 3].
"""

import numpy as np

from models.picture_files import SUFFIXES, is_picture
from models.train.data import load_rgb, make_pair, whole
from models.train.imresize import imresize

LARGEST = 480  # small pixels of a picture's middle, down and across
HELD_OUT_EVERY = 5


def find(folder):
    """(paths to calibrate with, paths held out) of the pictures in `folder` and below it.

    ValueError where there are fewer than two.
    """
    paths = sorted(path for path in folder.rglob("*") if is_picture(path))
    if len(paths) < 2:
        raise ValueError(f"{folder}: {len(paths)} pictures ({', '.join(SUFFIXES)}); at least two "
                         "are needed, one to calibrate with and one to measure by")
    held_out = paths[1::HELD_OUT_EVERY]
    return [path for path in paths if path not in set(held_out)], held_out


def as_rgb(picture):
    return picture if picture.ndim == 3 else picture[..., None].repeat(3, axis=2)


def pair_of(path, scale, colors):
    picture = load_rgb(path)
    y, x = (max(0, (n - LARGEST * scale) // 2) for n in picture.shape[:2])
    picture = whole(picture[y:y + LARGEST * scale, x:x + LARGEST * scale], scale)
    if colors == 1:
        return make_pair(picture, scale)
    picture = as_rgb(picture)
    return imresize(picture, 1 / scale), picture


def pairs_of(paths, scale, colors, smallest):
    """Those of `paths` that have `smallest` small pixels down and across, as pairs."""
    pairs = (pair_of(path, scale, colors) for path in paths)
    return [pair for pair in pairs if min(pair[0].shape[:2]) >= smallest]


class Crops:
    """Draws batches of `batch` squares of `size` small pixels of pairs of RGB. Batch
    number i is always the same."""

    def __init__(self, pairs, scale, size, batch, seed):
        self.pairs, self.scale, self.size = pairs, scale, size
        self.batch, self.seed = batch, seed

    def draw(self, number):
        """Arrays (low, high), [batch, size, size, 3]."""
        random = np.random.default_rng((self.seed, number))
        return tuple(np.stack(parts) for parts in zip(*(self._cut(random)
                                                        for _ in range(self.batch))))

    def _cut(self, random):
        pair = self.pairs[random.integers(len(self.pairs))]
        y, x = (random.integers(n - self.size + 1) for n in pair[0].shape[:2])
        turns = random.integers(4)
        return [np.rot90(part[k * y:k * (y + self.size), k * x:k * (x + self.size)], turns)
                for k, part in zip((1, self.scale), pair)]
