# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the model files reach on the test sets: models/figures.json.

    {SHA256 of a file, or "bicubic-xSCALE": {
      "file": its name,
      "pytorch": {set: [PSNR, SSIM]}       floats, by the protocol of evaluate.py
      "element": {precision: {set: …}}     8 bits in and out; emulated (int8.py) where
                                           the CPU has no such precision
      "camera": {set: …}}}                 the element, precision=auto, degraded input
"""

import contextlib
import json
import os
import sys
from functools import lru_cache
from pathlib import Path

import torch

from models import safetensors_io
from models.train import catalogue, data, evaluate, export, int8, listing, metrics, quantise

PROJECT = data.PROJECT
os.environ.setdefault("GST_PLUGIN_PATH", str(PROJECT / "build" / "gst-plugin"))
os.environ.setdefault("GST_REGISTRY", str(PROJECT / "build" / "gst-registry.bin"))
sys.path[:0] = [str(PROJECT / "src" / "tools" / "eval"), str(PROJECT / "models" / "train")]

import evaluation  # noqa: E402
from pipeline import PipelineError  # noqa: E402,F401


@lru_cache(maxsize=None)
def pairs(folder, scale, degraded):
    return [evaluation.Pair(path, scale, degraded)
            for path in evaluation.list_pictures(folder)]


def rounded(score):
    return [round(score.psnr, 3), round(score.ssim, 5)]


def by_set(benchmark, measure_one, scale, degraded=False):
    """{set: [PSNR, SSIM]}, the mean of measure_one(pair)."""
    return {name: rounded(evaluation.mean(
        [measure_one(pair) for pair in pairs(Path(benchmark) / name, scale, degraded)]))
        for name in listing.SETS}


def by_pytorch(path, benchmark):
    name, scale, _ = listing.identity(path)
    config = catalogue.config_of(name, scale)
    net, domain = export.load(path, config), export.domain_of(config)

    def measure_one(pair):
        found = evaluate.upscale(net, evaluation.luma(pair.low), domain)
        return evaluation.Score(metrics.psnr(found, pair.reference, scale),
                                metrics.ssim(found, pair.reference, scale))
    return by_set(benchmark, measure_one, scale)


class OtherPrecision(Exception):
    """The CPU or the file cannot do what was asked for."""


def by_element(benchmark, scale, degraded=False, precision="auto", **model):
    def measure_one(pair):
        result = pair.upscale(precision=precision, **model)
        if precision not in ("auto", *result.backend.split(", ")):
            raise OtherPrecision(result.backend)
        return pair.score(result.frame)
    return by_set(benchmark, measure_one, scale, degraded)


@torch.no_grad()
def by_emulation(path, benchmark, scale, precision):
    """What the element makes of 8 bits in a precision that this CPU lacks."""
    tensors, metadata = safetensors_io.read(path)
    if not quantise.has_inner_layers(metadata):
        raise OtherPrecision(precision)
    layers = int8.layers_of(tensors, metadata)
    if precision == "int8" and layers[1].q_weight is None:
        raise OtherPrecision(precision)
    run = int8.run_int8 if precision == "int8" else int8.run_bfloat16

    def measure_one(pair):
        x = quantise.to_network(evaluation.to_frame(pair.low).planes[0], metadata)
        y = int8.apply_head(metadata, run(layers, x, quantise.padding_of(metadata)), x)
        found = evaluation.round_half_up(quantise.from_network(y, metadata))
        return evaluation.Score(metrics.psnr(found, pair.reference, scale),
                                metrics.ssim(found, pair.reference, scale))
    return by_set(benchmark, measure_one, scale)


def by_precision(path, benchmark, scale):
    found = {}
    for precision in listing.PRECISIONS:
        try:
            found[precision] = by_element(benchmark, scale, precision=precision,
                                          model_location=path.resolve())
        except OtherPrecision:
            with contextlib.suppress(OtherPrecision):
                found[precision] = by_emulation(path, benchmark, scale, precision)
    return found


def measure(path, benchmark):
    scale, location = listing.identity(path)[1], path.resolve()
    return {"file": path.name, "pytorch": by_pytorch(path, benchmark),
            "element": by_precision(path, benchmark, scale),
            "camera": by_element(benchmark, scale, True, model_location=location)}


def measure_bicubic(scale, benchmark):
    return {"file": "bicubic",
            "element": {"float32": by_element(benchmark, scale, model="bicubic")},
            "camera": by_element(benchmark, scale, True, model="bicubic")}


def write(folder, figures):
    """A line for each file, so that a change of one is a change of a line."""
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in figures.items()]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    (Path(folder) / listing.FIGURES).write_text(text, encoding="utf-8")


def update(folder, benchmark, report=print):
    """Measures what is not known yet, forgets files that are gone."""
    old, new = listing.read_figures(folder), {}
    jobs = [(f"bicubic-x{scale}", measure_bicubic, scale) for scale in catalogue.SCALES]
    jobs += [(listing.sha256(path), measure, path) for path in listing.paths(folder)]
    for key, run, what in jobs:
        if key in old:
            new[key] = old[key]
            continue
        report(f"measuring {getattr(what, 'name', key)}")
        if not all((Path(benchmark) / name).is_dir() for name in listing.SETS):
            raise FileNotFoundError(f"{benchmark}: no {' and '.join(listing.SETS)} in it")
        new[key] = run(what, benchmark)
        write(folder, {**old, **new})  # interrupted, it goes on from here
    write(folder, new)
    return new
