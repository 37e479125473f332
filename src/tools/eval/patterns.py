# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pictures that are no photographs: text, charts, noise, and what else breaks networks.

    patterns()     Patterns: what goes into the upscaler as it is
    pages(scale)   what is made small first, and compared with the upscaled

All are uint8 [h, w] of full range, the same in every run. Text is set in DejaVu, or in
whatever Pillow has where that is not installed.
"""

import functools
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 112, 80
BLACK, GREY, WHITE = 0, 128, 255
LUMA = np.array([0.299, 0.587, 0.114])
FONTS = {"sans": "DejaVuSans.ttf", "serif": "DejaVuSerif.ttf", "mono": "DejaVuSansMono.ttf"}
PANGRAM = "Sphinx of black quartz, judge my vow. 0123456789"
DOT_FRAMES = 4


@dataclass(frozen=True)
class Pattern:
    name: str
    picture: np.ndarray
    wild: bool = False  # noise or a zone plate, whose detail no upscaler can know
    flat: bool = False


def grid():
    return np.mgrid[:HEIGHT, :WIDTH]


def blank(level):
    return np.full((HEIGHT, WIDTH), level, np.uint8)


def to_bytes(values):
    return np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)


def noise(seed, low=0, high=255):
    random = np.random.default_rng(seed)
    return random.integers(low, high, (HEIGHT, WIDTH), np.uint8, endpoint=True)


# -------------------------------------------------------------------- noise --

def noise_in_black():
    picture = blank(BLACK)
    inner = np.s_[HEIGHT // 4:3 * HEIGHT // 4, WIDTH // 4:3 * WIDTH // 4]
    picture[inner] = noise(1)[inner]
    return picture


def noisy_grey(seed, sigma):
    random = np.random.default_rng(seed)
    return to_bytes(GREY + random.normal(0, sigma, (HEIGHT, WIDTH)))


def salt_and_pepper():
    random = np.random.default_rng(4)
    picture = blank(GREY)
    kind = random.random(picture.shape)
    picture[kind < 0.03], picture[kind > 0.97] = BLACK, WHITE
    return picture


def confetti():
    random = np.random.default_rng(5)
    picture = blank(WHITE)
    for _ in range(90):
        y, x = random.integers(0, HEIGHT - 1), random.integers(0, WIDTH - 1)
        height, width = random.integers(1, 5, 2)
        picture[y:y + height, x:x + width] = random.integers(0, 256)
    return picture


# ----------------------------------------------------------- lines and dots --

def dots_and_lines(paper, ink):
    """A dot by itself, lines of one pixel upright, level and steep, a cross, a frame."""
    picture = blank(paper)
    picture[12, 12] = ink
    picture[6:74, 30] = ink
    picture[20, 40:104] = ink
    picture[40, 60:63] = picture[39:42, 61] = ink
    for x in range(36, 104):
        picture[52 + (x - 36) // 4, x] = ink
    picture[28:34, 84], picture[28:34, 90] = ink, ink
    picture[28, 84:91], picture[34, 84:91] = ink, ink
    return picture


def impulses(period):
    picture = blank(GREY)
    picture[period // 2::2 * period, period // 2::2 * period] = WHITE
    picture[period // 2 + period::2 * period, period // 2 + period::2 * period] = BLACK
    return picture


def border_lines():
    """Lines at the picture's very border, one pixel from it, and dots in its corners."""
    picture = blank(WHITE)
    picture[0], picture[:, 0] = BLACK, BLACK
    picture[-2, 6:-6], picture[6:-6, -2] = BLACK, BLACK
    picture[-1, -1] = picture[-1, 2] = BLACK
    return picture


def moving_dots(frame):
    """Round dots of odd sizes, a fraction of a pixel further in each frame."""
    y, x = grid()
    picture = np.full((HEIGHT, WIDTH), 235.0)
    for i, radius in enumerate((0.7, 1.1, 1.9, 2.7, 3.9)):
        centre_x = 12 + 20 * i + frame * (0.37 + 0.21 * i)
        centre_y = 16 + 12 * i - frame * (0.29 + 0.13 * i)
        cover = np.clip(radius + 0.5 - np.hypot(x - centre_x, y - centre_y), 0, 1)
        picture = picture * (1 - cover) + 16 * cover
    return to_bytes(picture)


