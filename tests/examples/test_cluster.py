# SPDX-License-Identifier: LGPL-2.1-or-later
"""examples/cluster without Slurm: what is cut, joined and gone on with. With it:
tests/cluster/run."""

import os
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
CLUSTER = SOURCE / "examples" / "cluster"
UPSCALE = Path(os.environ["ECBSR_UPSCALE"])
sys.path[:0] = [str(SOURCE / "tests" / "upscale"), str(CLUSTER)]

import clips  # noqa: E402  skips where GStreamer's bindings are not there
import media  # noqa: E402
from clips import launch, need, picture, read_frames, read_streams, tone  # noqa: E402

LOSSLESS = "x264enc pass=quant quantizer=0"
OPTIONS = ("--local", "--model=esr-max", "--piece=2")
X264 = "x264enc speed-preset=ultrafast key-int-max=30 bframes=2 b-adapt=false ! h264parse"


class Case(unittest.TestCase):
    maxDiff = 500

    def setUp(self):
        need("x264enc", "avenc_aac", "avdec_h264", "h264parse", "splitmuxsink")
        folder = tempfile.TemporaryDirectory(prefix="a cluster ")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.input, self.output = self.folder / "in", self.folder / "out"
        self.input.mkdir()
        self.environment = {**os.environ, "PATH": f"{UPSCALE.parent}:{os.environ['PATH']}"}

    def make(self, name, video, *parts, tags=()):
        path = self.input / name
        path.parent.mkdir(exist_ok=True)
        muxer = {".mp4": "mp4mux", ".mkv": "matroskamux", ".ts": "mpegtsmux", ".webm": "webmmux"}
        launch(f'{muxer[path.suffix]} name=mux ! filesink location="{path}" '
               + " ".join(f"{part} ! queue max-size-time=0 max-size-bytes=0 ! mux."
                          for part in (video, *parts)), tags)
        return path

    def clip(self, name, rate="25/1", n_frames=150, **options):
        return self.make(name, f"{picture(rate=rate, n_frames=n_frames, **options)} ! {X264}",
                         f"{tone(6)} ! avenc_aac")

    def run_program(self, *options, status=0):
        ended = subprocess.run(
            [str(CLUSTER / "upscale-folder"), str(self.input), str(self.output), *options], text=True,
            check=False, timeout=170, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(ended.returncode, status, ended.stdout)
        self.assertNotIn("Traceback", ended.stdout)
        return ended.stdout

    def upscale(self, source, name):
        """As on one machine, without pieces."""
        out = self.folder / name
        status, _, complained = clips.run(UPSCALE, "--quiet", "--model=esr-max", "--encoder", LOSSLESS,
                                          "--set=precision=float32", source, out)
        self.assertEqual(status, 0, complained)
        return out

    def log(self):
        lines = (self.output / ".upscale-folder" / "log").read_text(encoding="utf-8").splitlines()
        return [line.split(" ")[2] for line in lines]

    def check_equal(self, one, other):
        """The pictures to the bit, and when they are shown; other streams as they are."""
        self.assertEqual(read_frames(one)[1], read_frames(other)[1])
        for stream, same in zip(read_streams(one), read_streams(other), strict=True):
            self.assertEqual([time for time, _ in stream.packets], [time for time, _ in same.packets])
            if stream.kind != "video/x-h264":
                self.assertEqual(stream.packets, same.packets)


class Whole(Case):
    def test_equal_to_one_machine(self):
        """Frame rates that are no whole number, several containers, folders in folders."""
        sources = [self.clip("a clip.mp4", rate="30000/1001"), self.clip("in/side.mkv"),
                   self.make("silent.mp4", f"{picture(n_frames=150)} ! {X264}")]
        said = self.run_program(*OPTIONS, "--encoder", LOSSLESS)
        self.assertIn("3 videos upscaled", said)
        self.assertNotIn("one piece", said)
        self.assertGreaterEqual(self.log().count("done"), 6)
        for source in sources:
            name = source.relative_to(self.input)
            with self.subTest(name):
                direct = self.upscale(source, f"direct{name.suffix}")
                self.assertEqual(len(read_frames(direct)[1]), 150)
                self.check_equal(direct, self.output / name)
                direct.unlink()

    def test_other_codecs(self):
        need("vp8enc", "x265enc", "h265parse", "avdec_h265")
        clip = picture(n_frames=150)
        self.make("vp8.webm", f"{clip} ! vp8enc keyframe-max-dist=30 deadline=1 cpu-used=8")
        self.make("closed.mkv", f'{clip} ! x265enc speed-preset=ultrafast log-level=error'
                  ' option-string="keyint=30:no-open-gop=1" ! h265parse')
        self.run_program(*OPTIONS)
        for name in "vp8.webm", "closed.mkv":
            with self.subTest(name):
                self.assertEqual([time for time, _ in read_frames(self.input / name)[1]],
                                 [time for time, _ in read_frames(self.output / name)[1]])
        self.assertGreaterEqual(self.log().count("done"), 4)

    def test_what_is_not_cut(self):
        """One piece, and why; the same as without pieces all the same."""
        need("x265enc", "h265parse")
        clip = picture(n_frames=150)
        self.make("open.mkv", f'{clip} ! x265enc speed-preset=ultrafast log-level=error'
                  ' option-string="keyint=30:open-gop=1:bframes=3:b-adapt=0:scenecut=0" ! h265parse')
        self.make("interlaced.mkv", f"{picture(n_frames=150, more=',interlace-mode=interleaved')} !"
                  " x264enc interlaced=true key-int-max=30 ! h264parse")
        self.make("single.mkv", f"{clip} ! x264enc key-int-max=1000 ! h264parse")
        said = self.run_program(*OPTIONS)
        self.assertIn("interlaced.mkv: one piece, because it is interlaced", said)
        self.assertIn("single.mkv: one piece, because it has no second key frame", said)
        self.assertRegex(said, "open.mkv: one piece, because it has no second key frame")
        self.assertEqual(self.log().count("done"), 3)

    def test_suffixes(self):
        self.make("a.ts", f"{picture(n_frames=150)} ! {X264}", f"{tone(6)} ! avenc_aac ! aacparse")
        self.run_program(*OPTIONS)
        self.assertEqual(len(read_frames(self.output / "a.mkv")[1]), 150)


class Progress(Case):
    def test_terminal_alone(self):
        """A bar there, and nothing of it in a pipe or a log."""
        self.clip("a.mp4")
        main, side = pty.openpty()
        with subprocess.Popen([str(CLUSTER / "upscale-folder"), str(self.input), str(self.output),
                               *OPTIONS], env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=side) as process:
            os.close(side)
            said = b""
            try:
                while chunk := os.read(main, 4096):
                    said += chunk
            except OSError:  # the other end is closed
                pass
            os.close(main)
        self.assertRegex(said.decode(), r"\r\[=* *>? *\] 1 of 3 pieces, 0:\d\d:\d\d left")
        self.assertTrue(said.endswith(b"\r\x1b[K"), said[-40:])
        (self.output / "a.mp4").unlink()
        self.assertEqual(self.run_program(*OPTIONS).splitlines(),
                         [str(self.output / "a.mp4"), "1 video upscaled"])


class GoneOn(Case):
    def test_interrupted(self):
        """What is done is not done again; what is joined is left alone."""
        self.clip("a.mp4")
        self.clip("b.mp4", n_frames=300)
        with subprocess.Popen([str(CLUSTER / "upscale-folder"), str(self.input), str(self.output),
                               *OPTIONS], env=self.environment, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            self.addCleanup(process.kill)
            end = time.monotonic() + 120
            log = self.output / ".upscale-folder" / "log"
            while not (log.exists() and self.log().count("done") >= 1):
                self.assertLess(time.monotonic(), end)
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            said, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, said)
        self.assertNotIn("Traceback", said)
        pieces = sorted(self.output.glob(".upscale-folder/videos/*/done/0*"))
        self.assertTrue(pieces or (self.output / "a.mp4").exists())
        said = self.run_program(*OPTIONS)
        self.assertIn("upscaled", said)
        n_pieces = self.log().count("done")
        self.assertEqual(self.log().count("was-done"), 0)
        said = self.run_program(*OPTIONS)
        self.assertIn("0 videos upscaled, 2 there before", said)
        self.assertEqual(self.log().count("done"), n_pieces)
        self.assertEqual([len(read_frames(self.output / name)[1]) for name in ("a.mp4", "b.mp4")],
                         [150, 300])
        self.assertEqual(list(self.output.glob(".upscale-folder/videos/*/*")), [])

    def test_a_piece_that_fails(self):
        """Thrice, then the video is given up and the other one is not."""
        self.clip("good.mp4")
        self.clip("bad.mp4")
        broken = self.folder / "tools"
        broken.mkdir()
        (broken / "ecbsr-upscale").write_text(
            f'#!/bin/sh\ncase "$*" in *bad.mp4/pieces/00001*) echo "no luck" >&2; exit 1; esac\n'
            f'exec "{UPSCALE}" "$@"\n', encoding="utf-8")
        (broken / "ecbsr-upscale").chmod(0o755)
        self.environment["PATH"] = f"{broken}:{self.environment['PATH']}"
        said = self.run_program(*OPTIONS, status=1)
        self.assertIn("bad.mp4, piece 1: no luck", said)
        self.assertIn("1 video upscaled, 1 failed: bad.mp4", said)
        self.assertEqual(self.log().count("failed"), 3)
        self.assertFalse((self.output / "bad.mp4").exists())
        self.environment["PATH"] = self.environment["PATH"].partition(":")[2]
        self.assertIn("1 video upscaled, 1 there before", self.run_program(*OPTIONS))

    def test_a_frame_less(self):
        """Is seen where a piece is made."""
        self.clip("a.mp4")
        tools = self.folder / "tools"
        tools.mkdir()
        # Of the source one piece is taken for another.
        (tools / "ecbsr-upscale").write_text(
            '#!/bin/sh\nfor last; do input=$out; out=$last; done\n'
            f'exec "{UPSCALE}" --quiet --model=esr-max "$(dirname "$input")/00000.mkv" "$out"\n',
            encoding="utf-8")
        (tools / "ecbsr-upscale").chmod(0o755)
        self.environment["PATH"] = f"{tools}:{self.environment['PATH']}"
        plan = media.cut(self.input / "a.mp4", 1.5, self.folder_for_pieces())
        if len(set(plan["n_frames"])) == 1:
            self.skipTest("pieces of the same length")
        said = self.run_program("--local", "--model=esr-max", "--piece=1.5", status=1)
        self.assertRegex(said, r"piece \d+: \d+ frames out of \d+; with --piece=0")

    def folder_for_pieces(self):
        folder = self.folder / "pieces"
        folder.mkdir()
        return folder

    def test_other_options_or_another_source(self):
        source = self.clip("a.mp4")
        shutil.copy(source, self.input / "b.mp4")
        self.environment["PATH"] = "/nowhere"
        self.run_program(*OPTIONS, status=1)  # ecbsr-upscale is not there
        self.environment["PATH"] = f"{UPSCALE.parent}:{os.environ['PATH']}"
        said = self.run_program("--local", "--model=bicubic", status=1)
        self.assertIn("was begun with other options", said)
        os.utime(source, (1, 1))
        said = self.run_program(*OPTIONS, status=1)
        self.assertIn("is another than when it was cut", said)
        shutil.rmtree(self.output / ".upscale-folder" / "videos" / "a.mp4")
        self.assertIn("2 videos upscaled", self.run_program(*OPTIONS))


class Errors(Case):
    def test_arguments(self):
        for options, text in ((("--model=auto",), "name one"), (("--piece=-1",), "seconds"),
                              (("--scale=5",), "invalid choice")):
            self.assertIn(text, self.run_program(*OPTIONS, *options, status=2))
        self.assertIn("no videos in it", self.run_program(*OPTIONS, status=1))
        (self.input / "bad.mp4").write_bytes(b"no video")
        said = self.run_program(*OPTIONS, status=1)
        self.assertIn("0 videos upscaled, 1 failed: bad.mp4", said)
        self.assertIn("no such file", self.run_program(*OPTIONS, "--model=./none.safetensors", status=1))

    def test_without_slurm(self):
        self.clip("a.mp4")
        self.environment["PATH"] = str(self.folder / "tools")
        (self.folder / "tools").mkdir()
        (self.folder / "tools" / "ecbsr-upscale").symlink_to(UPSCALE)
        said = self.run_program("--piece=2", "--model=esr-max", status=1)
        self.assertIn("is not installed (Debian: slurm-client); --local", said)

    def test_names_that_meet(self):
        shutil.copy(self.clip("a.mp4"), self.input / "a.avi")
        self.clip("a.mkv")
        self.assertIn("would both become", self.run_program(*OPTIONS, status=1))


class Cuts(unittest.TestCase):
    """Where a piece may begin, of frames in the order of decoding."""

    def clean(self, times, starts):
        look = media.Look.__new__(media.Look)
        look.times = times
        return look.clean(starts)

    def test_leading_frames(self):
        self.assertEqual(self.clean([0, 2, 1, 3, 5, 4], [0, 3]), [0, 3])
        self.assertEqual(self.clean([0, 2, 1, 5, 3, 4], [0, 3]), [0])  # 3 and 4 lead
        self.assertEqual(self.clean([0, 4, 1, 3, 5], [0, 3]), [0])  # 4 comes after

    def test_units(self):
        caps = media.Gst.Caps.from_string("video/x-h264,stream-format=avc").get_structure(0)
        data = b"\0\0\0\2\x09\x10\0\0\0\1\x65"
        self.assertEqual([unit[0] & 31 for unit in media.units(data, caps)], [9, 5])


if __name__ == "__main__":
    unittest.main()
