# SPDX-License-Identifier: LGPL-2.1-or-later
"""The state of a training as a safetensors file.

Such a file may be committed (models/train/state): nothing in it is executed when it
is read, as it would be by torch.load().
"""

import dataclasses
import json

import torch

from models import safetensors_io
from models.train.soap import Soap

ADAM = ("step", "exp_avg", "exp_avg_sq")


def optimizer_tensors(optimizer, vector):
    if isinstance(optimizer, Soap):
        return optimizer.tensors()
    return {name: optimizer.state[vector][name] for name in ADAM if optimizer.state[vector]}


def load_optimizer(optimizer, vector, tensors, iteration):
    if isinstance(optimizer, Soap):
        optimizer.load_tensors(tensors, iteration)
    elif tensors:
        optimizer.state[vector] = {name: tensors[name] for name in ADAM}


def identity(trainer):
    """What has to be the same for a state to be gone on from."""
    return {"run": trainer.run,
            "settings": json.dumps(dataclasses.asdict(trainer.settings), sort_keys=True)}


def write(path, trainer):
    parts = {"net": trainer.net.state_dict(), "average": trainer.average.state_dict(),
             "optimizer": optimizer_tensors(trainer.optimizer, trainer.parameters.values)}
    tensors = {f"{part}/{name}": tensor.detach().numpy()
               for part, some in parts.items() for name, tensor in some.items()}
    safetensors_io.write(path, tensors, {
        **identity(trainer), "iteration": str(trainer.iteration),
        "seconds": repr(trainer.seconds), "history": json.dumps(trainer.history.points())})


def read(path, trainer):
    tensors, metadata = safetensors_io.read(path)
    found = {name: metadata.get(name) for name in identity(trainer)}
    if found != identity(trainer):
        raise ValueError(f"{path} is the state of another training ({found['run']}, "
                         f"{found['settings']}); remove it to start anew")
    trainer.iteration, trainer.seconds = int(metadata["iteration"]), float(metadata["seconds"])
    trainer.history.load(json.loads(metadata["history"]))
    parts = {"net": {}, "average": {}, "optimizer": {}}
    for name, array in tensors.items():
        part, rest = name.split("/", 1)
        parts[part][rest] = torch.from_numpy(array)
    trainer.net.load_state_dict(parts["net"])
    trainer.average.load_state_dict(parts["average"])
    load_optimizer(trainer.optimizer, trainer.parameters.values, parts["optimizer"],
                   trainer.iteration)
