#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What frames cost where not all of a picture is worked on: tables of docs/measuring.md.

    tests/bench/parts.py [--model ecbsr-m4c16] [--threads 1] [--clip FILE]…

Regions: a rectangle in the middle, of 0 to 100 % of a picture of 1280x720. skip-static:
an object on a still ground, and clips that decodebin can open. Processor time, of all
threads together, that frames add to the pipeline without the element; the best of
several runs that take turns.
"""

import argparse
import math
import os
import resource
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "bench")]

import gi  # noqa: E402

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from models import processor  # noqa: E402
from through_element import environment  # noqa: E402

WIDTH, HEIGHT, FRAMES, RUNS = 1280, 720, 40, 7
SIZE = f"video/x-raw,format=I420,width={WIDTH},height={HEIGHT}"
# The network's time does not depend on what it sees.
FROZEN = f"videotestsrc num-buffers=1 ! {SIZE} ! imagefreeze num-buffers={FRAMES}"
MOVING = f"videotestsrc num-buffers={FRAMES} pattern=zone-plate kx2=20 ky2=20 kt=1 ! {SIZE}"
# Some forty pixels on a ground that does not change.
BALL = f"videotestsrc num-buffers={FRAMES} pattern=ball ! {SIZE}"
SHARES = (0, 10, 25, 50, 100)


def rectangle(share):
    """A region of so many per cent of the area, in the middle."""
    side = math.sqrt(share / 100)
    width, height = round(WIDTH * side), round(HEIGHT * side)
    return (f"roi-mode=rectangle roi-x={(WIDTH - width) // 2} roi-y={(HEIGHT - height) // 2} "
            f"roi-width={width} roi-height={height}")


def processor_time():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return 1000 * (usage.ru_utime + usage.ru_stime)


def play(source, properties):
    """(milliseconds of processor time a frame, stats, backend)."""
    pipeline = Gst.parse_launch(f"{source} ! ecbsr name=ecbsr {properties} ! fakesink")
    element = pipeline.get_by_name("ecbsr")
    pipeline.set_state(Gst.State.PAUSED)
    pipeline.get_state(Gst.CLOCK_TIME_NONE)  # the model is there, and the first frame
    begin = processor_time()
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    if message.type == Gst.MessageType.ERROR:
        sys.exit(f"{source}: {message.parse_error()[0].message}")
    stats, backend = element.get_property("stats"), element.get_property("backend")
    time = (processor_time() - begin) / (FRAMES - 1)
    pipeline.set_state(Gst.State.NULL)
    return time, stats, backend


def best_of(source, choices):
    """The cheapest run of each choice of properties, taking turns, without the source."""
    runs = [[play(source, choice) for choice in ["scale=1"] + choices] for _ in range(RUNS)]
    nothing, *best = [min(column, key=lambda run: run[0]) for column in zip(*runs)]
    return [(time - nothing[0], stats, backend) for time, stats, backend in best]


def print_regions(common):
    results = best_of(FROZEN, [common] + [f"{common} {rectangle(share)}" for share in SHARES])
    whole = results[0][0]
    print(f"{processor()}, {os.cpu_count()} CPUs, {results[0][2]}; {WIDTH}x{HEIGHT} ×2\n")
    print("| region | ms/frame | of all |\n|---|---|---|")
    for name, (time, _, _) in zip([f"{share} % of the area" for share in SHARES], results[1:]):
        print(f"| {name} | {time:.1f} | {100 * time / whole:.0f} % |")
    print(f"| `roi-mode=off` | {whole:.1f} | 100 % |\n")


def print_static(common, clips):
    sources = [("ball on a plain ground", BALL), ("all of it moving", MOVING)]
    sources += [(Path(clip).name, f"filesrc location={clip} ! decodebin ! videoconvert ! "
                                  f"video/x-raw,format=I420 ! identity eos-after={FRAMES}") for clip in clips]
    print("| picture | tiles skipped | ms/frame | without `skip-static` |\n|---|---|---|---|")
    for name, source in sources:
        off, on = best_of(source, [common, f"{common} skip-static=true"])
        share = on[1].get_value("tiles-skipped") / on[1].get_value("tiles")
        print(f"| {name} | {100 * share:.0f} % | {on[0]:.1f} | {off[0]:.1f} |")


def main():
    parser = argparse.ArgumentParser(description="Speed where not all of a picture is worked on.")
    parser.add_argument("--model", default="ecbsr-m4c16")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--clip", action="append", default=[])
    options = parser.parse_args()
    os.environ.update(environment())
    Gst.init(None)
    common = f"scale=2 model={options.model} n-threads={options.threads}"
    print_regions(common)
    print_static(common, options.clip)


if __name__ == "__main__":
    main()
