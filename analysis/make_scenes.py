#!/usr/bin/env python3
"""Make synthetic scenes with exact ground truth, as a packed HDF5 data set.

A scene is 2 to 7 overlapping ellipses, polygons and half-planes, each connected and at
least 3% of the image. A segment has a texture (gratings in four orientations and two
wavelengths, checks, dots, fine and coarse noise, plain) and a colour. Colour alone does not
tell segments apart: many share it with a neighbour, all vary in colour within themselves,
and one uneven illumination with a shadow lies over everything. A network must learn to see
texture and to disregard light.

Every second scene is upright. A scene has 1 to 3 annotators: the first marks every segment,
each further one merges the two touching segments that are closest in colour. Image i depends
on the seed and on i only: a larger --count adds images at the end.
"""

import numpy as np
from scipy import ndimage

from eigenprop_data import dataset_writer
from script_tools import DataError, check_outputs, option_parser, positive, run, seed

SMALLEST_SHARE = 0.03
ATTEMPTS = 200


# --- Shapes: masks over a pixel grid, y and x in units of the longer side -------------


def grid(height, width):
    """y and x of the pixel centres, the longer side from -0.5 to 0.5."""
    longer = max(height, width)
    y, x = np.mgrid[:height, :width] + 0.5
    return (y - height / 2) / longer, (x - width / 2) / longer


def random_centre(rng, y, x):
    return rng.uniform(y.min(), y.max()) * 0.8, rng.uniform(x.min(), x.max()) * 0.8


def ellipse(rng, y, x):
    cy, cx = random_centre(rng, y, x)
    angle = rng.uniform(0, np.pi)
    u = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
    v = (y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)
    return (u / rng.uniform(0.12, 0.32)) ** 2 + (v / rng.uniform(0.12, 0.32)) ** 2 < 1


def polygon(rng, y, x):
    """Convex: the intersection of 3 to 6 half-planes around a centre."""
    cy, cx = random_centre(rng, y, x)
    sides = rng.integers(3, 7)
    angles = (np.arange(sides) + rng.uniform(-0.25, 0.25, sides)) * 2 * np.pi / sides
    angles += rng.uniform(0, 2 * np.pi)
    inside = np.ones(y.shape, bool)
    for angle, distance in zip(angles, rng.uniform(0.1, 0.25, sides)):
        inside &= (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle) < distance
    return inside


def half_plane(rng, y, x):
    angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(0.0, 0.3)
    return x * np.cos(angle) + y * np.sin(angle) > distance


SHAPES = (ellipse, ellipse, polygon, polygon, half_plane)


def is_sound(labels, count):
    """Whether every segment is connected and large enough."""
    for segment in range(count):
        mask = labels == segment
        if mask.mean() < SMALLEST_SHARE or ndimage.label(mask)[1] != 1:
            return False
    return True


def draw_labels(rng, height, width, count):
    """(height, width) ids 0 ... count-1; later shapes occlude earlier ones."""
    y, x = grid(height, width)
    labels = np.zeros((height, width), np.int64)
    segments = 1
    for _ in range(ATTEMPTS):
        if segments == count:
            return labels
        shape = SHAPES[rng.integers(len(SHAPES))]
        candidate = np.where(shape(rng, y, x), segments, labels)
        if is_sound(candidate, segments + 1):
            labels, segments = candidate, segments + 1
    return labels


# --- Textures: patterns of mean 0 and amplitude about 1, y and x in pixels ------------


def wave(rng, y, x, wavelength, angle):
    length = wavelength * rng.uniform(0.9, 1.1)
    turned = angle + np.deg2rad(rng.uniform(-8, 8))
    phase = rng.uniform(0, 2 * np.pi)
    return np.sin(2 * np.pi / length * (x * np.cos(turned) + y * np.sin(turned)) + phase)


def grating(wavelength, degrees):
    angle = np.deg2rad(degrees)
    return lambda rng, y, x: wave(rng, y, x, wavelength, angle)


def checks(rng, y, x):
    turn = rng.uniform(0, np.pi / 2)
    return np.sign(wave(rng, y, x, 9, turn) * wave(rng, y, x, 9, turn + np.pi / 2))


def dots(rng, y, x):
    both = wave(rng, y, x, 7, 0) + wave(rng, y, x, 7, np.pi / 2)
    return np.where(both > 0.9, 1.6, -0.4)


def noise(radius):
    def pattern(rng, y, x):
        values = ndimage.gaussian_filter(rng.standard_normal(y.shape), radius)
        return np.clip(values / values.std(), -2, 2) * 0.8

    return pattern


def plain(rng, y, x):
    return np.zeros(y.shape)


