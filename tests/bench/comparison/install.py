# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the comparison needs beside the project, and how it gets there.

Debian's packages are installed by the project's own script; ONNX Runtime, which
Debian does not have, by npm into a folder of the user's cache. A peer that cannot
be had is left out, with a message.
"""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PYTHON = "/usr/bin/python3"
RUNNERS = ROOT / "tests" / "bench" / "runners"
BUILD = ROOT / "build"
WORK = BUILD / "compare"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "gst-ecbsr" / "compare"
ORT = "onnxruntime-node"
ORT_VERSION = "1.30.0"
ORT_FOLDER = CACHE / "node_modules" / ORT
PACKAGES = ("g++", "libdnnl-dev", "python3-opencv", "python3-onnx", "python3-matplotlib",
            "python3-torch", "python3-numpy", "python3-pil", "gstreamer1.0-plugins-good",
            "python3-gi", "gir1.2-gstreamer-1.0", "gir1.2-gst-plugins-base-1.0")


class Missing(Exception):
    """Something that is not there; says why and what would help."""


def shell(command):
    """A command that sees the functions of examples/setup.sh."""
    run = subprocess.run(["bash", "-c", f"set -eu; . examples/setup.sh; {command}"], cwd=ROOT,
                         capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise Missing((run.stderr or run.stdout).strip())


def install_packages():
    shell(f"on_debian || exit 0; install_packages {' '.join(PACKAGES)}")
    if not (shutil.which("node") and shutil.which("npm")):
        shell("on_debian || exit 0; install_packages nodejs npm")


def last_error(text):
    lines = [line for line in text.splitlines() if line.startswith("npm error")]
    return lines[0] if lines else text.strip()


def install_onnxruntime():
    if ort_is_there():
        return
    if not shutil.which("npm"):
        raise Missing("there is no npm, which installs onnxruntime-node")
    CACHE.mkdir(parents=True, exist_ok=True)
    # Without scripts: the package has the library for CPUs, its script fetches others.
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund",
               "--fetch-retry-mintimeout=500", "--prefix", str(CACHE), f"{ORT}@{ORT_VERSION}"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise Missing(f"npm cannot install {ORT} {ORT_VERSION}; it needs the network once "
                      f"({last_error(run.stderr)})")


def ort_is_there():
    return bool(shutil.which("node")) and (ORT_FOLDER / "package.json").exists()


def has_module(name):
    return subprocess.run([PYTHON, "-c", f"import {name}"], capture_output=True,
                          check=False).returncode == 0


def compile_onednn():
    """The runner, made anew when a source is newer."""
    source, program = RUNNERS / "onednn.cpp", WORK / "onednn"
    newest = max(path.stat().st_mtime for path in RUNNERS.glob("onednn*"))
    if program.exists() and program.stat().st_mtime > newest:
        return program
    if not shutil.which("g++") or not Path("/usr/include/dnnl.hpp").exists():
        raise Missing("oneDNN needs g++ and libdnnl-dev")
    WORK.mkdir(parents=True, exist_ok=True)
    command = ["g++", "-std=c++17", "-O3", "-march=native", "-fopenmp", str(source), "-o",
               str(program), "-ldnnl"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise Missing(f"oneDNN's runner does not compile:\n{run.stderr.strip()}")
    return program


def build_project():
    shell("build")
