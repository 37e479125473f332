#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The same pipelines on two machines, and whether they give the same pictures.

    pipelines.py make FRAMES                 what all begin with
    pipelines.py run FRAMES OUT [--cpu C]    each pipeline's output, in OUT; --few: of some
    pipelines.py compare OUT OUT             fails where they differ and may not

`make` and `run` need gst-launch-1.0 (GST_LAUNCH: a command in its place). A pipeline whose
precision this machine does not have leaves no output; --cpu names the CPU that is emulated,
which has to have what it is known for.
"""

import argparse
import os
import shlex
import subprocess
import sys
from array import array
from pathlib import Path

# No multiple of a vector, and rows that no format pads: nobody writes there.
WIDTH, HEIGHT = 72, 46
# Fine detail, edges that stay for a frame, noise.
PATTERNS = ("zone-plate kx2=20 ky2=20", "smpte num-buffers=2", "snow")
N_FRAMES = 4

PRECISIONS = ("float32", "int8", "bfloat16")
# qemu's names of CPUs.
KNOWN = {"cortex-a72": PRECISIONS[:1], "cortex-a76": PRECISIONS[:2], "max": PRECISIONS}
# Products of bfloat16 round in another way on Arm, and whether Winograd's or direct ones are
# computed goes by what is faster: so each is compared with float32, which is the same on
# both. Of 255, where ecbsr-m10c16 is 8 from it in Winograd's form and 0.22 on average.
BFLOAT16_MOST, BFLOAT16_MEAN = 10, 0.3

# Those of one layer have float32 only.
MODELS = {"ecbsr-m4c8": (2, 3, 4), "ecbsr-m4c16": (2, 3), "ecbsr-m10c16": (2,),
          "esr-cnn": (2, 3, 4)}
FLOAT32_MODELS = {"esr-max": (2,), "esr-tm": (3,), "esr-tr": (4,), "bicubic": (2, 3)}
# Bytes of a sample and its largest value, where samples are all that there is.
FORMATS = {"I420": (1, 255), "NV12": (1, 255), "YUY2": (1, 255), "Y42B": (1, 255),
           "AYUV": (1, 255), "GRAY8": (1, 255), "RGB": (1, 255), "BGRx": (1, 255),
           "I420_10LE": (2, 1023), "P010_10LE": (2, 65535), "I422_12LE": (2, 4095),
           "GRAY16_LE": (2, 65535), "ARGB64": (2, 65535), "v210": None}
FEW = ("ecbsr-m4c8-x2", "esr-cnn-x3", "RGB", "P010_10LE")
OPTIONS = ("strength=0.5", "compare=split", "content=camera", "n-threads=2",
           "skip-static=true", "roi-mode=rectangle roi-x=10 roi-y=6 roi-width=30 roi-height=20")


def cases():
    """Name, format, precision, what else the element is set to."""
    for precision in PRECISIONS:
        models = {**MODELS, **(FLOAT32_MODELS if precision == "float32" else {})}
        for model, scales in models.items():
            for scale in scales:
                yield f"{model}-x{scale}", "I420", precision, f"model={model} scale={scale}"
        for name, layout in FORMATS.items():
            if layout or precision != "bfloat16":
                yield name, name, precision, "model=ecbsr-m4c8"
        for options in OPTIONS:
            yield options.split("=")[0], "I420", precision, f"model=ecbsr-m4c8 {options}"


def launch(*pipeline):
    """Runs it; what it said."""
    # Not with -q, which leaves out warnings too.
    command = [*shlex.split(os.environ.get("GST_LAUNCH", "gst-launch-1.0")),
               *shlex.split(" ".join(pipeline))]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, check=False, timeout=300)
    if done.returncode != 0:
        sys.exit(f"{shlex.join(command)}\n{done.stdout}")
    return done.stdout


def caps_of(name):
    return f"video/x-raw,format={name},width={WIDTH},height={HEIGHT},framerate=25/1"


def place(path):
    return "location=" + shlex.quote(str(path.absolute()))


def make(folder):
    for name in FORMATS:
        parts = []
        for n, pattern in enumerate(PATTERNS):
            part = folder / f"part{n}"
            count = "" if "num-buffers" in pattern else "num-buffers=1"
            launch(f"videotestsrc pattern={pattern} {count} ! {caps_of('ARGB64')}",
                   f"! videoconvert ! {caps_of(name)} ! filesink {place(part)}")
            parts.append(part.read_bytes())
            part.unlink()
        (folder / name).write_bytes(b"".join(parts))


def run(frames, out, cpu, few):
    for name, form, precision, options in cases():
        target = out / f"{name}-{precision}"
        parsed = form.replace("_", "-").lower()
        if precision not in KNOWN.get(cpu, PRECISIONS) or few and name not in FEW:
            continue
        said = launch(f"filesrc {place(frames / form)} ! rawvideoparse format={parsed}",
                      f"width={WIDTH} height={HEIGHT} ! ecbsr precision={precision} {options}",
                      f"! video/x-raw,format={form} ! filesink {place(target)}")
        if f"precision={precision} was asked for" in said:
            if cpu:
                sys.exit(f"{name}: {cpu} has {precision}, but it was not used\n{said}")
            target.unlink()


def samples(path, layout):
    """Of 255. The sample is in this machine's order, which both have."""
    size, largest = layout
    return [sample * 255 / largest for sample in array(" BH"[size], path.read_bytes())]


