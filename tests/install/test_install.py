# SPDX-License-Identifier: LGPL-2.1-or-later
"""`meson install` for a user's home and for /usr/local: what is installed is found, or what
has to be set is said; uninstalled, nothing is left. Manual pages and completions name the
options that the tools have."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ["MESON_BUILD_ROOT"])
TOOLS = {"ecbsr-bench": "src/tools/bench/ecbsr-bench", "ecbsr-model": "src/tools/ecbsr-model",
         "ecbsr-upscale": "src/tools/upscale/ecbsr-upscale"}


def run(*command, **options):
    ended = subprocess.run(list(map(str, command)), text=True, check=False, timeout=900,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, **options)
    if ended.returncode != 0:
        raise AssertionError(f"{command}: {ended.stdout[-3000:]}")
    return ended.stdout


class Installed(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="in stall ")
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name)
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("GST_") and name not in ("DESTDIR",
                                                                            "XDG_DATA_HOME")}
        # ccache's folder is found by HOME.
        self.environment.setdefault("CCACHE_DIR", str(Path.home() / ".cache" / "ccache"))
        self.environment["HOME"] = str(self.home)

    def install(self, prefix, *options):
        """Builds in a folder of its own and installs; what the first step says."""
        build = self.home / "build"
        said = run("meson", "setup", build, SOURCE, f"--prefix={prefix}", "-Dtests=false",
            "-Dexamples=false", *options, env=self.environment)
        run("meson", "compile", "-C", build, env=self.environment)
        run("meson", "install", "-C", build, env=self.environment)
        return build, said

    def uninstall(self, build, prefix):
        run("ninja", "-C", build, "uninstall", env=self.environment)
        left = [path for path in Path(prefix).rglob("*") if not path.is_dir()]
        self.assertEqual(left, [])

    def metainfo(self, prefix):
        path, = (prefix / "share" / "metainfo").iterdir()
        text = path.read_text(encoding="utf-8")
        if "<url" in text and shutil.which("appstreamcli"):  # Debian 13's asks for it
            run("appstreamcli", "validate", "--no-net", path)
        return text

    def test_home_needs_no_variable(self):
        prefix = self.home / ".local"
        build, said = self.install(prefix)
        self.assertNotIn("GST_PLUGIN_PATH", said)
        self.assertRegex(said, r"GStreamer finds it *: by itself")
        said = run("gst-inspect-1.0", "ecbsr", env=self.environment)
        self.assertIn(str(prefix / "share" / "gstreamer-1.0" / "plugins"), said)
        # No home on the web is made up.
        self.assertRegex(said, "Origin URL +Unknown package origin")
        self.assertNotIn("<url", self.metainfo(prefix))
        for name in "ecbsr-upscale", "ecbsr-model", "ecbsr-bench", "ecbsr-eval":
            run(prefix / "bin" / name, "--help", env=self.environment)
            self.assertTrue((prefix / "share/man/man1" / f"{name}.1").exists())
            self.assertTrue((prefix / "share/bash-completion/completions" / name).exists())
        self.assertEqual(list(prefix.rglob("__pycache__")), [])
        self.uninstall(build, prefix)

    def test_elsewhere_it_says_what_to_set(self):
        prefix = self.home / "opt"
        build, said = self.install(prefix, "-Dpackage_origin=https://example.org/ecbsr")
        path = re.search(r"GST_PLUGIN_PATH=(.+)", said)[1]
        self.assertIn("libgstecbsr.so", os.listdir(path))
        said = run("gst-inspect-1.0", "ecbsr", env={**self.environment, "GST_PLUGIN_PATH": path})
        self.assertRegex(said, "Origin URL +https://example.org/ecbsr\n")
        self.assertIn('<url type="homepage">https://example.org/ecbsr</url>', self.metainfo(prefix))
        self.uninstall(build, prefix)


class Service(unittest.TestCase):
    """ecbsr-relay@.service, as systemd reads it."""

    UNIT = SOURCE / "data" / "systemd" / "ecbsr-relay@.service.in"

    def verify(self, text):
        with tempfile.TemporaryDirectory() as folder:
            relay = Path(folder, "ecbsr-relay")
            shutil.copy(SOURCE / "examples" / "rtsp-relay", relay)
            unit = Path(folder, "ecbsr-relay@entrance.service")
            unit.write_text(text.replace("@libexecdir@", folder), encoding="utf-8")
            ended = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], text=True,
                                   check=False, timeout=60, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        # Of other units on this machine nothing is asked.
        said = [line for line in ended.stdout.splitlines() if "ecbsr-relay" in line]
        return "\n".join(said)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "needs systemd-analyze")
    def test_unit(self):
        text = self.UNIT.read_text(encoding="utf-8")
        self.assertEqual(self.verify(text), "")
        # What is wrong is seen: these lines are no comment to it.
        for line, wrong in (("WatchdogSec=30s", "WatchdogSec=often"),
                            ("Restart=always", "Restarts=always"),
                            ("/ecbsr-relay --port", "/ecbsr-relays --port")):
            with self.subTest(wrong):
                self.assertIn(line, text)
                self.assertNotEqual(self.verify(text.replace(line, wrong)), "")

    def test_options(self):
        """What it calls, and what the comment in it shows, the relay takes."""
        text = self.UNIT.read_text(encoding="utf-8")
        script = (SOURCE / "examples" / "rtsp-relay").read_text(encoding="utf-8")
        for option in set(re.findall(r"(?<![\w-])--[a-z]+", text)):
            self.assertIn(f'add_argument("{option}"', script)


class Documented(unittest.TestCase):
    def options(self, name):
        if name == "ecbsr-eval":
            said = run(SOURCE / "src/tools/eval/ecbsr-eval", "--help")
        else:
            said = run(BUILD / TOOLS[name], "--help")
        return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", said)) - {"--help-all", "--help-gst"}

    def test_manual_pages(self):
        for name in (*TOOLS, "ecbsr-eval"):
            with self.subTest(name):
                page = SOURCE / "data" / "man" / f"{name}.1"
                text = page.read_text(encoding="utf-8").replace("\\-", "-")
                found = set(re.findall(r"^\.BR? (?:-\w \", \" )?(--[a-z-]+)", text, re.MULTILINE))
                self.assertEqual(found, self.options(name))
                if shutil.which("man"):
                    said = run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page)
                    self.assertNotIn("warning", said)

    def test_completions(self):
        script = (f"source {SOURCE}/data/completions/ecbsr-upscale; compopt () {{ :; }}\n"
                  "complete_ () { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _ecbsr \"$1\";"
                  " printf '%s\\n' \"${COMPREPLY[@]}\"; }\n")
        tool = BUILD / TOOLS["ecbsr-upscale"]
        for words, wanted in ((f"{tool} --sc", "--scale"), (f"{tool} --model esr-m", "esr-max"),
                              (f"{tool} --scale = ''", "2\n3\n4"), ("ecbsr-model s", "show"),
                              (f"{tool} --content = cam", "camera")):
            with self.subTest(words):
                self.assertEqual(run("bash", "-c", script + f"complete_ {words}").strip(), wanted)


if __name__ == "__main__":
    unittest.main()
