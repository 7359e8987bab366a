"""A small packed classification data set of striped images: the class is the stripes' direction.

    make_textures.py OUTPUT COUNT SEED [SIDE]

Sizes vary, or are SIDE x SIDE.
"""

import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "analysis"))
from classification_data import write_classification  # noqa: E402

NAMES = ["horizontal", "vertical", "diagonal"]


def stripes(generator, direction, height, width):
    y, x = np.mgrid[:height, :width]
    position = (y, x, x + y)[direction]
    wave = np.sin(position * generator.uniform(1.2, 1.8) + generator.uniform(0, 6))
    colour = generator.uniform(40, 90, 3)
    noise = generator.normal(0, 10, (height, width, 3))
    return np.clip(128 + wave[:, :, None] * colour + noise, 0, 255).astype(np.uint8)


def main(path, count, seed, side=None):
    generator = np.random.default_rng(seed)
    classes = generator.integers(0, len(NAMES), count)
    # Some smaller and some larger than the frame, and not square.
    sizes = [(side, side)] * 3 if side else [(12, 12), (10, 13), (16, 9)]
    images = [stripes(generator, c, *sizes[i % 3]) for i, c in enumerate(classes)]
    names = [f"stripes_{i:03d}" for i in range(count)]
    write_classification(path, images, classes, names, NAMES, "test")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
