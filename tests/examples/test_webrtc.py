# SPDX-License-Identifier: LGPL-2.1-or-later
"""Before webrtcbin, which sends no QoS events: overload control works, and frames arrive."""

import unittest

try:
    import gi
    gi.require_version("Gst", "1.0")
    gi.require_version("GstSdp", "1.0")
    gi.require_version("GstWebRTC", "1.0")
    from gi.repository import Gst, GstSdp, GstWebRTC  # noqa: F401
except (ImportError, ValueError) as error:
    raise unittest.SkipTest(f"needs Debian's python3-gi and gir1.2-gst-plugins-bad-1.0: {error}")

FRAMES = 45
PATIENCE = 30 * Gst.SECOND
SOURCE = (f"videotestsrc is-live=true num-buffers={10 * FRAMES} !"
          " video/x-raw,format=NV12,width=160,height=120,framerate=30/1 !"
          " ecbsr name=ecbsr model=ecbsr-m4c8 max-processing-time=1000 overload-policy=degrade !"
          " videoconvert ! video/x-raw,format=I420 !"
          " x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! rtph264pay !"
          " application/x-rtp,media=video,encoding-name=H264,payload=96 ! webrtcbin name=from")
ELEMENTS = "webrtcbin", "nicesink", "dtlsenc", "srtpenc", "x264enc", "rtph264pay", "rtph264depay"
DONE = Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.APPLICATION


class Call:
    """Two webrtcbin in one process, each with the other's description and candidates."""

    def __init__(self):
        Gst.init(None)
        self.pipeline = Gst.parse_launch(f"{SOURCE} webrtcbin name=to")
        self.sender, self.receiver = map(self.pipeline.get_by_name, ("from", "to"))
        self.n_arrived, self.changes, self.refused = 0, [], None
        self.sender.connect("on-negotiation-needed", self.offer)
        self.receiver.connect("pad-added", self.receive)
        for one, other in (self.sender, self.receiver), (self.receiver, self.sender):
            one.connect("on-ice-candidate", lambda _, line, text, peer:
                        peer.emit("add-ice-candidate", line, text), other)

    @staticmethod
    def describe(promise, name, one, other):
        reply = promise.get_reply()  # which the description is part of
        description = reply.get_value(name)
        one.emit("set-local-description", description, None)
        other.emit("set-remote-description", description, None)

    def offer(self, sender):
        def answer(promise):
            self.describe(promise, "offer", sender, self.receiver)
            self.receiver.emit("create-answer", None, Gst.Promise.new_with_change_func(
                lambda promise: self.describe(promise, "answer", self.receiver, sender)))

        sender.emit("create-offer", None, Gst.Promise.new_with_change_func(answer))

    def receive(self, _receiver, pad):
        if pad.direction != Gst.PadDirection.SRC:
            return
        sink = Gst.parse_bin_from_description(
            "rtph264depay ! h264parse ! fakesink name=sink sync=false async=false", True)
        sink.get_by_name("sink").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER,
                                                                  self.count)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def count(self, _pad, _info):
        self.n_arrived += 1
        if self.n_arrived == FRAMES:
            self.pipeline.post_message(Gst.Message.new_application(
                None, Gst.Structure.new_empty("arrived")))
        return Gst.PadProbeReturn.OK

    def run(self):
        """Until enough has arrived, or the source is at its end."""
        bus = self.pipeline.get_bus()
        self.pipeline.set_state(Gst.State.PLAYING)
        while message := bus.timed_pop_filtered(PATIENCE, DONE | Gst.MessageType.ELEMENT):
            if message.type == Gst.MessageType.ERROR:
                self.refused = message.parse_error()
            elif message.get_structure().has_name("ecbsr-level-changed"):
                self.changes.append(message.get_structure().get_string("to"))
            if message.type & DONE:
                break
        self.pipeline.set_state(Gst.State.NULL)


class WebRTC(unittest.TestCase):
    def setUp(self):
        Gst.init(None)
        missing = [name for name in ELEMENTS if not Gst.ElementFactory.find(name)]
        if missing:
            self.skipTest("not installed: " + ", ".join(missing))

    def test_degrades(self):
        call = Call()
        call.run()
        self.assertIsNone(call.refused)
        self.assertGreaterEqual(call.n_arrived, FRAMES)
        self.assertEqual(call.changes, ["bicubic"])


if __name__ == "__main__":
    unittest.main()
