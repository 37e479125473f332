# SPDX-License-Identifier: LGPL-2.1-or-later
"""examples/rtsp-relay: two clients share one pipeline, with a camera that is another
relay with a test picture; a camera that disappears, and comes back."""

import re
import unittest

from program import EXAMPLES, Program, run

try:
    import gi
    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
except (ImportError, ValueError) as error:
    raise unittest.SkipTest("needs Debian's python3-gi, gir1.2-gstreamer-1.0 and"
                            f" gir1.2-gst-rtsp-server-1.0: {error}")

RELAY = EXAMPLES / "rtsp-relay"
GREETING = "rtsp://127.0.0.1:"


class Relay(unittest.TestCase):
    def start(self, *options):
        """A program, and the URL it serves."""
        program = Program(RELAY, "--model", "esr-max", *options)
        self.addCleanup(program.kill)
        return program, program.wait_for(GREETING)

    def start_camera(self, port="0"):
        return self.start("--test", "--scale", "1", "--port", port)

    def watch(self, url):
        program = Program("gst-launch-1.0", "-v", "rtspsrc", f"location={url}", "!",
                          "rtph264depay", "!", "avdec_h264", "!", "fakesink", "name=screen",
                          "silent=false", "sync=false")
        self.addCleanup(program.kill)
        return program

    def check_picture(self, client):
        """Frames arrive, twice as large as the camera's."""
        client.wait_for("last-message = chain", 40)
        caps = client.wait_for("screen.GstPad:sink: caps = video/x-raw")
        self.assertRegex(caps, r"width=\(int\)640, height=\(int\)480")

    def test_two_clients_share_the_work(self):
        camera, camera_url = self.start_camera()
        relay, url = self.start(camera_url, "--port", "0")
        clients = [self.watch(url), self.watch(url)]
        for client in clients:
            self.check_picture(client)
        self.assertEqual(relay.said().count("Somebody watches"), 1)
        self.assertEqual(camera.said().count("Somebody watches"), 1)

        clients[0].interrupt()  # the other one goes on
        seen = clients[1].said().count("last-message = chain")
        clients[1].wait_for("last-message = chain", seen + 20)
        clients[1].interrupt()
        relay.wait_for("Nobody watches")
        camera.wait_for("Nobody watches")
        self.assertEqual(relay.interrupt(), 0)
        self.assertEqual(camera.interrupt(), 0)

    def test_camera_disappears_and_comes_back(self):
        camera, camera_url = self.start_camera()
        relay, url = self.start(camera_url, "--port", "0")
        client = self.watch(url)
        self.check_picture(client)
        camera.kill()
        client.wait()
        relay.wait_for("Nobody watches")  # who goes first is a matter of load
        n_gone = relay.said().count("The camera is gone")

        late = self.watch(url)  # while there is none
        self.assertNotEqual(late.wait(), 0)
        relay.wait_for("The camera is gone", n_gone + 1)

        self.start_camera(re.search(r":(\d+)/", camera_url)[1])
        self.check_picture(self.watch(url))
        self.assertEqual(relay.interrupt(), 0)

    def test_port_in_use(self):
        _, url = self.start_camera()
        port = re.search(r":(\d+)/", url)[1]
        status, said = run(RELAY, "--test", "--port", port)
        self.assertEqual(status, 1)
        self.assertIn(f"port {port}: ", said)
        self.assertIn("in use", said)

    def test_bad_arguments(self):
        for options in ([], ["rtsp://host/", "--test"], ["nonsense"], ["http://host/"],
                        ["--test", "--scale", "5"]):
            with self.subTest(options):
                status, said = run(RELAY, *options)
                self.assertEqual(status, 2, said)
                self.assertNotIn("Traceback", said)


if __name__ == "__main__":
    unittest.main()
