#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the compiler has made of the kernels for tile registers, as the disassembler reads it:
no machine need have them for that. Usage: test_tile_code.py MULTIPLICATION LIBRARY"""

import re
import shutil
import subprocess
import sys
import unittest

GROUP, ROWS = 4, 3  # output rows, ky
WEIGHTS, PIXELS = GROUP, GROUP + ROWS  # the first tile of weights, that of pixels


def read_functions(library):
    """The instructions of each function, by its name."""
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", library], capture_output=True,
                          text=True, check=True).stdout
    functions = {}
    for line in text.splitlines():
        begin = re.match(r"[0-9a-f]+ <(\w+)[^>]*>:$", line)
        if begin:
            body = functions.setdefault(begin[1], [])
        elif line.startswith("  "):
            body.append(line.split(":", 1)[1].strip())
    return functions


@unittest.skipUnless(shutil.which("objdump"), "needs objdump")
class TileCode(unittest.TestCase):
    multiplication, library = "", ""

    @classmethod
    def setUpClass(cls):
        cls.functions = read_functions(cls.library)
        cls.multiplies = re.compile(rf"{cls.multiplication}\s+%tmm(\d),%tmm(\d),%tmm(\d)$")

    def products(self, body):
        """Sum, first and second factor, as Intel names them, in order."""
        found = [self.multiplies.match(line) for line in body]
        return [tuple(int(tile) for tile in each.groups()[::-1]) for each in found if each]

    def convolutions(self):
        """Functions that store tiles."""
        return [body for body in self.functions.values()
                if any(line.startswith("tilestored") for line in body)]

    def test_products(self):
        """Each output row gets the products of its three input rows by their weights."""
        wanted = sorted((row, WEIGHTS + ky, PIXELS) for row in range(GROUP)
                        for ky in range(ROWS))
        self.assertTrue(self.convolutions())
        for body in self.convolutions():
            products = self.products(body)
            self.assertEqual(len(products) % len(wanted), 0)
            self.assertEqual(sorted(set(products)), wanted)

    def test_rows(self):
        """The n-th tile of pixels since the weights is multiplied for rows n - ky."""
        for body in self.convolutions():
            row, seen = -1, 0
            for line in body:
                if re.match(rf"tileloadd .*,%tmm{PIXELS}$", line):
                    row += 1
                product = self.multiplies.match(line)
                if product:
                    total, ky = int(product[3]), int(product[2]) - WEIGHTS
                    self.assertEqual(total, row % (GROUP + ROWS - 1) - ky)
                    seen += 1
            self.assertGreater(seen, 0)

    def test_all_are_released(self):
        configured = released = 0
        for body in self.functions.values():
            configured += sum(line.startswith("ldtilecfg") for line in body)
            released += sum(line.startswith("tilerelease") for line in body)
        self.assertGreater(configured, 0)
        self.assertEqual(configured, released)

    def test_no_other_multiplication(self):
        kinds = {line.split()[0] for body in self.functions.values() for line in body
                 if line.startswith("tdp")}
        self.assertEqual(kinds, {self.multiplication})


if __name__ == "__main__":
    TileCode.multiplication, TileCode.library = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1], verbosity=2)
