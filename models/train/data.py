# SPDX-License-Identifier: LGPL-2.1-or-later
"""Training photos and drawn pictures: which, and how they become pairs of luma."""

import hashlib
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from models.train import camera, drawn, h264
from models.train.imresize import imresize, round_half_up

# Folders of DATA/train whose terms allow weights to be given away.
FOLDERS = ("Kodak24", "CameraPhotos", "WallElementary", "WallBudgie", "WallPopOS",
           "WallBentobox", "WallTrident", "WallGallium", "WallSolus")
HELD_OUT_EVERY = 10
CAMERA_VARIANTS = 3
N_DRAWN = 1200

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

# Large pictures lack only what ×4 restores least: M4C16 ×4 had 26.788 dB on photos that
# were held out after 5,000 more iterations without these sizes, 26.803 with them. At ×2
# they cost M10C16 0.012 dB, and M4C16 nothing.
X4_REDUCTIONS = (0.7,)

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


def reduced(path, reduction):
    """A photo made smaller: by Pillow, whose cubic is MATLAB's but at the border, and a
    hundred times as fast."""
    with Image.open(path) as image:
        image = image if image.mode == "L" else image.convert("RGB")
        size = [max(1, round(n * reduction)) for n in image.size]
        return np.asarray(image.resize(size, Image.Resampling.BICUBIC))


def _pair_of_file(job, seed):
    path, reduction, scale = job
    return make_pair(reduced(path, reduction), scale, seed)


def _rgb_pair_of_file(job):
    path, reduction, scale = job
    high = whole(reduced(path, reduction), scale)
    return imresize(high, 1 / scale), high


# ------------------------------------------------------------ drawn pictures --

def drawn_pairs(scale, work, content="clean", number=N_DRAWN):
    """Of `number` pairs of luma to train on: (those drawn large, those drawn small)."""
    code = [drawn] if content == "clean" else [drawn, camera, h264]
    key = _key(drawn.fonts(), (number, content), code)
    jobs = [(scale, content, i) for i in range(number)]
    pairs = _kept_pairs(Path(work) / f"drawn-x{scale}-{content}-{key}.npz", _drawn_pair, jobs)
    is_small = [drawn.is_small((1, i)) for i in range(number)]
    return ([pair for pair, small in zip(pairs, is_small) if not small],
            [pair for pair, small in zip(pairs, is_small) if small])


def drawn_text(scale, number=12):
    """Pairs of text in fonts that are not trained on."""
    return [_grey_pair(drawn.text_pair((9, i), scale)) for i in range(number)]


def _drawn_pair(job):
    scale, content, number = job
    low, high = drawn.pair((1, number), scale, None if content == "clean" else _by_camera)
    return _grey_pair((low, high))


def _by_camera(high, scale, random):
    """Half of them clean."""
    return camera.photograph(high, scale, random) if random.random() < 0.5 \
        else imresize(high, 1 / scale)


def _grey_pair(pair):
    """Of 0..255 to luma."""
    return tuple((16 + part.astype(np.float64) * 219 / 255).astype(np.float16) for part in pair)
