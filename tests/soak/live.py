# SPDX-License-Identifier: LGPL-2.1-or-later
"""Live streams in this process: a clip as a camera, a test picture over RTP, and a clip
that is sent on."""

import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import Gst, GstApp  # noqa: E402,F401

from tests.soak.record import Series, now  # noqa: E402

RATE = 30
PORT = 5604
PORT_ON = 5606  # to which nobody listens
ON_THE_WAY = 0.5  # seconds until the last frame sent has been shown
# As a window would be: what is 20 ms late is not shown.
SINK = "fakesink name=sink sync=true qos=true max-lateness=20000000 signal-handoffs=true"
# A relay's: no queue, no QoS events; shown is what leaves the encoder.
ENCODER = ("x264enc name=encoder tune=zerolatency speed-preset=ultrafast threads=1 ! "
           f"rtph264pay ! udpsink host=127.0.0.1 port={PORT_ON}")
TEST_PICTURE = "videotestsrc pattern=ball num-buffers=60 ! video/x-raw,width=640,height=480"


class Failure(Exception):
    pass


def read_clip(path, size, n_frames):
    """(caps, frames of bytes) of I420 at `size`; of a test picture where there is no clip."""
    width, height = size
    source = f'filesrc location="{path}" ! decodebin ! queue' if path else TEST_PICTURE
    pipeline = Gst.parse_launch(
        f"{source} ! videoconvert ! videoscale ! videorate ! video/x-raw,format=I420,"
        f"width={width},height={height},framerate={RATE}/1,pixel-aspect-ratio=1/1"
        " ! appsink name=sink sync=false max-buffers=4")
    pipeline.set_state(Gst.State.PLAYING)
    sink, frames, caps = pipeline.get_by_name("sink"), [], None
    while len(frames) < n_frames and (sample := sink.emit("pull-sample")):
        buffer, caps = sample.get_buffer(), sample.get_caps().to_string()
        frames.append(buffer.extract_dup(0, buffer.get_size()))
    error = pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if not frames:
        raise Failure(f"{path}: {error.parse_error()[0].message if error else 'no frames'}")
    return caps, frames


class Stream:
    """A pipeline, by default with a sink that waits for the clock, and what happened in it.

    `frames`: (time shown, index of the frame by its timestamp), `work`: (time, ms that
    the scaler took), `levels`: (time, level). `complaints`: warnings and errors.
    """

    def __init__(self, name, description, seconds, sink=SINK):
        self.name, most = name, int(seconds * RATE * 1.2) + 100
        self.frames, self.work = Series(most, 2), Series(most, 2)
        self.levels, self.complaints = Series(10000, 2), []
        self.pipeline = Gst.parse_launch(f"{description} ! {sink}")
        self.scaler = self.pipeline.get_by_name("scaler")
        self._watch_shown()
        self.began = None
        self.scaler.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, self._enters)
        self.scaler.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, self._leaves)
        self.on_shown = lambda buffer, index: None

    def _watch_shown(self):
        self.pipeline.get_by_name("sink").connect("handoff", self._shown)

    def _enters(self, _pad, _info):
        self.began = now()
        return Gst.PadProbeReturn.OK

    def _leaves(self, _pad, _info):
        if self.began:
            self.work.add(now(), (now() - self.began) * 1e3)
        return Gst.PadProbeReturn.OK

    def _shown(self, _sink, buffer, _pad):
        index = round(buffer.pts * RATE / Gst.SECOND)
        self.frames.add(now(), index)
        self.on_shown(buffer, index)

    def start(self):
        self.levels.add(now(), 0)
        self.pipeline.set_state(Gst.State.PLAYING)

    def stop(self):
        self.pipeline.set_state(Gst.State.NULL)
        self.levels.add(now(), self.levels.rows()[-1, 1])

    def poll(self):
        """Reads the bus."""
        kinds = Gst.MessageType.ERROR | Gst.MessageType.WARNING | Gst.MessageType.ELEMENT \
            | Gst.MessageType.LATENCY
        while message := self.pipeline.get_bus().pop_filtered(kinds):
            self._take(message)

    def _take(self, message):
        if message.type == Gst.MessageType.LATENCY:
            self.pipeline.recalculate_latency()
        elif message.type == Gst.MessageType.ELEMENT:
            structure = message.get_structure()
            if structure.get_name() == "ecbsr-level-changed":
                self.levels.add(now(), structure.get_value("level"))
        else:
            warning = message.type == Gst.MessageType.WARNING
            error = (message.parse_warning if warning else message.parse_error)()[0]
            self.complaints.append(f"{self.name}: {error.message}")


