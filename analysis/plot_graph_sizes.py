#!/usr/bin/env python3
"""Plot how seconds, iterations and memory of normalized cuts of mosaics grow with their pixels,
from run files of `scale_ncuts --affinity graph --output FILE`, one a size.

Left: processor seconds of all, of the eigenvectors and of the gradient (with the adjoint
solve), by the rank that takes longest, with the straight lines fitted to the logarithms; a
slope of 1 is linear growth. Other programs on the machine add to the wall-clock, which stands
in the table. Middle: products of M with the block of vectors on the finest grid, and steps of
conjugate gradients of the adjoint. Right: highest resident memory, summed over the ranks.
Prints the same as a table.
"""

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from hdf5_tools import open_file, read_array  # noqa: E402
from script_tools import DataError, check_figure, option_parser, run, save_figure  # noqa: E402

TABLE = "metrics/graph"
# What the runs must have in common.
SAME = ("radius", "vectors", "ranks")
STAGES = ("edges", "grids", "eigenvectors", "gradient")
COLUMNS = ("pixels", *SAME, "products", "adjoint_iterations", "gradient_gib",
           *(f"{stage}_{kind}" for stage in STAGES for kind in ("seconds", "processor_seconds")))
COUNTS = (("products", "products of M, eigenvectors", "C0", "o"),
          ("adjoint_iterations", "steps of the adjoint solve", "C1", "s"))


def read_rows(paths):
    """{column: values by ascending pixels} of all files."""
    rows = {column: [] for column in COLUMNS}
    for path in paths:
        with open_file(path, "eigenprop-run") as file:
            if TABLE not in file:
                raise DataError(f"{path}: holds no table /{TABLE}; is it of scale_ncuts "
                                "--affinity graph?")
            for column in COLUMNS:
                rows[column].extend(read_array(file, f"{TABLE}/{column}", "f", 1))
    rows = {column: np.array(values) for column, values in rows.items()}
    if len(rows["pixels"]) < 2 or len(np.unique(rows["pixels"])) < len(rows["pixels"]):
        raise DataError("growth needs runs of two sizes or more, each once")
    for column in SAME:
        if np.ptp(rows[column]) > 0:
            raise DataError(f"runs of different {column}: "
                            f"{', '.join(f'{value:.0f}' for value in np.unique(rows[column]))}")
    order = np.argsort(rows["pixels"])
    rows = {column: values[order] for column, values in rows.items()}
    for kind in ("seconds", "processor_seconds"):
        rows[kind] = sum(rows[f"{stage}_{kind}"] for stage in STAGES)
    return rows


def draw_line(axis, pixels, values, label, colour, marker):
    slope, offset = np.polyfit(np.log(pixels), np.log(values), 1)
    axis.plot(pixels, values, marker, color=colour, label=f"{label}: slope {slope:.2f}")
    axis.plot(pixels, np.exp(offset) * pixels**slope, color=colour, linewidth=1)
    return slope


def draw(arguments):
    check_figure(arguments.output, arguments.runs)
    rows = read_rows(arguments.runs)
    pixels = rows["pixels"]
    figure, axes = plt.subplots(1, 3, figsize=(13, 4.2))
    slopes = {
        name: draw_line(axes[0], pixels, rows[column], name, colour, marker)
        for name, column, colour, marker in (
            ("all", "processor_seconds", "black", "D"),
            ("eigenvectors", "eigenvectors_processor_seconds", "C0", "o"),
            ("gradient", "gradient_processor_seconds", "C1", "s"))}
    axes[0].set(yscale="log", ylabel="processor seconds", title="time")
    for column, label, colour, marker in COUNTS:
        axes[1].plot(pixels, rows[column], marker, linestyle="-", color=colour, label=label)
    axes[1].set(title="iterations", ylim=(0, None))
    slopes["memory"] = draw_line(axes[2], pixels, rows["gradient_gib"], "peak", "C2", "o")
    axes[2].set(yscale="log", ylabel="GiB, all ranks", title="memory")
    for axis in axes:
        axis.set(xscale="log", xlabel="pixels")
        axis.grid(alpha=0.3)
        axis.legend(fontsize=9)
    figure.suptitle("{:.0f} eigenvectors and one gradient, radius {:.0f}, {:.0f} ranks".format(
        *(rows[column][0] for column in ("vectors", "radius", "ranks"))))
    figure.tight_layout()
    save_figure(figure, arguments.output)
    print("| pixels | " + " | ".join(f"{stage}, s" for stage in STAGES)
          + " | all, wall-clock | products | adjoint steps | GiB |")
    print("| --- " * 9 + "|")
    for i, count in enumerate(pixels):
        seconds = " | ".join(f"{rows[f'{stage}_processor_seconds'][i]:.2f}" for stage in STAGES)
        print(f"| {count:.0f} | {seconds} | {rows['seconds'][i]:.2f} | {rows['products'][i]:.0f} | "
              f"{rows['adjoint_iterations'][i]:.0f} | {rows['gradient_gib'][i]:.2f} |")
    print("\nslopes: " + ", ".join(f"{name} {slope:.2f}" for name, slope in slopes.items()))


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("runs", nargs="+", help="run files of scale_ncuts (HDF5)")
    parser.add_argument("--output", required=True, help="PNG file to write")
    run(lambda: draw(parser.parse_args()))
