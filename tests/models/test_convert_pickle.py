# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hostile pickles: refused by models/convert.py, with nothing executed."""

import os
import pickle
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from convert_case import ConvertCase  # noqa: E402
from checkpoint_builder import (  # noqa: E402
    DATA, EMPTY_DICT, EMPTY_TUPLE, SIZE, call, dictionary, filter_state, glob, good_tensor,
    items, legacy_of, ordered, pickled, storage, tensor, text, zip_of)


class Reduce:
    """Pickles as a call of anything."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


class Refused(ConvertCase):
    def refuse_item(self, item, expected, storages=None):
        self.refuse_pickle(pickled(item), expected, storages)

    def refuse_pickle(self, data, expected, storages=None):
        """In both containers."""
        storages = {"0": DATA} if storages is None else storages
        for container in (zip_of, legacy_of):
            with self.subTest(container=container.__name__):
                self.assert_refused(container(data, storages), expected)


class Calls(Refused):
    def touch(self):
        return f"open({str(self.canary)!r}, 'w')"

    def test_reduce_of_what_executes(self):
        for function, args in ((os.system, (f"touch {self.canary}",)),
                               (eval, (self.touch(),)), (exec, (self.touch(),)),
                               (open, (str(self.canary), "w")), (__import__, ("this",)),
                               (getattr, ("", "join"))):
            for protocol in range(6):
                with self.subTest(function.__name__, protocol=protocol):
                    data = pickle.dumps({"filter.weight": Reduce(function, *args)}, protocol)
                    # Protocols 0 and 1 spell things in instructions of their own.
                    self.refuse_pickle(data, "asks for|has no place|nor a pickle")
        self.assertNotIn("this", sys.modules)

    def test_names_of_danger(self):
        for module, name in (
                ("os", "system"), ("posix", "system"), ("nt", "system"), ("subprocess", "Popen"),
                ("builtins", "eval"), ("builtins", "getattr"), ("__builtin__", "eval"),
                ("operator", "attrgetter"), ("functools", "partial"), ("copyreg", "_reconstructor"),
                ("pickle", "loads"), ("runpy", "run_path"), ("importlib", "import_module"),
                ("this", "s"), ("numpy", "fromfile"), ("numpy", "load"), ("numpy", "memmap"),
                ("numpy.core.multiarray", "_reconstruct"), ("torch", "load"),
                ("torch.hub", "load"), ("torch.jit", "load"), ("torch", "ComplexFloatStorage"),
                ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_qtensor"),
                ("torch.nn.modules.conv", "Conv2d"), ("collections", "defaultdict"),
                ("collections.OrderedDict", "fromkeys"), ("argparse", "Namespace")):
            with self.subTest(f"{module}.{name}"):
                self.refuse_item(call(module, name, text(self.touch())), f"{module}.{name}")
        self.assertNotIn("this", sys.modules)

    def test_dotted_names_lead_nowhere(self):
        for module, name in (("torch._utils", "_rebuild_tensor_v2.__globals__"),
                             ("collections", "OrderedDict.__init__.__globals__"),
                             ("torch", "FloatStorage.__class__"), ("", "torch.FloatStorage"),
                             ("torch.", "FloatStorage"), ("torch", "")):
            with self.subTest(f"{module}.{name}"):
                self.refuse_item(text(module) + text(name) + b"\x93", "asks for")
        self.refuse_item(text("os") + b"N\x93", "without a name")
        self.refuse_item(text("o\ns\x1b[31m") + text("system") + b"\x93", "o.s.*system")

    def test_call_of_what_a_call_returned(self):
        chain = call("builtins", "getattr", glob("builtins", "__import__"), "x")
        self.refuse_item(chain, "asks for builtins.getattr")
        self.refuse_item(filter_state() + items("x") + b"R", "cannot be called")
        self.refuse_item(text("eval") + items("x") + b"R", "cannot be called")
        self.refuse_item(glob("torch", "FloatStorage") + items(9) + b"R", "cannot be called")
        self.refuse_item(glob("collections", "OrderedDict") + b"]R", "tuple of arguments")

    def test_arguments_of_what_may_be_called(self):
        self.refuse_item(call("collections", "OrderedDict", items("a", "b")), "with arguments")
        self.refuse_item(call("torch._utils", "_rebuild_tensor_v2", 1), "tensor of 1 arguments")
        self.refuse_item(call("torch._utils", "_rebuild_tensor_v2", "s", 0, items(1), items(1),
                              False, EMPTY_DICT), "without a storage")
        self.refuse_item(call("torch._utils", "_rebuild_parameter", "t", False, EMPTY_DICT),
                         "parameter without a tensor")

    def test_attributes_go_nowhere_but_a_dictionary(self):
        attributes = dictionary([("__setstate__", glob("collections", "OrderedDict"))])
        for target in (glob("collections", "OrderedDict"), glob("torch", "FloatStorage"),
                       storage("0", 36), good_tensor(), text("x")):
            self.refuse_item(target + attributes + b"b", "a dict is missing")

    def test_instructions_that_no_checkpoint_has(self):
        name = b"os\nsystem\n"
        for instruction, code in {
                "INST": b"(X\x01\x00\x00\x00xi" + name, "OBJ": b"(]o", "NEWOBJ": b"))\x81",
                "NEWOBJ_EX": b")))\x92", "EXT1": b"\x82\x01", "EXT2": b"\x83\x01\x00",
                "EXT4": b"\x84\x01\x00\x00\x00", "PERSID": b"Px\n", "EMPTY_SET": b"\x8f",
                "FROZENSET": b"(\x91", "NEXT_BUFFER": b"\x97", "BYTEARRAY8": b"\x96" + bytes(8),
                "BINBYTES": b"B" + bytes(4), "LONG4": b"\x8b" + bytes(4), "DUP": b"N2",
                "POP": b"NN0", "POP_MARK": b"N(1", "STRING": b"S'x'\n", "INT": b"I1\n"}.items():
            with self.subTest(instruction):
                self.refuse_item(code, f"instruction {instruction} at byte")


class Bombs(Refused):
    def test_memo_far_out(self):
        self.refuse_item(filter_state() + b"r\xff\xff\xff\x7f", "memo 2147483647")

    def test_memo_not_set(self):
        self.refuse_item(b"h\x07", "memo 7")

    def test_nesting_too_deep_to_hash_or_print(self):
        deep = EMPTY_TUPLE + b"\x85" * 100_000
        self.refuse_item(EMPTY_DICT + deep + b"Ns", "neither text nor a number")
        self.refuse_item(deep, "no state dictionary", {})
        self.refuse_item(ordered([("a", good_tensor()), ("b", deep)]), "b is not a tensor")

    def test_endless_instructions(self):
        self.refuse_item(b"(" + b"N" * 600_000 + b"t", "more than 500000 instructions")

    def test_reference_to_itself(self):
        self.refuse_item(b"}q\x00X\x05\x00\x00\x00modelh\x00s", "no state dictionary", {})
        self.refuse_item(b"]q\x00h\x00a", "no state dictionary", {})

    def test_doubling_at_every_step(self):
        laughs = b"N" + b"".join(b"q%ch%c\x86" % (i, i) for i in range(200))  # (x, x)
        self.refuse_item(ordered([("a", good_tensor()), ("b", laughs)]), "b is not a tensor")

    def test_lengths_beyond_the_end(self):
        for code in (b"X\xff\xff\xff\x7fx", b"X\xff\xff\xff\xffx",
                     b"\x8d" + b"\xff" * 7 + b"\x7fx", b"\x8e" + b"\xff" * 8,
                     b"\x96" + b"\xff" * 7 + b"\x7f", b"\x8b\xff\xff\xff\x7f"):
            self.refuse_item(code, "pickle: ")


class Malformed(Refused):
    def test_truncated_anywhere(self):
        whole = pickled(filter_state())
        for end in range(len(whole)):
            self.assert_refused(zip_of(whole[:end], {"0": DATA}), "pickle: ")

    def test_unknown_instruction(self):
        self.refuse_item(b"\xff", "unknown")

    def test_stack_is_wrong(self):
        for code, expected in ((b"R", "lacks something"), (b"t", "lacks something"),
                               (b"(R", "in front of a mark"), (b"NN", "not one value"),
                               (b"(", "not one value"), (b"", "not one value"),
                               (b"((q\x00", "mark in the memo"), (b"}(NNu", "neither text"),
                               (b"}(Nu", "without a value"), (b"NNa", "list is missing"),
                               (b"NNNs", "dict is missing"), (b"}G" + bytes(8) + b"Ns", "neither")):
            with self.subTest(code):
                self.refuse_item(code, expected)

    def test_text_that_is_not_utf8(self):
        self.refuse_item(b"X\x02\x00\x00\x00\xff\xfe", "pickle: ")


class Storages(Refused):
    def refuse_storage(self, stored, expected):
        self.refuse_item(filter_state(tensor(stored, SIZE)), expected)

    def test_persistent_ids(self):
        self.refuse_storage(text("../../etc/passwd") + b"Q", "not a storage")
        self.refuse_storage(items("module", glob("torch", "FloatStorage"), "0", "cpu", 36) + b"Q",
                            "not a storage")
        self.refuse_storage(items("storage", "torch.FloatStorage", "0", "cpu", 36) + b"Q",
                            "unknown type")
        self.refuse_storage(items("storage", glob("collections", "OrderedDict"), "0", "cpu", 36)
                            + b"Q", "unknown type")

    def test_keys(self):
        for key in ("../0", "/etc/passwd", "", "-1", "0 ", "٣", "1" * 21, 0, None):
            with self.subTest(key):
                self.refuse_storage(storage(key, 36), "key is not a number")

    def test_lengths(self):
        for n_elements in (-1, None, 36.0, True, "36", 2 ** 600):
            with self.subTest(n_elements):
                self.refuse_storage(storage("0", n_elements), "not a sensible length")
        self.refuse_storage(storage("0", 35), "reaches outside the 35")
        self.assert_refused(zip_of(pickled(filter_state(tensor(storage("0", 37), SIZE))),
                                   {"0": DATA}), "has 144 bytes, not 148")
        self.assert_refused(zip_of(pickled(filter_state(tensor(storage("0", 36, "HalfStorage"),
                                                               SIZE))), {"0": DATA}),
                            "has 144 bytes, not 72")

    def test_view_of_a_storage(self):
        self.refuse_storage(storage("0", 36, more=[items("1", 0, 36)]), "views of storages")

    def test_missing(self):
        self.assert_refused(zip_of(pickled(filter_state()), {"1": DATA}), "storage 0 is missing")
        self.assert_refused(legacy_of(pickled(filter_state()), {}), "storage 0 is missing")


class Geometry(Refused):
    def refuse(self, expected, size=SIZE, stride=(9, 9, 3, 1), offset=0):
        with self.subTest(size=size, stride=stride, offset=offset):
            self.refuse_item(filter_state(tensor(storage("0", 36), size, stride, offset)), expected)

    def test_outside(self):
        self.refuse("reaches outside", offset=1)
        self.refuse("reaches outside", offset=2 ** 32)
        self.refuse("reaches outside", size=(5, 1, 3, 3))
        self.refuse("reaches outside", stride=(10, 9, 3, 1))

    def test_below_zero(self):
        for numbers in ({"offset": -1}, {"stride": (-9, 9, 3, 1)}, {"size": (-4, 1, 3, 3)},
                        {"size": (-4, -1, 3, 3)}):
            self.refuse("whole numbers", **numbers)

    def test_no_numbers(self):
        for numbers in ({"offset": None}, {"offset": 0.0}, {"offset": False},
                        {"stride": (9, 9, 3, True)}, {"size": (4.0, 1, 3, 3)},
                        {"size": ("4", 1, 3, 3)}, {"size": (2 ** 600, 1, 3, 3)}):
            self.refuse("whole numbers", **numbers)
        self.refuse_item(filter_state(call("torch._utils", "_rebuild_tensor_v2",
                                           storage("0", 36), 0, b"](K\x04e", items(9), False,
                                           EMPTY_DICT)), "whole numbers")

    def test_ranks(self):
        self.refuse("4 sizes, 3 strides", stride=(9, 3, 1))
        self.refuse("9 sizes", size=(1,) * 9, stride=(1,) * 9)

    def test_overlap(self):
        self.refuse("overlap", stride=(0, 9, 3, 1))
        self.refuse("overlap", stride=(8, 9, 3, 1))
        self.refuse("overlap", stride=(9, 9, 2, 1))
        self.refuse("overlap", size=(1 << 30, 1, 3, 3), stride=(0, 0, 3, 1))

    def test_empty(self):
        self.refuse("empty", size=(0, 1, 3, 3))
        self.refuse("empty", size=(0, 1 << 32, 1 << 32, 1 << 32))


if __name__ == "__main__":
    unittest.main()
