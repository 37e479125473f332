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
DETAIL = 5.0  # mean difference of neighbouring samples; below it a patch is dull
KEEP_DULL = 0.08
TRIES = 8

# The share of patches whose luma fills 0..255. Video may go beyond black and white,
# where a network that never saw it does anything: M4C16 ×2 lost 9 dB on Set14's
# `bridge`.
STRETCHED = 0.1
CAMERA_VARIANTS = 3

# Photos are trained on at half and a third of their size: a camera's own pixels are
# softened by lens and demosaicing and carry its noise, and networks that learn to
# restore sharp pictures from sharp ones are better on both (M4C8 ×2, 2,000
# iterations, against full size: on photos that were held out 0.02 dB at full size,
# 0.05 dB at half size).
REDUCTIONS = (1 / 2, 1 / 3)

# Clean trainings see each photo at further sizes, and half of their patches are not of
# luma but of one of R, G and B, which are pictures as well: the larger networks learn
# the photos by heart otherwise (M4C16 ×4: 50,000 more iterations without brought
# nothing on photos that were held out, 18,000 with it 0.019 dB).
MORE_REDUCTIONS = (0.55, 0.42, 0.28)
LUMA_SHARE = 0.5

# Large pictures lack only what ×4 restores least: M4C16 ×4 had 26.788 dB on photos that
# were held out after 5,000 more iterations without these sizes, 26.803 with them. At ×2
# they cost M10C16 0.012 dB, and M4C16 nothing.
X4_REDUCTIONS = (1, 0.7)

PROJECT = Path(__file__).resolve().parents[2]
DEFAULT_DATA = Path(os.environ.get("ECBSR_SHARED", PROJECT.parent / "shared")) / "data"
STATES = PROJECT / "models" / "train" / "state"  # of trainings that are not done
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


def whole(picture, scale):
    """`picture` without what is beyond a multiple of `scale`."""
    height, width = (size - size % scale for size in picture.shape[:2])
    return picture[:height, :width]


def make_pair(picture, scale, seed=None):
    """(low, high): luma, high a multiple of `scale`, low shrunk in RGB.

    Luma of 8-bit RGB has more than 8 bits, and they are kept, as float16: M4C8 ×2 is
    0.05 dB better after 3,000 iterations than with luma rounded to 8. With a seed, low
    is what a camera sends (camera.py), and is rounded as that is.
    """
    high = whole(picture, scale)
    if seed is None:
        low = imresize(high, 1 / scale)
    else:
        low = camera.photograph(high, scale, np.random.default_rng(seed))
    low, high = luma(low), luma(high)
    return tuple(part.astype(np.float16)
                 for part in (low if seed is None else round_half_up(low), high))


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

    Pairs are of luma, those to train on clean pictures with of RGB. For cameras, each
    photo to train on is there CAMERA_VARIANTS times, degraded differently, and as many
    times clean: M4C8 ×2 loses 0.5 dB on clean pictures then, and 1.1 dB where three of
    four are degraded.
    """
    chosen = list_photos(data)
    if content == "clean":
        return _rgb_pairs(chosen[0], scale, Path(work)), _pairs(chosen[1], scale, work, [None])
    clean = _pairs(chosen[0], scale, work, [None]) * CAMERA_VARIANTS
    degraded = _pairs(chosen[0], scale, work, range(1, CAMERA_VARIANTS + 1))
    return clean + degraded, _pairs(chosen[1], scale, work, [0])


def _pairs(photos, scale, work, seeds):
    return [pair for seed in seeds for pair in _pairs_of_seed(photos, scale, Path(work), seed)]


def _pairs_of_seed(photos, scale, work, seed):
    kind = "clean" if seed is None else f"camera{seed}"
    code = [] if seed is None else [camera, h264]
    jobs = [(photo, reduction, scale) for photo in photos for reduction in REDUCTIONS]
    seeds = [None if seed is None else (seed, i) for i in range(len(jobs))]
    path = work / f"pairs-x{scale}-{kind}-{_key(photos, REDUCTIONS, code)}.npz"
    return _kept_pairs(path, _pair_of_file, jobs, seeds)


def _rgb_pairs(photos, scale, work):
    reductions = REDUCTIONS + (X4_REDUCTIONS if scale == 4 else ()) + MORE_REDUCTIONS
    jobs = [(photo, reduction, scale) for photo in photos for reduction in reductions]
    path = work / f"pairs-x{scale}-rgb-{_key(photos, reductions, [])}.npz"
    return _kept_pairs(path, _rgb_pair_of_file, jobs)


def _key(photos, reductions, code):
    """Of what pairs depend on; `code`: modules."""
    known = repr([reductions, *((p.name, p.stat().st_size) for p in photos)]).encode()
    for module in code:
        known += Path(module.__file__).read_bytes()
    return hashlib.sha256(known).hexdigest()[:12]


def _kept_pairs(path, make, *jobs):
    if not path.exists():
        _save_pairs(path, make, jobs)
    with np.load(path) as store:
        return [(store[f"low{i}"], store[f"high{i}"]) for i in range(len(jobs[0]))]


def _save_pairs(path, make, jobs):
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not by fork: where GStreamer (h264.py) has begun, a copy of the process hangs.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=2, mp_context=context) as pool:
        pairs = list(pool.map(make, *jobs))
    arrays = {f"low{i}": low for i, (low, _) in enumerate(pairs)}
    arrays.update({f"high{i}": high for i, (_, high) in enumerate(pairs)})
    temporary = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(temporary, **arrays)
    temporary.replace(path)


def _pair_of_file(job, seed):
    path, reduction, scale = job
    return make_pair(imresize(load_rgb(path), reduction), scale, seed)


def _rgb_pair_of_file(job):
    path, reduction, scale = job
    high = whole(imresize(load_rgb(path), reduction), scale)
    return imresize(high, 1 / scale), high


def components(pair, random, luma_share):
    """A pair of RGB as one of luma, or of one colour in luma's range."""
    if pair[0].ndim == 2:
        return pair
    if random.random() < luma_share:
        return tuple(luma(part) for part in pair)
    colour = random.integers(3)
    return tuple(16 + part[..., colour] * np.float32(219 / 255) for part in pair)


