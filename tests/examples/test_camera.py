# SPDX-License-Identifier: LGPL-2.1-or-later
"""examples/camera: the picture with its line of status, and what is wrong said clearly.
Where it opens a window: test_window.py."""

import importlib.machinery
import importlib.util
import os
import tempfile
import unittest
from pathlib import Path

from program import EXAMPLES, Program, run

try:
    import gi
    gi.require_version("Gst", "1.0")
    from gi.repository import GLib, Gst
except (ImportError, ValueError) as error:
    raise unittest.SkipTest(f"needs Debian's python3-gi and gir1.2-gstreamer-1.0: {error}")

CAMERA = EXAMPLES / "camera"
WIDTH, HEIGHT = 640, 480  # twice what videotestsrc makes
FRAME = 3 * WIDTH * HEIGHT


def whites(frame, width, height):
    """White pixels in the upper left corner, where the first bar is white as well."""
    rows = (frame[3 * WIDTH * y:3 * (WIDTH * y + width)] for y in range(height))
    return sum(row[x:x + 3] == b"\xff\xff\xff" for row in rows for x in range(0, len(row), 3))


class Picture(unittest.TestCase):
    def frames(self, *options):
        """All of them; at the last the status has been there for a while."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "frames.rgb")
            program = Program(CAMERA, "--model", "esr-max", *options, "--sink",
                              "video/x-raw,format=RGB ! identity eos-after=90 ! tee name=t"
                              f" t. ! queue ! filesink location={path} t. ! queue ! fakesink"
                              " sync=true")
            self.addCleanup(program.kill)
            self.assertEqual(program.wait(), 0, program.said())
            raw = path.read_bytes()
        self.assertEqual(len(raw) % FRAME, 0)
        return [raw[at:at + FRAME] for at in range(0, len(raw), FRAME)]

    def test_status_is_seen(self):
        """The box of the status shades the white bar below it."""
        frames = self.frames("--test")
        self.assertLess(whites(frames[-1], 90, 60), 90 * 60 - 1000)
        self.assertGreater(whites(frames[-1], 90, 60), 1000)
        # Milliseconds. Two of them may be the same by chance.
        lines = {frame[3 * WIDTH * 20:3 * WIDTH * 50] for frame in frames}
        self.assertGreater(len(lines), 1)

    def test_video_file(self):
        with tempfile.TemporaryDirectory() as folder:
            clip = Path(folder, "clip.mkv")
            status, said = run("gst-launch-1.0", "-q", "videotestsrc", "num-buffers=40", "!",
                               "video/x-raw,format=I420", "!", "x264enc", "!", "matroskamux", "!",
                               "filesink", f"location={clip}")
            self.assertEqual(status, 0, said)
            status, said = run(CAMERA, "--video", clip, "--sink", "fakesink")
            self.assertEqual((status, said), (0, ""))


class Ends(unittest.TestCase):
    def test_ctrl_c(self):
        read, write = os.pipe()
        program = Program(CAMERA, "--test", "--sink", f"fdsink fd={write}", pass_fds=[write])
        self.addCleanup(program.kill)
        os.close(write)
        with os.fdopen(read, "rb") as frames:
            frames.read(1000)  # it plays
            program.process.send_signal(2)
            while frames.read(1 << 20):
                pass
        self.assertEqual((program.wait(), program.said()), (0, ""))

    def refuse(self, text, *options, environment=None):
        status, said = run(CAMERA, *options, env=environment)
        self.assertEqual(status, 1 if "usage" not in said else 2, said)
        self.assertIn(text, said)
        self.assertNotIn("Traceback", said)

    def test_no_such_camera(self):
        self.refuse("/dev/video99", "/dev/video99", "--sink", "fakesink")

    @unittest.skipIf(list(Path("/dev").glob("video*")), "there is a camera")
    def test_no_camera(self):
        self.refuse("there is no camera", "--sink", "fakesink")

    def test_no_display(self):
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
        self.refuse("there is no display", "--test", environment=environment)

    def test_no_plugin(self):
        with tempfile.TemporaryDirectory() as folder:  # where the registry is made anew
            self.refuse("GST_PLUGIN_PATH", "--test", "--sink", "fakesink",
                        environment={**os.environ, "GST_PLUGIN_PATH": "",
                                     "GST_REGISTRY": str(Path(folder, "registry"))})

    def test_bad_arguments(self):
        self.refuse("nothing-here.mp4", "--video", "nothing-here.mp4", "--sink", "fakesink")
        self.refuse("nonsense", "--model", "nonsense", "--test", "--sink", "fakesink")
        self.refuse("one of", "/dev/video0", "--test")
        self.refuse("invalid choice", "--scale", "5", "--test")

    def test_video_without_a_picture(self):
        with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
            self.refuse("no data", "--video", file.name, "--sink", "fakesink")

    def test_busy_camera_is_explained(self):
        """No camera here to open twice: what v4l2src says then."""
        loader = importlib.machinery.SourceFileLoader("camera", str(CAMERA))
        camera = importlib.util.module_from_spec(
            importlib.util.spec_from_loader("camera", loader))
        loader.exec_module(camera)
        error = GLib.Error.new_literal(Gst.ResourceError.quark(), "Device is busy.",
                                       Gst.ResourceError.BUSY)
        self.assertIn("Another program", camera.explain(error))


if __name__ == "__main__":
    unittest.main()
