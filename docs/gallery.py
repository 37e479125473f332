#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes docs/gallery.md, its pictures, and docs/before-after.png.

    docs/gallery.py [--data DATA]

Takes photos and video from DATA (train/, video/; ../shared/data by default), scenes
from docs/scenes.py, weights from models/ and the plugin from build/ or
GST_PLUGIN_PATH. Frames are I420, as video is.
"""

import argparse
import hashlib
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("GST_PLUGIN_PATH", str(ROOT / "build" / "gst-plugin"))
os.environ.setdefault("GST_REGISTRY", str(ROOT / "build" / "gst-registry.bin"))
sys.path[:0] = [str(ROOT / "src" / "tools" / "eval"), str(ROOT / "models" / "train"),
                str(ROOT / "docs")]

import numpy as np  # noqa: E402
from PIL import Image, ImageDraw, ImageFont  # noqa: E402

import evaluation  # noqa: E402
import pipeline  # noqa: E402
import scenes  # noqa: E402

SHARED = Path(os.environ.get("ECBSR_SHARED", ROOT.parent / "shared"))
CROP, ZOOM, GAP = (104, 80), 2, 6
KODAK = "Photo: Kodak Lossless True Color Image Suite, released for unrestricted use."
OWN = "Rendered by `docs/scenes.py`."
EXTRACTOR = ("Video from the sample files of the metadata-extractor project, free for "
             "any use.")


@dataclass
class Row:
    name: str
    source: str         # below the data, or the name of a scene
    at: tuple           # of the crop, in pixels of the large picture
    title: str
    text: str
    scale: int = 2
    degraded: bool = False
    frame: int = None   # of a video, which has no original
    small: bool = False  # a scene that is drawn small, and has no original either
    models: tuple = ("ecbsr-m4c8", "ecbsr-m4c16")


ROWS = (
    Row("edges", "Kodak24/kodim21.png", (120, 190), "Edges",
        f"A house, held out of the training. {KODAK}"),
    Row("texture", "Kodak24/kodim01.png", (395, 260), "Texture",
        f"Stone, wood and a window, held out. {KODAK}"),
    Row("rigging", "Kodak24/kodim11.png", (400, 110), "Thin things",
        f"Ropes before a pier, held out. {KODAK}"),
    Row("face", "Kodak24/kodim04.png", (180, 290), "A face",
        f"This photo was among those that the networks were trained on. {KODAK}"),
    Row("border", "Kodak24/kodim01.png", (0, 0), "The picture's border",
        f"The upper left corner of a photo, held out. {KODAK}"),
    Row("text", "text", (0, 0), "Text",
        f"Capitals 7 to 13 pixels high after upscaling. {OWN}"),
    Row("lines", "lines", (80, 40), "Fine lines",
        f"One pixel wide in the original: less than the small picture can hold. {OWN}"),
    Row("flat", "flat", (50, 34), "Flat areas",
        f"Gradients stay smooth; edges without halos. {OWN}"),
    Row("chart", "chart", (0, 0), "A test chart",
        "Drawn small: a dot, lines and checkers of one to three pixels, gratings, small text. "
        f"There is no original. {OWN}", small=True, models=("ecbsr-m4c16", "ecbsr-m10c16")),
    Row("noise", "noise", (0, 0), "Noise",
        "Drawn small: noise in a black field and snow, as far from photos as a picture can be. "
        f"There is no original. {OWN}", small=True, models=("ecbsr-m4c16", "ecbsr-m10c16")),
    Row("x4", "Kodak24/kodim21.png", (312, 64), "×4",
        f"Sixteen pixels of one, held out. {KODAK}", scale=4),
    Row("webcam", "Kodak24/kodim21.png", (120, 190), "As a webcam sends it",
        "Noise and MJPEG of quality 75 before upscaling (`ecbsr-eval --degrade camera`). "
        "Networks for clean pictures take the artefacts for detail; those for `camera` "
        f"content, where there is one, do not. {KODAK}", degraded=True,
        models=("ecbsr-m4c16", "ecbsr-m4c16-camera")),
    Row("mjpeg", "canon_MVI_4823.avi", (258, 510), "Video: MJPEG of a camera",
        f"640x480, doubled; there is no original. {EXTRACTOR}", frame=60,
        models=("ecbsr-m4c16", "ecbsr-m4c16-camera")),
    Row("h264", "ducks_720p_issue515.mp4", (1080, 750), "Video: H.264 of a phone",
        f"1280x720, doubled; there is no original. {EXTRACTOR}", frame=30,
        models=("ecbsr-m4c16", "ecbsr-m4c16-camera")),
)


def file_of(model, scale):
    name, camera = model.removesuffix("-camera"), model.endswith("-camera")
    return ROOT / "models" / f"{name}-x{scale}{'-camera' if camera else ''}.safetensors"


def models_of(row):
    """[(label, properties)], cubic first; without what is not there."""
    there = [(model, file_of(model, row.scale)) for model in row.models]
    return [("cubic", {"model": "bicubic"}),
            *((model, {"model_location": path}) for model, path in there if path.exists())]


# ------------------------------------------------------------------ panels --

def panel(picture, at, label, crop=CROP):
    """The crop of an RGB array, enlarged so that pixels are seen."""
    x, y = at
    image = Image.fromarray(np.ascontiguousarray(picture[y:y + crop[1], x:x + crop[0]]))
    image = image.resize([ZOOM * size for size in image.size], Image.NEAREST)
    ImageDraw.Draw(image).text((5, 3), label, fill="white", stroke_width=2,
                               stroke_fill="black", font=ImageFont.truetype(scenes.FONT, 13))
    return image


def beside(panels):
    width, height = panels[0].size
    image = Image.new("RGB", (len(panels) * (width + GAP) - GAP, height), "white")
    for i, part in enumerate(panels):
        image.paste(part, (i * (width + GAP), 0))
    return image


def photo_row(row, path):
    pair = evaluation.Pair(path, row.scale, row.degraded)
    panels = [panel(pair.picture, row.at, "original")]
    for label, properties in models_of(row):
        frame = pair.upscale(**properties).frame
        panels.append(panel(evaluation.to_rgb(frame), row.at,
                            f"{label} {pair.score(frame).psnr:.2f} dB"))
    return beside(panels)


def video_row(row, path):
    small = pipeline.video_frame(path, row.frame)
    small = small.repeat(row.scale, axis=0).repeat(row.scale, axis=1)
    panels = [panel(small, row.at, "input")]
    for label, properties in models_of(row):
        large = pipeline.video_frame(path, row.frame, scale=row.scale, **properties)
        panels.append(panel(large, row.at, label))
    return beside(panels)


def small_row(row):
    picture = np.asarray(scenes.SCENES[row.source]())
    panels = [panel(picture.repeat(row.scale, 0).repeat(row.scale, 1), row.at, "input")]
    for label, properties in models_of(row):
        frame = pipeline.upscale(evaluation.to_frame(picture), scale=row.scale, **properties).frame
        panels.append(panel(evaluation.to_rgb(frame), row.at, label))
    return beside(panels)


def picture_of(row, data, folder):
    if row.small:
        return small_row(row)
    if row.source in scenes.SCENES:
        path = Path(folder, f"{row.source}.png")
        scenes.SCENES[row.source]().save(path)
        return photo_row(row, path)
    if row.frame is not None:
        return video_row(row, data / "video" / row.source)
    return photo_row(row, data / "train" / row.source)


def before_after(data):
    """The README's picture."""
    pair, at, crop = evaluation.Pair(data / "train" / "Kodak24" / "kodim21.png", 2), \
        (40, 180), (200, 130)
    model = file_of("ecbsr-m4c8", 2)
    panels = [(label, evaluation.to_rgb(pair.upscale(**properties).frame)) for label, properties
              in (("cubic", {"model": "bicubic"}), ("ecbsr", {"model_location": model}))]
    return beside([panel(picture, at, label, crop)
                   for label, picture in (*panels, ("original", pair.picture))])


