# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lists of models say what the files say."""

import importlib.machinery
import importlib.util
import sys
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))
try:
    import torch  # noqa: F401
    from PIL import Image  # noqa: F401
except ImportError as error:
    raise unittest.SkipTest(f"needs {error.name}") from error
from models.train import catalogue, data, listing  # noqa: E402

MODELS = PROJECT / "models"
BICUBIC_SET5 = {2: 33.66, 3: 30.39, 4: 28.42}


def program(name):
    loader = importlib.machinery.SourceFileLoader(name, str(MODELS / "train" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


def table():
    return listing.rows((MODELS / "README.md").read_text(encoding="utf-8"))


class Lists(unittest.TestCase):
    def test_every_file_is_listed_and_in_the_catalogue(self):
        self.assertEqual(sorted(MODELS.glob("*.safetensors")), sorted(listing.paths(MODELS)))
        for name, text in (("ecbsr-models.gresource.xml", listing.gresource(MODELS)),
                           ("meson.build", listing.meson(MODELS))):
            self.assertEqual((MODELS / name).read_text(encoding="utf-8"), text, name)

    def test_table_agrees_with_the_files(self):
        rows, files = table(), listing.paths(MODELS)
        self.assertEqual(len(rows), len(files))
        for row, path in zip(rows, files):
            facts = listing.facts(path)
            self.assertEqual({key: row[key] for key in facts}, facts)
            self.assertEqual((row["model"], int(row["scale"])), listing.identity(path))

    @unittest.skipUnless((data.DEFAULT_DATA / "benchmark").is_dir(),
                         f"needs {data.DEFAULT_DATA / 'benchmark'}")
    def test_figures_agree_with_the_files_and_beat_bicubic(self):
        for row, path in zip(table(), listing.paths(MODELS)):
            want = [float(figure) for figure in row["Set5, Set14"].split(", ")]
            got = [float(figure) for figure in listing.measure(path, data.DEFAULT_DATA).split(", ")]
            for one, other in zip(want, got, strict=True):
                self.assertAlmostEqual(one, other, delta=0.011, msg=path.name)
            self.assertGreater(got[0], BICUBIC_SET5[int(row["scale"])] + 0.3, path.name)

    def test_table_replaces_only_itself(self):
        readme = f"a\n{listing.BEGIN}\nold\n{listing.END}\nb\n"
        self.assertEqual(listing.with_table(readme, "new\n"),
                         f"a\n{listing.BEGIN}\n\nnew\n\n{listing.END}\nb\n")


class Queue(unittest.TestCase):
    def test_commands_are_valid_and_their_starts_come_before(self):
        one, seen = program("one"), set()
        for label, words in program("all").commands():
            options = one.parse(words)
            self.assertEqual(f"{options.name}-x{options.scale}", label)
            self.assertNotIn(label, seen)
            self.assertTrue(options.start is None or options.start in seen, label)
            seen.add(label)
        names = {label.rsplit("-x", 1)[0] for label in seen}
        self.assertLessEqual(names, set(catalogue.NAMES))


if __name__ == "__main__":
    unittest.main()
