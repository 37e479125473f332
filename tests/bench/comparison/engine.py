# SPDX-License-Identifier: LGPL-2.1-or-later
"""What ecbsr-bench measures, and the quality of each model and precision."""

import json
import subprocess

import numpy as np
import set5
from through_element import upscale

from tests.bench.comparison.install import BUILD
from tests.bench.comparison.network import SCALE
from tests.bench.comparison.runner import RunnerError

SIZES = ("160x120", "320x240", "640x480", "960x540", "1280x720", "1920x1080", "3840x2160")


def bench(*arguments):
    program = BUILD / "src" / "tools" / "bench" / "ecbsr-bench"
    run = subprocess.run([program, "--json", f"--scale={SCALE}", *arguments],
                         capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RunnerError(run.stderr.strip())
    return json.loads(run.stdout)


def speeds(size, threads, seconds):
    """All built-in models and precisions, with "system"; bicubic as well."""
    width, height = size
    found = bench(f"--sizes={width}x{height}", f"--threads={threads}", f"--seconds={seconds}")
    found["results"] += bench("--models=bicubic", f"--sizes={width}x{height}",
                              f"--threads={threads}", f"--seconds={seconds}",
                              "--precisions=float32")["results"]
    return found


def by_size(models, threads, seconds):
    """Both networks at all sizes, in the precision that is the model's default."""
    return bench("--models=" + ",".join(models), "--sizes=" + ",".join(SIZES),
                 "--precisions=auto", "--threads=" + ",".join(map(str, threads)),
                 f"--seconds={seconds}")["results"]


def psnr(model, precision):
    """Set5 through the element."""
    return float(np.mean([set5.psnr(upscale(low, SCALE, model=model, precision=precision),
                                    high, SCALE)
                          for low, high in set5.pictures(SCALE)]))


def qualities(results):
    """{"model precision": dB} of what was measured; empty without the pictures."""
    if not set5.FOLDER.is_dir():
        return {}
    keys = {(row["model"], row["precision"]) for row in results}
    return {" ".join(key): psnr(*key) for key in sorted(keys)}