class Patches:
    """Draws batches. Batch number i is always the same: nothing to save or resume.

    `luma_share` of the patches of RGB pairs are luma.
    """

    def __init__(self, pairs, scale, patch=48, batch=16, seed=0, luma_share=LUMA_SHARE):
        self.pairs = [pair for pair in pairs if min(pair[0].shape[:2]) >= patch]
        if not self.pairs:
            raise ValueError(f"no picture holds a patch of {patch}x{patch}")
        self.scale, self.patch, self.batch, self.seed = scale, patch, batch, seed
        self.luma_share = luma_share
        self.details = [details(luma(low), patch) for low, _ in self.pairs]
        area = np.array([d.size for d in self.details], float)
        self.cumulative = np.cumsum(area / area.sum())

    def draw(self, number):
        """float32 arrays (low, high), [batch, size, size]."""
        random = np.random.default_rng((self.seed, number))
        low = np.empty((self.batch, self.patch, self.patch), np.float32)
        high = low.repeat(self.scale, axis=1).repeat(self.scale, axis=2)
        for i in range(self.batch):
            low[i], high[i] = self._draw_one(random)
            if random.random() < STRETCHED:
                low[i], high[i] = stretch(low[i]), stretch(high[i])
        return low, high

    def _draw_one(self, random):
        for where, y, x, luck in random.random((TRIES, 4)):
            which = np.searchsorted(self.cumulative, where * self.cumulative[-1])
            places = self.details[which]
            y, x = int(y * places.shape[0]), int(x * places.shape[1])
            if luck < KEEP_DULL or places[y, x] >= DETAIL:
                break
        turns, mirror = random.integers(4), random.integers(2)
        return tuple(np.rot90(part[:, ::-1] if mirror else part, turns)
                     for part in components(self._cut(which, y, x), random, self.luma_share))

    def _cut(self, which, y, x):
        low, high = self.pairs[which]
        s, n = self.scale, self.patch
        return low[y:y + n, x:x + n], high[y * s:(y + n) * s, x * s:(x + n) * s]


def stretch(luma):
    """From 16..235 to 0..255."""
    return (luma - 16) * np.float32(255 / 219)


def details(picture, size):
    """How much goes on in each patch of `size` x `size`: the mean difference of
    neighbouring samples, down and across."""
    picture = picture.astype(np.float64)
    total = np.zeros([n + 1 for n in picture.shape])
    total[1:, 1:] = np.abs(np.diff(picture, axis=0, append=picture[-1:])) \
        + np.abs(np.diff(picture, axis=1, append=picture[:, -1:]))
    total = total.cumsum(0).cumsum(1)
    sums = total[size:, size:] - total[:-size, size:] - total[size:, :-size] + total[:-size, :-size]
    return (sums / size ** 2).astype(np.float32)
