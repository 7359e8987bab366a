#!/usr/bin/env python3
"""Draw a classifier's first filters and its log-covariance matrices.

Left: the filters of the first convolution as colour images, each scaled to its own largest
weight, grey where the weight is zero, ordered by norm. Right, with --activations (extract_activations
of the layer that is second_order): the mean matrix of each class, less the mean over all images;
features are ordered by their leading principal directions over the classes, so that features that
differ alike between classes stand together.
"""

import argparse

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from eigenprop_data import DataError, open_file, output_file, run  # noqa: E402


def read_filters(path, layer):
    with open_file(path, "eigenprop-checkpoint") as file:
        name = f"parameters/{layer}.weight"
        if name not in file:
            raise DataError(f"{path}: has no layer '{layer}' with weights")
        weights = file[name][:]
    if weights.ndim != 4 or weights.shape[2] != 3:
        raise DataError(f"{path}: layer '{layer}' is no convolution of a colour image, "
                        f"its weights are {weights.shape}")
    return weights.transpose(3, 0, 1, 2)


def read_classes(path):
    """Mean matrix of each class and the classes' names."""
    with open_file(path, "eigenprop-activations") as file:
        features = file["features"]
        if features.ndim != 3 or features.shape[1] != features.shape[2]:
            raise DataError(f"{path}: holds no square matrices but {features.shape}; "
                            "extract the layer that is second_order")
        labels = file["labels/class"][:]
        names = [name.decode() for name in file["labels/names"]]
        sums = np.zeros((len(names), *features.shape[1:]))
        for first in range(0, len(labels), 500):
            block = features[first:first + 500].astype(float)
            np.add.at(sums, labels[first:first + 500], block)
    counts = np.bincount(labels, minlength=len(names))
    present = counts > 0
    means = sums[present] / counts[present, None, None]
    return means, [name for name, there in zip(names, present) if there]


def tile(filters):
    """All filters in one image, one pixel of space between them."""
    filters = filters[np.argsort(-np.linalg.norm(filters.reshape(len(filters), -1), axis=1))]
    count, height, width = filters.shape[:3]
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    sheet = np.ones((rows * (height + 1) + 1, columns * (width + 1) + 1, 3))
    for i, weights in enumerate(filters):
        scaled = 0.5 + 0.5 * weights / max(np.abs(weights).max(), 1e-30)
        y, x = i // columns * (height + 1) + 1, i % columns * (width + 1) + 1
        sheet[y:y + height, x:x + width] = scaled
    return sheet


def feature_order(differences):
    """Features along the angle in their two leading directions over the classes."""
    rows = differences.transpose(1, 0, 2).reshape(differences.shape[1], -1)
    _, _, directions = np.linalg.svd(rows, full_matrices=False)
    plane = rows @ directions[:2].T
    return np.argsort(np.arctan2(plane[:, 1], plane[:, 0]))


def draw_matrices(figure, grid, means, names):
    differences = means - means.mean(axis=0)
    order = feature_order(differences)
    differences = differences[:, order][:, :, order]
    limit = np.quantile(np.abs(differences), 0.995)
    columns = -(-len(names) // 2)
    inner = grid.subgridspec(2, columns, wspace=0.05, hspace=0.2)
    axes = []
    for i, (matrix, name) in enumerate(zip(differences, names)):
        axis = figure.add_subplot(inner[i // columns, i % columns])
        image = axis.imshow(matrix, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
        axis.set_title(name, fontsize=10)
        axis.set_xticks([])
        axis.set_yticks([])
        axes.append(axis)
    figure.colorbar(image, ax=axes, fraction=0.02, pad=0.01)


def draw(arguments):
    filters = read_filters(arguments.checkpoint, arguments.layer)
    classes = read_classes(arguments.activations) if arguments.activations else None
    figure = plt.figure(figsize=(14 if classes else 5, 5))
    grid = figure.add_gridspec(1, 2 if classes else 1, width_ratios=[1, 2.1] if classes else [1],
                               wspace=0.05, left=0.02, right=0.95, top=0.9, bottom=0.02)
    axis = figure.add_subplot(grid[0, 0])
    axis.imshow(tile(filters), interpolation="nearest")
    axis.set_axis_off()
    axis.set_title(f"{len(filters)} filters of layer '{arguments.layer}'")
    if classes:
        draw_matrices(figure, grid[0, 1], *classes)
    with output_file(arguments.output) as path:
        figure.savefig(path, dpi=110)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", help="checkpoint of train_classifier (HDF5)")
    parser.add_argument("--layer", default="conv1", help="convolution of the image (conv1)")
    parser.add_argument("--activations", help="stored matrices (HDF5)")
    parser.add_argument("--output", required=True, help="PNG file to write")
    run(lambda: draw(parser.parse_args()))
