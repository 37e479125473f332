# SPDX-License-Identifier: LGPL-2.1-or-later
"""examples/upscale: the frames that it writes are those of a pipeline by hand."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

UPSCALE = os.environ["ECBSR_UPSCALE"]
WIDTH, HEIGHT, N_FRAMES = 48, 36, 7
FRAME = b"FRAME\n"


def launch(*parts):
    subprocess.run(["gst-launch-1.0", "-q", *parts], check=True, timeout=60)


def upscale(*args):
    return subprocess.run([UPSCALE, *args], capture_output=True, text=True, check=False, timeout=60)


class Upscale(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.clip, self.out, self.raw = (str(Path(folder.name, name))
                                         for name in ("clip.mkv", "out.y4m", "raw.yuv"))
        launch("videotestsrc", "pattern=zone-plate", "kx2=20", "ky2=20", "kt=1",
               f"num-buffers={N_FRAMES}", "!",
               f"video/x-raw,format=I420,width={WIDTH},height={HEIGHT},framerate=30/1", "!",
               "matroskamux", "!", "filesink", f"location={self.clip}")

    def check(self, scale, *args):
        run = upscale(self.clip, self.out, *args)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertIn(f"{N_FRAMES} frames", run.stdout)
        header, *frames = Path(self.out).read_bytes().split(FRAME)
        self.assertRegex(header.decode(),
                         f"^YUV4MPEG2 W{scale * WIDTH} H{scale * HEIGHT} F30:1 Ip A1:1 C420\n$")
        launch("filesrc", f"location={self.clip}", "!", "matroskademux", "!",
               "ecbsr", f"scale={scale}", "!", "filesink", f"location={self.raw}")
        self.assertEqual(len(frames), N_FRAMES)
        self.assertEqual(b"".join(frames), Path(self.raw).read_bytes())
        self.assertNotEqual(frames[0], frames[-1])

    def test_twice_as_large(self):
        self.check(2)

    def test_scale_is_taken(self):
        self.check(3, "3")

    def refuse(self, message, *args):
        run = upscale(*args)
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn(message, run.stderr)

    def test_missing_input_is_named(self):
        self.refuse("nothing-here.mkv", "nothing-here.mkv", self.out)

    def test_output_that_cannot_be_written(self):
        self.refuse("No such file", self.clip, self.out + "/no/folder")

    def test_full_disk(self):
        self.refuse("not complete", self.clip, "/dev/full")

    def test_input_without_a_picture(self):
        Path(self.clip).write_bytes(b"no video at all\n" * 100)
        self.refuse("not complete", self.clip, self.out)

    def test_bad_arguments(self):
        for args in ([], [self.clip], [self.clip, self.out, "5"], [self.clip, self.out, "two"]):
            with self.subTest(args):
                self.refuse("wanted", *args)


if __name__ == "__main__":
    unittest.main()
