# SPDX-License-Identifier: LGPL-2.1-or-later
"""examples/rtsp-relay: two clients share one pipeline, with a camera that is another
relay with a test picture; a camera that disappears, and comes back; what systemd is told.
"""

import os
import re
import signal
import socket
import tempfile
import time
import unittest

from program import EXAMPLES, PATIENCE, Program, run

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
    def start(self, *options, **environment):
        """A program, and the URL it serves."""
        program = Program(RELAY, "--model", "esr-max", *options,
                          env={**os.environ, **environment})
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

    def listen_as_systemd(self):
        """A socket, and the environment that a service with a watchdog gets."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(end.close)
        end.bind(folder.name + "/notify")
        end.settimeout(PATIENCE)
        return end, {"NOTIFY_SOCKET": folder.name + "/notify", "WATCHDOG_USEC": "4000000"}

    def told(self, end, text):
        """What systemd is told next that has this text."""
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            message = end.recv(4096).decode()
            if text in message:
                return message
        self.fail(f"{text!r} was not told")

    def test_watchdog(self):
        """It is answered as long as all is well, and not once a watched camera is stuck."""
        camera, camera_url = self.start_camera()
        end, environment = self.listen_as_systemd()
        relay, url = self.start("--port", "0", ECBSR_RELAY_URL=camera_url, **environment)
        self.assertIn("READY=1", self.told(end, "READY=1"))
        self.told(end, "WATCHDOG=1")
        client = self.watch(url)
        self.check_picture(client)
        self.told(end, "WATCHDOG=1")

        camera.process.send_signal(signal.SIGSTOP)
        self.addCleanup(camera.process.send_signal, signal.SIGCONT)
        end.settimeout(4)  # the watchdog's time: nothing comes within it
        with self.assertRaises(socket.timeout):
            limit = time.monotonic() + PATIENCE
            while time.monotonic() < limit:
                end.recv(4096)
        camera.process.send_signal(signal.SIGCONT)
        end.settimeout(PATIENCE)
        self.told(end, "WATCHDOG=1")
        self.assertEqual(relay.interrupt(), 0)
        self.told(end, "STOPPING=1")

    def test_advised_model(self):
        relay, _ = self.start("--test", "--port", "0", "--advise", "64x48@1")
        said = relay.said()
        self.assertRegex(said, r"^[a-z0-9-]+, .* of 800\.0 ms a frame")
        status, said = run(RELAY, "--test", "--advise", "nonsense")
        self.assertEqual(status, 1, said)
        self.assertIn("'nonsense' is not WIDTHxHEIGHT@FPS", said)

    def test_port_in_use(self):
        _, url = self.start_camera()
        port = re.search(r":(\d+)/", url)[1]
        status, said = run(RELAY, "--test", "--port", port)
        self.assertEqual(status, 1)
        self.assertIn(f"port {port}: ", said)
        self.assertIn("in use", said)

    def test_bad_arguments(self):
        for options in ([], ["rtsp://host/", "--test"], ["nonsense"], ["http://host/"],
                        ["rtsp://host/ ! fakesink"],
                        ["--test", "--scale", "5"]):
            with self.subTest(options):
                status, said = run(RELAY, *options)
                self.assertEqual(status, 2, said)
                self.assertNotIn("Traceback", said)


if __name__ == "__main__":
    unittest.main()
