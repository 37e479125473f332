# SPDX-License-Identifier: LGPL-2.1-or-later
"""How far long work is, on standard error: one line that changes on a terminal, a line
every ten seconds elsewhere."""

import sys
import time

LINES_APART = 10  # seconds


def clock(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}" if minutes >= 60 \
        else f"{minutes}:{seconds:02}"


class Progress:
    def __init__(self, total, what, file=None):
        self.file, self.total, self.what, self.done = file or sys.stderr, total, what, 0
        self.terminal = self.file.isatty()
        self.started = self.last_line = time.monotonic()

    def step(self):
        self.done += 1
        now = time.monotonic()
        if not self.terminal and now - self.last_line < LINES_APART:
            return
        left = (now - self.started) * (self.total - self.done) / self.done
        text = f"{self.done} of {self.total} {self.what}, {clock(left)} left"
        self.file.write(f"\r{text}\033[K" if self.terminal else text + "\n")
        self.file.flush()
        self.last_line = now

    def clear(self):
        """Before something else is written, and at the end."""
        if self.terminal:
            self.file.write("\r\033[K")
            self.file.flush()
