# SPDX-License-Identifier: LGPL-2.1-or-later
"""The golden cases: which networks, with which weights, on which pictures.

Everything is drawn from NumPy generators seeded by the case's name, so a case
does not change when others come or go.
"""
import zlib
from dataclasses import dataclass, replace

import numpy as np

LIMITED, UNIT = (16.0, 235.0), (0.0, 1.0)


@dataclass(frozen=True)
class Case:
    name: str
    size: tuple  # width, height of the input
    metadata: dict
    dtype: str = "F32"
    with_masks: bool = False
    bounded: bool = False

    @property
    def luma_range(self):
        return tuple(float(x) for x in self.metadata["luma_range"].split(".."))

    @property
    def colors(self):
        return int(self.metadata.get("colors", "1"))

    def rng(self, purpose):
        return np.random.default_rng(zlib.crc32(f"{self.name}/{purpose}".encode()))


def edge_sr(family, scale, size, dtype="F32", note="", padding=None, **numbers):
    keys = {"kernel_size": "k", "channels": "c", "depth": "d", "squeeze": "s"}
    letters = "".join(keys[key] + str(value) for key, value in numbers.items())
    name = f"esr-{family}-x{scale}-{letters}{note}" + f"-{padding}" * bool(padding)
    metadata = common(f"esr-{family}", scale, name, UNIT, padding)
    metadata.update({key: str(value) for key, value in numbers.items()})
    return Case(name, size, metadata, dtype)


def ecbsr(scale, blocks, channels, activation, size, form="plain", identity=False,
          luma_range=LIMITED, dtype="F32", with_masks=False, note="", padding=None, colors=1):
    name = "ecbsr-rgb" if colors == 3 else "ecbsr"
    name += f"-x{scale}-m{blocks}c{channels}-{activation}"
    name += {"plain": "", "training": "-training"}[form] + "-identity" * identity + note
    name += f"-{padding}" * bool(padding)
    metadata = common("ecbsr", scale, name, luma_range, padding)
    metadata.update(blocks=str(blocks), channels=str(channels), activation=activation,
                    form=form, identity=str(identity).lower())
    if colors != 1:
        metadata["colors"] = str(colors)
    return Case(name, size, metadata, dtype, with_masks)


def common(architecture, scale, name, luma_range, padding):
    metadata = {"padding": padding} if padding else {}
    return {**metadata, "format": "gst-ecbsr 1", "architecture": architecture, "scale": str(scale),
            "luma_range": "{:g}..{:g}".format(*luma_range), "name": name,
            "licence": "CC0-1.0", "trained_on": "nothing: random weights"}


def rgb(*args, **options):
    """A network of three colours, in the range of those that are published."""
    return ecbsr(*args, colors=3, luma_range=UNIT, **options)


def training(*args, **options):
    return ecbsr(*args, form="training", **options)


def bounded(case, *args, note="", **options):
    """A case whose layers have bounds."""
    return replace(case(*args, note=note + "-bounded", **options), bounded=True)


def replicate(case, *args, **options):
    """A case whose picture goes on with its border pixels."""
    return case(*args, padding="replicate", **options)


def symmetric(case, *args, **options):
    """A case whose picture goes on mirrored."""
    return case(*args, padding="symmetric", **options)


def near(case, *args, note="", **options):
    """A case whose output stays near its input."""
    found = case(*args, note=note + "-overshoot", **options)
    return replace(found, metadata={**found.metadata, "overshoot": "0.07"})