class Camera(Stream):
    """A clip, over and over, as a camera sends it: on time, whoever waits."""

    def __init__(self, name, clip, scaler, seconds, sink=SINK):
        caps, self.clip = clip
        super().__init__(name, "appsrc name=source is-live=true format=time max-buffers=4 "
                         f"leaky-type=downstream caps={caps.replace(' ', '')} ! queue "
                         f"max-size-buffers=2 ! {scaler}", seconds, sink)
        self.source = self.pipeline.get_by_name("source")
        self.n_sent, self.running = 0, False
        self.thread = threading.Thread(target=self._feed)

    def _feed(self):
        while self.running:
            due = self.base + self.n_sent / RATE
            time.sleep(max(0.0, due - now()))
            buffer = Gst.Buffer.new_wrapped(self.clip[self.n_sent % len(self.clip)])
            buffer.pts = self.n_sent * Gst.SECOND // RATE
            buffer.duration = Gst.SECOND // RATE
            self.source.emit("push-buffer", buffer)
            self.n_sent += 1

    def start(self):
        super().start()
        self.base, self.running = now(), True
        self.thread.start()

    def stop(self):
        self.running = False
        self.thread.join()
        time.sleep(ON_THE_WAY)
        super().stop()


class SentOn(Camera):
    """A clip as a camera sends it, encoded and sent on: the sink sends no QoS events.

    `frames`: (time it left the encoder, index of the frame by its timestamp). Shown is the
    frame that has been encoded, which keeps none back.
    """

    def __init__(self, name, clip, scaler, seconds):
        super().__init__(name, clip, scaler, seconds, ENCODER)

    def _watch_shown(self):
        self.scaled = None
        encoder = self.pipeline.get_by_name("encoder")
        encoder.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, self._scaled)
        encoder.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, self._encoded)

    def _scaled(self, _pad, info):
        self.scaled = info.get_buffer()
        return Gst.PadProbeReturn.OK

    def _encoded(self, _pad, _info):
        self._shown(None, self.scaled, None)
        return Gst.PadProbeReturn.OK


class Relay(Stream):
    """A moving test picture, sent as JPEG over RTP and received again."""

    SENDER = ("videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=640,"
              f"height=360,framerate={RATE}/1 ! jpegenc ! rtpjpegpay ! "
              f"udpsink host=127.0.0.1 port={PORT}")
    RECEIVER = (f"udpsrc address=127.0.0.1 port={PORT} caps=application/x-rtp,media=video,"
                "clock-rate=90000,encoding-name=JPEG,payload=26 ! rtpjitterbuffer latency=100"
                " ! rtpjpegdepay ! jpegdec ! queue max-size-buffers=2")

    def __init__(self, name, scaler, seconds):
        super().__init__(name, f"{self.RECEIVER} ! {scaler}", seconds)
        self.sender = Gst.parse_launch(self.SENDER)

    def start(self):
        super().start()
        self.sender.set_state(Gst.State.PLAYING)

    def stop(self):
        self.sender.set_state(Gst.State.NULL)
        super().stop()


def init():
    Gst.init(None)
    for name in "ecbsr", "appsrc", "rtpjpegpay", "jpegenc", "udpsink", "x264enc", "rtph264pay":
        if not Gst.ElementFactory.find(name):
            raise Failure(f"no element {name}: build the project and set GST_PLUGIN_PATH, "
                          "or run tests/run once")