# ------------------------------------------------------- repeating structure --

def checkers(size):
    y, x = grid()
    return to_bytes(255 * ((x // size + y // size) % 2))


def bars(period, angle):
    """A square wave, drawn without anti-aliasing."""
    y, x = grid()
    along = x * np.cos(angle) + y * np.sin(angle)
    return to_bytes(255 * (np.mod(along, period) < period / 2))


def grating(period, angle, phase=0.3):
    y, x = grid()
    along = x * np.cos(angle) + y * np.sin(angle)
    return to_bytes(127.5 + 127.5 * np.sin(2 * np.pi * along / period + phase))


def zone_plate():
    y, x = grid()
    rings = (x - WIDTH / 2) ** 2 + (y - HEIGHT / 2) ** 2
    return to_bytes(127.5 + 127.5 * np.cos(np.pi * rings / WIDTH))


BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])


def ordered_dither():
    threshold = (np.tile(BAYER, (HEIGHT // 4, WIDTH // 4)) + 0.5) / 16
    return to_bytes(255 * (np.linspace(0, 1, WIDTH) > threshold))


def diffused_dither():
    """Floyd and Steinberg's, of a slope."""
    values = np.tile(np.linspace(0, 255, WIDTH), (HEIGHT + 1, 1))
    for y in range(HEIGHT):
        for x in range(WIDTH):
            level = 255 if values[y, x] >= 128 else 0
            error, values[y, x] = values[y, x] - level, level
            if x + 1 < WIDTH:
                values[y, x + 1] += error * 7 / 16
                values[y + 1, x + 1] += error / 16
            values[y + 1, x] += error * 5 / 16
            if x > 0:
                values[y + 1, x - 1] += error * 3 / 16
    return to_bytes(values[:HEIGHT])


# ------------------------------------------------------------ charts, colours --

def luma_of(colours):
    return to_bytes(np.asarray(colours, np.float64) @ LUMA)


def test_picture():
    """Bars of saturated colours, a ramp, and a field of noise, as test sources have."""
    colours = luma_of([[255, 255, 255], [255, 255, 0], [0, 255, 255], [0, 255, 0],
                       [255, 0, 255], [255, 0, 0], [0, 0, 255]])
    picture = np.repeat(colours, WIDTH // 7)[None].repeat(HEIGHT, 0)
    picture[50:60] = np.tile([0, 255, 38, 80], WIDTH // 4)[None]
    picture[60:70] = to_bytes(np.linspace(0, 255, WIDTH))
    picture[70:] = BLACK
    picture[56:, 84:] = noise(6)[56:, 84:]
    return picture


def colour_edges():
    """Luma of saturated shapes on each other."""
    y, x = grid()
    colours = [(255, 0, 0), (0, 0, 255), (0, 255, 0), (255, 0, 255), (255, 255, 0), (0, 255, 255)]
    picture = np.zeros((HEIGHT, WIDTH, 3))
    picture[:] = colours[0]
    for i, colour in enumerate(colours[1:]):
        shape = (x * np.cos(i) + y * np.sin(i) > 20 + 14 * i) if i % 2 \
            else np.hypot(x - 20 * i - 12, y - 40) < 17
        picture[shape] = colour
    return luma_of(picture)


def steps():
    """Steps of one level, which nothing may turn into more."""
    _, x = grid()
    return to_bytes(96 + x // 3)


# --------------------------------------------------------------------- text --

@functools.cache
def font(kind, size):
    try:
        return ImageFont.truetype(FONTS[kind], size)
    except OSError:
        return ImageFont.load_default()


def write(image, place, text, kind, size, ink):
    ImageDraw.Draw(image).text(place, text, fill=ink, font=font(kind, size))


def text(paper, ink, sizes, width=WIDTH, height=HEIGHT):
    image = Image.new("L", (width, height), paper)
    y = 1
    for i, size in enumerate(sizes):
        write(image, (2 - 3 * (i % 3), y), PANGRAM[i % 7:] + " " + PANGRAM, list(FONTS)[i % 3],
              size, ink)
        y += size + 3
    return np.asarray(image)


def rotated_text(angle, paper=WHITE, ink=BLACK, width=WIDTH, height=HEIGHT, zoom=1):
    side = 2 * max(width, height)
    image = Image.new("L", (side, side), paper)
    for i in range(side // (14 * zoom)):
        write(image, (4 - 9 * i % 40, 14 * zoom * i), 4 * (PANGRAM + " "), list(FONTS)[i % 3],
              10 * zoom, ink)
    image = image.rotate(angle, Image.BICUBIC, fillcolor=paper)
    left, top = (side - width) // 2, (side - height) // 2
    return np.asarray(image.crop((left, top, left + width, top + height)))


# ---------------------------------------------------------------------- lists --

@functools.cache
def patterns():
    """All of WIDTH x HEIGHT."""
    found = [Pattern(f"flat-{level}", blank(level), flat=True)
             for level in (BLACK, 1, 16, GREY, 235, 254, WHITE)]
    found += [
        Pattern("noise-in-black", noise_in_black(), wild=True),
        Pattern("snow", noise(2), wild=True),
        Pattern("noise-of-8", noisy_grey(3, 8), wild=True),
        Pattern("noise-of-40", noisy_grey(7, 40), wild=True),
        Pattern("zone-plate", zone_plate(), wild=True),
        Pattern("salt-and-pepper", salt_and_pepper(), wild=True),
        Pattern("confetti", confetti()),
        Pattern("lines-on-white", dots_and_lines(WHITE, BLACK)),
        Pattern("lines-on-black", dots_and_lines(BLACK, WHITE)),
        Pattern("lines-on-grey", dots_and_lines(GREY, WHITE)),
        Pattern("border-lines", border_lines()),
        Pattern("impulses-5", impulses(5)),
        Pattern("impulses-8", impulses(8)),
        Pattern("ordered-dither", ordered_dither()),
        Pattern("diffused-dither", diffused_dither()),
        Pattern("test-picture", test_picture(), wild=True),
        Pattern("colour-edges", colour_edges()),
        Pattern("steps", steps()),
        Pattern("text", text(WHITE, BLACK, (7, 8, 9, 11, 13))),
        Pattern("text-on-black", text(BLACK, WHITE, (8, 10, 12, 16))),
        Pattern("text-grey", text(96, 150, (9, 10, 14, 18))),
        Pattern("rotated-text", rotated_text(17)),
    ]
    found += [Pattern(f"checkers-{size}", checkers(size)) for size in (1, 2, 3, 5)]
    found += [Pattern(f"bars-{period}-{degrees}", bars(period, np.radians(degrees)))
              for period, degrees in ((3, 0), (5, 90), (7, 0), (7, 33), (11, 71))]
    found += [Pattern(f"grating-{period}-{degrees}", grating(period, np.radians(degrees)))
              for period, degrees in ((3, 0), (5, 90), (7, 27), (9, 63), (2.7, 45))]
    found += [Pattern(f"moving-dots-{frame}", moving_dots(frame)) for frame in range(DOT_FRAMES)]
    return tuple(found)


def scene(width, height):
    """Something of a photograph: smooth shapes, soft edges, fine texture."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    random = np.random.default_rng(9)
    picture = 120 + 40 * np.sin(x / 61 + 1) * np.cos(y / 47)
    for _ in range(24):
        centre_x, centre_y = random.random(2) * (width, height)
        radius, level, soft = random.uniform(8, 50), random.uniform(-80, 80), random.uniform(0.6, 6)
        stretch = random.uniform(0.4, 2)
        distance = np.hypot((x - centre_x) * stretch, y - centre_y)
        picture = picture + level / (1 + np.exp(np.clip((distance - radius) / soft, -50, 50)))
    return to_bytes(picture + 5 * np.sin(x * 0.9 + y * 0.4) + random.normal(0, 1.5, x.shape))


def pages(scale):
    """[(name, picture)] to be made small, `scale` times WIDTH x HEIGHT."""
    width, height = scale * WIDTH, scale * HEIGHT
    sizes = [scale * size for size in (6, 7, 8, 10, 14)]
    return [("page-text", text(WHITE, BLACK, sizes, width, height)),
            ("page-text-on-black", text(BLACK, 235, sizes, width, height)),
            ("page-rotated-text", rotated_text(11, width=width, height=height, zoom=scale)),
            ("page-scene", scene(width, height))]
