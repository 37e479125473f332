# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads the state dictionary out of a checkpoint that torch.save() wrote.

    tensors = read_state(path)      name → NumPy array of float32, or of whole numbers

Both containers are known: the zip archive of PyTorch 1.6 and later, and the
stream of pickles before it. Neither needs PyTorch, nothing is unpacked to disk,
and everything is checked before it is used (tensor_pickle.py).
"""

import io
import math
import struct
import zipfile

import numpy as np

from safetensors_io import BF16, bf16_to_float32
from tensor_pickle import CheckpointError, Tensor, load, shown

MAX_FILE = 64 << 20
PIECE = 1 << 16
MAX_PICKLE = 4 << 20
MAX_ENTRIES = 8192
MAX_TENSORS = 4096
MAX_ELEMENTS = 4 << 20  # as many float32 as a model file may hold
MAX_NESTING = 4
MAX_NAME = 256

DTYPES = {"float32": np.dtype("<f4"), "float16": np.dtype("<f2"),
          "bfloat16": BF16, "float64": np.dtype("<f8"),
          **{name: np.dtype(name) for name in ("int64", "int32", "int16", "int8", "uint8", "bool")}}
NESTS = ("state_dict", "model_state_dict", "model", "params", "params_ema")
AVERAGED = {"params_ema": "params"}  # the one stands for the other, which is the rougher one

ZIP_MAGIC, ZIP_ENTRY = b"PK\x03\x04", b"PK\x01\x02"
ZIP_ENCRYPTED = 1
TAR_MAGIC, TAR_MAGIC_OFFSET = b"ustar", 257
PICKLE_MAGIC = b"\x80"
LEGACY_MAGIC, LEGACY_PROTOCOL = 0x1950a86a20f9469cfc6c, 1001


def read_state(path):
    """Returns the tensors by name, or raises CheckpointError or OSError."""
    value, storages = open_container(read_file(path))
    return read_tensors(find_state(value), storages)


def read_file(path):
    """All of it, in pieces: read(limit) would allocate the limit at once."""
    data = bytearray()
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            data += piece
            if len(data) > MAX_FILE:
                raise CheckpointError(f"larger than {MAX_FILE} bytes")
    return bytes(data)


def open_container(data):
    """Returns the pickled value, and the bytes of each Storage in it by key."""
    if data.startswith(ZIP_MAGIC):
        return open_zip(data)
    if data[TAR_MAGIC_OFFSET:].startswith(TAR_MAGIC):
        raise CheckpointError("a tar archive, as PyTorch wrote before 0.1.10: load it there "
                              "and save it again")
    if data.startswith(PICKLE_MAGIC):
        return open_legacy(data)
    raise CheckpointError("no PyTorch checkpoint (neither a zip archive nor a pickle)")


# ---------------------------------------------------------------- zip archive --

def open_zip(data):
    # Bounds what zipfile allocates for the directory, before it does.
    if data.count(ZIP_ENTRY) > MAX_ENTRIES:
        raise CheckpointError(f"zip archive: more than {MAX_ENTRIES} entries")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return read_zip(archive)
    except CheckpointError:
        raise
    except (zipfile.BadZipFile, struct.error, EOFError, OSError, RuntimeError,
            ValueError) as error:
        raise CheckpointError(f"zip archive: {shown(str(error))}") from None


def read_zip(archive):
    entries = checked_entries(archive.infolist())
    root = root_of(entries)
    pickled = entries[root + "data.pkl"]
    if pickled.file_size > MAX_PICKLE:
        raise CheckpointError(f"zip archive: pickle of more than {MAX_PICKLE} bytes")
    order = entries.get(root + "byteorder")
    if order is not None and order.file_size < 16 and archive.read(order) != b"little":
        raise CheckpointError("zip archive: written on a big-endian machine")
    folder = root + "data/"
    storages = {name[len(folder):]: archive.read(entry)
                for name, entry in entries.items() if name.startswith(folder)}
    return load(io.BytesIO(archive.read(pickled))), storages


def checked_entries(infos):
    """The entries by name: each once, plainly stored, no more than allowed."""
    if any(info.filename.endswith("/constants.pkl") for info in infos):
        raise CheckpointError("a TorchScript program: save its state_dict() instead")
    entries = {}
    for info in infos:
        where = f"zip archive: entry {shown(info.filename)}"
        if info.filename in entries:
            raise CheckpointError(f"{where} occurs twice")
        if info.filename.startswith("/") or ".." in info.filename.split("/"):
            raise CheckpointError(f"{where}: its name leads out of the archive")
        if not is_plain(info):
            raise CheckpointError(f"{where} is compressed or encrypted, which PyTorch never does")
        entries[info.filename] = info
    if sum(info.file_size for info in infos) > MAX_FILE:
        raise CheckpointError(f"zip archive: unpacks to more than {MAX_FILE} bytes")
    return entries


def is_plain(info):
    return (info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & ZIP_ENCRYPTED
            and info.file_size == info.compress_size)


def root_of(entries):
    """The one folder that all entries are in, "archive/" or the like."""
    roots = {name.split("/", 1)[0] + "/" for name in entries}
    root = roots.pop() if len(roots) == 1 else ""
    if root + "data.pkl" not in entries:
        raise CheckpointError("zip archive: no folder with a data.pkl, so no PyTorch checkpoint")
    return root


# ------------------------------------------------------------------- legacy --

def open_legacy(data):
    """Five pickles (magic, protocol, system, value, keys), then the storages."""
    file = io.BytesIO(data)
    if load(file) != LEGACY_MAGIC:
        raise CheckpointError("a pickle, but not one that torch.save() wrote")
    if load(file) != LEGACY_PROTOCOL:
        raise CheckpointError(f"legacy container: its protocol is not {LEGACY_PROTOCOL}")
    system = load(file)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise CheckpointError("legacy container: not written on a little-endian machine")
    value, keys = load(file), load(file)
    if not isinstance(keys, list) or not all(type(key) is str for key in keys):
        raise CheckpointError("legacy container: no list of storages")
    return value, read_legacy_storages(file, keys, sizes_of_elements(value))


def sizes_of_elements(value):
    """Bytes per element of each storage that the value's tensors lie in."""
    return {storage.key: DTYPES[storage.dtype].itemsize for storage in storages_in(value)}


