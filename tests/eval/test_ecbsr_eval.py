# SPDX-License-Identifier: LGPL-2.1-or-later
"""ecbsr-eval, run as a user does, on pictures that are made here."""

import csv
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "src" / "tools" / "eval" / "ecbsr-eval"
GOLDEN = ROOT / "tests" / "golden"
sys.path[:0] = [str(PROGRAM.parent), str(ROOT / "models" / "train"), str(ROOT / "tests")]

try:
    import numpy as np
    from PIL import Image
    import gi
    gi.require_version("GstApp", "1.0")
    gi.require_version("GstVideo", "1.0")
    from gi.repository import GstApp, GstVideo  # noqa: F401
except (ImportError, ValueError) as error:
    raise unittest.SkipTest(f"needs Debian's python3-numpy, -pil, -gi and the "
                            f"introspection data of GStreamer: {error}")

import evaluation  # noqa: E402
import set5  # noqa: E402
import through_element  # noqa: E402


def scene(height, width, seed):
    """Edges, a gradient and some noise, in colour."""
    y, x = np.mgrid[:height, :width]
    planes = [128 + 90 * np.sign(np.sin((x * np.cos(a) + y * np.sin(a)) / 7)) for a in
              (0.3, 0.9, 1.8)]
    noise = np.random.default_rng(seed).normal(0, 4, (height, width, 3))
    return evaluation.round_half_up(np.stack(planes, 2) * 0.7 + 0.2 * x[..., None] + noise)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.pictures = self.folder / "pictures"
        self.pictures.mkdir()
        Image.fromarray(scene(90, 121, 1)).save(self.pictures / "colour.png")
        Image.fromarray(scene(95, 80, 2)[..., 0]).save(self.pictures / "grey.png")

    def run_program(self, *arguments, folder=None, program=PROGRAM):
        return subprocess.run([sys.executable, program, folder or self.pictures, *arguments],
                              capture_output=True, text=True, check=False, timeout=120)

    def evaluate(self, *arguments):
        """({picture: row}, standard error)."""
        run = self.run_program(*arguments)
        self.assertEqual(run.returncode, 0, run.stderr)
        return {row["picture"]: row for row in csv.DictReader(run.stdout.splitlines())}, run.stderr

    def fails_with(self, *arguments, **keywords):
        run = self.run_program(*arguments, **keywords)
        self.assertNotEqual(run.returncode, 0)
        self.assertNotIn("Traceback", run.stderr)
        return run.stderr


class Table(Case):
    def test_agrees_with_another_way(self):
        """gst-launch, files of raw video and the PSNR of tests/set5.py."""
        for scale in (2, 3):
            rows, told = self.evaluate("--model", "esr-tm", "--scale", str(scale))
            self.assertEqual(list(rows), ["colour", "grey", "mean"])
            self.assertIn(f"esr-tm-x{scale}, ", told)
            for name in ("colour", "grey"):
                pair = evaluation.Pair(self.pictures / f"{name}.png", scale)
                low = set5.to_8bit(evaluation.luma(pair.low))
                for column, model in (("psnr", "esr-tm"), ("bicubic_psnr", "bicubic")):
                    found = through_element.upscale(low, scale, model=model)
                    self.assertAlmostEqual(float(rows[name][column]), set5.psnr(
                        found, evaluation.luma(pair.picture), scale), delta=0.0006)

    def test_picture_is_cut_to_a_multiple_and_means_are_means(self):
        rows, _ = self.evaluate("--model", "esr-max")
        self.assertEqual((rows["colour"]["width"], rows["colour"]["height"]), ("120", "90"))
        self.assertEqual((rows["grey"]["width"], rows["grey"]["height"]), ("80", "94"))
        for column in ("psnr", "ssim", "bicubic_psnr", "bicubic_ssim"):
            mean = (float(rows["colour"][column]) + float(rows["grey"][column])) / 2
            self.assertAlmostEqual(float(rows["mean"][column]), mean, delta=0.001)

    def test_bicubic_is_bicubic(self):
        for row in self.evaluate("--model", "bicubic", "--scale", "4")[0].values():
            self.assertEqual((row["psnr"], row["ssim"]),
                             (row["bicubic_psnr"], row["bicubic_ssim"]))

    def test_file_of_a_model_and_csv_file(self):
        table = self.folder / "table.csv"
        rows, told = self.evaluate("--model-location", ROOT / "models" / "esr-max-x2.safetensors")
        self.assertIn("esr-max, ", told)
        self.assertEqual(rows, self.evaluate("--model", "esr-max")[0])
        run = self.run_program("--model", "esr-max", "--csv", table)
        self.assertEqual((run.returncode, run.stdout), (0, ""))
        with open(table, encoding="utf-8") as file:
            self.assertEqual(rows, {row["picture"]: row for row in csv.DictReader(file)})

    def test_precision_that_cannot_be_is_told(self):
        _, told = self.evaluate("--model", "esr-max", "--precision", "int8")
        self.assertIn("float32", told)
        self.assertIn("precision=int8 was asked for", told)


