# SPDX-License-Identifier: LGPL-2.1-or-later
"""models/convert.py --bounds-from: how far channels reach on a folder of pictures."""

import io
import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
from convert_case import ROOT, ConvertCase, convert, read  # noqa: E402
import numpy as np  # noqa: E402

try:
    import torch
    from PIL import Image
except ModuleNotFoundError as error:
    raise unittest.SkipTest(f"needs {error.name}")
sys.path.insert(0, str(ROOT))
from models.train import fold, int8, pictures, quantise  # noqa: E402

GOLDEN = ROOT / "tests" / "golden"


class BoundsFrom(ConvertCase):
    def setUp(self):
        super().setUp()
        self.pictures = self.folder / "pictures"
        self.pictures.mkdir()
        random = np.random.default_rng(3)
        self.lumas = [random.integers(16, 236, (20 + i, 24), np.uint8) for i in range(2)]
        for i, picture in enumerate(self.lumas):
            Image.fromarray(picture).save(self.pictures / f"{i}.png")

    def converted(self, name, *options):
        """A golden network as a checkpoint, converted."""
        tensors, metadata = read(GOLDEN / f"{name}.safetensors")
        path = self.folder / "state.pt"
        torch.save({key: torch.from_numpy(array.copy()) for key, array in tensors.items()}, path)
        words = ["--architecture", metadata["architecture"], "--scale", metadata["scale"],
                 "--luma-range", metadata["luma_range"]]
        if metadata["architecture"] == "ecbsr":
            words += ["--activation", metadata["activation"]]
            words += ["--identity"] * (metadata["identity"] == "true")
        return self.convert(path, *words, *options)

    def reach(self, plain, metadata):
        """By layer, of a network in plain form."""
        layers, ends = int8.layers_of(plain, metadata), []
        for picture in self.lumas:
            if quantise.has_colors(metadata):
                picture = pictures.as_rgb(picture)
            with torch.no_grad():
                _, inputs = int8.run_float(layers, quantise.to_network(picture, metadata))
            ends.append([(v.amin((0, 2, 3)).numpy(), v.amax((0, 2, 3)).numpy())
                         for v in inputs[1:]])
        return {layer.name: (np.minimum(a[0], b[0]), np.maximum(a[1], b[1]))
                for layer, a, b in zip(layers, *ends)}

    def test_long_work_says_how_far_it_is(self):
        """On a terminal, every few seconds."""
        for terminal, wanted in ((True, ["convert.py: 3 of 9 pictures"]), (False, [])):
            said = io.StringIO()
            said.isatty = lambda terminal=terminal: terminal
            with mock.patch("sys.stderr", said), \
                    mock.patch("time.monotonic", side_effect=[0, 1, 4.9, 5, 9, 9.9]):
                progress = convert.Progress(9)
                for done in range(1, 6):
                    progress(done)
            self.assertEqual(said.getvalue().splitlines(), wanted)

    def test_none_unless_told(self):
        tensors, _ = self.converted("ecbsr-x2-m4c16-prelu")
        self.assertFalse([name for name in tensors if name.endswith(("minimum", "maximum"))])

    def test_plain_networks(self):
        for name in ("ecbsr-x2-m4c16-prelu", "esr-cnn-x2-c2d7s3", "ecbsr-rgb-x2-m4c16-prelu"):
            tensors, metadata = self.converted(name, "--bounds-from", str(self.pictures))
            for layer, (low, high) in self.reach(
                    {k: v for k, v in tensors.items() if not k.endswith(("minimum", "maximum"))},
                    metadata).items():
                scale = np.abs(high).max() + 1e-6
                np.testing.assert_allclose(tensors[f"{layer}.minimum"], low, atol=1e-5 * scale)
                np.testing.assert_allclose(tensors[f"{layer}.maximum"], high, atol=1e-5 * scale)

    def test_the_training_form_is_folded_first(self):
        tensors, metadata = self.converted("ecbsr-x2-m4c8-prelu-training-identity",
                                           "--bounds-from", str(self.pictures))
        plain = {k: v for k, v in tensors.items() if not k.endswith(("minimum", "maximum"))}
        folded, metadata = fold.fold(plain, metadata)
        weight = folded["backbone.1.conv3x3.weight"]
        self.assertGreater(np.abs(weight - plain["backbone.1.conv3x3.weight"]).max(), 0.5)
        expected = read(GOLDEN / "ecbsr-x2-m4c8-prelu-training-identity.io.safetensors")[0]
        x = torch.from_numpy(expected["input"].copy())[None, None]
        y, _ = int8.run_float(int8.layers_of(folded, metadata), x)
        found = int8.apply_head(metadata, y, x)[0, 0].numpy()
        np.testing.assert_allclose(found, expected["output"], atol=1e-3 * np.ptp(found))
        self.assertEqual(tensors["backbone.0.minimum"].shape, (8,))
        self.assertNotIn("backbone.5.minimum", tensors)

    def test_what_cannot_be_done_is_said(self):
        for folder, name, expected in (
                (self.folder / "nowhere", "ecbsr-x2-m4c16-prelu", "nowhere"),
                (self.pictures, "esr-max-x2-k5c2", "one layer")):
            with self.assertRaises(SystemExit) as caught:
                self.converted(name, "--bounds-from", str(folder))
            self.assertRegex(caught.exception.code, f"^convert.py: .*{expected}")
            self.assertFalse(self.output.exists())


if __name__ == "__main__":
    unittest.main()
