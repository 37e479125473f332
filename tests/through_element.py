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


def to_i420(luma):
    """The bytes of a frame as GStreamer lays them out, with grey chroma."""
    height, width = luma.shape
    rows, stride = round_up(height, 2), round_up(width, 4)
    plane = np.zeros((rows, stride), np.uint8)
    plane[:height, :width] = luma
    chroma = bytes([128]) * (round_up(round_up(width, 2) // 2, 4) * rows)
    return plane.tobytes() + chroma


def luma_of_i420(data, width, height):
    stride = round_up(width, 4)
    size = stride * round_up(height, 2)
    return np.frombuffer(data, np.uint8, size).reshape(-1, stride)[:height, :width]


def upscale(luma, scale, **properties):
    """Limited-range 8-bit luma [h, w] through `ecbsr scale=… …`: [scale·h, scale·w]."""
    height, width = luma.shape
    options = [f"{key.replace('_', '-')}={value}" for key, value in properties.items()]
    with tempfile.TemporaryDirectory() as folder:
        frame, result = Path(folder, "in.yuv"), Path(folder, "out.yuv")
        frame.write_bytes(to_i420(luma))
        command = ["gst-launch-1.0", "-q", "filesrc", f"location={frame}",
                   f"blocksize={frame.stat().st_size}", "!",
                   "rawvideoparse", "format=i420", f"width={width}", f"height={height}",
                   "colorimetry=bt601", "!", "ecbsr", f"scale={scale}", *options, "!",
                   "video/x-raw,format=I420", "!", "filesink", f"location={result}"]
        run = subprocess.run(command, env=environment(), capture_output=True, text=True,
                             check=False, timeout=120)
        if run.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}\n{run.stdout}{run.stderr}")
        return luma_of_i420(result.read_bytes(), scale * width, scale * height)
