# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is said elsewhere about the model files, made from the files themselves."""

import hashlib
import json
from pathlib import Path

from models import safetensors_io
from models.train import catalogue

BEGIN, END = "<!-- tables: models/train/index writes them -->", "<!-- end of tables -->"
FIGURES = "figures.json"  # made by figures.py
SETS = ("Set5", "Set14")
PRECISIONS = ("float32", "bfloat16", "int8")
FILES_HEAD = ("file", "name", "scale", "content", "parameters", "MAC/pixel", "bytes",
              "training, minutes", "data", "licence", "sha256")
QUALITY_HEAD = ("file", "set", "published", "PyTorch", *PRECISIONS, "degraded")
NONE = "–"


def paths(folder):
    """The shipped files, in the order of the catalogue."""
    wanted = [Path(folder) / f"{catalogue.stem_of(name, scale, content)}.safetensors"
              for name in catalogue.NAMES for scale in catalogue.SCALES
              for content in catalogue.CONTENTS]
    return [path for path in wanted if path.exists()]


def identity(path):
    """(name, scale, content) from the name of a file."""
    stem = path.name.removesuffix(".safetensors")
    base = stem.removesuffix("-camera")
    name, scale = base.rsplit("-x", 1)
    return name, int(scale), "clean" if base == stem else "camera"


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def stem(path):
    return path.name.removesuffix(".safetensors")


def facts(path):
    """The cells of a file's row, by column."""
    stored, metadata = safetensors_io.read(path)
    # int8 data are the same parameters once more; bounds are none.
    tensors = {name: array for name, array in stored.items() if not name.startswith("int8.")
               and not name.endswith((".minimum", ".maximum"))}
    n_macs = sum(array.size for array in tensors.values() if array.ndim == 4)
    return {"file": stem(path), "name": metadata["name"], "scale": metadata["scale"],
            "content": metadata.get("content", "clean"),
            "parameters": f"{sum(array.size for array in tensors.values())}",
            "MAC/pixel": f"{n_macs}", "bytes": f"{path.stat().st_size}",
            "training, minutes": metadata.get("training_minutes", NONE),
            "data": metadata["trained_on"], "licence": metadata["licence"],
            "sha256": f"`{sha256(path)}`"}


# ------------------------------------------------------------------- tables --

def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row[column] for column in head) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def score(figures, name):
    """`figures`: {set: [PSNR, SSIM]} or None."""
    return f"{figures[name][0]:.2f} {figures[name][1]:.4f}" if figures else NONE


def quality_rows(title, found, published):
    """One row for each test set; `found` as in figures.json."""
    for number, name in enumerate(SETS):
        known = published[number]
        yield {"file": title if number == 0 else "", "set": name,
               "published": f"{known:.2f}" if known else NONE,
               "PyTorch": score(found.get("pytorch"), name),
               **{key: score(found["element"].get(key), name) for key in PRECISIONS},
               "degraded": score(found["camera"], name)}


def read_figures(folder):
    path = Path(folder) / FIGURES
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def measured(path, figures):
    """What figures.json says of a file."""
    found = figures.get(sha256(path))
    if found is None:
        raise KeyError(f"{path}: not in figures.json; run models/train/index")
    return found


def quality(folder, figures):
    rows = []
    for scale in catalogue.SCALES:
        rows += quality_rows(f"bicubic ×{scale}", figures[f"bicubic-x{scale}"], (None, None))
    for path in paths(folder):
        published = catalogue.PUBLISHED.get(identity(path)[:2], (None, None))
        rows += quality_rows(stem(path), measured(path, figures), published)
    return table(QUALITY_HEAD, rows)


def tables(folder, figures):
    files = table(FILES_HEAD, [facts(path) for path in paths(folder)])
    return f"{files}\n{quality(folder, figures)}"


def with_tables(readme, text):
    head, rest = readme.split(BEGIN)
    return f"{head}{BEGIN}\n\n{text}\n{END}{rest.split(END)[1]}"


# -------------------------------------------------------- lists for the build --

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
