# SPDX-License-Identifier: LGPL-2.1-or-later
"""The engine and its peers on the same weights, the same picture, the same threads."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Callable

import numpy as np

from tests.bench.comparison import install, network, reference
from tests.bench.comparison.install import BUILD, PYTHON, ROOT, RUNNERS, WORK
from tests.bench.comparison.runner import Runner, Unable, take_turns

MODELS = ("ecbsr-m4c8", "ecbsr-m4c16")
PRECISIONS = ("float32", "bfloat16", "int8")
# Networks of three colours, by what people call them: layers between the first and the
# last, channels.
COLOR_MODELS = {"SuperUltraCompact": (8, 24), "ECBSR M6C40": (6, 40), "Compact": (16, 64)}
# Differences from PyTorch's result that pass, of 255: the largest, and the mean.
LIMITS = {"float32": (0.01, 0.001), "bfloat16": (3, 0.05), "int8": (3, 0.05)}
BYTE_LIMITS = (3, 0.05)


@dataclass
class Case:
    """One network at one size, in files, and what is to come out."""
    folder: Path
    model: Path
    width: int
    height: int
    luma: np.ndarray
    layers: list

    @property
    def input(self):
        return self.folder / "luma.f32"

    @property
    def bytes(self):
        return self.folder / "luma.u8"

    def size(self):
        return [self.width, self.height]


@dataclass
class Contender:
    label: str
    precision: str
    command: Callable  # (case, threads) → the runner's command
    expected: Callable  # case → what it has to put out
    dtype: str = "<f4"  # of what it puts out


def make_case(model, width, height):
    folder = WORK / f"{model}-{width}x{height}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{model}-x{network.SCALE}.safetensors"
    network.write_plain(ROOT / "models" / f"{model}-x{network.SCALE}.safetensors", path)
    case = Case(folder, path, width, height, reference.picture(width, height),
                network.read_layers(path))
    case.luma.astype("<f4").tofile(case.input)
    case.luma.astype("u1").tofile(case.bytes)
    return case


def make_color_case(name, width, height):
    folder = WORK / f"{name.replace(' ', '-')}-{width}x{height}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name.replace(' ', '-')}-x{network.SCALE}.safetensors"
    network.write_colors(path, *COLOR_MODELS[name])
    case = Case(folder, path, width, height, reference.colors(width, height),
                network.read_layers(path))
    case.luma.astype("<f4").tofile(case.input)
    return case


# ------------------------------------------------------------- contenders --

EXPECTED = {"float32": reference.float32, "bfloat16": reference.engine_bfloat16,
            "int8": reference.engine_int8}


def engine(case, path, threads, *how):
    program = BUILD / "tests" / "bench" / "runners" / "compare-engine"
    return [program, case.model, path, *case.size(), threads, *how]


def ours(precision, layout="float"):
    return Contender("gst-ecbsr", precision,
                     lambda case, n: engine(case, case.input, n, layout, precision),
                     lambda case: EXPECTED[precision](case.layers, case.luma))


def ours_in_bytes(precision):
    """As video has it: no peer can do that without more work around it."""
    return Contender("gst-ecbsr, 8 bits", precision,
                     lambda case, n: engine(case, case.bytes, n, "gray8", precision),
                     lambda case: reference.to_bytes(EXPECTED[precision](case.layers, case.luma)),
                     "u1")


def float_peer(label, words):
    return Contender(label, "float32",
                     lambda case, threads: [*words(case), case.input, *case.size(), threads],
                     lambda case: reference.float32(case.layers, case.luma))


def onnx_file(case):
    path = case.folder / "network.onnx"
    network.write_onnx(path, case.layers, case.width, case.height)
    return path


def onnxruntime():
    if not install.ort_is_there():
        raise install.Missing("ONNX Runtime needs node and onnxruntime-node")
    if not install.has_module("onnx"):
        raise install.Missing("ONNX Runtime needs python3-onnx, which writes its file")
    return float_peer("ONNX Runtime", lambda case: [
        "node", RUNNERS / "onnxruntime.js", install.ORT_FOLDER, onnx_file(case)])


def pytorch():
    return float_peer("PyTorch, traced", lambda case: [PYTHON, RUNNERS / "pytorch.py", case.model])


def opencv():
    for module in ("cv2", "onnx"):
        if not install.has_module(module):
            raise install.Missing(f"OpenCV needs the Python module {module}")
    return float_peer("OpenCV dnn", lambda case: [
        PYTHON, RUNNERS / "opencv.py", onnx_file(case)])


def onednn_network(case, precision):
    """Its file, and what it has to put out."""
    path = case.folder / f"onednn-{precision}.bin"
    if precision != "int8":
        layers = network.leaky(case.layers)
        network.write_flat(path, layers)
        function = reference.float32 if precision == "float32" else reference.all_bfloat16
        return path, function(layers, case.luma)
    layers = network.relu(case.layers)
    inputs = reference.inputs(layers, case.luma)
    layers = network.to_bytes(layers, inputs)
    network.write_flat_int8(path, layers)
    return path, reference.unsigned_int8(layers, case.luma)


def onednn(precision):
    program = install.compile_onednn()
    return Contender("oneDNN", precision,
                     lambda case, threads: [program, onednn_network(case, precision)[0],
                                            case.input, *case.size(), threads, precision],
                     lambda case: onednn_network(case, precision)[1])


MAKERS = ([lambda p=p: ours(p) for p in PRECISIONS]
          + [lambda p=p: ours_in_bytes(p) for p in PRECISIONS] + [onnxruntime, pytorch, opencv]
          + [lambda p=p: onednn(p) for p in PRECISIONS])


COLOR_MAKERS = [lambda p=p: ours(p, "rgb float") for p in PRECISIONS] \
    + [onnxruntime, pytorch] + [lambda p=p: onednn(p) for p in PRECISIONS]


def contenders(makers, complain):
    """Those that are there; complain(message) is called for each that is not."""
    found = []
    for maker in makers:
        try:
            found.append(maker())
        except install.Missing as reason:
            complain(f"left out: {reason}")
    return found


# -------------------------------------------------------------- measuring --

# Memory that is freed stays with the process: PyTorch allocates anew in each frame,
# and would be up to five times slower where the kernel is slow to give pages.
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(4 << 30)}


def start(contender, case, threads):
    env = {**os.environ, **KEEP_MEMORY, "OMP_NUM_THREADS": str(threads)}
    return Runner(contender.command(case, threads), env)


def start_all(found, case, threads):
    """The runners by their number in `found`, without those that cannot."""
    runners = {}
    try:
        for i, contender in enumerate(found):
            with contextlib.suppress(Unable):
                runners[i] = start(contender, case, threads)
    except BaseException:
        for runner in runners.values():
            runner.close()
        raise
    return runners


def difference(contender, case, runner):
    """The largest from PyTorch's result. Raises Disagreement."""
    path = case.folder / "output.raw"
    runner.run(1)
    runner.write(path)
    output = np.fromfile(path, contender.dtype)
    limit = BYTE_LIMITS if contender.dtype == "u1" else LIMITS[contender.precision]
    return reference.check(f"{contender.label}, {contender.precision}", output,
                           contender.expected(case).ravel(), limit)


