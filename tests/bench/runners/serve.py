# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the runners in Python share: reading commands and answering them.

What is read and answered: ../comparison/runner.py.
"""

import json
import sys
import time

import numpy as np


def read_planes(path, width, height):
    """One of luma, or three of R, G and B."""
    return np.fromfile(path, "<f4").reshape(1, -1, height, width)


def run_frames(frame, duration):
    times = []
    while sum(times) < duration:
        start = time.perf_counter()
        frame()
        times.append(round(1000 * (time.perf_counter() - start), 3))
    return times


def serve(name, frame):
    """`frame` upscales the input once, and returns the result as an array."""
    print(json.dumps(name), flush=True)
    for line in sys.stdin:
        command, argument = line.rstrip("\n").split(" ", 1)
        answer = []
        if command == "run":
            answer = run_frames(frame, float(argument))
        else:
            np.ascontiguousarray(frame(), "<f4").tofile(argument)
        print(json.dumps(answer), flush=True)
