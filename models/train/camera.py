# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a camera makes of a picture, for the training `camera`.

In the order in which it happens: the lens blurs, the sensor adds noise, which
grows with brightness and is filtered like the picture where the camera
interpolates colours, the camera sharpens, and sends JPEG or H.264 with halved
chroma.
"""

import io

import numpy as np
from PIL import Image

from models.train import h264
from models.train.imresize import imresize, round_half_up

# Shares and ranges of each step; units are small pixels and 8-bit steps.
BLUR = (0.2, 0.6)  # standard deviation of the lens, of half of the pictures
NOISE = (0.0, 5.0)  # standard deviation at mid grey
SMOOTH_NOISE = 0.3  # share of pictures whose noise is correlated
SHARPEN = (0.0, 0.6)  # amount, of half of the pictures
JPEG_QUALITY = (60, 95)
H264 = 0.3  # share of pictures that go through it
H264_QUANTIZER = (20, 32)


def gauss(sigma):
    offset = np.arange(-2, 3)
    kernel = np.exp(-offset ** 2 / (2 * sigma ** 2))
    return kernel / kernel.sum()


def blur(picture, sigma):
    for axis in (0, 1):
        width = [(2, 2) if i == axis else (0, 0) for i in range(picture.ndim)]
        padded = np.pad(picture, width, mode="edge")
        n = picture.shape[axis]
        picture = sum(w * padded.take(range(i, i + n), axis) for i, w in enumerate(gauss(sigma)))
    return picture


def add_noise(picture, random):
    noise = random.normal(0, 1, picture.shape)
    if random.random() < SMOOTH_NOISE:
        noise = blur(noise, 0.6)
        noise /= noise.std()
    return picture + noise * random.uniform(*NOISE) * np.sqrt((picture + 32) / 160)


def send(picture, random):
    if random.random() < H264:
        return h264.send(picture, random.integers(*H264_QUANTIZER, endpoint=True),
                         random.integers(-2, 3, 2))
    return send_jpeg(picture, random)


def send_jpeg(picture, random):
    file, quality = io.BytesIO(), int(random.integers(JPEG_QUALITY[0], JPEG_QUALITY[1] + 1))
    chroma = {} if picture.ndim == 2 else {"subsampling": "4:2:0"}
    Image.fromarray(picture).save(file, "jpeg", quality=quality, **chroma)
    with Image.open(file) as image:
        return np.asarray(image)


def photograph(high, scale, random):
    """A small picture of `high`, uint8 of 1 / scale the size, as a camera sends it."""
    low = imresize(high, 1 / scale).astype(np.float32)
    if random.random() < 0.5:
        low = blur(low, random.uniform(*BLUR))
    low = add_noise(low, random)
    if random.random() < 0.5:
        low += random.uniform(*SHARPEN) * (low - blur(low, 1.0))
    return send(round_half_up(low).astype(np.uint8), random)
