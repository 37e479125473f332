#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Converts a PyTorch checkpoint into a model file (docs/model-format.md).

    convert.py eSR-TM_s2_K5_C2.model esr-tm.safetensors
    convert.py ecbsr_x2_m4c16.pt ecbsr.safetensors --identity
    convert.py 2x_Compact.pth compact.safetensors

What it found is said in one line. Needs Python and NumPy, not PyTorch, but for
--bounds-from, which needs Pillow too. A checkpoint is a program for Python's pickle
machine; here it is read by one that cannot run anything, so checkpoints from anywhere
are safe to convert.
"""

import argparse
import os
import re
import sys
import time
from pathlib import Path

import numpy as np

from known_names import renamed
from model_shapes import ACTIVATIONS, ARCHITECTURES, ECBSR_SCALES, ShapeError, describe
from picture_files import SUFFIXES, is_picture
from pytorch_file import read_state
from safetensors_io import BF16, SafetensorsError, bf16_to_float32, read, write
from tensor_pickle import CheckpointError

# As the edge-SR authors name their files: eSR-CNN_s2_C2_D7_S3.model
ESR_NAME = re.compile(r"eSR-(MAX|TM|TR|CNN)((?:_[sKCDS][0-9]{1,4})+)")
ESR_LETTERS = {"s": "scale", "K": "kernel_size", "C": "channels", "D": "depth", "S": "squeeze"}
SIZES = ("scale", "blocks", "channels", "kernel_size", "depth", "squeeze")

LUMA_RANGES = {"ecbsr": "16..235"}  # as published
OTHER_LUMA_RANGE = "0..1"  # edge-SR, and all that have three colours or other names
LEAKY = re.compile(r"leaky-relu:(-?[0-9]{1,3}(?:\.[0-9]{1,9})?)")
NUMBER = r"-?[0-9]{1,6}(?:\.[0-9]{1,6})?"
MAX_LUMA, MIN_LUMA_SPAN = 65536, 0.001  # as the engine has it
SHARE = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)
TENSOR = re.compile(r"backbone\.\d{1,3}\.(?:conv3x3\.weight|conv3x3\.bias|act\.weight)")
LUMA_RANGE = re.compile(rf"({NUMBER})\.\.({NUMBER})")


class ConvertError(ValueError):
    """What cannot be done as asked, with the option or file at fault."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(1, f"{self.prog}: {message}\n")


def main(args=None):
    options = parse_options(args)
    try:
        convert(options)
    except OSError as error:
        fail(f"{options.input}: {error.strerror or error}")
    except (CheckpointError, ShapeError) as error:
        fail(f"{options.input}: {error}")
    except (ConvertError, SafetensorsError) as error:
        fail(str(error))


def fail(message):
    line = "".join(char if char.isprintable() else "?" for char in message)
    sys.exit(f"convert.py: {line}")


def convert(options):
    if os.path.exists(options.output) and os.path.samefile(options.input, options.output):
        raise ConvertError(f"{options.output}: is the checkpoint itself")
    texts = texts_of(options)  # what is wrong with options comes before the work
    tensors, family, names = renamed(read_tensors(options.input))
    claims = claims_of(options)
    tensors = with_slopes(tensors, claims)
    try:
        facts = describe(tensors, claims)
    except ShapeError as error:  # of the checkpoint's tensors, by the names they have there
        raise ShapeError(TENSOR.sub(lambda match: names.get(match[0], match[0]),
                                    str(error))) from None
    metadata = {"format": "gst-ecbsr 1", **facts, **texts}
    if metadata["luma_range"] is None:
        metadata["luma_range"] = luma_range_of(metadata, family)
    if options.bounds_from:
        tensors = {**tensors, **bounds_of(tensors, metadata, options.bounds_from)}
    save(options.output, tensors, metadata)
    print(found(metadata, family))


