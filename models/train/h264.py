# SPDX-License-Identifier: LGPL-2.1-or-later
"""A picture as it comes out of an H.264 stream, by GStreamer."""

import numpy as np

N_FRAMES = 4  # the first is coded by itself, the others from the one before
PATIENCE = 20  # seconds

PIPELINE = ("appsrc name=source format=time caps=video/x-raw,format=RGB,width={width},"
            "height={height},framerate=25/1 ! videoconvert ! video/x-raw,format=I420 ! "
            "x264enc pass=qual quantizer={quantizer} speed-preset=veryfast tune=zerolatency "
            "threads=1 ! h264parse ! avdec_h264 max-threads=1 ! videoconvert ! "
            "video/x-raw,format=RGB ! appsink name=sink sync=false")


def load_gstreamer():
    """Not at the top: most of what needs this package needs no GStreamer."""
    import gi
    gi.require_version("Gst", "1.0")
    gi.require_version("GstApp", "1.0")
    from gi.repository import Gst, GstApp  # noqa: F401
    Gst.init(None)
    return Gst


def to_frame(picture):
    """RGB with even sides and rows of four bytes' multiples: (picture, bytes)."""
    height, width = picture.shape[:2]
    padded = np.pad(picture, ((0, height % 2), (0, -width % 4), (0, 0)), mode="edge")
    return padded.shape, np.ascontiguousarray(padded).tobytes()


def pan(picture, step):
    """The scene `step` = (y, x) pixels further, as `N_FRAMES` pictures, the last in place."""
    margin = N_FRAMES * 2
    wide = np.pad(picture, ((margin, margin), (margin, margin), (0, 0)), mode="reflect")
    height, width = picture.shape[:2]
    for i in reversed(range(N_FRAMES)):
        y, x = (margin + i * distance for distance in step)
        yield wide[y:y + height, x:x + width]


def send(picture, quantizer, step):
    """The last of a few pictures of a scene that moves by `step`, at most 2, pixels.

    `picture`: uint8 [h, w, 3], or [h, w], which stays grey.
    """
    if picture.ndim == 2:
        return send(np.stack([picture] * 3, 2), quantizer, step)[:, :, 1]
    Gst = load_gstreamer()
    frames = [to_frame(frame) for frame in pan(picture, step)]
    height, width = frames[0][0][:2]
    pipeline = Gst.parse_launch(PIPELINE.format(width=width, height=height, quantizer=quantizer))
    source, sink = pipeline.get_by_name("source"), pipeline.get_by_name("sink")
    pipeline.set_state(Gst.State.PLAYING)
    for i, (_, data) in enumerate(frames):
        buffer = Gst.Buffer.new_wrapped(data)
        buffer.pts, buffer.duration = i * Gst.SECOND // 25, Gst.SECOND // 25
        source.emit("push-buffer", buffer)
    source.emit("end-of-stream")
    samples = [sink.emit("try-pull-sample", PATIENCE * Gst.SECOND) for _ in frames]
    error = pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if not all(samples):
        raise RuntimeError(f"H.264: {error.parse_error()[0].message if error else 'no picture'}")
    buffer = samples[-1].get_buffer()
    found = np.frombuffer(buffer.extract_dup(0, buffer.get_size()), np.uint8)
    return found.reshape(height, width, 3)[:picture.shape[0], :picture.shape[1]]
