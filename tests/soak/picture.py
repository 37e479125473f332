# SPDX-License-Identifier: LGPL-2.1-or-later
"""A run as a picture: load, time a frame took, level, memory."""

import matplotlib

matplotlib.use("Agg")

import numpy as np  # noqa: E402
from matplotlib import pyplot  # noqa: E402

COLOURS = ("#1b6ca8", "#d1495b", "#2a9d4a")


def per_second(rows, start):
    """(seconds, the highest value in each)"""
    seconds = (rows[:, 0] - start).astype(int)
    edges = np.unique(seconds)
    return edges, [rows[seconds == second, 1].max() for second in edges]


def shade(axes, busy, start):
    for begin, end in busy:
        axes.axvspan(begin - start, end - start, color="#eee", zorder=0)


def draw(path, streams, busy, start, memory, budget):
    """`busy`: [(begin, end)] of other work; `memory`: rows of (time, MiB)."""
    figure, panels = pyplot.subplots(4, 1, figsize=(10, 9), sharex=True, layout="constrained")
    titles = ("longest time between frames shown, ms", "longest time a frame took, ms",
              "level: 0 is the chosen model", "memory of the process, MiB")
    for axes, title in zip(panels, titles):
        shade(axes, busy, start)
        axes.set_title(title, fontsize=10, loc="left")
        axes.grid(color="#ddd")
    for stream, colour in zip(streams, COLOURS):
        frames, levels = stream.frames.rows(), stream.levels.rows()
        between = np.column_stack((frames[1:, 0], np.diff(frames[:, 0]) * 1e3))
        panels[0].plot(*per_second(between, start), color=colour, lw=0.8, label=stream.name)
        panels[1].plot(*per_second(stream.work.rows(), start), color=colour, lw=0.8)
        panels[2].step(levels[:, 0] - start, levels[:, 1], where="post", color=colour, lw=1)
    panels[1].axhline(budget, color="#888", ls="--", lw=0.8)
    panels[2].invert_yaxis()
    panels[3].plot(memory[:, 0] - start, memory[:, 1], color="#444", lw=0.8)
    panels[3].set_ylim(bottom=0)
    panels[3].set_xlabel("seconds; grey: other processes keep all CPUs busy")
    panels[0].legend(loc="upper right", fontsize=9)
    figure.savefig(path, dpi=90)
