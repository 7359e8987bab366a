#!/usr/bin/env python3
"""Draw how an image is segmented: the input, the boundary map, leading eigenvectors, the hierarchy
of contours, the segmentation, and people's finest.

--eigenvectors is of `segment --partition hierarchy --eigenvectors`, which also says which image is
drawn; --segmentations is what that run of `segment` has written, --boundaries of `map_boundaries`.
The segmentation is the one of the set with the highest mean covering over the human ones.
"""

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from eigenprop_data import DATASET_FORMAT, RESULTS_FORMAT, read_packed  # noqa: E402
from hdf5_tools import check_offsets, open_file, read_array, read_strings  # noqa: E402
from plot_eigenvectors import read_vectors, show_vector  # noqa: E402
from script_tools import (  # noqa: E402
    DataError, check_figure, option_parser, positive, run, save_figure,
)
from segmentation_sheet import best_of_set, finest, matching, mean_colours  # noqa: E402


def boundary_map(path, name, size):
    """The probability of a boundary at each pixel of the image of that name, (height, width)."""
    with open_file(path, "eigenprop-boundaries") as file:
        names, sizes = read_strings(file, "images/name"), read_array(file, "images/size", "iu", 2)
        offset = read_array(file, "images/offset", "iu", 1)
        if name not in names:
            raise DataError(f"{path}: has no image '{name}'")
        check_offsets(file, "images/offset", offset, sizes.prod(axis=1, dtype=np.int64),
                      len(file["boundaries/probability"]))
        image = names.index(name)
        if tuple(sizes[image]) != tuple(size):
            raise DataError(f"{path}: image '{name}' has another size")
        span = slice(offset[image], offset[image + 1])
        return read_array(file, "boundaries/probability", "f", 1, span).reshape(size)


def thick(contours):
    """A contour map with lines that are seen when it is drawn smaller: the largest of 3 x 3."""
    padded = np.pad(contours, 1)
    rows, columns = contours.shape
    return np.max([padded[y:y + rows, x:x + columns] for y in range(3) for x in range(3)], axis=0)


def draw(arguments):
    a = arguments
    check_figure(a.output, [a.data, a.segmentations, a.eigenvectors, a.boundaries])
    name, _, vectors, _ = read_vectors(a.eigenvectors)
    with read_packed(a.data, DATASET_FORMAT) as data:
        if name not in data.names:
            raise DataError(f"{a.data}: has no image '{name}'")
        image = data.names.index(name)
        pixels, truths = data.pixels(image), data.segmentations(image)
        if not truths:
            raise DataError(f"{a.data}: image '{name}' has no ground truth to show")
        with read_packed(a.segmentations, RESULTS_FORMAT) as result:
            found, score = best_of_set(matching(result, a.segmentations, data, image), truths)
            contours = result.contours(result.names.index(name))
    shown = range(1, min(vectors.shape[2], a.count + 1))
    panels = len(shown) + 5
    columns = -(-panels // 2)
    height = 3.0 * pixels.shape[0] / pixels.shape[1] + 0.3
    figure, axes = plt.subplots(2, columns, figsize=(3 * columns, 2 * height))
    axes = np.ravel(axes)
    axes[0].imshow(pixels)
    axes[0].set_title("input")
    probability = boundary_map(a.boundaries, name, pixels.shape[:2])
    axes[1].imshow(probability, cmap="gray_r", vmin=0, vmax=1)
    axes[1].set_title("boundary map")
    for axis, number in zip(axes[2:], shown):
        show_vector(axis, vectors[:, :, number])
        axis.set_title(f"eigenvector {number + 1}")
    hierarchy, segments, truth = axes[panels - 3:panels]
    hierarchy.imshow(thick(contours), cmap="gray_r", vmin=0, vmax=1)
    hierarchy.set_title("hierarchy of contours")
    segments.imshow(mean_colours(pixels, found))
    segments.set_title(f"segmentation, covering {score:.2f}")
    truth.imshow(mean_colours(pixels, finest(truths)))
    truth.set_title("ground truth")
    for axis in axes:
        axis.set_axis_off()
    figure.tight_layout()
    save_figure(figure, a.output, a.dpi)


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("--data", required=True, help="packed images with ground truth")
    parser.add_argument("--segmentations", required=True, help="of segment (HDF5)")
    parser.add_argument("--eigenvectors", required=True, help="of segment --eigenvectors (HDF5)")
    parser.add_argument("--boundaries", required=True, help="of map_boundaries (HDF5)")
    parser.add_argument("--output", required=True, help="PNG file to write")
    parser.add_argument("--count", type=positive, default=3, help="eigenvectors at most (3)")
    parser.add_argument("--dpi", type=positive, default=80, help="dots per inch (80)")
    run(lambda: draw(parser.parse_args()))
