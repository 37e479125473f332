# SPDX-License-Identifier: LGPL-2.1-or-later
"""examples/embed.c, as meson builds it and by the line in it, and embed.py: both play,
change the model meanwhile, tell what the bus says, and end properly."""

import os
import re
import shlex
import subprocess
import tempfile
import unittest
from pathlib import Path

from program import EXAMPLES, Program, run

LIVE = "videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=30/1"


class Embed:
    def test_changes_the_model_while_it_plays(self):
        program = Program(*self.command, LIVE, "fakesink sync=true")
        self.addCleanup(program.kill)
        for model in "bicubic", "esr-max-x2", "ecbsr-m4c8-x2":
            program.wait_for(model)  # or its -camera, where there is one
        self.assertEqual(program.interrupt(), 0, program.said())
        frames = re.search(r"ecbsr-stats, frames=\(guint64\)(\d+), dropped=\(guint64\)0",
                           program.said())
        self.assertGreater(int(frames[1]), 30)

    def test_interrupted_file_is_complete(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "out.mp4")
            program = Program(*self.command, LIVE, f"x264enc ! mp4mux ! filesink location={path}")
            self.addCleanup(program.kill)
            program.wait_for("esr-max-x2")
            self.assertEqual(program.interrupt(), 0, program.said())
            self.assertIn(b"moov", path.read_bytes())

    def test_end_of_stream(self):
        status, said = run(*self.command, "videotestsrc num-buffers=5", "fakesink")
        self.assertEqual(status, 0, said)
        self.assertIn("frames=(guint64)5,", said)

    def test_errors_are_told(self):
        for source, text in (("filesrc location=/nonexistent.mp4 ! decodebin", "/nonexistent.mp4"),
                             ("nonsensesrc", 'no element "nonsensesrc"'),
                             ("videotestsrc ! ecbsr model-location=/nothing", "/nothing: ")):
            with self.subTest(source):
                status, said = run(*self.command, source, "fakesink")
                self.assertEqual(status, 1, said)
                self.assertIn(text, said)
                self.assertNotIn("Traceback", said)

    def test_usage(self):
        status, said = run(*self.command)
        self.assertNotEqual(status, 0)
        self.assertIn("SOURCE [SINK]", said)


class InC(Embed, unittest.TestCase):
    command = [os.environ.get("ECBSR_EMBED")]

    def test_the_line_that_builds_it(self):
        source = (EXAMPLES / "embed.c").read_text(encoding="utf-8")
        line = re.search(r"^//\s+(cc embed\.c .*)$", source, re.MULTILINE)
        with tempfile.TemporaryDirectory() as folder:
            built = Path(folder, "embed")
            command = line[1].replace("embed.c", shlex.quote(str(EXAMPLES / "embed.c")), 1)
            subprocess.run(command.replace("-o embed", f"-o {built}") + " -Wall -Werror",
                           shell=True, check=True)
            status, said = run(built, "videotestsrc num-buffers=5", "fakesink")
            self.assertEqual(status, 0, said)


class InPython(Embed, unittest.TestCase):
    command = ["/usr/bin/python3", EXAMPLES / "embed.py"]


if __name__ == "__main__":
    unittest.main()
