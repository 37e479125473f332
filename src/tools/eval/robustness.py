# SPDX-License-Identifier: LGPL-2.1-or-later
"""What upscaling makes of pictures that are no photographs, and of every frame's border.

Of a pattern, in levels of 8 bits:

    consistency   RMS between it and the upscaled picture made small again by MATLAB's
                  bicubic, 4 pixels at the border left out
    spill         how far a pixel leaves the range of the input within 3 pixels of it
    edge          of flat pictures: how far any pixel is from the level

Of a picture that was made small and upscaled again, PSNR of its outer ring of `scale`
pixels and of what is inside, beside bicubic's.

The limits are what the models that come with the plugin are held to.
"""

import functools
from dataclasses import dataclass

import numpy as np

import metrics
from imresize import imresize

BORDER, REACH = 4, 3
GRACE, LEVELS = 1.05, 2  # of consistency, beside bicubic's
MOST_SPILL, MOST_SPILL_WILD = 50, 80
MOST_EDGE = 2
LEAST_RING = 0.5  # of what is gained inside
MOST_APART, LEAST_PSNR = 24, 40  # of two precisions


def consistency(picture, upscaled, scale):
    again = imresize(upscaled, 1 / scale).astype(np.float64)
    inner = np.s_[BORDER:-BORDER, BORDER:-BORDER]
    return float(np.sqrt(((again - picture)[inner] ** 2).mean()))


def ranges(picture):
    """The least and the greatest value within REACH pixels, each [h, w]."""
    return (_over_rows(_over_rows(picture, pick).T, pick).T for pick in (np.minimum, np.maximum))


def _over_rows(picture, pick):
    """What `pick` leaves of each pixel and those up to REACH rows above and below it."""
    padded = np.pad(picture, ((REACH, REACH), (0, 0)), mode="edge")
    height = len(picture)
    return functools.reduce(pick, (padded[i:i + height] for i in range(2 * REACH + 1)))


def spill(picture, upscaled, scale):
    low, high = (end.astype(int).repeat(scale, 0).repeat(scale, 1) for end in ranges(picture))
    return float(np.maximum(upscaled - high, low - upscaled).max().clip(0))


def edge(picture, upscaled):
    return float(np.abs(upscaled.astype(np.float64) - picture.flat[0]).max())


@dataclass(frozen=True)
class Fault:
    """What is beyond its limit."""
    kind: str  # consistency, spill, edge, ring, apart (two precisions)
    beyond: float  # by how much, in levels or dB
    text: str

    def __str__(self):
        return self.text


@dataclass(frozen=True)
class PatternFigures:
    name: str
    consistency: float
    bicubic_consistency: float
    spill: float
    bicubic_spill: float
    edge: float  # None where the pattern is not flat
    most_spill: float

    def faults(self):
        found = [("consistency", self.consistency, GRACE * self.bicubic_consistency + LEVELS, 1),
                 ("spill", self.spill, self.most_spill, 0)]
        if self.edge is not None:
            found.append(("edge", self.edge, MOST_EDGE, 0))
        return [Fault(kind, value - most,
                      f"{self.name}: {kind} {value:.{digits}f}, at most {most:.{digits}f}")
                for kind, value, most, digits in found if value > most]


def measure(picture, upscaled, scale):
    """(consistency, spill)"""
    return consistency(picture, upscaled, scale), spill(picture, upscaled, scale)


def measure_pattern(pattern, upscaled, bicubic, scale):
    """`bicubic`: measure() of what it makes of the pattern."""
    found = measure(pattern.picture, upscaled, scale)
    return PatternFigures(
        pattern.name, found[0], bicubic[0], found[1], bicubic[1],
        edge(pattern.picture, upscaled) if pattern.flat else None,
        MOST_SPILL_WILD if pattern.wild else MOST_SPILL)


def ring_psnr(picture, reference, width):
    error = (picture.astype(np.float64) - reference) ** 2
    inside = error[width:-width, width:-width]
    mean = (error.sum() - inside.sum()) / (error.size - inside.size)
    return float(10 * np.log10(255 ** 2 / max(mean, 1e-10)))


@dataclass(frozen=True)
class RingFigures:
    name: str
    ring: float
    bicubic_ring: float
    inside: float
    bicubic_inside: float

    def faults(self):
        least = max(LEAST_RING * (self.inside - self.bicubic_inside), 0)
        gain = self.ring - self.bicubic_ring
        if gain >= least:
            return []
        return [Fault("ring", least - gain, f"{self.name}: outer ring {gain:+.2f} dB beside "
                                            f"bicubic, at least {least:+.2f}")]


def measure_ring(name, reference, upscaled, bicubic, scale):
    return RingFigures(name, *(
        psnr_of(picture, reference, scale) for psnr_of in (ring_psnr, metrics.psnr)
        for picture in (upscaled, bicubic)))


def mean_ring(figures):
    """Of several pictures. The limit is for this one: a single ring has few pixels."""
    return RingFigures("mean", *(
        float(np.mean([getattr(f, key) for f in figures]))
        for key in ("ring", "bicubic_ring", "inside", "bicubic_inside")))


def precision_faults(name, picture, other):
    """Of what two precisions make of a pattern."""
    error = np.abs(picture.astype(np.float64) - other)
    rms = np.sqrt((error ** 2).mean())
    psnr = np.inf if rms == 0 else 20 * np.log10(255 / rms)
    found = []
    if error.max() > MOST_APART:
        found.append(Fault("apart", error.max() - MOST_APART,
                           f"{name}: {error.max():.0f} levels apart, at most {MOST_APART}"))
    if psnr < LEAST_PSNR:
        found.append(Fault("apart", LEAST_PSNR - psnr,
                           f"{name}: {psnr:.1f} dB apart, at least {LEAST_PSNR}"))
    return found
