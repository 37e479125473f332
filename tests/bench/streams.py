#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How several streams in one process share the CPUs, as a table.

    tests/bench/streams.py [--streams 1,2,4,8] [--model ecbsr-m4c8] [--width 480]
                           [--height 270] [--seconds 3] [--rounds 3]

Pipelines that each repeat one frame and upscale it as fast as they can. Fairness is the
slowest stream's frames over the fastest one's. Each figure is the median of all rounds,
which take turns, so that a disturbance meets all alike.
"""

import argparse
import statistics
import sys
import time

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402


def launch(options):
    return Gst.parse_launch(
        "videotestsrc num-buffers=1 pattern=zone-plate kx2=20 ky2=20 ! video/x-raw,format=I420,"
        f"width={options.width},height={options.height},framerate=30/1 ! imagefreeze ! ecbsr"
        f" name=ecbsr scale=2 model={options.model} ! fakesink")


def count_frames(pipelines):
    stats = [pipeline.get_by_name("ecbsr").get_property("stats") for pipeline in pipelines]
    return [stat.get_value("frames") for stat in stats]


def run(n, options):
    """Frames per second of each of n streams."""
    pipelines = [launch(options) for _ in range(n)]
    for pipeline in pipelines:
        pipeline.set_state(Gst.State.PLAYING)
    while not all(count_frames(pipelines)):
        time.sleep(0.01)
    before, start = count_frames(pipelines), time.monotonic()
    time.sleep(options.seconds)
    after, seconds = count_frames(pipelines), time.monotonic() - start
    for pipeline in pipelines:
        pipeline.set_state(Gst.State.NULL)
    return [(b - a) / seconds for a, b in zip(before, after)]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", default="1,2,4,8")
    parser.add_argument("--model", default="ecbsr-m4c8")
    for name, value in ("width", 480), ("height", 270), ("seconds", 3), ("rounds", 3):
        parser.add_argument("--" + name, type=int, default=value)
    options = parser.parse_args()
    Gst.init(None)
    numbers = [int(n) for n in options.streams.split(",")]
    rounds = {n: [] for n in numbers}
    for _ in range(options.rounds):
        for n in numbers:
            rounds[n].append(run(n, options))
    print("| streams | frames/s each, slowest to fastest | fairness | frames/s in all |"
          " of one stream |\n|---|---|---|---|---|")
    alone = statistics.median(sum(rates) for rates in rounds[numbers[0]])
    for n, runs in rounds.items():
        slowest, fastest, total = (statistics.median(f(rates) for rates in runs)
                                   for f in (min, max, sum))
        fairness = statistics.median(min(rates) / max(rates) for rates in runs)
        print(f"| {n} | {slowest:.1f} to {fastest:.1f} | {fairness:.2f} | {total:.1f} |"
              f" {100 * total / alone:.0f} % |")


if __name__ == "__main__":
    sys.exit(main())
