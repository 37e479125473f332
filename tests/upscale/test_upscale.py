# SPDX-License-Identifier: LGPL-2.1-or-later
"""ecbsr-upscale: what people have goes in, and all of it that they want comes out."""

import os
import pty
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import clips
from clips import H264, N_FRAMES, launch, need, picture, read_frames, read_streams, size_of, tone

UPSCALE = os.environ["ECBSR_UPSCALE"]
MODEL = "esr-max"
MS = 1_000_000


class Case(unittest.TestCase):
    maxDiff = 500

    def setUp(self):
        need("x264enc", "avenc_aac", "avdec_h264", "h264parse")
        folder = tempfile.TemporaryDirectory(prefix="up scale ")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def path(self, name):
        return self.folder / name

    def make(self, name, *parts, tags=()):
        """A file of video and other streams, each a part up to the muxer."""
        muxer = {".mp4": "mp4mux", ".mov": "qtmux", ".mkv": "matroskamux", ".webm": "webmmux",
                 ".avi": "avimux", ".flv": "flvmux", ".ts": "mpegtsmux"}[Path(name).suffix]
        need(muxer)
        launch(f'{muxer} name=mux ! filesink location="{self.path(name)}" '
               + " ".join(f"{part} ! queue max-size-time=0 max-size-bytes=0 ! mux." for part in parts),
               tags)
        return self.path(name)

    def clip(self, name="clip.mp4", **options):
        seconds = options.get("n_frames", N_FRAMES) // 25
        return self.make(name, f"{picture(**options)} ! {H264}", f"{tone(seconds)} ! avenc_aac")

    def upscale(self, source, name, *options, model=MODEL):
        """The file, after a run without an error; what it said is kept."""
        out = self.path(name)
        status, self.said, self.complained = clips.run(
            UPSCALE, "--model", model, *options, source, out)
        self.assertEqual(status, 0, self.complained)
        self.assertTrue(out.exists())
        self.assertEqual(list(self.folder.glob("*.part.*")), [])
        return out

    def refuse(self, text, *arguments, status=1):
        found, _, complained = clips.run(UPSCALE, *arguments)
        self.assertEqual(found, status, complained)
        self.assertIn(text, complained)
        self.assertTrue(complained.startswith("ecbsr-upscale: "), complained)
        self.assertEqual(list(self.folder.glob("*.part.*")), [])


