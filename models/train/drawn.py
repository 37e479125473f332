# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pictures of our own making to train on beside photos: text, lines, shapes, charts,
screens, noise. And pictures that are no reduction of anything.

All are grey. Those of KINDS are drawn large and made small as photos are. Those of
SMALL_KINDS are drawn small: what a larger picture of them would be is anybody's guess,
and the target is the cubic upscale, sharpened once by what it lacks when it is made
small again.
"""

import functools
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from models.train.imresize import imresize, round_half_up, taps

SIZE = 128  # of the small picture
SMALL_SHARE = 0.3  # of pictures that are drawn small
STEEP = 25  # how far a target of SMALL_KINDS may leave the small picture's range

FONT_FOLDER = Path("/usr/share/fonts")
# The faces of these families are for tests: no network sees them in training.
FONTS_HELD_OUT = ("dejavu", "lato", "linuxlibertine", "linlibertine", "cantarell")
FONT_SUFFIXES = (".ttf", ".otf")
WORDS = """the of and to in is that for it as was with be by on not he his but at are this have
from or had an they which one you were all her she there would their we him been has when who
will no more if out so up said what its about than into them can only other time new some could
these two may first then do any like my now over such our man me even most made after also did
many off before must well back through years where much your way down should because long each
Quickly Widths Jumping Vexed Zephyr Boxing Wizards Kiln Gnome Amber Level Signal Frame Buffer
Exit Open Save Close Help View Edit File Menu OK Cancel 100% 12:45 2,048 0x7f #31 [ok] {a;b}
www.example.org info@example.org (c) AVAILABLE NEWS LIVE TODAY WARNING Übergröße façade naïve"""
WORDS = WORDS.split()


def is_held_out(path):
    return any(name in str(path).lower() for name in FONTS_HELD_OUT)


@functools.lru_cache(maxsize=None)
def fonts(held_out=False):
    """Paths of the fonts at hand, sorted: those to train on, or the others."""
    paths = sorted(path for suffix in FONT_SUFFIXES for path in FONT_FOLDER.rglob("*" + suffix))
    return [path for path in paths if is_held_out(path) == held_out and _has_latin(path)]


def _has_latin(path):
    """Noto's fonts of other scripts draw boxes for a and g."""
    try:
        font = ImageFont.truetype(str(path), 20)
        return bytes(font.getmask("a")) != bytes(font.getmask("g"))
    except OSError:
        return False


# ------------------------------------------------------------------- helpers --

def two_levels(random, contrast=20):
    """Background and ink: often black and white, both ways round."""
    if random.random() < 0.4:
        pair = (255, 0) if random.random() < 0.5 else (0, 255)
        return pair if random.random() < 0.7 else tuple(np.clip(
            np.array(pair) + random.integers(-40, 41, 2), 0, 255))
    while True:
        pair = random.integers(0, 256, 2)
        if abs(int(pair[0]) - int(pair[1])) >= contrast:
            return tuple(pair)


def mesh(size):
    return np.meshgrid(np.arange(size, dtype=np.float64), np.arange(size, dtype=np.float64),
                       indexing="ij")


def to_uint8(picture):
    return round_half_up(picture).astype(np.uint8)


def mix(coverage, levels):
    """`coverage` 0..1 of ink on the background."""
    return to_uint8(float(levels[0]) + coverage * (float(levels[1]) - float(levels[0])))


def coverage(random, size, draw):
    """What draw(pen, f) covers of a size x size picture, 0..1. It is drawn `f` times as
    large: 1 for hard edges, 4 for soft ones at any position."""
    f = 1 if random.random() < 0.35 else 4
    image = Image.new("L", (f * size, f * size), 0)
    draw(ImageDraw.Draw(image), f)
    return np.asarray(image.resize((size, size), Image.Resampling.BOX)) / 255


def background(random, size):
    """A level, or a gradient."""
    if random.random() < 0.75:
        return np.full((size, size), float(random.integers(0, 256)))
    y, x = mesh(size)
    a, b, c = random.uniform(0, 255, 3)
    return a + (b - a) * y / size + (c - a) * x / size


# --------------------------------------------------------------------- kinds --

def some_words(random, n):
    words = " ".join(WORDS[i] for i in random.integers(0, len(WORDS), n))
    return words.upper() if random.random() < 0.15 else words


def font_size(random, scale, size):
    """Pixels; small ones often."""
    largest = min(36 * scale, size / 3)
    return float(np.exp(random.uniform(np.log(3.2 * scale), np.log(largest))))


