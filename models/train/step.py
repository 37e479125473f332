# SPDX-License-Identifier: LGPL-2.1-or-later
"""Loss and gradients of a folded ECBSR network in C, for PyTorch.

Several times as fast as PyTorch's convolutions: in float32 (step.c) or, where the
CPU multiplies bfloat16, with that (step_bfloat16.c). Compiled on first use, for
the machine it runs on, with the system's C compiler.
"""

import ctypes
import hashlib
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from models.train import data
from models.train.networks import Ecbsr

FOLDER = Path(__file__).parent
SOURCES = [FOLDER / name for name in ("step.c", "step_bfloat16.c")]
HEADERS = [FOLDER / name for name in ("step.h", "step_bfloat16.h")]
FLAGS = ("-O3", "-march=native", "-ffp-contract=fast", "-std=gnu11", "-shared", "-fPIC")
RUN, MAX_CHANNELS = 48, 16  # of step.h: rows are a multiple of RUN pixels
MAX_LAYERS = 32  # of step_bfloat16.c

EDGES = ("conv1x1_sbx", "conv1x1_sby", "conv1x1_lpl")

FLOATS = ctypes.POINTER(ctypes.c_float)


class Shape(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int32) for name in
                ("n_layers", "n_channels", "scale", "width", "height", "margin")]


class Layer(ctypes.Structure):
    _fields_ = [(name, FLOATS) for name in
                ("weight", "bias", "slope", "minimum", "maximum",
                 "d_weight", "d_bias", "d_slope")]


def cpu_flags():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return next((line for line in file if line.startswith(("flags", "Features"))), "")


def compile_step():
    """The library of SOURCES, made anew for another source or kind of machine."""
    text = b"".join(path.read_bytes() for path in SOURCES + HEADERS)
    key = hashlib.sha256(text + repr((FLAGS, cpu_flags())).encode())
    path = data.DEFAULT_WORK / f"step-{key.hexdigest()[:12]}.so"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        subprocess.run(["cc", *FLAGS, "-o", temporary, *SOURCES, "-lm"], check=True)
        temporary.replace(path)
    return ctypes.CDLL(str(path))


def function_of(library, name):
    """None where this machine has none."""
    function = getattr(library, name, None)
    if function:
        function.restype = ctypes.c_double
        function.argtypes = [ctypes.POINTER(Shape), ctypes.POINTER(Layer), ctypes.c_int32,
                             ctypes.c_void_p, ctypes.c_void_p]
    return function


def pointer(array):
    return None if array is None else array.ctypes.data_as(FLOATS)


class Step:
    """Losses of `net`, an Ecbsr, on patches of [n, height, width], luma of 0..255.

    With `bfloat16` set, factors are that wide, where machine and network allow it.
    """

    def __init__(self, net, n_threads=None):
        library = compile_step()
        self.net, self.bfloat16 = net, False
        self.exact = function_of(library, "ecbsr_train_step")
        self.narrow = function_of(library, "ecbsr_train_step_bfloat16")
        self.n_threads = n_threads or torch.get_num_threads()
        self.pool = ThreadPoolExecutor(self.n_threads)

    @staticmethod
    def suits(net):
        return isinstance(net, Ecbsr) and net.backbone[1].conv3x3.in_channels <= MAX_CHANNELS

    @staticmethod
    def takes(patches):
        return patches.shape[2] % RUN == 0

    def function(self, height):
        even = height % 2 == 0 and self.net.backbone[0].conv3x3.out_channels % 2 == 0
        fits = even and len(self.net.backbone) <= MAX_LAYERS and not self.net.is_bounded()
        return self.narrow if self.bfloat16 and self.narrow and fits else self.exact

    def loss(self, low, high, margin):
        """As loop.loss_of(inner(net(low) - high, margin)), of 0..1, differentiable.

        The convolutions see zeros around the patch.
        """
        return StepLoss.apply(self, low, high, margin, *trained(self.net))

    def run(self, low, high, margin, folded):
        """(summed error, gradient of each array of `folded`), over all threads."""
        parts = np.array_split(np.arange(len(low)), self.n_threads)
        jobs = [self.pool.submit(self._run_part, low[part], high[part], margin, folded)
                for part in parts if len(part)]
        results = [job.result() for job in jobs]
        gradients = [None if array is None else sum(result[1][i] for result in results)
                     for i, array in enumerate(folded)]
        return sum(result[0] for result in results), gradients

    def bounds(self):
        """[(minimum, maximum)] of the layers: arrays, or None."""
        return [(None, None) if layer.bounds is None else layer.bounds.numpy()
                for layer in self.net.backbone]

    def _run_part(self, low, high, margin, folded):
        low, high = (np.ascontiguousarray(part, np.float32) for part in (low, high))
        gradients = [None if array is None else np.zeros_like(array) for array in folded]
        layers = (Layer * (len(folded) // 3))(*(
            Layer(*map(pointer, folded[i:i + 3]), *map(pointer, bounds),
                  *map(pointer, gradients[i:i + 3]))
            for i, bounds in zip(range(0, len(folded), 3), self.bounds())))
        shape = Shape(len(layers), len(folded[0]), self.net.scale,
                      low.shape[2], low.shape[1], margin)
        loss = self.function(low.shape[1])(shape, layers, len(low), low.ctypes.data, high.ctypes.data)
        if loss < 0:
            raise MemoryError("no memory for a training step")
        return loss, gradients


class StepLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx, step, low, high, margin, *_parameters):
        folds = [Fold(layer) for layer in step.net.backbone]
        folded = [array for fold in folds for array in fold.result]
        total, gradients = step.run(low, high, margin, folded)
        count = len(high) * (high.shape[1] - 2 * margin) * (high.shape[2] - 2 * margin)
        ctx.gradients = []
        for i, fold in enumerate(folds):
            ctx.gradients += fold.backward(*gradients[3 * i:3 * i + 3], np.float32(1 / count))
        return torch.tensor(total / count, dtype=torch.float32)

    @staticmethod
    def backward(ctx, output):
        factor = output.item()
        return (None,) * 4 + tuple(torch.from_numpy(g * np.float32(factor)) for g in ctx.gradients)


def trained(net):
    return [parameter for parameter in net.parameters() if parameter.requires_grad]


class Fold:
    """Ecb.fold() and its gradient by hand: PyTorch takes longer for so many small
    arrays than step.c for a batch.

    The edge filters' taps add up to zero, and so the biases before them do not
    matter and have no gradient.
    """

    def __init__(self, layer):
        self.layer = layer
        self.arrays = {name: parameter.detach().numpy()
                       for name, parameter in layer.named_parameters()}
        weight, bias = self.arrays["conv3x3.weight"], self.arrays["conv3x3.bias"]
        self.shape = weight.shape[:2]
        self.result = (np.ascontiguousarray(weight), bias, self.arrays.get("act.weight"))
        if layer.pairs():
            self._add_branches(weight, bias)

    def _add_branches(self, weight, bias):
        get = self.arrays.__getitem__
        n_out, n_in = self.shape
        self.k0 = get("conv1x1_3x3.k0").reshape(-1, n_in)
        self.k1 = get("conv1x1_3x3.k1").reshape(n_out, -1, 9)
        self.k1_sum = self.k1.sum(2)
        weight = weight.reshape(n_out, n_in, 9) + np.matmul(self.k0.T, self.k1)
        bias = bias + get("conv1x1_3x3.b1") + self.k1_sum @ get("conv1x1_3x3.b0")
        for name in EDGES:
            scaled = self.edge(name, "scale").reshape(-1, 1) * self.edge(name, "k0").reshape(n_out, n_in)
            weight += scaled[..., None] * self.edge(name, "mask")[0].reshape(9)
            bias = bias + self.edge(name, "bias")
        self.result = (weight, bias, self.result[2])

    def edge(self, name, what):
        return self.arrays[f"{name}.{what}"]

    def backward(self, d_weight, d_bias, d_slope, factor):
        """Gradients of the layer's trained parameters, in their order, times `factor`."""
        d_weight, d_bias = d_weight * factor, d_bias * factor
        found = {"conv3x3.weight": d_weight, "conv3x3.bias": d_bias}
        if d_slope is not None:
            found["act.weight"] = d_slope * factor
        if self.layer.pairs():
            self._branches_backward(d_weight.reshape(*self.shape, 9), d_bias, found)
        return [found[name].reshape(parameter.shape) for name, parameter
                in self.layer.named_parameters() if parameter.requires_grad]

    def _branches_backward(self, d_weight, d_bias, found):
        d_sum = np.multiply.outer(d_bias, self.arrays["conv1x1_3x3.b0"])
        found.update({
            "conv1x1_3x3.k0": np.tensordot(self.k1, d_weight, ((0, 2), (0, 2))),
            "conv1x1_3x3.k1": np.matmul(self.k0, d_weight) + d_sum[..., None],
            "conv1x1_3x3.b0": d_bias @ self.k1_sum, "conv1x1_3x3.b1": d_bias})
        for name in EDGES:
            self._edge_backward(name, d_weight, d_bias, found)

    def _edge_backward(self, name, d_weight, d_bias, found):
        through = d_weight @ self.edge(name, "mask")[0].reshape(9)
        found[f"{name}.k0"] = self.edge(name, "scale").reshape(-1, 1) * through
        found[f"{name}.scale"] = (self.edge(name, "k0").reshape(self.shape) * through).sum(1)
        found[f"{name}.b0"] = np.zeros_like(d_bias)
        found[f"{name}.bias"] = d_bias
