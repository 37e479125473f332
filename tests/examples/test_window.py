# SPDX-License-Identifier: LGPL-2.1-or-later
"""The first pipeline of the README, and examples/camera, open a window and paint an
upscaled picture."""

import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

WIDTH, HEIGHT = 1024, 768
SOURCE = ("videotestsrc", "is-live=true", "!", "ecbsr", "scale=2", "!")
CAMERA = Path(__file__).resolve().parents[2] / "examples/camera"
PICTURE = (640, 480)  # twice what videotestsrc makes
PATIENCE = 30


def bounding_box(screen):
    """Size of what is not black, from the corner where windows open."""
    rows = [screen[start:start + 3 * WIDTH] for start in range(0, len(screen), 3 * WIDTH)]
    lengths = [len(row.rstrip(b"\0")) for row in rows]
    painted = [y for y, length in enumerate(lengths) if length]
    return (-(-max(lengths) // 3), painted[-1] + 1) if painted else (0, 0)


@unittest.skipUnless(shutil.which("Xvfb"), "Xvfb is not installed")
class Window(unittest.TestCase):
    def setUp(self):
        read, write = os.pipe()
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{WIDTH}x{HEIGHT}x24",
             "-nolisten", "tcp"], pass_fds=[write], stderr=subprocess.DEVNULL)
        self.addCleanup(self.stop, server)
        os.close(write)
        with os.fdopen(read) as display:
            number = display.readline().strip()
        self.assertTrue(number, "Xvfb did not start")
        self.environment = {**os.environ, "DISPLAY": ":" + number}
        self.environment.pop("WAYLAND_DISPLAY", None)

    def stop(self, process):
        process.terminate()
        process.wait()

    def screenshot(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "screen.rgb")
            subprocess.run(
                ["gst-launch-1.0", "-q", "ximagesrc", "num-buffers=1", "use-damage=false",
                 "show-pointer=false", "!", "videoconvert", "!", "video/x-raw,format=RGB", "!",
                 "filesink", f"location={path}"],
                env=self.environment, check=True, timeout=PATIENCE)
            return path.read_bytes()

    def check(self, *command):
        self.assertEqual(bounding_box(self.screenshot()), (0, 0))
        pipeline = subprocess.Popen(command, env=self.environment)
        self.addCleanup(self.stop, pipeline)
        end, box = time.monotonic() + PATIENCE, None
        while box != PICTURE and time.monotonic() < end and pipeline.poll() is None:
            time.sleep(0.2)
            screen = self.screenshot()
            box = bounding_box(screen)
        self.assertEqual(box, PICTURE)
        colors = {screen[i:i + 3] for i in range(0, len(screen), 3)}
        self.assertGreater(len(colors), 50)

    def test_autovideosink(self):
        self.check("gst-launch-1.0", "-q", *SOURCE, "autovideosink")

    def test_sink_that_takes_rgb_alone(self):
        self.check("gst-launch-1.0", "-q", *SOURCE, "ximagesink")

    def test_camera(self):
        self.check(CAMERA, "--test", "--model", "esr-max")


if __name__ == "__main__":
    unittest.main()
