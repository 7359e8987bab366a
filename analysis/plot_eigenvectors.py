#!/usr/bin/env python3
"""Plot the leading eigenvectors of an image's affinity graph from a file that `segment
--eigenvectors` has written: the image, the functions D^(-1/2) u_l of l = 2, 3, ..., and the
eigenvalues with the gap behind the last one that is kept.
"""

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from hdf5_tools import open_file, read_array, text  # noqa: E402
from script_tools import (  # noqa: E402
    DataError, check_figure, option_parser, positive, run, save_figure,
)


def read_vectors(path):
    """Name and pixels of an image, functions (height, width, k) and eigenvalues of its graph."""
    with open_file(path, "eigenprop-eigenvectors") as file:
        image = read_array(file, "image", "u", 3)
        vectors = read_array(file, "eigenvectors", "f", 3)
        values = read_array(file, "eigenvalues", "f", 1)
        name = text(file.attrs.get("name", b""))
    if vectors.shape[2] > len(values) or image.shape[2] != 3:
        raise DataError(f"{path}: {vectors.shape[2]} eigenvectors, {len(values)} eigenvalues and "
                        f"an image of {image.shape[2]} channels do not fit")
    return name, image, vectors, values


def draw_values(axis, values, kept):
    # 1 − λ spreads what lies close to 1; the first is 0 but for rounding.
    rest = np.maximum(1 - values, 1e-16)
    number = np.arange(1, len(values) + 1)
    axis.plot(number[1:kept], rest[1:kept], "o-", markersize=4, color="C0", label="kept")
    axis.plot(number[kept:], rest[kept:], "o", markersize=4, color="C7", label="beyond")
    if kept < len(values):
        gap = f"gap {values[kept - 1] - values[kept]:.1e} behind $\\lambda_{{{kept}}}$"
        axis.axhspan(rest[kept - 1], rest[kept], color="C1", alpha=0.3, label=gap)
    axis.set(yscale="log", xlabel="$l$", ylabel=r"$1 - \lambda_l$", title="eigenvalues")
    axis.legend(fontsize=7)
    axis.grid(alpha=0.3)


def show_vector(axis, function):
    # A few pixels tied to nothing must not take all the contrast.
    low, high = np.percentile(function, [1, 99])
    axis.imshow(function, cmap="viridis", vmin=low, vmax=max(high, low + 1e-12))


def draw(arguments):
    check_figure(arguments.output, [arguments.vectors])
    _, image, vectors, values = read_vectors(arguments.vectors)
    shown = range(1, min(vectors.shape[2], arguments.count + 1))
    columns = 4
    rows = -(-(len(shown) + 2) // columns)
    height = 3.0 * image.shape[0] / image.shape[1] + 0.35
    figure, axes = plt.subplots(rows, columns, figsize=(3 * columns, rows * height))
    axes = np.ravel(axes)
    axes[0].imshow(image)
    axes[0].set_title("image", fontsize=9)
    for axis, number in zip(axes[1:], shown):
        show_vector(axis, vectors[:, :, number])
        axis.set_title(rf"$1 - \lambda_{{{number + 1}}}$ = {1 - values[number]:.1e}", fontsize=9)
    for axis in axes[:len(shown) + 1]:
        axis.set_xticks([])
        axis.set_yticks([])
    draw_values(axes[len(shown) + 1], values, vectors.shape[2])
    for axis in axes[len(shown) + 2:]:
        axis.axis("off")
    figure.tight_layout()
    save_figure(figure, arguments.output, arguments.dpi)


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("vectors", help="file of segment --eigenvectors (HDF5)")
    parser.add_argument("--output", required=True, help="PNG file to write")
    parser.add_argument("--count", type=positive, default=10, help="eigenvectors at most (10)")
    parser.add_argument("--dpi", type=positive, default=80, help="dots per inch (80)")
    run(lambda: draw(parser.parse_args()))