TEXTURES = (
    *(grating(wavelength, angle) for wavelength in (4, 8) for angle in (0, 45, 90, 135)),
    checks,
    dots,
    noise(0.6),
    noise(2.0),
    plain,
)


# --- Light and colour ------------------------------------------------------------------


def ramp(rng, y, x):
    """A linear function of mean about 0 in a random direction, over about -1 ... 1."""
    angle = rng.uniform(0, 2 * np.pi)
    return 2 * (x * np.cos(angle) + y * np.sin(angle))


def illumination(rng, y, x):
    """Light that falls off in one direction, and a soft shadow across it."""
    edge = ramp(rng, y, x) - rng.uniform(-0.4, 0.4)
    shadow = 1 / (1 + np.exp(-edge / rng.uniform(0.03, 0.15)))
    return (1 + 0.35 * ramp(rng, y, x)) * (1 - rng.uniform(0.2, 0.5) * shadow)


def touching_pairs(labels):
    """Sorted pairs (i, j), i < j, of segments with a common border."""
    right = np.stack([labels[:, :-1].ravel(), labels[:, 1:].ravel()], 1)
    below = np.stack([labels[:-1].ravel(), labels[1:].ravel()], 1)
    pairs = np.concatenate([right, below])
    pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
    return np.unique(pairs, axis=0)


def draw_colours(rng, labels, count):
    """(count, 3) base colours; more than half are those of a neighbour, almost."""
    colours = rng.uniform(0.25, 0.75, (count, 3))
    for first, second in touching_pairs(labels):
        if rng.random() < 0.6:
            colours[second] = colours[first] + rng.normal(0, 0.02, 3)
    return np.clip(colours, 0.2, 0.8)


def draw_image(rng, labels, colours):
    """(height, width, 3) uint8."""
    height, width = labels.shape
    y, x = np.mgrid[:height, :width].astype(float)
    v, u = grid(height, width)
    image = np.empty((height, width, 3))
    textures = rng.permutation(len(TEXTURES))
    for segment, colour in enumerate(colours):
        mask = labels == segment
        pattern = TEXTURES[textures[segment]](rng, y, x) * rng.uniform(0.2, 0.4)
        tint = 1 + rng.normal(0, 0.15, 3)
        drift = ramp(rng, v, u)[..., None] * rng.normal(0, 0.1, 3)
        shade = colour * (1 + pattern[..., None] * tint) + drift
        image[mask] = shade[mask]
    image *= illumination(rng, v, u)[..., None]
    image += rng.normal(0, 0.02, image.shape)
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)


def annotate(rng, labels, colours):
    """The annotators' label maps, from the finest to the coarsest."""
    colours, areas = colours.copy(), np.bincount(labels.ravel()).astype(float)
    annotations = [labels]
    for _ in range(min(rng.integers(1, 4), len(colours) - 1) - 1):
        pairs = touching_pairs(annotations[-1])
        distance = np.linalg.norm(colours[pairs[:, 0]] - colours[pairs[:, 1]], axis=1)
        kept, merged = pairs[distance.argmin()]
        share = areas[merged] / (areas[kept] + areas[merged])
        colours[kept] += share * (colours[merged] - colours[kept])
        areas[kept] += areas[merged]
        annotations.append(np.where(annotations[-1] == merged, kept, annotations[-1]))
    return annotations


def make_scene(seed, index, height, width):
    """Image `index` of a seed: (h, w, 3) uint8 and its list of label maps."""
    rng = np.random.default_rng([seed, index])
    if index % 2:
        height, width = width, height
    labels = draw_labels(rng, height, width, int(rng.integers(2, 8)))
    colours = draw_colours(rng, labels, int(labels.max()) + 1)
    return draw_image(rng, labels, colours), annotate(rng, labels, colours)


def main():
    parser = option_parser(__doc__)
    parser.add_argument("--output", required=True, help="HDF5 file to write")
    parser.add_argument("--count", type=positive, default=120, help="scenes (default: 120)")
    parser.add_argument(
        "--height", type=int, default=120, help="pixels, of a lying scene (default: 120)"
    )
    parser.add_argument(
        "--width", type=int, default=160, help="pixels, of a lying scene (default: 160)"
    )
    parser.add_argument(
        "--seed", type=seed, default=1, help="another seed, other scenes (default: 1)"
    )
    options = parser.parse_args()
    if min(options.height, options.width) < 32:
        raise DataError("--height and --width must be at least 32 pixels")
    check_outputs([options.output])
    source = f"synthetic scenes, seed {options.seed}"
    with dataset_writer(options.output, source) as writer:
        for index in range(options.count):
            scene = make_scene(options.seed, index, options.height, options.width)
            writer.add(f"scene_{options.seed}_{index:05d}", *scene)
    print(f"{options.output}: {options.count} scenes")


if __name__ == "__main__":
    run(main)
