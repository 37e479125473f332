# SPDX-License-Identifier: LGPL-2.1-or-later
"""tests/bench/compare on tiny pictures: that all compute the same, and what it says."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

try:
    import numpy as np
    import torch  # noqa: F401
except ImportError as missing:
    raise unittest.SkipTest(f"Python module {missing.name} is not installed") from None

from tests.bench.comparison import install, peers, reference, report, runner  # noqa: E402

SIZE = (37, 21)


class Peers(unittest.TestCase):
    """Each peer that is installed here puts out what PyTorch does."""

    @classmethod
    def setUpClass(cls):
        build = Path(os.environ["ECBSR_BUILD"])
        cls.patches = [mock.patch.object(module, "WORK", build / "compare")
                       for module in (install, peers)]
        cls.patches.append(mock.patch.object(peers, "BUILD", build))
        for patch in cls.patches:
            patch.start()

    @classmethod
    def tearDownClass(cls):
        for patch in cls.patches:
            patch.stop()

    def check(self, maker):
        try:
            contender = maker()
        except install.Missing as reason:
            self.skipTest(str(reason))
        for model in peers.MODELS:
            rows = peers.measure([contender], peers.make_case(model, *SIZE), 1, 1, 1)
            if not rows:
                self.skipTest(f"this CPU has no {contender.precision}")
            row, = rows
            self.assertGreater(row["ms"], 0)
            self.assertEqual(row["model"], model)

    def test_engine(self):
        for precision in peers.PRECISIONS:
            with self.subTest(precision):
                self.check(lambda p=precision: peers.ours(p))
                self.check(lambda p=precision: peers.ours_in_bytes(p))

    def test_onnxruntime(self):
        self.check(peers.onnxruntime)

    def test_pytorch(self):
        self.check(peers.pytorch)

    def test_opencv(self):
        self.check(peers.opencv)

    def test_onednn(self):
        for precision in peers.PRECISIONS:
            with self.subTest(precision):
                self.check(lambda p=precision: peers.onednn(p))

    def test_three_colours(self):
        case = peers.make_color_case("SuperUltraCompact", *SIZE)
        found = peers.contenders(peers.COLOR_MAKERS, lambda message: None)
        rows = peers.measure(found, case, 1, 1, 1)
        self.assertIn(("gst-ecbsr", "float32"), [(row["label"], row["precision"]) for row in rows])
        self.assertTrue(all(row["model"] == "SuperUltraCompact" for row in rows))

    def test_other_weights_are_refused(self):
        case = peers.make_case("ecbsr-m4c8", *SIZE)
        case.layers[2].weight[:] *= 1.01
        with self.assertRaisesRegex(reference.Disagreement, "gst-ecbsr, float32"):
            peers.measure([peers.ours("float32")], case, 1, 1, 1)

    def test_missing_model_is_told(self):
        case = peers.make_case("ecbsr-m4c8", *SIZE)
        case.model = Path("/nowhere")
        with self.assertRaisesRegex(runner.RunnerError, "/nowhere"):
            peers.measure([peers.ours("float32")], case, 1, 1, 1)


class Install(unittest.TestCase):
    @unittest.skipUnless(install.shutil.which("npm"), "there is no npm")
    def test_no_network(self):
        with tempfile.TemporaryDirectory() as folder, \
             mock.patch.object(install, "CACHE", Path(folder)), \
             mock.patch.object(install, "ORT_FOLDER", Path(folder, "none")), \
             mock.patch.dict(os.environ, npm_config_registry="http://127.0.0.1:9/",
                             npm_config_cache=folder):
            with self.assertRaisesRegex(install.Missing, "needs the network once"):
                install.install_onnxruntime()

    def test_what_is_missing_is_left_out(self):
        said = []
        found = peers.contenders([self.absent, lambda: "there"], said.append)
        self.assertEqual(found, ["there"])
        self.assertEqual(said, ["left out: no such library"])

    @staticmethod
    def absent():
        raise install.Missing("no such library")


class Runners(unittest.TestCase):
    def contender(self, words):
        return peers.Contender("oneDNN", "bfloat16",
                               lambda case, n: ["sh", "-c", f"echo '{words}' >&2; exit 1"], None)

    def test_a_peer_that_has_nothing_fast_is_left_out(self):
        nothing = self.contender("oneDNN has no fast convolution for this network")
        self.assertEqual(peers.start_all([nothing], None, 1), {})

    def test_a_peer_that_fails_is_an_error(self):
        with self.assertRaisesRegex(runner.RunnerError, "out of memory"):
            peers.start_all([self.contender("out of memory")], None, 1)


class Report(unittest.TestCase):
    def test_ratios_are_to_ours_in_the_same_precision(self):
        rows = [{"label": label, "name": name, "precision": precision, "model": "ecbsr-m4c8",
                 "threads": 2, "difference": 0.01, "ms": ms}
                for label, name, precision, ms in (
                    ("gst-ecbsr", "avx2", "float32", 4), ("gst-ecbsr", "avx2", "int8", 2),
                    ("oneDNN", "oneDNN 2: jit", "float32", 6), ("oneDNN", "oneDNN 2: jit", "int8", 7))]
        text = report.peer_table(rows)
        self.assertIn("| oneDNN 2 | float32 | 6.0, 1.50× |", text)
        self.assertIn("| oneDNN 2 | int8 | 7.0, 3.50× |", text)
        self.assertIn("| gst-ecbsr | int8 | 2.0 |", text)

    def test_ratios_are_to_float32_where_the_cpu_has_not_the_precision(self):
        rows = [{"label": label, "name": f"{label}: x", "precision": precision, "model": model,
                 "threads": 1, "difference": 0.01, "ms": ms}
                for label, precision, model, ms in (
                    ("gst-ecbsr", "float32", "ecbsr-m4c8", 4),
                    ("gst-ecbsr", "float32", "ecbsr-m4c16", 8),
                    ("oneDNN", "int8", "ecbsr-m4c8", 6))]
        self.assertIn("| oneDNN | int8 | 6.0, 1.50× | – |", report.peer_table(rows))

    def test_speedup_and_nanoseconds_per_pixel(self):
        rows = [{"model": "m", "precision": "int8", "width": 100, "height": 10, "threads": n,
                 "ms_p50": ms} for n, ms in ((1, 0.2), (2, 0.1))]
        self.assertIn("| m | int8 | 100x10 | 200.00 | 100.00 | 2.00× |", report.sizes_table(rows))

    def found(self, kind, ms):
        peer = {"precision": "float32", "threads": 1, "difference": 0.01, "ms": ms}
        both = ({"label": "gst-ecbsr", "name": "gst-ecbsr", **peer},
                {"label": "oneDNN", "name": "oneDNN 2: jit", **peer, "ms": 2 * ms})
        return {"kind": kind, "size": [37, 21], "threads": [1], "command": "compare",
                "system": {"cpus": 1, "peak_gmac_s": {"float32": 59}, "compiler": "cc",
                           "commit": "c"},
                "peers": [{**row, "model": "ecbsr-m4c8"} for row in both],
                "colors": [{**row, "model": "Compact", "size": [37, 21]} for row in both],
                "speeds": [], "qualities": {}, "throughput": [], "overhead": [],
                "sizes": [{"model": "m", "precision": "int8", "width": 100, "height": 10,
                           "threads": 1, "ms_p50": 0.2}], "memory": {"m": 3}}

    def test_a_part_for_each_kind_of_cpu(self):
        text = report.merge("# Benchmarks\n", self.found("Zen (1), avx2", 4.0))
        text = report.merge(text, self.found("Xeon (2), amxint8", 3.0))
        text = report.merge(text, self.found("Zen (1), avx2", 5.0))
        self.assertEqual(text.count("\n## "), 2)
        self.assertLess(text.index("\n## Zen (1), avx2\n"),
                        text.index("\n## Xeon (2), amxint8\n"))
        self.assertIn("| oneDNN 2 | float32 | 10.0, 2.00× |", text)
        self.assertIn("| oneDNN 2 | float32 | 6.0, 2.00× |", text)
        self.assertNotIn("| 8.0, 2.00× |", text)
        self.assertIn("(benchmarks-xeon-2-amxint8.png)", text)
        self.assertEqual(report.merge(text, self.found("Zen (1), avx2", 5.0)), text)

    def test_the_page_is_kept(self):
        page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
        text = report.merge(page, self.found("Xeon (2), amxint8", 3.0))
        self.assertTrue(text.startswith(page), "what others have measured has changed")

    def test_kinds_of_cpu(self):
        system = {"cpu": "AMD EPYC", "isa": "avx512bf16"}
        kind = report.kind_of(system, "vendor_id\t: x\ncpu family\t: 25\nmodel\t\t: 17\n"
                              "model name\t: AMD EPYC\ncpu family\t: 25\nmodel\t\t: 17\n")
        self.assertEqual(kind, "AMD EPYC (cpu family 25, model 17), avx512bf16")
        self.assertEqual(report.slug_of(kind), "amd-epyc-cpu-family-25-model-17-avx512bf16")
        self.assertEqual(report.kind_of(system, ""), "AMD EPYC, avx512bf16")


class Command(unittest.TestCase):
    def test_help(self):
        run = subprocess.run([ROOT / "tests" / "bench" / "compare", "--help"],
                             capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("--write", run.stdout)


class Reference(unittest.TestCase):
    def test_limits(self):
        zeros = np.zeros((2, 3), np.float32)
        self.assertEqual(reference.check("x", zeros + 1, zeros, (1, 1)), 1)
        for wrong in (zeros + 2, zeros * np.nan, zeros[:1]):
            with self.assertRaises(reference.Disagreement):
                reference.check("x", wrong, zeros, (1, 1))


if __name__ == "__main__":
    unittest.main()