def text_coverage(random, size, scale, face, pixels):
    """Lines of text from some point left of and above the picture; hinted, or at any
    position and sometimes turned."""
    hinted = random.random() < 0.5
    f = 1 if hinted else 3
    font = ImageFont.truetype(str(face), max(4, round(pixels * f)))
    extent = size * f
    turned = not hinted and random.random() < 0.3
    canvas = 2 * extent if turned else extent
    image = Image.new("L", (canvas, canvas), 0)
    pen = ImageDraw.Draw(image)
    # Some video has text without soft edges.
    pen.fontmode = "1" if hinted and random.random() < 0.2 else "L"
    step = font.size * random.uniform(1.1, 1.6)
    y = random.uniform(-step, 0)
    while y < canvas:
        n = int(canvas / (font.size * 2.2)) + 3
        pen.text((round(random.uniform(-step, step / 2)), round(y)), some_words(random, n),
                 fill=255, font=font)
        y += step
    if turned:
        image = image.rotate(random.uniform(-90, 90), Image.Resampling.BICUBIC)
        at = (canvas - extent) // 2
        image = image.crop((at, at, at + extent, at + extent))
    return np.asarray(image.resize((size, size), Image.Resampling.BOX)) / 255


def text(random, size, scale, held_out=False):
    faces = fonts(held_out)
    face = faces[random.integers(len(faces))]
    ink = text_coverage(random, size, scale, face, font_size(random, scale, size))
    levels = two_levels(random, 40)
    if random.random() < 0.2:
        ground = background(random, size)
        return to_uint8(ground + ink * (float(levels[1]) - ground))
    return mix(ink, levels)


def lines(random, size, scale):
    """Thin lines, at any angle or straight, and dots."""
    n, straight = random.integers(2, 30), random.random() < 0.5

    def draw(pen, f):
        for _ in range(n):
            width = max(1, round(f * random.choice((1, 1, 1, 2, 2, 3, scale))))
            x, y, u, v = random.uniform(0, size, 4)
            if straight:
                u, v = (x, v) if random.random() < 0.5 else (u, y)
            pen.line([round(f * c) for c in (x, y, u, v)], fill=255, width=width)
        for _ in range(n if random.random() < 0.5 else 0):
            x, y = np.round(f * random.uniform(0, size, 2))
            side = f * random.choice((1, 2, 3, scale)) - 1
            pen.rectangle((x, y, x + side, y + side), fill=255)
    return mix(coverage(random, size, draw), two_levels(random))


def grid_of_dots(random, size, scale):
    """Dots or lines at a regular distance, as on test charts."""
    period, width = random.integers(3, 14 * scale), random.integers(1, 4)
    y, x = mesh(size)
    on_y, on_x = y % period < width, x % period < width
    joined = on_y & on_x if random.random() < 0.5 else on_y | on_x
    return mix(joined.astype(float), two_levels(random))


def shapes(random, size, scale):
    """Polygons, discs, arcs over one another."""
    n = random.integers(2, 40)
    picture = background(random, size)
    for _ in range(n):
        x, y = random.uniform(0, size, 2)
        r = size * 0.02 / random.random() ** 0.8
        kind = random.integers(4)

        def draw(pen, f):
            box = [round(f * c) for c in (x - r, y - r, x + r, y + r)]
            if kind == 0:
                pen.ellipse(box, fill=255)
            elif kind == 1:
                pen.ellipse(box, outline=255, width=max(1, round(f * random.integers(1, 5))))
            elif kind == 2:
                pen.rectangle(box, fill=255)
            else:
                corners = random.uniform(-1.5 * r, 1.5 * r, (random.integers(3, 7), 2)) + (x, y)
                pen.polygon([tuple(f * c) for c in corners], fill=255)
        ink = coverage(random, size, draw)
        level = float(random.integers(0, 256))
        picture = picture + ink * (level - picture)
    return to_uint8(picture)


