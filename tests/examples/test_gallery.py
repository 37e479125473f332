# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/gallery.md shows pictures that there are, and there are no others."""

import re
import unittest
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
PNG = b"\x89PNG\r\n\x1a\n"


class Gallery(unittest.TestCase):
    def test_pictures(self):
        text = (DOCS / "gallery.md").read_text(encoding="utf-8")
        shown = re.findall(r"!\[.+\]\((gallery/[a-z0-9]+\.png)\)", text)
        self.assertGreaterEqual(len(shown), 10)
        self.assertEqual(sorted(shown),
                         sorted(f"gallery/{path.name}" for path in (DOCS / "gallery").iterdir()))
        pictures = [DOCS / name for name in shown]
        for path in pictures:
            self.assertTrue(path.read_bytes().startswith(PNG), path)
        self.assertLess(sum(path.stat().st_size for path in pictures), 1_500_000)

    def test_each_says_where_it_is_from(self):
        text = (DOCS / "gallery.md").read_text(encoding="utf-8")
        sections = [part for part in text.split("\n## ") if "](gallery/" in part]
        for section in sections:
            self.assertRegex(section, r"Kodak Lossless|Rendered by|metadata-extractor", section)


if __name__ == "__main__":
    unittest.main()
