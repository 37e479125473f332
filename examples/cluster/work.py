# SPDX-License-Identifier: LGPL-2.1-or-later
"""The folder that all machines see: what is to be done, and what is done.

    OUT/.upscale-folder/settings.json     with what it was begun
                       /lock              held by the program that was started by hand
                       /jobs.json         of Slurm, since the last start
                       /tasks-N.json      [video, piece], by the index in a job array
                       /log               a line for each piece begun, done or failed
                       /videos/NAME/plan.json    its pieces; there once they all are
                                   /pieces       of the source
                                   /done         upscaled

A file is written under another name, flushed, and renamed: what has its name is whole,
whenever a machine stops. Whether a piece is done is asked of its file, and of nothing else.
"""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import media

SUFFIXES = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".m2ts", ".mts", ".mpg",
            ".mpeg", ".wmv", ".flv", ".3gp", ".ogv"}


class WorkError(Exception):
    """What cannot be done, for a person to read."""


def flush(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def place(source, target):
    """Under its name for good, and not lost when the machine stops now."""
    flush(source)
    os.replace(source, target)
    flush(target.parent)


def write_json(path, value):
    part = path.with_name(f".{path.name}.{socket.gethostname()}-{os.getpid()}")
    part.write_text(json.dumps(value), encoding="utf-8")
    place(part, path)


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


class Work:
    def __init__(self, output):
        self.output = Path(output).absolute()
        self.folder = self.output / ".upscale-folder"

    def begin(self, settings):
        """Locked for this process; the same settings as before."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # pylint: disable-next=consider-using-with
        self.lock = open(self.folder / "lock", "w", encoding="utf-8")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WorkError(f"{self.output}: upscale-folder is at work on it already") from None
        path = self.folder / "settings.json"
        if path.exists() and read_json(path) != settings:
            raise WorkError(f"{self.output}: was begun with other options: {read_json(path)}; to "
                            f"begin anew, remove {self.folder}")
        write_json(path, settings)
        self.settings = settings

    def load(self):
        self.settings = read_json(self.folder / "settings.json")

    def log(self, *words):
        """One write, so that lines of several machines stay lines."""
        line = " ".join([time.strftime("%FT%T"), socket.gethostname(), *map(str, words)]) + "\n"
        with open(self.folder / "log", "ab", buffering=0) as file:
            file.write(line.encode())

    def find_videos(self, folder, suffix):
        found, targets = [], {}
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() not in SUFFIXES or not path.is_file():
                continue
            if self.output in path.absolute().parents:
                continue
            video = VideoWork(self, path, path.relative_to(folder), suffix)
            if video.target in targets:
                raise WorkError(f"{path} and {targets[video.target]} would both become "
                                f"{video.target}")
            targets[video.target] = path
            found.append(video)
        if not found:
            raise WorkError(f"{folder}: no videos in it")
        return found


class VideoWork:
    """One of the folder's videos."""

    def __init__(self, work, source, name, suffix):
        self.work, self.source, self.name = work, source.absolute(), str(name)
        if not suffix:
            suffix = name.suffix.lower() if name.suffix.lower() in media.MUXERS else ".mkv"
        self.target = (work.output / name).with_suffix(suffix)
        self.folder = work.folder / "videos" / name
        self.plan = None

    def identity(self):
        found = self.source.stat()
        return [str(self.source), found.st_size, found.st_mtime_ns]

    def is_joined(self):
        if not self.target.exists():
            return False
        shutil.rmtree(self.folder, ignore_errors=True)  # stopped right after it was
        return True

    def cut(self, seconds):
        """Its plan, made now unless it was before."""
        path = self.folder / "plan.json"
        if path.exists():
            self.plan = read_json(path)
            if self.plan["identity"] != self.identity():
                raise WorkError(f"{self.source}: is another than when it was cut; to begin with it "
                                f"anew, remove {self.folder}")
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "pieces").mkdir(parents=True)
        (self.folder / "done").mkdir()
        try:
            if not seconds:
                raise media.Whole("--piece=0")
            plan = media.cut(self.source, seconds, self.folder / "pieces")
        except media.Whole as reason:
            shutil.rmtree(self.folder / "pieces")
            plan = {"n_frames": [0], "whole": str(reason)}
        for piece in self.folder.glob("pieces/*"):
            flush(piece)
        self.plan = {"identity": self.identity(), "target": str(self.target), **plan}
        write_json(path, self.plan)

    def pieces(self):
        return range(len(self.plan["n_frames"]))

    def piece_suffix(self):
        """VP9 is for WebM, H.264 for all others. One piece alone is what is wanted itself."""
        if "whole" in self.plan:
            return self.target.suffix
        return ".webm" if self.target.suffix == ".webm" else ".mkv"

    def done(self, piece):
        return self.folder / "done" / f"{piece:05}{self.piece_suffix()}"

    def undone(self):
        return [piece for piece in self.pieces() if not self.done(piece).exists()]

    def upscale_command(self):
        tool = shutil.which("ecbsr-upscale")
        if not tool:
            raise WorkError("ecbsr-upscale is not installed here")
        return [tool, *self.work.settings["options"]]

    def run(self, piece, *command):
        """ecbsr-upscale, which may be told to stop; what it complains of is in the error."""
        ended = subprocess.run([*map(str, command)], check=False, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if ended.returncode != 0:
            said = ended.stderr.strip().splitlines() or [f"status {ended.returncode}"]
            raise WorkError(f"{self.name}, {piece}: {said[-1]}")

    def upscale(self, piece):
        """On the machine that it is given to. False where it was done already."""
        target = self.done(piece)
        if target.exists():
            return False
        source, wanted = self.source, None
        if "whole" not in self.plan:
            source = self.folder / "pieces" / f"{piece:05}.mkv"
            wanted = self.plan["n_frames"][piece]
        with tempfile.TemporaryDirectory(prefix=f".{piece:05}-{socket.gethostname()}-",
                                         dir=target.parent) as folder:
            out = Path(folder, target.name)
            self.run(f"piece {piece}", *self.upscale_command(), "--quiet", source, out)
            if wanted is not None and media.count_frames(out) != wanted:
                raise WorkError(f"{self.name}, piece {piece}: {media.count_frames(out)} frames out of "
                                f"{wanted}; with --piece=0 the video is not cut")
            place(out, target)
        return True

    def join(self):
        """All pieces are done. Nothing of them is left then but the plan."""
        self.target.parent.mkdir(parents=True, exist_ok=True)
        done = [self.done(piece) for piece in self.pieces()]
        # A name that no video of the folder has.
        with tempfile.TemporaryDirectory(prefix=".join-", dir=self.folder) as folder:
            out = Path(folder, "whole" + self.target.suffix)
            if "whole" in self.plan:
                out = done[0]
            else:
                joined = Path(folder, "video" + self.target.suffix)
                media.join(done, self.plan, joined)
                self.run("joining", self.upscale_command()[0], "--quiet", "--video", joined,
                         self.source, out)
            place(out, self.target)
        shutil.rmtree(self.folder)
