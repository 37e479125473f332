# SPDX-License-Identifier: LGPL-2.1-or-later
"""Live pipelines: sinks of all kinds, audio beside the video, real time."""

import hashlib
import re
import subprocess
import tempfile
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
        """A budget that no machine keeps: down to the lowest level."""
        status, said = launch(SOURCE, "ecbsr model=ecbsr-m4c8 max-processing-time=1000"
                              " overload-policy=degrade", SINK)
        self.check_quiet(status, said)
        change = re.search(r"ecbsr-level-changed, from=\(string\)(\S+), to=\(string\)(\S+),", said)
        self.assertIsNotNone(change, said)
        self.assertTrue(change[1].startswith("ecbsr-m4c8-x2"))
        self.assertEqual(change[2], "bicubic")
        self.assertIn("GstMessageQOS", said)
        self.assertRegex(said, "active-model = \"?bicubic")

    def test_degrades_before_every_sink(self):
        """Most send no QoS events. All frames come."""
        encoder = "x264enc tune=zerolatency speed-preset=ultrafast"
        for sink in ("fakesink sync=true", "fakesink sync=false", "queue ! fakesink sync=true",
                     "appsink drop=true max-buffers=1 wait-on-eos=false",
                     f"{encoder} ! rtph264pay ! udpsink port=5608",
                     f"{encoder} ! mp4mux ! filesink location=/dev/null",
                     "tee name=tee ! queue ! fakesink tee. ! queue ! fakesink async=false"):
            with self.subTest(sink=sink):
                status, said = launch(SOURCE, "ecbsr name=ecbsr model=ecbsr-m4c8 "
                                      "max-processing-time=1000 overload-policy=degrade ! "
                                      "identity name=after silent=false !", sink)
                self.check_quiet(status, said)
                changes = re.findall(r"ecbsr-level-changed, .*to=\(string\)(\S+),", said)
                self.assertEqual(changes, ["bicubic"])
                self.assertGreaterEqual(said.count("after: last-message = chain"), FRAMES // 2)

    def test_transcode_is_left_alone(self):
        """Whatever the sink, nothing behind a file is degraded or dropped."""
        source = (f"videotestsrc num-buffers={FRAMES} !"
                  " video/x-raw,format=NV12,width=160,height=120,framerate=30/1 !")
        found = []
        for options in "max-processing-time=1000", "overload-policy=none":
            for sink in "filesink sync=false", "filesink sync=true":
                with tempfile.NamedTemporaryFile() as file:
                    status, said = launch(source, "ecbsr model=ecbsr-m4c8", options, "!",
                                          sink, f"location={file.name}")
                    self.check_quiet(status, said)
                    self.assertNotIn("ecbsr-level-changed", said)
                    found.append(hashlib.sha256(file.read()).hexdigest())
        self.assertEqual(len(set(found)), 1)


if __name__ == "__main__":
    unittest.main()