def checkers(random, size, scale):
    period = random.integers(1, 8 * scale)
    y, x = mesh(size)
    if random.random() < 0.3:
        angle = random.uniform(0, np.pi)
        y, x = y * np.cos(angle) - x * np.sin(angle) + 2000, y * np.sin(angle) + x * np.cos(angle) + 2000
    shift = random.integers(0, 2 * period, 2)
    other = period if random.random() < 0.6 else random.integers(1, 8 * scale)
    on = ((y + shift[0]) // period + (x + shift[1]) // other) % 2
    return mix(on, two_levels(random))


def grating(random, size, scale):
    """Sines or bars at any angle, often at one of the axes."""
    y, x = mesh(size)
    angle = random.choice((0, np.pi / 2, np.pi / 4)) if random.random() < 0.5 \
        else random.uniform(0, np.pi)
    period = np.exp(random.uniform(np.log(1.6), np.log(16 * scale)))
    if random.random() < 0.5:
        period = max(2, round(period))
    wave = np.sin(2 * np.pi * (y * np.cos(angle) + x * np.sin(angle)) / period
                  + random.uniform(0, 2 * np.pi))
    if random.random() < 0.5:
        wave = np.sign(wave + 1e-9)
    return mix((wave + 1) / 2, two_levels(random))


def zone_plate(random, size, scale):
    y, x = mesh(size)
    centre = random.uniform(0, size, 2)
    reach = random.uniform(0.3, 1.2) * np.pi / size
    phase = reach * ((y - centre[0]) ** 2 + (x - centre[1]) ** 2) / 2
    return mix((np.cos(phase) + 1) / 2, two_levels(random))


def rays(random, size, scale):
    """A star of Siemens."""
    y, x = mesh(4 * size)
    centre = random.uniform(0, 4 * size, 2)
    turn = np.arctan2(y - centre[0], x - centre[1]) * random.integers(8, 60) / 2
    ink = np.sin(turn + random.uniform(0, 6)) > 0
    image = Image.fromarray((255 * ink).astype(np.uint8)).resize((size, size), Image.Resampling.BOX)
    return mix(np.asarray(image) / 255, two_levels(random))


def dither(random, size, scale):
    """Few levels, by ordered dither or by noise."""
    y, x = mesh(size)
    smooth = background(random, size) + 60 * np.sin(y / random.uniform(20, 99)) \
        * np.sin(x / random.uniform(20, 99))
    n = int(random.choice((1, 1, 2, 3, 7)))
    if random.random() < 0.6:
        bayer = np.zeros((1, 1))
        for _ in range(random.integers(1, 4)):
            bayer = np.block([[4 * bayer, 4 * bayer + 2], [4 * bayer + 3, 4 * bayer + 1]])
        threshold = np.tile((bayer + 0.5) / bayer.size, (size, size))[:size, :size]
    else:
        threshold = random.random((size, size))
    levels = np.floor(np.clip(smooth, 0, 255) / 255 * n + threshold)
    zoom = random.choice((1, 1, 2, scale))
    picture = to_uint8(np.clip(levels, 0, n) * 255 / n)
    return picture.repeat(zoom, 0).repeat(zoom, 1)[:size, :size]


def noisy_field(random, size, scale):
    """A level or a gradient with noise of any strength, in a field or all over."""
    picture = background(random, size)
    noise = random.normal(0, np.exp(random.uniform(np.log(1), np.log(90))), (size, size))
    if random.random() < 0.4:
        top, left = random.integers(0, size // 2, 2)
        mask = np.zeros((size, size))
        mask[top:top + size // 2, left:left + size // 2] = 1
        noise *= mask
    return to_uint8(picture + noise)


def snow(random, size, scale):
    """Specks of any size, few or many."""
    side = int(random.choice((1, 2, scale, 2 * scale)))
    n = -(-size // side)
    share = np.exp(random.uniform(np.log(0.003), np.log(0.6)))
    field = random.random((n, n)) < share
    bright = random.integers(0, 256, (n, n)) if random.random() < 0.5 else 255
    ground = random.choice((0, 0, 255, random.integers(256)))
    picture = np.where(field, np.abs(ground - bright), ground)
    return picture.astype(np.uint8).repeat(side, 0).repeat(side, 1)[:size, :size]


def steps(random, size, scale):
    """Bars and steps of grey, as test charts have: sharp edges, flat fields."""
    n = random.integers(2, 20)
    edges = np.sort(random.integers(0, size, n))
    profile = random.integers(0, 256, n + 1)[np.searchsorted(edges, np.arange(size), "right")]
    picture = np.broadcast_to(profile, (size, size)).astype(np.float64)
    if random.random() < 0.3:
        return to_uint8((picture + picture.T) / 2)
    return to_uint8(picture if random.random() < 0.5 else picture.T)


def curves(random, size, scale):
    """Graphs: thin functions over a grid with labels."""
    levels = two_levels(random, 60)
    x = np.arange(size)
    ys = [size / 2 + random.uniform(5, size / 3) * np.sin(x / random.uniform(4, 60)
                                                           + random.uniform(0, 6))
          for _ in range(random.integers(1, 5))]
    width = random.integers(1, 4)

    def draw(pen, f):
        for y in ys:
            pen.line([(f * a, f * b) for a, b in zip(x, y)], fill=255,
                     width=max(1, round(f * width)))
    ink = coverage(random, size, draw)
    period = random.integers(6 * scale, 20 * scale)
    rules = ((mesh(size)[0] % period == 0) | (mesh(size)[1] % period == 0)) * 0.4
    return mix(np.maximum(ink, rules), levels)


def screen(random, size, scale):
    """A desktop: panels with borders, titles, text, buttons."""
    picture = background(random, size)
    for _ in range(random.integers(2, 7)):
        top, left = random.integers(-size // 8, size * 3 // 4, 2)
        height, width = random.integers(size // 8, size, 2)
        area = (slice(max(top, 0), top + height), slice(max(left, 0), left + width))
        part = picture[area]
        if min(part.shape) < 4 * scale:
            continue
        levels = two_levels(random, 60)
        part[:] = levels[0]
        if random.random() < 0.8:
            face = fonts()[random.integers(len(fonts()))]
            ink = text_coverage(random, size, scale, face,
                                random.uniform(3.6, 10) * scale)[:part.shape[0], :part.shape[1]]
            part += ink * (float(levels[1]) - part)
        bar = random.integers(2, 10) * scale
        if random.random() < 0.5:
            part[:bar] = random.integers(0, 256)
        rim = random.integers(0, 4)
        if rim:
            level = random.integers(0, 256)
            for side in (part[:rim], part[-rim:], part[:, :rim], part[:, -rim:]):
                side[:] = level
    return to_uint8(picture)


def flat(random, size, scale):
    return to_uint8(background(random, size))


KINDS = {text: 7, screen: 3, lines: 3, grid_of_dots: 1, shapes: 3, curves: 1, checkers: 1.5,
         grating: 2, zone_plate: 1, rays: 0.7, dither: 1.5, noisy_field: 2, snow: 1, steps: 1,
         flat: 0.5}
SMALL_KINDS = {text: 2, lines: 3, grid_of_dots: 1, shapes: 1, checkers: 1.5, grating: 2,
               zone_plate: 0.7, rays: 0.3, dither: 1.5, noisy_field: 2.5, snow: 2.5, steps: 0.7,
               screen: 0.7, curves: 0.5}


def choose(random, kinds):
    shares = np.cumsum(list(kinds.values()))
    return list(kinds)[np.searchsorted(shares, random.random() * shares[-1])]


# --------------------------------------------------------------------- pairs --

@functools.lru_cache(maxsize=None)
def resizing(n_in, n_out):
    """Rows of one size from rows of another, as a matrix."""
    weight, index = taps(n_in, n_out, n_out / n_in)
    matrix = np.zeros((n_out, n_in))
    np.add.at(matrix, (np.arange(n_out)[:, None], index), weight)
    return matrix


def resize(picture, factor):
    """As imresize(), of floats, not rounded."""
    matrices = [resizing(n, round(n * factor)) for n in picture.shape]
    return matrices[0] @ picture @ matrices[1].T


def plausible(low, scale):
    """A large picture for a small one that has none."""
    low = low.astype(np.float64)
    high = resize(low, scale)
    high += resize(low - resize(high, 1 / scale), scale)
    return limit(low, high, STEEP)


REACH = 3  # pixels: what is nearby


def surroundings(low):
    """Least and largest of the pixels within REACH, both of low's shape."""
    width = [(0, 0)] * (low.ndim - 2) + [(REACH, REACH)] * 2
    padded = np.pad(low, width, mode="edge")
    return _window(np.minimum, padded), _window(np.maximum, padded)


def _window(choose_one, part):
    """Of windows of 7 by 7: of 2, of 4, of 7 in a row, along both axes."""
    for step in (1, 2, 3):
        part = choose_one(part[..., step:, :], part[..., :-step, :])
        part = choose_one(part[..., step:], part[..., :-step])
    return part


def limit(low, high, steep):
    """`high` no further than `steep` beyond what `low` is nearby."""
    *rest, height, width = low.shape
    scale = high.shape[-1] // width
    least, largest = (part.reshape(*rest, height, 1, width, 1) for part in surroundings(low))
    parts = high.reshape(*rest, height, scale, width, scale)
    return np.clip(parts, least - steep, largest + steep).reshape(high.shape)


def _is_small(random):
    return random.random() < SMALL_SHARE


def is_small(seed):
    """Whether pair() of this seed is drawn small."""
    return _is_small(np.random.default_rng(seed))


def pair(seed, scale, shrink=None, size=SIZE):
    """(low, high): grey of 0..255, high of floats where low is no reduction of it.

    `shrink(high, scale, random)` is what makes the small picture, if not imresize().
    """
    random = np.random.default_rng(seed)
    if _is_small(random):
        low = choose(random, SMALL_KINDS)(random, size, 1)
        return low, plausible(low, scale)
    high = choose(random, KINDS)(random, size * scale, scale)
    return shrink(high, scale, random) if shrink else imresize(high, 1 / scale), high


def text_pair(seed, scale, size=SIZE):
    """Text in a font that is held out."""
    high = text(np.random.default_rng(seed), size * scale, scale, True)
    return imresize(high, 1 / scale), high
