# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each command that README and docs show, run as it stands there: in a folder that looks as
a clone does after examples/quickstart. What cannot be had here (a camera, a display) is
replaced by name; a command that is in no list of this file fails the test."""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ["MESON_BUILD_ROOT"])
PAGES = ("README.md", "CONTRIBUTING.md", "docs/element.md", "docs/measuring.md", "docs/streams.md",
         "docs/dependencies.md", "docs/own-model.md")
COMMAND = re.compile(r"^    (?=[a-z.]+[-/a-z0-9.]*(?: |$))(.*)$", re.MULTILINE)
# Each is the whole of another test, or of .ci/run.
ELSEWHERE = {
    'meson setup build-install --prefix="$HOME/.local" -Dtests=false': "tests/install/test_install.py",
    "meson install -C build-install": "tests/install/test_install.py",
    "examples/quickstart": ".ci/run",
    "tests/run": ".ci/run",
    "tests/run --quick": "tests/run",
    "tests/sanitize": "tests/sanitize",
    "tests/mutations/run": "tests/mutations/run",
    "tests/distributions/run": "tests/distributions/run",
    "tests/arm64/run": "tests/arm64/run",
    "meson test -C build --list": "tests/run",
}
REPLACED = (
    ("v4l2src", "videotestsrc num-buffers=5"), ("autovideosink", "fakesink"),
    (" … ! ecbsr scale=2", " videotestsrc num-buffers=5 ! ecbsr scale=2"), (" ! …", " ! fakesink"),
    ("ecbsr-eval FOLDER --model ecbsr-m4c16", "ecbsr-eval pictures --model esr-max"),
    ("--threads=1", "--threads=1 --seconds=0.01"),
    ("/shared/in /shared/out", "videos upscaled --local"),
)

try:
    import numpy  # noqa: F401  models/convert.py
    import torch  # noqa: F401  models/train/quantise.py
    import gi
    gi.require_version("Gst", "1.0")
except (ImportError, ValueError) as error:
    raise unittest.SkipTest(f"needs Debian's python3-numpy, -torch, -gi: {error}")


def commands(page):
    """Of its indented blocks; comments at their ends are no part of them."""
    text = (SOURCE / page).read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [re.sub(r"\s+# .*", "", match).strip()
            for match in COMMAND.findall(text.replace("\\\n", ""))]


class Clone:
    """Links to what is in the repository, the build, and the files that the pages name."""

    def __init__(self, folder):
        self.folder = Path(folder, "a clone")
        self.folder.mkdir()
        for path in SOURCE.iterdir():
            if not path.name.startswith((".", "build")):
                (self.folder / path.name).symlink_to(path)
        (self.folder / "build").symlink_to(BUILD)
        paths = [BUILD / "src/tools/bench", BUILD / "src/tools/upscale", BUILD / "src/tools",
                 SOURCE / "src/tools/eval"]
        self.environment = {**os.environ, "PATH": ":".join(map(str, paths)) + ":" + os.environ["PATH"]}
        self.make_files()

    def run(self, command):
        ended = subprocess.run(["bash", "-euc", command], cwd=self.folder, env=self.environment,
                               text=True, check=False, timeout=170, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return ended.returncode, ended.stdout

    def make_files(self):
        self.run("gst-launch-1.0 -q videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48"
                 " ! x264enc ! mp4mux ! filesink location=small.mp4")
        self.run("mkdir videos; cp small.mp4 videos")
        self.run("mkdir pictures; gst-launch-1.0 -q videotestsrc num-buffers=1 !"
                 " video/x-raw,width=64,height=48 ! pngenc ! filesink location=pictures/a.png")
        self.run("mkdir photos; gst-launch-1.0 -q videotestsrc num-buffers=2 pattern=ball !"
                 " video/x-raw,width=160,height=160 ! pngenc ! multifilesink location=photos/%d.png")
        sys.path.insert(0, str(SOURCE / "tests" / "models"))
        from test_convert import compact, plain_ecbsr, state_of  # pylint: disable=import-outside-toplevel
        (self.folder / "checkpoint.pth").write_bytes(state_of(plain_ecbsr()))
        (self.folder / "2x_Compact.pth").write_bytes(state_of(compact()))


class Commands(unittest.TestCase):
    def test_each(self):
        with tempfile.TemporaryDirectory() as folder:
            clone, n_run = Clone(folder), 0
            for page in PAGES:
                for command in commands(page):
                    if command in ELSEWHERE:
                        self.assertTrue(os.access(SOURCE / ELSEWHERE[command], os.R_OK))
                        continue
                    with self.subTest(page=page, command=command):
                        (clone.folder / "large.mp4").unlink(missing_ok=True)
                        for shown, here in REPLACED:
                            command = command.replace(shown, here)
                        status, said = clone.run(command)
                        self.assertEqual(status, 0, said)
                        n_run += 1
        self.assertGreaterEqual(n_run, 8)

    def test_scripts_can_be_run(self):
        """What is called by its path has a run bit."""
        for page in PAGES:
            for command in commands(page):
                path = SOURCE / command.split()[0]
                if "/" in command.split()[0] and not command.startswith("build/"):
                    self.assertTrue(os.access(path, os.X_OK), path)

    def test_what_is_shown_is_built_by_quickstart(self):
        script = (SOURCE / "examples" / "quickstart").read_text(encoding="utf-8")
        built = re.search(r"^  build (.+)$", script, re.MULTILINE)[1].split()
        for page in PAGES:
            for command in commands(page):
                if command.startswith("build/"):
                    self.assertIn(Path(command.split()[0]).name, built)


class Setup(unittest.TestCase):
    """examples/setup.sh where nothing may be installed, or there is no network."""

    def run_with(self, script, **tools):
        with tempfile.TemporaryDirectory(prefix="set up ") as folder:
            for name, body in tools.items():
                tool = Path(folder, name.replace("_", "-"))
                tool.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
                tool.chmod(0o755)
            ended = subprocess.run(
                ["bash", "-euc", f". examples/setup.sh\n{script}", "quickstart"], cwd=SOURCE,
                env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}, text=True,
                check=False, timeout=60, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT)
        return ended.returncode, ended.stdout

    LACKING = {"dpkg_query": "exit 1", "apt_get": "echo Noise; echo 'E: Could not resolve host' >&2; exit 100"}

    def test_without_root(self):
        status, said = self.run_with("prepare; echo goes on", id="echo 1000", sudo="exit 1",
                                     **self.LACKING)
        self.assertEqual(status, 0, said)
        self.assertRegex(said, r"Not installed: .*gstreamer1\.0-tools")
        self.assertRegex(said, r"\n  sudo apt-get install --no-install-recommends .*meson")
        self.assertTrue(said.endswith("goes on\n"), said)

    def test_without_root_and_without_a_compiler(self):
        status, said = self.run_with("prepare; echo goes on", id="echo 1000", sudo="exit 1",
                                     pkg_config="exit 1", **self.LACKING)
        self.assertEqual(status, 1, said)
        self.assertIn("cannot build without glib-2.0", said)

    def test_without_network(self):
        """Not all that apt says, but its errors and what to do."""
        status, said = self.run_with("prepare", id="echo 0", **self.LACKING)
        self.assertEqual(status, 0, said)
        self.assertNotIn("Noise", said)
        self.assertIn("E: Could not resolve host", said)
        self.assertIn("sudo apt-get install", said)
        self.assertLess(said.count("\n"), 12)


if __name__ == "__main__":
    unittest.main()