CASES = (
    edge_sr("max", 2, (37, 29), kernel_size=5, channels=2),
    edge_sr("max", 3, (13, 11), kernel_size=3, channels=1),
    edge_sr("max", 4, (17, 9), kernel_size=7, channels=3),
    edge_sr("max", 3, (1, 1), kernel_size=5, channels=6, note="-1x1"),

    edge_sr("tm", 2, (37, 29), kernel_size=5, channels=5),
    edge_sr("tm", 3, (13, 11), kernel_size=3, channels=2),
    edge_sr("tm", 4, (9, 17), kernel_size=7, channels=3),
    edge_sr("tm", 2, (3, 5), kernel_size=7, channels=1, note="-3x5"),
    edge_sr("tm", 2, (8, 8), kernel_size=3, channels=16),

    edge_sr("tr", 2, (37, 29), kernel_size=5, channels=6),
    edge_sr("tr", 3, (13, 11), kernel_size=7, channels=2),
    edge_sr("tr", 4, (17, 9), kernel_size=3, channels=5),
    edge_sr("tr", 2, (5, 3), kernel_size=3, channels=1, note="-5x3"),

    edge_sr("cnn", 2, (37, 29), channels=2, depth=7, squeeze=3),
    edge_sr("cnn", 3, (13, 11), channels=4, depth=1, squeeze=6),
    edge_sr("cnn", 4, (9, 17), channels=1, depth=5, squeeze=2),
    edge_sr("cnn", 2, (1, 1), channels=3, depth=1, squeeze=1, note="-1x1"),
    edge_sr("cnn", 2, (13, 11), channels=2, depth=9, squeeze=6, dtype="F16", note="-f16"),

    ecbsr(2, 4, 16, "prelu", (37, 29)),
    ecbsr(3, 4, 8, "prelu", (17, 13)),
    ecbsr(4, 1, 10, "prelu", (13, 11)),
    ecbsr(2, 0, 4, "relu", (13, 11)),
    ecbsr(2, 1, 8, "rrelu", (13, 11)),
    ecbsr(3, 1, 8, "softplus", (13, 11)),
    ecbsr(2, 4, 4, "linear", (13, 11)),
    ecbsr(2, 1, 64, "relu", (19, 7)),
    ecbsr(4, 0, 64, "prelu", (7, 9)),
    ecbsr(2, 10, 5, "prelu", (31, 23)),
    ecbsr(2, 4, 8, "prelu", (1, 1), note="-1x1"),
    ecbsr(3, 1, 16, "prelu", (3, 5), note="-3x5"),
    ecbsr(2, 1, 8, "prelu", (13, 11), luma_range=UNIT, note="-range01"),
    ecbsr(2, 1, 8, "prelu", (13, 11), dtype="BF16", note="-bf16"),

    training(2, 4, 16, "prelu", (29, 21), with_masks=True),
    training(2, 1, 4, "prelu", (13, 11), identity=True),  # c = s²
    training(3, 1, 9, "relu", (13, 11), identity=True),  # c = s²
    training(4, 1, 16, "softplus", (11, 7), identity=True, with_masks=True),  # c = s²
    training(2, 4, 8, "prelu", (17, 13), identity=True),
    training(2, 0, 4, "linear", (5, 5), identity=True),
    training(4, 0, 10, "prelu", (11, 7)),
    training(3, 1, 5, "rrelu", (11, 7), identity=True),
    training(2, 1, 8, "prelu", (1, 1), identity=True, note="-1x1"),
    training(3, 1, 4, "prelu", (3, 5), note="-3x5", dtype="F16"),

    replicate(edge_sr, "max", 2, (19, 13), kernel_size=5, channels=2),
    replicate(edge_sr, "max", 3, (1, 1), kernel_size=7, channels=3, note="-1x1"),
    replicate(edge_sr, "tm", 3, (13, 11), kernel_size=7, channels=2),
    replicate(edge_sr, "tm", 2, (3, 5), kernel_size=5, channels=5, note="-3x5"),
    replicate(edge_sr, "tr", 4, (9, 17), kernel_size=3, channels=5),
    replicate(edge_sr, "tr", 2, (9, 1), kernel_size=5, channels=6, note="-9x1"),
    replicate(edge_sr, "cnn", 2, (29, 21), channels=2, depth=7, squeeze=3),
    replicate(edge_sr, "cnn", 4, (3, 5), channels=1, depth=5, squeeze=2, note="-3x5"),
    replicate(ecbsr, 2, 4, 16, "prelu", (29, 21)),
    replicate(ecbsr, 3, 4, 8, "prelu", (17, 13)),
    replicate(ecbsr, 4, 1, 10, "softplus", (13, 11)),
    replicate(ecbsr, 2, 10, 5, "prelu", (11, 9)),
    replicate(ecbsr, 2, 1, 8, "prelu", (9, 1), note="-9x1"),
    replicate(ecbsr, 2, 4, 8, "prelu", (1, 1), note="-1x1"),
    replicate(ecbsr, 2, 4, 8, "relu", (3, 5), note="-3x5"),
    replicate(ecbsr, 2, 0, 4, "linear", (1, 9), note="-1x9"),
    replicate(training, 2, 4, 8, "prelu", (17, 13), identity=True),
    replicate(training, 3, 1, 9, "relu", (11, 7), identity=True),  # c = s²

    bounded(edge_sr, "max", 2, (13, 11), kernel_size=3, channels=2),
    bounded(edge_sr, "tm", 2, (13, 11), kernel_size=5, channels=3),
    bounded(edge_sr, "cnn", 3, (13, 11), channels=2, depth=7, squeeze=3),
    bounded(ecbsr, 2, 4, 16, "prelu", (21, 17)),
    bounded(ecbsr, 4, 1, 10, "softplus", (11, 7)),
    bounded(ecbsr, 3, 1, 5, "linear", (13, 11), dtype="F16"),
    bounded(ecbsr, 3, 4, 8, "prelu", (13, 11), padding="replicate"),
    bounded(training, 2, 1, 4, "relu", (11, 7), identity=True),

    ecbsr(1, 1, 8, "prelu", (13, 11)),
    ecbsr(2, 1, 3, "prelu", (13, 11)),
    ecbsr(3, 1, 24, "prelu", (9, 7), dtype="F16"),
    ecbsr(4, 1, 40, "relu", (9, 7), dtype="F16"),

    rgb(1, 1, 8, "prelu", (13, 11)),
    rgb(2, 4, 16, "prelu", (17, 13), dtype="F16"),
    rgb(2, 1, 3, "relu", (13, 11)),
    rgb(2, 3, 24, "prelu", (9, 7), dtype="BF16"),
    rgb(3, 1, 40, "prelu", (9, 7), dtype="F16"),
    rgb(4, 1, 64, "relu", (7, 5), dtype="F16"),
    rgb(4, 0, 8, "softplus", (7, 9)),
    rgb(2, 1, 8, "prelu", (1, 1), note="-1x1"),
    rgb(3, 1, 8, "rrelu", (3, 5), note="-3x5"),
    replicate(rgb, 2, 1, 8, "prelu", (9, 7)),
    replicate(rgb, 1, 1, 4, "linear", (9, 5)),
    bounded(rgb, 2, 1, 8, "prelu", (9, 7)),
    training(2, 1, 12, "prelu", (9, 7), identity=True, colors=3),  # c = 3·s²
    training(1, 1, 3, "prelu", (9, 7), identity=True, colors=3, with_masks=True),

    near(ecbsr, 2, 1, 3, "prelu", (23, 17)),
    near(ecbsr, 4, 1, 8, "prelu", (17, 9), padding="replicate"),
    near(ecbsr, 2, 1, 5, "prelu", (1, 9), padding="replicate"),
    near(rgb, 3, 1, 8, "prelu", (13, 7)),
    near(edge_sr, "max", 3, (13, 11), kernel_size=3, channels=1),
    near(edge_sr, "tr", 2, (13, 11), kernel_size=5, channels=2, padding="replicate"),
    near(edge_sr, "cnn", 2, (13, 11), channels=2, depth=3, squeeze=2),

    symmetric(edge_sr, "tr", 3, (11, 9), kernel_size=5, channels=2),
    symmetric(edge_sr, "cnn", 2, (19, 13), channels=2, depth=5, squeeze=3),
    symmetric(ecbsr, 3, 4, 8, "prelu", (17, 13)),
    symmetric(ecbsr, 2, 10, 5, "prelu", (3, 5), note="-3x5"),
    symmetric(ecbsr, 2, 4, 8, "prelu", (1, 1), note="-1x1"),
    symmetric(ecbsr, 4, 1, 8, "relu", (1, 9), note="-1x9"),
    symmetric(rgb, 2, 1, 8, "prelu", (9, 7)),
)
