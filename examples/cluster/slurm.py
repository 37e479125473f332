# SPDX-License-Identifier: LGPL-2.1-or-later
"""Job arrays of Slurm: submitted, and looked after."""

import re
import shlex
import subprocess
import time
from collections import Counter
from pathlib import Path

from work import WorkError, read_json, write_json

PATIENCE = 300  # seconds without an answer of the controller's: it may be restarted
# Slurm holds a job whose launch failed, as it does where a node dies at that moment.
HELD = re.compile(r"launch.failed|held", re.IGNORECASE)


def ask(*command):
    try:
        ended = subprocess.run(command, check=False, text=True, timeout=60,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    except FileNotFoundError:
        raise WorkError(f"{command[0]} is not installed (Debian: slurm-client); --local does "
                        "without Slurm") from None
    except subprocess.TimeoutExpired:
        return 1, "", "no answer"
    return ended.returncode, ended.stdout, ended.stderr.strip()


def largest_array():
    status, said, complained = ask("scontrol", "show", "config")
    if status != 0:
        raise WorkError(f"Slurm: {complained}")
    return int(re.search(r"^MaxArraySize\s*=\s*(\d+)", said, re.MULTILINE)[1])


class Jobs:
    """The arrays of one folder, this start's and those that an earlier one left."""

    def __init__(self, work, options):
        self.work, self.options = work, options
        self.path = work.folder / "jobs.json"
        self.ids = read_json(self.path) if self.path.exists() else []
        self.answered = time.monotonic()
        self.states, self.released = Counter(), Counter()

    def submit(self, tasks):
        """tasks: (video's name, piece)."""
        size = largest_array() - 1
        if not self.alive():
            self.ids = []
        for first in range(0, len(tasks), size):
            self.submit_array(tasks[first:first + size])

    def submit_array(self, tasks):
        number = len(list(self.work.folder.glob("tasks-*.json")))
        path = self.work.folder / f"tasks-{number}.json"
        write_json(path, tasks)
        script = Path(__file__).absolute().with_name("piece")
        # A node that dies has its jobs run again; a piece that fails is no reason to.
        status, said, complained = ask(
            "sbatch", "--parsable", "--requeue", "--job-name=upscale",
            f"--array=0-{len(tasks) - 1}", "--output=/dev/null", "--open-mode=append",
            *self.options, f"--wrap=exec {shlex.quote(str(script))} {shlex.quote(str(path))}")
        if status != 0:
            raise WorkError(f"sbatch: {complained}")
        self.ids.append(said.strip().split(";")[0])
        write_json(self.path, self.ids)

    def refresh(self):
        """How many of them are in which state. False where Slurm did not answer."""
        if not self.ids:
            return True
        status, said, complained = ask("squeue", "--noheader", "--array", "--format=%i|%T|%N|%r",
                                       "--jobs=" + ",".join(self.ids))
        if status != 0 and "Invalid job id" not in complained:
            if time.monotonic() - self.answered > PATIENCE:
                raise WorkError(f"squeue: {complained}")
            return False
        self.answered = time.monotonic()
        lines = [line.split("|") for line in said.splitlines() if line.count("|") == 3]
        self.states = Counter(state for _, state, _, _ in lines)
        self.nodes = {node for _, state, node, _ in lines if state == "RUNNING"}
        for job, state, _, reason in lines:
            if state == "PENDING" and HELD.search(reason):
                self.release(job)
        return True

    def release(self, job):
        self.released[job] += 1
        if self.released[job] <= 3:
            ask("scontrol", "release", job)

    def alive(self):
        return sum(self.states.values())

    def describe(self):
        running = self.states["RUNNING"]
        waiting = self.alive() - running
        nodes = f" on {len(self.nodes)} node{'s' if len(self.nodes) != 1 else ''}" if running else ""
        return f"{running} running{nodes}, {waiting} waiting"
