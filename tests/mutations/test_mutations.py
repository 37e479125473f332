#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""tests/mutations/run takes long to find out that a change no longer fits the sources;
this, no time."""

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.mutations.mutations import MUTATIONS  # noqa: E402


class Mutations(unittest.TestCase):
    def test_each_changes_one_place(self):
        for mutation in MUTATIONS:
            with self.subTest(mutation.behaviour):
                text = (ROOT / "gst-plugin" / mutation.file).read_text(encoding="utf-8")
                self.assertEqual(text.count(mutation.old), 1)
                self.assertNotEqual(mutation.old, mutation.new)

    def test_each_is_said_once(self):
        behaviours = [mutation.behaviour for mutation in MUTATIONS]
        self.assertEqual(len(behaviours), len(set(behaviours)))

    def test_the_tests_that_notice_are_there(self):
        listed = subprocess.run(["meson", "introspect", "--tests", os.environ["ECBSR_BUILD"]],
                                capture_output=True, check=True).stdout
        there = {test["name"] for test in json.loads(listed)}
        self.assertLessEqual({mutation.test for mutation in MUTATIONS}, there)


if __name__ == "__main__":
    unittest.main()
