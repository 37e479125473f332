# SPDX-License-Identifier: LGPL-2.1-or-later
"""The figures as docs/benchmarks.md: a part for each kind of CPU."""

import re

from tests.bench.comparison.peers import MODELS, PRECISIONS

INTRO = """# Benchmarks

Written by `tests/bench/compare --write`, which measures all of a part below in one run and
replaces the part of the same kind of CPU alone; how it does that:
[measuring.md](measuring.md). *ms* is the median time of a frame.

- **Against other runtimes**: one plane of float32 in and out, the same weights for all, with zero
  padding and without bounds, which the peers do not have; *ratio* is how many times as long as
  gst-ecbsr in the same precision (or in float32, where the CPU has not that one) and with as many
  threads. *8 bits*: luma in and out as video has
  it. *difference*: the largest of any pixel from what PyTorch computes, of 255; a run in which one
  is too large is refused. For oneDNN, which takes the newest instruction set that it knows of the
  CPU's, the networks are put together by hand from its primitives, with all activations simplified
  to one leaky ReLU a layer (int8: ReLU), which it fuses into the convolution, the fastest of its
  layouts between layers, and in int8 a first layer that is int8 as well. It is compared with the
  same simplified network in PyTorch; gst-ecbsr runs the network as it was trained. The others have
  no bfloat16 or int8 here.
- **Networks of three colours**: R, G and B of float32 in and out, weights drawn at random.
  SuperUltraCompact has 8 inner layers of 24 channels, Compact 16 of 64.
- **Quality against speed**: I420. Quality is PSNR of luma on Set5 ×2 through the element. The peers
  stand at the quality of the network and precision that they run; oneDNN's is that of its original,
  although it runs a simplified one.
- **The element**: in a pipeline that repeats one frame, into `fakesink sync=false`. Then the engine
  alone and the element, the same frames; *colour*: what the engine takes for a format beyond GRAY8;
  *element*: what the element takes beyond the engine. Memory at 1920x1080 to 3840x2160, beyond the
  frame buffers: the most that a process with `ecbsr` ever had (`VmHWM`), less that of one that
  enlarges by `videoscale method=nearest-neighbour`.
- **Size of the picture, number of threads**: nanoseconds per input pixel, I420; *speedup* is the
  time on one thread over the time on the most.
"""

PART = """## {kind}

{machine}

### Against other runtimes

{size}.

{peers}

### Networks of three colours

With {threads}.

{colors}

### Quality against speed

{size}, {threads}.

![Set5 PSNR against frames per second](benchmarks-{slug}.png)

{quality}

### The element

{throughput}

With {threads}:

{overhead}

| model | MiB |
|---|---|
{memory}

### Size of the picture, number of threads

{sizes}
"""


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines)


def size_of(row):
    return "x".join(map(str, row["size"]))


# ------------------------------------------------------------------ peers --

def peer_time(rows, label, precision, model, threads):
    """None where that was not measured."""
    return next((row for row in rows if row["model"] == model and row["threads"] == threads
                 and (row["label"], row["precision"]) == (label, precision)), None)


def peer_cells(rows, label, precision, model, threads):
    row = peer_time(rows, label, precision, model, threads)
    own = peer_time(rows, "gst-ecbsr", precision, model, threads) \
        or peer_time(rows, "gst-ecbsr", "float32", model, threads)
    if not row:
        return "–"
    ratio = "" if row is own else f", {row['ms'] / own['ms']:.2f}×"
    return f"{row['ms']:.1f}{ratio}"


def full_label(rows, label):
    """With the version, which stands before the colon of a runner's name."""
    name = next(row["name"] for row in rows if row["label"] == label)
    return label if label.startswith("gst-ecbsr") else name.split(":")[0]


def peer_table(rows):
    columns = sorted({(row["model"], row["threads"]) for row in rows},
                     key=lambda column: (MODELS.index(column[0]), column[1]))
    labels = list(dict.fromkeys((row["label"], row["precision"]) for row in rows))
    labels.sort(key=lambda label: PRECISIONS.index(label[1]))
    head = ["", "precision", *(f"{model}, {plural(n)}" for model, n in columns), "difference"]
    body = []
    for label, precision in labels:
        worst = max(row["difference"] for row in rows
                    if (row["label"], row["precision"]) == (label, precision))
        body.append([full_label(rows, label), precision,
                     *(peer_cells(rows, label, precision, *column) for column in columns),
                     f"{worst:.1g}"])
    return table(head, body)


def plural(n):
    return "1 thread" if n == 1 else f"{n} threads"


# ------------------------------------------------------------------- rest --

def quality_table(speeds, qualities):
    body = [[row["model"], row["precision"], f"{row['ms_p50']:.2f}", f"{row['fps']:.0f}",
             f"{row['gmac_s']:.0f}" if row["gmac_s"] else "",
             f"{100 * row['peak_share']:.0f} %" if row["peak_share"] else "",
             decibel(qualities, row)] for row in speeds]
    return table(["model", "precision", "ms", "frames/s", "GMAC/s", "of the peak", "Set5, dB"],
                 body)


