# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads the pickle of a PyTorch checkpoint without being able to run anything.

    value = load(file)      nested dict, list, tuple, str, numbers, None, Tensor

A pickle is a program. This is a machine for it that knows the few instructions
a checkpoint of tensors needs, imports nothing and calls nothing but the
functions in CALLS: whatever else a pickle asks for is refused by name. The
library's Unpickler with a restricted find_class() would be shorter, but it also
allocates what a forged memo index or length tells it to, and hashing deeply
nested keys overflows its stack.
"""

import pickletools
import warnings
from dataclasses import dataclass

MAX_INSTRUCTIONS = 500_000
MAX_RANK = 8
MAX_COUNT = 1 << 32

STORAGE_TYPES = {
    "torch.FloatStorage": "float32",
    "torch.HalfStorage": "float16",
    "torch.BFloat16Storage": "bfloat16",
    "torch.DoubleStorage": "float64",
    "torch.LongStorage": "int64",
    "torch.IntStorage": "int32",
    "torch.ShortStorage": "int16",
    "torch.CharStorage": "int8",
    "torch.ByteStorage": "uint8",
    "torch.BoolStorage": "bool",
}


class CheckpointError(ValueError):
    """What is wrong with a checkpoint, and where."""


@dataclass(frozen=True)
class Storage:
    """A run of numbers kept outside the pickle."""
    key: str
    dtype: str  # a value of STORAGE_TYPES
    n_elements: int


@dataclass(frozen=True)
class Tensor:
    """A view of a storage, inside of it and without overlap; in elements."""
    storage: Storage
    offset: int
    size: tuple
    stride: tuple


@dataclass(frozen=True)
class Global:
    """A name of Python's that a pickle may use; never what it stands for."""
    name: str


def load(file):
    """Runs one pickle, from where `file` is to just behind its end."""
    machine = Machine()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pickletools: odd escapes in text
            machine.run(pickletools.genops(file))
    except CheckpointError:
        raise
    except ValueError as error:  # pickletools: unknown or truncated instructions
        raise CheckpointError(f"pickle: {shown(str(error))}") from None
    return machine.result()


def shown(text, limit=80):
    """Text out of a hostile file, fit for a message of one line."""
    text = "".join(char if char.isprintable() else "?" for char in text[:limit + 1])
    return text if len(text) <= limit else text[:limit] + "…"


# ------------------------------------------------------------- what is called --

def require(condition, message):
    if not condition:
        raise CheckpointError(f"pickle: {message}")


def is_count(value):
    return type(value) is int and 0 <= value <= MAX_COUNT  # bool is an int, too


def ordered_dict(*args):
    require(not args, "OrderedDict with arguments")
    return {}


def rebuild_tensor(*args):
    require(len(args) in (6, 7), f"tensor of {len(args)} arguments")
    storage, offset, size, stride = args[:4]
    require(isinstance(storage, Storage), "tensor without a storage")
    check_geometry(storage, offset, size, stride)
    return Tensor(storage, offset, size, stride)


def rebuild_parameter(*args):
    require(len(args) == 3 and isinstance(args[0], Tensor), "parameter without a tensor")
    return args[0]


def check_geometry(storage, offset, size, stride):
    where = f"tensor in storage {storage.key}"
    for numbers in (size, stride, (offset,)):
        require(type(numbers) is tuple and all(map(is_count, numbers)),
                f"{where}: offset, size and stride have to be whole numbers, not below 0")
    require(len(size) == len(stride) <= MAX_RANK,
            f"{where}: {len(size)} sizes, {len(stride)} strides, at most {MAX_RANK} are allowed")
    require(0 not in size, f"{where}: empty")
    last = 0
    for step, n in sorted((step, n) for n, step in zip(size, stride) if n > 1):
        require(step > last, f"{where}: its elements overlap")
        last += (n - 1) * step
    require(offset + last < storage.n_elements,
            f"{where}: reaches outside the {storage.n_elements} elements of the storage")


CALLS = {
    "collections.OrderedDict": ordered_dict,
    "torch._utils._rebuild_tensor_v2": rebuild_tensor,
    "torch._utils._rebuild_parameter": rebuild_parameter,
}


def storage_of(pid):
    """The persistent id of a storage: (…, type, key, device, length[, view])."""
    require(type(pid) is tuple and len(pid) in (5, 6) and pid[0] == "storage",
            "persistent id that is not a storage")
    kind, key, _, n_elements = pid[1:5]
    require(isinstance(kind, Global) and kind.name in STORAGE_TYPES,
            "storage of an unknown type")
    require(type(key) is str and key.isascii() and key.isdigit() and len(key) <= 20,
            "storage whose key is not a number")
    require(is_count(n_elements), f"storage {key}: not a sensible length")
    require(pid[5:] in ((), (None,)), f"storage {key}: views of storages are not supported")
    return Storage(key, STORAGE_TYPES[kind.name], n_elements)


# ---------------------------------------------------------------- the machine --

