# SPDX-License-Identifier: LGPL-2.1-or-later
"""Luma pictures through the element, as I420 frames of video."""

import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("ECBSR_SHARED", ROOT.parent / "shared"))


def environment():
    """The environment of a GStreamer that sees the plugin built in build/."""
    build = ROOT / "build"
    return {"GST_PLUGIN_PATH": str(build / "gst-plugin"),
            "GST_REGISTRY": str(build / "gst-registry.bin"), **os.environ}


def round_up(n, step):
    return -(-n // step) * step


# Bits: GStreamer's format, rawvideoparse's name of it, what a sample is in memory.
FORMATS = {8: ("I420", "i420", np.dtype("u1")), 10: ("I420_10LE", "i420-10le", np.dtype("<u2")),
           12: ("I420_12LE", "i420-12le", np.dtype("<u2"))}


def to_i420(luma, depth=8):
    """The bytes of a frame as GStreamer lays them out, with grey chroma."""
    sample = FORMATS[depth][2]
    height, width = luma.shape
    rows, stride = round_up(height, 2), round_up(sample.itemsize * width, 4)
    plane = np.zeros((rows, stride // sample.itemsize), sample)
    plane[:height, :width] = luma
    chroma_stride = round_up(sample.itemsize * (round_up(width, 2) // 2), 4)
    grey = np.full(chroma_stride * rows // sample.itemsize, 1 << (depth - 1), sample)
    return plane.tobytes() + grey.tobytes()


def luma_of_i420(data, width, height, depth=8):
    sample = FORMATS[depth][2]
    stride, rows = round_up(sample.itemsize * width, 4) // sample.itemsize, round_up(height, 2)
    return np.frombuffer(data, sample, stride * rows).reshape(-1, stride)[:height, :width]


def upscale(luma, scale, depth=8, **properties):
    """Limited-range luma [h, w] of 8, 10 or 12 bits through `ecbsr scale=… …`:
    [scale·h, scale·w] of as many."""
    name, parsed = FORMATS[depth][:2]
    height, width = luma.shape
    options = [f"{key.replace('_', '-')}={value}" for key, value in properties.items()]
    with tempfile.TemporaryDirectory() as folder:
        frame, result = Path(folder, "in.yuv"), Path(folder, "out.yuv")
        frame.write_bytes(to_i420(luma, depth))
        command = ["gst-launch-1.0", "-q", "filesrc", f"location={frame}",
                   f"blocksize={frame.stat().st_size}", "!",
                   "rawvideoparse", f"format={parsed}", f"width={width}", f"height={height}",
                   "colorimetry=bt601", "!", "ecbsr", f"scale={scale}", *options, "!",
                   f"video/x-raw,format={name}", "!", "filesink", f"location={result}"]
        run = subprocess.run(command, env=environment(), capture_output=True, text=True,
                             check=False, timeout=120)
        if run.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}\n{run.stdout}{run.stderr}")
        return luma_of_i420(result.read_bytes(), scale * width, scale * height, depth)
