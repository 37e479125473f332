# SPDX-License-Identifier: LGPL-2.1-or-later
"""A video cut at key frames into pieces that can be decoded each by itself, and pieces
joined again, each frame at the time that it had."""

import re

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import Gst, GstApp  # noqa: E402,F401  GstApp: the methods of appsink

Gst.init(None)
PATIENCE = 60 * Gst.SECOND  # for the next frame of a file
HOUR = 3600 * Gst.SECOND
PARSERS = {"video/x-h264": "h264parse", "video/x-h265": "h265parse"}
# Of these a key frame and all that come after it can be decoded without what was before,
# if none that comes after it is shown before it. H.264 and H.265: see refreshes.
CUTTABLE = {*PARSERS, "video/mpeg", "video/x-vp8", "video/x-vp9", "image/jpeg"}
MUXERS = {".mp4": "mp4mux", ".m4v": "mp4mux", ".mov": "qtmux", ".mkv": "matroskamux",
          ".webm": "webmmux"}


class MediaError(Exception):
    """What is wrong with which file."""


class Whole(Exception):
    """Why a video is not cut."""


def make(factory, **properties):
    element = Gst.ElementFactory.make(factory)
    if not element:
        raise MediaError(f"GStreamer has no element {factory}")
    for name, value in properties.items():
        element.set_property(name.replace("_", "-"), value)
    return element