def read_tensors(path):
    if not path.lower().endswith(".safetensors"):
        return read_state(path)
    tensors, metadata = read(path)
    if "format" in metadata and metadata["format"].startswith("gst-ecbsr"):
        raise ConvertError(f"{path}: is a model file already")
    for name, array in tensors.items():
        if array.dtype != np.int8:
            tensors[name] = bf16_to_float32(array) if array.dtype == BF16 else array.astype("<f4")
    return tensors


def luma_range_of(metadata, family):
    if family or metadata.get("colors", "1") != "1":
        return OTHER_LUMA_RANGE
    return LUMA_RANGES.get(metadata["architecture"], OTHER_LUMA_RANGE)


def with_slopes(tensors, claims):
    """A leaky ReLU is a PReLU whose slopes are all the same."""
    claimed, _ = claims.get("activation", ("", None))
    match = LEAKY.fullmatch(claimed)
    if not match:
        return tensors
    del claims["activation"]
    if any(name.endswith(".act.weight") for name in tensors):
        raise ShapeError(f"--activation says {claimed}, but there are slopes of a PReLU")
    result, convolutions = {}, [n for n in tensors if n.endswith(".conv3x3.weight")]
    for name, array in tensors.items():
        result[name] = array
        stem, is_bias = name.removesuffix(".conv3x3.bias"), name.endswith(".conv3x3.bias")
        if is_bias and stem != f"backbone.{len(convolutions) - 1}":
            result[stem + ".act.weight"] = np.full(len(array), float(match[1]), "<f4")
    return result


def found(metadata, family):
    """What it is, for people."""
    numbers = [f"{key} {metadata[key]}" for key in ("blocks", "channels", "kernel_size", "depth",
                                                    "squeeze") if key in metadata]
    colors = "3 colours" if metadata.get("colors") == "3" else "luma"
    parts = [family or metadata["architecture"], colors, f"x{metadata['scale']}", *numbers]
    if "activation" in metadata:
        parts.append(metadata["activation"])
    return f"convert.py: {', '.join(parts)}; {metadata['luma_range']} for black and white"


def bounds_of(tensors, metadata, folder):
    """How far each channel reaches on the pictures in `folder`."""
    try:
        paths = sorted(path for path in Path(folder).iterdir() if is_picture(path))
    except OSError as error:
        raise ConvertError(f"--bounds-from: {folder}: {error.strerror or error}") from None
    if not paths:
        raise ConvertError(f"--bounds-from: no pictures ({', '.join(SUFFIXES)}) in {folder}")
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    try:
        from models.train import bounds
    except ImportError as error:
        raise ConvertError(f"--bounds-from: needs Debian's python3-torch and python3-pil: "
                           f"{error}") from None
    try:
        return bounds.of_file(tensors, metadata, paths, Progress(len(paths)))
    except (ValueError, OSError) as error:
        raise ConvertError(f"--bounds-from: {error}") from None


class Progress:
    """Says on a terminal how far a long work is; of a short one, nothing."""

    def __init__(self, n):
        self.n, self.last = n, time.monotonic()

    def __call__(self, done):
        now = time.monotonic()
        if sys.stderr.isatty() and now - self.last >= 5:
            self.last = now
            print(f"convert.py: {done} of {self.n} pictures", file=sys.stderr)


def save(path, tensors, metadata):
    try:
        write(path, tensors, metadata)
    except OSError as error:  # its own path is a passing one, of no use to anybody
        raise ConvertError(f"{path}: {error.strerror or error}") from None
    except SafetensorsError as error:
        raise ConvertError(f"{path}: {error}") from None


# ------------------------------------------------------------------ options --

