# SPDX-License-Identifier: LGPL-2.1-or-later
"""examples/two-hosts: a camera's host, an upscaling one and a display's, as network
namespaces with nothing but RTP between them."""

import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from program import EXAMPLES, Program, run

TWO_HOSTS = EXAMPLES / "two-hosts"
CAMERA = "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1"
FRAME = 3 * 640 * 480
# The bars of videotestsrc, in the middle of each.
BARS = [(255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0), (255, 0, 255), (255, 0, 0),
        (0, 0, 255)]


def ip(*args):
    return subprocess.run(["ip", *args], capture_output=True, text=True, check=False)


def may_make_namespaces():
    name = f"ecbsr-{os.getpid()}-try"
    made = shutil.which("ip") and ip("netns", "add", name).returncode == 0
    if made:
        ip("netns", "delete", name)
    return made


@unittest.skipUnless(may_make_namespaces(), "needs iproute2, and to be root, for namespaces")
class TwoHosts(unittest.TestCase):
    def setUp(self):
        """Two hosts and a cable: .1 has the camera and the display, .2 upscales."""
        self.near, self.far = (f"ecbsr-{os.getpid()}-{name}" for name in ("near", "far"))
        for host in self.near, self.far:
            self.configure("netns", "add", host)
            self.addCleanup(ip, "netns", "delete", host)
        self.configure("-n", self.near, "link", "add", "cable", "type", "veth", "peer", "name",
                       "cable", "netns", self.far)
        for host, address in (self.near, "10.99.0.1/24"), (self.far, "10.99.0.2/24"):
            self.configure("-n", host, "address", "add", address, "dev", "cable")
            self.configure("-n", host, "link", "set", "lo", "up")
            self.configure("-n", host, "link", "set", "cable", "up")

    def configure(self, *args):
        result = ip(*args)
        self.assertEqual(result.returncode, 0, (args, result.stderr))

    def start(self, host, *args):
        program = Program("ip", "netns", "exec", host, TWO_HOSTS, *args)
        self.addCleanup(program.kill)
        return program

    def check_picture(self, frame):
        self.assertEqual(len(frame), FRAME)
        for i, color in enumerate(BARS):
            at = 3 * (640 * 100 + 45 + 91 * i)
            for got, expected in zip(frame[at:at + 3], color):
                self.assertAlmostEqual(got, expected, delta=24, msg=f"bar {i}")

    def test_from_camera_to_display(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "frames.rgb")
            display = self.start(self.near, "display", 5002, "video/x-raw,format=RGB ! identity"
                                 f" eos-after=60 ! filesink location={path}")
            upscaler = self.start(self.far, "upscale", 5000, "10.99.0.1", 5002, "model=esr-max")
            camera = self.start(self.near, "camera", "10.99.0.2", 5000, CAMERA)
            self.assertEqual(display.wait(), 0, display.said())
            raw = path.read_bytes()
        self.assertEqual(len(raw) % FRAME, 0)
        self.assertGreaterEqual(len(raw) // FRAME, 59)
        self.check_picture(raw[-FRAME:])
        for program in camera, upscaler:
            self.assertEqual(program.interrupt(), 0, program.said())

    def test_upscaling_host_restarts(self):
        """The camera and the display go on, and find it again."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "frames.rgb")
            self.start(self.near, "display", 5002,
                       f"video/x-raw,format=RGB ! multifilesink location={path}")
            self.start(self.near, "camera", "10.99.0.2", 5000, CAMERA)
            for _ in range(2):
                upscaler = self.start(self.far, "upscale", 5000, "10.99.0.1", 5002,
                                      "model=esr-max")
                self.wait_for_file(path, upscaler)
                self.assertEqual(upscaler.interrupt(), 0, upscaler.said())
                self.drain(path)

    def drain(self, path):
        """What was on its way still arrives."""
        while path.exists():
            path.unlink()
            time.sleep(1)

    def wait_for_file(self, path, program):
        for _ in range(900):
            if path.exists() and path.stat().st_size == FRAME:
                return
            self.assertIsNone(program.process.poll(), program.said())
            time.sleep(0.1)
        self.fail("no frame comes")

    def test_port_in_use(self):
        """Neither is cut off silently: the second one says so."""
        first, second = (self.start(self.near, "display", 5002, "fakesink") for _ in range(2))
        while first.process.poll() is None and second.process.poll() is None:
            time.sleep(0.1)
        loser = first if first.process.poll() is not None else second
        self.assertNotEqual(loser.wait(), 0)
        self.assertIn("Address already in use", loser.said())


class Arguments(unittest.TestCase):
    def test_bad_ones(self):
        for args, text in (([], "Usage"), (["nonsense"], "Usage"),
                           (["camera"], "a host and a port"), (["camera", "x", "0"], "0: a port"),
                           (["camera", "x", "65536"], "65536: a port"),
                           (["upscale", "5000", "x"], "a port, a host"),
                           (["display"], "nothing: a port"), (["display", "x"], "x: a port")):
            with self.subTest(args):
                status, said = run(TWO_HOSTS, *args)
                self.assertIn(status, (1, 2), said)
                self.assertIn(text, said)

    def test_no_camera(self):
        status, said = run(TWO_HOSTS, "camera", "localhost", 5000, "v4l2src device=/dev/video99")
        self.assertNotEqual(status, 0)
        self.assertIn("/dev/video99", said)


if __name__ == "__main__":
    unittest.main()