def distance(a, b, form):
    """At most, and on average."""
    away = [abs(x - y) for x, y in zip(samples(a, FORMATS[form]), samples(b, FORMATS[form]))]
    return max(away), sum(away) / len(away)


def differ(a, b, name, form, precision):
    """What is wrong with two outputs, or nothing."""
    exact, a, b = a / f"{name}-float32", a / f"{name}-{precision}", b / f"{name}-{precision}"
    if a.stat().st_size != b.stat().st_size or not a.stat().st_size:
        return f"{a.stat().st_size} and {b.stat().st_size} bytes"
    if precision == "bfloat16":
        for path in a, b:
            most, mean = distance(path, exact, form)
            if most > BFLOAT16_MOST or mean > BFLOAT16_MEAN:
                return f"{path}: at most {most:.2f} of 255 from float32, {mean:.4f} on average"
        return ""
    if a.read_bytes() == b.read_bytes():
        return ""
    if not FORMATS[form]:
        return "other bytes"
    return "at most {:.2f} of 255, {:.4f} on average".format(*distance(a, b, form))


def compare(a, b):
    n_same, n_missing, wrong = 0, 0, []
    for name, form, precision, _ in cases():
        path = f"{name}-{precision}"
        if not (a / path).exists() or not (b / path).exists():
            n_missing += 1
            continue
        difference = differ(a, b, name, form, precision)
        if difference:
            wrong.append(f"{path}: {difference}")
        else:
            n_same += 1
    print("\n".join(wrong + [f"{n_same} outputs the same, {len(wrong)} not, "
                             f"{n_missing} not on both"]))
    return 1 if wrong or not n_same else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    actions = parser.add_subparsers(dest="action", required=True)
    for action, folders in ("make", ["frames"]), ("run", ["frames", "out"]), ("compare", ["a", "b"]):
        sub = actions.add_parser(action)
        for folder in folders:
            sub.add_argument(folder, type=Path)
    actions.choices["run"].add_argument("--cpu", choices=KNOWN)
    actions.choices["run"].add_argument("--few", action="store_true")
    options = parser.parse_args()
    if options.action == "compare":
        return compare(options.a, options.b)
    if options.action == "make":
        options.frames.mkdir(parents=True, exist_ok=True)
        return make(options.frames)
    options.out.mkdir(parents=True, exist_ok=True)
    return run(options.frames, options.out, options.cpu, options.few)


sys.exit(main())
