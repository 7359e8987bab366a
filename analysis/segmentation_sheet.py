#!/usr/bin/env python3
"""Draw a sheet of segmentations: input, ground truth, and results side by side.

A row an image, or several with --across; a column for the input, for its finest human segmentation,
and for each result file of the driver `segment`. Of a result's set of segmentations the sheet shows
the one with the highest mean covering over the human segmentations, and prints that covering.
"""

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from eigenprop_data import DATASET_FORMAT, read_packed  # noqa: E402
from script_tools import (  # noqa: E402
    DataError, check_figure, option_parser, positive, run, save_figure,
)


def covering(segmentation, truth):
    """Covering of the ground truth: sum of area times best intersection over union."""
    rows, columns = int(truth.max()) + 1, int(segmentation.max()) + 1
    pairs = truth.astype(np.int64).ravel() * columns + segmentation.ravel()
    shared = np.bincount(pairs, minlength=rows * columns).reshape(rows, columns)
    area = shared.sum(axis=1)
    union = area[:, None] + shared.sum(axis=0)[None, :] - shared
    return float((area * (shared / union).max(axis=1)).sum() / area.sum())


def best_of_set(segmentations, truths):
    """The segmentation with the highest mean covering, and that covering."""
    scores = [np.mean([covering(s, t) for t in truths]) for s in segmentations]
    best = int(np.argmax(scores))
    return segmentations[best], scores[best]


def finest(truths):
    """The human segmentation of the most segments."""
    return max(truths, key=np.max)


def mean_colours(pixels, labels):
    """The image with every segment in its mean colour and white boundaries."""
    count = np.maximum(np.bincount(labels.ravel()), 1)
    channels = [
        np.bincount(labels.ravel(), pixels[..., c].ravel())[: len(count)] / count
        for c in range(3)
    ]
    picture = np.stack(channels, axis=1)[labels].astype(np.uint8)
    boundary = np.zeros(labels.shape, bool)
    boundary[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    boundary[1:] |= labels[1:] != labels[:-1]
    picture[boundary] = 255
    return picture


def parse_arguments():
    parser = option_parser(__doc__)
    parser.add_argument("--data", required=True, help="packed images with ground truth")
    parser.add_argument("--untrained", help="segmentations with the untrained network")
    parser.add_argument("--trained", help="segmentations with the trained network")
    parser.add_argument(
        "--result", action="append", default=[], metavar="TITLE=FILE", help="any other result"
    )
    parser.add_argument("--rows", type=positive, default=6, help="rows (default: 6)")
    parser.add_argument("--across", type=positive, default=1, help="images in a row (default: 1)")
    parser.add_argument("--output", required=True, help="PNG file to write")
    return parser.parse_args()


def named_results(arguments):
    results = []
    for item in arguments.result:
        title, _, path = item.partition("=")
        if not path:
            raise DataError(f"--result {item}: expected TITLE=FILE")
        results.append((title, path))
    for title in ("untrained", "trained"):
        if getattr(arguments, title):
            results.append((title, getattr(arguments, title)))
    if not results:
        raise DataError("nothing to show: give --untrained, --trained or --result")
    return results


def matching(result, path, data, image):
    """A result's segmentations of an image of the data."""
    name = data.names[image]
    if name not in result.names:
        raise DataError(f"{path}: has no image '{name}'")
    number = result.names.index(name)
    if result.size(number) != data.size(image) or not result.ids(number):
        raise DataError(f"{path}: has no segmentation of image '{name}' in its size")
    return result.segmentations(number)


def draw(arguments):
    results = named_results(arguments)
    check_figure(arguments.output, [arguments.data, *(path for _, path in results)])
    with read_packed(arguments.data, DATASET_FORMAT) as data:
        count = arguments.rows * arguments.across
        images = np.unique(np.linspace(0, len(data) - 1, count).astype(int))
        columns = 2 + len(results)
        height, width = -(-len(images) // arguments.across), columns * arguments.across
        figure, axes = plt.subplots(
            height, width, figsize=(3.0 * width, 2.5 * height), squeeze=False
        )
        for axis in axes.ravel():
            axis.set_axis_off()
        titles = ["input", "ground truth"] + [title for title, _ in results]
        for axis, title in zip(axes[0], titles * arguments.across):
            axis.set_title(title, fontsize=12, fontweight="bold")
        for row, image in zip(axes.reshape(-1, columns), images):
            pixels, truths = data.pixels(image), data.segmentations(image)
            if not truths:
                raise DataError(f"{arguments.data}: image '{data.names[image]}' has no ground "
                                "truth to show")
            row[0].imshow(pixels)
            row[1].imshow(mean_colours(pixels, finest(truths)))
            for axis, (_, path) in zip(row[2:], results):
                with read_packed(path) as result:
                    found, score = best_of_set(matching(result, path, data, image), truths)
                axis.imshow(mean_colours(pixels, found))
                axis.text(
                    0.02, 0.03, f"covering {score:.2f}", transform=axis.transAxes, fontsize=9,
                    color="white", bbox={"facecolor": "black", "alpha": 0.7, "pad": 2},
                )
    figure.tight_layout()
    save_figure(figure, arguments.output, dpi=100)


if __name__ == "__main__":
    run(lambda: draw(parse_arguments()))