# -------------------------------------------------------------------- text --

HEAD = """# Gallery

<!-- docs/gallery.py writes this file -->

Crops, each pixel enlarged to two by two, of pictures that were made small by bicubic
resizing and upscaled by the element: the original, cubic upscaling, the networks. dB
is PSNR of the whole picture's luma. Made of 4:2:0 video, so that colour is softer than
in the original whatever upscales it. The networks see luma only.

"""


def section(row):
    return (f"## {row.title}\n\n![{row.title}: {', '.join(label for label, _ in models_of(row))}]"
            f"(gallery/{row.name}.png)\n\n{row.text}\n\n")


def weights():
    files = {file_of(model, row.scale) for row in ROWS for model in row.models}
    lines = [f"| {path.stem} | `{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}` |"
             for path in sorted(files) if path.exists()]
    return "\n".join(["## Weights", "", "Made with these files of `models/`:", "",
                      "| file | sha256 begins |", "|---|---|", *lines, ""])


def main():
    parser = argparse.ArgumentParser(prog="docs/gallery.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=SHARED / "data")
    data = parser.parse_args().data
    docs = ROOT / "docs"
    (docs / "gallery").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for row in ROWS:
            print(row.name)
            picture_of(row, data, folder).save(docs / "gallery" / f"{row.name}.png", optimize=True)
    before_after(data).save(docs / "before-after.png", optimize=True)
    (docs / "gallery.md").write_text(HEAD + "".join(map(section, ROWS)) + weights(),
                                     encoding="utf-8")


if __name__ == "__main__":
    main()
