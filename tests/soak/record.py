# SPDX-License-Identifier: LGPL-2.1-or-later
"""What happened when, in memory that is taken at the start.

A record that grew would look like a leak of what is measured.
"""

import os
import time

import numpy as np

PAGE = os.sysconf("SC_PAGE_SIZE")


class Series:
    """Rows of numbers, of which the first is the time in seconds."""

    def __init__(self, most, columns):
        self.values = np.zeros((most, columns))
        self.values.fill(-1)  # touched, so that it is there
        self.n = 0

    def add(self, *row):
        if self.n < len(self.values):
            self.values[self.n] = row
            self.n += 1

    def rows(self):
        return self.values[:self.n]


def now():
    return time.monotonic()


def resident():
    """MiB of memory of this process."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * PAGE / 2 ** 20


def slope(rows):
    """Change of the second column per second, by least squares."""
    return float(np.polyfit(rows[:, 0], rows[:, 1], 1)[0]) if len(rows) > 2 else 0.0


def delays(frames, rate):
    """ms that each frame, (time, index), came later than the earliest one did."""
    if not len(frames):
        return np.zeros(0)
    times = frames[:, 0] - frames[:, 1] / rate
    return (times - times.min()) * 1e3


def gaps(frames, switches, settle):
    """(longest gap in ms outside the `settle` seconds after each switch, longest within,
    number over 100 ms outside)"""
    times = frames[:, 0]
    lengths, ends = np.diff(times) * 1e3, times[1:]
    unsettled = np.zeros(len(ends), bool)
    for begin in switches:
        # A gap that began in this time may end after it.
        unsettled |= (ends >= begin) & (times[:-1] <= begin + settle)
    calm, rough = lengths[~unsettled], lengths[unsettled]
    return max(calm, default=0.0), max(rough, default=0.0), int((calm > 100).sum())
