#!/usr/bin/env python3
"""Plot the errors of second-order pooling's gradient from a run file of compare_gradients.

Left and middle: over the relative gap between pairs of singular values, down to exactly 0, for
log and square root; the remedies act on the formula with eigenvectors. Right: float against
double over the condition number of F'F + eps I, for features that are floats in both cases.
"""

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from hdf5_tools import open_file, read_table  # noqa: E402
from script_tools import DataError, check_figure, option_parser, run, save_figure  # noqa: E402

# Column, label, colour, line style, width.
GAP_LINES = [
    ("exact", "exact (SecondOrderPooling)", "black", "-", 2.5),
    ("svd", "plain, through the SVD of F (eq. 46)", "C0", "-", 1.2),
    ("eig", "plain, through eigenvectors (eq. 47)", "C1", "-", 1.2),
    ("eig_clip", "clipped at 1e10", "C2", "--", 1.5),
    ("eig_lorentzian", "Lorentzian, 1e-12", "C3", "--", 1.5),
    ("eig_taylor", "Taylor, degree 100", "C4", "--", 1.5),
    ("eig_pade", "Padé [50/50]", "C5", ":", 2.2),
    ("newton_schulz_5", "Newton-Schulz, 5 iterations", "C6", "-.", 1.5),
    ("newton_schulz_15", "Newton-Schulz, 15 iterations", "C7", "-.", 1.5),
]
CONDITION_LINES = [
    ("exact", "exact (SecondOrderPooling)", "black"),
    ("svd", "plain, SVD", "C0"),
    ("eig", "plain, eigenvectors", "C1"),
]
FLOOR = 1e-16


def read_tables(path):
    """Tables of log's and square root's gaps, and of log's condition numbers."""
    conditions = ["condition", *(f"{name}_{precision}" for name, *_ in CONDITION_LINES
                                 for precision in ("float", "double"))]
    with open_file(path, "eigenprop-run") as file:
        tables = [read_table(file, name, columns, "; is it of compare_gradients?")
                  for name, columns in (("gap_log", ["gap"]), ("gap_sqrt", ["gap"]),
                                        ("condition_log", conditions))]
    for table in tables[:2]:
        if not (table["gap"] > 0).any():
            raise DataError(f"{path}: holds no gap above zero")
    return tables


def draw_gaps(axis, columns, function):
    gap = columns["gap"]
    positive = gap > 0
    # Zero has no place on a logarithmic axis: it gets one beyond the smallest gap.
    zero = gap[positive].min() / 30
    for name, label, colour, style, width in GAP_LINES:
        if name not in columns:
            continue
        error = np.maximum(columns[name], FLOOR)
        axis.plot(gap[positive], error[positive], style, color=colour, linewidth=width, label=label)
        at_zero = error[~positive]
        axis.plot([zero] * len(at_zero), at_zero, "o", color=colour, markersize=5)
    axis.axvline(zero * 4, color="grey", linewidth=0.6)
    ticks = [10.0**power for power in range(-13, 0, 3)]
    axis.set(xscale="log", yscale="log", xlim=(zero / 3, 0.3), ylim=(FLOOR, 3))
    axis.set_xticks([zero, *ticks])
    axis.set_xticklabels(["0", *(f"$10^{{{round(np.log10(tick))}}}$" for tick in ticks)])
    axis.minorticks_off()
    axis.invert_xaxis()
    axis.set_xlabel("relative gap between pairs of singular values")
    axis.set_title(f"{function} of $F^\\top F + \\epsilon I$, double")


def draw_conditions(axis, columns, function):
    condition = columns["condition"]
    for name, label, colour in CONDITION_LINES:
        for precision, style in (("float", "-"), ("double", "--")):
            error = np.maximum(columns[f"{name}_{precision}"], FLOOR)
            axis.plot(
                condition, error, style, marker="o", markersize=3, color=colour,
                label=f"{label}, {precision}",
            )
            for lost in condition[np.isnan(error)]:
                axis.plot(lost, 1.5, "x", color=colour)
    axis.set(xscale="log", yscale="log", ylim=(FLOOR, 3))
    axis.set_xlabel(r"$\lambda_{\max} / \epsilon$ (twice the condition number)")
    axis.set_title(f"float and double, {function}; x: fails")


def draw(arguments):
    check_figure(arguments.output, [arguments.run])
    tables = read_tables(arguments.run)
    figure, axes = plt.subplots(1, 3, figsize=(16, 6.2), sharey=True)
    for axis, table, function in zip(axes, tables, ("log", "sqrt")):
        draw_gaps(axis, table, function)
    draw_conditions(axes[2], tables[2], "log")
    axes[0].set_ylabel(r"$\|\bar F - \bar F_{ref}\| / \|\bar F_{ref}\|$, median of the samples")
    for axis in axes:
        axis.grid(alpha=0.3)
    figure.tight_layout(rect=(0, 0.15, 1, 1))
    lines, labels = axes[1].get_legend_handles_labels()
    figure.legend(lines, labels, ncol=3, fontsize=9, loc="lower left", bbox_to_anchor=(0.08, 0.0))
    lines, labels = axes[2].get_legend_handles_labels()
    figure.legend(lines, labels, ncol=2, fontsize=9, loc="lower right", bbox_to_anchor=(0.99, 0.0))
    save_figure(figure, arguments.output)


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("run", help="run file of compare_gradients (HDF5)")
    parser.add_argument("--output", required=True, help="PNG file to write")
    run(lambda: draw(parser.parse_args()))
