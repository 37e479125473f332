# SPDX-License-Identifier: LGPL-2.1-or-later
"""The commands in models/train/queue."""

import shlex
from pathlib import Path

from models.train.catalogue import stem_of

QUEUE = Path(__file__).resolve().parent / "queue"


def commands():
    """{label: arguments of `one`}, in the queue's order."""
    lines = QUEUE.read_text(encoding="utf-8").splitlines()
    queued = (shlex.split(line, comments=True)[1:] for line in lines)
    return {label_of(words): words for words in queued if words}


def label_of(words):
    return stem_of(words[0], option(words, "--scale"), option(words, "--content", "clean"))


def option(words, name, default=None):
    return words[words.index(name) + 1] if name in words else default
