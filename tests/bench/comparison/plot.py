# SPDX-License-Identifier: LGPL-2.1-or-later
"""Quality against speed, as a picture."""

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot  # noqa: E402
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter  # noqa: E402

COLOURS = {"float32": "#1b6ca8", "bfloat16": "#2a9d4a", "int8": "#d1495b"}
MARKERS = {"ONNX Runtime": "v", "PyTorch, traced": "s", "OpenCV dnn": "D", "oneDNN": "^"}
TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)


def own_points(axes, found):
    for precision, colour in COLOURS.items():
        rows = [row for row in found["speeds"] if row["precision"] == precision
                and key(row) in found["qualities"]]
        axes.scatter([row["fps"] for row in rows], [quality(found, row) for row in rows],
                     s=70, color=colour, label=f"gst-ecbsr, {precision}", zorder=3)


def peer_points(axes, found):
    threads = max(found["threads"])
    for label, marker in MARKERS.items():
        rows = [row for row in found["peers"]
                if row["label"] == label and row["threads"] == threads]
        axes.scatter([1000 / row["ms"] for row in rows], [quality(found, row) for row in rows],
                     s=45, marker=marker, facecolors="none", zorder=2,
                     edgecolors=[COLOURS[row["precision"]] for row in rows])
        axes.scatter([], [], s=45, marker=marker, facecolors="none", edgecolors="black",
                     label=label)


def key(row):
    return f"{row['model']} {row['precision']}"


def quality(found, row):
    return found["qualities"][key(row)]


def name_models(axes, found):
    """Beside each model's fastest point."""
    fastest = {}
    for row in sorted(found["speeds"], key=lambda row: row["fps"]):
        fastest[row["model"]] = row
    for model, row in fastest.items():
        axes.annotate(model, (row["fps"], quality(found, row)), xytext=(8, -3),
                      textcoords="offset points", fontsize=9)


def set_up(axes, found):
    size = "x".join(map(str, found["size"]))
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:.0f}"))
    axes.set_xlabel(f"frames per second, {size} ×2, {max(found['threads'])} threads")
    axes.set_ylabel("Set5 ×2, PSNR of luma, dB")
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.margins(x=0.12, y=0.08)


def draw(found, path):
    figure, axes = pyplot.subplots(figsize=(8.4, 5), dpi=100)
    set_up(axes, found)
    own_points(axes, found)
    peer_points(axes, found)
    name_models(axes, found)
    axes.legend(loc="lower left", fontsize=8, framealpha=1)
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})
