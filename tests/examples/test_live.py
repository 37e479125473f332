# SPDX-License-Identifier: LGPL-2.1-or-later
"""Live pipelines: sinks that wait for the clock, audio beside the video, real time."""

import re
import subprocess
import unittest

FRAMES, SOUNDS = 45, 64
SOURCE = (f"videotestsrc is-live=true num-buffers={FRAMES} !"
          " video/x-raw,format=NV12,width=160,height=120,framerate=30/1 !")
# Patient, since the machine may be busy with other tests.
SINK = "! fakesink name=screen sync=true qos=true max-lateness=500000000 silent=false"
AUDIO = (f"audiotestsrc is-live=true num-buffers={SOUNDS} !"
         " fakesink name=speaker sync=true silent=false")


def launch(*parts):
    """What gst-launch says of messages and of buffers that the sinks got."""
    process = subprocess.run(["gst-launch-1.0", "-m", "-v", *" ".join(parts).split()],
                             capture_output=True, text=True, timeout=60)
    return process.returncode, process.stdout + process.stderr


def rendered(said, sink):
    """Not all: notifications that come fast are merged, and a busy machine is late."""
    return len(set(re.findall(rf"GstFakeSink:{sink}: last-message = chain .* pts: (\S+),", said)))


class Live(unittest.TestCase):
    def check_quiet(self, status, said):
        self.assertEqual(status, 0, said)
        for word in "WARN", "ERROR", "CRITICAL", "WARNING", "(warning)", "(error)":
            self.assertNotIn(word, said)

    def test_no_sink_complains(self):
        """The pipeline learns of the latency, and both sinks get all there is."""
        status, said = launch(SOURCE, "ecbsr name=ecbsr overload-policy=degrade", SINK, AUDIO)
        self.check_quiet(status, said)
        self.assertIn('from element "ecbsr" (latency)', said)
        self.assertGreaterEqual(rendered(said, "speaker"), SOUNDS // 2)
        self.assertGreaterEqual(rendered(said, "screen"), FRAMES // 2)

    def test_with_a_queue(self):
        status, said = launch(SOURCE, "queue ! ecbsr overload-policy=degrade ! queue", SINK)
        self.check_quiet(status, said)
        self.assertGreaterEqual(rendered(said, "screen"), FRAMES // 2)

    def test_degrades(self):
        """A budget that no machine keeps: the ladder down to its floor."""
        status, said = launch(SOURCE, "ecbsr model=ecbsr-m4c8 max-processing-time=1000"
                              " overload-policy=degrade", SINK)
        self.check_quiet(status, said)
        change = re.search(r"ecbsr-level-changed, from=\(string\)(\S+), to=\(string\)(\S+),", said)
        self.assertIsNotNone(change, said)
        self.assertTrue(change[1].startswith("ecbsr-m4c8-x2"))
        self.assertEqual(change[2], "bicubic")
        self.assertIn("GstMessageQOS", said)
        self.assertRegex(said, "active-model = \"?bicubic")

    def test_transcode_is_left_alone(self):
        """Nobody waits for these frames: none is degraded or dropped."""
        status, said = launch(SOURCE, "ecbsr model=ecbsr-m4c8 max-processing-time=1000",
                              SINK.replace("sync=true", "sync=false"))
        self.check_quiet(status, said)
        self.assertNotIn("ecbsr-level-changed", said)
        self.assertGreaterEqual(rendered(said, "screen"), FRAMES - 5)


if __name__ == "__main__":
    unittest.main()
