#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What frames cost where not all of a picture is worked on: tables of docs/measuring.md.

    tests/bench/parts.py [--model ecbsr-m4c16] [--threads 0] [--clip FILE]…

Regions: a rectangle in the middle, of 0 to 100 % of a moving picture of 1280x720.
skip-static: an object on a still ground, and clips that decodebin can open. Averages of
the element's own times, the best of several runs that take turns.
"""

import argparse
import math
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "bench")]

import gi  # noqa: E402

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from models import processor  # noqa: E402
from through_element import environment  # noqa: E402

WIDTH, HEIGHT, FRAMES, RUNS = 1280, 720, 20, 15
SIZE = f"video/x-raw,format=I420,width={WIDTH},height={HEIGHT}"
MOVING = (f"videotestsrc num-buffers={FRAMES} pattern=zone-plate kx2=20 ky2=20 kt=1 ! {SIZE}")
# Some forty pixels on a ground that does not change.
BALL = f"videotestsrc num-buffers={FRAMES} pattern=ball ! {SIZE}"
SHARES = (0, 10, 25, 50, 100)


def rectangle(share):
    """A region of so many per cent of the area, in the middle."""
    side = math.sqrt(share / 100)
    width, height = round(WIDTH * side), round(HEIGHT * side)
    return (f"roi-mode=rectangle roi-x={(WIDTH - width) // 2} roi-y={(HEIGHT - height) // 2} "
            f"roi-width={width} roi-height={height}")


def play(source, properties):
    """(milliseconds a frame, stats, backend)."""
    pipeline = Gst.parse_launch(f"{source} ! ecbsr name=ecbsr {properties} ! fakesink")
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    if message.type == Gst.MessageType.ERROR:
        sys.exit(f"{source}: {message.parse_error()[0].message}")
    element = pipeline.get_by_name("ecbsr")
    stats, backend = element.get_property("stats"), element.get_property("backend")
    pipeline.set_state(Gst.State.NULL)
    return stats.get_value("average-ns") / 1e6, stats, backend


def best_of(source, choices):
    """The fastest run of each choice of properties, taking turns."""
    runs = [[play(source, choice) for choice in choices] for _ in range(RUNS)]
    return [min(column, key=lambda run: run[0]) for column in zip(*runs)]


def print_regions(common):
    results = best_of(MOVING, [common] + [f"{common} {rectangle(share)}" for share in SHARES])
    whole = results[0][0]
    print(f"{processor()}, {os.cpu_count()} CPUs, {results[0][2]}; {WIDTH}x{HEIGHT} ×2\n")
    print("| region | ms/frame | of all |\n|---|---|---|")
    for name, (time, _, _) in zip([f"{share} % of the area" for share in SHARES], results[1:]):
        print(f"| {name} | {time:.1f} | {100 * time / whole:.0f} % |")
    print(f"| `roi-mode=off` | {whole:.1f} | 100 % |\n")


def print_static(common, clips):
    sources = [("ball on a plain ground", BALL), ("all of it moving", MOVING)]
    sources += [(Path(clip).name, f"filesrc location={clip} ! decodebin ! videoconvert ! "
                                  f"video/x-raw,format=I420 ! identity eos-after={FRAMES + 1}") for clip in clips]
    print("| picture | tiles skipped | ms/frame | without `skip-static` |\n|---|---|---|---|")
    for name, source in sources:
        off, on = best_of(source, [common, f"{common} skip-static=true"])
        share = on[1].get_value("tiles-skipped") / on[1].get_value("tiles")
        print(f"| {name} | {100 * share:.0f} % | {on[0]:.1f} | {off[0]:.1f} |")


def main():
    parser = argparse.ArgumentParser(description="Speed where not all of a picture is worked on.")
    parser.add_argument("--model", default="ecbsr-m4c16")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--clip", action="append", default=[])
    options = parser.parse_args()
    os.environ.update(environment())
    Gst.init(None)
    common = f"scale=2 model={options.model} n-threads={options.threads}"
    print_regions(common)
    print_static(common, options.clip)


if __name__ == "__main__":
    main()
