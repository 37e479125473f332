# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/reference.md is what the element says of itself, and docs/element.md and README.md
have all of its properties."""

import re
import subprocess
import unittest
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"

try:
    import gi
    gi.require_version("Gst", "1.0")
except (ImportError, ValueError) as error:
    raise unittest.SkipTest(f"needs Debian's python3-gi and gir1.2-gstreamer-1.0: {error}")


class Reference(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.text = (DOCS / "reference.md").read_text(encoding="utf-8")

    def test_is_up_to_date(self):
        made = subprocess.run([DOCS / "reference.py"], capture_output=True, text=True, check=False,
                              timeout=60)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertEqual(made.stdout.splitlines(), self.text.splitlines(),
                         "run docs/reference.py > docs/reference.md")

    def test_properties_are_explained(self):
        names = re.findall(r"^\| `([a-z-]+)` \|", self.text, re.MULTILINE)
        self.assertGreater(len(names), 20)
        for page in DOCS / "element.md", DOCS.parent / "README.md":
            text = page.read_text(encoding="utf-8")
            for name in names:
                self.assertIn(f"`{name}`", text, page)


if __name__ == "__main__":
    unittest.main()
