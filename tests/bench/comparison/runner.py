# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs that upscale the same picture again and again when told to.

A runner says its name when it is ready, then reads lines:

    run MS        upscales for MS milliseconds; answers the time of each frame, ms
    write PATH    writes the last frame, rows without padding; answers []

It answers in JSON, a line each, and ends with its input.
"""

import json
import subprocess
import time

NOTHING_FAST = "no fast convolution"  # of what a runner says then
WARM_UP = 2  # frames at the start of a turn, which find cold caches


class RunnerError(Exception):
    """A runner does not do what it should."""


class Unable(RunnerError):
    """A runner has nothing for this network in this precision on this CPU."""


class Runner:
    def __init__(self, command, env=None):
        self.command = [str(word) for word in command]
        self.process = subprocess.Popen(self.command, env=env, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.name = self._answer()

    def run(self, duration):
        """The times of frames, without those that warm up."""
        times = self._ask(f"run {duration}")
        return times[WARM_UP:] or times[-1:]

    def write(self, path):
        self._ask(f"write {path}")

    def close(self):
        self.process.communicate()

    def _ask(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the answer tells why
        return self._answer()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            message = self.process.communicate()[1].strip()
            error = Unable if NOTHING_FAST in message else RunnerError
            raise error(f"{self.command[0]}: {message or 'ended without a word'}")
        return json.loads(line)


def take_turns(runners, rounds, duration):
    """The times of each runner's frames, ms; runners take turns, pausing between."""
    times = {key: [] for key in runners}
    for _ in range(rounds):
        for key, runner in runners.items():
            times[key] += runner.run(duration)
            # Threads that wait for more work by spinning give up meanwhile.
            time.sleep(0.05)
    return times
