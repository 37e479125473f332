# SPDX-License-Identifier: LGPL-2.1-or-later
"""Training photos: which, how they become luma pairs, how patches are drawn."""

import hashlib
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from models.train import camera, h264
from models.train.imresize import imresize, round_half_up

# Folders of DATA/train whose terms allow weights to be given away.
FOLDERS = ("Kodak24", "CameraPhotos", "WallElementary", "WallBudgie", "WallPopOS")
HELD_OUT_EVERY = 10
DETAIL = 3.0  # mean difference of neighbouring samples; below it a patch is dull
KEEP_DULL = 0.1
TRIES = 8
CAMERA_VARIANTS = 3

# Photos are trained on at half size: a camera's own pixels are softened by lens
# and demosaicing and carry its noise, and networks that learn to restore sharp
# pictures from sharp ones are better on both (M4C8 ×2, 2,000 iterations: on photos
# that were held out 0.02 dB at full size, 0.05 dB at half size).
REDUCTION = 0.5

PROJECT = Path(__file__).resolve().parents[2]
DEFAULT_DATA = Path(os.environ.get("ECBSR_SHARED", PROJECT.parent / "shared")) / "data"
DEFAULT_WORK = Path.home() / ".cache" / "gst-ecbsr" / "train"


def luma(picture):
    """BT.601 luma, 16 to 235, not rounded. Grey pictures are luma already."""
    picture = picture.astype(np.float64)
    if picture.ndim == 2:
        return picture
    return 16 + picture @ np.array([65.481, 128.553, 24.966]) / 255


def load_rgb(path):
    """A picture as uint8: [height, width, 3], or [height, width] if it is grey."""
    with Image.open(path) as image:
        return np.asarray(image if image.mode == "L" else image.convert("RGB"))


def reduce(picture):
    return round_half_up(imresize(picture, REDUCTION)).astype(np.uint8)


def make_pair(picture, scale, seed=None):
    """(low, high): uint8 luma, high a multiple of `scale`, low shrunk in RGB.

    With a seed, low is what a camera sends (camera.py).
    """
    height, width = (size - size % scale for size in picture.shape[:2])
    high = picture[:height, :width]
    if seed is None:
        low = imresize(high, 1 / scale)
    else:
        low = camera.photograph(high, scale, np.random.default_rng(seed))
    return tuple(round_half_up(luma(part)).astype(np.uint8) for part in (low, high))


def list_photos(data):
    """(photos to train on, photos held out), sorted so that all runs agree."""
    photos = []
    for folder in FOLDERS:
        found = sorted((Path(data) / "train" / folder).glob("*.*"))
        if not found:
            raise FileNotFoundError(f"no photos in {Path(data) / 'train' / folder}")
        photos += found
    held_out = photos[::HELD_OUT_EVERY]
    return [photo for photo in photos if photo not in set(held_out)], held_out


def load_pairs(data, scale, work, content="clean"):
    """(pairs to train on, pairs held out). Made once, kept in `work`.

    For cameras, each photo to train on is there CAMERA_VARIANTS times, degraded
    differently, and as many times clean: M4C8 ×2 loses 0.5 dB on clean pictures
    then, and 1.1 dB where three of four are degraded.
    """
    chosen = list_photos(data)
    if content == "clean":
        return tuple(_pairs(part, scale, work, [None]) for part in chosen)
    clean = _pairs(chosen[0], scale, work, [None]) * CAMERA_VARIANTS
    degraded = _pairs(chosen[0], scale, work, range(1, CAMERA_VARIANTS + 1))
    return clean + degraded, _pairs(chosen[1], scale, work, [0])


def _pairs(photos, scale, work, seeds):
    return [pair for seed in seeds for pair in _pairs_of_seed(photos, scale, Path(work), seed)]


def _pairs_of_seed(photos, scale, work, seed):
    known = repr([REDUCTION, *((p.name, p.stat().st_size) for p in photos)]).encode()
    if seed is not None:
        known += Path(camera.__file__).read_bytes() + Path(h264.__file__).read_bytes()
    key = hashlib.sha256(known).hexdigest()[:12]
    kind = "clean" if seed is None else f"camera{seed}"
    path = work / f"pairs-x{scale}-{kind}-{key}.npz"
    if not path.exists():
        _save_pairs(path, photos, scale, seed)
    with np.load(path) as store:
        return [(store[f"low{i}"], store[f"high{i}"]) for i in range(len(photos))]


def _save_pairs(path, photos, scale, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not by fork: where GStreamer (h264.py) has begun, a copy of the process hangs.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=2, mp_context=context) as pool:
        seeds = [None if seed is None else (seed, i) for i in range(len(photos))]
        pairs = list(pool.map(_pair_of_file, photos, [scale] * len(photos), seeds))
    arrays = {f"low{i}": low for i, (low, _) in enumerate(pairs)}
    arrays.update({f"high{i}": high for i, (_, high) in enumerate(pairs)})
    temporary = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(temporary, **arrays)
    temporary.replace(path)


def _pair_of_file(path, scale, seed):
    return make_pair(reduce(load_rgb(path)), scale, seed)


class Patches:
    """Draws batches. Batch number i is always the same: nothing to save or resume."""

    def __init__(self, pairs, scale, patch=48, batch=16, seed=0):
        self.pairs = [pair for pair in pairs if min(pair[0].shape) >= patch]
        if not self.pairs:
            raise ValueError(f"no picture holds a patch of {patch}x{patch}")
        self.scale, self.patch, self.batch, self.seed = scale, patch, batch, seed
        area = np.array([low.size for low, _ in self.pairs], float)
        self.cumulative = np.cumsum(area / area.sum())

    def draw(self, number):
        """uint8 arrays (low, high), [batch, size, size]."""
        random = np.random.default_rng((self.seed, number))
        low = np.empty((self.batch, self.patch, self.patch), np.uint8)
        high = low.repeat(self.scale, axis=1).repeat(self.scale, axis=2)
        for i in range(self.batch):
            low[i], high[i] = self._draw_one(random)
        return low, high

    def _draw_one(self, random):
        for _ in range(TRIES):
            low, high = self._cut(random)
            if random.random() < KEEP_DULL or detail(low) >= DETAIL:
                break
        turns, mirror = random.integers(4), random.integers(2)
        return tuple(np.rot90(part[:, ::-1] if mirror else part, turns)
                     for part in (low, high))

    def _cut(self, random):
        which = np.searchsorted(self.cumulative, random.random() * self.cumulative[-1])
        low, high = self.pairs[which]
        s, n = self.scale, self.patch
        y, x = (random.integers(size - n + 1) for size in low.shape)
        return low[y:y + n, x:x + n], high[y * s:(y + n) * s, x * s:(x + n) * s]


def detail(patch):
    patch = patch.astype(np.int16)
    return np.abs(np.diff(patch, axis=0)).mean() + np.abs(np.diff(patch, axis=1)).mean()
