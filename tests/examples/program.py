# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program under test that goes on until it is stopped."""

import signal
import subprocess
import threading
import time
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PATIENCE = 90  # seconds: the machine may be busy with other tests


class Program:
    """Started with what it says kept, line by line. Use addCleanup (program.kill)."""

    def __init__(self, *command, **options):
        self.process = subprocess.Popen(list(map(str, command)), text=True, bufsize=1,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, **options)
        self.lines = []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def said(self):
        return "\n".join(self.lines)

    def wait_for(self, text, times=1):
        """The latest line that has the text, when it was said that often."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            ended = self.process.poll() is not None
            found = [line for line in list(self.lines) if text in line]
            if len(found) >= times:
                return found[-1]
            if ended and not self.reader.is_alive():
                break
            time.sleep(0.05)
        raise AssertionError(f"{text!r} was not said {times} times, but:\n{self.said()}")

    def wait(self):
        status = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.process.stdout.close()
        return status

    def interrupt(self):
        """As by Ctrl-C. Its status."""
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        if not self.process.stdout.closed:
            self.wait()


def run(*command, **options):
    """(status, what it says) of a program that ends by itself."""
    ended = subprocess.run(list(map(str, command)), text=True, timeout=PATIENCE, check=False,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, **options)
    return ended.returncode, ended.stdout
