# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames through a GStreamer pipeline with `ecbsr` in it."""

from contextlib import contextmanager
from dataclasses import dataclass

import gi
import numpy as np

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import GLib, Gst, GstApp, GstVideo  # noqa: E402,F401

PATIENCE, STEP = 60 * Gst.SECOND, Gst.SECOND // 10
FULL_RANGE = getattr(GstVideo.VideoColorRange, "0_255")


class PipelineError(RuntimeError):
    """What GStreamer says."""


@dataclass
class Frame:
    """Planes [h, w] of uint8: Y, U, V, or Y alone. JPEG has full range."""
    planes: list
    full_range: bool = False


@dataclass
class Result:
    frame: Frame
    model: str      # active-model
    backend: str
    warnings: list


def round_up(n, step):
    return -(-n // step) * step


def pack(frame):
    """(bytes, caps) of a limited-range I420 frame or a full-range GRAY8 one, as GStreamer
    lays it out.
    """
    height, width = frame.planes[0].shape
    chunks = []
    for i, plane in enumerate(frame.planes):
        n_rows = height if len(frame.planes) == 1 else round_up(height, 2) >> (i > 0)
        padded = np.zeros((n_rows, round_up((width + (i > 0)) >> (i > 0), 4)), np.uint8)
        padded[:plane.shape[0], :plane.shape[1]] = plane
        chunks.append(padded.tobytes())
    kind = "format=GRAY8" if len(frame.planes) == 1 \
        else "format=I420,colorimetry=bt601,chroma-site=jpeg"
    return b"".join(chunks), f"video/x-raw,{kind},width={width},height={height},framerate=0/1"


def unpack(sample):
    caps, buffer = sample.get_caps(), sample.get_buffer()
    info = GstVideo.VideoInfo.new_from_caps(caps)
    data = np.frombuffer(buffer.extract_dup(0, buffer.get_size()), np.uint8)
    planes = []
    for i in range(info.finfo.n_planes):
        height, width = info.height, info.width
        if i > 0:
            height, width = (height + 1) // 2, (width + 1) // 2
        start, stride = info.offset[i], info.stride[i]
        rows = [data[start + y * stride:start + y * stride + width] for y in range(height)]
        planes.append(np.stack(rows))
    full = info.colorimetry.range == FULL_RANGE
    return Frame(planes, full)


def _quote(value):
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def element(properties):
    options = " ".join(f"{key.replace('_', '-')}={_quote(value)}"
                       for key, value in properties.items() if value is not None)
    return f"ecbsr name=ecbsr {options}"


def launch_line(properties, decoder=""):
    return (f"appsrc name=input format=time ! {decoder} {element(properties)} ! "
            "video/x-raw,format={I420,GRAY8} ! appsink name=output sync=false")


@contextmanager
def _launched(line):
    if not Gst.is_initialized():
        Gst.init(None)
    try:
        pipeline = Gst.parse_launch(line)
    except GLib.Error as error:
        raise PipelineError(error.message) from None
    try:
        yield pipeline
    finally:
        pipeline.set_state(Gst.State.NULL)


def _run(line, caps, frames):
    """A Result for each of `frames`, which are bytes."""
    with _launched(line) as pipeline:
        return _push_and_pull(pipeline, caps, frames)


def _push_and_pull(pipeline, caps, frames):
    source, sink = pipeline.get_by_name("input"), pipeline.get_by_name("output")
    ecbsr = pipeline.get_by_name("ecbsr")
    source.set_property("caps", Gst.Caps.from_string(caps))
    pipeline.set_state(Gst.State.PLAYING)
    results = []
    for number, data in enumerate(frames):
        buffer = Gst.Buffer.new_wrapped(data)
        buffer.pts = number * Gst.SECOND
        source.emit("push-buffer", buffer)
        if number + 1 == len(frames):
            source.emit("end-of-stream")
        sample, warnings = _wait(sink, pipeline.get_bus())
        results.append(Result(unpack(sample), ecbsr.get_property("active-model"),
                              ecbsr.get_property("backend"), warnings))
    return results


def _wait(sink, bus):
    """(the frame, warnings)"""
    warnings = []
    for _ in range(PATIENCE // STEP):
        sample = sink.emit("try-pull-sample", STEP)
        warnings += _read_bus(bus)
        if sample is not None:
            return sample, warnings
    raise PipelineError("no frame came out")


def _read_bus(bus):
    """Warnings. An error is raised."""
    warnings = []
    while message := bus.pop_filtered(Gst.MessageType.ERROR | Gst.MessageType.WARNING):
        if message.type == Gst.MessageType.ERROR:
            raise PipelineError(message.parse_error()[0].message)
        warnings.append(message.parse_warning()[0].message)
    return warnings


def upscale(frame, **properties):
    """A `Frame` through `ecbsr` with these properties: a `Result`."""
    return upscale_all([frame], **properties)[0]


def upscale_all(frames, **properties):
    """Frames of one kind and size, one after the other: a `Result` for each."""
    packed = [pack(frame) for frame in frames]
    return _run(launch_line(properties), packed[0][1], [data for data, _ in packed])


def upscale_jpeg(data, **properties):
    """The same with a JPEG file's bytes, as from an MJPEG camera."""
    return _run(launch_line(properties, "jpegdec !"), "image/jpeg,framerate=0/1", [data])[0]


def video_frame(path, number, **properties):
    """RGB [h, w, 3] of a frame of a video file; upscaled, if there are properties."""
    upscaler = f"{element(properties)} !" if properties else ""
    line = (f"filesrc location={_quote(path)} ! decodebin ! {upscaler} videoconvert ! "
            "video/x-raw,format=RGB ! appsink name=output sync=false max-buffers=1")
    with _launched(line) as pipeline:
        pipeline.set_state(Gst.State.PLAYING)
        for _ in range(number + 1):
            sample, _ = _wait(pipeline.get_by_name("output"), pipeline.get_bus())
    info = GstVideo.VideoInfo.new_from_caps(sample.get_caps())
    buffer = sample.get_buffer()
    data = np.frombuffer(buffer.extract_dup(0, buffer.get_size()), np.uint8)
    return data.reshape(info.height, info.stride[0])[:, :3 * info.width] \
        .reshape(info.height, info.width, 3)