class Videos(Case):
    def check_times(self, source, out, slack=MS):
        """As many frames, at the same times."""
        _, before = read_frames(source)
        _, after = read_frames(out)
        self.assertEqual(len(before), len(after))
        for (one, _), (other, _) in zip(before, after):
            self.assertLessEqual(abs(one - other), slack)

    def test_each_container(self):
        source = self.clip()
        for suffix in ".mp4", ".m4v", ".mov", ".mkv", ".webm":
            with self.subTest(suffix):
                if suffix == ".webm":
                    need("vp9enc", "opusenc", "vp9dec")
                out = self.upscale(source, "large" + suffix)
                self.assertEqual(size_of(out), (128, 96, N_FRAMES))
                self.check_times(source, out)
                self.assertRegex(self.said, rf"{N_FRAMES} frames of 128x96 in .*esr-max-x2")

    def test_scales(self):
        source = self.clip()
        for scale in "3", "4":
            out = self.upscale(source, f"x{scale}.mp4", "--scale", scale)
            self.assertEqual(size_of(out), (64 * int(scale), 48 * int(scale), N_FRAMES))

    def test_the_picture_is_that_of_the_element(self):
        """Encoded without loss, it is what a pipeline by hand makes of the same frames."""
        source, raw = self.clip(), self.path("raw.mkv")
        out = self.upscale(source, "lossless.mkv", "--encoder", "x264enc pass=quant quantizer=0")
        launch(f'filesrc location="{source}" ! decodebin ! ecbsr model={MODEL} !'
               f' video/x-raw,format=I420 ! matroskamux ! filesink location="{raw}"')
        self.assertEqual([data for _, data in read_frames(out)[1]],
                         [data for _, data in read_frames(raw)[1]])

    def test_output_is_good(self):
        """The encoder by default costs little: 38 dB and more between its picture and the
        element's."""
        source = self.clip(width=160, height=120)
        _, want = read_frames(self.upscale(source, "lossless.mkv", "--encoder",
                                           "x264enc pass=quant quantizer=0"))
        for name in "large.mp4", "large.webm":
            _, found = read_frames(self.upscale(source, name))
            error = sum(sum((a - b) ** 2 for a, b in zip(one[:320 * 240], other[:320 * 240]))
                        for (_, one), (_, other) in zip(want[::25], found[::25]))
            self.assertLess(error / (320 * 240 * len(want[::25])), 10, name)

    def test_without_sound(self):
        source = self.make("silent.mp4", f"{picture()} ! {H264}")
        out = self.upscale(source, "large.mp4")
        self.assertEqual(size_of(out), (128, 96, N_FRAMES))
        self.assertEqual(self.complained, "")

    def test_odd_sizes(self):
        need("vp8enc")
        source = self.make("odd.mkv", f"{picture(width=65, height=49)} ! vp8enc deadline=1")
        for name, scale, size in (("odd2.mp4", "2", (130, 98)), ("odd3.mp4", "3", (194, 146)),
                                  ("odd3.webm", "3", (195, 147))):
            with self.subTest(name):
                out = self.upscale(source, name, "--scale", scale)
                self.assertEqual(size_of(out), (*size, N_FRAMES))

    def test_variable_frame_rate(self):
        source = self.make("variable.mkv", f"{picture()} ! identity drop-probability=0.4 !"
                           f" capssetter caps=video/x-raw,framerate=0/1 ! {H264}")
        out = self.upscale(source, "large.mp4")
        self.check_times(source, out)
        self.check_times(source, self.upscale(source, "large.mkv"))

    def test_deep_colour(self):
        """10 bits stay 10 bits, with their colorimetry."""
        need("x265enc", "avdec_h265")
        source = self.make("deep.mkv", f"{picture(form='I420_10LE', n_frames=5)},"
                           "colorimetry=bt2100-pq ! x265enc log-level=error ! h265parse")
        out = self.upscale(source, "large.mp4")
        stream, = read_streams(out)
        self.assertIn("bit-depth-luma=(uint)10", stream.caps)
        self.assertIn("bt2100-pq", stream.caps)
        self.assertEqual(len(read_frames(out)[1]), 5)

    def test_interlaced(self):
        """Each field becomes a frame; or they are kept."""
        need("interlace")
        source = self.make("fields.mkv", f"{picture(width=128, height=96, rate='50/1')} !"
                           f" interlace field-pattern=1:1 ! {H264} interlaced=true")
        caps, fields = read_frames(source)
        self.assertIn(caps.get_value("interlace-mode"), ("interleaved", "mixed"))
        caps, frames = read_frames(self.upscale(source, "large.mp4"))
        self.assertEqual(caps.get_value("interlace-mode"), "progressive")
        self.assertEqual(len(frames), 2 * len(fields))
        # A field after the other, from the first one on: sound stays with them.
        for number, (time, _) in enumerate(frames):
            self.assertLessEqual(abs(time - fields[number // 2][0] - number % 2 * 20 * MS), MS)
        caps, frames = read_frames(self.upscale(source, "kept.mp4", "--interlaced", "keep"))
        self.assertIn(caps.get_value("interlace-mode"), ("interleaved", "mixed"))
        self.assertEqual(len(frames), len(fields))

    def test_pixel_shape_is_kept(self):
        source = self.clip(width=48, more=",pixel-aspect-ratio=4/3")
        for name in "large.mp4", "large.mkv":
            caps, _ = read_frames(self.upscale(source, name))
            self.assertEqual(caps.get_fraction("pixel-aspect-ratio")[1:], (4, 3))

    def test_rgb_keeps_its_colours(self):
        """Screen recordings without loss."""
        source = self.make("screen.mkv", "videotestsrc num-buffers=3 pattern=red !"
                           " video/x-raw,format=RGB,width=64,height=48,framerate=25/1")
        for name in "large.mp4", "large.webm":
            _, frames = read_frames(self.upscale(source, name), "RGB")
            red, green, blue = frames[0][1][3000:3003]
            self.assertGreater(red, 245)
            self.assertLess(max(green, blue), 10)

    def test_jpeg_in_a_film(self):
        """As cameras record it: pictures, but not one picture."""
        source = self.make("camera.mov", f"{picture()} ! jpegenc", f"{tone()} ! avenc_aac")
        self.assertEqual(size_of(self.upscale(source, "large.mp4")), (128, 96, N_FRAMES))

    def test_streams_that_are_found_one_after_the_other(self):
        """flvdemux knows of sound only when it comes to it."""
        source = self.make("clip.flv", f"{picture()} ! {H264} ! h264parse",
                           f"{tone()} ! avenc_aac ! aacparse")
        sound = [stream for stream in read_streams(source) if stream.kind == "audio/mpeg"]
        for name in "large.mp4", "large.mkv":
            out = self.upscale(source, name)
            self.assertEqual(size_of(out), (128, 96, N_FRAMES))
            found = [stream for stream in read_streams(out) if stream.kind == "audio/mpeg"]
            self.assertEqual([data for _, data in found[0].packets],
                             [data for _, data in sound[0].packets])
        out = self.upscale(source, "rest.mp4", "--start", "2")
        self.assertAlmostEqual(size_of(out)[2], N_FRAMES // 2, delta=25)

    def test_shorter_than_a_queue(self):
        source = self.make("short.mkv", f"{picture(n_frames=2)} ! {H264}")
        self.assertEqual(size_of(self.upscale(source, "large.mp4")), (128, 96, 2))

    def test_long_enough_to_fill_all_queues(self):
        """Sound that lies far from its picture in the file."""
        source = self.make("far.mkv", f"{picture(n_frames=400)} ! {H264}",
                           f"{tone(16)} ! queue max-size-time=0 max-size-bytes=0"
                           " max-size-buffers=0 min-threshold-time=8000000000 ! vorbisenc")
        out = self.upscale(source, "large.mkv")
        self.assertEqual(size_of(out), (128, 96, 400))


class Others(Case):
    """Streams that are not the picture."""

    def find(self, streams, kind):
        return [stream for stream in streams if stream.kind.startswith(kind)]

    def test_sound_is_not_encoded_again(self):
        source = self.clip()
        sound, = self.find(read_streams(source), "audio")
        for name in "large.mp4", "large.mkv", "large.mov":
            with self.subTest(name):
                found, = self.find(read_streams(self.upscale(source, name)), "audio")
                self.assertEqual([data for _, data in found.packets],
                                 [data for _, data in sound.packets])
                for (one, _), (other, _) in zip(found.packets, sound.packets):
                    self.assertLessEqual(abs(one - other), 2 * MS)
                self.assertEqual(self.complained, "")

    def test_sound_from_a_transport_stream(self):
        """AAC with headers, as a broadcast has it."""
        source = self.make("cast.ts", f"{picture()} ! {H264} ! h264parse",
                           f"{tone()} ! avenc_aac ! aacparse")
        out = self.upscale(source, "large.mp4")
        sound, = self.find(read_streams(out), "audio")
        self.assertGreater(len(sound.packets), 150)
        self.assertEqual(size_of(out), (128, 96, N_FRAMES))

    def rich(self):
        need("vorbisenc", "lamemp3enc", "subparse")
        subtitles = clips.write_subtitles(self.folder)
        return self.make("rich.mkv", f"{picture()} ! {H264}",
                         f"{tone()} ! vorbisenc ! taginject tags=language-code=de",
                         f"{tone(frequency=880)} ! lamemp3enc ! taginject tags=language-code=en",
                         f'filesrc location="{subtitles}" ! subparse',
                         tags=[("title", "A clip"), ("artist", "Nobody")])

    def check_subtitles(self, streams):
        text, = self.find(streams, "text/x-raw")
        lines = [(time, data) for time, data in text.packets if data.strip(b"\0 \n")]
        self.assertEqual([data.strip(b"\0\n") for _, data in lines],
                         [b"First line", b"Second line"])
        self.assertLessEqual(abs(lines[0][0] - 500 * MS), MS)

    def test_several_sounds_and_subtitles(self):
        out = self.upscale(self.rich(), "large.mkv")
        streams = read_streams(out)
        self.assertEqual(self.complained, "")
        self.assertEqual(sorted(stream.kind for stream in self.find(streams, "audio")),
                         ["audio/mpeg", "audio/x-vorbis"])
        for stream in self.find(streams, "audio"):
            self.assertIn("language-code=(string)" + ("de" if "vorbis" in stream.kind else "en"),
                          stream.tags)
        self.check_subtitles(streams)
        for text in "title=(string)\"A\\ clip\"", "artist=(string)Nobody":
            self.assertIn(text, streams[0].tags)

    def test_tags_are_plain_text(self):
        """For other programs than GStreamer, which matroskamux quotes them for."""
        title, artist = 'Der "grüne" Fönix: 1\\2', "Müller & Söhne"
        source = self.make("tagged.mp4", f"{picture()} ! {H264}", f"{tone()} ! avenc_aac",
                           tags=[("title", title), ("artist", artist)])
        for name in "large.mkv", "large.webm":
            out = self.upscale(source, name)
            texts = clips.tag_texts(out)
            self.assertIn(title, texts)
            self.assertIn(artist, texts)
            self.assertFalse([text for text in texts if text.startswith('"')])
            self.assertEqual(clips.tag_texts(self.upscale(out, "again-" + name))[:2], texts[:2])

    def test_no_language_is_made_up(self):
        """Matroska's tracks are English where nothing is said."""
        source = self.make("nowhere.mp4", f"{picture()} ! {H264}", f"{tone()} ! avenc_aac")
        for name in "large.mkv", "large.webm":
            for stream in read_streams(self.upscale(source, name)):
                self.assertNotIn("language-code=(string)en", stream.tags)

    def test_chapters(self):
        source = self.path("chapters.mkv")
        launch(f'{picture()} ! {H264} ! matroskamux streamable=true ! filesink location="{source}"')
        clips.insert_chapters(source, ("The first", 0), ("The second", 2))
        names = re.compile(b"The (?:first|second)")
        out = self.upscale(source, "large.mkv")
        self.assertEqual(names.findall(out.read_bytes()), [b"The first", b"The second"])
        self.assertEqual(self.complained, "")
        self.upscale(source, "large.mp4")
        self.assertIn("chapters are left out, because .mp4", self.complained)

    def test_what_mp4_cannot_hold(self):
        out = self.upscale(self.rich(), "large.mp4")
        streams = read_streams(out)
        self.assertIn("Vorbis", self.complained)
        self.assertIn("encoded again", self.complained)
        self.assertEqual(len(self.find(streams, "audio/mpeg")), 2)
        self.check_subtitles(streams)
        self.assertIn("A\\ clip", streams[0].tags)

    def test_sound_and_picture_stay_together(self):
        """A flash and a beep, each second: as far apart as they were, encoded again too.

        GStreamer 1.26's matroskamux writes a packet without bytes for each gap event, also
        where sound has ended before the pictures: that is no sound.
        """
        need("vorbisenc")
        for name in "beep.mp4", "beep.webm":
            source = self.make("beep.mkv", "videotestsrc num-buffers=100 pattern=blink !"
                               " video/x-raw,format=I420,width=64,height=48,framerate=1/1 ! " + H264,
                               "audiotestsrc wave=ticks num-buffers=4000 ! vorbisenc")
            out = self.upscale(source, name)
            ends = [max(time for time, data in self.find(read_streams(path), kind)[0].packets
                        if data and time < 2**63)
                    for path in (source, out) for kind in ("video", "audio")]
            self.assertLessEqual(abs((ends[0] - ends[1]) - (ends[2] - ends[3])), 40 * MS, ends)


class OwnVideo(Case):
    """--video: the pictures of one file with all else of another."""

    def test_all_else_is_kept(self):
        source = self.clip()
        direct = self.upscale(source, "direct.mp4")
        joined = self.upscale(source, "joined.mp4", "--video", direct)
        for one, other in zip(read_streams(direct), read_streams(joined), strict=True):
            self.assertEqual(one.caps, other.caps)
            self.assertEqual([time for time, _ in one.packets], [time for time, _ in other.packets])
            if one.kind != "video/x-h264":  # whose parser repeats parameters or not
                self.assertEqual(one.packets, other.packets)
        self.assertEqual(read_frames(direct)[1], read_frames(joined)[1])
        self.assertEqual(self.complained, "")

    def test_silent_keeps_its_tags(self):
        source = self.make("silent.mkv", f"{picture()} ! {H264}", tags=[("title", "A ball")])
        direct = self.upscale(source, "direct.mkv")
        joined = self.upscale(source, "joined.mkv", "--video", direct)
        self.assertRegex(read_streams(joined)[0].tags, "A.* ball")
        self.assertEqual(read_frames(direct)[1], read_frames(joined)[1])

    def test_what_is_refused(self):
        source = self.clip()
        out = self.path("out.mp4")
        self.refuse("No such file", "--video", self.path("none.mp4"), source, out)
        self.refuse("cannot be combined", "--video", source, "--start=1", source, out)
        self.refuse("is to be a video", "--video", source, source, self.path("out.png"))
        sound = self.path("sound.mkv")
        launch(f'{tone()} ! flacenc ! matroskamux ! filesink location="{sound}"')
        self.refuse("no video in ", "--video", sound, source, self.path("other.mp4"))
        part = self.path("out.part.mp4")
        part.write_bytes(source.read_bytes())
        status, _, complained = clips.run(UPSCALE, "--force", "--video", part, source, out)
        self.assertEqual(status, 1)
        self.assertIn("is what is read", complained)
        self.assertEqual(part.read_bytes(), source.read_bytes())


class Pictures(Case):
    def still(self, name, encoder, form="RGB", width=65, height=49):
        launch(f"videotestsrc num-buffers=1 pattern=smpte ! video/x-raw,format={form},"
               f'width={width},height={height} ! {encoder} ! filesink location="{self.path(name)}"')
        return self.path(name)

    def test_png_and_jpeg(self):
        for name, encoder in ("a.png", "pngenc"), ("b.jpg", "videoconvert ! jpegenc"):
            source = self.still(name, encoder)
            for suffix in ".png", ".jpg", ".jpeg":
                with self.subTest(name + suffix):
                    out = self.upscale(source, "large" + suffix, "--force")
                    self.assertEqual(size_of(out), (130, 98, 1))
                    _, ((_, frame),) = read_frames(out, "RGB")
                    red = frame[(10 * 130 + 102) * 3:][:3]  # the bar of red, 75 %
                    stride = (130 * 3 + 3) // 4 * 4
                    red = frame[10 * stride + 102 * 3:][:3]
                    self.assertTrue(red[0] > 160 and max(red[1:]) < 40, list(red))

    def test_a_telephones_photo_is_upright(self):
        need("jifmux", "jpegparse")
        source = self.path("turned.jpg")
        launch("videotestsrc num-buffers=1 pattern=gradient ! video/x-raw,format=I420,width=64,"
               "height=48 ! taginject tags=image-orientation=rotate-90 ! jpegenc ! jifmux !"
               f' filesink location="{source}"')
        caps, ((_, frame),) = read_frames(self.upscale(source, "large.png"))
        self.assertEqual((caps.get_value("width"), caps.get_value("height")), (96, 128))
        left, right = frame[2], frame[90]  # light from above is light from one side now
        self.assertGreater(abs(left - right), 100)

    def test_transparency(self):
        source = self.still("a.png", "videoconvert ! alpha alpha=0.5 ! videoconvert ! pngenc", "RGBA")
        caps, ((_, frame),) = read_frames(self.upscale(source, "large.png"), "RGBA")
        self.assertEqual(caps.get_value("width"), 130)
        self.assertTrue(120 <= frame[3] <= 135, frame[3])

    def test_a_frame_of_a_video(self):
        source = self.clip()
        out = self.upscale(source, "first.png")
        later = self.upscale(source, "later.png", "--start", "2")
        self.assertEqual(size_of(out), (128, 96, 1))
        self.assertNotEqual(out.read_bytes(), later.read_bytes())

    def test_a_picture_is_no_video(self):
        source = self.still("a.png", "pngenc")
        self.refuse("is a picture", source, self.path("large.mp4"))


class Parts(Case):
    def test_start(self):
        source = self.clip()
        out = self.upscale(source, "rest.mp4", "--start", "0:01.5")
        _, whole = read_frames(self.upscale(source, "whole.mkv", "--encoder",
                                            "x264enc pass=quant quantizer=0"))
        self.assertEqual(size_of(out), (128, 96, N_FRAMES - 37))  # 1.48 s is on until 1.52
        _, rest = read_frames(self.upscale(source, "rest.mkv", "--start=1.52", "--encoder",
                                           "x264enc pass=quant quantizer=0"))
        self.assertEqual([data for _, data in rest], [data for _, data in whole[38:]])

    def test_start_is_wrong(self):
        source = self.clip()
        out = self.path("x.mp4")
        self.refuse("ends at 0:00:04", "--start", "1:00:00", source, out)
        for text in "soon", "1:2:3:4", "-1", "1::2", "", "nan", "1e400":
            self.refuse("a time such as", f"--start={text}", source, out)

    def start_long(self, *options, name="large.mp4"):
        source = self.clip("long.mp4", n_frames=1500)
        process = subprocess.Popen([UPSCALE, "--model", "ecbsr-m4c8", *options, source,
                                    self.path(name)], text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        part = self.path(name.replace(".", ".part."))
        end = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size > 20000) and time.monotonic() < end:
            time.sleep(0.01)
        return source, process, part

    def test_interrupted_and_gone_on(self):
        """What Ctrl-C leaves, and what --start adds, are all frames and all sound."""
        source, process, part = self.start_long()
        process.send_signal(signal.SIGINT)
        _, complained = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, complained)
        self.assertFalse(self.path("large.mp4").exists())
        at = re.search(r"--start=(\S+)", complained)[1]
        first = read_streams(part)
        part.rename(self.path("first.mp4"))
        second = read_streams(self.upscale(source, "second.mp4", "--start", at, model="ecbsr-m4c8"))
        self.assertGreater(len(second[0].packets), 0)
        self.assertEqual(len(first[0].packets) + len(second[0].packets), 1500)
        sound, = (stream for stream in read_streams(source) if stream.kind == "audio/mpeg")
        pieces = [data for streams in (first, second) for stream in streams
                  if stream.kind == "audio/mpeg" for _, data in stream.packets]
        self.assertEqual(pieces, [data for _, data in sound.packets])

    def test_twice_interrupted(self):
        _, process, part = self.start_long()
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        _, complained = process.communicate(timeout=60)
        if process.returncode != 130:  # it may be as fast
            self.assertEqual(process.returncode, 1, complained)
            self.assertIn("interrupted", complained)
            self.assertFalse(part.exists())

    def test_what_is_there_is_not_lost(self):
        source = self.clip()
        out, part = self.path("large.mp4"), self.path("large.part.mp4")
        out.write_text("precious")
        self.refuse_keeping("--force overwrites", source, out)
        out.unlink()
        part.write_text("precious")
        self.refuse_keeping("from an earlier run", source, out)
        self.assertEqual(part.read_text(), "precious")

    def refuse_keeping(self, text, *arguments):
        status, _, complained = clips.run(UPSCALE, *arguments)
        self.assertEqual(status, 1)
        self.assertIn(text, complained)


class Errors(Case):
    def test_input(self):
        out = self.path("large.mp4")
        self.path("empty.mp4").touch()
        self.path("text.mp4").write_text("no video at all\n" * 100)
        self.path("noise.mp4").write_bytes(os.urandom(10000))
        for text, name in (("No such file", "none.mp4"), ("an empty file", "empty.mp4"),
                           ("a folder", ""), ("text.mp4: ", "text.mp4"),
                           ("noise.mp4: ", "noise.mp4")):
            with self.subTest(name):
                self.refuse(text, self.path(name), out)
                self.assertFalse(out.exists())

    def test_sound_alone(self):
        source = self.make("sound.mp4", f"{tone()} ! avenc_aac")
        self.refuse("there is no video in it", source, self.path("large.mp4"))

    def test_input_is_never_written_to(self):
        source = self.clip()
        before = source.read_bytes()
        link = self.path("link.mp4")
        link.symlink_to(source)
        hard = self.path("hard.mp4")
        hard.hardlink_to(source)
        for out in source, link, hard:
            for options in (), ("--force",):
                self.refuse("is IN itself", *options, source, out)
        shutil.copy(source, self.path("x.part.mp4"))
        status, _, complained = clips.run(UPSCALE, "--force", self.path("x.part.mp4"),
                                          self.path("x.mp4"))
        self.assertEqual(status, 1)
        self.assertIn("is what is read", complained)
        self.assertEqual((source.read_bytes(), self.path("x.part.mp4").read_bytes()),
                         (before, before))

    def test_output(self):
        source = self.clip()
        self.refuse(".webm", source, self.path("large.xyz"))
        self.refuse(".webm", source, self.path("large"))
        self.refuse("no such folder", source, self.path("no/folder.mp4"))
        self.path("folder.mp4").mkdir()
        self.refuse("not a regular file", source, self.path("folder.mp4"))

    def test_full_disk(self):
        source = self.clip(n_frames=300)
        status, _, complained = clips.run(
            "bash", "-c", f'ulimit -f 20; trap "" XFSZ; exec "$@"', "bash", UPSCALE, "--model", MODEL,
            source, self.path("large.mp4"))
        self.assertEqual(status, 1, complained)
        self.assertIn("File too large", complained)
        self.assertIn(f"ecbsr-upscale: {self.path('large.mp4')}: ", complained)  # not the input
        self.assertEqual(list(self.folder.glob("large*")), [])

    def test_arguments(self):
        source, out = self.clip(), self.path("x.mp4")
        self.refuse("IN OUT")
        self.refuse("IN OUT", source)
        self.refuse("IN OUT", source, out, out)
        self.refuse("2, 3 or 4", "--scale", "5", source, out)
        self.refuse("ecbsr-m4c16", "--model", "nonsense", source, out)
        self.refuse("No such file", "--model", "none.safetensors", source, out)
        self.refuse("clean, camera", "--content", "nonsense", source, out)
        self.refuse("no property", "--set", "nonsense=1", source, out)
        self.refuse("strength", "--set", "strength=7", source, out)
        self.refuse("NAME=VALUE", "--set", "strength", source, out)
        self.refuse("deinterlace or keep", "--interlaced", "maybe", source, out)
        self.refuse("nosuchenc", "--encoder", "nosuchenc", source, out)
        self.refuse("x.mp4"[1:], "--encoder", "theoraenc", source, out)

    def test_model_file(self):
        model = Path(__file__).resolve().parents[2] / "models" / "esr-max-x3.safetensors"
        source = self.clip()
        for number, options in enumerate((["--scale", "3"], [])):
            out = self.upscale(source, f"x3-{number}.mp4", *options, model=model)
            self.assertIn("192x144", self.said, out)
        self.refuse(f"--scale 2: {model} is a model for scale 3", "--scale", "2", "--model", model,
                    source, self.path("x2.mp4"))
        broken = self.path("broken.safetensors")
        broken.write_bytes(b"not a model")
        self.refuse("broken.safetensors", "--model", broken, source, self.path("x2.mp4"))

    def test_model_file_of_scale_1(self):
        model = Path(__file__).resolve().parents[1] / "golden" / "ecbsr-rgb-x1-m1c8-prelu.safetensors"
        source = self.clip()
        self.upscale(source, "same.mp4", model=model)
        self.assertIn("64x48", self.said)
        self.refuse("only with a model file", "--scale", "1", source, self.path("x1.mp4"))

    def test_no_element(self):
        source = self.clip()
        environment = {**os.environ, "GST_PLUGIN_PATH": "",
                       "GST_REGISTRY": str(self.path("registry"))}
        status, _, complained = clips.run(UPSCALE, source, self.path("x.mp4"), env=environment)
        if status == 0:
            self.skipTest("the plugin is installed")
        self.assertEqual(status, 1)
        self.assertIn("gstreamer1.0-ecbsr", complained)

    def test_cut_short(self):
        """A download that broke off: all that is there, or an error; no half file."""
        source = self.clip("whole.mkv", n_frames=200)
        cut = self.path("cut.mkv")
        cut.write_bytes(source.read_bytes()[:-source.stat().st_size // 3])
        out = self.upscale(cut, "large.mkv")
        self.assertGreater(size_of(out)[2], 60)


class Progress(Case):
    def test_bar_on_a_terminal(self):
        source = self.clip(n_frames=400)
        main, side = pty.openpty()
        process = subprocess.Popen([UPSCALE, "--model", "ecbsr-m4c16", source, self.path("x.mp4")],
                                   stdout=subprocess.DEVNULL, stderr=side)
        os.close(side)
        said = b""
        try:
            while chunk := os.read(main, 4096):
                said += chunk
        except OSError:  # the other end is closed
            pass
        os.close(main)
        self.assertEqual(process.wait(60), 0, said)
        self.assertRegex(said.decode(), r"\r\[=* *>? *\] +\d+ %  0:\d\d of 0:16, [\d.]+ frames/s, 0:\d\d left")
        self.assertTrue(said.endswith(b"\r\x1b[K"), said[-40:])

    def test_quiet(self):
        self.upscale(self.clip(), "x.mp4", "--quiet")
        self.assertEqual(self.said + self.complained, "")

    def test_help_and_version(self):
        status, said, _ = clips.run(UPSCALE, "--help")
        self.assertEqual(status, 0)
        for text in "--scale", "--start", ".part", "IN OUT":
            self.assertIn(text, said)
        self.assertEqual(clips.run(UPSCALE, "--version")[0], 0)


if __name__ == "__main__":
    unittest.main()
