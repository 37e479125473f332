# SPDX-License-Identifier: LGPL-2.1-or-later
"""The element in pipelines: throughput, its cost over the engine's, memory."""

import json
import subprocess
from statistics import median

import numpy as np
from through_element import environment

from tests.bench.comparison.install import BUILD, PYTHON, ROOT, RUNNERS, WORK
from tests.bench.comparison.runner import Runner, RunnerError

FORMATS = {"GRAY8": 1, "I420": 1.5, "NV12": 1.5, "YUY2": 2}  # bytes a pixel
HD, FULL_HD = (960, 540), (1920, 1080)


def source(size, pixels, frames):
    """The same frame again and again, which costs nothing to make."""
    width, height = size
    return (f"videotestsrc num-buffers=1 pattern=zone-plate kx2=20 ky2=20 ! "
            f"video/x-raw,format={pixels},width={width},height={height},framerate=30/1 ! "
            f"imagefreeze num-buffers={frames}")


def ecbsr(model, threads, precision="auto"):
    return (f"ecbsr scale=2 model={model} n-threads={threads} precision={precision} "
            "content=clean overload-policy=none")


def lanczos(size, threads):
    width, height = (2 * n for n in size)
    return (f"videoscale method=lanczos n-threads={threads} ! "
            f"video/x-raw,width={width},height={height}")


def nearest(size):
    width, height = (2 * n for n in size)
    return f"videoscale method=nearest-neighbour ! video/x-raw,width={width},height={height}"


def play(size, element, pixels="I420", frames=60):
    description = f"{source(size, pixels, frames)} ! {element} ! fakesink name=sink sync=false"
    run = subprocess.run([PYTHON, RUNNERS / "play.py", description], env=environment(),
                         capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RunnerError(run.stderr.strip())
    return json.loads(run.stdout)


def alternate(rounds, measurements):
    """The median of what each of the functions returns, which is a list of times."""
    times = {key: [] for key in measurements}
    for _ in range(rounds):
        for key, function in measurements.items():
            times[key] += function()
    return {key: median(values) for key, values in times.items()}


def throughput(rounds, threads):
    """Rows of one element and number of threads each."""
    rows = [{"element": "videoscale method=lanczos", "size": HD, "threads": n,
             "launch": lanczos(HD, n)} for n in threads]
    for size, model, precision in ((HD, "esr-max", "auto"), (HD, "ecbsr-m4c16", "auto"),
                                   (FULL_HD, "ecbsr-m4c8", "auto"),
                                   (FULL_HD, "ecbsr-m4c16", "auto")):
        rows += [{"element": f"ecbsr model={model} precision={precision}", "size": size,
                  "threads": n, "launch": ecbsr(model, n, precision)} for n in threads]
    times = alternate(rounds, {i: lambda row=row: play(row["size"], row["launch"])["ms"]
                               for i, row in enumerate(rows)})
    return [{**row, "ms": times[i]} for i, row in enumerate(rows)]


def engine(model, size, pixels, threads):
    """The engine alone, on the same kind of frame."""
    width, height = size
    path = WORK / f"frame-{pixels}.raw"
    (np.arange(int(width * height * FORMATS[pixels])) % 7 * 31 + 20).astype(np.uint8).tofile(path)
    program = BUILD / "tests" / "bench" / "runners" / "compare-engine"
    return Runner([program, ROOT / "models" / f"{model}-x2.safetensors", path, width, height,
                   threads, pixels.lower(), "auto"])


def overhead_of(rounds, threads, model, size):
    """Rows of one format each: the engine's ms and the element's."""
    runners = {pixels: engine(model, size, pixels, threads) for pixels in FORMATS}
    functions = {("engine", pixels): lambda r=runner: r.run(300)
                 for pixels, runner in runners.items()}
    functions |= {("element", pixels): lambda p=pixels: play(size, ecbsr(model, threads), p)["ms"]
                  for pixels in FORMATS}
    ms = alternate(rounds, functions)
    for runner in runners.values():
        runner.close()
    return [{"model": model, "size": size, "format": pixels, "engine": ms["engine", pixels],
             "element": ms["element", pixels]} for pixels in FORMATS]


def overhead(rounds, threads, cases):
    return [row for case in cases for row in overhead_of(rounds, threads, *case)]


def memory(threads):
    """MiB that the element takes beside the frame buffers, by model."""
    frames = play(FULL_HD, nearest(FULL_HD))["peak_kib"]
    return {model: (play(FULL_HD, ecbsr(model, threads))["peak_kib"] - frames) / 1024
            for model in ("esr-max", "ecbsr-m4c8", "ecbsr-m4c16")}
