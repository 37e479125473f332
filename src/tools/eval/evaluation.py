# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pictures made small, upscaled by `ecbsr`, and compared with what they were.

Luma is BT.601, 16 to 235; grey pictures are their own luma. Small pictures are
made by MATLAB's bicubic of the picture cut to a multiple of the scale, and go
into the pipeline as 8-bit I420.
"""

import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

import metrics
import pipeline
from imresize import imresize

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
NOISE, JPEG_QUALITY = 3, 75  # --degrade camera
LUMA = np.array([65.481, 128.553, 24.966]) / 255
BLUE = np.array([-37.797, -74.203, 112.0]) / 255
RED = np.array([112.0, -93.786, -18.214]) / 255


def list_pictures(folder):
    paths = sorted(path for path in Path(folder).iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise FileNotFoundError(f"{folder}: no pictures ({', '.join(SUFFIXES)}) in it")
    return paths


def load(path, scale):
    """uint8 [h, w, 3], or [h, w] if it is grey; cut to a multiple of `scale`."""
    try:
        with Image.open(path) as image:
            picture = np.asarray(image if image.mode == "L" else image.convert("RGB"))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise ValueError(f"{path}: {error}") from None
    height, width = (size - size % scale for size in picture.shape[:2])
    if min(height, width) < metrics.WINDOW + 2 * scale:
        raise ValueError(f"{path}: {picture.shape[1]}x{picture.shape[0]} is too small")
    return picture[:height, :width]


def round_half_up(values):
    return np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)


def luma(picture):
    """Not rounded."""
    picture = picture.astype(np.float64)
    return picture if picture.ndim == 2 else 16 + picture @ LUMA


def halve(plane):
    """Means of 2x2 samples, as chroma-site=jpeg."""
    height, width = plane.shape
    plane = np.pad(plane, ((0, height % 2), (0, width % 2)), mode="edge")
    return plane.reshape(plane.shape[0] // 2, 2, -1, 2).mean((1, 3))


def to_frame(picture):
    """8-bit I420."""
    y = round_half_up(luma(picture))
    if picture.ndim == 2:
        grey = np.full([(size + 1) // 2 for size in y.shape], 128, np.uint8)
        return pipeline.Frame([y, grey, grey])
    chroma = [round_half_up(halve(128 + picture.astype(np.float64) @ weight))
              for weight in (BLUE, RED)]
    return pipeline.Frame([y, *chroma])


def luma_of(frame):
    """On the scale of luma(): 16 to 235, or a grey picture's own."""
    y = frame.planes[0]
    if frame.full_range and len(frame.planes) > 1:
        return 16 + y.astype(np.float64) * 219 / 255
    return y


def to_rgb(frame):
    """For looking at."""
    height, width = frame.planes[0].shape
    y = luma_of(frame).astype(np.float64)
    if len(frame.planes) == 1:
        return np.repeat(round_half_up(y)[..., None], 3, axis=2)
    span = 255 if frame.full_range else 224
    blue, red = (_enlarge(plane, width, height) * (255 / span) for plane in frame.planes[1:])
    y = (y - 16) * 255 / 219
    green = y - 0.344136 * blue - 0.714136 * red
    return round_half_up(np.stack([y + 1.402 * red, green, y + 1.772 * blue], axis=2))


def _enlarge(plane, width, height):
    shape = plane.shape[1] * 2, plane.shape[0] * 2
    image = Image.fromarray(plane).resize(shape, Image.BILINEAR)
    return np.asarray(image, np.float64)[:height, :width] - 128


def degrade(picture, name, seed=0):
    """JPEG bytes of `picture` with sensor noise. The same for the same name and seed."""
    random = np.random.default_rng((seed, zlib.crc32(name.encode())))
    noisy = round_half_up(picture + random.normal(0, NOISE, picture.shape))
    file = io.BytesIO()
    chroma = {} if picture.ndim == 2 else {"subsampling": "4:2:0"}
    Image.fromarray(noisy).save(file, "jpeg", quality=JPEG_QUALITY, **chroma)
    return file.getvalue()


@dataclass
class Score:
    psnr: float
    ssim: float


class Pair:
    """A picture, and the small one that is to become it again."""

    def __init__(self, path, scale, degraded=False, seed=0):
        self.name, self.scale = Path(path).stem, scale
        self.picture = load(path, scale)
        self.low = imresize(self.picture, 1 / scale)
        self.reference = luma(self.picture)
        self.jpeg = degrade(self.low, self.name, seed) if degraded else None

    def upscale(self, **properties):
        if self.jpeg is not None:
            return pipeline.upscale_jpeg(self.jpeg, scale=self.scale, **properties)
        return pipeline.upscale(to_frame(self.low), scale=self.scale, **properties)

    def score(self, frame):
        found = luma_of(frame)
        return Score(metrics.psnr(found, self.reference, self.scale),
                     metrics.ssim(found, self.reference, self.scale))


def mean(scores):
    return Score(*(float(np.mean([getattr(score, key) for score in scores]))
                   for key in ("psnr", "ssim")))
