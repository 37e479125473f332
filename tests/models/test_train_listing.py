# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lists of models say what the files say."""

import contextlib
import importlib.machinery
import importlib.util
import io
import sys
import tempfile
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))
try:
    import torch  # noqa: F401
    from PIL import Image  # noqa: F401
except ImportError as error:
    raise unittest.SkipTest(f"needs {error.name}") from error
from models import safetensors_io  # noqa: E402
from models.train import catalogue, data, evaluate, export, listing, recipes  # noqa: E402

MODELS = PROJECT / "models"
FIGURES = listing.read_figures(MODELS)


def program(name):
    loader = importlib.machinery.SourceFileLoader(name, str(MODELS / "train" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


class Lists(unittest.TestCase):
    def test_every_file_is_listed_and_in_the_catalogue(self):
        self.assertEqual(sorted(MODELS.glob("*.safetensors")), sorted(listing.paths(MODELS)))
        for name, text in (("ecbsr-models.gresource.xml", listing.gresource(MODELS)),
                           ("meson.build", listing.meson(MODELS))):
            self.assertEqual((MODELS / name).read_text(encoding="utf-8"), text, name)

    def test_files_are_what_their_names_say(self):
        for path in listing.paths(MODELS):
            facts = listing.facts(path)
            self.assertEqual((facts["name"], int(facts["scale"]), facts["content"]),
                             listing.identity(path), path.name)
            self.assertLessEqual(path.stat().st_size, 512 << 10, path.name)
        self.assertLess(sum(path.stat().st_size for path in listing.paths(MODELS)), 3 << 20)

    def test_tables_agree_with_the_files_and_figures(self):
        readme = (MODELS / "README.md").read_text(encoding="utf-8")
        self.assertEqual(readme, listing.with_tables(readme, listing.tables(MODELS, FIGURES)),
                         "run models/train/index")

    def test_tables_replace_only_themselves(self):
        readme = f"a\n{listing.BEGIN}\nold\n{listing.END}\nb\n"
        self.assertEqual(listing.with_tables(readme, "new\n"),
                         f"a\n{listing.BEGIN}\n\nnew\n\n{listing.END}\nb\n")


class CameraModels(unittest.TestCase):
    """A model for camera video beside one for clean pictures."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        tensors, metadata = safetensors_io.read(MODELS / "esr-cnn-x2.safetensors")
        self.clean = self.write("esr-cnn-x2", tensors, metadata)
        self.camera = self.write("esr-cnn-x2-camera", tensors,
                                 {**metadata, "content": "camera", "training_minutes": "7.5"})

    def write(self, stem, tensors, metadata):
        path = self.folder / f"{stem}.safetensors"
        safetensors_io.write(path, tensors, metadata)
        return path

    def figures(self, *paths):
        sets = {"Set5": [30.126, 0.91234], "Set14": [29, 0.9]}
        found = {"pytorch": sets, "element": {"float32": sets}, "camera": sets}
        return {key: found for key in ("bicubic-x2", "bicubic-x3", "bicubic-x4",
                                       *map(listing.sha256, paths))}

    def test_are_listed_after_the_clean_one(self):
        self.assertEqual(listing.paths(self.folder), [self.clean, self.camera])
        self.assertEqual(listing.identity(self.camera), ("esr-cnn", 2, "camera"))
        self.assertIn("<file>esr-cnn-x2-camera.safetensors</file>", listing.gresource(self.folder))
        self.assertIn("  'esr-cnn-x2-camera.safetensors',\n", listing.meson(self.folder))

    def test_table(self):
        text = listing.tables(self.folder, self.figures(self.clean, self.camera))
        self.assertIn("| esr-cnn-x2-camera | esr-cnn | 2 | camera | 806 | 796 |", text)
        self.assertIn(f"| 7.5 | {listing.facts(self.camera)['data']} | CC0-1.0 | "
                      f"`{listing.sha256(self.camera)}` |", text)
        self.assertIn("| esr-cnn-x2-camera | Set5 | 36.13 | 30.13 0.9123 | 30.13 0.9123 | – | – |",
                      text)

    def test_new_weights_without_figures(self):
        figures = self.figures(self.clean)
        with self.assertRaisesRegex(KeyError, "esr-cnn-x2-camera.*models/train/index"):
            listing.tables(self.folder, figures)


class Figures(unittest.TestCase):
    def means(self, key, part):
        """PSNR of each set."""
        found = FIGURES[key]["camera"] if part == "camera" else FIGURES[key]["element"][part]
        return [found[name][0] for name in listing.SETS]

    def assert_above(self, found, floor, margin, label):
        for one, other in zip(found, floor, strict=True):
            self.assertGreater(one, other + margin, label)

    def test_no_entry_too_many(self):
        known = {f"bicubic-x{scale}" for scale in catalogue.SCALES}
        known.update(map(listing.sha256, listing.paths(MODELS)))
        self.assertEqual(set(FIGURES), known)

    def test_models_beat_bicubic_on_what_they_are_for(self):
        for path in listing.paths(MODELS):
            _, scale, content = listing.identity(path)
            part = "camera" if content == "camera" else "float32"
            self.assert_above(self.means(listing.sha256(path), part),
                              self.means(f"bicubic-x{scale}", part), 0.1, path.name)

    def test_camera_is_for_camera_video_and_good_on_clean(self):
        for path in listing.paths(MODELS):
            name, scale, content = listing.identity(path)
            if content != "camera":
                continue
            margin = 0.3 if name == "ecbsr-m4c16" else 0.15
            camera = listing.sha256(path)
            clean = listing.sha256(MODELS / f"{catalogue.stem_of(name, scale)}.safetensors")
            for floor in clean, f"bicubic-x{scale}":
                self.assert_above(self.means(camera, "camera"), self.means(floor, "camera"),
                                  margin, path.name)
            self.assert_above(self.means(camera, "float32"), self.means(clean, "float32"),
                              -0.5, path.name)

    def test_precisions_that_auto_may_take_lose_little(self):
        for path in listing.paths(MODELS):
            _, metadata = safetensors_io.read(path)
            found = FIGURES[listing.sha256(path)]["element"]
            for precision in set(found) - {"float32"}:
                if float(metadata.get(f"loss_{precision}", 1)) <= 0.05:
                    for name in listing.SETS:
                        self.assertGreater(found[precision][name][0],
                                           found["float32"][name][0] - 0.1, path.name)

    @unittest.skipUnless((data.DEFAULT_DATA / "benchmark").is_dir(),
                         f"needs {data.DEFAULT_DATA / 'benchmark'}")
    def test_pytorch_figures_agree_with_the_files(self):
        for path in listing.paths(MODELS):
            name, scale, _ = listing.identity(path)
            config = catalogue.config_of(name, scale)
            got = evaluate.benchmark(export.load(path, config), data.DEFAULT_DATA, scale,
                                     export.domain_of(config))
            for which, value in got.items():
                want = FIGURES[listing.sha256(path)]["pytorch"][which][0]
                self.assertAlmostEqual(value, want, delta=0.011, msg=path.name)


class Queue(unittest.TestCase):
    def test_commands_are_valid_and_their_starts_come_before(self):
        one, seen = program("one"), set()
        for label, words in recipes.commands().items():
            options = one.parse(words)
            self.assertEqual(catalogue.stem_of(options.name, options.scale, options.content),
                             label)
            self.assertNotIn(label, seen)
            self.assertTrue(options.start is None or options.start in seen, label)
            seen.add(label)
        names = {label.rsplit("-x", 1)[0] for label in seen}
        self.assertLessEqual(names, set(catalogue.NAMES))

    def test_every_shipped_file_is_queued(self):
        stems = {listing.stem(path) for path in listing.paths(MODELS)}
        self.assertEqual(stems, set(recipes.commands()))

    def test_without_iterations_the_queue_says_how(self):
        one, words = program("one"), recipes.commands()["ecbsr-m4c8-x2"]
        short = one.parse(["ecbsr-m4c8", "--scale", "2"])
        self.assertEqual(one.command_of(short), one.command_of(one.parse(words)))
        self.assertEqual(one.parse(["ecbsr-m4c8", "--scale", "2", "--seed", "7"]).seed, 7)
        camera = one.parse(["--content", "camera", "ecbsr-m4c8", "--scale", "3"])
        self.assertEqual(camera.start, "ecbsr-m4c8-x3")
        own = one.parse(["ecbsr-m4c8", "--scale", "2", "--iterations", "9"])
        self.assertEqual((own.iterations, own.optimizer), (9, "adam"))
        with contextlib.redirect_stderr(io.StringIO()) as said, self.assertRaises(SystemExit):
            one.parse(["esr-max", "--scale", "2", "--content", "camera"])
        self.assertIn("esr-max-x2-camera is not in", said.getvalue())


if __name__ == "__main__":
    unittest.main()