def decibel(qualities, row):
    value = qualities.get(f"{row['model']} {row['precision']}")
    return "" if value is None else f"{value:.2f}"


def throughput_table(rows):
    return table(["element", "input", "threads", "ms", "frames/s"],
                 [[f"`{row['element']}`", size_of(row), row["threads"], f"{row['ms']:.2f}",
                   f"{1000 / row['ms']:.0f}"] for row in rows])


def percent_more(ms, than):
    return f"{100 * (ms / than - 1):.0f} %"


def overhead_table(rows):
    grey = {(row["model"], size_of(row)): row["engine"] for row in rows
            if row["format"] == "GRAY8"}
    return table(["model", "input", "format", "engine, ms", "colour", "element, ms", "element"],
                 [[row["model"], size_of(row), row["format"], f"{row['engine']:.2f}",
                   percent_more(row["engine"], grey[row["model"], size_of(row)]),
                   f"{row['element']:.2f}", percent_more(row["element"], row["engine"])]
                  for row in rows])


def sizes_table(rows):
    most = max(row["threads"] for row in rows)
    found = {(row["model"], row["width"], row["height"], row["threads"]): row for row in rows}
    body = []
    for (model, width, height, threads), row in found.items():
        if threads != 1:
            continue
        many = found[model, width, height, most]["ms_p50"]
        per_pixel = [f"{1e6 * ms / (width * height):.2f}" for ms in (row["ms_p50"], many)]
        body.append([model, row["precision"], f"{width}x{height}", *per_pixel,
                     f"{row['ms_p50'] / many:.2f}×"])
    return table(["model", "precision", "input", "1 thread", plural(most), "speedup"], body)


def color_table(rows):
    """`rows` have a size each, beside what those of peer_table() have."""
    columns = list(dict.fromkeys((row["model"], size_of(row)) for row in rows))
    labels = sorted(dict.fromkeys((row["label"], row["precision"]) for row in rows),
                    key=lambda label: PRECISIONS.index(label[1]))
    times = {(row["label"], row["precision"], row["model"], size_of(row)): row["ms"]
             for row in rows}
    body = []
    for label in labels:
        cells = []
        for column in columns:
            ms, own = times[(*label, *column)], times[("gst-ecbsr", label[1], *column)]
            cells.append(f"{ms:.1f}" + ("" if label[0] == "gst-ecbsr" else f", {ms / own:.2f}×"))
        body.append([full_label(rows, label[0]), label[1], *cells])
    return table(["", "precision", *(f"{model}, {size}" for model, size in columns)], body)


def machine(system, command):
    peaks = ", ".join(f"{name} {value:.0f}" for name, value in system["peak_gmac_s"].items())
    return "\n".join(["| | |", "|---|---|",
                      f"| CPUs | {system['cpus']} |",
                      f"| peak, GMAC/s a thread | {peaks} |",
                      f"| compiler | {system['compiler']} |",
                      f"| commit | {system['commit']} |",
                      f"| command | `{command}` |"])


# ------------------------------------------------------------------- parts --

def kind_of(system, cpuinfo):
    """A CPU's name, which does not tell generations apart, what does, and the instruction set
    that runs."""
    found = dict(re.findall(r"^(cpu family|model|CPU implementer|CPU part)\s*:\s*(\S+)", cpuinfo,
                            re.MULTILINE))
    which = ", ".join(f"{name} {value}" for name, value in sorted(found.items()))
    return f"{system['cpu']} ({which}), {system['isa']}" if which \
        else f"{system['cpu']}, {system['isa']}"


def slug_of(kind):
    return re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-")


def part(found):
    """Heading and tables of the CPU that the figures are of."""
    threads = plural(max(found["threads"]))
    return PART.format(
        kind=found["kind"], slug=slug_of(found["kind"]), size=size_of(found), threads=threads,
        machine=machine(found["system"], found["command"]),
        peers=peer_table(found["peers"]), colors=color_table(found["colors"]),
        quality=quality_table(found["speeds"], found["qualities"]),
        throughput=throughput_table(found["throughput"]),
        overhead=overhead_table(found["overhead"]),
        memory="\n".join(f"| {model} | {mib:.0f} |" for model, mib in found["memory"].items()),
        sizes=sizes_table(found["sizes"]))


def merge(text, found):
    """docs/benchmarks.md, which says `text`, with the part of these figures in the place of the
    one of the same kind of CPU, or as the last one."""
    parts = re.split(r"(?m)^(?=## )", text)[1:]
    mine, heading = part(found), f"## {found['kind']}\n"
    if any(other.startswith(heading) for other in parts):
        parts = [mine if other.startswith(heading) else other for other in parts]
    else:
        parts.append(mine)
    return "\n".join([INTRO, *(each.rstrip("\n") + "\n" for each in parts)])
