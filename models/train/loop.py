# SPDX-License-Identifier: LGPL-2.1-or-later
"""The training loop: root mean squares of patches, Adam or SOAP, warm-up and cosine,
averaged weights, resumable."""

import copy
import ctypes
import dataclasses
import math
import os
import time

import torch

from models.train import state
from models.train.history import History
from models.train.networks import inner
from models.train.soap import EVERY, Soap
from models.train.step import Step

EMA_DECAY = 0.999
SAVE_EVERY = 60  # seconds
REPORT_EVERY = 15  # seconds
EXACT_END = 0.1  # share of a training, at its end, that is done in float32
FLOOR = 1e-6  # of a patch's mean square, as in step.h
LARGEST_BLOCK = 200  # parameters whose full matrix of moments SOAP keeps

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4  # of glibc's <malloc.h>


def keep_memory():
    """Has malloc keep what is freed.

    It would give large tensors back to the system and fetch them anew, page by
    page, at each iteration: more than half of the time of a small network.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(M_TRIM_THRESHOLD, 2 ** 31 - 1)
        libc.mallopt(M_TOP_PAD, 64 << 20)


@dataclasses.dataclass(frozen=True)
class Settings:
    iterations: int
    peak: float = 1e-3  # learning rate after the warm-up
    warm_up: int = 500
    optimizer: str = "adam"


def learning_rate(settings, iteration):
    warm_up = min(settings.warm_up, settings.iterations // 10)
    if iteration < warm_up:
        return settings.peak * (iteration + 1) / warm_up
    done = (iteration - warm_up) / (settings.iterations - warm_up)
    return settings.peak * 0.5 * (1 + math.cos(math.pi * done))


def to_tensor(picture, domain):
    """Luma of 0..255, [n, h, w], to float [n, 1, h, w] in the network's domain.

    The one channel is made the innermost dimension, so that PyTorch runs the
    whole network with channels last, which takes about two thirds of the time.
    """
    black, span = domain
    tensor = torch.from_numpy(picture)[..., None].permute(0, 3, 1, 2)
    return (tensor.float() - black) / span


def loss_of(error):
    """The mean of patches' root mean squares, for [n, 1, h, w] of 0..1.

    PSNR is a mean over pictures of such a measure. Trained for mean absolute errors,
    M4C16 ×2 gains 0.03 dB of it by 3,000 iterations of this, and eSR-CNN 0.05.
    """
    return (error.square().mean((1, 2, 3)) + FLOOR).sqrt().mean()


class Vector:
    """The trained parameters of `net` as views of one vector.

    An optimiser takes as long for a small tensor as for all of them in one.
    """

    def __init__(self, net):
        self.parts = [p for p in net.parameters() if p.requires_grad]
        self.values = torch.cat([p.detach().flatten() for p in self.parts])
        for part, view in zip(self.parts, self.values.split([p.numel() for p in self.parts])):
            part.data = view.view_as(part)

    def gather_gradient(self):
        self.values.grad = torch.cat([p.grad.flatten() for p in self.parts])
        for part in self.parts:
            part.grad = None


def blocks_of(net):
    """[(parameters, rows)] for SOAP: a layer, or a large one's weights and the rest."""
    blocks = []
    for layer in net.modules():
        sizes = [p.numel() for p in layer.parameters(recurse=False) if p.requires_grad]
        if sum(sizes) <= LARGEST_BLOCK:
            blocks += [(sum(sizes), 1)] if sizes else []
        else:
            blocks.append((sizes[0], len(next(layer.parameters(recurse=False)))))
            blocks += [(sum(sizes[1:]), 1)] if sizes[1:] else []
    return blocks


def make_optimizer(settings, net, vector):
    if settings.optimizer == "soap":
        return Soap(vector, blocks_of(net))
    return torch.optim.Adam([vector])


class Trainer:
    """Trains `net` in place; `average` is the network to keep.

    `draw(i)` gives batch i, of patches with a context of net.radius. `run` identifies the training: a state saved by
    another one is refused. `stop_at` ends early, with the state saved. `kept` is a
    state to begin from where `path` has none.
    """

    def __init__(self, net, draw, domain, settings, run, path, kept=None, history=None):
        self.net, self.draw, self.domain = net, draw, domain
        self.settings, self.run, self.path = settings, run, path
        self.average = copy.deepcopy(net)
        self.parameters, self.averaged = Vector(net), Vector(self.average)
        self.optimizer = make_optimizer(settings, net, self.parameters.values)
        self.fast = Step(net) if Step.suits(net) else None
        self.iteration, self.seconds = 0, 0.0
        self.history = history or History(settings.iterations)
        for start in (path, kept):
            if start and os.path.exists(start):
                state.read(start, self)
                break

    def train(self, report=lambda text: None, stop_at=None):
        end = min(self.settings.iterations, stop_at or self.settings.iterations)
        clock = Clock(self.iteration)
        while self.iteration < end:
            begin = time.monotonic()
            loss = self._step()
            self.seconds += time.monotonic() - begin
            clock.add(loss)
            self.history.add(self.iteration, loss, self.average)
            if clock.is_due("report", REPORT_EVERY):
                report(clock.line(self.iteration, self.settings.iterations))
            # Then SOAP's state is less than half the size (Moments.tensors).
            if self.iteration % EVERY == 0 and clock.is_due("save", SAVE_EVERY):
                self.save()
        self.save()

    def _step(self):
        rate = learning_rate(self.settings, self.iteration)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss = self._loss(*self.draw(self.iteration))
        loss.backward()
        value = loss.item() * self.domain[1]
        if not math.isfinite(value):
            raise ArithmeticError(f"iteration {self.iteration}: the loss is {value}")
        self.parameters.gather_gradient()
        self.optimizer.step()
        self._follow()
        self.iteration += 1
        return value

    def _loss(self, low, high):
        """Of what lies within the patches' context (patches.py)."""
        margin = self.net.radius * self.net.scale
        if self.fast and self.fast.takes(low):
            self.fast.bfloat16 = self.iteration < (1 - EXACT_END) * self.settings.iterations
            return self.fast.loss(low, high, margin)
        low, high = to_tensor(low, self.domain), to_tensor(high, self.domain)
        return loss_of(self.net.valid(low) - inner(high, margin))

    def _follow(self):
        # The average starts short, so that the initial weights are soon forgotten.
        decay = min(EMA_DECAY, (1 + self.iteration) / (10 + self.iteration))
        self.averaged.values.lerp_(self.parameters.values, 1 - decay)

    def save(self):
        state.write(self.path, self)


class Clock:
    """Mean loss and speed since the last report, and what is due when."""

    def __init__(self, iteration):
        self.last = {}
        self.start = time.monotonic()
        self._forget(iteration)

    def _forget(self, iteration):
        self.since, self.first = time.monotonic(), iteration
        self.total = self.n_losses = 0

    def add(self, loss):
        self.total += loss
        self.n_losses += 1

    def is_due(self, what, seconds):
        now = time.monotonic()
        due = now - self.last.get(what, self.start) >= seconds
        if due:
            self.last[what] = now
        return due

    def line(self, iteration, iterations):
        each = (time.monotonic() - self.since) / (iteration - self.first)
        text = (f"{iteration}/{iterations}  loss {self.total / self.n_losses:.4f}  "
                f"{each * 1e3:.1f} ms  {each * (iterations - iteration) / 60:.1f} min left")
        self._forget(iteration)
        return text
