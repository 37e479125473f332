# SPDX-License-Identifier: LGPL-2.1-or-later
"""Strict reading and atomic writing of safetensors files (docs/model-format.md).

    tensors, metadata = read(path)
    write(path, tensors, metadata)

Tensors are NumPy arrays of float32, float16 or BF16. NumPy has no bfloat16, so
BF16 is a structured type of one field, which no arithmetic accepts by mistake:

    bits = array["bits"]              # uint16
    floats = bf16_to_float32(array)
"""

import json
import math
import os
import tempfile

import numpy as np

MAX_FILE = 16 << 20
MAX_HEADER = 1 << 20
MAX_TENSORS = 4096
MAX_RANK = 8

BF16 = np.dtype([("bits", "<u2")])
DTYPES = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": BF16, "I8": np.dtype("i1")}
TAGS = {dtype: tag for tag, dtype in DTYPES.items()}


class SafetensorsError(ValueError):
    """What is wrong with a file, and where."""


def bf16_to_float32(array):
    return (array["bits"].astype(np.uint32) << 16).view(np.float32)


def read(path):
    """Returns (tensors, metadata), or raises SafetensorsError or OSError."""
    with open(path, "rb") as file:
        data = file.read(MAX_FILE + 1)
    try:
        return parse(data)
    except SafetensorsError as error:
        raise SafetensorsError(f"{path}: {error}") from None


def parse(data):
    """The same from bytes."""
    if len(data) > MAX_FILE:
        raise SafetensorsError(f"larger than {MAX_FILE} bytes")
    header, body = _split(data)
    metadata = _check_metadata(header.pop("__metadata__", {}))
    if len(header) > MAX_TENSORS:
        raise SafetensorsError(f"more than {MAX_TENSORS} tensors")
    entries = {name: _check_entry(name, entry) for name, entry in header.items()}
    _check_layout(entries, len(body))
    return {name: _tensor(name, entry, body) for name, entry in entries.items()}, metadata


def write(path, tensors, metadata):
    """Writes `path`, which appears complete or not at all."""
    data = serialize(tensors, metadata)
    folder = os.path.dirname(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".safetensors-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def serialize(tensors, metadata):
    """The bytes of a file. They pass parse(), or SafetensorsError is raised."""
    header = {"__metadata__": dict(sorted(metadata.items()))}
    chunks, offset = [], 0
    for name, array in tensors.items():
        # ascontiguousarray() would make a scalar one-dimensional.
        array = np.asarray(array, order="C")
        if array.dtype not in TAGS:
            raise SafetensorsError(f"tensor {name!r}: cannot store {array.dtype}")
        chunk = array.tobytes()
        header[name] = {"dtype": TAGS[array.dtype], "shape": list(array.shape),
                        "data_offsets": [offset, offset + len(chunk)]}
        chunks.append(chunk)
        offset += len(chunk)
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # aligns the data to its element size
    data = len(text).to_bytes(8, "little") + text + b"".join(chunks)
    parse(data)
    return data


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _split(data):
    if len(data) < 8:
        raise SafetensorsError("too short for a header length")
    size = int.from_bytes(data[:8], "little")
    if size > MAX_HEADER:
        raise SafetensorsError(f"header of {size} bytes, at most {MAX_HEADER} are allowed")
    if size > len(data) - 8:
        raise SafetensorsError(f"header of {size} bytes ends outside the file")
    header = _parse_json(data[8:8 + size])
    if not isinstance(header, dict):
        raise SafetensorsError("header is not an object")
    return header, memoryview(data)[8 + size:]


def _parse_json(text):
    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=_unique,
                          parse_constant=_no_constant, parse_float=_no_float)
    except SafetensorsError:
        raise
    except (ValueError, RecursionError) as error:
        raise SafetensorsError(f"header is not JSON: {error}") from None


def _unique(pairs):
    result = {}
    for key, value in pairs:
        if key in result:
            raise SafetensorsError(f"key {key!r} occurs twice")
        result[key] = value
    return result


def _no_constant(text):
    raise SafetensorsError(f"header holds {text}, which is not JSON")


def _no_float(text):
    raise SafetensorsError(f"header holds {text}, where only whole numbers belong")


def _has_control(text):
    return any(ord(char) < 32 or 127 <= ord(char) < 160 for char in text)


def _check_metadata(metadata):
    if not isinstance(metadata, dict):
        raise SafetensorsError("__metadata__ is not an object")
    for key, value in metadata.items():
        if not isinstance(value, str):
            raise SafetensorsError(f"metadata {key!r} is not a string")
        if _has_control(key) or _has_control(value):
            raise SafetensorsError(f"metadata {key!r} holds control characters")
    return metadata


def _is_count(value):
    return type(value) is int and 0 <= value <= MAX_FILE  # bool is an int, too


def _counts(name, entry, key):
    value = entry[key]
    if not isinstance(value, list) or not all(map(_is_count, value)):
        raise SafetensorsError(f"tensor {name!r}: {key} is not a list of sizes")
    return value


def _check_entry(name, entry):
    if _has_control(name):
        raise SafetensorsError(f"tensor {name!r}: control characters in its name")
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise SafetensorsError(f"tensor {name!r}: needs dtype, shape, data_offsets, no more")
    dtype = DTYPES.get(entry["dtype"]) if isinstance(entry["dtype"], str) else None
    if dtype is None:
        raise SafetensorsError(f"tensor {name!r}: dtype {entry['dtype']!r}, "
                               f"not one of {', '.join(DTYPES)}")
    shape, offsets = _counts(name, entry, "shape"), _counts(name, entry, "data_offsets")
    if len(shape) > MAX_RANK:
        raise SafetensorsError(f"tensor {name!r}: more than {MAX_RANK} dimensions")
    if len(offsets) != 2 or offsets[1] - offsets[0] != math.prod(shape) * dtype.itemsize:
        raise SafetensorsError(f"tensor {name!r}: shape {shape} of {entry['dtype']} "
                               f"does not fill bytes {offsets}")
    return dtype, shape, offsets[0], offsets[1]


def _check_layout(entries, size):
    end = 0
    for name, (_, _, begin, stop) in sorted(entries.items(), key=lambda item: item[1][2:]):
        if begin != end:
            raise SafetensorsError(f"tensor {name!r}: begins at byte {begin}, not {end}")
        end = stop
    if end != size:
        raise SafetensorsError(f"tensors end at byte {end} of {size} of data")


def _tensor(name, entry, body):
    dtype, shape, begin, end = entry
    array = np.frombuffer(body[begin:end], dtype).reshape(shape).copy()
    values = bf16_to_float32(array) if dtype == BF16 else array
    if not np.isfinite(values).all():
        raise SafetensorsError(f"tensor {name!r}: holds a number that is not finite")
    return array
