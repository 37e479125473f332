# SPDX-License-Identifier: LGPL-2.1-or-later
"""models/convert.py against PyTorch: what torch.save() wrote comes back equal."""

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
        for key in ("luma_range", "name", "licence", "trained_on", "padding"):
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

    def test_ecbsr(self):
        for _, metadata in self.compare("weights/ecbsr_x2_m4c16_prelu.pt", 1):
            self.assertEqual((metadata["form"], metadata["identity"]), ("training", "false"))


if __name__ == "__main__":
    unittest.main()
