#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Embedding ecbsr: a pipeline, its messages, and another model while it plays.

    examples/embed.py SOURCE [SINK]      each as in gst-launch-1.0
    examples/embed.py 'filesrc location=clip.mp4 ! decodebin' autovideosink
"""

import itertools
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

MODELS = itertools.cycle(("bicubic", "esr-max", "ecbsr-m4c8"))


class App:
    def __init__(self, source, sink):
        self.loop, self.error = GLib.MainLoop(), None
        self.pipeline = Gst.parse_launch(f"{source} ! ecbsr name=ecbsr scale=2 ! {sink}")
        self.ecbsr = self.pipeline.get_by_name("ecbsr")
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        for kind in "error", "warning", "element", "latency", "eos":
            bus.connect("message::" + kind, getattr(self, "on_" + kind))

    def play(self):
        GLib.timeout_add_seconds(2, self.change_model)
        signal.signal(signal.SIGINT, lambda *_: self.end())  # the main loop lets it run
        self.pipeline.set_state(Gst.State.PLAYING)  # a failure posts an error
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        return self.error

    def change_model(self):
        """One that is not built in is no danger: what runs stays, and a warning comes."""
        Gst.util_set_object_arg(self.ecbsr, "model", next(MODELS))
        return GLib.SOURCE_CONTINUE

    def end(self):
        """Ctrl-C: the stream comes to its end, so that a file is finished properly."""
        self.pipeline.send_event(Gst.Event.new_eos())

    def on_error(self, _bus, message):
        error, detail = message.parse_error()
        self.error = f"embed: {error.message}\n{detail or ''}"
        self.loop.quit()

    def on_warning(self, _bus, message):
        print("embed: warning:", message.parse_warning()[0].message, file=sys.stderr)

    def on_element(self, _bus, message):
        news = message.get_structure()
        if news.get_name() == "ecbsr-model-loaded":
            print(news.get_value("name"), "runs", flush=True)
        elif news.get_name() == "ecbsr-level-changed":
            print("short of time: from", news.get_value("from"), "to", news.get_value("to"))

    def on_latency(self, _bus, _message):
        """ecbsr reports another one."""
        self.pipeline.recalculate_latency()

    def on_eos(self, _bus, _message):
        self.loop.quit()


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    Gst.init(None)
    try:
        app = App(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "autovideosink")
    except GLib.Error as error:
        sys.exit(f"embed: {error.message}")
    error = app.play()
    print(app.ecbsr.get_property("stats").to_string())
    sys.exit(error)


if __name__ == "__main__":
    main()
