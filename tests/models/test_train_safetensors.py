# SPDX-License-Identifier: LGPL-2.1-or-later
"""models/safetensors_io.py: round trips, strictness, atomic writing."""

import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from models import safetensors_io as st  # noqa: E402

ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
TWO = {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}


def raw(header, body=bytes(8)):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def changed(**fields):
    return raw({"t": {**ONE, **fields}})


BAD = {
    "too short": bytes(7),
    "ends outside": (100).to_bytes(8, "little") + b"{}",
    "at most": (1 << 62).to_bytes(8, "little") + b"{}",
    "not an object": raw(b"[]", b""),
    "not JSON: ": raw(b"{]", b""),
    "not JSON: maximum": raw(b"[" * 200_000, b""),
    "not JSON: 'utf-8'": raw(b'{"\xff": 1}', b""),
    "occurs twice": raw(b'{"t": {}, "t": {}}'),
    "'dtype' occurs twice": raw(b'{"t": {"dtype": "F32", "dtype": "F32"}}'),
    "NaN, which": changed(shape=[float("nan")]),
    "whole numbers": raw(b'{"t": {"dtype": "F32", "shape": [2.0], "data_offsets": [0, 8]}}'),
    "shape is not": changed(shape=[True, 2]),
    "shape is not a list": changed(shape=2),
    "shape is not a list of": changed(shape=[-2]),
    "data_offsets is not": changed(data_offsets=["0", "8"]),
    "dtype 'F64'": changed(dtype="F64"),
    "dtype ['F32']": changed(dtype=["F32"]),
    "no more": changed(extra=1),
    "needs dtype": raw({"t": 3}),
    "does not fill": changed(shape=[3]),
    "does not fill bytes [8, 0]": changed(data_offsets=[8, 0]),
    "does not fill bytes [0]": changed(data_offsets=[0]),
    "dimensions": changed(shape=[2] + [1] * 8),
    "begins at byte 8, not 0": raw({"t": TWO}, bytes(16)),
    "begins at byte 0, not 8": raw({"t": ONE, "u": ONE}, bytes(16)),
    "end at byte 8 of 9": raw({"t": ONE}, bytes(9)),
    "end at byte 8 of 7": raw({"t": ONE}, bytes(7)),
    "is not finite": raw({"t": ONE}, np.array([1, np.inf], "<f4").tobytes()),
    "__metadata__ is not": raw({"__metadata__": []}, b""),
    "metadata 'a' is not": raw({"__metadata__": {"a": 1}}, b""),
    "metadata 'a' holds control": raw({"__metadata__": {"a": "\n"}}, b""),
    "in its name": raw({"t\0": ONE}),
    "more than 4096": raw({str(i): ONE for i in range(4097)}),
    "larger than": bytes(st.MAX_FILE + 1),
}


class Read(unittest.TestCase):
    def test_bad_files_are_refused_with_a_reason(self):
        for reason, data in BAD.items():
            with self.subTest(reason):
                with self.assertRaises(st.SafetensorsError) as caught:
                    st.parse(data)
                self.assertIn(reason, str(caught.exception))

    def test_every_truncation_is_refused(self):
        data = st.serialize({"t": np.ones((2, 3), np.float32)}, {"a": "b"})
        for size in range(len(data)):
            with self.assertRaises(st.SafetensorsError):
                st.parse(data[:size])

    def test_tensors_in_any_order(self):
        body = np.array([1, 2, 3, 4], "<f4").tobytes()
        tensors, _ = st.parse(raw({"b": TWO, "a": ONE}, body))
        self.assertEqual(tensors["a"].tolist(), [1, 2])
        self.assertEqual(tensors["b"].tolist(), [3, 4])

    def test_message_names_the_file(self):
        with tempfile.NamedTemporaryFile(suffix=".bad") as file:
            with self.assertRaisesRegex(st.SafetensorsError, "\\.bad: too short"):
                st.read(file.name)


class Write(unittest.TestCase):
    def test_round_trip_of_all_types(self):
        bits = np.array([[0x3F80, 0xC000]], "<u2")
        tensors = {"f32": np.float32([[1, -2], [3, 4]]), "f16": np.float16([0.5]),
                   "bf16": bits.view(st.BF16), "scalar": np.float32(7).reshape(())}
        metadata = {"name": "größer", "format": "x"}
        got, got_metadata = st.parse(st.serialize(tensors, metadata))
        self.assertEqual(got_metadata, metadata)
        for name, array in tensors.items():
            self.assertEqual(got[name].dtype, array.dtype)
            np.testing.assert_array_equal(got[name], array)
        np.testing.assert_array_equal(st.bf16_to_float32(got["bf16"]), [[1, -2]])

    def test_a_strided_view_is_stored_in_order(self):
        array = np.arange(12, dtype=np.float32).reshape(3, 4).T[::2]
        got, _ = st.parse(st.serialize({"t": array}, {}))
        np.testing.assert_array_equal(got["t"], array)

    def test_what_cannot_be_read_is_not_written(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m.safetensors")
            st.write(path, {"t": np.float32([1])}, {})
            with open(path, "rb") as file:
                before = file.read()
            for tensors in ({"t": np.float64([1])}, {"t": np.float32([np.nan])}):
                with self.assertRaises(st.SafetensorsError):
                    st.write(path, tensors, {})
            with open(path, "rb") as file:
                self.assertEqual(file.read(), before)
            self.assertEqual(os.listdir(folder), ["m.safetensors"])


if __name__ == "__main__":
    unittest.main()
