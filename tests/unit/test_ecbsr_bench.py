# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tool ecbsr-bench: what it prints, not how fast it is."""

import csv
import json
import os
import subprocess
import unittest

TOOL = os.environ["ECBSR_BENCH"]
QUICK = ("--sizes", "64x48", "--seconds", "0.01")


def run(*arguments, env=None):
    return subprocess.run([TOOL, *arguments], capture_output=True, text=True, timeout=120,
                          env=env)


def best(costs):
    """The most exact of those that are about as fast as the fastest."""
    least = min(cost for cost in costs.values() if cost)
    return next(name for name in ("float32", "bfloat16", "int8")
                if 0 < costs[name] <= 1.1 * least)


class Bench(unittest.TestCase):
    def test_json(self):
        result = run(*QUICK, "--models=esr-max,ecbsr-m4c8,bicubic", "--threads=1,2",
                     "--precisions=float32", "--json")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        found = json.loads(result.stdout)
        self.assertGreater(found["system"]["peak_gmac_s"]["float32"], 0)
        self.assertEqual(len(found["results"]), 6)
        for row in found["results"]:
            self.assertEqual((row["scale"], row["width"], row["height"]), (2, 64, 48))
            self.assertEqual(row["precision"], "float32")
            self.assertTrue(0 < row["ms_p50"] <= row["ms_p95"] <= row["ms_p99"])
            self.assertAlmostEqual(row["fps"] * row["ms_p50"] / 1000, 1, delta=0.05)

    def test_what_cannot_run_is_not_measured_twice(self):
        result = run(*QUICK, "--models=esr-max", "--threads=1", "--csv")
        rows = list(csv.DictReader(result.stdout.splitlines()))
        self.assertEqual([row["precision"] for row in rows], ["float32"])

    def test_table_of_all_models(self):
        result = run(*QUICK, "--scale=3", "--threads=1", "--precisions=auto")
        self.assertEqual(result.returncode, 0)
        for name in ("esr-max", "esr-tm", "esr-tr", "esr-cnn", "ecbsr-m4c8"):
            self.assertIn(name, result.stdout)

    def test_what_auto_takes(self):
        """Of precisions that this CPU has, and of all, which the reference has."""
        for level in (None, "ref"):
            with self.subTest(level=level):
                environment = dict(os.environ, ECBSR_CPU=level) if level else None
                arguments = ("--sizes=16x16", "--seconds=0.01", "--models=ecbsr-m4c8",
                             "--threads=1", "--precisions=auto")
                found = json.loads(run(*arguments, "--json", env=environment).stdout)
                row, = found["results"]
                costs = row["auto_ns_per_pixel"]
                self.assertEqual(set(costs), {"float32", "bfloat16", "int8"})
                self.assertEqual(row["precision"], best(costs))
                if level == "ref":
                    self.assertNotIn(0, costs.values())
                self.assertIn("auto: ", run(*arguments, env=environment).stdout)

    def test_advice(self):
        self.assertIn("m10c16", run("--advise", "16x16@1").stdout)
        self.assertIn("bicubic", run("--advise", "640x480@9999").stdout)

    def test_refusals(self):
        for arguments, what in (
                (("--models=nothing",), "esr-max"), (("--sizes=0x5",), "0x5"),
                (("--sizes=5",), "5"), (("--scale=5",), "5"), (("--threads=x",), "x"),
                (("--precisions=half",), "half"), (("--advise=fast",), "fast"),
                (("--models=/dev/null",), "/dev/null"), (("word",), "word")):
            with self.subTest(arguments):
                result = run(*arguments)
                self.assertEqual((result.returncode, result.stdout), (1, ""))
                self.assertIn(what, result.stderr)


if __name__ == "__main__":
    unittest.main()
