# SPDX-License-Identifier: LGPL-2.1-or-later
"""Other work for the CPUs, switched on and off."""

import signal
import subprocess
import sys

BUSY = "while True: pass"


class Hog:
    """`n` processes that do nothing but use a CPU each. Off at first."""

    def __init__(self, n):
        self.processes = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(n)]
        self.switch(False)

    def switch(self, on):
        for process in self.processes:
            process.send_signal(signal.SIGCONT if on else signal.SIGSTOP)

    def __enter__(self):
        return self

    def __exit__(self, *_unused):
        for process in self.processes:
            process.kill()
            process.wait()
