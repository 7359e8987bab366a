#!/usr/bin/env python3
"""Draw a network's filters, and a classifier's log-covariance matrices.

Left: the filters of one convolution or several, each scaled to its own largest weight, grey where
the weight is zero, ordered by norm. Those of three channels are colour images, those of one are
grey. A filter of more channels is a column of grey tiles, one for each input map that it is
connected to. Right, with --activations (extract_activations of the layer that is second_order): the
mean matrix of each class, less the mean over all images; features are ordered by their leading
principal directions over the classes, so that features that differ alike between classes stand
together.
"""

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from hdf5_tools import open_file, read_array, read_strings  # noqa: E402
from script_tools import DataError, check_figure, option_parser, run, save_figure  # noqa: E402
from tiles import contrast, tile_sheet  # noqa: E402


def read_weights(path, layer):
    """Filters (filters, height, width, channels), and connected (filters, channels)."""
    with open_file(path, "eigenprop-checkpoint") as file:
        name = f"parameters/{layer}.weight"
        if name not in file:
            raise DataError(f"{path}: has no layer '{layer}' with weights")
        if file[name].ndim != 4:
            raise DataError(f"{path}: layer '{layer}' is no convolution, its weights are "
                            f"{file[name].shape}")
        filters = read_array(file, name, "f", 4).transpose(3, 0, 1, 2)
        mask, connected = f"parameters/{layer}.connections", None
        if mask in file:
            connected = read_array(file, mask, "fiu", 2).T > 0
            counts = set(connected.sum(axis=1))
            if connected.shape != (len(filters), filters.shape[3]) or len(counts) > 1 or (
                    0 in counts):
                raise DataError(f"{path}: /{mask} does not fit the weights of layer '{layer}', or "
                                "filters are connected to different numbers of maps")
    if connected is None:
        connected = np.ones((len(filters), filters.shape[3]), bool)
    return filters, connected


def filter_images(filters, connected):
    """Images in 0 ... 1, (filters, height, width, 1 or 3), ordered by norm; NaN between tiles."""
    # Weights without connection are stored as they were drawn, and not used.
    filters = filters * connected[:, None, None, :]
    order = np.argsort(-np.linalg.norm(filters.reshape(len(filters), -1), axis=1))
    filters, connected = filters[order], connected[order]
    images = contrast(filters)
    if images.shape[3] in (1, 3):
        return images
    columns = [np.moveaxis(image[:, :, kept], 2, 0) for image, kept in zip(images, connected)]
    spaced = np.pad(np.stack(columns), ((0, 0), (0, 0), (0, 1), (0, 0)), constant_values=np.nan)
    return spaced.reshape(len(images), -1, images.shape[2], 1)[:, :-1]


def read_classes(path):
    """Mean matrix of each class and the classes' names."""
    with open_file(path, "eigenprop-activations") as file:
        features = file["features"]
        labels = read_array(file, "labels/class", "iu", 1)
        names = read_strings(file, "labels/names")
        if features.ndim != 3 or features.shape[1] != features.shape[2]:
            raise DataError(f"{path}: holds no square matrices but {features.shape}; "
                            "extract the layer that is second_order")
        if len(labels) != len(features) or labels.min() < 0 or labels.max() >= len(names):
            raise DataError(f"{path}: /labels/class are no classes of {len(features)} images")
        sums = np.zeros((len(names), *features.shape[1:]))
        for first in range(0, len(labels), 500):
            block = features[first:first + 500].astype(float)
            np.add.at(sums, labels[first:first + 500], block)
    counts = np.bincount(labels, minlength=len(names))
    present = counts > 0
    means = sums[present] / counts[present, None, None]
    return means, [name for name, there in zip(names, present) if there]


def draw_filters(axis, path, layer):
    filters, connected = read_weights(path, layer)
    title = f"{len(filters)} filters of layer '{layer}'"
    space = 1
    if filters.shape[3] not in (1, 3):
        title += f",\n{connected[0].sum()} of {filters.shape[3]} input maps each"
        space = 3
    axis.imshow(tile_sheet(filter_images(filters, connected), space), interpolation="nearest")
    axis.set_axis_off()
    axis.set_title(title)


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
    check_figure(arguments.output, [arguments.checkpoint, arguments.activations])
    layers = arguments.layer
    classes = read_classes(arguments.activations) if arguments.activations else None
    widths = [1] * len(layers) + ([2.1] if classes else [])
    figure = plt.figure(figsize=(5 * len(layers) + (9 if classes else 0), 5))
    grid = figure.add_gridspec(1, len(widths), width_ratios=widths, wspace=0.05, left=0.02,
                               right=0.95, top=0.9, bottom=0.02)
    for i, layer in enumerate(layers):
        draw_filters(figure.add_subplot(grid[0, i]), arguments.checkpoint, layer)
    if classes:
        draw_matrices(figure, grid[0, -1], *classes)
    save_figure(figure, arguments.output)


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("checkpoint", help="checkpoint of a training (HDF5)")
    parser.add_argument("--layer", nargs="+", default=["conv1"], help="convolutions (conv1)")
    parser.add_argument("--activations", help="stored matrices (HDF5)")
    parser.add_argument("--output", required=True, help="PNG file to write")
    run(lambda: draw(parser.parse_args()))
