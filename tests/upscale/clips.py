# SPDX-License-Identifier: LGPL-2.1-or-later
"""Videos for tests, made by GStreamer itself, and what is found in a file."""

import subprocess
import unittest
from dataclasses import dataclass, field
from pathlib import Path

try:
    import gi
    gi.require_version("Gst", "1.0")
    gi.require_version("GstApp", "1.0")
    gi.require_version("GstPbutils", "1.0")
    from gi.repository import Gst, GstApp, GstPbutils  # noqa: F401
except (ImportError, ValueError) as error:
    raise unittest.SkipTest("needs Debian's python3-gi and gir1.2-gst-plugins-base-1.0: "
                            f"{error}")

Gst.init(None)
PATIENCE = 120 * Gst.SECOND
SECONDS = 4
N_FRAMES = 25 * SECONDS

SUBTITLES = """1
00:00:00,500 --> 00:00:01,500
First line

2
00:00:02,500 --> 00:00:03,500
Second line
"""


def need(*elements):
    for name in elements:
        if not Gst.ElementFactory.find(name):
            raise unittest.SkipTest(f"GStreamer has no element {name}")


def launch(line, tags=()):
    """Runs a pipeline to its end; tags are (name, value) of the file, for the element
    named mux."""
    pipeline = Gst.parse_launch(line)
    for name, value in tags:
        pipeline.get_by_name("mux").add_tag_value(Gst.TagMergeMode.REPLACE, name, value)
    play(pipeline, line)


def play(pipeline, what="pipeline"):
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        PATIENCE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if message is None or message.type == Gst.MessageType.ERROR:
        raise AssertionError(f"{what}: {message and message.parse_error()}")


def picture(width=64, height=48, form="I420", rate="25/1", n_frames=N_FRAMES, more=""):
    """The beginning of a pipeline: a ball that moves, and the time in the picture."""
    return (f"videotestsrc num-buffers={n_frames} pattern=ball ! video/x-raw,format={form},"
            f"width={width},height={height},framerate={rate}{more}")


def tone(seconds=SECONDS, frequency=440):
    return (f"audiotestsrc freq={frequency} samplesperbuffer=1024"
            f" num-buffers={-(-44100 * seconds // 1024)} ! audio/x-raw,rate=44100,channels=2")


H264 = "x264enc speed-preset=ultrafast key-int-max=25 quantizer=10 pass=quant"


@dataclass
class Stream:
    caps: str
    tags: str
    packets: list = field(default_factory=list)  # (stream time in ns, bytes)

    @property
    def kind(self):
        return self.caps.split(",")[0]


def read_streams(path):
    """The file's streams as they lie in it, packet by packet."""
    pipeline = Gst.parse_launch(f'filesrc location="{path}" ! parsebin name=parse')
    streams = []

    def on_pad(_parse, pad):
        sink = Gst.ElementFactory.make("appsink")
        sink.set_property("sync", False)
        sink.set_property("async", False)
        sink.set_property("wait-on-eos", False)
        pipeline.add(sink)
        streams.append((pad, sink))
        pad.link(sink.get_static_pad("sink"))
        sink.sync_state_with_parent()

    pipeline.get_by_name("parse").connect("pad-added", on_pad)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        PATIENCE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    if message is None or message.type == Gst.MessageType.ERROR:
        raise AssertionError(f"{path}: {message and message.parse_error()}")
    found = [_read_stream(pad, sink) for pad, sink in streams]
    pipeline.set_state(Gst.State.NULL)
    return found


def _read_stream(pad, sink):
    tags, index = [], 0
    while event := pad.get_sticky_event(Gst.EventType.TAG, index):
        tags.append(event.parse_tag().to_string())
        index += 1
    stream = Stream(pad.get_current_caps().to_string(), " ".join(tags))
    while sample := sink.emit("try-pull-sample", 0):
        buffer = sample.get_buffer()
        time = sample.get_segment().to_stream_time(Gst.Format.TIME, buffer.pts)
        stream.packets.append((time, buffer.extract_dup(0, buffer.get_size())))
    return stream


def read_frames(path, form="I420"):
    """(caps, [(stream time, bytes)]) of the video, decoded."""
    pipeline = Gst.parse_launch(
        f'filesrc location="{path}" ! decodebin name=decode ! videoconvert !'
        f" video/x-raw,format={form} ! appsink name=sink sync=false max-buffers=0")
    pipeline.set_state(Gst.State.PLAYING)
    sink, frames, caps = pipeline.get_by_name("sink"), [], None
    while sample := sink.emit("try-pull-sample", PATIENCE):
        buffer, caps = sample.get_buffer(), sample.get_caps()
        time = sample.get_segment().to_stream_time(Gst.Format.TIME, buffer.pts)
        frames.append((time, buffer.extract_dup(0, buffer.get_size())))
    message = pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if message:
        raise AssertionError(f"{path}: {message.parse_error()}")
    return caps.get_structure(0), frames


def tag_texts(path):
    """What is in the tags of a Matroska file, byte for byte up to a zero, by
    https://www.rfc-editor.org/rfc/rfc9559: GStreamer reads more than one notation of it."""
    return [data.split(b"\0")[0].decode()
            for data in _read_elements(Path(path).read_bytes(), 0x4487,
                                       {0x18538067, 0x1254c367, 0x7373, 0x67c8})]


def _read_elements(data, wanted, masters):
    at, found = 0, []

    def number(is_id):
        nonlocal at
        n = 9 - data[at].bit_length()
        value = int.from_bytes(data[at:at + n], "big")
        at += n
        return value if is_id else value & ~(1 << 7 * n)

    while at < len(data):
        name, size = number(True), number(False)
        if name in masters:
            found += _read_elements(data[at:at + size], wanted, masters)
        elif name == wanted:
            found.append(data[at:at + size])
        at += size
    return found


def insert_chapters(path, *chapters):
    """(name, second) each into a Matroska file that has no table of contents."""
    def element(name, *parts):
        data = b"".join(parts)
        return bytes.fromhex(name) + (len(data) | 1 << 56).to_bytes(8, "big") + data

    atoms = [element("b6", element("73c4", bytes([number])),
                     element("91", (second * Gst.SECOND).to_bytes(8, "big")),
                     element("80", element("85", name.encode()), element("437c", b"eng")))
             for number, (name, second) in enumerate(chapters, start=1)]
    data, cluster = Path(path).read_bytes(), bytes.fromhex("1f43b675")
    Path(path).write_bytes(data.replace(
        cluster, element("1043a770", element("45b9", *atoms)) + cluster, 1))


def size_of(path):
    caps, frames = read_frames(path)
    return caps.get_value("width"), caps.get_value("height"), len(frames)


def run(*command, **options):
    ended = subprocess.run(list(map(str, command)), text=True, timeout=180, check=False,
                           stdin=subprocess.DEVNULL, capture_output=True, **options)
    return ended.returncode, ended.stdout, ended.stderr


def write_subtitles(folder):
    path = Path(folder, "clip.srt")
    path.write_text(SUBTITLES, encoding="utf-8")
    return path
