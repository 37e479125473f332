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


def upscale_rgb(picture, scale, **properties):
    """RGB [h, w, 3] of 8 bits through `ecbsr scale=… …`: [scale·h, scale·w, 3]."""
    height, width = picture.shape[:2]
    rows = np.zeros((height, round_up(3 * width, 4)), "u1")
    rows[:, :3 * width] = picture.reshape(height, 3 * width)
    data = run(rows.tobytes(), ("rgb", "RGB"), (width, height), scale, properties)
    stride = round_up(3 * scale * width, 4)
    large = np.frombuffer(data, "u1").reshape(scale * height, stride)[:, :3 * scale * width]
    return large.reshape(scale * height, scale * width, 3)


def upscale(luma, scale, depth=8, **properties):
    """Limited-range luma [h, w] of 8, 10 or 12 bits through `ecbsr scale=… …`:
    [scale·h, scale·w] of as many."""
    name, parsed = FORMATS[depth][:2]
    height, width = luma.shape
    data = run(to_i420(luma, depth), (parsed, name), (width, height), scale, properties,
               "colorimetry=bt601")
    return luma_of_i420(data, scale * width, scale * height, depth)


def run(data, formats, size, scale, properties, *more):
    """A frame's bytes through the element. `formats`: as rawvideoparse and GStreamer have it."""
    parsed, name = formats
    width, height = size
    options = [f"{key.replace('_', '-')}={value}" for key, value in properties.items()]
    with tempfile.TemporaryDirectory() as folder:
        frame, result = Path(folder, "in.yuv"), Path(folder, "out.yuv")
        frame.write_bytes(data)
        command = ["gst-launch-1.0", "-q", "filesrc", f"location={frame}",
                   f"blocksize={frame.stat().st_size}", "!",
                   "rawvideoparse", f"format={parsed}", f"width={width}", f"height={height}",
                   *more, "!", "ecbsr", f"scale={scale}", *options, "!",
                   f"video/x-raw,format={name}", "!", "filesink", f"location={result}"]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True,
                             check=False, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        return result.read_bytes()
