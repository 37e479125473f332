# SPDX-License-Identifier: LGPL-2.1-or-later
"""The README's Python program, run as it is printed there."""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"
WIDTH, HEIGHT, N_FRAMES = 96, 64, 9

try:
    import gi
    gi.require_version("Gst", "1.0")
except (ImportError, ValueError) as error:
    raise unittest.SkipTest(f"needs Debian's python3-gi and gir1.2-gstreamer-1.0: {error}")


def launch(*parts):
    subprocess.run(["gst-launch-1.0", "-q", *parts], check=True, timeout=60)


class Program(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.small, self.large, self.raw = (str(Path(folder.name, name))
                                            for name in ("small.mkv", "large.mp4", "large.yuv"))
        programs = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"),
                              re.MULTILINE | re.DOTALL)
        self.assertEqual(len(programs), 1)
        self.program = programs[0]

    def run_program(self):
        return subprocess.run([sys.executable, "-c", self.program, self.small, self.large],
                              capture_output=True, text=True, check=True, timeout=60)

    def test_it_doubles_a_video(self):
        launch("videotestsrc", f"num-buffers={N_FRAMES}", "!",
               f"video/x-raw,format=I420,width={WIDTH},height={HEIGHT}", "!",
               "matroskamux", "!", "filesink", f"location={self.small}")
        run = self.run_program()
        self.assertEqual(run.stderr, "")
        self.assertRegex(run.stdout, fr"frames=\(\w+\){N_FRAMES}\b")
        launch("filesrc", f"location={self.large}", "!", "decodebin", "!", "videoconvert", "!",
               "video/x-raw,format=I420", "!", "filesink", f"location={self.raw}")
        self.assertEqual(Path(self.raw).stat().st_size,
                         N_FRAMES * 2 * WIDTH * 2 * HEIGHT * 3 // 2)

    def test_it_says_what_is_wrong(self):
        Path(self.small).write_bytes(b"no video at all\n" * 100)
        self.assertIn("text file", self.run_program().stderr)


if __name__ == "__main__":
    unittest.main()
