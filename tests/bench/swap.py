#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How late frames become by changes of properties while a live source plays.

    tests/bench/swap.py [--width 640] [--height 360] [--rate 30] [--seconds 20]

A frame's delay is from the time that the source stamps on it to when it leaves the
element. Prints the delays of a quiet stretch, and per kind of change those of the
frames until the next change; whatever exceeds the quiet median by more than a
frame's duration is counted as late. Exit status 1 if any is.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
PAUSE = 0.25  # seconds between changes
CHANGES = {
    "model": [{"model": name} for name in ("ecbsr-m4c8", "esr-cnn", "ecbsr-m4c16", "bicubic")],
    "model=auto": [{"model": "auto"}, {"model": "esr-max"}],
    "model-location": [{"model-location": str(GOLDEN / "int8-ecbsr-x2-m4c16-prelu.safetensors")},
                       {"model-location": str(GOLDEN / "esr-tm-x2-k5c5.safetensors")},
                       {"model-location": None}],
    "model-location, bad": [{"model-location": "/nonexistent"}, {"model-location": __file__}],
    "precision": [{"precision": name} for name in ("bfloat16", "int8", "float32", "auto")],
    "n-threads": [{"n-threads": n} for n in (1, 2, 0)],
    "strength, compare": [{"strength": 0.5}, {"compare": "split"}, {"strength": 1.0},
                          {"compare": "off"}],
    "overload-policy": [{"overload-policy": name} for name in ("none", "degrade")],
    "scale": [{"scale": n} for n in (3, 1, 4, 2)],
}


class Stream:
    def __init__(self, options):
        self.pipeline = Gst.parse_launch(
            f"videotestsrc is-live=true pattern=ball ! video/x-raw,"
            f"format=I420,width={options.width},height={options.height},"
            f"framerate={options.rate}/1 ! queue ! ecbsr name=ecbsr model=ecbsr-m4c8"
            " ! fakesink sync=false")
        self.ecbsr = self.pipeline.get_by_name("ecbsr")
        self.delays = []
        self.ecbsr.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, self.see)
        self.pipeline.set_state(Gst.State.PLAYING)

    def see(self, _pad, info):
        now = self.pipeline.get_clock().get_time() - self.pipeline.get_base_time()
        self.delays.append((now - info.get_buffer().pts) / Gst.MSECOND)
        return Gst.PadProbeReturn.OK

    def watch(self, seconds):
        """Delays of the frames that come meanwhile."""
        n = len(self.delays)
        time.sleep(seconds)
        return self.delays[n:]

    def change(self, properties):
        for name, value in properties.items():
            if isinstance(value, str) and name != "model-location":
                Gst.util_set_object_arg(self.ecbsr, name, value)
            else:
                self.ecbsr.set_property(name, value)


def row(name, n_changes, delays, late):
    print(f"| {name} | {n_changes or ''} | {len(delays)} | {statistics.median(delays):.1f} |"
          f" {max(delays):.1f} | {late} |")


def measure(stream, duration, seconds):
    stream.watch(1)  # the first frames
    quiet = stream.watch(3)
    limit = statistics.median(quiet) + duration
    print(f"| change | times | frames | median, ms | longest | later than {limit:.1f} |")
    print("|---|---|---|---|---|---|")
    row("none", 0, quiet, sum(delay > limit for delay in quiet))
    n_late = 0
    for name, settings in CHANGES.items():
        delays = []
        n_changes = max(len(settings), round(seconds / len(CHANGES) / PAUSE))
        for i in range(n_changes):
            stream.change(settings[i % len(settings)])
            delays += stream.watch(PAUSE)
        late = sum(delay > limit for delay in delays)
        row(name, n_changes, delays, late)
        n_late += late
    return n_late


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in ("width", 640), ("height", 360), ("rate", 30), ("seconds", 20):
        parser.add_argument("--" + name, type=int, default=value)
    options = parser.parse_args()
    Gst.init(None)
    stream = Stream(options)
    n_late = measure(stream, 1000 / options.rate, options.seconds)
    stream.pipeline.set_state(Gst.State.NULL)
    return n_late > 0


if __name__ == "__main__":
    sys.exit(main())