class Degraded(Case):
    def test_is_worse_and_the_same_each_time(self):
        clean, _ = self.evaluate("--model", "esr-tr")
        first, _ = self.evaluate("--model", "esr-tr", "--degrade", "camera")
        self.assertEqual(first, self.evaluate("--model", "esr-tr", "--degrade", "camera")[0])
        other, _ = self.evaluate("--model", "esr-tr", "--degrade", "camera", "--seed", "1")
        for name, row in first.items():
            self.assertLess(float(row["psnr"]), float(clean[name]["psnr"]))
            self.assertNotEqual(row["psnr"], other[name]["psnr"])

    def test_noise_and_ranges(self):
        """Full-range JPEG comes out on the scale of the reference."""
        for name, shape in (("flat", (64, 64, 3)), ("grey flat", (64, 64))):
            path = self.pictures / f"{name}.png"
            Image.fromarray(np.full(shape, 40, np.uint8)).save(path)
            pair = evaluation.Pair(path, 2, degraded=True)
            low = np.asarray(Image.open(self.save(pair.jpeg)).convert("L"), float)
            self.assertTrue(0.5 < low.std() < evaluation.NOISE + 1, low.std())
            found = evaluation.luma_of(pair.upscale(model="bicubic").frame)
            self.assertAlmostEqual(found.mean(), pair.reference.mean(), delta=0.7)

    def save(self, jpeg):
        path = self.folder / "low.jpg"
        path.write_bytes(jpeg)
        return path


class Sheet(Case):
    def test_shows_each_picture(self):
        path = self.folder / "sheet.png"
        Image.fromarray(scene(40, 30, 3)).save(self.pictures / "small.png")
        self.evaluate("--model", "esr-cnn", "--sheet", path)
        with Image.open(path) as image:
            width, height = image.size
            pixels = np.asarray(image.convert("RGB")).astype(int)
        self.assertEqual(width, 4 * 216 + 3 * 6)
        self.assertEqual(height, 3 * (216 + 14) + 2 * 6)
        cubic, ours = pixels[:216, 444:660], pixels[:216, 666:882]
        self.assertGreater(np.abs(cubic - ours).max(), 10)
        # colours are those of the picture
        original = pixels[:216, 222:438]
        self.assertLess(np.abs(original.mean((0, 1)) - ours.mean((0, 1))).max(), 4)


class Patterns(Case):
    def test_bicubic_beside_itself(self):
        table, path = self.folder / "table.csv", self.folder / "sheet.png"
        run = self.run_program("--patterns", "--model", "bicubic", "--csv", table,
                               "--sheet", path)
        self.assertEqual(run.returncode, 0, run.stderr)
        with open(table, encoding="utf-8") as file:
            rows = {row["picture"]: row for row in csv.DictReader(file)}
        for name in ("flat-255", "noise-in-black", "text", "colour", "grey", "page-scene", "mean"):
            self.assertIn(name, rows)
            self.assertEqual(rows[name]["beyond"], "")
            self.assertIn(f"\n{name} ", run.stdout)
        for row in rows.values():
            for key in ("consistency", "spill", "ring", "inside"):
                self.assertEqual(row[key], row[f"bicubic_{key}"])
        self.assertEqual(float(rows["flat-255"]["edge"]), 0)
        self.assertEqual((rows["text"]["edge"], rows["text"]["ring"]), ("", ""))
        self.assertAlmostEqual(float(rows["checkers-2"]["consistency"]), 47, delta=0.5)
        with Image.open(path) as image:
            self.assertEqual(image.size, (4 * 216 + 3 * 6, (len(rows) - 1) * 236 - 6))

    def test_a_network_of_zero_padding_without_a_folder(self):
        golden = GOLDEN / "ecbsr-x2-m4c16-prelu.safetensors"
        run = subprocess.run([sys.executable, PROGRAM, "--patterns", "--model-location", golden],
                             capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual(run.returncode, 0, run.stderr)
        flat, = (line for line in run.stdout.splitlines() if line.startswith("flat-128 "))
        self.assertRegex(flat, r" edge$")

    def test_what_does_not_go_together(self):
        self.assertIn("not degraded", self.fails_with("--patterns", "--degrade", "camera"))
        run = subprocess.run([sys.executable, PROGRAM], capture_output=True, text=True,
                             check=False, timeout=60)
        self.assertEqual(run.returncode, 2)
        self.assertIn("which folder", run.stderr)


class Errors(Case):
    def test_folder(self):
        self.assertIn("nowhere", self.fails_with(folder=self.folder / "nowhere"))
        (self.folder / "empty").mkdir()
        self.assertIn("no pictures", self.fails_with(folder=self.folder / "empty"))

    def test_picture(self):
        (self.pictures / "a.png").write_bytes(b"no picture")
        self.assertIn("a.png", self.fails_with("--model", "bicubic"))
        Image.fromarray(scene(12, 60, 1)).save(self.pictures / "a.png")
        self.assertIn("60x12 is too small", self.fails_with("--model", "bicubic"))

    def test_model(self):
        self.assertIn("vgg", self.fails_with("--model", "vgg"))
        golden = GOLDEN / "esr-max-x2-k5c2.safetensors"
        self.assertIn("upscales by 2", self.fails_with("--model-location", golden, "--scale", "3"))
        self.assertIn("/no file", self.fails_with("--model-location", "/no file"))
        self.assertIn("camera", self.fails_with("--model", "esr-max", "--content", "camera"))


class Installed(Case):
    def test_finds_its_modules(self):
        build = Path(os.environ.get("MESON_BUILD_ROOT", ROOT / "build"))
        if not shutil.which("meson") or not (build / "build.ninja").exists():
            self.skipTest(f"no meson, or nothing built in {build}")
        subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--tags", "eval",
                        "--destdir", self.folder], check=True, capture_output=True)
        program, = self.folder.glob("**/bin/ecbsr-eval")
        run = self.run_program("--model", "esr-max", program=program)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("mean,", run.stdout)


if __name__ == "__main__":
    unittest.main()