class Video:
    """The first video of a file, as it lies in it, for an element with one sink pad."""

    def __init__(self, path, sink):
        self.path, self.sink, self.pad = path, sink, None
        self.pipeline = Gst.Pipeline()
        source, parse = make("filesrc", location=str(path)), make("parsebin")
        for element in source, parse, sink:
            self.pipeline.add(element)
        source.link(parse)
        parse.connect("pad-added", self.on_pad)

    def add(self, element):
        self.pipeline.add(element)
        element.sync_state_with_parent()
        return element

    def on_pad(self, _parse, pad):
        caps = pad.get_current_caps() or pad.query_caps(None)
        name = caps.get_structure(0).get_name()
        if self.pad or not name.startswith(("video/", "image/")):
            end = self.add(make("fakesink", **{"async": False}))
            pad.link(end.get_static_pad("sink"))
            return
        self.pad = pad
        if name in PARSERS:
            parser = self.add(make(PARSERS[name]))
            pad.link(parser.get_static_pad("sink"))
            self.pad = parser.get_static_pad("src")
        self.prepare(self.pad)
        self.pad.link(self.sink.get_static_pad("sink") or self.sink.request_pad_simple("video"))

    def prepare(self, pad):
        """Before the first frame."""

    def check(self):
        """Whatever went wrong so far."""
        message = self.pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
        if message:
            raise MediaError(f"{self.path}: {message.parse_error()[0].message}")

    def frames(self):
        """Of an appsink, in the order of decoding."""
        self.pipeline.set_state(Gst.State.PLAYING)
        try:
            while True:
                sample = self.sink.try_pull_sample(PATIENCE)
                self.check()
                if not sample:
                    break
                yield sample
            if not self.sink.is_eos():
                raise MediaError(f"{self.path}: no frame came for a minute")
        finally:
            self.pipeline.set_state(Gst.State.NULL)

    def run(self):
        self.pipeline.set_state(Gst.State.PLAYING)
        message = self.pipeline.get_bus().timed_pop_filtered(
            Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
        self.pipeline.set_state(Gst.State.NULL)
        if message.type == Gst.MessageType.ERROR:
            raise MediaError(f"{self.path}: {message.parse_error()[0].message}")

    def turned(self):
        """Whether players are told to turn it."""
        index = 0
        while event := self.pad.get_sticky_event(Gst.EventType.TAG, index):
            found, value = event.parse_tag().get_string(Gst.TAG_IMAGE_ORIENTATION)
            if found and value != "rotate-0":
                return True
            index += 1
        return False


def read_frames(path):
    """Samples of the video's frames as they are encoded."""
    return Video(path, make("appsink", sync=False, max_buffers=50)).frames()


# --------------------------------------------------------------------- looking --

def units(data, caps):
    """The first bytes of the units of a frame of H.264 or H.265."""
    if caps.get_string("stream-format") == "byte-stream":
        for part in data.split(b"\0\0\1")[1:]:
            yield part[:1]
        return
    at = 0
    while at + 4 < len(data):
        yield data[at + 4:at + 5]
        at += 4 + int.from_bytes(data[at:at + 4], "big")


def refreshes(buffer, caps):
    """Whether the decoder forgets all that was before. A key frame of H.264 that is not
    IDR is only where players may begin: what follows may still refer to earlier frames.
    H.265's CRA is as good as IDR where no frame leads it, which the caller sees to."""
    name = caps.get_name()
    if name not in PARSERS:
        return True
    kinds = (unit[0] for unit in units(buffer.extract_dup(0, buffer.get_size()), caps) if unit)
    if name == "video/x-h264":
        return any(kind & 31 == 5 for kind in kinds)
    return any(16 <= (kind >> 1 & 63) <= 21 for kind in kinds)


def check_caps(caps):
    name = caps.get_name()
    if name not in CUTTABLE:
        raise Whole(f"{name} is not cut")
    if (caps.get_string("interlace-mode") or "progressive") != "progressive":
        raise Whole("it is interlaced")


class Look:
    """What a video's frames are, in the order of decoding: when each is shown, and which
    can begin a piece."""

    def __init__(self, path):
        self.times, self.starts, self.caps = [], [], None
        video = Video(path, make("appsink", sync=False, max_buffers=50))
        for sample in video.frames():
            self.see(sample)
        if video.pad and video.turned():
            raise Whole("it was filmed sideways")
        if not self.times:
            raise MediaError(f"{path}: there is no video in it")
        ordered = sorted(self.times)
        if any(b - a < Gst.MSECOND for a, b in zip(ordered, ordered[1:])):
            raise Whole("frames are closer than a millisecond")  # which is Matroska's unit
        self.starts = self.clean(self.starts)

    def see(self, sample):
        buffer = sample.get_buffer()
        if not self.caps or not self.caps.is_equal(sample.get_caps()):
            if self.caps:
                raise Whole("its format changes on the way")
            self.caps = sample.get_caps()
            check_caps(self.caps.get_structure(0))
        if buffer.pts == Gst.CLOCK_TIME_NONE:
            raise Whole("frames have no time")
        time = sample.get_segment().to_running_time(Gst.Format.TIME, buffer.pts)
        if time == Gst.CLOCK_TIME_NONE:
            raise Whole("frames are cut off by an edit list")
        if (not buffer.has_flags(Gst.BufferFlags.DELTA_UNIT)
                and refreshes(buffer, self.caps.get_structure(0))):
            self.starts.append(len(self.times))
        self.times.append(time)

    def clean(self, starts):
        """Those after which no frame is shown before them, nor before which one after."""
        earliest, n = [0] * len(self.times), len(self.times)
        first = self.times[-1]
        for i in reversed(range(n)):
            first = earliest[i] = min(first, self.times[i])
        latest, found, done = -1, [], 0
        for start in starts:
            latest = max([latest, *self.times[done:start]])
            done = start
            if latest < earliest[start] == self.times[start]:
                found.append(start)
        return found

    def cuts(self, seconds):
        """The first frames of pieces at least as long as this."""
        chosen = [0]
        for start in self.starts:
            if start and self.times[start] - self.times[chosen[-1]] >= seconds * Gst.SECOND:
                chosen.append(start)
        return chosen

    def rate(self):
        found, number, denominator = self.caps.get_structure(0).get_fraction("framerate")
        return f"{number}/{denominator}" if found else ""


# --------------------------------------------------------------------- cutting --

class Cutter(Video):
    """splitmuxsink begins a file at each key frame; those that begin no piece are kept
    from it."""

    def __init__(self, path, cuts, folder):
        self.cuts, self.n_frames = set(cuts), 0
        super().__init__(path, make("splitmuxsink", muxer=make("matroskamux"), max_size_time=1,
                                    location=str(folder).replace("%", "%%") + "/%05d.mkv"))

    def prepare(self, pad):
        pad.add_probe(Gst.PadProbeType.BUFFER, self.mark)

    def mark(self, _pad, info):
        """In the streaming thread."""
        buffer = info.get_buffer()
        if self.n_frames in self.cuts:
            buffer.unset_flags(Gst.BufferFlags.DELTA_UNIT)
        else:
            buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
        self.n_frames += 1
        return Gst.PadProbeReturn.OK


def cut(path, seconds, folder):
    """Into folder/00000.mkv and so on. A description: n_frames of each piece, times when
    frames are shown, in ns, and the frame rate."""
    look = Look(path)
    cuts = look.cuts(seconds)
    if len(cuts) < 2:
        raise Whole("it has no second key frame" if len(look.starts) < 2 else "it is short")
    Cutter(path, cuts, folder).run()
    ends = cuts[1:] + [len(look.times)]
    files = sorted(folder.iterdir())
    if len(files) != len(cuts):
        raise MediaError(f"{path}: {len(files)} pieces were cut, not {len(cuts)}")
    return {"n_frames": [end - start for start, end in zip(cuts, ends)],
            "times": sorted(look.times), "rate": look.rate()}


def count_frames(path):
    return sum(1 for _ in read_frames(path))


# --------------------------------------------------------------------- joining --

class Join:
    """Pieces into one video without sound. How the n-th frame of a piece in the order of
    showing was encoded does not matter: it gets the n-th time."""

    def __init__(self, pieces, description, path):
        self.pieces, self.path = pieces, path
        self.times, self.n_frames = description["times"], description["n_frames"]
        self.rate = description["rate"]
        self.caps = None

    def place(self):
        """For each frame, in the order of decoding, when it is shown; and by how much its
        decoding has to precede the time of its place for none to be late."""
        placed, lead, first = [], 0, 0
        for piece, n in zip(self.pieces, self.n_frames):
            shown = [sample.get_buffer().pts for sample in read_frames(piece)]
            if len(shown) != n:
                raise MediaError(f"{piece}: has {len(shown)} frames, not {n}")
            ranks = {time: rank for rank, time in enumerate(sorted(shown))}
            for i, time in enumerate(shown):
                placed.append(self.times[first + ranks[time]])
                lead = max(lead, self.times[first + i] - placed[-1])
            first += n
        return placed, lead

    def check_caps(self, piece, caps):
        """Of all pieces the first one's: parameters of the codec are in them."""
        if not self.caps:
            self.first = caps
            text = re.sub(r", framerate=\(fraction\)\d+/\d+", "", caps.to_string())
            if self.rate:
                text += f", framerate=(fraction){self.rate}"
            self.caps = Gst.Caps.from_string(text)
        elif not caps.is_equal(self.first):
            raise MediaError(f"{piece}: is encoded in another way than the pieces before it")

    def samples(self, placed, lead):
        """Decoding begins before time 0, so all is an hour later, and the segment too."""
        segment = Gst.Segment()
        segment.init(Gst.Format.TIME)
        segment.start = HOUR
        n = 0
        for piece in self.pieces:
            for sample in read_frames(piece):
                self.check_caps(piece, sample.get_caps())
                buffer = sample.get_buffer().copy()
                buffer.pts = HOUR + placed[n]
                buffer.dts = HOUR + self.times[n] - lead
                buffer.duration = self.durations[n]
                n += 1
                yield Gst.Sample.new(buffer, self.caps, segment, None)

    def run(self):
        placed, lead = self.place()
        last = self.times[-1] - self.times[-2] if len(self.times) > 1 else Gst.CLOCK_TIME_NONE
        lasts = dict(zip(self.times, [b - a for a, b in zip(self.times, self.times[1:])] + [last]))
        self.durations = [lasts[time] for time in placed]
        pipeline = Gst.Pipeline()
        source = make("appsrc", format=Gst.Format.TIME, handle_segment_change=True, block=True,
                      max_bytes=8 << 20)
        muxer, sink = make(MUXERS[self.path.suffix.lower()]), make("filesink", location=str(self.path))
        for element in source, muxer, sink:
            pipeline.add(element)
        source.get_static_pad("src").link(muxer.request_pad_simple("video_%u"))
        muxer.link(sink)
        pipeline.set_state(Gst.State.PLAYING)
        try:
            for sample in self.samples(placed, lead):
                if source.push_sample(sample) != Gst.FlowReturn.OK:
                    break
            else:
                source.end_of_stream()
            message = pipeline.get_bus().timed_pop_filtered(
                PATIENCE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
        finally:
            pipeline.set_state(Gst.State.NULL)
        if not message or message.type == Gst.MessageType.ERROR:
            reason = message.parse_error()[0].message if message else "could not be finished"
            raise MediaError(f"{self.path}: {reason}")


def join(pieces, description, path):
    Join(pieces, description, path).run()
