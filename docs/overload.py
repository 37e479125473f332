#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws docs/overload.svg: what overload control does while the load changes.

    docs/overload.py build/tests/element/overload-trace
"""

import csv
import io
import subprocess
import sys
from pathlib import Path

WIDTH, LEFT, RIGHT = 900, 70, 25
PLOT = WIDTH - LEFT - RIGHT
# (top, height, highest value, step of the labels, title)
LOAD = (30, 60, 8, 2, "load")
TIME = (130, 150, 60, 20, "milliseconds a frame, and the budget")
LEVEL = (320, 80, 3, 1, "level: 0 is the chosen model, 3 bicubic")
HEIGHT = 440
BIN = 0.25  # seconds: of the frames in it the longest is drawn


def y_of(panel, value):
    top, height, highest, _, _ = panel
    share = min(value, highest) / highest
    return top + height * (share if panel is LEVEL else 1 - share)  # level 0 is on top


class Drawing:
    def __init__(self, seconds):
        self.seconds = seconds
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'font-family="sans-serif" font-size="13">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>']

    def x_of(self, seconds):
        return LEFT + PLOT * seconds / self.seconds

    def text(self, x, y, text, anchor="end"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>')

    def rule(self, y, style):
        self.parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" {style}/>')

    def frame(self, panel):
        top, _, highest, step, title = panel
        self.text(LEFT, top - 10, title, "start")
        for value in range(0, highest + 1, step):
            self.rule(y_of(panel, value), 'stroke="#ddd"')
            self.text(LEFT - 8, y_of(panel, value) + 4, value)

    def line(self, panel, points, color):
        """Values that hold until the next one."""
        path, last = f"M{LEFT} {y_of(panel, points[0][1]):.1f}", points[0][1]
        for seconds, value in points:
            if value != last:
                path += f"H{self.x_of(seconds):.1f}V{y_of(panel, value):.1f}"
            last = value
        path += f"H{WIDTH - RIGHT}"
        self.parts.append(f'<path d="{path}" fill="none" stroke="{color}"/>')

    def bars(self, panel, points, color):
        base = y_of(panel, 0)
        path = "".join(f"M{self.x_of(seconds):.1f} {base:.1f}V{y_of(panel, value):.1f}"
                       for seconds, value in points)
        self.parts.append(f'<path d="{path}" stroke="{color}" stroke-width="0.8"/>')

    def ticks(self, step):
        for seconds in range(0, int(self.seconds) + 1, step):
            self.text(self.x_of(seconds), HEIGHT - 12, f"{seconds} s", "middle")

    def __str__(self):
        return "\n".join([*self.parts, "</svg>", ""])


def longest(frames):
    bins = {}
    for frame in frames:
        key = int(float(frame["seconds"]) / BIN)
        bins[key] = max(bins.get(key, 0), float(frame["ms"]))
    return [(key * BIN, ms) for key, ms in bins.items()]


def draw(frames):
    drawing = Drawing(round(float(frames[-1]["seconds"])))
    for panel in LOAD, TIME, LEVEL:
        drawing.frame(panel)
    drawing.line(LOAD, [(float(f["seconds"]), float(f["load"])) for f in frames], "#b30")
    drawing.bars(TIME, longest(frames), "#357")
    drawing.rule(y_of(TIME, float(frames[0]["budget_ms"])),
                 'stroke="#b30" stroke-dasharray="5 3"')
    drawing.line(LEVEL, [(float(f["seconds"]), int(f["level"])) for f in frames], "#273")
    drawing.ticks(30)
    return str(drawing)


def main():
    trace = subprocess.run(sys.argv[1:2], check=True, capture_output=True, text=True).stdout
    frames = list(csv.DictReader(io.StringIO(trace)))
    Path(__file__).with_suffix(".svg").write_text(draw(frames))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