MARK = object()
VALUES = ("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT",
          "BINUNICODE", "SHORT_BINUNICODE")
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
FRAMING = ("PROTO", "FRAME", "STOP")


class Machine:
    """The stack and memo of a pickle, and a method for each instruction."""

    def __init__(self):
        self.stack = []
        self.memo = {}

    def run(self, instructions):
        for count, (opcode, argument, position) in enumerate(instructions):
            require(count < MAX_INSTRUCTIONS, f"more than {MAX_INSTRUCTIONS} instructions")
            self.step(opcode.name, argument, position)

    def step(self, name, argument, position):
        method = INSTRUCTIONS.get(name)
        if method is None:
            raise CheckpointError(f"pickle: instruction {name} at byte {position} "
                                  "has no place in a checkpoint of tensors")
        try:
            method(self, argument)
        except IndexError:
            raise CheckpointError(f"pickle: {name} at byte {position} "
                                  "lacks something on the stack") from None

    def result(self):
        require(len(self.stack) == 1 and self.stack[0] is not MARK,
                "leaves not one value but something else")
        return self.stack[0]

    def pop(self):
        value = self.stack.pop()
        require(value is not MARK, "a value is missing in front of a mark")
        return value

    def top(self, kind):
        value = self.stack[-1]
        require(type(value) is kind, f"a {kind.__name__} is missing on the stack")
        return value

    def pop_to_mark(self):
        values = []
        while self.stack[-1] is not MARK:
            values.append(self.stack.pop())
        self.stack.pop()
        return values[::-1]

    def push(self, value):
        self.stack.append(value)

    def put_tuple(self, n_values):
        values = [self.pop() for _ in range(n_values)]
        self.push(tuple(values[::-1]))

    def append(self, values):
        self.top(list).extend(values)

    def set_items(self, values):
        target = self.top(dict)
        require(len(values) % 2 == 0, "a key without a value")
        for key, value in zip(values[::2], values[1::2]):
            require(type(key) in (str, int), "a key that is neither text nor a number")
            target[key] = value

    def put_global(self, name):
        require(name in CALLS or name in STORAGE_TYPES,
                f"asks for {shown(name)}, which is no part of a tensor: refused")
        self.push(Global(name))

    def put_stack_global(self):
        name, module = self.pop(), self.pop()
        require(type(name) is str and type(module) is str, "a global without a name")
        self.put_global(f"{module}.{name}")

    def reduce(self):
        args, function = self.pop(), self.pop()
        require(isinstance(function, Global) and function.name in CALLS,
                "calls something that cannot be called")
        require(type(args) is tuple, "calls without a tuple of arguments")
        self.push(CALLS[function.name](*args))

    def build(self):
        self.pop()  # attributes of a state dictionary: versions of its modules
        self.top(dict)

    def memoize(self, index):
        require(self.stack[-1] is not MARK, "a mark in the memo")
        require(index < MAX_INSTRUCTIONS, f"memo {index} is out of all proportion")
        self.memo[index] = self.stack[-1]

    def recall(self, index):
        require(index in self.memo, f"memo {index} is used before it is set")
        self.push(self.memo[index])


INSTRUCTIONS = {
    "MARK": lambda m, _: m.push(MARK),
    "EMPTY_TUPLE": lambda m, _: m.push(()),
    "TUPLE": lambda m, _: m.push(tuple(m.pop_to_mark())),
    "TUPLE1": lambda m, _: m.put_tuple(1),
    "TUPLE2": lambda m, _: m.put_tuple(2),
    "TUPLE3": lambda m, _: m.put_tuple(3),
    "EMPTY_LIST": lambda m, _: m.push([]),
    "APPEND": lambda m, _: m.append([m.pop()]),
    "APPENDS": lambda m, _: m.append(m.pop_to_mark()),
    "EMPTY_DICT": lambda m, _: m.push({}),
    "SETITEM": lambda m, _: m.set_items([m.pop(), m.pop()][::-1]),
    "SETITEMS": lambda m, _: m.set_items(m.pop_to_mark()),
    "GLOBAL": lambda m, name: m.put_global(name.replace(" ", ".", 1)),
    "STACK_GLOBAL": lambda m, _: m.put_stack_global(),
    "REDUCE": lambda m, _: m.reduce(),
    "BUILD": lambda m, _: m.build(),
    "BINPERSID": lambda m, _: m.push(storage_of(m.pop())),
    "BINPUT": Machine.memoize,
    "LONG_BINPUT": Machine.memoize,
    "MEMOIZE": lambda m, _: m.memoize(len(m.memo)),
    "BINGET": Machine.recall,
    "LONG_BINGET": Machine.recall,
}
INSTRUCTIONS.update(dict.fromkeys(VALUES, Machine.push))
INSTRUCTIONS.update(dict.fromkeys(FRAMING, lambda m, _: None))
INSTRUCTIONS.update({name: lambda m, _, value=value: m.push(value)
                     for name, value in CONSTANTS.items()})
