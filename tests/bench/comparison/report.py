# SPDX-License-Identifier: LGPL-2.1-or-later
"""The figures as docs/benchmarks.md."""

from tests.bench.comparison.peers import MODELS, PRECISIONS

HEAD = """# Benchmarks

Written by `tests/bench/compare --write`, which measures everything below in one run;
how it does that: [measuring.md](measuring.md). Other machines have other figures.

{machine}

*ms* is the median time of a frame, *threads* are {cpus} at most here.
"""

PEERS = """## Against other runtimes

{size}, one plane of float32 in and out, the same weights for all; *ratio* is how many
times as long as gst-ecbsr in the same precision and with as many threads.

{table}

*8 bits*: luma in and out as video has it. *difference*: the largest of any pixel from
what PyTorch computes, of 255; a run in which one is too large is refused. For oneDNN
the networks are put together
by hand from its primitives, with all activations simplified to one leaky ReLU a layer
(int8: ReLU), which it fuses into the convolution, the fastest of its layouts between
layers, and in int8 a first layer that is int8 as well. It is compared with the same
simplified network in PyTorch; gst-ecbsr runs the network as it was trained. The
others have no bfloat16 or int8 here.
"""

PLOT = """## Quality against speed

![Set5 PSNR against frames per second](benchmarks.png)

{size}, I420, {threads} threads. Quality is PSNR of luma on Set5 ×2 through the element.
The peers stand at the quality of the network and precision that they run; oneDNN's is
that of its original, although it runs a simplified one.

{table}
"""

ELEMENT = """## The element

In a pipeline that repeats one frame, into `fakesink sync=false`:

{throughput}

The engine alone and the element, the same frames and {threads} threads; *colour*: what
the engine takes for a format beyond GRAY8; *element*: what the element takes beyond
the engine.

{overhead}

Memory at 1920x1080 to 3840x2160 with {threads} threads, beyond the frame buffers: the
most that a process with `ecbsr` ever had (`VmHWM`), less that of one that enlarges by
`videoscale method=nearest-neighbour`.

{memory}
"""

SIZES = """## Size of the picture, number of threads

Nanoseconds per input pixel, I420; *speedup* is the time on one thread over the time on
{threads}.

{table}
"""


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines)


def size_of(row):
    return "x".join(map(str, row["size"]))


# ------------------------------------------------------------------ peers --

def peer_time(rows, label, precision, model, threads):
    return next(row for row in rows if row["model"] == model and row["threads"] == threads
                and (row["label"], row["precision"]) == (label, precision))


def peer_cells(rows, label, precision, model, threads):
    row = peer_time(rows, label, precision, model, threads)
    own = peer_time(rows, "gst-ecbsr", precision, model, threads)
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


def machine(system, command):
    peaks = ", ".join(f"{name} {value:.0f}" for name, value in system["peak_gmac_s"].items())
    return "\n".join(["| | |", "|---|---|",
                      f"| machine | {system['cpu']}, {system['cpus']} CPUs, {system['isa']} |",
                      f"| peak, GMAC/s a thread | {peaks} |",
                      f"| compiler | {system['compiler']} |",
                      f"| commit | {system['commit']} |",
                      f"| command | `{command}` |"])


def write(found):
    """The text of docs/benchmarks.md from all figures of a run."""
    size, threads = size_of(found), max(found["threads"])
    memory = table(["model", "MiB"],
                   [[model, f"{mib:.0f}"] for model, mib in found["memory"].items()])
    parts = [
        HEAD.format(machine=machine(found["system"], found["command"]), cpus=threads),
        PEERS.format(size=size, table=peer_table(found["peers"])),
        PLOT.format(size=size, threads=threads,
                    table=quality_table(found["speeds"], found["qualities"])),
        ELEMENT.format(throughput=throughput_table(found["throughput"]),
                       overhead=overhead_table(found["overhead"]), memory=memory,
                       threads=threads),
        SIZES.format(threads=threads, table=sizes_table(found["sizes"])),
    ]
    return "\n".join(parts)
