# SPDX-License-Identifier: LGPL-2.1-or-later
"""How batches of patches are drawn from pictures.

A patch has a context: so many small pixels at its border, as far as the network
reaches, are there to be read and do not count. A picture goes on beyond its border as
the engine continues it, by its outermost pixels, so that a patch that counts up to the
picture's border teaches what is seen there.
"""

import numpy as np

from models.train import drawn as drawings
from models.train.data import luma

DETAIL = 5.0  # mean difference of neighbouring samples; below it a patch is dull
KEEP_DULL = 0.08
TRIES = 8
LUMA_SHARE = 0.5
LUMA = np.array([65.481, 128.553, 24.966], np.float32) / 255
DRAWN_SHARE = 0.2
SMALL_SHARE = 0.4  # of drawn patches: of pictures that are no reduction of anything

# Of a picture of 256x256, 1.5 % of the pixels are its outermost, of a patch of 84x84
# in its corner 2.4 %: along either axis this share of patches ends with the picture.
BORDER_SHARE = 0.3

# The share of patches whose luma fills 0..255. Video may go beyond black and white,
# where a network that never saw it does anything: M4C16 ×2 lost 9 dB on Set14's
# `bridge`.
STRETCHED = 0.1
DRAWN_STRETCHED = 0.4

# What a thin line was is nearly always steeper than what is left of it, but where the
# guess is wrong, a network that dares everything paints blots. So what is asked for
# leaves the range of the small picture nearby by so much only.
STEEP = 36


def components(pair, random, luma_share):
    """A pair of RGB as one of luma, or of one colour in luma's range."""
    if pair[0].ndim == 2:
        return pair
    colour = random.integers(3)
    if random.random() < luma_share:
        return tuple(np.float32(16) + part.astype(np.float32) @ LUMA for part in pair)
    return tuple(np.float32(16) + part[..., colour] * np.float32(219 / 255) for part in pair)


class Patches:
    """Draws batches. Batch number i is always the same: nothing to save or resume.

    `pairs` are of photos, `drawn` two lists, as of data.drawn_pairs(), `drawn_share` of the
    patches.
    `patch` includes the context at either side. `luma_share` of the patches of RGB pairs
    are luma.
    """

    def __init__(self, pairs, scale, patch=48, batch=16, seed=0, luma_share=LUMA_SHARE,
                 context=0, drawn=((), ()), steep=STEEP, drawn_share=DRAWN_SHARE):
        self.scale, self.patch, self.batch, self.seed = scale, patch, batch, seed
        self.luma_share, self.context, self.steep = luma_share, context, steep
        self.drawn_share = drawn_share
        self.pairs, *self.drawn = (self._large_enough(some) for some in (pairs, *drawn))
        if not self.pairs:
            raise ValueError(f"no picture holds a patch of {patch}x{patch}")
        self.details = [details(luma(low), patch - 2 * context) for low, _ in self.pairs]
        area = np.array([d.size for d in self.details], float)
        self.cumulative = np.cumsum(area / area.sum())

    def _large_enough(self, pairs):
        return [pair for pair in pairs
                if min(pair[0].shape[:2]) >= self.patch - 2 * self.context]

    def draw(self, number):
        """float32 arrays (low, high), [batch, size, size]."""
        random = np.random.default_rng((self.seed, number))
        low = np.empty((self.batch, self.patch, self.patch), np.float32)
        high = low.repeat(self.scale, axis=1).repeat(self.scale, axis=2)
        for i in range(self.batch):
            is_drawn = all(self.drawn) and random.random() < self.drawn_share
            low[i], high[i] = self._draw_drawing(random) if is_drawn else self._draw_photo(random)
            if random.random() < (DRAWN_STRETCHED if is_drawn else STRETCHED):
                low[i], high[i] = stretch(low[i]), stretch(high[i])
        return low, high if self.steep is None else drawings.limit(low, high, self.steep)

    def photos(self, number):
        """Small patches, of photos alone."""
        random = np.random.default_rng((self.seed, number))
        return [self._draw_photo(random)[0].astype(np.float32) for _ in range(self.batch)]

    def _draw_photo(self, random):
        for where, y, x, luck in random.random((TRIES, 4)):
            which = np.searchsorted(self.cumulative, where * self.cumulative[-1])
            places = self.details[which]
            y, x = (int(part * n) for part, n in zip((y, x), places.shape))
            if luck < KEEP_DULL or places[y, x] >= DETAIL:
                break
        y, x = (self._to_border(random, at, n) for at, n in zip((y, x), places.shape))
        return self._turned(random, components(self._cut(self.pairs[which], y, x), random,
                                               self.luma_share))

    def _draw_drawing(self, random):
        pairs = self.drawn[int(random.random() < SMALL_SHARE)]
        pair = pairs[random.integers(len(pairs))]
        inner = self.patch - 2 * self.context
        places = [n - inner + 1 for n in pair[0].shape]
        y, x = (self._to_border(random, int(random.integers(n)), n) for n in places)
        return self._turned(random, self._cut(pair, y, x))

    @staticmethod
    def _to_border(random, at, n):
        if random.random() < BORDER_SHARE:
            return int(random.integers(2)) * (n - 1)
        return at

    @staticmethod
    def _turned(random, pair):
        turns, mirror = random.integers(4), random.integers(2)
        return tuple(np.rot90(part[:, ::-1] if mirror else part, turns) for part in pair)

    def _cut(self, pair, y, x):
        """What counts begins at (y, x) of the small picture."""
        return tuple(continued(part, factor * (y - self.context), factor * (x - self.context),
                               factor * self.patch)
                     for part, factor in zip(pair, (1, self.scale)))


def continued(picture, y, x, size):
    """A square of `picture`, which goes on mirrored (`symmetric`)."""
    width = [(max(0, -at), max(0, at + size - n)) for at, n in zip((y, x), picture.shape)]
    inside = picture[max(y, 0):y + size, max(x, 0):x + size]
    if not np.any(width):
        return inside
    return np.pad(inside, width + [(0, 0)] * (picture.ndim - 2), mode="symmetric")


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