def parse_options(args):
    parser = Parser(prog="convert.py", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("input", metavar="IN",
                        help="checkpoint: .model, .pt, .pth, .safetensors")
    parser.add_argument("output", metavar="OUT.safetensors")
    parser.add_argument("--architecture", choices=ARCHITECTURES,
                        help="else from the file name or the tensors")
    parser.add_argument("--scale", type=int, choices=ECBSR_SCALES)
    for size in SIZES[1:]:
        parser.add_argument("--" + size.replace("_", "-"), type=int, metavar="N",
                            help="checked against the tensors")
    parser.add_argument("--activation", type=activation,
                        help=f"of ECBSR; needed where it is not prelu: {', '.join(ACTIVATIONS)}, "
                             "leaky-relu:SLOPE")
    parser.add_argument("--identity", action="store_true",
                        help="ECBSR in training form was trained with identity branches")
    parser.add_argument("--luma-range", metavar="BLACK..WHITE",
                        help="what the network sees for black and white; 16..235 for ECBSR "
                             "of luma, else 0..1 unless given")
    parser.add_argument("--padding", choices=("zero", "replicate", "symmetric"),
                        help="what the network was trained to see beyond the picture's "
                             "borders; zero unless given")
    parser.add_argument("--overshoot", metavar="SHARE",
                        help="how far a pixel of the output may leave the range of the 3x3 pixels "
                             "around it in the input, as a share of black to white, such as 0.18; "
                             "as far as it likes unless given")
    parser.add_argument("--bounds-from", metavar="FOLDER",
                        help="keep each channel within what it reaches on the pictures there, "
                             "as photos are; unbounded unless given")
    parser.add_argument("--name", help="1 to 64 characters; else from OUT")
    parser.add_argument("--licence", default="unknown", help="SPDX identifier")
    parser.add_argument("--trained-on", default="unknown", help="data sets")
    parser.add_argument("--content", choices=("clean", "camera"))
    return parser.parse_args(args)


def activation(text):
    if text in ACTIVATIONS or LEAKY.fullmatch(text):
        return text
    raise argparse.ArgumentTypeError(f"invalid choice: {text!r} (choose from "
                                     f"{', '.join(ACTIVATIONS)}, leaky-relu:SLOPE)")


def claims_of(options):
    """What the file name, and above it the options, say of the network."""
    claims = claims_of_name(options.input)
    for key in ("architecture", "activation", *SIZES):
        value = getattr(options, key)
        if value is not None:
            claims[key] = value, "--" + key.replace("_", "-")
    if options.identity:
        claims["identity"] = "true", "--identity"
    return claims


def claims_of_name(path):
    match = ESR_NAME.match(os.path.basename(path))
    if not match:
        return {}
    claims = {"architecture": ("esr-" + match[1].lower(), "the file name")}
    for part in match[2][1:].split("_"):
        claims[ESR_LETTERS[part[0]]] = int(part[1:]), "the file name"
    return claims


def texts_of(options):
    stem = os.path.splitext(os.path.basename(options.output))[0]
    texts = {"name": stem[:64] if options.name is None else options.name,
             "licence": options.licence, "trained_on": options.trained_on,
             "luma_range": checked_luma_range(options.luma_range)}
    for key in ("content", "padding", "overshoot"):
        if getattr(options, key) is not None:
            texts[key] = getattr(options, key)
    if options.overshoot is not None:
        check_share("--overshoot", options.overshoot)
    for key in ("name", "licence", "trained_on"):
        check_text("--" + key.replace("_", "-"), texts[key])
    if len(texts["name"]) > 64:
        raise ConvertError("--name: longer than 64 characters")
    return texts


def check_text(option, text):
    if not text.strip() or not text.isprintable():
        raise ConvertError(f"{option}: {text!r} is empty or holds control characters")


def check_share(option, text):
    if not SHARE.fullmatch(text) or not 0 <= float(text) <= 1:
        raise ConvertError(f"{option}: {text!r} is not a number from 0 to 1")


def checked_luma_range(text):
    if text is None:
        return None
    match = LUMA_RANGE.fullmatch(text)
    black, white = map(float, match.groups()) if match else (0.0, 0.0)
    if white - black < MIN_LUMA_SPAN or max(-black, white) > MAX_LUMA:
        raise ConvertError(f"--luma-range: {text!r} is not BLACK..WHITE, such as 16..235")
    return text


if __name__ == "__main__":
    main()
