# SPDX-License-Identifier: LGPL-2.1-or-later
"""PyTorch, traced and frozen, as one of the runners of tests/bench/compare.

    pytorch.py MODEL INPUT WIDTH HEIGHT THREADS

MODEL is one of this project's model files of ECBSR with PReLU.
"""

import sys
from pathlib import Path

import torch

from serve import read_planes, serve

sys.path.append(str(Path(__file__).resolve().parents[3]))
from tests.bench.comparison import network  # noqa: E402


class Ecbsr(torch.nn.Module):
    def __init__(self, layers, scale):
        super().__init__()
        self.scale = scale
        self.body = torch.nn.Sequential(*(module for layer in layers for module in modules(layer)))

    def forward(self, x):
        y = self.body(x) + x.repeat_interleave(self.scale ** 2, dim=1)
        return torch.nn.functional.pixel_shuffle(y, self.scale)


def modules(layer):
    n_out, n_in = layer.weight.shape[:2]
    conv = torch.nn.Conv2d(n_in, n_out, 3, padding=1)
    conv.weight.data = torch.from_numpy(layer.weight.copy())
    conv.bias.data = torch.from_numpy(layer.bias.copy())
    if network.is_linear(layer):
        return [conv]
    prelu = torch.nn.PReLU(n_out)
    prelu.weight.data = torch.from_numpy(layer.slope.copy())
    return [conv, prelu]


def main():
    path, luma, width, height, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.set_grad_enabled(False)
    x = torch.from_numpy(read_planes(luma, int(width), int(height)))
    layers = network.read_layers(path)
    traced = torch.jit.freeze(torch.jit.trace(Ecbsr(layers, network.SCALE).eval(), x))
    serve(f"PyTorch {torch.__version__}, traced", lambda: traced(x).numpy())


if __name__ == "__main__":
    main()
