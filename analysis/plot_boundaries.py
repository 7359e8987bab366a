#!/usr/bin/env python3
"""Plot precision over recall of boundaries from evaluation files of evaluate_segmentation.

Every file must have been written with --boundaries. The dot is ODS, the best F of one threshold for
all images. Grey lines join points of equal F; NAME=F after --anchor draws one for a method known by
its F alone, green and named.

    python3 analysis/plot_boundaries.py ours=evaluation.h5 --anchor gPb-owt-ucm=.726 --output pr.png
"""

import os

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from hdf5_tools import open_file, read_array, read_summary  # noqa: E402
from script_tools import DataError, check_figure, option_parser, run, save_figure  # noqa: E402


def recall_of(f, precision):
    """Recall at which F = 2 P R / (P + R); NaN where it is no number of 0 .. 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        recall = f * precision / (2 * precision - f)
    return np.where((recall > 0) & (recall <= 1), recall, np.nan)


def anchor(text):
    """Name and F of an anchor."""
    name, separator, value = text.partition("=")
    try:
        f = float(value)
    except ValueError:
        f = -1
    if not separator or not 0 < f < 1:
        raise DataError(f"--anchor {text}: expected NAME=F with F between 0 and 1")
    return name, f


def draw(items, anchors, output):
    check_figure(output, [item.partition("=")[2] or item for item in items])
    anchors = [anchor(text) for text in anchors]
    figure, axis = plt.subplots(figsize=(6.5, 6))
    precision = np.linspace(0.001, 1, 1000)
    for f in np.arange(0.1, 1, 0.1):
        axis.plot(recall_of(f, precision), precision, color="0.85", linewidth=0.7)
    for name, f in anchors:
        axis.plot(recall_of(f, precision), precision, color="tab:green", linewidth=1,
                  label=f"{name}: F {f:.3f}")
    for item in items:
        title, separator, path = item.partition("=")
        if not separator:
            title, path = os.path.basename(item), item
        with open_file(path, "eigenprop-evaluation") as file:
            if "boundaries" not in file:
                raise DataError(f"{path}: has no scores of boundaries; evaluate with --boundaries")
            summary = read_summary(file, (
                "boundary_f_ods", "boundary_f_ois", "boundary_recall_ods",
                "boundary_precision_ods"))
            # Scales without a boundary have neither precision nor recall.
            recall, share = (read_array(file, f"boundaries/{name}", "f", 1)
                             for name in ("recall", "precision"))
            line, = axis.plot(
                recall[share > 0], share[share > 0], ".-", markersize=3,
                label=f"{title}: F {summary['boundary_f_ods']:.3f} (ODS), "
                      f"{summary['boundary_f_ois']:.3f} (OIS)")
            axis.plot(summary["boundary_recall_ods"], summary["boundary_precision_ods"], "o",
                      color=line.get_color())
    axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="recall", ylabel="precision", aspect="equal",
             title="boundaries")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8, loc="lower left")
    figure.tight_layout()
    save_figure(figure, output)


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("files", nargs="+", metavar="[TITLE=]FILE")
    parser.add_argument("--anchor", action="append", default=[], metavar="NAME=F",
                        help="a method known by its F; may be repeated")
    parser.add_argument("--output", required=True, help="PNG file to write")
    arguments = parser.parse_args()
    run(lambda: draw(arguments.files, arguments.anchor, arguments.output))
