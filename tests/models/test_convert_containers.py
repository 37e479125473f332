# SPDX-License-Identifier: LGPL-2.1-or-later
"""Broken and hostile containers: refused by models/convert.py."""

import io
import random
import resource
import struct
import sys
import tarfile
import unittest
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from convert_case import ConvertCase  # noqa: E402
from checkpoint_builder import (  # noqa: E402
    DATA, EMPTY_DICT, LEGACY_MAGIC, STOP, filter_state, good_legacy, good_zip, item, items,
    legacy_of, pickled, zip_of)

import pytorch_file  # noqa: E402
from tensor_pickle import CheckpointError  # noqa: E402

CENTRAL = b"PK\x01\x02"
MEBIBYTE = 1 << 20
N_MUTATIONS = 1000


def replaced(data, old, new, start=0):
    at = data.index(old, start)
    return data[:at] + new + data[at + len(old):]


def patched(data, name, offset, value):
    """A field of the central directory's entry of `name`."""
    at = data.rindex(CENTRAL, 0, data.rindex(name.encode())) + offset
    return data[:at] + value + data[at + len(value):]


class Zip(ConvertCase):
    def test_truncated_anywhere(self):
        whole = good_zip()
        for end in range(4, len(whole)):
            self.assert_refused(whole[:end], "zip archive: ")

    def test_compressed(self):
        self.assert_refused(good_zip(compression=zipfile.ZIP_DEFLATED), "data.pkl is compressed")
        self.assert_refused(good_zip(compression=zipfile.ZIP_LZMA), "is compressed")

    def test_bomb(self):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("archive/data.pkl", pickled(filter_state()))
            archive.writestr("archive/data/0", bytes(100 * MEBIBYTE))
        self.assert_refused(file.getvalue(), "data/0 is compressed|data.pkl is compressed")

    def test_bomb_of_entries_that_overlap(self):
        """Many directory entries that stand for the same bytes."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("archive/data.pkl", pickled(filter_state()))
            archive.writestr("archive/data/0", bytes(MEBIBYTE))
            for i in range(1, 80):
                info = zipfile.ZipInfo(f"archive/data/{i}")
                info.file_size = info.compress_size = MEBIBYTE
                info.CRC, info.header_offset = 0, archive.getinfo("archive/data/0").header_offset
                archive.filelist.append(info)
        self.assert_refused(file.getvalue(), "unpacks to more than 67108864 bytes")

    def test_too_many_entries(self):
        more = [(f"archive/data/{i}", b"") for i in range(1, 9000)]
        self.assert_refused(good_zip(more=more), "more than 8192 entries")

    def test_entry_twice(self):
        with self.assertWarns(UserWarning):
            data = good_zip(more=[("archive/data/0", bytes(144))])
        self.assert_refused(data, "archive/data/0 occurs twice")

    def test_names_that_lead_out(self):
        for name in ("../evil", "archive/../../evil", "/etc/evil", "archive/data/.."):
            self.assert_refused(good_zip(more=[(name, b"x")]), "leads out of the archive")

    def test_no_single_folder(self):
        self.assert_refused(good_zip(more=[("other/data.pkl", b"")]), "no folder with a data.pkl")
        self.assert_refused(replaced(good_zip(), b"archive", b"another"), "zip archive: ")
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("word/document.xml", b"<xml/>")
        self.assert_refused(file.getvalue(), "no folder with a data.pkl")

    def test_script_program(self):
        self.assert_refused(good_zip(more=[("archive/constants.pkl", b"x")]), "TorchScript")
        file = io.BytesIO(good_zip(more=[("archive/constants.pkl", b"x")]))
        with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("archive/code/net.py", "pass\n" * 99)
        self.assert_refused(file.getvalue(), "TorchScript")

    def test_big_endian(self):
        self.assert_refused(good_zip(more=[("archive/byteorder", b"big")]), "big-endian")

    def test_pickle_too_large(self):
        data = zip_of(pickled(filter_state()) + bytes(5 * MEBIBYTE), {"0": DATA})
        self.assert_refused(data, "pickle of more than 4194304 bytes")

    def test_damaged_data(self):
        self.assert_refused(replaced(good_zip(), DATA[8:12], b"\xff\xff\xff\xff"), "CRC")

    def test_encrypted(self):
        data = patched(good_zip(), "archive/data/0", 8, b"\x01\x00")
        self.assert_refused(data, "data/0 is .*encrypted")

    def test_size_that_lies(self):
        size = struct.pack("<II", 1 << 30, 1 << 30)
        self.assert_refused(patched(good_zip(), "archive/data/0", 20, size), "unpacks to more")
        size = struct.pack("<II", 1 << 20, 1 << 20)
        self.assert_refused(patched(good_zip(), "archive/data/0", 20, size), "zip archive: ")
        size = struct.pack("<II", 144, 1 << 20)
        self.assert_refused(patched(good_zip(), "archive/data/0", 20, size), "compressed")

    def test_offset_that_lies(self):
        data = patched(good_zip(), "archive/data/0", 42, struct.pack("<I", 0))
        self.assert_refused(data, "zip archive: ")
        data = patched(good_zip(), "archive/data/0", 42, struct.pack("<I", 1 << 31))
        self.assert_refused(data, "zip archive: ")


class Legacy(ConvertCase):
    def test_truncated_anywhere(self):
        whole = good_legacy()
        for end in range(1, len(whole)):
            self.assert_refused(whole[:end], "pickle: |legacy container: |storage 0")

    def test_plain_pickle(self):
        self.assert_refused(pickled(filter_state()), "not one that torch.save")
        self.assert_refused(good_legacy(magic=LEGACY_MAGIC + 1), "not one that torch.save")

    def test_header(self):
        self.assert_refused(good_legacy(protocol=1000), "protocol is not 1001")
        for system in ({"little_endian": False}, {"big": True}, {"little_endian": 1}):
            self.assert_refused(good_legacy(system=system), "little-endian")
        header = [pickled(item(value)) for value in (LEGACY_MAGIC, 1001, "system")]
        self.assert_refused(b"".join(header), "little-endian")

    def test_list_of_storages(self):
        self.assert_refused(good_legacy(keys=["0", "0"]), "storage 0 is listed twice")
        self.assert_refused(good_legacy(keys=["0", "1"]), "storage 1 is .* belongs to no tensor")
        self.assert_refused(good_legacy(keys=["../x"]), "belongs to no tensor")
        self.assert_refused(good_legacy(keys=[]), "goes on behind")
        value = legacy_of(pickled(filter_state()), {})
        good = pickled(b"](e")
        for bad in (EMPTY_DICT, items("0"), b"](K\x00e", b"N"):
            self.assert_refused(replaced(value, good, pickled(bad)), "no list of storages")

    def test_length_of_a_storage(self):
        length = struct.pack("<q", 36)
        for wrong in (35, 37, 0, -1, 1 << 62):
            with self.subTest(wrong):
                data = replaced(good_legacy(), length + DATA, struct.pack("<q", wrong) + DATA)
                self.assert_refused(data, "ends outside the file|goes on behind")
        shorter = replaced(good_legacy(), length + DATA, struct.pack("<q", 35) + DATA[4:])
        self.assert_refused(shorter, "has 140 bytes, not 144")

    def test_goes_on_behind_the_end(self):
        self.assert_refused(good_legacy() + b"\0", "goes on behind")


class Others(ConvertCase):
    def test_tar(self):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as archive:
            archive.addfile(tarfile.TarInfo("sys_info"))
        self.assert_refused(file.getvalue(), "a tar archive, as PyTorch wrote before 0.1.10")

    def test_not_a_checkpoint(self):
        for data in (b"", b"\x80", b"PK\x03\x04", b"hello", b"cos\nsystem\n(S'x'\ntR.",
                     (16).to_bytes(8, "little") + b'{"__metadata__":{}}'):
            with self.subTest(data):
                self.assert_refused(data, "no PyTorch checkpoint|pickle: |zip archive: ")

    def test_too_large(self):
        path = self.checkpoint(b"")
        with open(path, "wb") as file:
            file.truncate(65 * MEBIBYTE)
        self.assert_refused(path.read_bytes(), "larger than 67108864 bytes")


class Fuzz(unittest.TestCase):
    """Whatever the bytes, there is a tensor or a CheckpointError."""

    def mutate(self, data, rng):
        data = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(data))
            kind = rng.randrange(4)
            if kind == 0:
                data[at] = rng.randrange(256)
            elif kind == 1:
                data[at] ^= 1 << rng.randrange(8)
            elif kind == 2:
                del data[at:at + rng.randint(1, 8)]
            else:
                data[at:at] = rng.choice((STOP, b"\xff\xff\xff\x7f", bytes(4), bytes(data[:32])))
        return bytes(data)

    def attempt(self, data):
        try:
            value, storages = pytorch_file.open_container(data)
            return pytorch_file.read_tensors(pytorch_file.find_state(value), storages)
        except CheckpointError:
            return None

    def test_mutations(self):
        for name, whole in (("zip", good_zip()), ("legacy", good_legacy())):
            rng = random.Random(f"{name} 1")
            n_read = 0
            for i in range(N_MUTATIONS):
                data = self.mutate(whole, rng)
                with self.subTest(name, i=i, data=data.hex()):
                    n_read += self.attempt(data) is not None
            self.assertLess(n_read, N_MUTATIONS)

    def test_mutated_pickles_in_a_sound_archive(self):
        rng = random.Random(2)
        for i in range(N_MUTATIONS):
            data = self.mutate(pickled(filter_state()), rng)
            with self.subTest(i=i, data=data.hex()):
                self.attempt(zip_of(data, {"0": DATA}))


class Program(ConvertCase):
    """Exit status, standard error and memory, as a user has them."""

    def limit(self):
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

    def run_limited(self, data):
        path = self.checkpoint(data)
        return path, self.run_program(path, self.output, preexec_fn=self.limit,
                                      env={"OPENBLAS_NUM_THREADS": "1"})

    def test_sound_checkpoint_fits_the_limit(self):
        _, done = self.run_limited(good_zip())
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(self.output.exists())

    def test_refused_with_one_line_and_status_1(self):
        system = pickled(b"cos\nsystem\n" + items(f"touch {self.canary}") + b"R")
        bombs = (b"Nr\xff\xff\xff\x0f", b"\x96" + bytes(4) + b"\x01\x00\x00\x00",
                 EMPTY_DICT + b")" + b"\x85" * 100_000 + b"Ns")
        for data in (zip_of(system, {}), good_zip()[:100],
                     *(zip_of(pickled(bomb), {}) for bomb in bombs)):
            path, done = self.run_limited(data)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertRegex(done.stderr, r"\Aconvert\.py: [^\n]+: [^\n]+\n\Z")
            self.assertNotIn("Traceback", done.stderr)
            self.assert_untouched(path)


if __name__ == "__main__":
    unittest.main()
