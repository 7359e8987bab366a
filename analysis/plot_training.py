#!/usr/bin/env python3
"""Plot the course of training from one or several run files of train_ncuts.

Four panels over epochs: the objective J, the ranks of W and of the segmentations, the share
of images below Lemma 2's bound J < 1/2, and learning rate with gradient norm. Thin lines are
single steps, thick ones a running mean over an epoch.
"""

import os

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from hdf5_tools import open_file  # noqa: E402
from script_tools import DataError, check_figure, option_parser, run, save_figure  # noqa: E402


COLUMNS = ("epoch", "objective", "rank_w", "rank_e", "bound_holds", "learning_rate",
           "gradient_norm")


def read_metrics(path):
    with open_file(path, "eigenprop-run") as file:
        if "metrics/train" not in file:
            raise DataError(f"{path}: holds no metrics of a training")
        metrics = {name: column[:] for name, column in file["metrics/train"].items()}
        missing = [name for name in COLUMNS if name not in metrics]
        if missing:
            raise DataError(f"{path}: /metrics/train lacks {', '.join(missing)}")
        rows = min(len(metrics[name]) for name in COLUMNS)
        if rows == 0:
            raise DataError(f"{path}: /metrics/train has no rows yet")
        # Columns may differ by a row while a training writes them.
        return {name: metrics[name][:rows] for name in COLUMNS}


def running_mean(values, width):
    width = max(1, min(width, len(values)))
    padded = np.concatenate([np.full(width - 1, values[0]), values])
    return np.convolve(padded, np.ones(width) / width, mode="valid")


def plot_curve(axis, metrics, column, label, colour):
    epoch = metrics["epoch"]
    steps = int(np.sum(epoch <= 1)) or 1
    axis.plot(epoch, metrics[column], color=colour, alpha=0.2, linewidth=0.6)
    axis.plot(epoch, running_mean(metrics[column], steps), color=colour, label=label)


def draw(arguments):
    check_figure(arguments.output, arguments.runs)
    runs = [(os.path.basename(path), read_metrics(path)) for path in arguments.runs]
    figure, axes = plt.subplots(2, 2, figsize=(11, 7.5), sharex=True)
    objective, ranks, bound, rate = axes.ravel()
    norm = rate.twinx()
    for number, (name, metrics) in enumerate(runs):
        colour = f"C{number}"
        prefix = f"{name}: " if len(runs) > 1 else ""
        plot_curve(objective, metrics, "objective", name, colour)
        plot_curve(ranks, metrics, "rank_w", prefix + "rank W", colour)
        plot_curve(ranks, metrics, "rank_e", prefix + r"rank $EE^\top$", f"C{number + 5}")
        plot_curve(bound, metrics, "bound_holds", name, colour)
        rate.plot(metrics["epoch"], metrics["learning_rate"], color=colour, label="learning rate")
        plot_curve(norm, metrics, "gradient_norm", "gradient norm", f"C{number + 5}")
    objective.set(title="objective", ylabel="J, mean over the step's images")
    ranks.set(title="ranks", ylabel="rank", ylim=(0, None))
    bound.set(title="Lemma 2", ylabel="share of images with J < 1/2", ylim=(-0.05, 1.05))
    rate.set(title="optimizer", ylabel="learning rate")
    norm.set_ylabel("gradient norm (before clipping)")
    for axis in axes[1]:
        axis.set_xlabel("epoch")
    for axis in (objective, ranks, bound):
        axis.legend(fontsize=8)
        axis.grid(alpha=0.3)
    lines = rate.get_lines() + norm.get_lines()[1::2]
    rate.legend(lines, [line.get_label() for line in lines], fontsize=8)
    figure.tight_layout()
    save_figure(figure, arguments.output)


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("runs", nargs="+", help="run files (HDF5)")
    parser.add_argument("--output", required=True, help="PNG file to write")
    run(lambda: draw(parser.parse_args()))
