# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plays a pipeline and prints in JSON how long its frames took and the most memory.

    play.py PIPELINE

The pipeline ends in a sink named "sink". Printed are "ms", the time between frames
there without the first ten, and "peak_kib", the process's largest resident set.
"""

import json
import sys
import time

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

WARM_UP = 10


def play(description):
    """When each frame came to the sink, seconds."""
    pipeline = Gst.parse_launch(description)
    times = []

    def on_frame(_pad, _info):
        times.append(time.perf_counter())
        return Gst.PadProbeReturn.OK

    pad = pipeline.get_by_name("sink").get_static_pad("sink")
    pad.add_probe(Gst.PadProbeType.BUFFER, on_frame)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    if message.type == Gst.MessageType.ERROR:
        sys.exit(f"{description}: {message.parse_error()[0].message}")
    pipeline.set_state(Gst.State.NULL)
    return times


def peak_kib():
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def main():
    Gst.init(None)
    times = play(sys.argv[1])
    ms = [1000 * (b - a) for a, b in zip(times, times[1:])]
    print(json.dumps({"ms": ms[WARM_UP:], "peak_kib": peak_kib()}))


if __name__ == "__main__":
    main()
