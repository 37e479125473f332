# SPDX-License-Identifier: LGPL-2.1-or-later
"""The models that are shipped: what each is, and what its authors reached."""

SCALES = (2, 3, 4)
CONTENTS = ("clean", "camera")

NAMES = ("esr-max", "esr-tm", "esr-tr", "esr-cnn",
         "ecbsr-m4c8", "ecbsr-m4c16", "ecbsr-m10c16")

# (name, scale): dB on Set5, Set14; None: not published. The edge-SR figures are
# of the authors' own weights, measured by the protocol of evaluate.py; those of
# ECBSR are the paper's, ×3 another's training.
PUBLISHED = {
    ("esr-max", 2): (34.58, 30.92), ("esr-max", 3): (31.07, 28.03),
    ("esr-max", 4): (29.05, 26.37),
    ("esr-tm", 2): (35.25, 31.47), ("esr-tm", 3): (31.64, 28.47),
    ("esr-tm", 4): (29.52, 26.70),
    ("esr-tr", 2): (35.73, 31.76), ("esr-tr", 3): (31.94, 28.65),
    ("esr-tr", 4): (29.78, 26.88),
    ("esr-cnn", 2): (36.13, 32.09), ("esr-cnn", 3): (32.25, 28.94),
    ("esr-cnn", 4): (30.06, 27.11),
    ("ecbsr-m4c8", 2): (36.93, 32.51), ("ecbsr-m4c8", 4): (30.52, 27.43),
    ("ecbsr-m4c16", 2): (37.33, 32.81), ("ecbsr-m4c16", 3): (33.07, 29.53),
    ("ecbsr-m4c16", 4): (31.04, 27.78),
    ("ecbsr-m10c16", 2): (37.55, None), ("ecbsr-m10c16", 4): (31.37, None),
}


def stem_of(name, scale, content="clean"):
    """What the file of a model is called."""
    return f"{name}-x{scale}" + ("-camera" if content == "camera" else "")


def config_of(name, scale):
    """What defines the network `name`, in the terms of docs/model-format.md."""
    config = {"architecture": name, "scale": scale}
    if name.startswith("ecbsr-"):
        blocks, channels = name[len("ecbsr-m"):].split("c")
        return {**config, "architecture": "ecbsr",
                "blocks": int(blocks), "channels": int(channels)}
    if name == "esr-cnn":
        return {**config, "channels": 2, "depth": 7, "squeeze": 3}
    channels = {"esr-max": 3 if scale == 4 else 2, "esr-tm": 5, "esr-tr": 6}[name]
    return {**config, "kernel_size": 5, "channels": channels}