def has_precision(contender, runner):
    """Ours runs in float32 where the CPU lacks a precision, and says so."""
    return not contender.label.startswith("gst-ecbsr") \
        or f" {contender.precision}," in runner.name


def measure(found, case, threads, rounds, duration):
    """A row for each contender, of one network and number of threads. Left out are ours in
    precisions that the CPU does not have, and peers that have nothing fast there."""
    runners = start_all(found, case, threads)
    try:
        for i in [i for i, runner in runners.items() if not has_precision(found[i], runner)]:
            runners.pop(i).close()
        worst = {i: difference(found[i], case, runner) for i, runner in runners.items()}
        times = take_turns(runners, rounds, duration)
    finally:
        for runner in runners.values():
            runner.close()
    return [{"label": contender.label, "precision": contender.precision, "name": runners[i].name,
             "model": case.model.stem.rsplit("-", 1)[0], "threads": threads,
             "difference": worst[i], "ms": median(times[i])}
            for i, contender in enumerate(found) if i in runners]


def compare(width, height, threads, rounds, duration, complain):
    found = contenders(MAKERS, complain)
    rows = []
    for model in MODELS:
        case = make_case(model, width, height)
        for n in threads:
            rows += measure(found, case, n, rounds, duration)
    return rows


def compare_colors(sizes, threads, rounds, duration, complain):
    """Rows as compare()'s, with their size, of networks of three colours."""
    found = contenders(COLOR_MAKERS, complain)
    return [{**row, "size": size} for name in COLOR_MODELS for size in sizes
            for row in measure(found, make_color_case(name, *size), threads, rounds, duration)]
