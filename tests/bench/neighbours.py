#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What other work on the machine costs a frame, as a table.

    tests/bench/neighbours.py BUILD [--models ecbsr-m4c8,ecbsr-m4c16] [--size 960x540]
                              [--seconds 2] [--rounds 5]

Runs ecbsr-bench of the build folder with one thread and with one for each CPU, on an idle
machine and while processes that never sleep keep CPUs busy: one, and one for each CPU. All take
turns; each figure is the median of the rounds. *best* is the time of one thread on an idle
machine over the CPUs that are the threads' fair share: all threads and processes have equal parts,
and none more than a CPU. *of the best* is the time over that.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.soak.hog import Hog  # noqa: E402


def frame_times(options, threads):
    """{model: ms}, the median of a run."""
    program = options.build / "src" / "tools" / "bench" / "ecbsr-bench"
    found = subprocess.run(
        [program, "--json", f"--models={options.models}", f"--sizes={options.size}",
         f"--threads={threads}", f"--seconds={options.seconds}", "--precisions=auto"],
        stdout=subprocess.PIPE, check=True).stdout
    return {row["model"]: row["ms_p50"] for row in json.loads(found)["results"]}


def measure(options, cpus):
    """{(model, threads, busy processes): ms}"""
    rounds = {}
    for _ in range(options.rounds):
        for busy in sorted({0, 1, cpus}):
            with Hog(busy) as hog:
                hog.switch(True)
                for threads in sorted({1, cpus}):
                    for model, ms in frame_times(options, threads).items():
                        rounds.setdefault((model, threads, busy), []).append(ms)
    return {key: statistics.median(times) for key, times in rounds.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("--models", default="ecbsr-m4c8,ecbsr-m4c16")
    parser.add_argument("--size", default="960x540")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    cpus = len(os.sched_getaffinity(0))
    found = measure(parser.parse_args(), cpus)
    print("| model | threads | busy processes | frame, ms | best | of the best |\n"
          "|---|---|---|---|---|---|")
    for (model, threads, busy), ms in sorted(found.items()):
        share = min(threads, cpus * threads / (threads + busy))
        best = found[model, 1, 0] / share
        print(f"| {model} | {threads} | {busy} | {ms:.2f} | {best:.2f} | {ms / best:.2f} |")


if __name__ == "__main__":
    sys.exit(main())
