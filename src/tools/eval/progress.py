# SPDX-License-Identifier: LGPL-2.1-or-later
"""How far long work is, where standard error is a terminal: one line that changes."""

import sys
import time


def clock(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}" if minutes >= 60 \
        else f"{minutes}:{seconds:02}"


class Progress:
    def __init__(self, total, what, file=None):
        self.file, self.total, self.what, self.done = file or sys.stderr, total, what, 0
        self.terminal = self.file.isatty()
        self.started = time.monotonic()

    def step(self, n=1):
        self.done += n
        if self.terminal:
            left = (time.monotonic() - self.started) * (self.total - self.done) / self.done
            self.file.write(f"\r{self.done} of {self.total} {self.what}, {clock(left)} left\033[K")
            self.file.flush()

    def clear(self):
        """Before something else is written, and at the end."""
        if self.terminal:
            self.file.write("\r\033[K")
            self.file.flush()
