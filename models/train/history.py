# SPDX-License-Identifier: LGPL-2.1-or-later
"""How a training went: loss and PSNR on held-out photos, kept and drawn as a PNG."""

import math
import os

from PIL import Image, ImageDraw, ImageFont

N_LOSSES, N_PSNRS = 200, 20  # points over a whole training

SIZE, LEFT, RIGHT, TOP, GAP, BOTTOM = (900, 600), 70, 20, 40, 50, 50
FINE = 3  # lines are drawn this much larger, for smooth edges
INK, GRID, LOSS_INK, PSNR_INK = "#202020", "#d8d8d8", "#c05000", "#0060b0"
N_TICKS = 6


class History:
    """`judge(net)` gives dB. The picture at `path` is drawn anew with each PSNR."""

    def __init__(self, iterations, judge=None, path=None):
        self.iterations, self.judge, self.path = iterations, judge, path
        self.losses, self.psnrs = [], []  # [iteration, value]
        self.total = self.n_losses = 0

    def add(self, iteration, loss, net):
        """`iteration` are done, the last one with this loss; `net` is what to judge."""
        self.total += loss
        self.n_losses += 1
        if self._is_due(iteration, N_LOSSES):
            self.losses.append([iteration, self.total / self.n_losses])
            self.total = self.n_losses = 0
        if self.judge and self._is_due(iteration, N_PSNRS):
            self.psnrs.append([iteration, self.judge(net)])
            if self.path:
                self.draw()

    def _is_due(self, iteration, n_points):
        return iteration % max(1, self.iterations // n_points) == 0 \
            or iteration == self.iterations

    def points(self):
        """What has to be stored."""
        return [self.losses, self.psnrs, self.total, self.n_losses]

    def load(self, points):
        self.losses, self.psnrs, self.total, self.n_losses = points

    def draw(self):
        temporary = f"{self.path}.{os.getpid()}"
        title = os.path.splitext(os.path.basename(self.path))[0]
        picture(title, self.iterations, self.losses, self.psnrs).save(temporary, "PNG")
        os.replace(temporary, self.path)


def ticks(low, high):
    """Round numbers from `low` to `high`."""
    width = (high - low) / N_TICKS
    power = 10.0 ** math.floor(math.log10(width))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= width)
    return [step * i for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


class Panel:
    """One diagram; `top` and `bottom` in pixels."""

    def __init__(self, points, iterations, top, bottom):
        self.points, self.iterations = points, iterations
        self.top, self.bottom = top, bottom
        # Half of the values would hide behind those of the first iterations.
        values = [value for i, value in points if 20 * i > iterations] \
            or [value for _, value in points] or [0, 1]
        spare = 0.08 * (max(values) - min(values)) or 0.5
        self.low, self.high = min(values) - spare, max(values) + spare

    def x(self, iteration):
        return LEFT + (SIZE[0] - LEFT - RIGHT) * iteration / self.iterations

    def y(self, value):
        share = (value - self.low) / (self.high - self.low)
        return self.bottom - (self.bottom - self.top) * min(max(share, 0), 1)

    def columns(self):
        return [(i, self.x(i)) for i in ticks(0, self.iterations)]

    def rows(self):
        return [(value, self.y(value)) for value in ticks(self.low, self.high)]

    def draw_lines(self, pen, ink):
        for _, x in self.columns():
            pen.line(scaled((x, self.top), (x, self.bottom)), GRID, FINE)
        for _, y in self.rows():
            pen.line(scaled((LEFT, y), (SIZE[0] - RIGHT, y)), GRID, FINE)
        line = scaled(*((self.x(i), self.y(value)) for i, value in self.points))
        if len(self.points) > 1:
            pen.line(line, ink, 2 * FINE, "curve")
        if len(self.points) <= 2 * N_PSNRS:
            for x, y in zip(line[::2], line[1::2]):
                pen.ellipse((x - 3 * FINE, y - 3 * FINE, x + 3 * FINE, y + 3 * FINE), ink)

    def draw_text(self, pen, name):
        font = ImageFont.load_default()
        pen.text((LEFT, self.top - 16), name, INK, font)
        for value, y in self.rows():
            text = f"{value:.6g}"
            pen.text((LEFT - 8 - pen.textlength(text, font), y - 6), text, INK, font)
        for iteration, x in self.columns():
            text = f"{iteration:.0f}"
            pen.text((x - pen.textlength(text, font) / 2, self.bottom + 5), text, INK, font)


def scaled(*points):
    return [FINE * value for point in points for value in point]


def picture(title, iterations, losses, psnrs):
    """Two diagrams, one above the other."""
    height = (SIZE[1] - TOP - GAP - BOTTOM) // 2
    panels = ((Panel(losses, iterations, TOP, TOP + height), LOSS_INK, "loss"),
              (Panel(psnrs, iterations, SIZE[1] - BOTTOM - height, SIZE[1] - BOTTOM), PSNR_INK,
               "PSNR of the averaged network on held-out photos, dB"))
    image = Image.new("RGB", (SIZE[0] * FINE, SIZE[1] * FINE), "white")
    for panel, ink, _ in panels:
        panel.draw_lines(ImageDraw.Draw(image), ink)
    image = image.resize(SIZE, Image.Resampling.BOX)
    pen = ImageDraw.Draw(image)
    for panel, _, name in panels:
        panel.draw_text(pen, name)
    pen.text((LEFT, 6), title, INK, ImageFont.load_default())
    pen.text((SIZE[0] - RIGHT - 60, SIZE[1] - 18), "iterations", INK, ImageFont.load_default())
    return image
