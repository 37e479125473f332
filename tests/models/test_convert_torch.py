# SPDX-License-Identifier: LGPL-2.1-or-later
"""models/convert.py against PyTorch: what torch.save() wrote comes back equal."""

import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from convert_case import ROOT, SHARED, ConvertCase  # noqa: E402
import numpy as np  # noqa: E402

from golden.cases import CASES  # noqa: E402
from safetensors_io import bf16_to_float32, read  # noqa: E402

try:
    import torch
    from golden import networks
except ModuleNotFoundError:
    raise unittest.SkipTest("PyTorch is not installed")


class SavedByTorch(ConvertCase):
    """Every golden network, saved as PyTorch saves it, comes back equal."""

    DTYPES = ("float32", "float16", "bfloat16", "float64")

    def options_of(self, metadata):
        options = ["--architecture", metadata["architecture"], "--scale", metadata["scale"]]
        if metadata["architecture"] == "ecbsr":
            options += ["--activation", metadata["activation"]]
            options += ["--identity"] * (metadata["identity"] == "true")
        for key in ("luma_range", "name", "licence", "trained_on", "padding", "overshoot"):
            if key not in metadata:
                continue
            options += ["--" + key.replace("_", "-"), metadata[key]]
        return options

    def round_trip(self, state, metadata, zipped):
        path = self.folder / "state.pt"
        torch.save(state, path, _use_new_zipfile_serialization=zipped)
        tensors, written = self.convert(path, *self.options_of(metadata))
        self.assertEqual(written, metadata)
        self.assertEqual(list(tensors), list(state))
        for name, value in state.items():
            np.testing.assert_array_equal(tensors[name], value.float().numpy(), name)

    def test_all(self):
        for i, case in enumerate(CASES):
            model, metadata = read(ROOT / "tests" / "golden" / f"{case.name}.safetensors")
            if any(name.endswith(".minimum") for name in model):
                continue  # no checkpoint has bounds
            for zipped in (True, False):
                dtype = self.DTYPES[(i // 2 + 2 * zipped) % 4]
                state = {name: torch.from_numpy(plain(array)).to(getattr(torch, dtype))
                         for name, array in model.items()}
                with self.subTest(case.name, dtype=dtype, zipped=zipped):
                    self.round_trip(state, metadata, zipped)

    def test_module(self):
        """A real module's state dictionary, with parameters and metadata."""
        module = torch.nn.Module()
        module.filter = torch.nn.Conv2d(1, 12, 5, bias=False)
        for state in (module.state_dict(), dict(module.named_parameters())):
            for zipped in (True, False):
                path = self.folder / "eSR-TR_s2_K5_C1.pt"
                torch.save({"epoch": 3, "state_dict": state}, path,
                           _use_new_zipfile_serialization=zipped)
                tensors, _ = self.convert(path)
                np.testing.assert_array_equal(tensors["filter.weight"],
                                              module.filter.weight.detach().numpy())

    def test_whole_module_is_refused(self):
        for zipped in (True, False):
            path = self.folder / "module.pt"
            torch.save(torch.nn.Conv2d(1, 4, 3), path, _use_new_zipfile_serialization=zipped)
            data = path.read_bytes()
            path.unlink()
            self.assert_refused(data, "asks for torch.nn.modules.conv.Conv2d|not a storage")


def plain(array):
    return array.astype("<f4") if array.dtype.names is None else bf16_to_float32(array)


class Compact(torch.nn.Module):
    """SRVGGNetCompact, as its authors define it."""

    def __init__(self, colors, channels, n, scale, activation):
        super().__init__()
        self.scale = scale
        layers = [torch.nn.Conv2d(colors, channels, 3, 1, 1), activation(channels)]
        for _ in range(n):
            layers += [torch.nn.Conv2d(channels, channels, 3, 1, 1), activation(channels)]
        layers.append(torch.nn.Conv2d(channels, colors * scale ** 2, 3, 1, 1))
        self.body = torch.nn.ModuleList(layers)

    def forward(self, x):
        y = x
        for layer in self.body:
            y = layer(y)
        y = torch.nn.functional.pixel_shuffle(y, self.scale)
        return y + torch.nn.functional.interpolate(x, scale_factor=self.scale, mode="nearest")


class CompactIsAnEcbsr(ConvertCase):
    """What is converted does what the module does."""

    def test_all(self):
        for colors, channels, n, scale, activation, options in (
                (3, 24, 8, 2, torch.nn.PReLU, ()), (3, 64, 1, 4, torch.nn.PReLU, ()),
                (1, 8, 2, 3, torch.nn.PReLU, ()), (3, 8, 1, 1, torch.nn.PReLU, ()),
                (3, 8, 1, 2, lambda _: torch.nn.ReLU(), ("--activation", "relu")),
                (3, 8, 1, 2, lambda _: torch.nn.LeakyReLU(0.1),
                 ("--activation", "leaky-relu:0.1"))):
            torch.manual_seed(channels)
            module = Compact(colors, channels, n, scale, activation)
            path = self.folder / "2x_Compact.pth"
            torch.save({"params": module.state_dict()}, path)
            tensors, metadata = self.convert(path, *options)
            x = torch.rand(1, colors, 11, 9)
            with torch.no_grad():
                expected = module(x)
                found = networks.run(metadata, {name: torch.from_numpy(array)
                                                for name, array in tensors.items()}, x)
            np.testing.assert_allclose(found.numpy(), expected.numpy(), atol=1e-5)


class Published(ConvertCase):
    """Checkpoints that others and we trained, beside the project."""

    def compare(self, pattern, n_expected):
        paths = sorted(SHARED.glob(pattern))
        if not paths:
            self.skipTest(f"{SHARED / pattern}: not there")
        self.assertGreaterEqual(len(paths), n_expected)
        for path in paths:
            with self.subTest(path.name):
                tensors, metadata = self.convert(path)
                expected = torch.load(path, map_location="cpu")
                self.assertEqual(list(tensors), list(expected))
                for name, value in expected.items():
                    np.testing.assert_array_equal(tensors[name], value.float().numpy(), name)
                yield path.stem, metadata

    def test_edge_sr(self):
        for stem, metadata in self.compare("checkpoints/esr/*.model", 13):
            letters = {"s": "scale", "K": "kernel_size", "C": "channels", "D": "depth",
                       "S": "squeeze"}
            family, *sizes = stem.split("_")
            self.assertEqual(metadata["architecture"], family.lower())
            for size in sizes:
                self.assertEqual(metadata[letters[size[0]]], size[1:])

    def test_ecbsr_of_three_colours(self):
        paths = sorted(SHARED.glob("checkpoints/ecbsr/*.pth"))
        if not paths:
            self.skipTest(f"{SHARED}: no such checkpoints")
        for path in paths:
            blocks, channels, scale = re.match(r"ECBSR_M(\d+)C(\d+)_x(\d)", path.name).groups()
            tensors, metadata = self.convert(path)
            expected = torch.load(path, map_location="cpu")
            self.assertEqual([metadata[key] for key in ("blocks", "channels", "scale", "colors")],
                             [blocks, channels, scale, "3"])
            self.assertEqual(len(tensors), len(expected))
            for i in range(int(blocks) + 2):
                np.testing.assert_array_equal(tensors[f"backbone.{i}.conv3x3.weight"],
                                              expected[f"backbone.{i}.0.weight"].float().numpy())

    def test_ecbsr(self):
        for _, metadata in self.compare("weights/ecbsr_x2_m4c16_prelu.pt", 1):
            self.assertEqual((metadata["form"], metadata["identity"]), ("training", "false"))


if __name__ == "__main__":
    unittest.main()
