#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Speed and quality of the built-in models through the element, as a table.

    tests/bench/models.py [--scale 2] [--width 960] [--height 540] [--threads 0]

Speed: the average time in the element of the last frames of a moving picture, the
best of five runs. Quality: PSNR on Set5 of 8-bit luma in and out (docs/measuring.md);
left out where ../shared/data is not there.
"""

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import numpy as np  # noqa: E402
import gi  # noqa: E402

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

import set5  # noqa: E402
from through_element import environment, upscale  # noqa: E402

RUNS, FRAMES = 5, 40
MODELS = ("esr-max", "esr-tm", "esr-tr", "esr-cnn",
          "ecbsr-m4c8", "ecbsr-m4c16", "ecbsr-m10c16")


def built_in(scale):
    return ["bicubic"] + [name for name in MODELS
                          if (ROOT / "models" / f"{name}-x{scale}.safetensors").exists()]


def run_pipeline(model, options):
    """(average milliseconds a frame, backend) of one run."""
    pipeline = Gst.parse_launch(
        f"videotestsrc num-buffers={FRAMES} pattern=zone-plate kx2=20 ky2=20 kt=1 ! "
        f"video/x-raw,format=I420,width={options.width},height={options.height} ! "
        f"ecbsr name=ecbsr scale={options.scale} model={model} n-threads={options.threads} ! "
        "fakesink")
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    if message.type == Gst.MessageType.ERROR:
        sys.exit(f"{model}: {message.parse_error()[0].message}")
    element = pipeline.get_by_name("ecbsr")
    time = element.get_property("stats").get_value("average-ns") / 1e6
    backend = element.get_property("backend")
    pipeline.set_state(Gst.State.NULL)
    return time, backend


def macs(model, scale):
    if model == "bicubic":
        return ""
    path = ROOT / "models" / f"{model}-x{scale}.safetensors"
    tool = ROOT / "build" / "src" / "tools" / "ecbsr-model"
    text = subprocess.run([tool, "show", path], check=True, capture_output=True, text=True).stdout
    return next(line.split()[-1] for line in text.splitlines() if "MACs per pixel" in line)


def quality(model, scale):
    if not set5.FOLDER.is_dir():
        return ""
    scores = [set5.psnr(upscale(low, scale, model=model), high, scale)
              for low, high in set5.pictures(scale)]
    return f"{np.mean(scores):.2f}"


def processor():
    for line in Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def parse_options():
    parser = argparse.ArgumentParser(description="Speed and quality of the built-in models.")
    for name, default in (("scale", 2), ("width", 960), ("height", 540), ("threads", 0)):
        parser.add_argument("--" + name, type=int, default=default)
    return parser.parse_args()


def main():
    options = parse_options()
    os.environ.update(environment())
    Gst.init(None)
    rows = []
    for model in built_in(options.scale):
        runs = [run_pipeline(model, options) for _ in range(RUNS)]
        time, backend = min(runs)
        rows.append(f"| {model} | {macs(model, options.scale)} | {time:.1f} | {1000 / time:.0f} "
                    f"| {quality(model, options.scale)} |")
    print(f"{processor()}, {os.cpu_count()} CPUs, {backend}; "
          f"{options.width}x{options.height} ×{options.scale}\n")
    print("| model | MAC/pixel | ms/frame | frames/s | Set5, dB |\n|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
