# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is said elsewhere about the model files, made from the files themselves."""

import hashlib
from pathlib import Path

from models import safetensors_io
from models.train import catalogue, evaluate, export

BEGIN, END = "<!-- table: models/train/index writes it -->", "<!-- end of table -->"
HEAD = ("model", "scale", "parameters", "MAC/pixel", "bytes",
        "Set5, Set14", "published", "data", "licence", "sha256")


def paths(folder):
    """The shipped files, in the order of the catalogue."""
    wanted = [Path(folder) / f"{name}-x{scale}.safetensors"
              for name in catalogue.NAMES for scale in catalogue.SCALES]
    return [path for path in wanted if path.exists()]


def identity(path):
    """(name, scale) from the name of a file."""
    name, scale = path.name.removesuffix(".safetensors").rsplit("-x", 1)
    return name, int(scale)


def decibels(figures):
    return ", ".join(f"{value:.2f}" for value in figures)


def measure(path, data):
    """PSNR as in the table; None where the test sets are not at hand."""
    name, scale = identity(path)
    config = catalogue.config_of(name, scale)
    figures = evaluate.benchmark(export.load(path, config), data, scale,
                                 export.domain_of(config))
    if len(figures) < len(evaluate.SETS):
        return None
    return decibels(figures[name] for name in evaluate.SETS)


def facts(path):
    """The cells of a file's row but the measured one, by column."""
    stored, metadata = safetensors_io.read(path)
    # int8 data are the same parameters once more.
    tensors = {name: array for name, array in stored.items() if not name.startswith("int8.")}
    content = path.read_bytes()
    name, scale = identity(path)
    n_macs = sum(array.size for array in tensors.values() if array.ndim == 4)
    return {"model": metadata["name"], "scale": metadata["scale"],
            "parameters": f"{sum(array.size for array in tensors.values())}",
            "MAC/pixel": f"{n_macs}", "bytes": f"{len(content)}",
            "published": decibels(catalogue.PUBLISHED.get((name, scale), ())) or "–",
            "data": metadata["trained_on"], "licence": metadata["licence"],
            "sha256": f"`{hashlib.sha256(content).hexdigest()}`"}


def table(folder, data):
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    for path in paths(folder):
        cells = {**facts(path), "Set5, Set14": measure(path, data) or "–"}
        lines.append("| " + " | ".join(cells[column] for column in HEAD) + " |")
    return "\n".join(lines) + "\n"


def rows(readme):
    """[{column: cell}] of the table in the text `readme`."""
    lines = readme[readme.index(BEGIN):readme.index(END)].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")]
             for line in lines if line.startswith("|")]
    return [dict(zip(cells[0], row)) for row in cells[2:]]


def with_table(readme, text):
    head, rest = readme.split(BEGIN)
    return f"{head}{BEGIN}\n\n{text}\n{END}{rest.split(END)[1]}"


def gresource(folder):
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<gresources>",
             '  <gresource prefix="/org/gstreamer/ecbsr/models">']
    lines += [f"    <file>{path.name}</file>" for path in paths(folder)]
    return "\n".join(lines + ["  </gresource>", "</gresources>"]) + "\n"


def meson(folder):
    lines = ["# SPDX-License-Identifier: LGPL-2.1-or-later",
             "# Weights that the plugin carries. models/train/index writes this file.", "",
             "models_xml = files('ecbsr-models.gresource.xml')", "model_files = files("]
    lines += [f"  '{path.name}'," for path in paths(folder)]
    return "\n".join(lines + [")"]) + "\n"