def storages_in(value):
    seen, todo = set(), [value]
    while todo:
        item = todo.pop()
        if isinstance(item, Tensor):
            yield item.storage
        elif isinstance(item, (dict, list, tuple)) and id(item) not in seen:
            seen.add(id(item))
            todo.extend(item.values() if isinstance(item, dict) else item)


def read_legacy_storages(file, keys, sizes):
    storages = {}
    for key in keys:
        where = f"legacy container: storage {shown(key)}"
        if key in storages or key not in sizes:
            raise CheckpointError(f"{where} is listed twice or belongs to no tensor")
        n_elements = int.from_bytes(file.read(8), "little")
        data = file.read(min(n_elements * sizes[key], MAX_FILE))
        if len(data) != n_elements * sizes[key]:
            raise CheckpointError(f"{where} ends outside the file")
        storages[key] = data
    if file.read(1):
        raise CheckpointError("legacy container: goes on behind the last storage")
    return storages


# --------------------------------------------------------- state dictionary --

def find_state(value):
    """The dictionary that holds tensors, which may be nested in others."""
    for _ in range(MAX_NESTING):
        if not isinstance(value, dict):
            break
        if any(isinstance(item, Tensor) for item in value.values()):
            return value
        nests = [name for name in NESTS if isinstance(value.get(name), dict)]
        nests = [name for name in nests
                 if name not in {rough for fine, rough in AVERAGED.items() if fine in nests}]
        if len(nests) > 1:
            raise CheckpointError(f"holds more than one of {', '.join(nests)}")
        if not nests:
            break
        value = value[nests[0]]
    raise CheckpointError("holds no state dictionary: neither tensors by name nor "
                          f"one of {', '.join(NESTS)} with them, but {contents(value)}")


def contents(value):
    """What is there instead, for people."""
    if isinstance(value, dict) and value:
        return shown(", ".join(map(str, list(value)[:8])))
    return "an empty dictionary" if isinstance(value, dict) else f"a {type(value).__name__}"


def read_tensors(state, storages):
    if len(state) > MAX_TENSORS:
        raise CheckpointError(f"more than {MAX_TENSORS} tensors")
    for name, item in state.items():
        check_item(name, item)
    if sum(math.prod(item.size) for item in state.values()) > MAX_ELEMENTS:
        raise CheckpointError(f"more than {MAX_ELEMENTS} numbers")
    return {name: read_tensor(name, item, storages) for name, item in state.items()}


def check_item(name, item):
    if type(name) is not str or not name.isprintable() or not 0 < len(name) <= MAX_NAME:
        raise CheckpointError(f"state dictionary: bad name of a tensor: {shown(str(name))}")
    if not isinstance(item, Tensor):
        raise CheckpointError(f"state dictionary: {shown(name)} is not a tensor")


def read_tensor(name, tensor, storages):
    array = view(name, tensor, storages)
    if array.dtype.kind in "biu":
        return array
    with np.errstate(over="ignore"):
        values = bf16_to_float32(array) if array.dtype == BF16 else array.astype("<f4")
    if not np.isfinite(values).all():
        raise CheckpointError(f"tensor {shown(name)}: holds a number that is not finite "
                              "(in float32)")
    return values


def view(name, tensor, storages):
    storage = tensor.storage
    dtype = DTYPES[storage.dtype]
    data = storages.get(storage.key)
    if data is None:
        raise CheckpointError(f"tensor {shown(name)}: storage {storage.key} is missing")
    if len(data) != storage.n_elements * dtype.itemsize:
        raise CheckpointError(f"tensor {shown(name)}: storage {storage.key} has {len(data)} "
                              f"bytes, not {storage.n_elements * dtype.itemsize}")
    strides = [step * dtype.itemsize for step in tensor.stride]
    array = np.ndarray(tensor.size, dtype, data, tensor.offset * dtype.itemsize, strides)
    return np.ascontiguousarray(array).reshape(tensor.size)
