#!/usr/bin/env python3
"""Plot the errors of the gradient through eigenvectors of an affinity graph from a run file of
compare_projectors, and print the comparison of spectral filter and projector as a table.

Left: over the gap behind the last kept eigenvalue, which every derivative of the projector needs.
Right: over the gap between two kept eigenvalues, down to exactly 0, which it does not.
"""

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from hdf5_tools import open_file, read_table  # noqa: E402
from script_tools import DataError, check_figure, option_parser, run, save_figure  # noqa: E402

# Column, label, colour, line style, marker.
LINES = [
    ("graph", "filtered subspaces and KSP (GraphCutsAlignment)", "black", "-", "o"),
    ("projector", "formula of the projector, all eigenvectors, double", "C0", "--", "s"),
    ("eigenvectors", "formula of single eigenvectors, double", "C3", "--", "^"),
]
FLOOR = 1e-17


FILTER = ("degree", "value_error", "gradient_error", "forward_seconds", "adjoint_seconds",
          "forward_products", "adjoint_products", "columns", "last_eigenvalue", "gap", "pixels")


def read_tables(path):
    """Tables of the gaps and of the filter, each {column: values}."""
    gaps = ("gap", *(name for name, *_ in LINES))
    with open_file(path, "eigenprop-run") as file:
        tables = [read_table(file, name, columns, "; is it of compare_projectors?")
                  for name, columns in (("gap", gaps), ("kept_gap", gaps), ("filter", FILTER))]
    for table in tables[:2]:
        if not (table["gap"] > 0).any():
            raise DataError(f"{path}: holds no gap above zero")
    return tables


def draw_errors(axis, table, title, xlabel):
    gap = table["gap"]
    positive = gap > 0
    # Zero has no place on a logarithmic axis: it gets one beyond the smallest gap.
    zero = gap[positive].min() / 30
    for name, label, colour, style, marker in LINES:
        error = np.maximum(table[name], FLOOR)
        axis.plot(gap[positive], error[positive], style, marker=marker, markersize=4, color=colour,
                  label=label)
        for value in error[~positive]:
            # A gradient that is no number stands at the upper edge.
            lost = np.isnan(value)
            axis.plot(zero, 1 if lost else value, "x" if lost else marker, color=colour,
                      markersize=8 if lost else 4)
    powers = range(int(np.floor(np.log10(gap[positive].min()))), 0)
    if np.isnan([table[name] for name, *_ in LINES]).any():
        xlabel += "; x: no number"
    ticks = [10.0**power for power in powers]
    labels = [f"$10^{{{power}}}$" for power in powers]
    left = gap[positive].min() / 3
    if not positive.all():
        axis.axvline(zero * 4, color="grey", linewidth=0.6)
        ticks, labels, left = [zero, *ticks], ["0", *labels], zero / 3
    axis.set(xscale="log", yscale="log", xlim=(left, 0.3), ylim=(FLOOR, 10), title=title,
             xlabel=xlabel)
    axis.set_xticks(ticks)
    axis.set_xticklabels(labels)
    axis.minorticks_off()
    axis.invert_xaxis()
    axis.grid(alpha=0.3)


def print_filter(table):
    whole = table["forward_seconds"][0] + table["adjoint_seconds"][0]
    print("| | error of the value | of the gradient | products forward + adjoint | columns "
          "| time, projector = 1 |")
    print("| --- | --- | --- | --- | --- | --- |")
    for i, degree in enumerate(table["degree"]):
        name = "projector, default tolerances" if degree == 0 else f"filter of degree {degree:.0f}"
        seconds = table["forward_seconds"][i] + table["adjoint_seconds"][i]
        print(f"| {name} | {table['value_error'][i]:.0e} | {table['gradient_error'][i]:.0e} "
              f"| {table['forward_products'][i]:.0f} + {table['adjoint_products'][i]:.0f} "
              f"| {table['columns'][i]:.0f} | {seconds / whole:.2f} |")
    print(f"\n{table['pixels'][0]:.0f} pixels, gap {table['gap'][0]:.2g} below "
          f"{table['last_eigenvalue'][0]:.4f}; projector {whole:.3g} s.")


def draw(arguments):
    check_figure(arguments.output, [arguments.run])
    tables = read_tables(arguments.run)
    figure, axes = plt.subplots(1, 2, figsize=(12, 5.2), sharey=True)
    draw_errors(axes[0], tables[0], "the gap that is needed closes, $k = 2$",
                r"$\lambda_2 - \lambda_3$")
    draw_errors(axes[1], tables[1], "two kept eigenvalues meet, $k = 3$",
                r"$\lambda_2 - \lambda_3$")
    axes[0].set_ylabel("error of the gradient, relative to long double")
    lines, labels = axes[0].get_legend_handles_labels()
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.legend(lines, labels, ncol=3, fontsize=9, loc="lower center")
    save_figure(figure, arguments.output)
    print_filter(tables[2])


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("run", help="run file of compare_projectors (HDF5)")
    parser.add_argument("--output", required=True, help="PNG file to write")
    run(lambda: draw(parser.parse_args()))
