#!/usr/bin/env python3
"""Draw query images with their nearest neighbours in several embeddings.

Each query is a row; for each file of evaluate_embedding a group of its nearest training images,
nearest first. With targets of two columns (cos, sin), each image tells its angle in degrees.
"""

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from classification_data import ACTIVATIONS_FORMAT  # noqa: E402
from hdf5_tools import open_file  # noqa: E402
from script_tools import (  # noqa: E402
    DataError, check_figure, option_parser, positive, run, save_figure,
)
from point_data import EMBEDDING_FORMAT  # noqa: E402


def read_images(path):
    with open_file(path, ACTIVATIONS_FORMAT) as file:
        images = file["features"][:]
        if images.ndim == 3:
            images = images[..., None]
        if images.ndim != 4 or images.shape[3] not in (1, 3):
            raise DataError(f"{path}: features are no images but {images.shape}")
        angles = None
        if "targets" in file and file["targets"].shape[1] == 2:
            cosine, sine = file["targets"][:].T
            angles = np.rad2deg(np.arctan2(sine, cosine)) % 360
    return images, angles


def show(axis, images, angles, number):
    image = images[number]
    axis.imshow(image[..., 0] if image.shape[2] == 1 else image, cmap="gray",
                vmin=images.min(), vmax=images.max())
    if angles is not None:
        axis.set_title(f"{angles[number]:.0f}°", fontsize=7, pad=2)


def draw(arguments):
    paths = [item.rpartition("=")[2] for item in arguments.embeddings]
    check_figure(arguments.output, [arguments.train, arguments.test, *paths])
    train, train_angles = read_images(arguments.train)
    test, test_angles = read_images(arguments.test)
    groups = []
    for item in arguments.embeddings:
        label, _, path = item.rpartition("=")
        with open_file(path, EMBEDDING_FORMAT) as file:
            neighbours = file["neighbours"][:, :arguments.neighbours]
        if len(neighbours) != len(test):
            raise DataError(f"{path}: neighbours of {len(neighbours)} points, not of the "
                            f"{len(test)} in {arguments.test}")
        groups.append((label or path, neighbours))
    queries = np.linspace(0, len(test) - 1, arguments.queries).round().astype(int)
    width = arguments.neighbours
    columns = 1 + len(groups) * (width + 1)
    ratios = [1] + ([0.35] + [1] * width) * len(groups)
    figure, axes = plt.subplots(len(queries), columns, squeeze=False,
                                gridspec_kw={"width_ratios": ratios},
                                figsize=(0.62 * sum(ratios), 0.75 * len(queries) + 0.5))
    for axis in axes.ravel():
        axis.set_axis_off()
    for row, query in enumerate(queries):
        show(axes[row, 0], test, test_angles, query)
        for group, (_, neighbours) in enumerate(groups):
            for i, neighbour in enumerate(neighbours[query]):
                show(axes[row, 2 + group * (width + 1) + i], train, train_angles, neighbour)
    figure.subplots_adjust(left=0.01, right=0.99, top=0.93, bottom=0.01, wspace=0.08, hspace=0.3)
    for column, label in [(0, "query")] + [(2 + g * (width + 1), label)
                                           for g, (label, _) in enumerate(groups)]:
        box = axes[0, column].get_position()
        figure.text(box.x0, 0.97, label, fontsize=9)
    save_figure(figure, arguments.output, dpi=120)


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("embeddings", nargs="+", help="[LABEL=]FILE of evaluate_embedding")
    parser.add_argument("--train", required=True, help="images that neighbours come from")
    parser.add_argument("--test", required=True, help="query images")
    parser.add_argument("--queries", type=positive, default=8)
    parser.add_argument("--neighbours", type=positive, default=4)
    parser.add_argument("--output", required=True, help="PNG file to write")
    run(lambda: draw(parser.parse_args()))
