# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checkpoints made by hand, byte by byte, so that they can be wrong anywhere.

An item of a pickle is the bytes that push it; items are joined freely.
"""

import io
import struct
import zipfile

import numpy as np

MARK, EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE = b"(", b"}", b"]", b")"
REDUCE, BUILD, STOP = b"R", b"b", b"."
LEGACY_MAGIC = 0x1950a86a20f9469cfc6c
SYSTEM = {"protocol_version": 1001, "little_endian": True}


def pickled(item):
    return b"\x80\x02" + item + STOP


def text(value):
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value):
    if value is None:
        return b"N"
    if isinstance(value, bool):
        return b"\x88" if value else b"\x89"
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def items(*values):
    """A tuple; values are items, numbers or text."""
    return MARK + b"".join(map(item, values)) + b"t"


def item(value):
    if isinstance(value, bytes):
        return value
    return text(value) if isinstance(value, str) else number(value)


def glob(module, name):
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


def call(module, name, *arguments):
    return glob(module, name) + items(*arguments) + REDUCE


def dictionary(pairs):
    return EMPTY_DICT + MARK + b"".join(item(key) + item(value) for key, value in pairs) + b"u"


def ordered(pairs):
    return call("collections", "OrderedDict") + dictionary(pairs)[1:]


def storage(key, n_elements, kind="FloatStorage", module="torch", location="cpu", more=()):
    return items("storage", glob(module, kind), key, location, n_elements, *more) + b"Q"


def tensor(stored, size, stride=None, offset=0):
    stride = contiguous(size) if stride is None else stride
    return call("torch._utils", "_rebuild_tensor_v2", stored, offset, items(*size),
                items(*stride), False, call("collections", "OrderedDict"))


def contiguous(size):
    return [int(np.prod(size[i + 1:])) for i in range(len(size))]


def zip_of(pickle_bytes, storages, root="archive", compression=zipfile.ZIP_STORED, more=()):
    entries = [(f"{root}/data.pkl", pickle_bytes),
               *((f"{root}/data/{key}", data) for key, data in storages.items()),
               *more, (f"{root}/version", b"3\n")]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in entries:
            # A ZipInfo, for it is dated 1980, not now.
            archive.writestr(zipfile.ZipInfo(name), data, compression)
    return file.getvalue()


def legacy_of(pickle_bytes, storages, width=4, magic=LEGACY_MAGIC, protocol=1001,
              system=None, keys=None):
    header = [pickled(item(magic)), pickled(item(protocol)),
              pickled(dictionary((system or SYSTEM).items()))]
    keys = list(storages) if keys is None else keys
    listed = pickled(EMPTY_LIST + MARK + b"".join(map(text, keys)) + b"e")
    data = b"".join(struct.pack("<q", len(data) // width) + data for data in storages.values())
    return b"".join(header) + pickle_bytes + listed + data


# A whole, small network: eSR-MAX of 3x3, C = 1, s = 2.
SIZE = (4, 1, 3, 3)
VALUES = np.arange(36, dtype="<f4").reshape(SIZE) / 7
DATA = VALUES.tobytes()


def good_tensor():
    return tensor(storage("0", 36), SIZE)


def filter_state(value=None):
    return ordered([("filter.weight", good_tensor() if value is None else value)])


def good_zip(**options):
    return zip_of(pickled(filter_state()), {"0": DATA}, **options)


def good_legacy(**options):
    return legacy_of(pickled(filter_state()), {"0": DATA}, **options)
