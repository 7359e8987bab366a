#!/usr/bin/env python3
"""Plot whether the rank falls, and what it does to segmentations, from run files of train_ncuts.

Four panels over epochs: the effective rank tr Pi of F and the number of segments; the share of
images below Lemma 2's bound J < 1/2; the covering of test images (best, in the reading of the
paper's Table 2), by the set of segmentations and by the one whose number of segments is the
effective rank; and epsilon of the projector. Lines are means of the training over an epoch, dots
scores on whole test images (train_ncuts --test). Runs with the exact projector have its rank, and
no epsilon.
"""

import os

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from hdf5_tools import open_file, read_table  # noqa: E402
from script_tools import DataError, check_figure, option_parser, run, save_figure  # noqa: E402

TRAIN = ("epoch", "rank_w", "rank_e", "bound_holds")
TEST = (*TRAIN, "covering_best", "covering_average")


def read_run(path):
    """Tables of training and test."""
    hint = ": it is not of a low-rank affinity"
    with open_file(path, "eigenprop-run") as file:
        if "metrics/test" not in file:
            raise DataError(f"{path}: holds no metrics 'test'; train with --test")
        return read_table(file, "train", TRAIN, hint), read_table(file, "test", TEST, hint)


def epoch_means(table, column):
    """Ends of the epochs, and the mean over the steps of each."""
    number = np.ceil(table["epoch"] - 1e-9)
    epochs = np.unique(number)
    return epochs, np.array([table[column][number == epoch].mean() for epoch in epochs])


def rank_of(table):
    return "effective_rank" if "effective_rank" in table else "rank_w"


def draw(arguments):
    check_figure(arguments.output, arguments.runs)
    figure, axes = plt.subplots(2, 2, figsize=(11, 7.5), sharex=True)
    rank, bound, covering, epsilon = axes.ravel()
    for number, path in enumerate(arguments.runs):
        name = os.path.splitext(os.path.basename(path))[0]
        train, test = read_run(path)
        colour = f"C{number}"
        rank.plot(*epoch_means(train, rank_of(train)), color=colour, label=f"{name}: rank of F")
        rank.plot(test["epoch"], test[rank_of(test)], "o", color=colour)
        if number == 0:
            rank.plot(*epoch_means(train, "rank_e"), color="0.4", linestyle="--", label="segments")
        bound.plot(*epoch_means(train, "bound_holds"), color=colour, label=name)
        bound.plot(test["epoch"], test["bound_holds"], "o", color=colour)
        covering.plot(test["epoch"], test["covering_best"], "o-", color=colour,
                      label=f"{name}: best of the set")
        if "rank_covering_best" in test:
            covering.plot(test["epoch"], test["rank_covering_best"], "s:", color=colour,
                          label=f"{name}: segments by rank")
        if "epsilon" in train:
            epsilon.plot(*epoch_means(train, "epsilon"), color=colour, label=name)
    rank.set(title="effective rank", ylabel=r"tr $\Pi_\varepsilon$", ylim=(0, None))
    bound.set(title="Lemma 2", ylabel="share of images with J < 1/2", ylim=(-0.05, 1.05))
    covering.set(title="test images", ylabel="covering", xlabel="epoch")
    epsilon.set(title=r"$\varepsilon$ of the projector", xlabel="epoch")
    if epsilon.has_data():
        epsilon.set_yscale("log")
    else:
        epsilon.set_axis_off()
    for axis in axes.ravel():
        if axis.has_data():
            axis.legend(fontsize=8)
            axis.grid(alpha=0.3)
    figure.tight_layout()
    save_figure(figure, arguments.output)


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("runs", nargs="+", help="run files (HDF5)")
    parser.add_argument("--output", required=True, help="PNG file to write")
    run(lambda: draw(parser.parse_args()))
