# SPDX-License-Identifier: LGPL-2.1-or-later
"""tests/golden: the files are those that make.py makes, and fit to test with."""

import functools
import sys
import unittest
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "models")]

try:
    import numpy as np
    from golden.cases import CASES
    from safetensors_io import read
except ModuleNotFoundError as error:
    raise unittest.SkipTest(f"needs Debian's python3-numpy: {error}")

try:
    from golden import make
except ModuleNotFoundError:
    make = None

FOLDER = ROOT / "tests" / "golden"
MAX_BYTES = 12 << 18  # a layer of 64 channels takes 72 KiB at half precision


@functools.cache
def files_of(name):
    model, metadata = read(FOLDER / f"{name}.safetensors")
    pair, _ = read(FOLDER / f"{name}.io.safetensors")
    return model, metadata, pair["input"], pair["output"]


def levels(case, luma):
    black, white = case.luma_range
    return (luma - black) / (white - black)


class Files(unittest.TestCase):
    def test_list_names_each_case_once(self):
        names = (FOLDER / "list.txt").read_text(encoding="ascii").split()
        self.assertEqual(names, [case.name for case in CASES])
        self.assertEqual(len(set(names)), len(names))

    def test_no_file_is_missing_or_left_over(self):
        int8 = (FOLDER / "int8.txt").read_text(encoding="ascii").split()
        expected = {name + end for name in [*(case.name for case in CASES), *int8]
                    for end in (".safetensors", ".io.safetensors")}
        found = list(FOLDER.glob("*.safetensors"))
        self.assertEqual({path.name for path in found}, expected)
        self.assertLess(sum(path.stat().st_size for path in found), MAX_BYTES)

    def test_shapes_and_spread(self):
        for case in CASES:
            with self.subTest(case.name):
                _, metadata, image, output = files_of(case.name)
                width, height = case.size
                scale = int(metadata["scale"])
                self.assertEqual(metadata, case.metadata)
                colors = () if case.colors == 1 else (case.colors,)
                self.assertEqual(image.shape, (*colors, height, width))
                self.assertEqual(output.shape, (*colors, scale * height, scale * width))
                least = 0.05 if case.size == (1, 1) else 0.6 if case.bounded else 0.8
                self.assertGreater(np.ptp(levels(case, output)), least)


@unittest.skipIf(make is None, "PyTorch is not installed")
class Remade(unittest.TestCase):
    def test_models_and_inputs_are_equal(self):
        for case in CASES:
            with self.subTest(case.name):
                model, _, image, _ = files_of(case.name)
                remade = make.model_of(case)
                self.assertEqual(list(model), list(remade))
                for name, array in remade.items():
                    np.testing.assert_array_equal(model[name], array, name)
                np.testing.assert_array_equal(image, make.input_of(case))

    def test_outputs_are_what_the_networks_give(self):
        self.compare(make.torch.float64, 1e-6)

    def test_single_precision_stays_far_within_the_engines_tolerance(self):
        self.compare(make.torch.float32, 1e-5)

    def test_bounds_bite(self):
        for case in (case for case in CASES if case.bounded):
            with self.subTest(case.name):
                model, _, image, output = files_of(case.name)
                for end in (".minimum", ".maximum"):
                    free = 1e4 if end == ".maximum" else -1e4
                    freed = {name: np.full_like(array, free) if name.endswith(end) else array
                             for name, array in model.items()}
                    found = make.output_of(case, freed, image)
                    self.assertGreater(np.abs(levels(case, found) - levels(case, output)).max(),
                                       0.01)

    def test_overshoot_is_cut(self):
        for case in (case for case in CASES if "overshoot" in case.metadata):
            with self.subTest(case.name):
                model, _, image, output = files_of(case.name)
                free = make.output_of(replace(case, metadata={
                    key: value for key, value in case.metadata.items() if key != "overshoot"}),
                    model, image)
                changed = np.abs(levels(case, free) - levels(case, output)) > 0.01
                self.assertGreater(changed.mean(), 0.02)
                self.assertLess(changed.mean(), 0.98)

    def compare(self, precision, tolerance):
        for case in CASES:
            with self.subTest(case.name):
                model, _, image, output = files_of(case.name)
                remade = make.output_of(case, model, image, precision)
                np.testing.assert_allclose(levels(case, remade), levels(case, output),
                                           rtol=0, atol=tolerance)


if __name__ == "__main__":
    unittest.main()
